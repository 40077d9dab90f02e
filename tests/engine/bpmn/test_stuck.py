"""An instance in which nothing can ever move is an error that names where its tokens wait; joins as §13.3.3 has them."""
# ruff: noqa: E501 - one diagram a line reads better

import pytest

from loopdesk.engine.bpmn import Stuck
from loopdesk.tests.engine.bpmn.world import World
from loopdesk.tests.engine.drawing import diagram, event_sub, flows, message

START, END = '<bpmn:startEvent id="s"/>', '<bpmn:endEvent id="e"/>'


def test_a_parallel_join_behind_an_exclusive_choice_is_an_error_that_names_it() -> None:
    file = diagram(
        START + '<bpmn:exclusiveGateway id="g" default="f-g-b"/><bpmn:task id="a"/><bpmn:task id="b"/><bpmn:parallelGateway id="j" name="both"/>'
        + END + flows("s > g >[=x] a > j > e", "g > b > j")
    )  # fmt: skip
    with pytest.raises(Stuck) as error:
        World(file).start(x=True)
    assert (error.value.params["elements"], error.value.place) == ("“both”", "p/j")


def test_as_long_as_anything_waits_outside_nothing_is_stuck() -> None:
    body = (
        START + '<bpmn:exclusiveGateway id="g" default="f-g-b"/><bpmn:task id="a"/><bpmn:task id="b"/><bpmn:parallelGateway id="j"/>'
        + END + flows("s > g >[=x] a > j > e", "g > b > j") + event_sub("h", message("hint"), '<bpmn:endEvent id="he"/>', "he")
    )  # fmt: skip
    world = World(diagram(body, messages=("hint",))).start(x=True)
    assert world.waiting == ["h-start"]
    assert world.go("h-start").done


def test_a_task_that_never_gets_all_its_tokens_is_stuck() -> None:
    with pytest.raises(Stuck, match="“t”"):
        World(diagram(START + '<bpmn:task id="t" startQuantity="2"/>' + END + flows("s > t > e"))).start()


def joins(*more: str) -> World:
    """Two inclusive joins, each with a way to the other one."""
    body = (
        START + '<bpmn:parallelGateway id="f"/><bpmn:userTask id="a"/><bpmn:userTask id="b"/>'
        + '<bpmn:inclusiveGateway id="j" name="left"/><bpmn:inclusiveGateway id="k" name="right"/>'
        + '<bpmn:exclusiveGateway id="x" default="f-x-e"/><bpmn:exclusiveGateway id="y" default="f-y-e"/>'
        + END + flows("s > f > a > j > x > e", "f > b > k > y > e", "x >[=false] k", "y >[=false] j", *more)
    )  # fmt: skip
    return World(diagram(body)).start()


def test_two_inclusive_joins_that_wait_for_each_other_by_the_rule_are_stuck_and_named() -> None:
    """§13.3.3: from the token at each of them a path leads to the empty way of the other, and none to the full one."""
    world = joins().go("a")
    assert world.waiting == ["b"]
    with pytest.raises(Stuck, match="“left”, “right”"):
        world.go("b")


def test_inclusive_joins_go_on_where_the_other_one_can_also_reach_their_full_way() -> None:
    """§13.3.3: a path to a way that has a token excuses the one to a way that has none."""
    world = joins("x >[=false] b", "y >[=false] a").go("a")
    assert world.waiting == ["b"]
    assert world.go("b").done
