"""The first path: start, human task, complete, end, with its events (PRO rows; issue 2)."""

import pytest

from loopdesk.engine import bundles, events, instances, runner, work
from loopdesk.engine.actor import SYSTEM, Actor
from loopdesk.engine.errors import Conflict
from loopdesk.engine.tx import Engine
from loopdesk.tests.engine.drawing import diagram, flows

ANN = Actor("person", "ann", "Ann", frozenset({"agent"}), frozenset({"support"}))
BOB = Actor("person", "bob", "Bob", frozenset({"agent"}), frozenset({"support"}))
ONE_TASK = diagram(
    '<bpmn:startEvent id="s"/><bpmn:userTask id="a" name="Ask"/><bpmn:endEvent id="e"/>' + flows("s > a > e")
)


def test_a_person_completes_a_task_and_the_process_ends(engine: Engine) -> None:
    with engine.begin() as tx:
        bundles.deploy(SYSTEM, tx, "p", {"p.bpmn": ONE_TASK})
        instance = runner.start(SYSTEM, tx, "p", key="L-1")
    with engine.begin() as tx:
        (task,) = work.listing(ANN, tx)
        assert task["name"] == {"en": "Ask"}
        work.complete(ANN, tx, task["id"], {})
    with engine.read() as tx:
        assert instances.get(tx, instance)["status"] == "completed"
        kinds = [event["kind"] for event in events.timeline(tx, "L-1")]
        assert kinds == ["instance.started", "task.created", "task.claimed", "task.completed", "instance.ended"]
        assert instances.tokens(tx, instance) == {
            "active": [],
            "completed": ["a", "e", "f-a-e", "f-s-a", "s"],
            "incidents": [],
        }


def test_a_task_is_completed_once_and_the_second_is_told_by_whom(engine: Engine) -> None:
    with engine.begin() as tx:
        bundles.deploy(SYSTEM, tx, "p", {"p.bpmn": ONE_TASK})
        runner.start(SYSTEM, tx, "p", key="L-1")
        (task,) = work.listing(ANN, tx)
        work.complete(ANN, tx, task["id"], {})
    with pytest.raises(Conflict, match="Ann completed this task"), engine.begin() as tx:
        work.complete(BOB, tx, task["id"], {})
