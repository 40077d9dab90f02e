"""A person with the right sees, moves and fires waiting timers, which is written down (issue 4)."""

from datetime import timedelta
from typing import Any

import pytest

from loopdesk.engine import events, suspension, timing
from loopdesk.engine.actor import Actor
from loopdesk.engine.clock import VirtualClock
from loopdesk.engine.errors import Conflict, Invalid, Missing, Refused
from loopdesk.engine.instances import Suspended
from loopdesk.engine.tx import Engine
from loopdesk.tests.engine.drawing import catch, flows, timer
from loopdesk.tests.engine.steps import ANN, END, START, deploy, start, status, work_off

BOB = Actor("person", "bob", "Bob", frozenset({"agent"}))
WAIT = START + catch("c", timer("Duration", "PT1H"), 'name="Wait a while"') + END + flows("s > c > e")


def waiting(engine: Engine) -> tuple[str, dict[str, Any]]:
    deploy(engine, WAIT)
    instance = start(engine)
    with engine.read() as tx:
        (row,) = timing.listing(ANN, tx, instance)
    return instance, row


def told(engine: Engine, kind: str) -> dict[str, Any]:
    with engine.read() as tx:
        (row,) = (row for row in events.timeline(tx, "L-1") if row["kind"] == kind)
    return row


def test_a_waiting_timer_is_seen_and_moved(engine: Engine, clock: VirtualClock) -> None:
    instance, row = waiting(engine)
    assert (row["element"], row["name"], row["expression"]) == ("c", "Wait a while", "PT1H")
    due = clock.now() + timedelta(minutes=10)
    with engine.begin() as tx:
        assert timing.move(ANN, tx, row["id"], due_at=due, reason="sooner") == due
    with engine.begin() as tx:
        assert timing.move(ANN, tx, row["id"], by="PT5M", reason="later") == due + timedelta(minutes=5)
    with engine.begin() as tx:
        assert timing.move(ANN, tx, row["id"], by="-PT5M", reason="sooner") == due
    clock.advance(timedelta(minutes=10))
    work_off(engine)
    assert status(engine, instance) == "completed"


def test_moving_and_firing_are_written_down_with_before_after_and_reason(engine: Engine, clock: VirtualClock) -> None:
    instance, row = waiting(engine)
    with engine.begin() as tx:
        timing.move(ANN, tx, row["id"], by="PT1H", reason="customer is away")
    moved = told(engine, "timer.moved")
    assert (moved["actor_id"], moved["element"], moved["data"]["reason"]) == ("ann", "c", "customer is away")
    assert moved["data"]["before"] == (clock.now() + timedelta(hours=1)).isoformat()
    assert moved["data"]["after"] == (clock.now() + timedelta(hours=2)).isoformat()
    with engine.begin() as tx:
        timing.fire(ANN, tx, row["id"], reason="customer is back")
    assert status(engine, instance) == "completed"
    assert (told(engine, "timer.forced")["actor_id"], told(engine, "timer.fired")["actor_kind"]) == ("ann", "timer")
    clock.advance(timedelta(hours=3))
    work_off(engine)
    assert told(engine, "timer.fired")


def test_what_cannot_be_is_refused_with_a_sentence(engine: Engine, clock: VirtualClock) -> None:
    instance, row = waiting(engine)

    def move(actor: Actor = ANN, timer_id: int = row["id"], reason: str = "why", **to: Any) -> None:
        with engine.begin() as tx:
            timing.move(actor, tx, timer_id, reason=reason, **to)

    for wrong in ({"by": "soon"}, {"by": "-PT9H"}, {"due_at": clock.now()}, {"by": "PT1H", "reason": ""}):
        with pytest.raises(Invalid):
            move(**wrong)
    with pytest.raises(Refused, match="may not step"):
        move(BOB, by="PT1H")
    with pytest.raises(Missing):
        move(timer_id=999, by="PT1H")
    with engine.begin() as tx:
        suspension.suspend(ANN, tx, instance, "look")
    with pytest.raises(Suspended), engine.begin() as tx:
        timing.fire(ANN, tx, row["id"], reason="now")
    with engine.begin() as tx:
        suspension.resume(ANN, tx, instance)
        timing.fire(ANN, tx, row["id"], reason="now")
    with pytest.raises(Conflict):
        move(by="PT1H")


def test_the_rounds_of_a_cycle_that_was_moved_count_from_its_new_moment(engine: Engine, clock: VirtualClock) -> None:
    bell = f'<bpmn:boundaryEvent id="b" attachedToRef="t" cancelActivity="false">{timer("Cycle", "R5/PT1H")}'
    body = START + '<bpmn:userTask id="t"/>' + bell + "</bpmn:boundaryEvent>" + END + '<bpmn:endEvent id="f"/>'
    deploy(engine, body + flows("s > t > e", "b > f"))
    instance = start(engine)
    with engine.begin() as tx:
        (row,) = timing.listing(ANN, tx, instance)
        timing.move(ANN, tx, row["id"], by="PT5H", reason="outage")
    clock.advance(timedelta(hours=6))
    work_off(engine)
    assert told(engine, "timer.fired")["data"]["missed"] == 0
    for _ in range(6):
        clock.advance(timedelta(hours=1))
        work_off(engine)
    with engine.read() as tx:
        fired = [row["at"] for row in events.timeline(tx, "L-1") if row["kind"] == "timer.fired"]
    assert fired == [fired[0] + timedelta(hours=hours) for hours in range(5)]
