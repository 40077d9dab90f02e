"""Events where they meet loops, calls, gateways and variables of their own (BPMN 2.0.2 §10.5, §13.5)."""
# ruff: noqa: E501 - one diagram a line reads better

import pytest

from loopdesk.engine import bpmn
from loopdesk.tests.engine.bpmn.world import World
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
    script,
    timer,
)

START, END = '<bpmn:startEvent id="s"/>', '<bpmn:endEvent id="e"/>'
NAMED = '<bpmn:error id="e-X" errorCode="X"/><bpmn:escalation id="c-late" escalationCode="late"/>'
EACH = "<bpmn:multiInstanceLoopCharacteristics><bpmn:loopCardinality>=2</bpmn:loopCardinality></bpmn:multiInstanceLoopCharacteristics>"
HINT = message("hint")


def sub(inner: str, more: str = "") -> str:
    return f'<bpmn:subProcess id="sub">{more}<bpmn:startEvent id="is"/>{inner}</bpmn:subProcess>'


def boundary(definition: str, *, cancel: bool = True) -> str:
    return f'<bpmn:boundaryEvent id="b" attachedToRef="sub" cancelActivity="{str(cancel).lower()}">{definition}</bpmn:boundaryEvent><bpmn:userTask id="after"/>'


def test_an_error_in_one_instance_ends_all_of_them() -> None:
    inner = f'<bpmn:userTask id="u"/><bpmn:endEvent id="ie">{coded("error", "X")}</bpmn:endEvent>' + flows(
        "is > u > ie"
    )
    world = World(
        diagram(
            START + sub(inner, EACH) + boundary(coded("error", "X")) + END + flows("s > sub > e", "b > after"),
            more=NAMED,
        )
    ).start(n=1)
    assert world.waiting == ["u", "u"]
    assert world.go("u").waiting == ["after"]
    assert world.data == {"n": 1}


def test_each_instance_listens_with_an_event_sub_process_of_its_own() -> None:
    inner = '<bpmn:userTask id="u"/>' + flows("is > u") + event_sub("h", HINT, '<bpmn:userTask id="react"/>', "react")
    world = World(diagram(START + sub(inner, EACH) + END + flows("s > sub > e"), messages=("hint",))).start()
    assert world.waiting == ["h-start", "h-start", "u", "u"]
    world.go("h-start")
    assert world.waiting == ["h-start", "react", "u"]
    assert not world.go("react").done
    assert world.go("u").done


def test_an_escalation_rises_through_a_call_and_the_called_process_goes_on() -> None:
    called = diagram(
        START
        + f'<bpmn:intermediateThrowEvent id="t">{coded("escalation", "late")}</bpmn:intermediateThrowEvent><bpmn:userTask id="u"/>'
        + flows("s > t > u"),
        process="q",
        more=NAMED,
    )
    call = f"""<bpmn:callActivity id="sub">{extended('<zeebe:calledElement processId="q"/>')}</bpmn:callActivity>"""
    calls = diagram(
        START + call + boundary(coded("escalation", "late"), cancel=False) + END + flows("s > sub > e", "b > after"),
        more=NAMED,
    )
    world = World(calls, more={"q.bpmn": called}).start()
    assert world.waiting == ["after", "u"]
    assert not world.go("u").done
    assert world.go("after").done


def test_inputs_of_a_sub_process_stay_inside_when_an_event_starts_something_beside() -> None:
    inner = '<bpmn:userTask id="u"/>' + flows("is > u")
    body = (
        START
        + sub(inner, extended(inputs(local="=1")))
        + boundary(HINT, cancel=False)
        + END
        + flows("s > sub > e", "b > after")
    )
    world = World(diagram(body, messages=("hint",))).start(n=1).go("b", told=True)
    assert not world.go("after", seen=1).done
    assert world.go("u", made=2).done
    assert world.data == {"n": 1, "told": True, "seen": 1, "made": 2}


def test_a_condition_behind_an_event_gateway_ends_the_wait_for_the_others() -> None:
    file = diagram(
        START + '<bpmn:parallelGateway id="f"/><bpmn:userTask id="set"/><bpmn:eventBasedGateway id="g"/>' + catch("c", condition("=x > 1"))
        + catch("d", timer("Duration", "PT1H")) + '<bpmn:userTask id="yes"/><bpmn:userTask id="no"/>'
        + flows("s > f > set", "f > g > c > yes", "g > d > no")
    )  # fmt: skip
    world = World(file).start(x=0)
    assert world.go("set", x=2).waiting == ["yes"]
    assert world.due == {}


