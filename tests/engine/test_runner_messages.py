"""Messages: who gets them, early, late, twice, and as a start, on both databases (architecture §4)."""

from datetime import timedelta

import sqlalchemy as sa

from loopdesk.engine import events, instances
from loopdesk.engine.clock import VirtualClock
from loopdesk.engine.subscriptions import subscription
from loopdesk.engine.tx import Engine
from loopdesk.tests.engine.drawing import extended, flows, inputs, message
from loopdesk.tests.engine.steps import CATCH, END, START, data_of, deploy, publish, start, status, work_off


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
    catches = (
        f'<bpmn:intermediateCatchEvent id="{name}">{message("reply")}</bpmn:intermediateCatchEvent>'
        for name in ("c", "d")
    )
    twice = START + "".join(catches) + END + flows("s > c > d > e")
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
