"""Errors and escalations: who catches them, and what happens when nobody does (BPMN 2.0.2 §10.5.7, §13.5)."""
# ruff: noqa: E501 - one diagram a line reads better

import pytest

from loopdesk.engine.errors import Refused
from loopdesk.tests.engine.bpmn.world import World
from loopdesk.tests.engine.drawing import coded, diagram, event_sub, extended, flows, inputs, script, service

NAMED = '<bpmn:error id="e-X" name="Lost" errorCode="X"/><bpmn:error id="e-Y" errorCode="Y"/><bpmn:escalation id="c-late" escalationCode="late"/>'
START, END = '<bpmn:startEvent id="s"/>', '<bpmn:endEvent id="e"/>'


def throwing(end: str, *boundaries: str) -> bytes:
    """A sub-process with a user task beside a task that leads to ``end``; each boundary leads to ``after-<id>``."""
    inner = (
        '<bpmn:startEvent id="is"/><bpmn:parallelGateway id="f"/><bpmn:userTask id="beside"/><bpmn:userTask id="go"/>'
        + end
        + flows("is > f > go > bad", "f > beside")
    )
    ids = [text.split('id="')[1].split('"')[0] for text in boundaries]
    after = "".join(f'<bpmn:userTask id="after-{name}"/>' for name in ids)
    ways = flows("s > sub > e", *(f"{name} > after-{name}" for name in ids))
    body = START + f'<bpmn:subProcess id="sub">{inner}</bpmn:subProcess>' + "".join(boundaries) + after + END + ways
    return diagram(body, more=NAMED)


def boundary(identity: str, definition: str, *, cancel: bool = True) -> str:
    return f'<bpmn:boundaryEvent id="{identity}" attachedToRef="sub" cancelActivity="{str(cancel).lower()}">{definition}</bpmn:boundaryEvent>'


def bad(definition: str, more: str = "") -> str:
    return f'<bpmn:endEvent id="bad">{more}{definition}</bpmn:endEvent>'


def test_an_error_end_event_interrupts_the_sub_process_and_is_caught_at_its_boundary() -> None:
    world = World(throwing(bad(coded("error", "X")), boundary("b", coded("error", "X")))).start(n=1)
    assert world.waiting == ["beside", "go"]
    assert world.go("go").waiting == ["after-b"]
    assert world.go("after-b").done
    assert "p/b" in world.execution.passed
    assert "p/sub" not in world.execution.passed


def test_the_code_decides_and_an_event_without_code_takes_the_rest() -> None:
    caught = [boundary("any", coded("error")), boundary("x", coded("error", "X"))]
    assert World(throwing(bad(coded("error", "X")), *caught)).start().go("go").waiting == ["after-x"]
    assert World(throwing(bad(coded("error", "Y")), *caught)).start().go("go").waiting == ["after-any"]


def test_an_error_carries_its_inputs_and_its_code() -> None:
    more = extended(inputs(why="=1 + 1"))
    catching = '<bpmn:errorEventDefinition xmlns:camunda="http://camunda.org/schema/1.0/bpmn" camunda:errorCodeVariable="code"/>'
    world = World(throwing(bad(coded("error", "X"), more), boundary("b", catching))).start(n=1).go("go")
    assert world.data == {"n": 1, "why": 2, "code": "X"}


def test_an_error_that_nobody_catches_is_refused_at_its_element() -> None:
    with pytest.raises(Refused, match="“X”") as caught:
        World(throwing(bad(coded("error", "X")), boundary("b", coded("error", "Y")))).start().go("go")
    assert caught.value.place == "p/bad"


def test_an_error_rises_through_a_call_activity() -> None:
    called = diagram(
        START
        + '<bpmn:userTask id="u"/>'
        + f'<bpmn:endEvent id="e">{coded("error", "X")}</bpmn:endEvent>'
        + flows("s > u > e"),
        process="q",
        more=NAMED,
    )
    calls = diagram(
        START + f"""<bpmn:callActivity id="sub">{extended('<zeebe:calledElement processId="q"/>')}</bpmn:callActivity>"""
        + boundary("b", coded("error", "X")) + '<bpmn:userTask id="after"/>' + END + flows("s > sub > e", "b > after"),
        more=NAMED,
    )  # fmt: skip
    assert World(calls, more={"q.bpmn": called}).start().go("u").waiting == ["after"]


