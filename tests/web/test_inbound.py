"""What customers mail becomes a case or a part of one, whatever they mail (INT-1, CON-7; issue 2, bad input)."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from loopdesk.desk import case, communications, customers
from loopdesk.engine import incidents, outbox
from loopdesk.engine.actor import SYSTEM, Actor
from loopdesk.tests.web.mails import ANNA, Postman, postman, write
from loopdesk.web.wiring import Loopdesk

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 64
PROGRAM = b"MZ" + b"\0" * 200
HE_JING = "何静 <hejing@chenxing.example>"


@pytest.fixture
def post(desk: Loopdesk) -> Iterator[Postman]:
    with postman(desk) as post:
        yield post


@pytest.fixture
def light(light_desk: Loopdesk) -> Iterator[Postman]:
    with postman(light_desk) as post:
        yield post


@pytest.mark.row("INT-1/e-mail", "CON-7")
def test_a_mail_opens_a_case_that_is_acknowledged(post: Postman) -> None:
    number = post.bring(write(Message_ID="<first@aurora.example>"))
    opened = post.case(number)
    assert (opened.channel, opened.title, opened.description) == ("email", "Shop down", "The shop is down.")
    assert opened.external_id == "<first@aurora.example>"
    assert opened.organisation_id
    assert opened.owner_id
    acknowledgement = next(row for row in post.said(number, "out") if row["template"] == "acknowledgement")
    assert acknowledgement["address"] == "anna@aurora.example"
    assert acknowledgement["in_reply_to"] == "<first@aurora.example>"
    assert acknowledgement["state"] == "queued"


@pytest.mark.row("INT-1/e-mail", "INT-2/attachments")
def test_the_log_file_comes_along(post: Postman) -> None:
    mail = write()
    mail.add_attachment(b"ERROR 502\n" * 100, maintype="text", subtype="plain", filename="日志.log")
    number = post.bring(mail)
    assert post.files(number) == {"日志.log": "customer"}


def test_the_same_mail_twice_is_one_case(post: Postman) -> None:
    mail = write()
    first, again = post.bring(mail), post.bring(mail)
    assert first == again
    assert post.cases() == [first]
    assert len(post.rows()) == 1


def test_the_same_mail_without_a_message_id_is_one_case(light: Postman) -> None:
    raw = b"From: anna@aurora.example\r\nSubject: Fault\r\n\r\nIt is broken.\r\n"
    assert light.bring(raw) == light.bring(raw)
    assert len(light.cases()) == 1


def test_another_text_under_the_same_message_id_is_not_lost(light: Postman) -> None:
    number = light.bring(write("One.", Message_ID="<same@aurora.example>"))
    assert light.bring(write("Two.", Message_ID="<same@aurora.example>")) == number
    assert [row["body"] for row in light.said(number, "in")] == ["Two."]


def test_a_stranger_may_not_hide_behind_somebody_elses_message_id(light: Postman) -> None:
    number = light.bring(write("One.", Message_ID="<same@aurora.example>"))
    other = light.bring(write("Two.", sender="eve@evil.example", Message_ID="<same@aurora.example>"))
    assert other not in ("", number)


@pytest.mark.row("CON-7")
def test_an_answer_joins_its_case_by_thread(post: Postman) -> None:
    number = post.bring(write())
    sent = post.said(number, "out")[0]["message_id"]
    answer = write("It works now.\n\nOn Monday Support wrote:\n> Hello\n", "Re: something else", In_Reply_To=sent)
    assert post.bring(answer) == number
    received = post.said(number, "in")
    assert [(row["body"], row["automatic"]) for row in received] == [("It works now.", False)]
    assert post.rows()[-1]["outcome"] == "replied"


def test_an_answer_joins_its_case_by_number_and_brings_files(light: Postman) -> None:
    number = light.bring(write())
    answer = write("See the picture.", f"AW: [{number}] Received")
    answer.add_attachment(PNG, maintype="image", subtype="png", filename="screen.png")
    assert light.bring(answer) == number
    assert len(light.said(number, "in")[0]["attachments"]) == 1
    assert light.files(number) == {"screen.png": "customer"}


def test_a_colleague_of_the_same_customer_may_answer(light: Postman) -> None:
    number = light.bring(write("坏了", "系统故障", HE_JING))
    assert light.bring(write("我也是", f"回复: {number}", "maqiang@chenxing.example")) == number


def test_an_answer_from_another_customer_becomes_a_case_of_its_own(post: Postman) -> None:
    number = post.bring(write("Our secret.", "Secret"))
    other = post.bring(write("Tell me all.", f"Re: [{number}] Secret", HE_JING))
    assert other not in ("", number)
    assert post.said(number, "in") == []
    opened = post.case(other)
    assert opened.title == "Secret"
    assert number in post.notes(other)
    with post.desk.engine.read() as tx:
        hers = customers.contact_by_email(tx, "hejing@chenxing.example")
        assert hers is not None
        visible = communications.listing(customers.actor_of(hers), tx, other)
    assert all(number not in row["subject"] + row["body"] for row in visible)


def test_a_stranger_becomes_a_contact_to_look_at(post: Postman) -> None:
    number = post.bring(write("你们好,无法登录。", "登录失败", "李雷 <Li.Lei@New.Example>"))
    with post.desk.engine.read() as tx:
        contact = customers.contact_by_email(tx, "li.lei@new.example")
    assert contact is not None
    assert (contact.name, contact.unknown, contact.language, contact.organisation_id) == ("李雷", True, "zh", None)
    assert post.case(number).contact_id == contact.id
    assert "我们" in post.said(number, "out")[0]["body"]


def test_a_mail_in_gb18030_is_readable(post: Postman) -> None:
    head = b"From: hejing@chenxing.example\r\nMessage-ID: <gb@x>\r\nContent-Type: text/plain; charset=gb2312\r\n"
    raw = head + "Subject: 付款失败\r\n\r\n订单无法付款,请处理。㐀\r\n".encode("gb18030")
    opened = post.case(post.bring(raw))
    assert (opened.title, opened.description) == ("付款失败", "订单无法付款,请处理。㐀")


def test_a_broken_mail_is_still_a_case_with_the_original(post: Postman) -> None:
    head = b"From: anna@aurora.example\r\nSubject: \xc4\xe3\x00\r\nContent-Type: multipart/mixed\r\n"
    raw = head + b"\r\nno boundary \xff\r\n"
    number = post.bring(raw)
    assert "no boundary" in post.case(number).description
    assert post.files(number) == {"message.raw": "staff"}, "with a NUL inside it is not the text that .eml promises"
    assert "damaged" in post.notes(number)


def test_an_unfinished_mail_is_kept_as_eml(light: Postman) -> None:
    head = b'From: anna@aurora.example\r\nContent-Type: multipart/mixed; boundary="b"\r\n\r\n'
    number = light.bring(head + b"--b\r\nContent-Type: text/plain\r\n\r\ncut in the mid")
    assert light.case(number).description == "cut in the mid"
    assert light.files(number) == {"message.eml": "staff"}


def test_a_mail_that_names_no_sender_is_a_case_that_nobody_is_answered_on(light: Postman) -> None:
    assert light.bring(b"Subject: help\r\n\r\nBeep.\r\n", envelope="") == "", "an empty envelope marks a machine"
    number = light.bring(b"From: undisclosed\r\nSubject: help\r\n\r\nIt burns.\r\n", envelope="not-an-address")
    assert light.case(number).description == "It burns."
    assert {row["state"] for row in light.said(number, "out")} == {"held"}


def test_a_program_in_disguise_is_refused_and_everybody_told(post: Postman) -> None:
    mail = write()
    mail.add_attachment(PROGRAM, maintype="image", subtype="png", filename="screen.png")
    mail.add_attachment(PNG, maintype="image", subtype="png", filename="real.png")
    number = post.bring(mail)
    assert post.files(number) == {"real.png": "customer"}
    told = next(row for row in post.said(number, "out") if row["template"] == "attachment-refused")
    assert "screen.png" in told["body"]
    assert "program" in told["body"]
    assert "screen.png" in post.notes(number)


def test_a_file_that_is_too_large_is_refused_with_its_limit(light: Postman) -> None:
    mail = write()
    mail.add_attachment(
        b"x" * (25 * 1024 * 1024 + 1), maintype="application", subtype="octet-stream", filename="dump.bin"
    )
    number = light.bring(mail)
    assert light.files(number) == {}
    told = next(row for row in light.said(number, "out") if row["template"] == "attachment-refused")
    assert "dump.bin" in told["body"]
    assert "25 MB" in told["body"]


def test_a_megabyte_of_text_is_cut_and_kept_as_a_file(light: Postman) -> None:
    number = light.bring(write("All of it. " * 100_000))
    assert 90_000 < len(light.case(number).description) <= 100_000
    assert light.files(number) == {"message.txt": "customer"}


def test_an_auto_reply_is_kept_on_its_case_and_wakes_nobody(post: Postman) -> None:
    number = post.bring(write())
    before = len(post.said(number, "out"))
    sent = post.said(number, "out")[0]["message_id"]
    away = write("I am on holiday.", "Out of office", In_Reply_To=sent, Auto_Submitted="auto-replied")
    assert post.bring(away) == number
    assert [(row["body"], row["automatic"]) for row in post.said(number, "in")] == [("I am on holiday.", True)]
    assert len(post.said(number, "out")) == before
    assert post.cases() == [number]


def test_an_auto_reply_to_nothing_opens_no_case(post: Postman) -> None:
    assert post.bring(write("Away.", "Out of office", Auto_Submitted="auto-replied")) == ""
    assert post.cases() == []
    row = post.rows()[-1]
    assert (row["state"], row["outcome"], row["sender"]) == ("done", "set_aside", "anna@aurora.example")
    assert b"Away." in row["raw"]


def test_a_mail_of_our_own_comes_back_and_is_set_aside(light: Postman) -> None:
    assert light.bring(write(sender="support@loopdesk.example")) == ""
    assert light.rows()[-1]["outcome"] == "set_aside"


def test_what_a_machine_reports_is_a_case_but_nobody_answers_the_machine(post: Postman) -> None:
    number = post.bring(write("Disk full.", "Alert", "monitor@aurora.example", Auto_Submitted="auto-generated"))
    assert post.case(number).automatic
    assert {row["state"] for row in post.said(number, "out")} == {"held"}


def test_a_bounce_is_noted_for_staff_on_its_case(post: Postman) -> None:
    number = post.bring(write())
    sent = post.said(number, "out")[0]["message_id"]
    report = (
        "From: MAILER-DAEMON@mx.example\r\nSubject: Undelivered\r\n"
        'Content-Type: multipart/report; boundary="b"\r\n\r\n--b\r\n\r\nUser unknown\r\n'
        f"--b\r\nContent-Type: message/rfc822\r\n\r\nMessage-ID: {sent}\r\n\r\nx\r\n--b--\r\n"
    )
    assert post.bring(report.encode(), envelope="") == number
    assert "User unknown" in post.notes(number)
    assert post.said(number, "in") == [], "the customer has written nothing"


def test_a_forged_bounce_that_only_guesses_the_number_joins_no_case(light: Postman) -> None:
    number = light.bring(write())
    assert light.bring(write("x", f"Undelivered {number}", "MAILER-DAEMON@evil.example")) == ""
    assert light.notes(number) == ""


def test_a_colleagues_mail_is_a_note_that_customers_never_see(light: Postman) -> None:
    number = light.bring(write())
    assert light.bring(write("Looks like the cache.", f"Re: {number}", "li.na@loopdesk.example")) == number
    assert "Looks like the cache." in light.notes(number)
    assert light.said(number, "in") == []


def test_an_answer_to_a_closed_case_opens_the_next_one(light: Postman) -> None:
    """FIX-9: after the verification window; within it the words belong to the case itself."""
    number = light.bring(write())
    _close(light, number, ago=timedelta(days=15))
    later = light.bring(write("It is back.", f"Re: [{number}] Shop down"))
    assert later not in ("", number)
    assert light.case(later).title == "Shop down"
    assert number in light.notes(later)


def test_an_out_of_office_after_the_end_stays_with_its_case(light: Postman) -> None:
    number = light.bring(write())
    sent = light.said(number, "out")[0]["message_id"]
    _close(light, number)
    assert light.bring(write("Away.", "Auto", In_Reply_To=sent, Auto_Submitted="auto-replied")) == number
    assert light.cases() == [number]


def _close(post: Postman, number: str, ago: timedelta = timedelta()) -> None:
    from loopdesk.desk import casework, record

    with post.desk.engine.begin() as tx:
        casework.solve(SYSTEM, tx, number, solution="restarted")
        casework.close(SYSTEM, tx, number, reason="confirmed")
        record.change(tx, number, closed_at=tx.now - ago)


def test_a_failure_keeps_the_mail_and_a_retry_makes_the_case(post: Postman, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("a bug of ours")

    with monkeypatch.context() as patched:
        patched.setattr(case, "open", broken)
        assert post.bring(write()) == ""
    assert post.rows()[-1]["state"] == "received"
    assert post.cases() == []
    admin = Actor(kind="person", id="a", name="Admin", roles=frozenset({"admin"}))
    with post.desk.engine.begin() as tx:
        [incident] = incidents.listing(admin, tx)
        assert "a bug of ours" in str(incident)
        incidents.retry(admin, tx, incident["id"])
    outbox.drain(post.desk.engine, post.desk.handlers, worker="retry", limit=1)
    assert len(post.cases()) == 1
    assert post.rows()[-1]["state"] == "done"


def test_who_wrote_is_read_from_the_mail_not_from_the_envelope(light: Postman) -> None:
    number = light.bring(write(), envelope="bounces+17@relay.example")
    with light.desk.engine.read() as tx:
        contact = customers.contact_by_email(tx, "anna@aurora.example")
    assert contact is not None
    assert light.case(number).contact_id == contact.id
    assert ANNA.startswith(contact.name)
