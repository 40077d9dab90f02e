"""Gateways: which ways a token takes, and what branches made of the variables (BPMN 2.0.2 §13.3; architecture §4)."""
# ruff: noqa: E501 - one diagram a line reads better

from itertools import permutations

import pytest

from loopdesk.engine import bpmn
from loopdesk.engine.bpmn import Stuck
from loopdesk.engine.errors import Conflict, Refused
from loopdesk.tests.engine.bpmn.world import World
from loopdesk.tests.engine.drawing import catch, diagram, flows, message, script, timer

CHOICE = diagram(
    '<bpmn:startEvent id="s"/><bpmn:exclusiveGateway id="g" default="f-g-c"/>'
    '<bpmn:userTask id="a"/><bpmn:userTask id="b"/><bpmn:userTask id="c"/><bpmn:endEvent id="e"/>'
    + flows("s > g", "g >[=n > 10] a", "g >[=n > 5] b", "g > c", "a > e", "b > e", "c > e")
)


@pytest.mark.parametrize(("n", "taken"), [(11, "a"), (7, "b"), (1, "c")])
def test_the_first_true_condition_wins_and_else_the_default(n: int, taken: str) -> None:
    assert World(CHOICE).start(n=n).waiting == [taken]


def test_a_condition_that_is_null_is_not_true() -> None:
    assert World(CHOICE).start().waiting == ["c"]


def test_no_way_out_is_refused_and_names_the_gateway() -> None:
    stuck = diagram(
        '<bpmn:startEvent id="s"/><bpmn:exclusiveGateway id="g" name="Big?"/><bpmn:endEvent id="a"/><bpmn:endEvent id="b"/>'
        + flows("s > g", "g >[=n > 10] a", "g >[=n < 5] b")
    )
    with pytest.raises(Refused, match="Big\\?") as caught:
        World(stuck).start(n=7)
    assert caught.value.place == "p/g"


def parallel(*branches: str) -> bytes:
    """Start, fork, one user task per branch, join, end."""
    tasks = "".join(f'<bpmn:userTask id="{name}"/>' for name in branches)
    return diagram(
        f'<bpmn:startEvent id="s"/><bpmn:parallelGateway id="fork"/>{tasks}<bpmn:parallelGateway id="join"/>'
        '<bpmn:userTask id="after"/><bpmn:endEvent id="e"/>'
        + flows("s > fork", *(f"fork > {name} > join" for name in branches), "join > after > e")
    )


@pytest.mark.parametrize("order", list(permutations("abc")))
def test_a_signature_of_one_branch_survives_whatever_branch_ends_last(order: tuple[str, ...]) -> None:
    """Trap "parallel join" of SpiffWorkflow 3.2.0: the last branch's data replaced the others'."""
    world = World(parallel("a", "b", "c")).start(case="x", log=["opened"], who={"sender": None, "receiver": None})
    answers: dict[str, dict[str, object]] = {
        "a": {"who": {"sender": "Ann", "receiver": None}, "log": ["opened", "sent"]},
        "b": {"who": {"sender": None, "receiver": "Bob"}, "log": ["opened", "received"]},
        "c": {"note": "seen"},
    }
    for name in order:
        assert world.waiting != ["after"]
        world.go(name, **answers[name])
    assert world.waiting == ["after"]
    assert world.data["who"] == {"sender": "Ann", "receiver": "Bob"}
    assert sorted(world.data["log"]) == ["opened", "received", "sent"]
    assert world.data["note"] == "seen"


def test_two_branches_that_disagree_are_refused_with_both_values() -> None:
    world = World(parallel("a", "b")).start(level=1).go("a", level=2)
    with pytest.raises(Conflict, match="level") as caught:
        world.go("b", level=3)
    assert {caught.value.params["first"], caught.value.params["second"]} == {2, 3}


def test_the_same_change_in_both_branches_is_no_conflict() -> None:
    assert World(parallel("a", "b")).start(level=1).go("a", level=2).go("b", level=2).data["level"] == 2


def test_a_number_and_a_boolean_are_a_conflict_though_python_calls_them_equal() -> None:
    world = World(parallel("a", "b")).start().go("a", flag=True)
    with pytest.raises(Conflict):
        world.go("b", flag=1)


def test_nested_forks_merge_from_the_inside_out() -> None:
    nested = diagram(
        '<bpmn:startEvent id="s"/><bpmn:parallelGateway id="f1"/><bpmn:parallelGateway id="f2"/>'
        '<bpmn:userTask id="x"/><bpmn:userTask id="a"/><bpmn:userTask id="b"/><bpmn:userTask id="c"/>'
        '<bpmn:parallelGateway id="join"/><bpmn:endEvent id="e"/>'
        + flows("s > f1 > x > f2 > a > join", "f2 > b > join", "f1 > c > join > e")
    )
    world = World(nested).start(n=0).go("x", n=1).go("b").go("a", n=2).go("c", m=1)
    assert world.done
    assert world.data == {"n": 2, "m": 1}


