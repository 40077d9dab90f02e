"""Boundary events, timers and messages on tokens (BPMN 2.0.2 §10.5)."""
# ruff: noqa: E501 - one diagram a line reads better

from datetime import timedelta

import pytest

from loopdesk.engine.errors import Conflict
from loopdesk.tests.engine.bpmn.world import START, World
from loopdesk.tests.engine.drawing import diagram, extended, flows, inputs, message, script, timer


def guarded(event: str, *, interrupting: bool, messages: tuple[str, ...] = ()) -> bytes:
    """A user task with one boundary event, that leads to a task of its own."""
    cancel = "true" if interrupting else "false"
    return diagram(
        '<bpmn:startEvent id="s"/><bpmn:userTask id="work"/><bpmn:endEvent id="e"/>'
        f'<bpmn:boundaryEvent id="guard" attachedToRef="work" cancelActivity="{cancel}">{event}</bpmn:boundaryEvent>'
        '<bpmn:userTask id="escalate"/><bpmn:endEvent id="e2"/>' + flows("s > work > e", "guard > escalate > e2"),
        messages=messages,
    )


def test_an_interrupting_timer_takes_the_place_of_the_task() -> None:
    world = World(guarded(timer("Duration", "PT30M"), interrupting=True)).start(n=1).fire()
    assert world.now == START + timedelta(minutes=30)
    assert world.waiting == ["escalate"]
    assert world.go("escalate").done
    assert "p/work" not in world.execution.passed


def test_a_timer_beside_the_task_leaves_it_open() -> None:
    world = World(guarded(timer("Duration", "PT30M"), interrupting=False)).start(n=1).fire()
    assert world.waiting == ["escalate", "work"]
    world.go("work", result="ok")
    assert not world.done
    assert world.go("escalate", told=True).done
    assert world.data == {"n": 1, "result": "ok", "told": True}


def test_completing_the_task_takes_its_timer_back() -> None:
    world = World(guarded(timer("Duration", "PT30M"), interrupting=False)).start().go("work")
    assert world.due == {}
    assert world.done


def test_a_cycle_fires_again_and_again() -> None:
    world = World(guarded(timer("Cycle", "R/PT30M"), interrupting=False)).start().fire().fire().fire()
    assert world.now == START + timedelta(minutes=90)
    assert world.waiting == ["escalate"] * 3 + ["guard", "work"]
    assert not world.go("work").go("escalate").go("escalate").done
    assert world.go("escalate").done


def test_a_cycle_of_three_rounds_fires_three_times() -> None:
    world = World(guarded(timer("Cycle", "R3/PT30M"), interrupting=False)).start().fire().fire().fire()
    assert world.due == {}
    assert world.waiting == ["escalate"] * 3 + ["work"]


def test_a_late_cycle_fires_once() -> None:
    """Trap "late cycles" of SpiffWorkflow 3.2.0: R3 fired three times at once."""
    world = World(guarded(timer("Cycle", "R/PT30M"), interrupting=False)).start().later(hours=3, minutes=10).fire()
    assert world.waiting == ["escalate", "guard", "work"]
    assert list(world.due.values()) == [START + timedelta(hours=3, minutes=30)]


def test_a_message_boundary_catches_every_message_while_the_task_is_open() -> None:
    world = World(guarded(message("hint"), interrupting=False, messages=("hint",))).start()
    world.go("guard", text="one").go("guard", text="two")
    assert world.waiting == ["escalate", "escalate", "guard", "work"]


def test_a_message_boundary_may_interrupt() -> None:
    world = World(guarded(message("stop"), interrupting=True, messages=("stop",))).start().go("guard", why="withdrawn")
    assert world.waiting == ["escalate"]
    assert world.data == {"why": "withdrawn"}


