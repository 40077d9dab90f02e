"""Whoever calls a customer sees whom and at what number; each call is in the log, how it ended on the case (COM-4)."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from loopdesk.connectors import inbound
from loopdesk.desk import demo, erasure
from loopdesk.desk.contacting import calls, log
from loopdesk.desk.contacting.rows import CustomerCall
from loopdesk.desk.customers import contact_
from loopdesk.desk.sentiment import recovery
from loopdesk.engine import timers, work
from loopdesk.engine.actor import SYSTEM
from loopdesk.engine.clock import VirtualClock
from loopdesk.engine.errors import Conflict, Invalid
from loopdesk.engine.redaction import ERASED
from loopdesk.tests.web.browsers import as_contact, as_person
from loopdesk.tests.web.conftest import Api, settle
from loopdesk.tests.web.surveyed import REPORT, Story
from loopdesk.tests.web.test_sentiment import ANGRY, look, recoveries, reported, says, who
from loopdesk.tests.web.test_task_words import task_of
from loopdesk.web.stores import stores
from loopdesk.web.wiring import Loopdesk

PHONE = "+86 10 5551 2345"


@pytest.fixture
def story(app: Flask, desk: Loopdesk, clock: VirtualClock, api: Callable[..., Api]) -> Story:
    return Story(app, desk, clock, api)


def has_phone(desk: Loopdesk, phone: str = PHONE, address: str = REPORT["email"]) -> None:
    """The contact with that address can be called at ``phone``, or not at all."""
    with desk.engine.begin() as tx:
        mine = sa.update(contact_).where(contact_.c.email == address)
        assert tx.conn.execute(mine.values(phone=phone)).rowcount == 1


def asked_of(desk: Loopdesk, number: str, element: str) -> tuple[str, dict[str, Any]]:
    """The first text of the form that waits there, and the facts of the case that go with it."""
    with desk.engine.read() as tx:
        schema, data = work.form(tx, work.get(SYSTEM, tx, task_of(desk, number, element)), "en")
    return str(schema["components"][0]["text"]), data["case"]


@pytest.mark.row("FBK-2/call-back", "FBK-2/not-reached")
def test_who_calls_back_sees_whom_to_call_and_the_number_as_it_is_now(story: Story) -> None:
    story.post(story.link("survey", "s"), stars="2", comment="Too slow.")
    has_phone(story.desk, "")
    text, facts = asked_of(story.desk, story.number, "call_back")
    assert "No phone number is known" in text
    assert (facts["contact"], facts["contact_phone"]) == ("何静", "")
    has_phone(story.desk)
    assert asked_of(story.desk, story.number, "call_back")[1]["contact_phone"] == PHONE
    path = f"/tasks/{task_of(story.desk, story.number, 'call_back')}"
    assert PHONE in as_person(story.app, "zhou.min").get(path).text
    strange = as_person(story.app, "zhang.wei").get(path)
    assert (strange.status_code, PHONE in strange.text) == (404, False), "R&D does not call back"
    for pause in ({"hours": 4, "minutes": 1}, {"days": 1, "minutes": 1}, {}):
        story.complete("call_back", "customer_success", reached=False)
        story.rest(**pause)
    text, facts = asked_of(story.desk, story.number, "take_over")
    assert ("case.contact_phone" in text, facts["contact_phone"]) == (True, PHONE)


def test_the_demo_s_customers_can_be_called_and_stay_as_they_were_edited(desk: Loopdesk) -> None:
    """ONC-1: at numbers that nobody can have; a second start brings back no number that somebody took out."""
    numbers = _numbers(desk)
    assert (len(numbers), len(set(numbers.values()))) == (4, 4)
    assert all(phone.startswith(("+49 30 23125", "+86 21 0000 ")) for phone in numbers.values())
    has_phone(desk, "")
    with desk.engine.begin() as tx:
        demo.seed(tx)
    assert _numbers(desk) == {**numbers, REPORT["email"]: ""}


def _numbers(desk: Loopdesk) -> dict[str, str]:
    with desk.engine.read() as tx:
        return {one.email: one.phone for one in tx.conn.execute(sa.select(contact_))}


@pytest.mark.row("FBK-2/call-back")
def test_the_number_of_a_customer_who_was_erased_is_shown_no_more(story: Story) -> None:
    has_phone(story.desk)
    story.post(story.link("survey", "s"), stars="2")
    with story.desk.engine.begin() as tx:
        erasure.erase(SYSTEM, tx, stores(story.desk.settings), REPORT["email"], inbound.empty)
    _, facts = asked_of(story.desk, story.number, "call_back")
    assert (facts["contact"], facts["contact_phone"]) == (ERASED, "")


@pytest.mark.row("COM-6/recovery", "COM-4/recorded")
def test_a_recovery_is_called_at_the_known_number_and_the_case_says_how_it_ended(desk: Loopdesk, app: Flask) -> None:
    number = reported(desk)
    has_phone(desk, address="anna@aurora.example")
    says(desk, number, ANGRY)
    look(desk)
    _complete(desk, number, "look", decision="yes")
    text, facts = asked_of(desk, number, "call")
    assert ("case.contact_phone" in text, facts["contact_phone"]) == (True, PHONE)
    _complete(desk, number, "call", reached="yes", said="We fix it on Friday.", satisfied="yes")
    _complete(desk, number, "decide", gesture="apology", note="A word was enough.")
    assert [one.result for one in recoveries(desk, number)] == ["recovered"]
    page = as_person(app, "li.na").get(f"/cases/{number}?lang=en").text
    for words in (
        "We fix it on Friday.",
        "The service recovery is over: the customer is won back",
        "A word was enough.",
    ):
        assert words in page


@pytest.mark.row("COM-4/recorded", "FBK-2/not-reached")
def test_each_try_to_call_back_is_in_the_log_of_communications_once(story: Story) -> None:
    """Who called, when, whom, the outcome, the words; to be made until then. Handed in again, nothing more stands."""
    has_phone(story.desk)
    story.post(story.link("survey", "s"), stars="2", comment="Too slow.")
    assert logged(story.desk, story.number) == []
    assert [(one.kind, one.state, one.reason, one.phone) for one in made(story.desk, story.number)] == [
        ("call-back", "open", "stars", PHONE)
    ]
    with pytest.raises(Invalid):
        story.complete("call_back", "customer_success", reached=True)
    assert logged(story.desk, story.number) == []
    tried = task_of(story.desk, story.number, "call_back")
    story.complete("call_back", "customer_success", reached=False, note="Voice mail.")
    with pytest.raises(Conflict), story.desk.engine.begin() as tx:
        work.complete(story.actor("customer_success", "agent"), tx, tried, {"reached": False})
    for pause in ({"hours": 4, "minutes": 1}, {"days": 1, "minutes": 1}):
        story.rest(**pause)
        story.complete("call_back", "customer_success", reached=False)
    told = {"reached": True, "way": "visit", "root_cause": "Rude.", "note": "Met their head."}
    story.complete("take_over", "customer_success", "supervisor", **told)
    missed = ("周敏", "何静", "phone", "failed", "not-reached")
    assert logged(story.desk, story.number) == [
        (*missed, "Voice mail."),
        (*missed, ""),
        (*missed, ""),
        ("Daniel Reyes", "何静", "visit", "sent", "", "Met their head."),
    ]
    rows = made(story.desk, story.number)
    assert sorted((one.attempt, one.state) for one in rows) == [*((n, "missed") for n in (1, 2, 3)), (4, "reached")]
    assert len({one.done_at for one in rows}) == 3, "the last try and the other way were at one moment"
    for path in ("/communications", f"/{story.number}/communications"):
        page = as_person(story.app, "petra.owner").get(f"/cases{path}?lang=en").text
        assert ("Voice mail." in page, "Met their head." in page, "Not reached" in page) == (True, True, True)
    page = as_person(story.app, "petra.owner").get(f"/cases/{story.number}?lang=en").text
    assert ("reached nobody (Phone)" in page, "answered (Visit)" in page) == (True, True)


@pytest.mark.row("COM-4/recorded", "FBK-2/root-cause")
@pytest.mark.parametrize(("note", "said"), [("Wants one person.", "Wants one person."), ("", "The night.")])
def test_a_call_back_that_reached_the_customer_is_in_the_log_with_its_words(story: Story, note: str, said: str) -> None:
    story.post(story.link("survey", "s"), stars="2", comment="Too slow.")
    story.complete("call_back", "customer_success", reached=True, root_cause="The night.", note=note)
    assert logged(story.desk, story.number) == [("周敏", "何静", "phone", "sent", "", said)]
    assert [one.state for one in made(story.desk, story.number)] == ["reached"]
    page = as_contact(story.app, REPORT["email"]).get(f"/portal/cases/{story.number}").text
    assert (story.number in page, said in page) == (True, False), "what staff note of a call is for staff"
    page = as_person(story.app, "petra.owner").get("/feedback/calls?lang=en&kind=call-back").text
    assert ("Call-back" in page, "The customer gave few stars" in page, said in page) == (True, True, True)


@pytest.mark.row("COM-4/recorded", "COM-6/recovery")
def test_each_call_of_a_recovery_is_in_the_log_of_communications(
    desk: Loopdesk, app: Flask, clock: VirtualClock
) -> None:
    number = reported(desk)
    says(desk, number, ANGRY)
    look(desk)
    _complete(desk, number, "look", decision="yes")
    _complete(desk, number, "call", reached="no")
    clock.advance(timedelta(hours=4, minutes=1))
    with desk.engine.begin() as tx:
        timers.claim_due(tx)
    settle(desk)
    _complete(desk, number, "call", reached="yes", said="We fix it on Friday.", satisfied="yes")
    assert [one for one in logged(desk, number) if one[2] == "phone"] == [
        ("王芳", "Anna Berg", "phone", "failed", "not-reached", ""),
        ("王芳", "Anna Berg", "phone", "sent", "", "We fix it on Friday."),
    ]
    page = as_person(app, "li.na").get("/feedback/calls?lang=en&kind=recovery").text
    assert ("Service recovery" in page, "We fix it on Friday." in page, "sounds unhappy" in page) == (True, True, True)


@pytest.mark.parametrize("result", [one for one in recovery.RESULTS if one != "recovered"])
def test_each_end_of_a_recovery_has_words_of_its_own(light_desk: Loopdesk, light_app: Flask, result: str) -> None:
    number = reported(light_desk)
    says(light_desk, number, ANGRY)
    look(light_desk)
    [begun] = recoveries(light_desk, number)
    with light_desk.engine.begin() as tx:
        recovery.finish(SYSTEM, tx, begun.id, result=result)
    page = as_person(light_app, "li.na").get(f"/cases/{number}?lang=en").text
    said = {
        "unhappy": "over: the customer is still unhappy",
        "not_reached": "over: nobody was reached",
        "not_needed": "over: no call was needed",
        "stopped": "ended with its process",
    }
    assert f"The service recovery {'is ' if result != 'stopped' else ''}{said[result]}" in page


def logged(desk: Loopdesk, number: str) -> list[tuple[str, ...]]:
    """The calls to the customer in the log, oldest first: who, whom, way, state, why not, words."""
    with desk.engine.read() as tx:
        rows, _ = log.listing(SYSTEM, tx, number=number)
    names = ("author", "recipient", "channel", "state", "note", "body")
    spoken = [row for row in rows if row["direction"] == "out" and not row["template"]]
    return [tuple(str(row[name]) for name in names) for row in reversed(spoken)]


def made(desk: Loopdesk, number: str) -> list[CustomerCall]:
    """The calls to the customer, to be made and made."""
    with desk.engine.read() as tx:
        return calls.listing(SYSTEM, tx, number=number)[0]


def _complete(desk: Loopdesk, number: str, element: str, **data: str) -> None:
    by, task = who(desk, "wang.fang"), task_of(desk, number, element)
    with desk.engine.begin() as tx:
        work.complete(by, tx, task, data)
    settle(desk)
