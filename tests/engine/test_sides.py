"""An activity of several departments: a task for each side, and the process waits for all or for any (HND-7)."""

from collections.abc import Mapping
from typing import Any

import pytest

from loopdesk.engine import bundles, events, instances, runner, suspension, work
from loopdesk.engine.actor import SYSTEM, Actor
from loopdesk.engine.errors import Conflict
from loopdesk.engine.host import Assignment
from loopdesk.engine.step import Step
from loopdesk.engine.tx import Engine
from loopdesk.tests.engine.bpmn.world import World
from loopdesk.tests.engine.drawing import diagram, extended, flows

FORMED = extended('<zeebe:formDefinition formId="ask"/>')
ASK = f'<bpmn:userTask id="a" name="Ask">{FORMED}</bpmn:userTask>'
BODY = f'<bpmn:startEvent id="s"/>{ASK}<bpmn:endEvent id="e"/>' + flows("s > a > e")
FORM = b'{"type": "default", "id": "ask", "components": []}'


def person(name: str, department: str) -> Actor:
    return Actor("person", name.lower(), name, frozenset({"agent"}), frozenset({department}))


ANN, RUTH = person("Ann", "support"), person("Ruth", "rnd")
ADMIN = Actor("person", "adam", "Adam", frozenset({"admin"}))


@pytest.fixture(autouse=True)
def host(engine: Engine) -> None:
    engine.host.may_work = lambda actor, task: task["department"] in actor.departments
    engine.host.validate = lambda _form, data, _scope: dict(data)
    engine.host.assign = lambda _tx, _call: Assignment("support", "agent", beside=[Assignment("rnd", "agent")])


def start(engine: Engine, together: str) -> str:
    engine.host.together = lambda _files, _element: together
    with engine.begin() as tx:
        bundles.deploy(SYSTEM, tx, "p", {"p.bpmn": diagram(BODY), "ask.form": FORM})
        return runner.start(SYSTEM, tx, "p", key="L-1")


def task_of(engine: Engine, actor: Actor) -> dict[str, Any]:
    with engine.read() as tx:
        (found,) = work.listing(actor, tx)
    return found


def complete(engine: Engine, actor: Actor, **data: Any) -> None:
    task = task_of(engine, actor)["id"]
    with engine.begin() as tx:
        work.complete(actor, tx, task, data)


def outcome(engine: Engine, instance: str) -> tuple[str, Mapping[str, Any]]:
    with engine.read() as tx:
        return instances.get(tx, instance)["status"], Step.look(tx, instance).execution.data


def test_the_process_goes_on_when_every_side_is_done_and_holds_what_each_said(engine: Engine) -> None:
    instance = start(engine, "all")
    complete(engine, RUTH, note="ours is fixed", rnd=True)
    assert outcome(engine, instance)[0] == "active"
    complete(engine, ANN, note="told the customer")
    status, data = outcome(engine, instance)
    assert status == "completed"
    assert data == {
        "rnd": True,
        "note": "told the customer",
        "by_side": [
            {"department": "rnd", "name": "Ruth", "answers": {"note": "ours is fixed", "rnd": True}},
            {"department": "support", "name": "Ann", "answers": {"note": "told the customer"}},
        ],
    }


def test_the_first_side_is_enough_where_any_may_do_it(engine: Engine) -> None:
    instance, late = start(engine, "any"), task_of(engine, RUTH)["id"]
    complete(engine, ANN, note="done")
    assert outcome(engine, instance)[0] == "completed"
    with engine.read() as tx:
        assert work.listing(RUTH, tx) == []
        taken_back = [one["data"]["task"] for one in events.timeline(tx, "L-1") if one["kind"] == "task.cancelled"]
    assert taken_back == [late]
    with pytest.raises(Conflict), engine.begin() as tx:
        work.complete(RUTH, tx, late, {"note": "too late"})


def test_an_activity_that_is_interrupted_takes_all_sides_back(engine: Engine) -> None:
    instance = start(engine, "all")
    with engine.begin() as tx:
        suspension.terminate(ADMIN, tx, instance, "over")
    with engine.read() as tx:
        assert [work.listing(one, tx) for one in (ANN, RUTH)] == [[], []]
        told = [one["kind"] for one in events.timeline(tx, "L-1")]
    assert told.count("task.cancelled") == 2


def test_what_is_watched_is_heard_from_its_beginning_to_its_end() -> None:
    """HND-3: the upper rooms hear of the activities that their matrix names, and of no other."""
    world = World(diagram(BODY))
    world.watched = frozenset({"a"})
    world.start().go("a")
    assert world.heard == [("a", "started"), ("a", "completed")]
