"""Steps of one case at the same time: nothing is lost, on both databases (architecture §4)."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Event
from typing import Any

from loopdesk.engine import instances, outbox, runner, work
from loopdesk.engine.outbox import Handlers
from loopdesk.engine.tx import Engine
from loopdesk.tests.engine.drawing import flows, script
from loopdesk.tests.engine.steps import ANN, CATCH, END, START, data_of, deploy, publish, start, work_off


def at_once(*deeds: Callable[[], Any]) -> None:
    """Do things at the same time; the first error of any is raised."""
    with ThreadPoolExecutor(len(deeds)) as people:
        for done in [people.submit(deed) for deed in deeds]:
            done.result(60)


def test_two_people_complete_parallel_tasks_at_once_and_both_count(engine: Engine) -> None:
    fork = (
        START + '<bpmn:parallelGateway id="f"/><bpmn:userTask id="a"/>'
        + '<bpmn:userTask id="b"/><bpmn:parallelGateway id="j"/>' + END
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


def test_the_second_of_two_people_waits_for_the_first_and_both_steps_count(engine: Engine) -> None:
    """The first has written and not committed yet when the second begins: neither step is lost or done twice."""
    body = START + '<bpmn:parallelGateway id="f"/><bpmn:userTask id="a"/><bpmn:userTask id="b"/>'
    body += script("sa", "=1", "by_a") + script("sb", "=1", "by_b")
    body += '<bpmn:parallelGateway id="j"/><bpmn:userTask id="u"/>' + END
    deploy(engine, body + flows("s > f > a > sa > j > u > e", "f > b > sb > j"))
    instance = start(engine)
    with engine.read() as tx:
        todo = {task["element"]: task["id"] for task in work.listing(ANN, tx)}
        before = instances.get(tx, instance)["version"]
    written, asked = Event(), Event()

    def first() -> None:
        with engine.begin() as tx:
            work.complete(ANN, tx, todo["a"], {})
            tx.flush()
            written.set()
            assert asked.wait(30)

    def second() -> None:
        assert written.wait(30)
        asked.set()
        with engine.begin() as tx:
            work.complete(ANN, tx, todo["b"], {})

    at_once(first, second)
    assert data_of(engine, instance) == {"by_a": 1, "by_b": 1}
    with engine.read() as tx:
        assert instances.get(tx, instance)["version"] == before + 2
        assert [task["element"] for task in work.listing(ANN, tx)] == ["u"]


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