def test_a_condition_on_a_sub_process_sees_what_is_written_inside() -> None:
    inner = '<bpmn:userTask id="u"/><bpmn:userTask id="v"/>' + flows("is > u > v")
    world = World(
        diagram(START + sub(inner) + boundary(condition("=x > 1")) + END + flows("s > sub > e", "b > after"))
    ).start()
    assert world.go("u", x=2).waiting == ["after"]
    assert world.data == {"x": 2}


def test_a_condition_of_an_event_sub_process_beside_comes_once_per_change() -> None:
    body = (
        START + '<bpmn:exclusiveGateway id="m"/><bpmn:userTask id="u"/>' + flows("s > m > u > m")
        + event_sub("h", condition("=x > 1"), '<bpmn:userTask id="react"/>', "react", interrupting=False)
    )  # fmt: skip
    world = World(diagram(body)).start(x=0).go("u", x=2).go("u", x=3)
    assert world.waiting == ["react", "u"]
    assert world.go("u", x=1).go("u", x=5).waiting == ["react", "react", "u"]


def test_an_event_sub_process_may_hold_another_and_terminate_only_itself() -> None:
    nested = event_sub(
        "h2",
        HINT,
        '<bpmn:endEvent id="stop"><bpmn:terminateEventDefinition/></bpmn:endEvent>',
        "stop",
        interrupting=False,
    )
    outer = event_sub("h1", HINT, '<bpmn:userTask id="react"/>' + nested, "react", interrupting=False)
    world = (
        World(diagram(START + '<bpmn:userTask id="u"/>' + flows("s > u") + outer, messages=("hint",)))
        .start()
        .go("h1-start")
    )
    assert world.waiting == ["h1-start", "h2-start", "react", "u"]
    assert world.go("h2-start").waiting == ["h1-start", "h2-start", "react", "u"]
    assert not world.go("react").done
    assert world.go("u").done


def test_a_boundary_event_of_a_scope_outlives_its_interrupting_event_sub_process() -> None:
    inner = '<bpmn:userTask id="u"/>' + flows("is > u") + event_sub("h", HINT, '<bpmn:userTask id="react"/>', "react")
    world = World(
        diagram(
            START + sub(inner) + boundary(timer("Duration", "PT1H")) + END + flows("s > sub > e", "b > after"),
            messages=("hint",),
        )
    ).start()
    assert world.go("h-start").waiting == ["b", "react"]
    assert world.fire().waiting == ["after"]


def test_variables_that_a_handler_writes_reach_the_flow_beside_it() -> None:
    handler = event_sub("h", HINT, script("calc", "=n + 1", "n2"), "calc", interrupting=False)
    world = World(
        diagram(
            START
            + '<bpmn:userTask id="u"/>'
            + script("use", "=n2 * 10", "n3")
            + END
            + flows("s > u > use > e")
            + handler,
            messages=("hint",),
        )
    ).start(n=1)
    assert world.go("h-start").go("u").done
    assert world.data == {"n": 1, "n2": 2, "n3": 20}


@pytest.mark.parametrize(("reader", "fired"), [("2", ["x"]), ("1", [])])
def test_a_condition_that_is_true_between_two_elements_of_a_step_comes(reader: str, fired: list[str]) -> None:
    """BPMN 2.0.2 §10.5.4: it comes when the condition becomes true; reader 1 looked once all tokens waited."""
    inside = '<bpmn:startEvent id="ss"/>' + script("a", "=9", "n") + script("b", "=1", "n") + '<bpmn:endEvent id="se"/>'
    body = (
        f'{START}<bpmn:subProcess id="sub">{inside}{flows("ss > a > b > se")}</bpmn:subProcess>{END}'
        f'<bpmn:boundaryEvent id="bd" attachedToRef="sub" cancelActivity="false">{condition("=n > 5")}</bpmn:boundaryEvent>'
        '<bpmn:userTask id="x"/>' + flows("s > sub > e", "bd > x")
    )
    world = World(diagram(body))
    world.program = bpmn.compile_diagrams(world.diagrams, reader)
    assert world.start(n=1).waiting == fired
