"""What is said about a case: recorded, in the right language, and never in a loop (COM-1, COM-3, COM-4, INT-7)."""

from collections.abc import Callable, Mapping
from datetime import timedelta

import pytest
import yaml

from loopdesk.desk import case, communications, customers, people, sending
from loopdesk.desk.communications import Received
from loopdesk.engine import bundles, messages
from loopdesk.engine.actor import SYSTEM
from loopdesk.engine.errors import Conflict, Invalid, Missing, Refused
from loopdesk.engine.tx import Tx
from loopdesk.tests.desk.house import BASE, MAIL, House, kinds, posted

Run = Callable[..., dict[str, object]]


def published(tx: Tx, name: str) -> list[Mapping[str, object]]:
    """The payloads of the messages of that name."""
    query = messages.message.select().where(messages.message.c.name == name)
    return [dict(row["payload"]) for row in tx.conn.execute(query).mappings()]


def write_template(tx: Tx, **texts: Mapping[str, Mapping[str, str]]) -> None:
    """Deploy message templates in place of the shipped ones."""
    files = {f"messages.{language}.yaml": yaml.safe_dump(dict(entries)).encode() for language, entries in texts.items()}
    bundles.deploy(SYSTEM, tx, "messages", files)


def acknowledged(house: House, tx: Tx, number: str) -> dict[str, object]:
    """Take a case as far as its acknowledgement, which is returned as it goes to the mail server."""
    house.run(tx, SYSTEM, "case.set_type", number, type="fault", department="rnd")
    house.run(tx, SYSTEM, "case.set_priority", number, priority="P1", reason="Many affected")
    house.run(tx, SYSTEM, "case.name_owner", number, department="support")
    house.run(tx, SYSTEM, "sla.start", number, policy="p-levels")
    house.run(tx, SYSTEM, "message.send", number, template="acknowledgement", to="customer")
    return posted(tx)[-1]


def test_the_acknowledgement_names_number_category_priority_owner_and_time(house: House, tx: Tx, number: str) -> None:
    """INT-7: in the customer's language and zone."""
    mail = acknowledged(house, tx, number)
    assert mail["to"] == "anna@aurora.example"
    assert number in str(mail["subject"])
    for part in (number, "fault", "P1", "李娜", "5 Mar 2026 10:00", f"{BASE}/portal/cases/{number}"):
        assert part in str(mail["body"]), part
    assert mail["automatic"] is True
    assert mail["message_id"] == f"<{mail['communication']}@loopdesk>"


def test_a_chinese_customer_reads_chinese(house: House, tx: Tx) -> None:
    """COM-3: the template of his language, his zone."""
    made = house.report(tx, house.contacts["hejing"], title="发票错误")
    mail = acknowledged(house, tx, made.number)
    assert "何静" in str(mail["body"])
    assert "预计解决时间：2026年3月5日 17:00（中国标准时间）" in str(mail["body"])


def test_every_shipped_template_exists_in_both_languages(house: House, tx: Tx) -> None:
    """COM-3."""
    files = bundles.current(tx, "messages").files
    english, chinese = (yaml.safe_load(files[f"messages.{language}.yaml"]) for language in ("en", "zh"))
    assert set(english) == set(chinese)
    assert all(set(entry) == {"subject", "body"} for entry in [*english.values(), *chinese.values()])


def test_a_place_that_cannot_be_filled_names_template_and_variable(house: House, tx: Tx, number: str) -> None:
    """COM-3: an error, which becomes an incident, and not a letter with a gap."""
    write_template(tx, en={"hello": {"subject": "Hi", "body": "Dear {{ case.nickname }}"}})
    with pytest.raises(Invalid) as refused:
        house.run(tx, SYSTEM, "message.send", number, template="hello", to="customer")
    assert (refused.value.params["template"], refused.value.params["variable"]) == ("hello", "nickname")
    assert posted(tx) == []
    with pytest.raises(Missing, match="farewell"):
        house.run(tx, SYSTEM, "message.send", number, template="farewell", to="customer")


@pytest.mark.parametrize(
    "body",
    [
        "{{ ''.__class__.__mro__ }}",
        "{{ case.__class__.__init__.__globals__ }}",
        "{% for i in range(99999999) %}x{% endfor %}",
        "{{ 1 / 0 }}",
        "{% if %}",
        "{{ case.due | moment | nothing }}",
    ],
)
def test_a_template_cannot_reach_into_the_house(house: House, tx: Tx, number: str, body: str) -> None:
    """COM-3, SEC-1: templates are data, run in a sandbox; what goes wrong in one is said."""
    write_template(tx, en={"evil": {"subject": "s", "body": body}})
    with pytest.raises(Invalid, match="evil"):
        house.run(tx, SYSTEM, "message.send", number, template="evil", to="customer")


