"""Which instances cannot go on with another version, and which mappings cannot be (issue 4, Operable)."""

import pytest

from loopdesk.engine import bundles, instances, migration, runner
from loopdesk.engine.actor import SYSTEM
from loopdesk.engine.clock import VirtualClock
from loopdesk.engine.errors import Conflict, Invalid, Missing, Refused
from loopdesk.engine.tx import Engine
from loopdesk.tests.engine.drawing import flows
from loopdesk.tests.engine.migrating import (
    AGENT,
    OLGA,
    carry,
    complete,
    release,
    row_of,
    tasks,
    user,
)
from loopdesk.tests.engine.steps import start, status

S, E = '<bpmn:startEvent id="s"/>', '<bpmn:endEvent id="e"/>'


SPLIT = '<bpmn:parallelGateway id="fork"/><bpmn:parallelGateway id="join"/>'


def sub(inner: str, identity: str = "sub", more: str = "") -> str:
    return f'<bpmn:subProcess id="{identity}">{more}{inner}</bpmn:subProcess>'


LOOP = "multiInstanceLoopCharacteristics"
MANY = f"<bpmn:{LOOP}><bpmn:loopCardinality>=3</bpmn:loopCardinality></bpmn:{LOOP}>"
INSIDE = '<bpmn:startEvent id="is"/><bpmn:userTask id="a" name="A"/><bpmn:endEvent id="ie"/>' + flows("is > a > ie")


@pytest.mark.parametrize(
    ("new", "reason"),
    [
        ('<bpmn:manualTask id="a" name="A"/>', "“A” was of the kind task for people and is now manual task"),
        (user("other", "Other"), "“A” is gone: map it to another element"),
        (f'<bpmn:userTask id="a" name="A">{MANY}</bpmn:userTask>', "“A” repeats in another way than before"),
    ],
)
def test_what_cannot_be_carried_is_refused_with_its_reason(engine: Engine, new: str, reason: str) -> None:
    release(engine, S + user("a", "A") + E + flows("s > a > e"))
    start(engine, "p")
    last = "other" if "other" in new else "a"
    release(engine, S + new + E + flows(f"s > {last} > e"))
    assert carry(engine, 1, 2)["reasons"] == {"L-1": [reason]}


def test_another_scope_is_refused(engine: Engine) -> None:
    release(engine, S + user("a", "A") + E + flows("s > a > e"))
    start(engine, "p")
    release(engine, S + sub(INSIDE) + E + flows("s > sub > e"))
    assert carry(engine, 1, 2)["reasons"] == {"L-1": ["“A” lies in another sub-process or process than before"]}


def test_rounds_of_a_multi_instance_go_on_one_by_one(engine: Engine) -> None:
    def body(name: str) -> str:
        return S + f'<bpmn:userTask id="a" name="{name}">{MANY}</bpmn:userTask>' + E + flows("s > a > e")

    release(engine, body("A"))
    instance = start(engine, "p")
    release(engine, body("A, again"))
    complete(engine, "a")
    assert carry(engine, 1, 2)["migrated"] == 1
    complete(engine, "a")
    assert status(engine, instance) == "active"
    complete(engine, "a")
    assert status(engine, instance) == "completed"


def test_what_may_have_to_be_undone_must_still_be_undoable(engine: Engine) -> None:
    def body(*, handler: bool) -> str:
        undo = (
            '<bpmn:boundaryEvent id="cb" attachedToRef="a"><bpmn:compensateEventDefinition/></bpmn:boundaryEvent>'
            '<bpmn:userTask id="undo" isForCompensation="true"/>'
            '<bpmn:association id="as" sourceRef="cb" targetRef="undo"/>'
        )
        return S + user("a", "A") + user("b") + (undo if handler else "") + E + flows("s > a > b > e")

    release(engine, body(handler=True))
    start(engine, "p")
    complete(engine, "a")
    release(engine, body(handler=False))
    reasons = carry(engine, 1, 2)["reasons"]["L-1"]
    assert reasons == ["“A” may have to be undone later, and the new version cannot do that"]


