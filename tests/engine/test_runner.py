"""Steps of the runner: timers, messages, effects and operations, on both databases (architecture §4)."""
# ruff: noqa: E501 - one diagram a line reads better

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
import sqlalchemy as sa

from loopdesk.engine import bundles, events, incidents, instances, messages, outbox, runner, timers, work
from loopdesk.engine.actor import SYSTEM, Actor
from loopdesk.engine.clock import VirtualClock
from loopdesk.engine.errors import Away, Invalid, Missing
from loopdesk.engine.host import Call
from loopdesk.engine.outbox import Handlers, Row
from loopdesk.engine.subscriptions import subscription
from loopdesk.engine.tx import Engine, Tx
from loopdesk.tests.engine.drawing import diagram, extended, flows, inputs, message, script, service, timer

ANN = Actor("person", "ann", "Ann", frozenset({"admin"}))
CORA = Actor("customer", "cora", "Cora")
START, END = '<bpmn:startEvent id="s"/>', '<bpmn:endEvent id="e"/>'


def deploy(engine: Engine, body: str, *, name: str = "p", named: tuple[str, ...] = ()) -> None:
    with engine.begin() as tx:
        bundles.deploy(SYSTEM, tx, name, {f"{name}.bpmn": diagram(body, process=name, messages=named)})


def start(engine: Engine, name: str = "p", key: str = "L-1", **data: Any) -> str:
    with engine.begin() as tx:
        return runner.start(SYSTEM, tx, name, key=key, data=data)


def work_off(engine: Engine, handlers: Handlers | None = None) -> None:
    """Everything that is due: timers into the outbox, the outbox until it is empty."""
    handlers = handlers or Handlers(local=runner.local_handlers())
    for _ in range(20):
        with engine.begin() as tx:
            claimed = timers.claim_due(tx)
        if not outbox.drain(engine, handlers, worker="test") and not claimed:
            return


def status(engine: Engine, instance: str) -> str:
    with engine.read() as tx:
        return str(instances.get(tx, instance)["status"])


def data_of(engine: Engine, instance: str) -> dict[str, Any]:
    with engine.read() as tx:
        return instances.variables(tx, instance)


def publish(engine: Engine, name: str, key: str = "L-1", **more: Any) -> None:
    with engine.begin() as tx:
        messages.publish(CORA, tx, name, key=key, **more)


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
    + f'<bpmn:boundaryEvent id="b" attachedToRef="a" cancelActivity="false">{timer("Cycle", "R/PT30M")}</bpmn:boundaryEvent>'
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


# --- messages -------------------------------------------------------------------------------------------------------

CATCH = (
    START
    + f'<bpmn:intermediateCatchEvent id="c">{message("reply")}</bpmn:intermediateCatchEvent>'
    + END
    + flows("s > c > e")
)


def test_a_message_reaches_what_waits_for_its_name_and_key(engine: Engine) -> None:
    """Trap "messages" of SpiffWorkflow 3.2.0: any message of the same name matched."""
    deploy(engine, CATCH, named=("reply",))
    mine, other = start(engine), start(engine, key="L-2")
    publish(engine, "reply", payload={"text": "hello"})
    work_off(engine)
    assert (status(engine, mine), status(engine, other)) == ("completed", "active")
    assert data_of(engine, mine) == {"text": "hello"}
    with engine.read() as tx:
        (event,) = [event for event in events.timeline(tx, "L-1") if event["kind"] == "message.correlated"]
        assert (event["actor_name"], event["element"]) == ("Cora", "c")


def test_a_message_that_came_early_waits_for_its_catch_event(engine: Engine) -> None:
    """Trap: a message before its catch event was lost."""
    deploy(engine, CATCH, named=("reply",))
    publish(engine, "reply", payload={"text": "early"})
    work_off(engine)
    instance = start(engine)
    work_off(engine)
    assert status(engine, instance) == "completed"
    assert data_of(engine, instance) == {"text": "early"}
    second = start(engine)
    work_off(engine)
    assert status(engine, second) == "active", "it was given out once"


def test_a_message_lives_until_its_time_is_over(engine: Engine, clock: VirtualClock) -> None:
    deploy(engine, CATCH, named=("reply",))
    publish(engine, "reply", ttl=timedelta(hours=1))
    work_off(engine)
    clock.advance(timedelta(hours=2))
    instance = start(engine)
    work_off(engine)
    assert status(engine, instance) == "active"