def test_a_subject_cannot_carry_a_second_header(house: House, tx: Tx) -> None:
    """COM-4: a title is a customer's text."""
    made = house.report(tx, title="Hello\r\nBcc: everybody@else.example")
    write_template(tx, en={"t": {"subject": "About {{ case.title }}", "body": "b"}})
    house.run(tx, SYSTEM, "message.send", made.number, template="t", to="customer")
    assert posted(tx)[-1]["subject"] == f"About Hello Bcc: everybody@else.example [{made.number}]"


def test_a_department_is_told_each_in_his_language(house: House, tx: Tx, number: str) -> None:
    """HND-3: and may then see the case that the message speaks of."""
    write_template(tx, en={"t": {"subject": "en", "body": "b"}}, zh={"t": {"subject": "zh", "body": "b"}})
    house.run(tx, SYSTEM, "message.send", number, template="t", to=["rnd", "rnd/agent", "lina"])
    sent = {mail["to"]: str(mail["subject"]).split()[0] for mail in posted(tx)}
    assert sent == {"zhangwei@house.example": "zh", "emma@house.example": "en", "lina@house.example": "zh"}
    assert case.find(house.people["zhangwei"], tx, number) is not None
    with pytest.raises(Invalid, match="nowhere"):
        house.run(tx, SYSTEM, "message.send", number, template="t", to="nowhere/agent")


@pytest.mark.parametrize(
    ("fields", "to", "note"),
    [
        ({"channel": "monitoring"}, "customer", sending.NOBODY),
        ({"channel": "phone", "phone": "+49 30 1"}, "customer", sending.NO_ADDRESS),
        ({"channel": "email", "email": "bot@x.example", "automatic": True}, "customer", sending.MACHINE),
        ({"channel": "email", "email": "a@x.example"}, "owner", sending.NOBODY),
        ({"channel": "email", "email": "a@x.example"}, "legal/agent", sending.NOBODY),
    ],
)
def test_what_cannot_go_out_is_recorded_with_the_reason(
    house: House, tx: Tx, fields: dict[str, object], to: str, note: str
) -> None:
    """COM-4: held, never dropped."""
    extra = {"customer_number": "C-1001"} if fields["channel"] == "phone" else {}
    made = house.report(tx, MAIL, **fields, **extra)
    write_template(tx, en={"t": {"subject": "s", "body": "b"}})
    house.run(tx, SYSTEM, "message.send", made.number, template="t", to=to)
    row = communications.listing(SYSTEM, tx, made.number)[-1]
    assert (row["state"], row["note"]) == ("held", note)
    assert posted(tx) == []
    assert kinds(tx, made.number)[-1] == "communication.held"


def test_ten_acknowledgements_an_hour_are_enough_for_one_address(house: House, tx: Tx) -> None:
    """COM-4: two robots that answer each other stop; an hour later the customer is answered again."""
    write_template(tx, en={"acknowledgement": {"subject": "s", "body": "b"}})

    def acknowledge(**fields: object) -> str:
        made = house.report(tx, MAIL, channel="email", **{"email": "loop@x.example", **fields})
        house.run(tx, SYSTEM, "message.send", made.number, template="acknowledgement", to="customer")
        return str(communications.listing(SYSTEM, tx, made.number)[-1]["note"])

    assert [acknowledge() for _ in range(12)] == [""] * 10 + [sending.TOO_MANY] * 2
    assert acknowledge(email="other@x.example") == ""
    tx.now += timedelta(minutes=61)
    assert acknowledge() == ""


def test_a_reply_wakes_a_waiting_case_and_only_that(house: House, tx: Tx, number: str) -> None:
    """COM-4: an answer that came before the question answers nothing."""
    early = Received(author="Anna Berg", subject="Re", body="By the way", message_id="<1@x>")
    communications.receive(MAIL, tx, number, early)
    assert published(tx, "customer.replied") == []
    house.run(tx, SYSTEM, "case.wait", number, reason="Which browser?")
    written = communications.receive(MAIL, tx, number, Received("Anna Berg", "Re", "Firefox", message_id="<2@x>"))
    assert published(tx, "customer.replied") == [{"text": "Firefox", "communication": written}]


def test_the_same_reply_twice_is_one(house: House, tx: Tx, number: str) -> None:
    """CON-7."""
    house.run(tx, SYSTEM, "case.wait", number, reason="?")
    mail = Received(author="Anna Berg", subject="Re", body="Yes", message_id="<3@x>")
    assert communications.receive(MAIL, tx, number, mail)
    assert communications.receive(MAIL, tx, number, mail) is None
    assert len(published(tx, "customer.replied")) == 1
    assert len(communications.listing(SYSTEM, tx, number)) == 1


def test_an_automatic_reply_is_kept_and_answered_by_nobody(house: House, tx: Tx, number: str) -> None:
    """CON-7: "out of office" is no answer to our question (RFC 3834)."""
    house.run(tx, SYSTEM, "case.wait", number, reason="?")
    mail = Received(author="Anna Berg", subject="Out of office", body="Back on Monday", automatic=True)
    assert communications.receive(MAIL, tx, number, mail)
    assert published(tx, "customer.replied") == []
    assert posted(tx) == []
    assert communications.listing(SYSTEM, tx, number)[-1]["automatic"] is True