def test_a_second_token_on_one_way_waits_for_the_next_round() -> None:
    """BPMN 2.0.2 §13.3.1: the join takes one token per way; excess tokens stay."""
    twice = diagram(
        '<bpmn:startEvent id="s"/><bpmn:parallelGateway id="f"/><bpmn:userTask id="a"/><bpmn:userTask id="b"/>'
        '<bpmn:exclusiveGateway id="m"/><bpmn:userTask id="c"/><bpmn:userTask id="d"/>'
        '<bpmn:parallelGateway id="join"/><bpmn:userTask id="after"/><bpmn:endEvent id="e"/>'
        + flows("s > f > a > m > d > join > after > e", "f > b > m", "f > c > join")
    )
    world = World(twice).start().go("a").go("b").go("d").go("d")
    assert world.waiting == ["c"]
    world.go("c")
    assert world.waiting == ["after"]
    with pytest.raises(Stuck, match="join"):
        world.go("after")  # the excess token still waits at the join, and nothing can come any more


def test_a_task_with_two_ways_out_forks() -> None:
    implicit = diagram(
        '<bpmn:startEvent id="s"/><bpmn:userTask id="a"/><bpmn:userTask id="b"/><bpmn:userTask id="c"/>'
        '<bpmn:endEvent id="e"/>' + flows("s > a > b > e", "a > c > e")
    )
    world = World(implicit).start().go("a")
    assert world.waiting == ["b", "c"]
    assert not world.go("b", x=1).done
    assert world.go("c", y=2).done
    assert world.data == {"x": 1, "y": 2}


def test_what_an_ended_branch_wrote_reaches_the_branches_that_go_on() -> None:
    two_ends = diagram(
        '<bpmn:startEvent id="s"/><bpmn:parallelGateway id="f"/><bpmn:userTask id="a"/><bpmn:userTask id="b"/>'
        '<bpmn:endEvent id="e1"/><bpmn:endEvent id="e2"/>' + flows("s > f > a > e1", "f > b > e2")
    )
    world = World(two_ends).start(n=0).go("a", found=1, n=5)
    assert world.data == {"found": 1, "n": 5}
    assert world.go("b", n=7).data == {"found": 1, "n": 7}


EVENTS = diagram(
    '<bpmn:startEvent id="s"/><bpmn:eventBasedGateway id="g"/>'
    f'<bpmn:intermediateCatchEvent id="answer">{message("answer")}</bpmn:intermediateCatchEvent>'
    f'<bpmn:intermediateCatchEvent id="late">{timer("Duration", "PT4H")}</bpmn:intermediateCatchEvent>'
    + script("thank", "=1", "thanked")
    + script("chase", "=1", "chased")
    + '<bpmn:endEvent id="e"/>'
    + flows("s > g > answer > thank > e", "g > late > chase > e"),
    messages=("answer",),
)


def test_the_first_event_wins_and_the_others_are_taken_back() -> None:
    world = World(EVENTS).start()
    assert world.waiting == ["answer", "late"]
    world.go("answer", stars=5)
    assert world.done
    assert world.waiting == []
    assert world.data == {"stars": 5, "thanked": 1}
    assert "p/g" in world.execution.passed
    assert "p/f-g-late" not in world.execution.passed


def test_the_timer_of_an_event_gateway_fires_at_its_moment() -> None:
    world = World(EVENTS).start()
    start = world.now
    world.fire()
    assert (world.now - start).total_seconds() == 4 * 3600
    assert world.data == {"chased": 1}


@pytest.mark.parametrize(
    ("border", "beside", "allowed"),
    [("", "Duration", True), ("", "message", False), ("t", "Duration", False)],
)
def test_a_receive_task_behind_an_event_gateway_stands_alone(border: str, beside: str, allowed: bool) -> None:
    """BPMN 2.0.2 §10.6.6: no message event beside it, no boundary events at it."""
    definition = message("n") if beside == "message" else timer("Duration", "PT1H")
    body = (
        '<bpmn:startEvent id="s"/><bpmn:eventBasedGateway id="g"/><bpmn:receiveTask id="t" messageRef="m-m"/>'
        f'{catch("c", definition)}<bpmn:endEvent id="e"/>' + flows("s > g > t > e", "g > c > e")
    )
    if border:
        body += f'<bpmn:boundaryEvent id="b" attachedToRef="t">{timer("Duration", "PT1M")}</bpmn:boundaryEvent>'
        body += flows("b > e")
    found = bpmn.read({"p.bpmn": diagram(body, messages=("m", "n"))}).findings
    errors = [(item.element, item.rule) for item in found if item.severity == "error"]
    assert errors == ([] if allowed else [("t", "gateway.events")])
