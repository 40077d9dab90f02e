"""How an instance begins: several start events, receive tasks and event gateways that instantiate (BPMN 2.0.2 §13.2)."""
# ruff: noqa: E501 - one diagram a line reads better

import pytest

from loopdesk.engine.errors import Missing
from loopdesk.tests.engine.bpmn.world import World
from loopdesk.tests.engine.drawing import catch, condition, diagram, flows, message, timer

END = '<bpmn:endEvent id="e"/>'


def test_each_of_several_start_events_begins_at_its_own_place() -> None:
    file = diagram(
        f'<bpmn:startEvent id="plain"/><bpmn:startEvent id="told">{message("go")}</bpmn:startEvent><bpmn:userTask id="a"/><bpmn:userTask id="b"/>'
        + END
        + flows("plain > a > e", "told > b > e"),
        messages=("go",),
    )
    assert World(file).start().waiting == ["a"]
    world = World(file).start("go", n=1)
    assert world.waiting == ["b"]
    assert world.data == {"n": 1}
    assert world.execution.passed == {"p/told", "p/f-told-b"}


def test_a_message_that_nothing_begins_with_is_refused() -> None:
    with pytest.raises(Missing):
        World(diagram('<bpmn:startEvent id="s"/>' + END + flows("s > e"))).start("go")


def test_a_receive_task_that_instantiates_has_its_message_already() -> None:
    file = diagram(
        '<bpmn:receiveTask id="r" messageRef="m-go" instantiate="true"/><bpmn:userTask id="u"/>'
        + END
        + flows("r > u > e"),
        messages=("go",),
    )
    world = World(file).start("go", n=1)
    assert world.waiting == ["u"]
    assert world.data == {"n": 1}


def gateway(kind: str) -> World:
    return World(
        diagram(
            f'<bpmn:eventBasedGateway id="g" instantiate="true" eventGatewayType="{kind}"/>'
            + catch("one", message("one"))
            + catch("two", message("two"))
            + '<bpmn:userTask id="a"/><bpmn:userTask id="b"/>'
            + flows("g > one > a", "g > two > b"),
            messages=("one", "two"),
        )
    )


def test_an_event_gateway_that_instantiates_goes_on_behind_the_event_that_came() -> None:
    world = gateway("Exclusive").start("two", n=1)
    assert world.waiting == ["b"]
    assert {"p/g", "p/f-g-two", "p/two"} <= world.execution.passed
    assert "p/one" not in world.execution.passed


def test_a_parallel_event_gateway_waits_for_the_other_events_too() -> None:
    world = gateway("Parallel").start("two", n=1)
    assert world.waiting == ["b", "one"]
    world.go("b")
    assert not world.done
    assert world.go("one", m=2).waiting == ["a"]
    assert world.go("a").done
    assert world.data == {"n": 1, "m": 2}


def test_a_conditional_start_needs_its_condition() -> None:
    file = diagram(f'<bpmn:startEvent id="s">{condition("=n > 1")}</bpmn:startEvent>' + END + flows("s > e"))
    assert World(file).start(n=2).done
    with pytest.raises(Missing):
        World(file).start(n=1)


def test_a_timer_start_is_no_plain_start() -> None:
    file = diagram(f'<bpmn:startEvent id="s">{timer("Duration", "PT1H")}</bpmn:startEvent>' + END + flows("s > e"))
    with pytest.raises(Missing):
        World(file).start()
