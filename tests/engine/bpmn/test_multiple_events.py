"""Events with several triggers, signals, links, receive tasks on a token (BPMN 2.0.2 §10.5.5)."""
# ruff: noqa: E501 - one diagram a line reads better

from datetime import timedelta

import pytest

from loopdesk.tests.engine.bpmn.world import START as MORNING
from loopdesk.tests.engine.bpmn.world import World
from loopdesk.tests.engine.drawing import (
    catch,
    coded,
    condition,
    diagram,
    extended,
    flows,
    inputs,
    message,
    timer,
)

START, END = '<bpmn:startEvent id="s"/>', '<bpmn:endEvent id="e"/>'
SIGNALS = '<bpmn:signal id="s-news" name="news"/><bpmn:signal id="s-late" name="late"/>'
HINT = message("hint")


# --- several triggers -----------------------------------------------------------------------------------------------


def test_a_multiple_event_takes_the_first_of_its_triggers() -> None:
    file = diagram(
        START + catch("c", HINT + timer("Duration", "PT1H") + coded("signal", "news")) + END + flows("s > c > e"),
        messages=("hint",),
        more=SIGNALS,
    )
    world = World(file).start()
    assert world.waiting == ["c", "c", "c"]
    assert world.fire().done
    assert world.waiting == []
    assert world.due == {}


def test_a_parallel_multiple_event_takes_all_of_them() -> None:
    file = diagram(
        START
        + catch("c", HINT + coded("signal", "news") + condition("=x = 1"), 'parallelMultiple="true"')
        + END
        + flows("s > c > e"),
        messages=("hint",),
        more=SIGNALS,
    )
    world = World(file).start(x=1).go("c", a=1)
    assert world.waiting == ["c"]
    assert world.go("c", b=2).done
    assert world.data == {"x": 1, "a": 1, "b": 2}


def test_a_multiple_boundary_event_may_hold_an_error_too() -> None:
    inner = (
        '<bpmn:startEvent id="is"/><bpmn:userTask id="u"/>'
        f'<bpmn:endEvent id="ie">{coded("error", "X")}</bpmn:endEvent>' + flows("is > u > ie")
    )
    file = diagram(
        START + f'<bpmn:subProcess id="sub">{inner}</bpmn:subProcess><bpmn:boundaryEvent id="b" attachedToRef="sub">{HINT + coded("error", "X")}</bpmn:boundaryEvent>'
        + '<bpmn:userTask id="after"/>' + END + flows("s > sub > e", "b > after"),
        messages=("hint",),
        more='<bpmn:error id="e-X" errorCode="X"/>',
    )  # fmt: skip
    assert World(file).start().go("b").waiting == ["after"]
    assert World(file).start().go("u").waiting == ["after"]


def test_a_multiple_boundary_event_beside_waits_for_each_again() -> None:
    both = timer("Cycle", "R/PT1H") + HINT
    file = diagram(
        START + f'<bpmn:userTask id="u"/><bpmn:boundaryEvent id="b" attachedToRef="u" cancelActivity="false">{both}</bpmn:boundaryEvent><bpmn:userTask id="seen"/>'
        + END + flows("s > u > e", "b > seen"),
        messages=("hint",),
    )  # fmt: skip
    world = World(file).start().fire().go("b").fire()
    assert world.waiting == ["b", "b", "seen", "seen", "seen", "u"]
    assert not world.go("u").done
    assert world.due == {}


def test_a_multiple_end_event_throws_everything() -> None:
    ends = message("hint") + coded("signal", "news") + "<bpmn:terminateEventDefinition/>"
    file = diagram(
        START + '<bpmn:parallelGateway id="f"/><bpmn:userTask id="u"/><bpmn:userTask id="v"/>'
        + f'<bpmn:endEvent id="e">{extended(inputs(k="=1"))}{ends}</bpmn:endEvent>' + flows("s > f > u > e", "f > v"),
        messages=("hint",),
        more=SIGNALS,
    )  # fmt: skip
    world = World(file).start().go("u")
    assert world.done
    assert world.thrown == [("hint", {"k": 1})]
    assert world.signals == [("news", {"k": 1})]


# --- signals, links, receive tasks, shared definitions --------------------------------------------------------------


def test_a_signal_is_thrown_and_caught_behind_an_event_gateway() -> None:
    file = diagram(
        START + f'<bpmn:intermediateThrowEvent id="t">{extended(inputs(n="=1"))}{coded("signal", "news")}</bpmn:intermediateThrowEvent><bpmn:eventBasedGateway id="g"/>'
        + catch("c", coded("signal", "late")) + catch("d", timer("Duration", "PT1H")) + END + flows("s > t > g > c > e", "g > d > e"),
        more=SIGNALS,
    )  # fmt: skip
    world = World(file).start()
    assert world.signals == [("news", {"n": 1})]
    assert world.go("c", x=1).done
    assert world.due == {}


def test_a_link_goes_on_at_its_other_end() -> None:
    link = '<bpmn:linkEventDefinition name="far"/>'
    file = diagram(
        START + '<bpmn:exclusiveGateway id="m"/>' + f'<bpmn:intermediateThrowEvent id="t">{link}</bpmn:intermediateThrowEvent>' + catch("c", link)
        + '<bpmn:userTask id="u"/>' + END + flows("s > t", "c > m > u > e")
    )  # fmt: skip
    world = World(file).start(n=1)
    assert world.waiting == ["u"]
    assert {"p/t", "p/c"} <= world.execution.passed
    assert world.go("u").done


def test_a_receive_task_waits_as_a_message_event_does() -> None:
    file = diagram(
        START + '<bpmn:receiveTask id="r" messageRef="m-hint"/>'
        f'<bpmn:boundaryEvent id="b" attachedToRef="r">{timer("Duration", "PT1H")}</bpmn:boundaryEvent><bpmn:userTask id="late"/>' + END + flows("s > r > e", "b > late"),
        messages=("hint",),
    )  # fmt: skip
    world = World(file).start()
    assert world.waiting == ["b", "r"]
    assert World(file).start().go("r", a=1).done
    assert world.fire().waiting == ["late"]


def test_a_shared_definition_counts_as_if_it_stood_in_the_event() -> None:
    shared = (
        '<bpmn:timerEventDefinition id="hour"><bpmn:timeDuration>PT1H</bpmn:timeDuration></bpmn:timerEventDefinition>'
    )
    file = diagram(
        START + catch("c", "<bpmn:eventDefinitionRef>hour</bpmn:eventDefinitionRef>") + END + flows("s > c > e"),
        more=shared,
    )
    assert list(World(file).start().due.values()) == [MORNING + timedelta(hours=1)]


@pytest.mark.parametrize("kind", ["Date", "Cycle"])
def test_dates_and_cycles_are_possible_at_every_timer(kind: str) -> None:
    text = {"Date": "2026-03-02T10:00:00Z", "Cycle": "R3/PT1H"}[kind]
    file = diagram(START + catch("c", timer(kind, text)) + END + flows("s > c > e"))
    world = World(file).start()
    assert list(world.due.values()) == [MORNING + timedelta(hours=1)]
    assert world.fire().done
