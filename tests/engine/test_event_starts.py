"""Signals between instances and start events, timer start events, errors in steps: on both databases."""
# ruff: noqa: E501 - one diagram a line reads better

from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from loopdesk.engine import bundles, events, incidents, instances, messages, outbox, runner, signals, timers, work
from loopdesk.engine.actor import SYSTEM, Actor
from loopdesk.engine.clock import VirtualClock
from loopdesk.engine.outbox import Handlers
from loopdesk.engine.subscriptions import subscription
from loopdesk.engine.timers import timer as timer_rows
from loopdesk.engine.tx import Engine
from loopdesk.tests.engine.drawing import (
    catch,
    coded,
    condition,
    diagram,
    event_sub,
    extended,
    flows,
    inputs,
    message,
    service,
    timer,
)

ANN = Actor("person", "ann", "Ann", frozenset({"admin"}))
START, END = '<bpmn:startEvent id="s"/>', '<bpmn:endEvent id="e"/>'
NAMED = '<bpmn:signal id="s-news" name="news"/><bpmn:error id="e-X" errorCode="X"/>'
NEWS = coded("signal", "news")


def deploy(engine: Engine, body: str, name: str = "p", named: tuple[str, ...] = ()) -> None:
    with engine.begin() as tx:
        file = diagram(body, process=name, messages=named, more=NAMED)
        bundles.deploy(SYSTEM, tx, name, {f"{name}.bpmn": file})


def start(engine: Engine, name: str = "p", key: str = "L-1", **data: Any) -> str:
    with engine.begin() as tx:
        return runner.start(SYSTEM, tx, name, key=key, data=data)


def work_off(engine: Engine) -> None:
    for _ in range(20):
        with engine.begin() as tx:
            claimed = timers.claim_due(tx)
        if not outbox.drain(engine, Handlers(local=runner.local_handlers()), worker="test") and not claimed:
            return


def all_of(engine: Engine, process: str) -> list[dict[str, Any]]:
    with engine.read() as tx:
        query = sa.select(instances.instance).where(instances.instance.c.process == process)
        return [dict(row) for row in tx.conn.execute(query.order_by(instances.instance.c.started_at)).mappings()]


def complete(engine: Engine, element: str, **data: Any) -> None:
    with engine.begin() as tx:
        (task,) = (item for item in work.listing(ANN, tx) if item["element"] == element)
        work.complete(ANN, tx, task["id"], data)


def test_a_signal_reaches_every_instance_and_every_start_event(engine: Engine) -> None:
    deploy(engine, START + catch("c", NEWS) + END + flows("s > c > e"), "hears")
    deploy(
        engine,
        f'<bpmn:startEvent id="s">{NEWS}</bpmn:startEvent><bpmn:userTask id="u"/>' + END + flows("s > u > e"),
        "begins",
    )
    deploy(
        engine,
        START + f'<bpmn:endEvent id="e">{extended(inputs(what="=topic"))}{NEWS}</bpmn:endEvent>' + flows("s > e"),
        "throws",
    )
    ids = [start(engine, "hears", key=f"L-{number}") for number in (1, 2)]
    start(engine, "throws", key="L-3", topic="rain")
    work_off(engine)
    with engine.read() as tx:
        assert [instances.get(tx, item)["status"] for item in ids] == ["completed", "completed"]
        assert [instances.variables(tx, item) for item in ids] == [{"what": "rain"}] * 2
        assert "signal.thrown" in [event["kind"] for event in events.timeline(tx, "L-3")]
        assert "signal.heard" in [event["kind"] for event in events.timeline(tx, "L-2")]
    (begun,) = all_of(engine, "begins")
    assert (begun["key"], begun["status"]) == ("L-3", "active")


def test_a_signal_is_over_for_who_comes_later(engine: Engine) -> None:
    deploy(engine, START + catch("c", NEWS) + END + flows("s > c > e"))
    with engine.begin() as tx:
        signals.throw(SYSTEM, tx, "news", key="L-9")
        messages.publish(SYSTEM, tx, "news", key="L-1")
    instance = start(engine)
    work_off(engine)
    with engine.read() as tx:
        assert instances.get(tx, instance)["status"] == "active"


