"""Customers are told, called, written to in plain words; all of it stands in the log (COM-1 to COM-4, COM-10)."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from loopdesk.desk import customers, escalation, people, record
from loopdesk.desk.contacting import calls, watch
from loopdesk.desk.letters import communication
from loopdesk.engine import bundles, events, work
from loopdesk.engine.actor import SYSTEM, Actor
from loopdesk.engine.clock import VirtualClock
from loopdesk.tests.web.browsers import as_person, csrf_of
from loopdesk.tests.web.conftest import Api, settle
from loopdesk.web.first_start import WORKFLOWS
from loopdesk.web.wiring import Loopdesk

REPORT = {
    "title": "Orders stand still",
    "description": "Nobody can order since nine.",
    "email": "hejing@chenxing.example",
    "customer_number": "C-1002",
    "category": "fault",
}
Call = Callable[..., Api]


def reported(desk: Loopdesk, api: Call, **fields: str) -> str:
    made: Any = api("li.na").post("/cases", json=REPORT | fields)
    assert made.status_code == 201, made.json
    settle(desk)
    return str(made.json["number"])


def letters(desk: Loopdesk, number: str, template: str) -> list[Any]:
    query = sa.select(communication).where(communication.c.case == number, communication.c.template == template)
    with desk.engine.read() as tx:
        return list(tx.conn.execute(query.order_by(communication.c.at)).mappings())


def prefers(desk: Loopdesk, address: str, **values: str | None) -> None:
    update = sa.update(customers.contact_).where(customers.contact_.c.email == address).values(**values)
    with desk.engine.begin() as tx:
        tx.conn.execute(update)


def looked(desk: Loopdesk) -> None:
    """The periodic look at what happened, and what follows of it."""
    with desk.engine.begin() as tx:
        watch.look(tx)
    settle(desk)


def of(desk: Loopdesk, login: str) -> Actor:
    with desk.engine.read() as tx:
        found = people.by_login(tx, login)
    assert found is not None
    return people.actor_of(found)


def complete(desk: Loopdesk, number: str, element: str, **data: Any) -> None:
    with desk.engine.begin() as tx:
        [task] = [one for one in work.listing(SYSTEM, tx, key=number) if one["element"] == element]
        work.complete(of(desk, "admin"), tx, task["id"], data)
    settle(desk)


@pytest.mark.row("COM-1/preferred", "COM-1/received")
def test_a_customer_hears_by_the_channel_he_prefers_and_the_log_says_how_it_went(
    desk: Loopdesk, api: Call, app: Flask
) -> None:
    """Nothing is connected to SMS, so it goes by e-mail, and the log says so in both languages."""
    prefers(desk, "hejing@chenxing.example", channel="sms")
    number = reported(desk, api)
    [told] = letters(desk, number, "acknowledgement")
    assert (told["channel"], told["address"]) == ("sms", "hejing@chenxing.example")
    with desk.engine.begin() as tx:
        sent = sa.update(communication).where(communication.c.id == told["id"])
        tx.conn.execute(sent.values(state="sent", carried="email"))
    browser = as_person(app, "li.na")
    page = browser.get(f"/cases/{number}/communications").text
    assert "短信" in page
    assert "改用邮件" in page or "went by e-mail" in page


@pytest.mark.row("COM-1/default", "COM-1/strong-reminder", "COM-1/assigned", "COM-4/recorded")
def test_an_urgent_step_is_a_call_that_the_customer_confirms(
    desk: Loopdesk, api: Call, app: Flask, clock: VirtualClock
) -> None:
    """Without a wish of his own: urgent by phone, and in writing as well; the call stands in the log."""
    prefers(desk, "hejing@chenxing.example", channel="auto", phone="+86 10 1")
    number = reported(desk, api)
    looked(desk)
    clock.advance(timedelta(minutes=1))
    with desk.engine.begin() as tx:
        record.change(tx, number, priority="P1", complexity="low")
        events.record(SYSTEM, tx, "handoff.accepted", key=number, data={"to_department": "rnd"})
    looked(desk)
    [told] = letters(desk, number, "notice-assigned")
    assert (told["state"], told["channel"], told["wanted"]) == ("queued", "email", "phone")
    complete(desk, number, "call_customer", outcome="confirmed", said="R&D has it now.", feedback="好的")
    [told] = letters(desk, number, "notice-assigned")
    assert told["confirmed_at"] is not None
    assert told["feedback"] == "好的"
    page = as_person(app, "li.na").get("/feedback/calls").text
    assert "R&amp;D has it now." in page
    assert "R&amp;D has it now." in as_person(app, "li.na").get(f"/cases/{number}/communications").text


@pytest.mark.row("COM-1/strong-reminder", "COM-1/expected-time")
def test_a_key_step_is_a_call_also_for_a_contact_who_prefers_letters(
    desk: Loopdesk, api: Call, clock: VirtualClock, app: Flask
) -> None:
    """`notices.dmn` says that another time for an urgent case is confirmed on the phone; it comes in writing, too."""
    prefers(desk, "hejing@chenxing.example", channel="email", phone="+86 10 1")
    number = reported(desk, api)
    looked(desk)
    clock.advance(timedelta(minutes=1))
    with desk.engine.begin() as tx:
        record.change(tx, number, priority="P1")
        events.record(SYSTEM, tx, "case.due_set", key=number, data={})
    looked(desk)
    [told] = letters(desk, number, "notice-expected")
    assert (told["state"], told["channel"], told["wanted"]) == ("queued", "email", "phone")
    with desk.engine.read() as tx:
        [asked], _ = calls.listing(SYSTEM, tx, number=number, kind="reminder")
    assert (asked.state, asked.phone, asked.message) == ("open", "+86 10 1", told["id"])
    page = as_person(app, "li.na").get(f"/cases/{number}/communications").text
    assert "Somebody calls, too." in page or "同时有人致电。" in page


@pytest.mark.row("COM-1/preferred", "COM-1/strong-reminder")
@pytest.mark.parametrize("phone", ["+86 138 0000 0000", ""])
def test_whom_only_a_number_for_sms_reaches_is_somebodys_task(
    desk: Loopdesk, api: Call, clock: VirtualClock, phone: str
) -> None:
    """Nothing is connected to SMS: he is called; without a number either, somebody looks for a way to him."""
    number = reported(desk, api)
    looked(desk)
    prefers(desk, "hejing@chenxing.example", email=None, phone=phone, channel="sms")
    clock.advance(timedelta(minutes=1))
    with desk.engine.begin() as tx:
        events.record(SYSTEM, tx, "diagnosis.cause", key=number, data={"text": "x"})
    looked(desk)
    [held] = letters(desk, number, "notice-progress")
    assert (held["state"], held["note"]) == ("held", "by-phone" if phone else "no-address")
    with desk.engine.read() as tx:
        made, _ = calls.listing(SYSTEM, tx, number=number, state="open")
        tasks = [one["element"] for one in work.listing(SYSTEM, tx, key=number)]
    kind, task = ("reminder", "call_customer") if phone else ("unreachable", "find_way")
    assert [(one.kind, one.phone) for one in made] == [(kind, phone)]
    assert task in tasks


@pytest.mark.row("COM-2/overdue", "COM-2/record")
def test_an_overdue_case_is_its_supervisors_call(desk: Loopdesk, api: Call, clock: VirtualClock) -> None:
    """Asked of the API by another system: why, in which state, and what was said at last."""
    number = reported(desk, api)
    looked(desk)
    clock.advance(timedelta(days=30))
    settle(desk)
    looked(desk)
    wanted = f"/communications/calls?case={number}&kind=supervisor"
    found: Any = api("li.na").get(wanted)
    assert [(one["reason"], one["state"]) for one in found.json] == [("overdue", "open")]
    complete(desk, number, "make_call", outcome="reached", said="We are late, and we are on it.")
    found = api("li.na").get(wanted)
    assert [(one["state"], one["said"]) for one in found.json] == [("reached", "We are late, and we are on it.")]
    log: Any = api("li.na").get(f"/communications?case={number}&channel=phone")
    assert [one["body"] for one in log.json] == ["We are late, and we are on it."]


@pytest.mark.row("COM-2/escalated", "COM-2/record", "COM-4/follow-up")
def test_the_supervisor_of_an_escalated_case_calls_and_the_promise_is_kept_as_an_action(
    desk: Loopdesk, api: Call, clock: VirtualClock, app: Flask
) -> None:
    number = reported(desk, api)
    looked(desk)
    with desk.engine.begin() as tx:
        escalation.escalate(SYSTEM, tx, number, reason="Nobody moves", by="hand")
    looked(desk)
    looked(desk)
    day = (clock.now() + timedelta(days=3)).date().isoformat()
    complete(desk, number, "make_call", outcome="reached", said="Sorry.", promised="Fixed soon.", promised_until=day)
    with desk.engine.read() as tx:
        [made], _ = calls.listing(SYSTEM, tx, number=number, kind="supervisor")
    assert (made.state, made.promised) == ("reached", "Fixed soon.")
    assert made.escalation
    assert made.action
    actions: Any = api("li.na").get("/actions")
    assert [one["text"] for one in actions.json if one["source"] == "call"] == ["Fixed soon."]
    assert "Fixed soon." in as_person(app, "li.na").get(f"/cases/{number}").text


@pytest.mark.row("COM-1/preferred", "COM-4/recorded")
def test_a_customer_whom_no_channel_reaches_is_a_task_and_nothing_is_lost(
    desk: Loopdesk, api: Call, app: Flask, clock: VirtualClock
) -> None:
    """Bad input: held with its reason, searched for once, sent as soon as there is an address."""
    number = reported(desk, api)
    clock.advance(timedelta(minutes=1))
    with desk.engine.begin() as tx:
        contact = record.get(tx, number).contact_id
    prefers(desk, "hejing@chenxing.example", email=None, phone="")
    looked(desk)
    with desk.engine.begin() as tx:
        events.record(SYSTEM, tx, "diagnosis.cause", key=number, data={"text": "x"})
    looked(desk)
    [held] = letters(desk, number, "notice-progress")
    assert (held["state"], held["note"]) == ("held", "no-address")
    page = as_person(app, "li.na").get(f"/cases/{number}/communications?state=held").text
    assert "There is no e-mail address." in page or "没有邮箱地址" in page
    complete(desk, number, "find_way", outcome="found", way="colleague", said="Asked.", email="he@new.example")
    [sent] = letters(desk, number, "notice-progress")
    assert (sent["state"], sent["address"]) == ("queued", "he@new.example")
    with desk.engine.read() as tx:
        assert customers.contact(tx, str(contact)).email == "he@new.example"


@pytest.mark.row("COM-4/recorded", "COM-4/feedback", "COM-4/follow-up")
def test_other_systems_read_the_log_and_note_what_came_of_a_message(desk: Loopdesk, api: Call) -> None:
    number = reported(desk, api)
    [told] = letters(desk, number, "acknowledgement")
    given = {"feedback": "She is glad.", "follow_up": "Call on Friday."}
    noted: Any = api("li.na").patch(f"/communications/{told['id']}", json=given)
    assert noted.status_code == 200, noted.json
    found: Any = api("li.na").get(f"/communications?case={number}&follow_up=true")
    assert [(one["id"], one["feedback"], one["follow_up"]) for one in found.json] == [(told["id"], *given.values())]
    after: Any = api("li.na").get("/communications", query_string={"case": number, "since": "2026-03-03T00:00:00Z"})
    assert after.json == []
    before: Any = api("li.na").get("/communications", query_string={"case": number, "until": "2026-03-03T00:00:00Z"})
    assert told["id"] in [one["id"] for one in before.json]
    edge: Any = api("li.na").get("/communications", query_string={"since": "0001-01-01T00:00:00+14:00"})
    assert edge.status_code == 422
    for path in ("/communications", "/communications/calls"):
        assert api("li.na").get(f"{path}?page={10**20}").status_code == 422
    assert api("li.na").patch(f"/communications/{told['id']}", json={"feedback": "x" * 10_001}).status_code == 422
    assert api("li.na").patch("/communications/none", json=given).status_code == 404
    assert api("li.na").get("/communications/calls?kind=guess").status_code == 422


@pytest.mark.row("COM-4/feedback", "COM-4/follow-up")
def test_feedback_and_follow_up_are_noted_at_a_message(desk: Loopdesk, api: Call, app: Flask) -> None:
    number = reported(desk, api)
    [told] = letters(desk, number, "acknowledgement")
    browser = as_person(app, "li.na")
    form = {"csrf_token": csrf_of(app, browser), "feedback": "She is <b>glad</b>.", "follow_up": "Call on Friday."}
    assert browser.post(f"/cases/communications/{told['id']}/follow", data=form).status_code == 302
    page = browser.get("/cases/communications?follow_up=1").text
    assert "She is &lt;b&gt;glad&lt;/b&gt;." in page
    assert "Call on Friday." in page
    assert "Call on Friday." in browser.get("/cases/communications.csv").text
    long = browser.post(f"/cases/communications/{told['id']}/follow", data=form | {"feedback": "x" * 10_001})
    assert long.status_code == 422


@pytest.mark.row("COM-1/progress")
@pytest.mark.parametrize("start", [0, 1, 3])
def test_news_of_one_step_are_as_far_apart_as_the_policy_says(
    desk: Loopdesk, api: Call, clock: VirtualClock, start: int
) -> None:
    """`apart` is a distance, whatever the clock on the wall says: no border makes two letters of one minute."""
    number = reported(desk, api)
    looked(desk)
    with desk.engine.begin() as tx:
        record.change(tx, number, priority="P1")
    clock.advance(timedelta(hours=start, minutes=59))
    counts = []
    for minutes in (0, 2, 237, 1, 240):
        clock.advance(timedelta(minutes=minutes))
        with desk.engine.begin() as tx:
            events.record(SYSTEM, tx, "diagnosis.begun", key=number, data={})
        looked(desk)
        counts.append(len(letters(desk, number, "notice-progress")))
    assert counts == [1, 1, 1, 2, 3]


@pytest.mark.row("COM-4/kept")
def test_communications_are_kept_three_years_at_least(desk: Loopdesk, api: Call) -> None:
    files = {path: content.decode() for path, content in bundles.read_folder(WORKFLOWS / "policies").items()}
    head, found, tail = files["retention.yaml"].partition("communications:")
    files["retention.yaml"] = head + found + tail.replace("keep: P3Y", "keep: P2Y", 1)
    refused: Any = api("petra.owner").post("/definitions/policies", json={"files": files})
    assert refused.status_code == 422
    assert "three years" in str(refused.json) or "三年" in str(refused.json)
