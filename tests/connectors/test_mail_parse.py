"""What is read from a mail: sender, id, text, HTML as text, files (CON-7; issue 2, bad input)."""

import pytest

from loopdesk.connectors.mail_parse import message_id_of, parse
from loopdesk.tests.connectors.mails import HEAD, mail


def test_a_plain_mail() -> None:
    found = parse(mail().as_bytes())
    assert (found.sender, found.sender_name, found.subject) == ("ann@acme.example", "Ann", "Fault")
    assert found.text == found.new_text == "It does not start."
    assert found.to == ("support@loopdesk.example",)
    assert found.message_id == "<m1@acme.example>"
    assert (found.files, found.problems, found.is_auto, found.is_bounce) == ((), (), False, False)


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
