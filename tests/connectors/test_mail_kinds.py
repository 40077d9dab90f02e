"""What a mail is: an answer with its new words, a robot's, a delivery report; and which case it is about (CON-7)."""

import pytest

from loopdesk.connectors.mail_parse import parse
from loopdesk.tests.connectors.mails import mail


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