def test_a_token_that_moved_on_cannot_be_resumed() -> None:
    world = World(guarded(timer("Duration", "PT30M"), interrupting=True)).start()
    ref = next(ref for ref, (_, at) in world.waits.items() if at == "work")
    world.fire()
    with pytest.raises(Conflict):
        world.execution.resume(ref, {})


def test_an_interrupted_sub_process_loses_its_tasks_and_timers() -> None:
    inner = (
        '<bpmn:startEvent id="is"/><bpmn:parallelGateway id="f"/><bpmn:userTask id="x"/>'
        f'<bpmn:intermediateCatchEvent id="y">{timer("Duration", "PT9H")}</bpmn:intermediateCatchEvent>'
        '<bpmn:endEvent id="ie"/>' + flows("is > f > x > ie", "f > y > ie")
    )
    file = diagram(
        f'<bpmn:startEvent id="s"/><bpmn:subProcess id="sub">{inner}</bpmn:subProcess><bpmn:endEvent id="e"/>'
        f'<bpmn:boundaryEvent id="b" attachedToRef="sub">{timer("Duration", "PT1H")}</bpmn:boundaryEvent>'
        '<bpmn:userTask id="after"/>' + flows("s > sub > e", "b > after > e")
    )
    world = World(file).start().fire()
    assert world.waiting == ["after"]
    assert world.due == {}


def test_a_timer_may_be_computed() -> None:
    file = guarded(timer("Duration", '=if case.priority = "P0" then duration("PT5M") else "PT2H"'), interrupting=True)
    world = World(file)
    world.case["priority"] = "P0"
    assert list(world.start().due.values()) == [START + timedelta(minutes=5)]
    world = World(file)
    assert list(world.start().due.values()) == [START + timedelta(hours=2)]


def test_a_message_start_gets_its_payload_as_variables() -> None:
    file = diagram(
        f'<bpmn:startEvent id="s">{message("go")}</bpmn:startEvent><bpmn:userTask id="a"/><bpmn:endEvent id="e"/>'
        + flows("s > a > e"),
        messages=("go",),
    )
    assert World(file).start("go", level=3).data == {"level": 3}


def test_thrown_messages_carry_their_inputs() -> None:
    carry = extended(inputs(text='="case " + case.number', n="=n + 1"))
    file = diagram(
        f'<bpmn:startEvent id="s"/><bpmn:intermediateThrowEvent id="t">{carry}{message("one")}</bpmn:intermediateThrowEvent>'
        f'<bpmn:sendTask id="send" messageRef="m-two">{extended(inputs(k="plain"))}</bpmn:sendTask>'
        f'<bpmn:endEvent id="e">{message("three")}</bpmn:endEvent>' + flows("s > t > send > e"),
        messages=("one", "two", "three"),
    )
    world = World(file).start(n=1)
    assert world.thrown == [("one", {"text": "case L-1", "n": 2}), ("two", {"k": "plain"}), ("three", {})]
    assert world.done


def test_a_terminate_end_stops_everything_in_its_scope() -> None:
    file = diagram(
        '<bpmn:startEvent id="s"/><bpmn:parallelGateway id="f"/><bpmn:userTask id="a"/><bpmn:userTask id="b"/>'
        '<bpmn:endEvent id="e"><bpmn:terminateEventDefinition/></bpmn:endEvent><bpmn:endEvent id="e2"/>'
        + flows("s > f > a > e", "f > b > e2")
    )
    world = World(file).start().go("a", why="enough")
    assert world.done
    assert world.waiting == []
    assert world.data == {"why": "enough"}


def test_a_script_after_an_event_sees_its_payload() -> None:
    file = diagram(
        f'<bpmn:startEvent id="s"/><bpmn:intermediateCatchEvent id="c">{message("m")}</bpmn:intermediateCatchEvent>'
        + script("calc", "=n * 2", "twice")
        + '<bpmn:endEvent id="e"/>'
        + flows("s > c > calc > e"),
        messages=("m",),
    )
    assert World(file).start().go("c", n=21).data == {"n": 21, "twice": 42}
