"""What an interrupted scope leaves behind: as at its end, except that output mappings wait for a completed scope."""
# ruff: noqa: E501 - one diagram a line reads better

import pytest

from loopdesk.engine import bpmn
from loopdesk.tests.engine.bpmn.world import World
from loopdesk.tests.engine.drawing import coded, diagram, extended, flows, inputs, script, timer

START, END = '<bpmn:startEvent id="s"/>', '<bpmn:endEvent id="e"/>'
INSIDE = (
    '<bpmn:startEvent id="is"/>' + script("w", '="found out"', "reason") + '<bpmn:userTask id="u"/>'
    + f'<bpmn:endEvent id="ie">{extended(inputs(detail="=local"))}{coded("error", "X")}</bpmn:endEvent>' + flows("is > w > u > ie")
)  # fmt: skip
OUT = '<zeebe:ioMapping><zeebe:input source="=1" target="local"/><zeebe:output source="=reason" target="said"/></zeebe:ioMapping>'


def world(activity: str, *, more: str = "") -> World:
    events = f'<bpmn:boundaryEvent id="b" attachedToRef="t">{coded("error", "X")}</bpmn:boundaryEvent><bpmn:boundaryEvent id="late" attachedToRef="t">{timer("Duration", "PT1H")}</bpmn:boundaryEvent><bpmn:userTask id="after"/>'
    body = START + activity + events + END + flows("s > t > e", "b > after", "late > after")
    return World(diagram(body, more='<bpmn:error id="e-X" errorCode="X"/>' + more)).start()


def sub(mapping: str) -> World:
    return world(f'<bpmn:subProcess id="t">{extended(mapping)}{INSIDE}</bpmn:subProcess>')


def call(attributes: str) -> World:
    called = f'<bpmn:process id="q" isExecutable="true">{INSIDE}</bpmn:process>'
    return world(
        f"""<bpmn:callActivity id="t">{extended(f'<zeebe:calledElement processId="q" {attributes}/>' + inputs(local="=1"))}</bpmn:callActivity>""",
        more=called,
    )


@pytest.mark.parametrize("by_error", [True, False])
def test_what_a_scope_with_inputs_wrote_outlives_its_interruption_and_its_inputs_do_not(by_error: bool) -> None:
    one = sub(inputs(local="=1"))
    one = one.go("u", answer=2) if by_error else one.fire()
    assert one.waiting == ["after"]
    assert one.data == {"reason": "found out"} | ({"answer": 2, "detail": 1} if by_error else {})


def test_what_a_scope_with_outputs_wrote_stays_inside_but_the_error_brings_its_payload() -> None:
    assert sub(OUT).go("u", answer=2).data == {"detail": 1}
    assert sub(OUT).fire().data == {}


@pytest.mark.parametrize(
    ("attributes", "left"), [("", {"reason": "found out"}), ('propagateAllChildVariables="false"', {})]
)
def test_an_interrupted_call_hands_back_what_it_would_hand_back_at_its_end(
    attributes: str, left: dict[str, str]
) -> None:
    assert call(attributes).fire().data == left
    assert call(attributes).go("u").data == left | {"detail": 1}


def test_parallel_branches_inside_are_merged_when_their_scope_is_interrupted() -> None:
    inner = (
        '<bpmn:startEvent id="is"/><bpmn:parallelGateway id="f"/>' + script("w", "=1", "one") + script("x", "=2", "two")
        + '<bpmn:userTask id="u"/><bpmn:userTask id="v"/><bpmn:endEvent id="ie"/>' + flows("is > f > w > u > ie", "f > x > v > ie")
    )  # fmt: skip
    one = world(f'<bpmn:subProcess id="t">{extended(inputs(local="=1"))}{inner}</bpmn:subProcess>')
    assert one.fire().data == {"one": 1, "two": 2}


def test_an_instance_deployed_with_reader_1_keeps_its_meaning() -> None:
    one = sub(inputs(local="=1"))
    one.program = bpmn.compile_diagrams(one.diagrams, "1")
    assert one.fire().data == {}