def test_a_person_behind_a_machine_is_answered_again(house: House, tx: Tx) -> None:
    """CON-7."""
    made = house.report(tx, MAIL, channel="email", email="a@x.example", automatic=True)
    communications.receive(MAIL, tx, made.number, Received("A", "Re", "I am here"))
    write_template(tx, en={"t": {"subject": "s", "body": "b"}})
    house.run(tx, SYSTEM, "message.send", made.number, template="t", to="customer")
    assert len(posted(tx)) == 1


def test_answers_find_their_case_by_any_of_our_ids(house: House, tx: Tx) -> None:
    """CON-7: the mail that opened it, and every mail we sent."""
    made = house.report(tx, MAIL, channel="email", email="anna@aurora.example", external_id="<first@aurora>")
    write_template(tx, en={"t": {"subject": "s", "body": "b"}})
    house.run(tx, SYSTEM, "message.send", made.number, template="t", to="customer")
    ours = str(posted(tx)[-1]["message_id"])
    assert posted(tx)[-1]["in_reply_to"] == "<first@aurora>"
    for thread in (["<first@aurora>"], [ours], ["<unknown@x>", ours]):
        assert communications.case_of_message(tx, thread) == made.number
    assert communications.case_of_message(tx, ["<unknown@x>"]) is None
    assert communications.receive(MAIL, tx, made.number, Received("A", "s", "b", message_id="<first@aurora>")) is None


def test_staff_answer_the_customer_or_note_among_themselves(house: House, tx: Tx, number: str) -> None:
    """COM-4, SEC-1: the customer sees the answer and not the note."""
    lina, anna = house.people["lina"], house.contacts["anna"]
    communications.comment(lina, tx, number, "Please try again.")
    communications.comment(lina, tx, number, "He is always like that.", internal=True)
    communications.comment(anna, tx, number, "It works now.")
    assert [row["body"].strip() for row in communications.listing(anna, tx, number)] == [
        "Please try again.",
        "It works now.",
    ]
    assert len(communications.listing(lina, tx, number)) == 3
    assert [mail["automatic"] for mail in posted(tx)] == [False]
    for text in ("", "   ", "x" * 200_000):
        with pytest.raises(Invalid) as refused:
            communications.comment(lina, tx, number, text)
        assert "body" in refused.value.fields
    with pytest.raises(Refused):
        communications.comment(house.people["petra"], tx, number, "Hello")


def test_an_answer_to_somebody_without_an_address_is_refused(house: House, tx: Tx) -> None:
    """COM-4: the text is not lost in a box that nobody empties."""
    made = house.report(tx, house.people["lina"], channel="phone", phone="+86 10 1", customer_number="C-1002")
    with pytest.raises(Conflict):
        communications.comment(house.people["lina"], tx, made.number, "Hello")


def test_delivery_is_written_down(house: House, tx: Tx, number: str) -> None:
    """COM-4: sent or failed, each on the timeline; a failure is not the customer's to read."""
    write_template(tx, en={"t": {"subject": "s", "body": "b"}})
    house.run(tx, SYSTEM, "message.send", number, template="t", to="customer")
    written = str(posted(tx)[-1]["communication"])
    communications.settle(tx, written)
    assert communications.listing(SYSTEM, tx, number)[-1]["state"] == "sent"
    communications.settle(tx, written, error="550 no such user")
    row = communications.listing(SYSTEM, tx, number)[-1]
    assert (row["state"], row["note"]) == ("failed", "550 no such user")
    assert kinds(tx, number)[-2:] == ["communication.sent", "communication.failed"]


def test_a_contact_is_one_however_the_address_is_written(house: House, tx: Tx) -> None:
    """INT-2."""
    known = customers.find_or_create_contact(MAIL, tx, email=" ANNA@Aurora.example ")
    assert known.id == house.contacts["anna"].id
    with pytest.raises(Invalid) as refused:
        customers.add_contact(house.people["lina"], tx, name="Twin", email="anna@aurora.example")
    assert "email" in refused.value.fields
    with pytest.raises(Refused):
        customers.add_organisation(house.contacts["anna"], tx, number="C-1", name="x")
    with pytest.raises(Invalid) as refused:
        customers.add_organisation(SYSTEM, tx, number="C-1001", name="x")
    assert "number" in refused.value.fields


def test_an_owner_who_left_is_nobody(house: House, tx: Tx, number: str) -> None:
    """COM-4."""
    house.run(tx, SYSTEM, "case.name_owner", number, department="support")
    people.deactivate(SYSTEM, tx, house.people["lina"].id)
    write_template(tx, en={"t": {"subject": "s", "body": "b"}})
    house.run(tx, SYSTEM, "message.send", number, template="t", to="owner")
    assert communications.listing(SYSTEM, tx, number)[-1]["note"] == sending.NOBODY
