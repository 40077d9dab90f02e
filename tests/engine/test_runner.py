"""Steps of the runner: operations, facts and timers, on both databases (architecture §4)."""

from datetime import timedelta
from typing import Any

import pytest

from loopdesk.engine import events, instances, runner, timers, work
from loopdesk.engine.actor import Actor
from loopdesk.engine.clock import VirtualClock
from loopdesk.engine.errors import Away, Missing
from loopdesk.engine.host import Call
from loopdesk.engine.outbox import Row
from loopdesk.engine.tx import Engine, Tx
from loopdesk.tests.engine.drawing import flows, inputs, script, service, timer
from loopdesk.tests.engine.steps import ANN, END, START, data_of, deploy, start, status, work_off

# --- operations -----------------------------------------------------------------------------------------------------


def test_an_operation_runs_in_the_step_with_the_actor_who_caused_it(engine: Engine) -> None:
    seen: list[tuple[str, Call, dict[str, Any]]] = []

    def op(actor: Actor, tx: Tx, call: Call, /, **inputs_: Any) -> dict[str, Any]:
        seen.append((actor.name, call, inputs_))
        return {"answer": 42}

    engine.host.operations = {"op": op}
    deploy(
        engine,
        START + '<bpmn:userTask id="a"/>' + service("t", "op", inputs(n="=n + 1")) + END + flows("s > a > t > e"),
    )
    instance = start(engine, n=1)
    with engine.begin() as tx:
        (task,) = work.listing(ANN, tx)
        work.complete(ANN, tx, task["id"], {})
    ((name, call, given),) = seen
    assert (name, call.key, call.element, call.instance, given) == ("Ann", "L-1", "t", instance, {"n": 2})
    assert call.files["p.bpmn"]
    assert data_of(engine, instance) == {"n": 1, "answer": 42}
    with engine.read() as tx:
        assert "operation.done" in [event["kind"] for event in events.timeline(tx, "L-1")]


def test_a_step_whose_operation_fails_leaves_nothing_behind(engine: Engine) -> None:
    def op(actor: Actor, tx: Tx, call: Call, /, **_: Any) -> None:
        events.record(actor, tx, "case.touched", key=call.key)
        raise Away("The system is away.")

    engine.host.operations = {"op": op}
    deploy(engine, START + '<bpmn:userTask id="a"/>' + service("t", "op") + END + flows("s > a > t > e"))
    instance = start(engine)
    with pytest.raises(Away) as caught, engine.begin() as tx:
        (task,) = work.listing(ANN, tx)
        work.complete(ANN, tx, task["id"], {})
    assert caught.value.place == "p/t"
    with engine.read() as tx:
        assert [event["kind"] for event in events.timeline(tx, "L-1")] == ["instance.started", "task.created"]
        assert instances.tokens(tx, instance)["active"] == ["a"]


def test_facts_come_from_the_host(engine: Engine) -> None:
    engine.host.facts = lambda tx, key: {"priority": "P0", "seen": key}
    deploy(
        engine,
        START + script("t", '=case.priority + " " + case.seen + " " + case.number', "all") + END + flows("s > t > e"),
    )
    assert data_of(engine, start(engine)) == {"all": "P0 L-1 L-1"}


def test_an_unknown_process_is_missing(engine: Engine) -> None:
    with pytest.raises(Missing, match="nothing"):
        start(engine, "nothing")


# --- timers ---------------------------------------------------------------------------------------------------------

GUARDED = (
    START + '<bpmn:userTask id="a"/>' + END
    + f'<bpmn:boundaryEvent id="b" attachedToRef="a" cancelActivity="false">{timer("Cycle", "R/PT30M")}'
    + '</bpmn:boundaryEvent>'
    + script("late", "=1", "late") + '<bpmn:endEvent id="e2"/>' + flows("s > a > e", "b > late > e2")
)  # fmt: skip


def test_timers_fire_when_due_and_not_before(engine: Engine, clock: VirtualClock) -> None:
    deploy(engine, GUARDED)
    instance = start(engine)
    clock.advance(timedelta(minutes=29))
    work_off(engine)
    assert data_of(engine, instance) == {}
    clock.advance(timedelta(minutes=2))
    work_off(engine)
    assert data_of(engine, instance) == {"late": 1}
    with engine.read() as tx:
        (fired,) = [event for event in events.timeline(tx, "L-1") if event["kind"] == "timer.fired"]
    assert (fired["actor_kind"], fired["element"], fired["data"]["late_seconds"]) == ("timer", "b", 60.0)


def test_a_worker_that_was_away_fires_a_late_cycle_once(engine: Engine, clock: VirtualClock) -> None:
    deploy(engine, GUARDED)
    start(engine)
    clock.advance(timedelta(hours=5))
    work_off(engine)
    with engine.read() as tx:
        assert [event["kind"] for event in events.timeline(tx, "L-1")].count("timer.fired") == 1
        assert timers.next_due(tx) == clock.now() + timedelta(minutes=30)


def test_a_timer_of_a_completed_task_never_fires(engine: Engine, clock: VirtualClock) -> None:
    deploy(engine, GUARDED)
    instance = start(engine)
    with engine.begin() as tx:
        (task,) = work.listing(ANN, tx)
        work.complete(ANN, tx, task["id"], {})
    clock.advance(timedelta(hours=5))
    work_off(engine)
    assert status(engine, instance) == "completed"
    assert data_of(engine, instance) == {}


def test_a_timer_fires_once_though_its_row_is_handled_twice(engine: Engine, clock: VirtualClock) -> None:
    deploy(engine, GUARDED)
    instance = start(engine)
    clock.advance(timedelta(minutes=31))
    with engine.begin() as tx:
        (row,) = timers.of_instance(tx, instance, due=True)
    fake = Row(1, "timer", "x", {"timer": row["id"]}, "L-1", instance, "b", 0, 1, 0, "w", clock.now())
    for _ in range(2):
        with engine.begin() as tx:
            runner.fire_timer(tx, fake)
    with engine.read() as tx:
        assert [event["kind"] for event in events.timeline(tx, "L-1")].count("timer.fired") == 1