def test_the_same_message_twice_counts_once(engine: Engine) -> None:
    twice = START + "".join(
        f'<bpmn:intermediateCatchEvent id="{name}">{message("reply")}</bpmn:intermediateCatchEvent>' for name in ("c", "d")
    ) + END + flows("s > c > d > e")  # fmt: skip
    deploy(engine, twice, named=("reply",))
    instance = start(engine)
    for _ in range(2):
        publish(engine, "reply", message_id="mail-1")
    work_off(engine)
    with engine.read() as tx:
        assert instances.tokens(tx, instance)["active"] == ["d"]


def test_a_message_starts_the_process_whose_start_event_names_it(engine: Engine) -> None:
    began = (
        f'<bpmn:startEvent id="s">{message("go")}</bpmn:startEvent><bpmn:userTask id="a"/>' + END + flows("s > a > e")
    )
    deploy(engine, began, named=("go",))
    deploy(engine, began.replace('id="a"', 'id="b"').replace('"a"', '"b"').replace("-a", "-b"), named=("go",))
    publish(engine, "go", payload={"level": 3})
    work_off(engine)
    with engine.read() as tx:
        (row,) = instances.of_key(tx, "L-1")
        assert (row["process"], row["bundle"], row["number"]) == ("p", "p", 2)
        assert instances.tokens(tx, row["id"])["active"] == ["b"]
        assert instances.variables(tx, row["id"]) == {"level": 3}


def test_a_process_hands_over_to_another_by_message(engine: Engine) -> None:
    deploy(
        engine,
        START
        + f'<bpmn:endEvent id="e">{extended(inputs(reason="=why"))}{message("hand.over")}</bpmn:endEvent>'
        + flows("s > e"),
        named=("hand.over",),
    )
    began = (
        f'<bpmn:startEvent id="s">{message("hand.over")}</bpmn:startEvent><bpmn:userTask id="a"/>'
        + END
        + flows("s > a > e")
    )
    deploy(engine, began, name="q", named=("hand.over",))
    start(engine, why="full")
    work_off(engine)
    with engine.read() as tx:
        rows = {row["process"]: row for row in instances.of_key(tx, "L-1")}
        assert {name: row["status"] for name, row in rows.items()} == {"p": "completed", "q": "active"}
        assert instances.variables(tx, rows["q"]["id"]) == {"reason": "full"}


def test_a_message_nobody_waits_for_any_more_finds_no_subscription(engine: Engine) -> None:
    deploy(engine, CATCH, named=("reply",))
    start(engine)
    publish(engine, "reply")
    work_off(engine)
    with engine.read() as tx:
        assert tx.conn.execute(sa.select(sa.func.count()).select_from(subscription)).scalar() == 0


# --- effects --------------------------------------------------------------------------------------------------------


class Crm:
    """A connector that counts what it was asked for."""

    def __init__(self, *errors: Exception) -> None:
        self.errors = list(errors)
        self.keys: list[str] = []

    def perform(self, row: Row) -> dict[str, Any]:
        self.keys.append(row.idempotency_key)
        if self.errors:
            raise self.errors.pop(0)
        return {"external": row.payload["inputs"]["number"] + "-crm"}

    def settle(self, tx: Tx, row: Row, result: dict[str, Any]) -> None:
        runner.settle_effect(tx, row, result)


EFFECT = START + service("t", "crm.push", inputs(number="=case.number")) + END + flows("s > t > e")


@pytest.fixture
def effects(engine: Engine) -> Callable[[Crm], Handlers]:
    engine.host.effects = frozenset({"crm.push"})
    return lambda crm: Handlers(local=runner.local_handlers(), remote={"effect": crm})


def test_an_effect_leaves_after_the_commit_and_its_result_comes_back(
    engine: Engine, effects: Callable[[Crm], Handlers]
) -> None:
    deploy(engine, EFFECT)
    instance = start(engine)
    assert status(engine, instance) == "active"
    work_off(engine, effects(Crm()))
    assert status(engine, instance) == "completed"
    assert data_of(engine, instance) == {"external": "L-1-crm"}