def test_a_signal_boundary_event_is_taken_back_with_its_task(engine: Engine) -> None:
    deploy(
        engine,
        START
        + f'<bpmn:userTask id="u"/><bpmn:boundaryEvent id="b" attachedToRef="u">{NEWS}</bpmn:boundaryEvent>'
        + END
        + flows("s > u > e", "b > e"),
    )
    start(engine)
    complete(engine, "u")
    with engine.read() as tx:
        assert tx.conn.execute(sa.select(sa.func.count()).select_from(subscription)).scalar_one() == 0


def test_a_timer_start_event_begins_an_instance_each_time(engine: Engine, clock: VirtualClock) -> None:
    deploy(
        engine,
        f'<bpmn:startEvent id="s">{timer("Cycle", "R2/PT1H")}</bpmn:startEvent><bpmn:userTask id="u"/>'
        + END
        + flows("s > u > e"),
    )
    work_off(engine)
    assert all_of(engine, "p") == []
    for expected in (1, 2, 2):
        clock.advance(timedelta(hours=1))
        work_off(engine)
        assert len(all_of(engine, "p")) == expected
    first, second = all_of(engine, "p")
    assert first["key"] != second["key"]
    with engine.read() as tx:
        assert [item["element"] for item in work.listing(ANN, tx)] == ["u", "u"]


def test_a_new_deployment_takes_over_the_timer_start(engine: Engine, clock: VirtualClock) -> None:
    def body(time: str) -> str:
        return f'<bpmn:startEvent id="s">{timer("Duration", time)}</bpmn:startEvent>' + END + flows("s > e")

    deploy(engine, body("PT1H"))
    deploy(engine, body("PT3H"))
    clock.advance(timedelta(hours=2))
    work_off(engine)
    assert all_of(engine, "p") == []
    clock.advance(timedelta(hours=2))
    work_off(engine)
    assert len(all_of(engine, "p")) == 1
    deploy(
        engine,
        f'<bpmn:startEvent id="s">{timer("Date", "2020-01-01T00:00:00Z")}</bpmn:startEvent>' + END + flows("s > e"),
    )
    with engine.read() as tx:
        assert tx.conn.execute(sa.select(timer_rows.c.id).where(timer_rows.c.state == "waiting")).all() == []


def test_a_parallel_multiple_start_event_waits_for_all_its_triggers(engine: Engine) -> None:
    both = message("go") + NEWS
    deploy(
        engine,
        f'<bpmn:startEvent id="s" parallelMultiple="true">{both}</bpmn:startEvent><bpmn:userTask id="u"/>'
        + END
        + flows("s > u > e"),
        named=("go",),
    )
    with engine.begin() as tx:
        messages.publish(SYSTEM, tx, "go", key="L-1", payload={"a": 1})
    work_off(engine)
    (begun,) = all_of(engine, "p")
    with engine.read() as tx:
        assert work.listing(ANN, tx) == []
        assert instances.waiting(tx, begun["id"]) == ["s"]
    with engine.begin() as tx:
        tx.conn.execute(sa.delete(subscription).where(subscription.c.instance_id == ""))
        signals.throw(SYSTEM, tx, "news", key="L-1", payload={"b": 2})
    work_off(engine)
    with engine.read() as tx:
        assert instances.variables(tx, begun["id"]) == {"a": 1, "b": 2}
        assert instances.waiting(tx, begun["id"]) == ["u"]


def test_a_conditional_start_event_is_looked_at_when_the_process_is_started(engine: Engine) -> None:
    deploy(engine, f'<bpmn:startEvent id="big">{condition("=n > 10")}</bpmn:startEvent><bpmn:startEvent id="small">{condition("=n <= 10")}</bpmn:startEvent>'
           '<bpmn:userTask id="u"/><bpmn:userTask id="v"/>' + flows("big > u", "small > v"))  # fmt: skip
    instance = start(engine, n=3)
    with engine.read() as tx:
        assert instances.waiting(tx, instance) == ["v"]


def test_a_message_event_sub_process_gets_its_message(engine: Engine) -> None:
    deploy(
        engine,
        START
        + '<bpmn:userTask id="u"/>'
        + END
        + flows("s > u > e")
        + event_sub("h", message("stop"), '<bpmn:userTask id="react"/>', "react"),
        named=("stop",),
    )
    instance = start(engine)
    with engine.begin() as tx:
        messages.publish(SYSTEM, tx, "stop", key="L-1", payload={"why": "x"})
    work_off(engine)
    with engine.read() as tx:
        assert [item["element"] for item in work.listing(ANN, tx)] == ["react"]
        assert instances.variables(tx, instance) == {"why": "x"}
    complete(engine, "react")
    with engine.read() as tx:
        assert instances.get(tx, instance)["status"] == "completed"
        assert tx.conn.execute(sa.select(sa.func.count()).select_from(subscription)).scalar_one() == 0