@pytest.mark.parametrize(
    ("mapping", "reason"),
    [
        ({"nowhere": "a"}, "there is no element “nowhere” in that version"),
        ({"a": "nowhere"}, "there is no element “nowhere” in that version"),
        ({"a": "e"}, "“a” was of the kind task for people and is now end event"),
        ({"a": "b", "b": "a"}, "the mapping leads from “p/a” back to itself"),
        ({"a": "b", "b": "b"}, "“p/a” and “p/b” would both become “p/b”"),
    ],
)
def test_a_mapping_that_cannot_be_is_refused_before_anything_moves(
    engine: Engine, mapping: dict[str, str], reason: str
) -> None:
    body = S + user("a") + user("b") + E
    release(engine, body + flows("s > a > b > e"))
    start(engine, "p")
    release(engine, body + flows("s > b > a > e"))
    with pytest.raises(Invalid, match="mapping") as caught, engine.begin() as tx:
        migration.start(OLGA, tx, "p", 1, 2, mapping=mapping)
    assert reason in {str(text) for texts in caught.value.fields.values() for text in texts}


def test_two_elements_under_way_do_not_become_one(engine: Engine) -> None:
    body = S + SPLIT + user("a", "A") + user("b", "B") + E
    release(engine, body + flows("s > fork > a > join > e", "fork > b > join"))
    start(engine, "p")
    release(engine, S + user("b", "B") + E + flows("s > b > e"))
    assert carry(engine, 1, 2, {"a": "b"})["reasons"]["L-1"] == [
        "“A” and “B” are both under way and would become one element"
    ]


def test_ended_suspended_and_foreign_instances_are_refused_with_the_reason(engine: Engine, clock: VirtualClock) -> None:
    body = S + user("a") + E + flows("s > a > e")
    release(engine, body)
    over, held, _ = start(engine, "p"), start(engine, "p", key="L-2"), start(engine, "p", key="L-3")
    complete(engine, "a")
    with engine.begin() as tx:
        tx.conn.execute(
            instances.instance.update().where(instances.instance.c.id == held).values(suspended_at=clock.now())
        )
    release(engine, body.replace('id="s"', 'id="s" name="Start"'))
    start(engine, "p", key="L-4")
    found = carry(engine, 1, 2, only=[over, "L-2", "L-3", "L-4"])
    assert found["reasons"] == {
        "L-1": ["it has ended"],
        "L-2": ["it is on hold: let it go on first"],
        "L-3": [],
        "L-4": ["it runs on version 2, not on 1"],
    }
    with engine.begin() as tx, pytest.raises(Missing, match="no instance or case L-9"):
        migration.start(OLGA, tx, "p", 1, 2, only=["L-9"])


def test_who_may_and_between_what(engine: Engine) -> None:
    body = S + user("a") + E + flows("s > a > e")
    release(engine, body)
    release(engine, body.replace('name="a"', 'name="b"'))
    with engine.begin() as tx:
        for verb in (migration.preview, migration.start):
            with pytest.raises(Refused, match="may not"):
                verb(AGENT, tx, "p", 1, 2)
        with pytest.raises(Conflict, match="Nothing runs"):
            migration.start(OLGA, tx, "p", 1, 2)
        with pytest.raises(Invalid, match="source and target"):
            migration.start(OLGA, tx, "p", 1, 1)
        with pytest.raises(Missing, match="no version 7"):
            migration.start(OLGA, tx, "p", 1, 7)
        with pytest.raises(Missing):
            migration.pause(OLGA, tx, "nothing")


def test_a_deployment_while_another_version_runs_leaves_it_alone(engine: Engine) -> None:
    release(engine, S + user("a") + E + flows("s > a > e"))
    old = start(engine, "p")
    release(engine, S + user("b") + E + flows("s > b > e"))
    start(engine, "p", key="L-2")
    complete(engine, "a")
    assert status(engine, old) == "completed"
    assert set(tasks(engine, "L-2")) == {"b"}
    with engine.read() as tx:
        assert bundles.get(tx, row_of(engine, old)["bundle_id"]).number == 1
    with engine.begin() as tx:
        assert runner.start(SYSTEM, tx, "p", key="L-3", bundle=row_of(engine, old)["bundle_id"])
