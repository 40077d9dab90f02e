"""An instance on hold takes no step and loses nothing; one that is terminated leaves nothing (issue 4)."""

from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from loopdesk.engine import events, instances, outbox_rows, retention, runner, suspension, timers, work
from loopdesk.engine.actor import Actor
from loopdesk.engine.clock import VirtualClock
from loopdesk.engine.errors import Conflict, Invalid, Refused
from loopdesk.engine.outbox import Handlers, Row
from loopdesk.engine.subscriptions import subscription
from loopdesk.engine.tx import Engine, Tx
from loopdesk.tests.engine.drawing import flows, message, service, timer
from loopdesk.tests.engine.steps import ANN, CATCH, END, START, data_of, deploy, publish, start, status, work_off

BOB = Actor("person", "bob", "Bob", frozenset({"agent"}))
TOKEN = Actor("person", "ann", "Ann", frozenset({"admin"}), scopes=frozenset({"instances:read"}))
TASK = '<bpmn:userTask id="t" name="Ask"/>'


def bell_at(definition: str, *, interrupting: bool = True) -> str:
    """A boundary event of the task."""
    more = f'cancelActivity="{str(interrupting).lower()}"'
    return f'<bpmn:boundaryEvent id="b" attachedToRef="t" {more}>{definition}</bpmn:boundaryEvent>'


def suspend(engine: Engine, instance: str, actor: Actor = ANN) -> None:
    with engine.begin() as tx:
        suspension.suspend(actor, tx, instance, "outage")


def resume(engine: Engine, instance: str) -> None:
    with engine.begin() as tx:
        suspension.resume(ANN, tx, instance)


def told(engine: Engine, kind: str) -> list[dict[str, Any]]:
    with engine.read() as tx:
        return [row for row in events.timeline(tx, "L-1") if row["kind"] == kind]


def test_a_message_for_an_instance_on_hold_waits_and_is_received_once_it_goes_on(engine: Engine) -> None:
    deploy(engine, CATCH, named=("reply",))
    instance = start(engine)
    suspend(engine, instance)
    publish(engine, "reply", payload={"text": "hello"})
    work_off(engine)
    assert status(engine, instance) == "active"
    resume(engine, instance)
    work_off(engine)
    assert (status(engine, instance), data_of(engine, instance)) == ("completed", {"text": "hello"})


def test_a_message_for_an_instance_on_hold_is_kept_for_longer_than_all_others(
    engine: Engine, clock: VirtualClock
) -> None:
    deploy(engine, CATCH, named=("reply",))
    instance, other = start(engine), start(engine, key="L-2")
    suspend(engine, instance)
    for key in ("L-1", "L-2", "L-3"):
        publish(engine, "reply", key, payload={"text": "hello"})
    work_off(engine)
    clock.advance(timedelta(days=365))
    with engine.begin() as tx:
        assert retention.messages_done(tx, tx.now - timedelta(days=30)) == 1, "that of L-2"
    resume(engine, instance)
    work_off(engine)
    assert (status(engine, instance), data_of(engine, instance)) == ("completed", {"text": "hello"})
    assert status(engine, other) == "completed"
    with engine.begin() as tx:
        assert retention.messages_done(tx, tx.now - timedelta(days=30)) == 1, "it has been received"


def test_a_timer_that_becomes_due_on_hold_fires_once_it_goes_on(engine: Engine, clock: VirtualClock) -> None:
    deploy(
        engine,
        START
        + f'<bpmn:intermediateCatchEvent id="c">{timer("Duration", "PT5M")}</bpmn:intermediateCatchEvent>'
        + END
        + flows("s > c > e"),
    )
    instance = start(engine)
    suspend(engine, instance)
    clock.advance(timedelta(hours=1))
    work_off(engine)
    assert status(engine, instance) == "active"
    resume(engine, instance)
    work_off(engine)
    assert status(engine, instance) == "completed"


def test_a_late_cycle_fires_once_and_says_how_many_it_missed(engine: Engine, clock: VirtualClock) -> None:
    bell = bell_at(timer("Cycle", "R/PT10M"), interrupting=False)
    deploy(engine, START + TASK + bell + END + '<bpmn:endEvent id="f"/>' + flows("s > t > e", "b > f"))
    instance = start(engine)
    suspend(engine, instance)
    clock.advance(timedelta(minutes=35))
    work_off(engine)
    resume(engine, instance)
    work_off(engine)
    (fired,) = told(engine, "timer.fired")
    assert (fired["data"]["missed"], fired["data"]["late_seconds"]) == (2, 1500.0)