def test_an_error_that_nobody_catches_is_an_incident_at_its_element(engine: Engine, clock: VirtualClock) -> None:
    deploy(
        engine,
        START
        + catch("c", timer("Duration", "PT1H"))
        + f'<bpmn:endEvent id="bad">{coded("error", "X")}</bpmn:endEvent>'
        + flows("s > c > bad"),
    )
    instance = start(engine)
    clock.advance(timedelta(hours=2))
    work_off(engine)
    with engine.read() as tx:
        (found,) = incidents.of_instance(tx, instance)
        assert found["element"] == "bad"
        assert found["params"]["code"] == "X"
        assert instances.get(tx, instance)["status"] == "active"


def test_an_operation_whose_error_is_caught_keeps_what_it_did(engine: Engine) -> None:
    error: dict[str, Any] = {"$error": "X", "found": 0}
    engine.host.operations = {"op": lambda actor, tx, call, /, **_: error}
    deploy(
        engine,
        START
        + service("t", "op")
        + f'<bpmn:boundaryEvent id="b" attachedToRef="t">{coded("error", "X")}</bpmn:boundaryEvent><bpmn:userTask id="u"/>'
        + END
        + flows("s > t > e", "b > u"),
    )
    instance = start(engine)
    with engine.read() as tx:
        assert instances.waiting(tx, instance) == ["u"]
        assert instances.variables(tx, instance) == {"found": 0}
        assert "operation.done" in [event["kind"] for event in events.timeline(tx, "L-1")]


def test_a_multiple_boundary_event_takes_back_its_timer_when_the_message_came(engine: Engine) -> None:
    both = message("stop") + timer("Duration", "PT1H")
    deploy(
        engine,
        START
        + f'<bpmn:userTask id="u"/><bpmn:boundaryEvent id="b" attachedToRef="u">{both}</bpmn:boundaryEvent><bpmn:userTask id="v"/>'
        + END
        + flows("s > u > e", "b > v"),
        named=("stop",),
    )
    instance = start(engine)
    with engine.begin() as tx:
        messages.publish(SYSTEM, tx, "stop", key="L-1")
    work_off(engine)
    with engine.read() as tx:
        assert instances.waiting(tx, instance) == ["v"]
        assert timers.of_instance(tx, instance) == []


def test_an_answer_counts_even_if_the_process_then_fails(engine: Engine) -> None:
    """The person has done the task; the error is an incident, which is tried again once its cause is gone."""
    results: list[dict[str, Any]] = [{"$error": "X", "$message": "no stock"}, {"$error": "X"}, {"sent": True}]
    engine.host.operations = {"op": lambda actor, tx, call, /, **_: results.pop(0)}
    deploy(engine, START + '<bpmn:userTask id="u"/>' + service("t", "op") + END + flows("s > u > t > e"))
    instance = start(engine)
    complete(engine, "u")
    work_off(engine)
    with engine.read() as tx:
        assert work.listing(ANN, tx) == []
        (found,) = incidents.of_instance(tx, instance)
        assert (found["element"], found["params"]["code"]) == ("t", "X")
        assert instances.get(tx, instance)["status"] == "active"
    with engine.begin() as tx:
        incidents.retry(ANN, tx, found["id"])
    work_off(engine)
    with engine.read() as tx:
        assert instances.get(tx, instance)["status"] == "completed"
        assert instances.variables(tx, instance) == {"sent": True}


def test_each_plain_start_event_begins_an_instance_of_its_own(engine: Engine) -> None:
    """BPMN 2.0.2 §10.5.2: start events of a process are independent of each other."""
    body = START + '<bpmn:startEvent id="s2"/><bpmn:userTask id="u"/><bpmn:userTask id="v"/>' + END
    deploy(engine, body + flows("s > u > e", "s2 > v > e"))
    first = start(engine)
    assert [row["key"] for row in all_of(engine, "p")] == ["L-1", "L-1"]
    complete(engine, "u")
    with engine.read() as tx:
        assert instances.get(tx, first)["status"] == "completed"
        assert [item["element"] for item in work.listing(ANN, tx)] == ["v"]
