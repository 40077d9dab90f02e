"""Mail in, as the world writes it: every charset, every breakage, every robot (CON-7; issue 2, bad input)."""

import time
from email.header import Header
from email.message import EmailMessage, MIMEPart
from email.policy import SMTP

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loopdesk.connectors.mail_parse import message_id_of, parse

HEAD = b"From: Ann <ann@acme.example>\r\nTo: support@loopdesk.example\r\nMessage-ID: <m1@acme.example>\r\n"


def mail(text: str = "It does not start.", subject: str = "Fault", **headers: str) -> EmailMessage:
    made = EmailMessage(policy=SMTP)
    made["From"], made["To"], made["Subject"] = "Ann <ann@acme.example>", "support@loopdesk.example", subject
    made["Message-ID"] = "<m1@acme.example>"
    for name, value in headers.items():
        made[name.replace("_", "-")] = value
    made.set_content(text)
    return made


def test_a_plain_mail() -> None:
    found = parse(mail().as_bytes())
    assert (found.sender, found.sender_name, found.subject) == ("ann@acme.example", "Ann", "Fault")
    assert found.text == found.new_text == "It does not start."
    assert found.to == ("support@loopdesk.example",)
    assert found.message_id == "<m1@acme.example>"
    assert (found.files, found.problems, found.is_auto, found.is_bounce) == ((), (), False, False)


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


@pytest.mark.parametrize(
    ("headers", "sender"),
    [
        (b"Sender: bob@acme.example\r\n", "bob@acme.example"),
        (b"Return-Path: <Env@Acme.Example>\r\nFrom: undisclosed\r\n", "env@acme.example"),
        (b"From: =?utf-8?B?QW5uIDxhbm5AYWNtZS5leGFtcGxlPg==?=\r\n", "ann@acme.example"),
        (b"Subject: nobody\r\n", ""),
    ],
)
def test_the_sender_is_looked_for(headers: bytes, sender: str) -> None:
    found = parse(headers + b"\r\nx")
    assert found.sender == sender
    assert ("no sender" in found.problems) == (not sender)


def test_without_a_message_id_the_content_is_the_id() -> None:
    raw = b"From: a@b.example\r\n\r\nx"
    assert parse(raw).message_id == parse(raw).message_id == message_id_of(raw)
    assert parse(raw).message_id != parse(raw + b"y").message_id
    assert len(parse(b"Message-ID: <" + b"x" * 900 + b"@y>\r\n" + raw).message_id) < 200


def test_html_alone_becomes_text() -> None:
    made = mail()
    made.set_content(
        "<html><head><style>p{}</style><title>t</title></head><body><p>Line&nbsp;one</p><script>x()</script>"
        "<table><tr><td>a</td><td>b</td></tr></table><a href='https://acme.example/log'>the log</a>"
        "<blockquote>old<br>words</blockquote></body></html>",
        subtype="html",
    )
    text = parse(made.as_bytes()).text
    assert text.split("\n")[0] == "Line one"
    assert "a b" in text
    assert "the log (https://acme.example/log)" in text
    assert "> old" in text
    assert "> words" in text
    assert "x()" not in text
    assert "p{}" not in text


def test_html_beside_text_is_left_alone() -> None:
    made = mail("The text.")
    made.add_alternative("<p>The html.</p>", subtype="html")
    found = parse(made.as_bytes())
    assert (found.text, found.files) == ("The text.", ())


@pytest.mark.parametrize("source", ["", "<!-- -->", "<", "<p", "</p>", "&#0;", "<html></html>"])
def test_html_with_nothing_in_it(source: str) -> None:
    made = mail()
    made.set_content(source + "\n", subtype="html")
    assert parse(made.as_bytes()).text in ("", "<", "\ufffd", "&#0;")


@pytest.mark.parametrize("piece", ["<!--", "<!", "<a ", "</", "<div>", "<![CDATA[", "&#", "<blockquote><p>"])
def test_hostile_html_is_read_in_time(piece: str) -> None:
    made = MIMEPart()
    made.set_content(piece * 100_000, subtype="html")
    begun = time.perf_counter()
    parse(HEAD + made.as_bytes())
    assert time.perf_counter() - begun < 10


def test_attachments_keep_name_type_and_bytes() -> None:
    made = mail()
    made.add_attachment(b"\x00\x01", maintype="application", subtype="octet-stream", filename="日志 一.log")
    made.add_attachment("text", filename="notes.txt")
    files = parse(made.as_bytes()).files
    assert [(file.name, file.type) for file in files] == [
        ("日志 一.log", "application/octet-stream"),
        ("notes.txt", "text/plain"),
    ]
    assert files[0].content == b"\x00\x01"


