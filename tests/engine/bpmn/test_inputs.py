"""The inputs of an element are its own variables: its outputs and what is undone inside it see them (Camunda 8)."""
# ruff: noqa: E501 - one diagram a line reads better

import pytest

from loopdesk.engine import bpmn
from loopdesk.tests.engine.bpmn.sketch import (
    UNDO,
    end,
    handler,
    many,
    scope,
    start,
    task,
    throw,
    undoable,
    users,
    world,
)
from loopdesk.tests.engine.bpmn.world import World
from loopdesk.tests.engine.drawing import diagram, extended, flows, service

MAPPING = '<zeebe:ioMapping><zeebe:input source="=amount" target="x"/><zeebe:output source="=x * 2" target="y"/></zeebe:ioMapping>'
LOCAL_V = '<zeebe:ioMapping><zeebe:input source="={}" target="v"/></zeebe:ioMapping>'
KINDS = {
    "task": "",
    "userTask": "",
    "serviceTask": '<zeebe:taskDefinition type="op"/>',
    "scriptTask": '<zeebe:script expression="=1" resultVariable="one"/>',
    "businessRuleTask": '<zeebe:calledDecision decisionId="d" resultVariable="one"/>',
    "sendTask": "",
    "receiveTask": "",
}


def prepared(body: str) -> World:
    """A process of one task ``t``, not started."""
    return World(diagram(start() + body + end() + flows("s > t > e"), messages=("m",)))


@pytest.mark.parametrize("kind", KINDS)
def test_outputs_see_the_inputs_of_their_element(kind: str) -> None:
    body = task("t", extended(KINDS[kind] + MAPPING), kind)
    if kind in ("sendTask", "receiveTask"):
        body = body.replace('id="t"', 'id="t" messageRef="m-m"')
    running = prepared(body)
    running.decisions["d"] = 1
    running.start(amount=5)
    if running.waiting:
        running.go("t")
    assert running.data == {"amount": 5, "y": 10}


def test_outputs_see_the_inputs_as_they_were_when_an_effect_was_wanted_and_its_result_first() -> None:
    running = prepared(service("t", "op", MAPPING))
    running.effects.add("op")
    assert running.start(amount=5).go("t", amount=7).data == {"amount": 5, "y": 10}
    assert running.start(amount=5).go("t", x=7).data == {"amount": 5, "y": 14}


def test_what_reader_1_deployed_keeps_its_meaning() -> None:
    running = prepared(task("t", extended(MAPPING)))
    running.program = bpmn.compile_diagrams(running.diagrams, "1")
    assert running.start(amount=5).go("t").data == {"amount": 5, "y": None}


def item(settings: str, *parts: str) -> str:
    return scope("b", start("bs"), users("a"), end("be"), flows("bs > a > be"), *parts, more=settings)


@pytest.mark.parametrize("rounds", [False, True])
def test_an_event_sub_process_that_undoes_sees_the_variables_inside(rounds: bool) -> None:
    settings = extended(LOCAL_V.format("item" if rounds else "n")) + (
        many(attributes='isSequential="true"') if rounds else ""
    )
    undo = handler("h", UNDO, service("u", "undo", LOCAL_V.format("v * 10")), end("he"), flows("hs > u > he"))
    running = world(
        start() + item(settings, undo) + throw("t", UNDO) + end() + flows("s > b > t > e"), n=3, items=[1, 2]
    )
    while running.waiting:
        running.go("a")
    assert running.called == [("undo", {"v": 10 * value}) for value in ([2, 1] if rounds else [3])]
    assert "v" not in running.data


def test_a_handler_inside_sees_the_inputs_of_its_sub_process() -> None:
    body = scope("b", start("bs"), undoable("a"), end("be"), flows("bs > a > be"), more=extended(LOCAL_V.format("n")))
    body = body.replace("&quot;u-a&quot;", "v")
    assert world(start() + body + throw("t", UNDO) + end() + flows("s > b > t > e"), n=3).data["log"] == ["a", 3]