def test_an_operation_may_answer_with_an_error() -> None:
    file = diagram(
        START
        + service("sub", "op")
        + boundary("b", coded("error", "X"))
        + '<bpmn:userTask id="after"/>'
        + END
        + flows("s > sub > e", "b > after"),
        more=NAMED,
    )
    world = World(file)
    world.operations["op"] = lambda: {"$error": "X", "$message": "not found", "rest": 7}
    assert world.start(n=1).waiting == ["after"]
    assert world.data == {"n": 1, "rest": 7}
    world = World(file)
    world.operations["op"] = lambda: {"$error": "Z", "$message": "not found"}
    with pytest.raises(Refused, match="not found"):
        world.start()
    world = World(file)
    world.effects.add("op")
    assert world.start().go("sub", **{"$error": "X"}).waiting == ["after"]


def test_an_error_event_sub_process_comes_before_the_boundary_and_sees_the_variables() -> None:
    inner = (
        '<bpmn:startEvent id="is"/>' + script("calc", "=5", "x") + service("go", "op") + '<bpmn:endEvent id="ie"/>'
        + event_sub("handler", coded("error", "X"), '<bpmn:userTask id="repair"/>', "repair")
        + flows("is > calc > go > ie")
    )  # fmt: skip
    body = (
        START
        + f'<bpmn:subProcess id="sub">{inner}</bpmn:subProcess>'
        + boundary("b", coded("error", "X"))
        + END
        + flows("s > sub > e", "b > e")
    )
    world = World(diagram(body, more=NAMED))
    world.operations["op"] = lambda: {"$error": "X"}
    assert world.start().waiting == ["repair"]
    assert world.data == {"x": 5}
    assert world.go("repair", ok=True).done
    assert world.data == {"x": 5, "ok": True}
    assert "p/sub" in world.execution.passed
    assert "p/b" not in world.execution.passed


def test_an_error_thrown_by_its_own_handler_goes_out() -> None:
    again = f'<bpmn:endEvent id="again">{coded("error", "X")}</bpmn:endEvent>'
    inner = (
        '<bpmn:startEvent id="is"/><bpmn:userTask id="u"/>' + bad(coded("error", "X")) + flows("is > u > bad")
        + event_sub("handler", coded("error"), again, "again")
    )  # fmt: skip
    body = (
        START
        + f'<bpmn:subProcess id="sub">{inner}</bpmn:subProcess>'
        + boundary("b", coded("error", "X"))
        + '<bpmn:userTask id="after"/>'
        + END
        + flows("s > sub > e", "b > after")
    )
    assert World(diagram(body, more=NAMED)).start().go("u").waiting == ["after"]


def test_an_escalation_beside_the_sub_process_lets_everything_go_on() -> None:
    world = World(
        throwing(bad(coded("escalation", "late")), boundary("b", coded("escalation", "late"), cancel=False))
    ).start()
    assert world.go("go").waiting == ["after-b", "beside"]
    assert not world.go("after-b").done
    assert world.go("beside").done


def test_an_escalation_may_interrupt() -> None:
    world = World(throwing(bad(coded("escalation", "late")), boundary("b", coded("escalation")))).start()
    assert world.go("go").waiting == ["after-b"]


def test_an_escalation_that_nobody_catches_changes_nothing() -> None:
    file = diagram(
        START
        + f'<bpmn:intermediateThrowEvent id="t">{coded("escalation", "late")}</bpmn:intermediateThrowEvent>'
        + END
        + flows("s > t > e"),
        more=NAMED,
    )
    assert World(file).start(n=1).done


def test_an_escalation_event_sub_process_of_the_process_runs_beside() -> None:
    file = diagram(
        START + f'<bpmn:intermediateThrowEvent id="t">{coded("escalation", "late")}</bpmn:intermediateThrowEvent><bpmn:userTask id="u"/>'
        + END + flows("s > t > u > e") + event_sub("handler", coded("escalation", "late"), '<bpmn:userTask id="tell"/>', "tell", interrupting=False),
        more=NAMED,
    )  # fmt: skip
    world = World(file).start()
    assert world.waiting == ["tell", "u"]
    assert not world.go("u", a=1).done
    assert world.go("tell", b=2).done
    assert world.data == {"a": 1, "b": 2}


def test_what_is_caught_inside_does_not_rise_further() -> None:
    outer = boundary("outer", coded("escalation"))
    inner = (
        '<bpmn:startEvent id="is"/><bpmn:userTask id="go"/>' + bad(coded("escalation", "late")) + flows("is > go > bad")
        + event_sub("handler", coded("escalation"), '<bpmn:userTask id="never"/>', "never", interrupting=False)
    )  # fmt: skip
    body = (
        START
        + f'<bpmn:subProcess id="sub">{inner}</bpmn:subProcess>'
        + outer
        + '<bpmn:userTask id="after"/>'
        + END
        + flows("s > sub > e", "outer > after")
    )
    assert World(diagram(body, more=NAMED)).start().go("go").waiting == ["never"]
