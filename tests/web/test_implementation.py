"""Milestones on the live board, alarms answered with a plan, reviews with the customer (FIX-1, FIX-2)."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from loopdesk.desk import actions, people
from loopdesk.desk.implementation import alarms, course, reviews, tables
from loopdesk.desk.letters import communication
from loopdesk.engine import events, instances, timers, work
from loopdesk.engine.actor import SYSTEM, Actor
from loopdesk.engine.clock import VirtualClock
from loopdesk.tests.web.browsers import as_person, csrf_of
from loopdesk.tests.web.conftest import Api, settle
from loopdesk.web.wiring import Loopdesk

REPORT = {
    "title": "Orders stand still",
    "description": "Nobody can order since nine.",
    "email": "anna@aurora.example",
    "customer_number": "C-1001",
    "category": "fault",
}


@pytest.fixture
def number(desk: Loopdesk, api: Callable[..., Api]) -> str:
    """A case of C-1001."""
    made: Any = api("ivan.link").post("/cases", json=REPORT)
    assert made.status_code == 201, made.json
    settle(desk)
    return str(made.json["number"])


def begin(desk: Loopdesk, api: Callable[..., Api], number: str, plan: str = "configuration") -> dict[str, Any]:
    made: Any = api("li.na").post("/implementations", json={"case": number, "plan": plan, "lead": "li.na"})
    assert made.status_code == 201, made.json
    settle(desk)
    return dict(made.json)


def known(desk: Loopdesk, login: str) -> Actor:
    with desk.engine.read() as tx:
        return people.actor_of(people.find(tx, login))  # type: ignore[arg-type]


def complete(desk: Loopdesk, who: Actor, element: str, **data: Any) -> None:
    with desk.engine.begin() as tx:
        task = next(one for one in work.listing(who, tx) if one["element"] == element)
        work.complete(who, tx, task["id"], data)
    settle(desk)


def letters(desk: Loopdesk, number: str, template: str) -> list[Any]:
    query = sa.select(communication).where(communication.c.case == number, communication.c.template == template)
    with desk.engine.read() as tx:
        return list(tx.conn.execute(query).all())


def until(desk: Loopdesk, clock: VirtualClock, moment: str) -> None:
    """Let the time come, and whatever is due on the way happen when it is."""
    wanted = datetime.fromisoformat(moment)
    while True:
        with desk.engine.read() as tx:
            due = timers.next_due(tx)
        if due is None or due > wanted:
            break
        clock.advance(max(due - clock.now(), timedelta()))
        with desk.engine.begin() as tx:
            timers.claim_due(tx)
        settle(desk)
    clock.advance(wanted - clock.now())
    settle(desk)


@pytest.mark.row("FIX-1/milestones", "FIX-1/board")
def test_the_board_shows_milestones_and_staff_reach_move_and_drop_them(
    desk: Loopdesk, api: Callable[..., Api], app: Flask, number: str
) -> None:
    """FIX-1: deployment, configuration and tests with their days; the last one reached ends it, and is told."""
    made = begin(desk, api, number, plan="standard")
    assert {one["kind"] for one in made["milestones"]} == {"configuration", "deployment", "test"}
    browser = as_person(app, "li.na")
    page = browser.get("/closure/implementations").text
    assert all(one["names"]["zh"] in page for one in made["milestones"])
    ids = [one["id"] for one in made["milestones"]]
    token = csrf_of(app, browser)

    def post(one: str, verb: str, **data: str) -> Any:
        path = f"/closure/implementations/milestones/{one}/{verb}"
        return browser.post(path, data={"csrf_token": token, **data})

    assert post(ids[0], "done").status_code == 302
    again = post(ids[0], "done")
    assert again.status_code == 409
    assert 'role="alert"' in again.text
    assert post(ids[1], "progress", progress="40").status_code == 302
    assert post(ids[1], "progress", progress="101").status_code == 422
    assert post(ids[1], "move", due_at="2026-03-20T10:00", reason="").status_code == 422
    assert post(ids[1], "move", due_at="2026-03-01T10:00", reason="x").status_code == 422
    assert post(ids[1], "move", due_at="2026-03-20T10:00", reason="The customer asked for it.").status_code == 302
    with desk.engine.read() as tx:
        moved = tables.milestone(tx, ids[1])
    assert (moved.progress, moved.moved, moved.note) == (40, 1, "The customer asked for it.")
    for one in ids[1:3]:
        assert post(one, "done").status_code == 302
    assert post(ids[3], "drop", reason="Not needed.").status_code == 302
    settle(desk)
    with desk.engine.read() as tx:
        assert tables.get(tx, made["id"]).state == "finished"
    assert len(letters(desk, number, "implementation-finished")) == 1
    assert number in browser.get("/closure/implementations?state=finished").text
    assert number not in browser.get("/closure/implementations?part=1").text


@pytest.mark.row("FIX-1/alarms", "FIX-1/plan-in-time")
def test_an_alarm_rises_from_yellow_to_red_and_is_answered_or_told(
    desk: Loopdesk, api: Callable[..., Api], app: Flask, number: str, clock: VirtualClock
) -> None:
    """FIX-1: half of the working time used with nothing done is yellow; the day passed is orange, a day later red."""
    made = begin(desk, api, number)
    [first, _] = made["milestones"]
    due = datetime.fromisoformat(first["due_at"])
    assert due.isoformat() == "2026-03-03T09:00:00+00:00"  # One working day after Monday 17:00 in Shanghai.
    until(desk, clock, "2026-03-03T04:00:00+00:00")
    with desk.engine.read() as tx:
        [yellow] = alarms.of_milestones(tx, first["id"])[first["id"]]
    assert yellow.level == "yellow"
    assert yellow.due_at.isoformat() == "2026-03-03T05:15:00+00:00"  # It rang at noon: fifteen minutes of work later.
    page = as_person(app, "li.na").get("/closure/implementations").text
    assert 'data-tone="yellow"' in page
    complete(desk, known(desk, "li.na"), "respond", answer_plan="Two more people.")
    with desk.engine.read() as tx:
        assert alarms.get(tx, yellow.id).plan == "Two more people."
    until(desk, clock, "2026-03-03T09:00:00+00:00")
    until(desk, clock, "2026-03-03T09:20:00+00:00")
    with desk.engine.read() as tx:
        told = alarms.of_milestones(tx, first["id"])[first["id"]]
    assert [one.level for one in told] == ["orange", "yellow"]
    assert told[0].late_at is not None
    assert letters(desk, number, "milestone-unanswered")
    assert "Two more people." in as_person(app, "li.na").get("/closure/implementations").text
    assert "配置变更" in as_person(app, "li.na").get(f"/cases/{number}").text
    until(desk, clock, "2026-03-04T09:30:00+00:00")
    with desk.engine.read() as tx:
        assert alarms.of_milestones(tx, first["id"])[first["id"]][0].level == "red"
    done: Any = api("li.na").patch(f"/implementations/milestones/{first['id']}", json={"state": "done"})
    assert (done.status_code, done.json["level"]) == (200, "")


@pytest.mark.row("FIX-2/every-two-weeks", "FIX-2/actions")
def test_the_customer_is_met_every_two_weeks_and_the_minutes_become_actions(
    desk: Loopdesk, api: Callable[..., Api], number: str, clock: VirtualClock
) -> None:
    """FIX-2: invitation with agenda, minutes, actions due within 14 days, the minutes by mail, and the next date."""
    made = begin(desk, api, number, plan="migration")
    until(desk, clock, "2026-03-14T10:00:00+00:00")  # Two days before Monday the 16th at 10:00.
    [invitation] = letters(desk, number, "review-invitation")
    assert "Rehearse the move" in invitation.body
    assert invitation.address == "anna@aurora.example"
    clock.advance(timedelta(days=2))
    who = known(desk, "li.na")
    complete(
        desk,
        who,
        "hold",
        attendees="Anna Berg, Li Na",
        minutes="The test system is slow.",
        agreed=[{"text": "Open the port", "owner": who.id}],
    )
    with desk.engine.read() as tx:
        [review] = reviews.of_case(SYSTEM, tx, number)
        [action] = actions.of(tx, reviews.SOURCE, review.id)
    assert (action.text, action.owner_id, action.case) == ("Open the port", who.id, number)
    assert action.due_at - action.created_at == timedelta(days=14)
    [minutes] = letters(desk, number, "review-minutes")
    assert "The test system is slow." in minutes.body
    assert "Open the port" in minutes.body
    with desk.engine.read() as tx:
        following = reviews.next_(SYSTEM, tx, made["id"])
    assert following.starts_at.isoformat() == "2026-03-30T10:00:00+00:00"


@pytest.mark.row("FIX-2/every-two-weeks", "FIX-1/milestones")
@pytest.mark.parametrize("begun", [False, True], ids=["to-come", "begun"])
def test_who_finishes_does_not_wait_for_a_review(
    desk: Loopdesk, api: Callable[..., Api], app: Flask, number: str, clock: VirtualClock, begun: bool
) -> None:
    """FIX-2: one that is to come is called off, one that has begun still gets its minutes; the end is told at once."""
    made = begin(desk, api, number, plan="migration")
    until(desk, clock, "2026-03-16T10:30:00+00:00" if begun else "2026-03-14T10:00:00+00:00")
    for one in made["milestones"]:
        api("li.na").patch(f"/implementations/milestones/{one['id']}", json={"state": "done"})
        settle(desk)
    assert len(letters(desk, number, "implementation-finished")) == 1
    who = known(desk, "li.na")
    with desk.engine.read() as tx:
        assert [one["element"] for one in work.listing(who, tx) if one["element"] == "hold"] == ["hold"] * begun
        [review] = reviews.of_case(SYSTEM, tx, number)
    told = letters(desk, number, "review-called-off")
    page = as_person(app, "li.na").get("/closure/implementations?state=finished&lang=en").text
    assert (len(told), "review called off" in page) == ((0, False) if begun else (1, True))
    if begun:
        complete(desk, who, "hold", attendees="Anna Berg", minutes="All is done.", agreed=[])
        with desk.engine.read() as tx:
            assert reviews.get(tx, review.id).minutes == "All is done."
    else:
        assert told[0].address == "anna@aurora.example"
        assert review.held_at is None
    with desk.engine.read() as tx:
        runs = [one["status"] for one in instances.of_key(tx, number) if one["process"] == "implementation"]
    assert runs == ["completed"]


@pytest.mark.row("FIX-1/milestones")
def test_what_cannot_be_begun_is_told(desk: Loopdesk, api: Callable[..., Api], app: Flask, number: str) -> None:
    """FIX-1: a second one beside the first, an unknown plan, an unknown person, an unknown case: a clear word each."""
    client: Any = api("li.na")
    assert client.post("/implementations", json={"case": number, "plan": "none"}).status_code == 404
    wrong = client.post("/implementations", json={"case": number, "plan": "standard", "lead": "nobody"})
    assert (wrong.status_code, list(wrong.json["errors"])) == (422, ["lead"])
    made = begin(desk, api, number)
    again = client.post("/implementations", json={"case": number, "plan": "standard"})
    assert again.status_code == 409
    browser = as_person(app, "li.na")
    data = {"csrf_token": csrf_of(app, browser), "case": "L-2020-000001", "plan": "standard"}
    page = browser.post("/closure/implementations", data=data)
    assert page.status_code == 422
    assert "L-2020-000001" in page.text
    late = {"due_at": "2020-01-01T00:00:00Z", "reason": "x"}
    one = made["milestones"][0]["id"]
    assert client.patch(f"/implementations/milestones/{one}", json=late).status_code == 422
    both = {"progress": 3, "state": "done"}
    assert client.patch(f"/implementations/milestones/{one}", json=both).status_code == 422
    stopped = client.post(f"/implementations/{made['id']}/stop", json={"reason": "Another way was found."})
    assert stopped.json["state"] == "stopped"
    settle(desk)
    assert client.patch(f"/implementations/milestones/{one}", json={"state": "done"}).status_code == 409


def test_a_milestone_that_moves_is_told_to_every_board(desk: Loopdesk, api: Callable[..., Api], number: str) -> None:
    """FIX-1: the stream says that a board is to be drawn again, without saying whose case it is."""
    from loopdesk.web.live import Stream, Tail

    made = begin(desk, api, number)
    with desk.engine.read() as tx:
        cursor = events.latest(tx)
    with desk.engine.begin() as tx:
        course.advance(known(desk, "li.na"), tx, made["milestones"][0]["id"], progress=20)
    other = known(desk, "admin")
    stream = Stream(desk.engine, Tail(desk.engine), other, "").run(cursor)
    next(stream)
    said = next(stream).decode()
    assert '"milestone.advanced","key":""' in said
    assert number not in said