@pytest.mark.parametrize(
    "disposition",
    [
        'attachment; filename="=?gb2312?B?1MvQ0MjV1r4ubG9n?="',
        "attachment; filename*=gb18030''%D4%CB%D0%D0%C8%D5%D6%BE.log",
        'attachment; filename="运行日志.log"',
    ],
)
def test_file_names_as_chinese_mailers_write_them(disposition: str) -> None:
    part = b"Content-Type: application/octet-stream\r\nContent-Disposition: " + disposition.encode("gb18030")
    raw = HEAD + b'Content-Type: multipart/mixed; boundary="b"\r\n\r\n--b\r\n' + part + b"\r\n\r\nx\r\n--b--\r\n"
    assert [file.name for file in parse(raw).files] == ["运行日志.log"]


def test_a_part_without_a_name_gets_one() -> None:
    made = mail()
    made.add_attachment(b"\x78\x9f\x3e\x22", maintype="application", subtype="ms-tnef")
    made.add_attachment(b"BEGIN:VCALENDAR", maintype="text", subtype="calendar")
    assert [file.name for file in parse(made.as_bytes()).files] == ["attachment-1.dat", "attachment-2.ics"]


def test_a_mail_inside_a_mail_is_one_file() -> None:
    outer = mail("See below.")
    outer.add_attachment(mail("Inner words", subject="Inner subject"))
    found = parse(outer.as_bytes())
    assert found.text == "See below."
    assert [file.name for file in found.files] == ["Inner subject.eml"]
    assert b"Inner words" in found.files[0].content


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\r\n",
        b"no header at all",
        b"\xff\xfe\x00\x01" * 50,
        HEAD + b"Content-Type: multipart/mixed\r\n\r\nno boundary",
        HEAD
        + b'Content-Type: multipart/mixed; boundary="b"\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nnever closed',
        HEAD + b"Content-Type: text/plain\r\nContent-Transfer-Encoding: base64\r\n\r\n!!!!not base64!!!!",
        HEAD + b'Content-Type: text/plain; charset="\r\n\r\nx',
        HEAD + b"Content-Type: ;;;;\r\nContent-Disposition: ;filename*0*=x''%;\r\n\r\nx",
        HEAD + b"Content-Type: message/rfc822\r\n\r\n",
        HEAD + b"Content-Type: text/plain; charset=unicode_escape\r\n\r\n\\ud800",
        HEAD + b"Content-Type: text/plain; charset=utf-7\r\n\r\n+2AA-",
        HEAD + b"\r\nNUL \x00 inside",
        b"Subject: " + b"=?utf-8?B?" * 50_000 + b"\r\n\r\nx",
        b"From: " + b"<" * 5_000 + b"@\r\n\r\nx",
        b"References: " + b"<a@b> " * 20_000 + b"\r\n\r\nx",
    ],
)
def test_broken_mail_is_still_read(raw: bytes) -> None:
    found = parse(raw)
    for text in (found.text, found.subject, found.sender, found.sender_name, *(file.name for file in found.files)):
        assert "\x00" not in text
        text.encode()


def test_mails_nested_without_end_are_read_and_named_a_problem() -> None:
    nested = b"".join(b'Content-Type: multipart/mixed; boundary="b%d"\r\n\r\n--b%d\r\n' % (n, n) for n in range(3000))
    found = parse(b"Subject: deep\r\n" + HEAD + nested + b"\r\nthe end")
    assert found.subject == "deep"
    assert found.sender == "ann@acme.example"
    assert found.message_id == "<m1@acme.example>"
    assert found.problems


def test_too_many_parts_are_a_problem() -> None:
    parts = b"--b\r\nContent-Type: image/png\r\n\r\nx\r\n" * 700
    found = parse(HEAD + b'Content-Type: multipart/mixed; boundary="b"\r\n\r\n' + parts + b"--b--\r\n")
    assert len(found.files) < 700
    assert any("500" in problem for problem in found.problems)


def test_a_megabyte_of_text_in_time() -> None:
    begun = time.perf_counter()
    found = parse(HEAD + b"\r\n" + b"On Monday it was slow wrote\r\n" * 40_000)
    assert len(found.text) > 1_000_000
    assert time.perf_counter() - begun < 5