def test_an_effect_is_tried_again_with_the_same_key(
    engine: Engine, clock: VirtualClock, effects: Callable[[Crm], Handlers]
) -> None:
    deploy(engine, EFFECT)
    instance = start(engine)
    crm = Crm(Away("down"))
    work_off(engine, effects(crm))
    clock.advance(timedelta(minutes=1))
    work_off(engine, effects(crm))
    assert status(engine, instance) == "completed"
    assert len(crm.keys) == 2
    assert len(set(crm.keys)) == 1


def test_an_effect_that_fails_for_good_is_an_incident_at_its_element(
    engine: Engine, effects: Callable[[Crm], Handlers]
) -> None:
    deploy(engine, EFFECT)
    instance = start(engine)
    crm = Crm(Invalid("wrong"))
    work_off(engine, effects(crm))
    with engine.begin() as tx:
        assert instances.tokens(tx, instance) == {"active": ["t"], "completed": ["f-s-t", "s"], "incidents": ["t"]}
        (incident,) = incidents.of_instance(tx, instance)
        incidents.retry(ANN, tx, incident["id"])
    work_off(engine, effects(crm))
    assert status(engine, instance) == "completed"


@pytest.mark.parametrize("error", [Invalid("wrong"), KeyError("a mistake in an operation")])
def test_a_step_that_fails_behind_a_message_is_an_incident_at_the_failing_element(
    engine: Engine, error: Exception
) -> None:
    def op(actor: Actor, tx: Tx, call: Call, /, **_: Any) -> None:
        if errors:
            raise errors.pop()

    errors = [error]
    engine.host.operations = {"op": op}
    catch = f'<bpmn:intermediateCatchEvent id="c">{message("reply")}</bpmn:intermediateCatchEvent>'
    deploy(engine, START + catch + service("t", "op") + END + flows("s > c > t > e"), named=("reply",))
    instance = start(engine)
    publish(engine, "reply")
    work_off(engine)
    with engine.begin() as tx:
        assert instances.tokens(tx, instance) == {"active": ["c"], "completed": ["f-s-c", "s"], "incidents": ["t"]}
        incidents.retry(ANN, tx, incidents.of_instance(tx, instance)[0]["id"])
    work_off(engine)
    assert status(engine, instance) == "completed"


# --- two at once ----------------------------------------------------------------------------------------------------


def at_once(*deeds: Callable[[], Any]) -> None:
    """Do things at the same time; the first error of any is raised."""
    with ThreadPoolExecutor(len(deeds)) as people:
        for done in [people.submit(deed) for deed in deeds]:
            done.result(60)


def test_two_people_complete_parallel_tasks_at_once_and_both_count(engine: Engine) -> None:
    fork = (
        START + '<bpmn:parallelGateway id="f"/><bpmn:userTask id="a"/><bpmn:userTask id="b"/><bpmn:parallelGateway id="j"/>' + END
        + flows("s > f > a > j > e", "f > b > j")
    )  # fmt: skip
    deploy(engine, fork)
    for number in range(5):
        start(engine, key=f"L-{number}")
    with engine.read() as tx:
        todo = work.listing(ANN, tx, limit=100)

    def complete(element: str) -> None:
        for task in (task for task in todo if task["element"] == element):
            with engine.begin() as tx:
                work.complete(ANN, tx, task["id"], {})

    at_once(partial(complete, "a"), partial(complete, "b"))
    with engine.read() as tx:
        rows = [row for number in range(5) for row in instances.of_key(tx, f"L-{number}")]
    assert [row["status"] for row in rows] == ["completed"] * 5


def test_a_message_and_its_catch_event_meet_whichever_commits_first(engine: Engine) -> None:
    """On PostgreSQL neither sees the other's uncommitted row; one of them has to look again."""
    deploy(engine, CATCH, named=("reply",))
    handlers = Handlers(local=runner.local_handlers())
    for number in range(10):
        key = f"L-{number}"
        publish(engine, "reply", key)
        at_once(lambda: outbox.drain(engine, handlers, worker="a"), partial(start, engine, key=key))
        work_off(engine)
        with engine.read() as tx:
            assert [row["status"] for row in instances.of_key(tx, key)] == ["completed"]
