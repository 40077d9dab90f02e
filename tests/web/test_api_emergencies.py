"""Emergencies over HTTP, from an alert to the stand-down, and what is refused on the way (EMG-1, EMG-4, EMG-11)."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from loopdesk.desk import case, emergency, people
from loopdesk.desk.emergency import causes
from loopdesk.engine import events, timers
from loopdesk.engine.actor import SYSTEM
from loopdesk.engine.clock import VirtualClock
from loopdesk.engine.outbox_rows import outbox
from loopdesk.tests.web.conftest import settle
from loopdesk.web.wiring import Loopdesk

ALERT = {"source": "prometheus", "id": "pay-1", "interface": "payment", "text": "Payments fail with 502."}
SCOPES = ("cases:read", "cases:write", "tasks:write")


@pytest.fixture
def led(api: Callable[..., Any], desk: Loopdesk) -> str:
    """The id of the emergency that an alert has begun; Guo Tao, the supervisor of operations, leads it."""
    began = api("ivan.link").post("/alerts", json=ALERT)
    assert began.status_code == 202, began.json
    settle(desk)
    [found] = api("guo.tao").get("/emergencies").json
    return str(found["id"])


def later(desk: Loopdesk, clock: VirtualClock, minutes: int) -> None:
    """Let time pass and the worker do all that is due by then."""
    clock.advance(timedelta(minutes=minutes))
    with desk.engine.begin() as tx:
        timers.claim_due(tx)
    settle(desk)


def complete(api: Callable[..., Any], who: str, element: str, **answers: Any) -> Any:
    """The answer to the completion of a task."""
    [found] = [one for one in api(who).get("/tasks").json["tasks"] if one["element"] == element]
    return api(who).post(f"/tasks/{found['id']}/complete", json={"data": answers})


def whole(api: Callable[..., Any], led: str) -> dict[str, Any]:
    found: dict[str, Any] = api("guo.tao").get(f"/emergencies/{led}").json
    return found


def entries(found: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    return [one for one in found["entries"] if one["kind"] == kind]


@pytest.mark.parametrize(
    ("said", "priority"),
    [({}, "P0"), ({"interface": "orders"}, "P1"), ({"severity": "P2"}, "P2"), ({"interface": "wallpaper"}, "P3")],
)
def test_an_alert_s_case_has_the_priority_of_its_emergency(
    api: Callable[..., Any], desk: Loopdesk, said: dict[str, str], priority: str
) -> None:
    number = api("ivan.link").post("/alerts", json=ALERT | said).json["case"]
    settle(desk)
    with desk.engine.read() as tx:
        found, running = case.read(SYSTEM, tx, number), emergency.open_of(tx, number)
    assert found.priority == priority
    assert (running.severity if running else None) == (None if said.get("interface") == "wallpaper" else priority)


@pytest.mark.row("EMG-11/core-interface", "EMG-11/same-alert", "EMG-11/predicted", "EMG-11/warned-first", "EMG-12/team")
def test_an_alert_of_a_core_interface_begins_one_emergency(api: Callable[..., Any], desk: Loopdesk, led: str) -> None:
    found = whole(api, led)
    assert (found["kind"], found["grade"], found["scope"], found["cause"]) == ("system_fault", "I", "global", "payment")
    assert found["commander"] == "郭涛"
    again = api("ivan.link").post("/alerts", json=ALERT).json
    assert (again["emergency"], again["case"], again["times"], again["joined"]) == (led, found["case"], 2, True)
    other = api("ivan.link").post("/alerts", json=ALERT | {"id": "pay-2", "cause": " Payment "}).json
    assert (other["emergency"], other["case"], other["starts"], other["joined"]) == (led, found["case"], False, True)
    settle(desk)
    assert len(api("guo.tao").get("/emergencies").json) == 1
    over = api("ivan.link").post("/alerts", json=ALERT | {"state": "resolved", "text": "Works again."}).json
    assert (over["emergency"], over["state"]) == (led, "resolved")
    found = whole(api, led)
    assert [one["data"]["state"] for one in entries(found, "alert")][-1] == "resolved"
    warned = [(one["customer_name"], one["affected"], one["score"]) for one in found["told"]]
    assert warned == [("晨星物流", 100, 1000.0), ("Aurora Retail", 50, 750.0), ("Delta Works", 50, 250.0)]
    assert {one["about"] for one in found["told"]} == {"warning"}
    with desk.engine.read() as tx:
        letters = tx.conn.scalars(sa.select(outbox.c.payload).where(outbox.c.kind == "letter")).all()
    assert {one["to_name"] for one in letters if one["template"] == "emergency-warning-affected"} == {
        "何静",
        "Anna Berg",
        "Paul Meier",
    }
    assert entries(found, "gap")


@pytest.mark.row("EMG-4/timeline")
def test_what_a_process_does_by_itself_stands_under_nobodys_name(
    api: Callable[..., Any], desk: Loopdesk, clock: VirtualClock, led: str
) -> None:
    """Whose token began it answers for the declaration; nobody called a team or missed an update by hand."""
    later(desk, clock, 31)
    found = whole(api, led)
    assert {one["by_name"] for one in entries(found, "declared")} == {"Ivan Petrov"}
    by_itself = [one for kind in ("role", "gap", "escalated", "missed") for one in entries(found, kind)]
    assert {one["kind"] for one in by_itself} >= {"gap", "missed"}
    assert {one["by_name"] for one in by_itself} == {"Loopdesk"}
    with desk.engine.read() as tx:
        told = [one for one in events.timeline(tx, found["case"]) if one["kind"] == "emergency.gap"]
    assert {one["actor_name"] for one in told} == {"Ivan Petrov"}, "the log keeps who caused it"
    named = api("guo.tao").post(f"/emergencies/{led}/roles", json={"role": "scribe", "person": "tom.baker"})
    assert named.status_code < 300, named.json
    assert entries(whole(api, led), "role")[-1]["by_name"] == "郭涛"


@pytest.mark.row("EMG-11/bad-input")
def test_what_is_no_alert_is_refused_with_each_field(api: Callable[..., Any], desk: Loopdesk) -> None:
    wrong = ALERT | {"source": "", "interface": " ", "severity": "P9", "scope": "moon", "state": "maybe", "kind": "war"}
    answer = api("ivan.link").post("/alerts", json=wrong)
    assert answer.status_code == 422
    assert set(answer.json["errors"]) == {"source", "interface", "severity", "scope", "state", "kind"}
    gone = api("ivan.link").post("/alerts", json=ALERT | {"state": "resolved"})
    assert gone.status_code == 404
    assert "pay-1" in gone.json["detail"]
    assert api("ivan.link", "cases:read").post("/alerts", json=ALERT).status_code == 403
    small = api("ivan.link").post("/alerts", json=ALERT | {"interface": "wallpaper"}).json
    assert (small["starts"], small["emergency"]) == (False, None)
    settle(desk)
    assert api("guo.tao").get("/emergencies").json == []


@pytest.mark.row("EMG-4/decisions", "EMG-4/de-escalation", "EMG-4/timeline", "EMG-12/escalated", "EMG-1/grades")
def test_nothing_is_lowered_or_ended_while_a_decision_is_open(
    api: Callable[..., Any], desk: Loopdesk, clock: VirtualClock, led: str
) -> None:
    guo = api("guo.tao", *SCOPES)
    assert guo.post(f"/emergencies/{led}/notes", json={"text": "The cable is cut."}).status_code == 201
    assert complete(api, "guo.tao", "first_update", text="We work on it.", next_minutes=30).status_code < 300
    asked = guo.post(f"/emergencies/{led}/decisions", json={"question": "Switch to the second site?"})
    assert (asked.status_code, asked.json["decider"]) == (201, "commander")
    lower = guo.post(f"/emergencies/{led}/grade", json={"grade": "III", "reason": "Half of it works."})
    assert lower.status_code == 409
    assert "Switch to the second site?" in lower.json["detail"]
    assert "commander" in lower.json["remedy"]
    ended = guo.post(f"/emergencies/{led}/stand-down", json={"summary": "Over."})
    assert (ended.status_code, "Switch to the second site?" in ended.json["detail"]) == (409, True)
    later(desk, clock, 31)
    [waiting] = whole(api, led)["decisions"]
    assert waiting["decider"] == "operations/supervisor"
    refused = api("li.na").post(f"/emergencies/decisions/{waiting['id']}", json={"decision": "Yes."})
    assert refused.status_code == 403
    assert "operations/supervisor" in refused.json["detail"]
    assert guo.post(f"/emergencies/decisions/{waiting['id']}", json={"decision": "Yes."}).status_code == 200
    again = guo.post(f"/emergencies/decisions/{waiting['id']}", json={"decision": "No."})
    assert (again.status_code, "Yes." in again.json["detail"]) == (409, True)
    assert guo.post(f"/emergencies/{led}/grade", json={"grade": "X", "reason": "?"}).status_code == 422
    lower = guo.post(f"/emergencies/{led}/grade", json={"grade": "III", "reason": "Half of it works."})
    assert (lower.status_code, lower.json["grade"]) == (200, "III")
    kinds = [one["kind"] for one in lower.json["entries"]]
    assert [one for one in kinds if one in ("note", "asked", "escalated", "decided", "graded")] == [
        "note",
        "asked",
        "escalated",
        "decided",
        "graded",
    ]


@pytest.mark.row(
    "EMG-4/cadence", "EMG-4/internal", "EMG-4/updates", "EMG-7/stable", "EMG-7/event-record", "EMG-1/stages"
)
def test_an_emergency_is_told_missed_stable_relapsed_and_ended(
    api: Callable[..., Any], desk: Loopdesk, clock: VirtualClock, led: str
) -> None:
    guo = api("guo.tao", *SCOPES)
    complete(api, "guo.tao", "first_update", text="We work on it.", next_minutes=30)
    settle(desk)
    clock.advance(timedelta(minutes=20))
    told = guo.post(f"/emergencies/{led}/updates", json={"text": "Splicing.", "audience": "internal"}).json
    assert (entries(told, "update")[-1]["audience"], entries(told, "update")[-1]["data"]["late"]) == ("internal", 5)
    later(desk, clock, 15)
    missed = {(one["audience"], one["data"]["minutes"]) for one in entries(whole(api, led), "missed")}
    assert ("external", 5) in missed
    for wrong, field in (
        ({"text": "x", "next_minutes": 0}, "next_minutes"),
        ({"text": "x", "audience": "moon"}, "audience"),
    ):
        answer = guo.post(f"/emergencies/{led}/updates", json=wrong)
        assert (answer.status_code, set(answer.json["errors"])) == (422, {field})
    assert guo.post(f"/emergencies/{led}/stand-down", json={"summary": "Over."}).status_code == 409
    assert guo.post(f"/emergencies/{led}/relapse", json={"text": "Again."}).status_code == 409
    assert guo.post(f"/emergencies/{led}/stable", json={"text": "Spliced."}).json["state"] == "stable"
    early = guo.post(f"/emergencies/{led}/stand-down", json={"summary": "Over."})
    assert early.status_code == 409
    assert api("ivan.link").post("/alerts", json=ALERT).json["emergency"] == led
    settle(desk)
    assert whole(api, led)["state"] == "running"
    assert guo.post(f"/emergencies/{led}/stable", json={"text": "Spliced again."}).status_code == 200
    later(desk, clock, 31)
    ended = guo.post(f"/emergencies/{led}/stand-down", json={"summary": "A digger cut the cable."})
    assert (ended.status_code, ended.json["state"], ended.json["summary"]) == (200, "ended", "A digger cut the cable.")
    scribe = {one["role"]: one["person_id"] for one in ended.json["roles"]}
    assert scribe == {}
    about = {one["about"].partition(":")[0] for one in whole(api, led)["told"]}
    assert about == {"warning", "update", "over"}
    assert guo.post(f"/emergencies/{led}/notes", json={"text": "Thanks."}).status_code == 201
    assert guo.post(f"/emergencies/{led}/updates", json={"text": "x"}).status_code == 409


@pytest.mark.row("EMG-4/commander-leaves", "EMG-4/roles")
def test_a_commander_who_leaves_is_followed_with_all_that_is_open(
    api: Callable[..., Any], desk: Loopdesk, led: str
) -> None:
    before = whole(api, led)
    assert before["commander"] == "郭涛"
    unknown = api("guo.tao").post(f"/emergencies/{led}/leave", json={"successor": "nobody"})
    assert (unknown.status_code, set(unknown.json["errors"])) == (422, {"person"})
    with desk.engine.begin() as tx:
        people.deactivate(SYSTEM, tx, before["commander_id"])
    settle(desk)
    fang = api("wang.fang")
    after = fang.get(f"/emergencies/{led}").json
    assert after["commander_id"] not in ("", before["commander_id"])
    open_tasks = {one["element"]: one for one in fang.get("/tasks").json["tasks"]}
    assert "name_successor" in open_tasks
    done = complete(api, "wang.fang", "name_successor", successor=after["commander_id"])
    assert done.status_code < 300, done.json
    with desk.engine.begin() as tx:
        omar = people.find(tx, "omar.hadid")
        assert omar is not None
        emergency.assign(SYSTEM, tx, led, "commander", "omar.hadid")
    assert {one["element"] for one in api("omar.hadid").get("/tasks").json["tasks"]} >= {"first_update"}
    roles = [one["name"] for one in fang.get(f"/emergencies/{led}").json["roles"] if one["role"] == "commander"]
    assert roles == ["Omar Hadid"]


@pytest.mark.row("EMG-1/joined")
def test_a_second_case_of_one_cause_is_attached(api: Callable[..., Any], desk: Loopdesk, led: str) -> None:
    report = {"description": "I cannot pay.", "customer_number": "C-1001", "email": "anna@aurora.example"}
    number = api("li.na").post("/cases", json=report).json["number"]
    settle(desk)
    with desk.engine.begin() as tx:
        joined = causes.join(SYSTEM, tx, number, cause="PAYMENT")
        assert joined is not None
        assert joined.id == led
    found = whole(api, led)
    assert found["cases"] == [found["case"], number]
    assert entries(found, "joined")[0]["data"] == {"case": number, "why": "cause"}
