"""Text, subject and names of a mail in whatever charset, however it is declared (CON-7; issue 2, bad input)."""

from email.header import Header

import pytest

from loopdesk.connectors.mail_parse import parse
from loopdesk.tests.connectors.mails import HEAD

TEXT = "您好,系统无法登录,请尽快处理。订单号是一二三。"
TRADITIONAL = "您好,系統無法登錄,請盡快處理。這個訂單的帳號是甲乙。"


@pytest.mark.parametrize("declared", ["gb18030", "GBK", "gb2312", "us-ascii", "utf-8", "x-unknown", "", "nonsense-8"])
def test_gb18030_however_it_is_declared(declared: str) -> None:
    charset = f"; charset={declared}" if declared else ""
    raw = HEAD + b"Content-Type: text/plain" + charset.encode() + b"\r\n\r\n" + TEXT.encode("gb18030")
    found = parse(raw)
    assert found.text == TEXT
    assert found.problems == ()


@pytest.mark.parametrize("declared", ["big5", "utf-8", ""])
def test_big5_however_it_is_declared(declared: str) -> None:
    charset = f"; charset={declared}" if declared else ""
    assert (
        parse(HEAD + b"Content-Type: text/plain" + charset.encode() + b"\r\n\r\n" + TRADITIONAL.encode("big5")).text
        == TRADITIONAL
    )


@pytest.mark.parametrize("declared", ["iso-8859-1", "windows-1252", "us-ascii", "utf8"])
def test_utf8_however_it_is_declared(declared: str) -> None:
    text = "Größe 系统无法登录"
    raw = HEAD + f"Content-Type: text/plain; charset={declared}\r\n\r\n".encode() + text.encode()
    assert parse(raw).text == text


def test_latin1_stays_latin1() -> None:
    raw = HEAD + b"Content-Type: text/plain; charset=iso-8859-1\r\n\r\n" + "Gerät läuft".encode("latin-1")
    assert parse(raw).text == "Gerät läuft"


def test_bytes_of_no_charset_are_shown_and_named_as_a_problem() -> None:
    found = parse(HEAD + b"Content-Type: text/plain; charset=utf-8\r\n\r\nOK \xff\xff\xff end")
    assert found.text.startswith("OK")
    assert found.problems == ("unreadable characters",)


@pytest.mark.parametrize("charset", ["utf-8", "gb18030", "gb2312", "big5"])
def test_encoded_subjects(charset: str) -> None:
    subject = "系统故障" if charset != "big5" else "系統故障"
    raw = b"Subject: " + Header(subject, charset).encode().encode() + b"\r\n" + HEAD + b"\r\nx"
    assert parse(raw).subject == subject


def test_a_character_cut_between_two_encoded_words_is_joined() -> None:
    raw = b"Subject: =?utf-8?B?57O7?=\r\n =?utf-8?B?57uf5pWF6Zqc5g==?= =?UTF-8?B?mK8=?=\r\n" + HEAD + b"\r\nx"
    assert parse(raw).subject == "系统故障是"


@pytest.mark.parametrize("charset", ["utf-8", "gb18030"])
def test_headers_in_eight_bits(charset: str) -> None:
    raw = "Subject: 系统无法登录\r\nFrom: 王伟 <wang@acme.example>\r\n\r\nx".encode(charset)
    found = parse(raw)
    assert (found.subject, found.sender_name, found.sender) == ("系统无法登录", "王伟", "wang@acme.example")


def test_a_comma_in_an_encoded_name_is_no_second_address() -> None:
    raw = b"From: =?utf-8?Q?Wei=2C_Wang_=3Cboss=40evil.example=3E?= <wang@acme.example>\r\n\r\nx"
    assert parse(raw).sender == "wang@acme.example"