def test_a_task_on_hold_is_refused_with_a_sentence_and_keeps_what_was_typed(engine: Engine) -> None:
    deploy(engine, START + TASK + END + flows("s > t > e"))
    instance = start(engine)
    suspend(engine, instance)
    with engine.read() as tx:
        (task,) = work.listing(ANN, tx)
    assert task["held_since"] is not None
    with pytest.raises(instances.Suspended, match="on hold"), engine.begin() as tx:
        work.complete(ANN, tx, task["id"], {"answer": 42})
    resume(engine, instance)
    with engine.begin() as tx:
        kept = work.get(ANN, tx, task["id"])
        assert (kept["draft"], kept["held_since"]) == ({"answer": 42}, None)
        work.complete(ANN, tx, task["id"], {"answer": 42})
    assert status(engine, instance) == "completed"


class Slow:
    """A connector during whose work somebody puts the instance on hold."""

    def __init__(self, engine: Engine) -> None:
        self.engine, self.performed = engine, 0

    def perform(self, row: Row) -> dict[str, Any]:
        self.performed += 1
        suspend(self.engine, row.instance_id)
        return {"external": "x1"}

    def settle(self, tx: Tx, row: Row, result: dict[str, Any]) -> None:
        runner.settle_effect(tx, row, result)


def test_the_result_of_an_effect_in_flight_waits_and_nothing_is_performed_twice(engine: Engine) -> None:
    engine.host.effects = frozenset({"crm.push"})
    deploy(engine, START + service("t", "crm.push") + END + flows("s > t > e"))
    instance = start(engine)
    slow = Slow(engine)
    handlers = Handlers(local=runner.local_handlers(), remote={"effect": slow})
    work_off(engine, handlers)
    assert status(engine, instance) == "active"
    resume(engine, instance)
    work_off(engine, handlers)
    assert (status(engine, instance), data_of(engine, instance)) == ("completed", {"external": "x1"})
    assert slow.performed == 1


def test_acting_twice_without_right_or_reason_is_refused_with_a_sentence(engine: Engine) -> None:
    deploy(engine, START + TASK + END + flows("s > t > e"))
    instance = start(engine)
    for actor in (BOB, TOKEN):
        with pytest.raises(Refused):
            suspend(engine, instance, actor)
    with pytest.raises(Invalid), engine.begin() as tx:
        suspension.suspend(ANN, tx, instance, "  ")
    with pytest.raises(Conflict, match="not on hold"):
        resume(engine, instance)
    suspend(engine, instance)
    with pytest.raises(Conflict, match="on hold already"):
        suspend(engine, instance)
    (event,) = told(engine, "instance.suspended")
    assert (event["actor_id"], event["data"]["reason"], event["data"]["after"]) == ("ann", "outage", "suspended")


def test_terminating_takes_tasks_timers_subscriptions_and_effects_along(engine: Engine) -> None:
    engine.host.effects = frozenset({"crm.push"})
    deploy(
        engine,
        START
        + '<bpmn:parallelGateway id="g"/>'
        + TASK
        + service("x", "crm.push")
        + f'<bpmn:intermediateCatchEvent id="c">{message("reply")}</bpmn:intermediateCatchEvent>'
        + f'<bpmn:boundaryEvent id="b" attachedToRef="t">{timer("Duration", "PT5M")}</bpmn:boundaryEvent>'
        + END
        + flows("s > g > t > e", "g > c > e", "g > x > e", "b > e"),
        named=("reply",),
    )
    instance = start(engine)
    with engine.begin() as tx:
        suspension.terminate(ANN, tx, instance, "duplicate")
    with engine.read() as tx:
        assert work.listing(ANN, tx) == []
        assert timers.of_instance(tx, instance) == []
        assert tx.conn.execute(sa.select(subscription.c.id).where(subscription.c.instance_id == instance)).all() == []
        states = tx.conn.execute(sa.select(outbox_rows.outbox.c.state)).scalars().all()
        assert set(states) == {"cancelled"}
        row = instances.get(tx, instance)
    assert (row["status"], row["ended_at"] is not None) == ("cancelled", True)
    (event,) = told(engine, "instance.terminated")
    assert (event["data"]["reason"], sorted(event["data"]["before"])) == ("duplicate", ["c", "t", "x"])
    with pytest.raises(Conflict, match="has ended"), engine.begin() as tx:
        suspension.terminate(ANN, tx, instance, "again")


def test_a_due_timer_comes_before_a_late_answer_which_is_kept_as_a_draft(engine: Engine, clock: VirtualClock) -> None:
    bell = bell_at(timer("Duration", "PT5M"))
    deploy(engine, START + TASK + bell + END + flows("s > t > e", "b > e"))
    instance = start(engine)
    with engine.read() as tx:
        (task,) = work.listing(ANN, tx)
    clock.advance(timedelta(minutes=6))
    with pytest.raises(Conflict), engine.begin() as tx:
        work.complete(ANN, tx, task["id"], {"answer": 42})
    with engine.read() as tx:
        assert work.get(ANN, tx, task["id"])["draft"] == {"answer": 42}
    work_off(engine)
    assert status(engine, instance) == "completed"
    with engine.read() as tx:
        assert work.get(ANN, tx, task["id"])["state"] == "cancelled"