@pytest.mark.parametrize(
    ("text", "new"),
    [
        (
            "Thanks, solved.\n\nOn Mon, 2 Mar 2026 at 10:00, Support <s@l.example> wrote:\n> Hello\n> Bye\n",
            "Thanks, solved.",
        ),
        ("Yes.\nOn Mon, 2 Mar 2026 at 10:00 AM Loopdesk Support\n<support@loopdesk.example> wrote:\n> q", "Yes."),
        ("好的\n\n在 2026年3月2日,客服 <s@l.example> 写道:\n> 您好", "好的"),
        ("好的\n------------------ 原始邮件 ------------------\n发件人: x", "好的"),
        ("Ok\n\n-----Original Message-----\nFrom: x", "Ok"),
        ("Ok\n\nFrom: Support <s@l.example>\nSent: Monday\nTo: Ann\nSubject: x\n\nold", "Ok"),
        ("好\n\n发件人:客服\n发送时间:2026年3月2日\n收件人:王", "好"),
        ("See below\nOn Monday Bob wrote:\n> question one\nanswer one\n> question two\nanswer two", None),
        ("> only quoted", None),
        ("From: here on it fails\nevery day", None),
        ("She wrote:\nit fails", None),
    ],
)
def test_the_new_part_of_a_reply(text: str, new: str | None) -> None:
    found = parse(mail(text).as_bytes())
    assert found.new_text == (new if new is not None else text.strip())
    assert found.text == text.strip()


def test_case_numbers_come_from_subject_and_references() -> None:
    made = mail(
        subject="Re: [L-2026-000042] Received",
        References="<a@b> <L-2026-000007.ff@loopdesk.example>",
        In_Reply_To="<x@y>",
    )
    assert parse(made.as_bytes()).case_numbers == ("L-2026-000042", "L-2026-000007")
    assert parse(mail(subject="XL-2026-0000421 L-26-1").as_bytes()).case_numbers == ()


@pytest.mark.parametrize(
    ("headers", "auto", "reply"),
    [
        ({}, False, False),
        ({"Auto_Submitted": "no"}, False, False),
        ({"Auto_Submitted": "auto-replied (vacation)"}, True, True),
        ({"Auto_Submitted": "auto-generated"}, True, False),
        ({"Precedence": "bulk"}, True, False),
        ({"Precedence": "list"}, True, False),
        ({"Precedence": "junk"}, True, False),
        ({"Precedence": "auto_reply"}, True, True),
        ({"Precedence": "first-class"}, False, False),
        ({"X_Auto_Response_Suppress": "OOF, AutoReply"}, True, False),
        ({"X_Auto_Response_Suppress": "None"}, False, False),
        ({"List_Id": "<news.acme.example>"}, True, False),
        ({"X_Autoreply": "yes"}, True, True),
        ({"X_Loop": "support@loopdesk.example"}, True, False),
        ({"Return_Path": "<>"}, True, True),
        ({"Return_Path": "<ann@acme.example>"}, False, False),
    ],
)
def test_robots_are_recognised(headers: dict[str, str], auto: bool, reply: bool) -> None:
    found = parse(mail(**headers).as_bytes())
    assert (found.is_auto, found.is_auto_reply) == (auto, reply)


def test_our_own_address_is_a_loop() -> None:
    found = parse(mail().as_bytes(), own={"ann@acme.example"})
    assert found.is_auto
    assert found.is_auto_reply


def test_a_mail_that_went_round_in_circles_is_not_answered() -> None:
    assert parse(b"Received: by a\r\n" * 60 + mail().as_bytes()).is_auto


def test_a_delivery_report_names_the_mail_it_is_about() -> None:
    raw = (
        b"From: MAILER-DAEMON@mx.acme.example\r\nSubject: Undelivered\r\n"
        b'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r\n\r\n'
        b"--b\r\nContent-Type: text/plain\r\n\r\nUser unknown.\r\n"
        b"--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx\r\n\r\nStatus: 5.1.1\r\n\r\n"
        b"--b\r\nContent-Type: message/rfc822\r\n\r\n"
        b"Message-ID: <c1@loopdesk>\r\nSubject: [L-2026-000042] Hi\r\n\r\nbody\r\n"
        b"--b--\r\n"
    )
    found = parse(raw)
    assert found.is_bounce
    assert found.is_auto
    assert found.references == ("<c1@loopdesk>",)
    assert found.case_numbers == ("L-2026-000042",)
    assert "User unknown." in found.text
    assert "5.1.1" in found.text


PIECES = st.sampled_from(
    [
        b"\r\n",
        b"\n",
        b"--b",
        b"--b--",
        b"Content-Type: multipart/mixed; boundary=b\r\n",
        b"Content-Type: text/html\r\n",
        b"Content-Type: message/rfc822\r\n",
        b"Content-Transfer-Encoding: base64\r\n",
        b"=?gb2312?B?",
        b"?=",
        b"Subject:",
        b"From:",
        b"Content-Disposition: attachment; filename*0*=",
        b"charset=",
        b"\xc4\xe3",
        b"\xff",
        b"\x00",
        b"<",
        b">",
        b"@",
        b"=",
        b"%",
        b"''",
    ]
)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.one_of(PIECES, st.binary(max_size=12)), max_size=40).map(b"".join))
def test_whatever_arrives_is_read(raw: bytes) -> None:
    found = parse(raw)
    assert found.message_id
    (found.text + found.subject + found.sender + found.sender_name).encode()
