"""Broken, hostile and huge mails are still read, and in time (CON-7; issue 2, bad input)."""

import time
from email.message import Message, MIMEPart
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loopdesk.connectors import mail_parse
from loopdesk.connectors.mail_parse import parse
from loopdesk.tests.connectors.mails import HEAD


@pytest.mark.parametrize("piece", ["<!--", "<!", "<a ", "</", "<div>", "<![CDATA[", "&#", "<blockquote><p>"])
def test_hostile_html_is_read_in_time(piece: str) -> None:
    made = MIMEPart()
    made.set_content(piece * 100_000, subtype="html")
    begun = time.perf_counter()
    parse(HEAD + made.as_bytes())
    assert time.perf_counter() - begun < 10


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
        HEAD + b"Content-Disposition: attachment; filename*0*=\xc4\xe3''\r\n\r\nx",
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


TWICE = b"%s*=utf-8''%s; %s*0=\"%s\""
"""A parameter both whole and in pieces, which Python cannot order."""


def test_a_file_named_in_two_ways_at_once_is_kept_with_all_others() -> None:
    named = TWICE % (b"filename", b"Bild%20%E4%B8%80.png", b"filename", b"Bild.png")
    mail = (
        HEAD
        + b'Content-Type: multipart/mixed; boundary="b"\r\n\r\n--b\r\nContent-Type: text/plain; charset=gb2312\r\n\r\n'
        + "登录不了".encode("gb18030")
        + b"\r\n--b\r\nContent-Type: image/png\r\nContent-Transfer-Encoding: base64\r\n"
        + b"Content-Disposition: attachment; "
        + named
        + b"\r\n\r\naGVsbG8=\r\n--b\r\nContent-Disposition: attachment; filename=log.txt\r\n\r\nlines\r\n--b--\r\n"
    )
    found = parse(mail)
    assert [(file.name, file.content) for file in found.files] == [("Bild 一.png", b"hello"), ("log.txt", b"lines")]
    assert found.text == "登录不了"
    assert found.problems == ("InvalidHeaderDefect",)


def test_the_parts_of_a_mail_whose_boundary_is_given_twice_are_read() -> None:
    head = b"Content-Type: multipart/mixed; " + TWICE % (b"boundary", b"b", b"boundary", b"b")
    part = b"Content-Disposition: attachment; filename=log.txt\r\n\r\nlines\r\n"
    found = parse(HEAD + head + b"\r\n\r\n--b\r\n\r\nHello\r\n--b\r\n" + part + b"--b--\r\n")
    assert (found.text, [file.name for file in found.files]) == ("Hello", ["log.txt"])


@pytest.mark.parametrize(
    ("more", "problems"),
    [
        (f"; charset*{'1' * 5000}=koi8-r", ("InvalidHeaderDefect",)),
        ("; charset*0=koi8-r", ("InvalidHeaderDefect",)),
        ("", ()),
    ],
    ids=["numbered", "twice", "extended"],
)
def test_a_mail_of_one_part_keeps_its_characters_and_its_sender(more: str, problems: tuple[str, ...]) -> None:
    charset = f"charset*=us-ascii''koi8-r{more}".encode()
    found = parse(HEAD + b"Content-Type: text/plain; " + charset + b"\r\n\r\n" + "Привет, не работает".encode("koi8-r"))
    assert found.text == "Привет, не работает"
    assert found.sender == "ann@acme.example"
    assert found.problems == problems


@pytest.mark.parametrize("charset", [b"\xc4\xe3", b"idna", b"punycode", b'"x\x00"'])
def test_a_text_in_no_character_set_leaves_the_other_parts_whole(charset: bytes) -> None:
    """What cannot be a character set is none: the text is read as one without, and no file is lost for it."""
    text = b"--b\r\nContent-Type: text/plain; charset=" + charset + b"\r\n\r\n" + "登录不了".encode("gb18030")
    named = b"Content-Type: image/png; name*=x\x00''a.png\r\n\r\nhello\r\n"
    mail = b'Content-Type: multipart/mixed; boundary="b"\r\n\r\n' + text + b"\r\n--b\r\n" + named + b"--b--\r\n"
    found = parse(HEAD + mail)
    assert [file.content for file in found.files] == [b"hello"]
    assert found.text == "登录不了"


def test_a_mail_that_cannot_be_taken_apart_is_read_in_its_own_characters(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever goes wrong with the body, headers are read without those that led to it."""
    walk = mail_parse._walk

    def fails(mail: Message, body: Any) -> None:
        if "Content-Type" in mail:
            raise RuntimeError("out of order")
        walk(mail, body)

    monkeypatch.setattr(mail_parse, "_walk", fails)
    kind = b'Content-Type: text/plain;\r\n charset="koi8-r"\r\nSubject: help\r\n\r\n'
    found = parse(HEAD + kind + "Привет".encode("koi8-r"))
    assert "Привет" in found.text
    assert (found.subject, found.sender, found.message_id) == ("help", "ann@acme.example", "<m1@acme.example>")
    assert found.problems[0] == "RuntimeError: out of order"
