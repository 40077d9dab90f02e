"""Inclusive and complex gateways, implicit forks, conditions at activities, token quantities (BPMN 2.0.2 §13.3)."""
# ruff: noqa: E501 - one diagram a line reads better

from itertools import permutations

import pytest

from loopdesk.engine.errors import Conflict, Refused
from loopdesk.tests.engine.bpmn.world import World
from loopdesk.tests.engine.drawing import diagram, flows, script, timer


def tasks(names: str, tag: str = "userTask") -> str:
    return "".join(f'<bpmn:{tag} id="{name}"/>' for name in names)


OR = diagram(
    '<bpmn:startEvent id="s"/><bpmn:inclusiveGateway id="g" default="f-g-c"/><bpmn:inclusiveGateway id="j"/>'
    + tasks("abcx")
    + '<bpmn:endEvent id="e"/>'
    + flows("s > g >[=n > 1] a > j > x > e", "g >[=n > 2] b > j", "g > c > j")
)


@pytest.mark.parametrize(("n", "taken"), [(3, ["a", "b"]), (2, ["a"]), (1, ["c"])])
def test_all_true_ways_are_taken_else_the_default_and_the_join_waits_for_just_those(n: int, taken: list[str]) -> None:
    for order in permutations(taken):
        world = World(OR).start(n=n)
        assert world.waiting == taken
        for name in order:
            assert "x" not in world.waiting
            world.go(name, **{name: 1})
        assert world.waiting == ["x"]
        assert world.data == {"n": n} | dict.fromkeys(taken, 1)
        assert world.go("x").done


def test_no_true_way_and_no_default_is_refused() -> None:
    file = OR.replace(b' default="f-g-c"', b"").replace(
        b'targetRef="c">', b'targetRef="c"><bpmn:conditionExpression>=false</bpmn:conditionExpression>'
    )
    with pytest.raises(Refused) as caught:
        World(file).start(n=0)
    assert caught.value.place == "p/g"


def test_a_conflict_at_an_inclusive_join_shows_both_values() -> None:
    world = World(OR).start(n=3).go("a", m=1)
    with pytest.raises(Conflict) as caught:
        world.go("b", m=2)
    assert {caught.value.params["first"], caught.value.params["second"]} == {1, 2}


UNSTRUCTURED = diagram(
    '<bpmn:startEvent id="s"/><bpmn:parallelGateway id="f"/><bpmn:exclusiveGateway id="g" default="f-g-out"/><bpmn:inclusiveGateway id="j"/>'
    + tasks("abx")
    + '<bpmn:endEvent id="out"/><bpmn:endEvent id="e"/>'
    + flows("s > f > a > j > x > e", "f > b > g", "g >[=go] j", "g > out")
)


def test_a_join_waits_while_a_token_can_still_reach_it() -> None:
    """BPMN 2.0.2 §13.3.3: unstructured; the other branch may come or may end elsewhere."""
    world = World(UNSTRUCTURED).start().go("a", go=True)
    assert world.waiting == ["b"], "b can still reach the join"
    assert world.go("b").waiting == ["x"]
    assert World(UNSTRUCTURED).start().go("a").go("b", go=False).waiting == ["x"]
    world = World(UNSTRUCTURED).start().go("b", go=False)
    assert world.go("a").waiting == ["x"]


def test_a_boundary_event_that_leads_to_the_join_counts() -> None:
    late = f'<bpmn:boundaryEvent id="late" attachedToRef="b">{timer("Duration", "PT1H")}</bpmn:boundaryEvent>'
    file = diagram(
        '<bpmn:startEvent id="s"/><bpmn:parallelGateway id="f"/><bpmn:inclusiveGateway id="j"/>' + tasks("abx") + late
        + '<bpmn:endEvent id="out"/>' + flows("s > f > a > j > x", "f > b > out", "late > j")
    )  # fmt: skip
    world = World(file).start().go("a")
    assert world.waiting == ["b", "late"]
    assert world.fire().waiting == ["x"]
    assert World(file).start().go("a").go("b").waiting == ["x"]


def test_a_loop_back_behind_the_join_does_not_hold_it() -> None:
    """§13.3.3: paths that pass through the gateway itself do not count."""
    file = diagram(
        '<bpmn:startEvent id="s"/><bpmn:inclusiveGateway id="j"/>' + tasks("ax") + '<bpmn:exclusiveGateway id="g" default="f-g-e"/><bpmn:endEvent id="e"/>'
        + flows("s > a > j > x > g", "g >[=again] j", "g > e")
    )  # fmt: skip
    world = World(file).start().go("a")
    assert world.waiting == ["x"]
    assert world.go("x", again=True).waiting == ["x"]
    assert world.go("x", again=False).done


def test_a_join_in_a_sub_process_does_not_look_outside() -> None:
    inside = (
        '<bpmn:startEvent id="is"/><bpmn:parallelGateway id="f"/><bpmn:inclusiveGateway id="j"/>'
        + tasks("abx")
        + flows("is > f > a > j > x", "f > b > j")
    )
    file = diagram(
        f'<bpmn:startEvent id="s"/><bpmn:subProcess id="sub">{inside}</bpmn:subProcess><bpmn:userTask id="y"/>'
        + flows("s > sub", "s > y")
    )
    world = World(file).start().go("a")
    assert world.waiting == ["b", "y"]
    assert world.go("b").waiting == ["x", "y"]


COMPLEX = diagram(
    '<bpmn:startEvent id="s"/><bpmn:parallelGateway id="f"/>' + tasks("abcxy")
    + '<bpmn:complexGateway id="j"><bpmn:activationCondition>=activationCount &gt;= 2</bpmn:activationCondition></bpmn:complexGateway>'
    + flows("s > f > a > j > x", "f > b > j", "f > c > j", "j >[=not(waitingForStart)] y")
)  # fmt: skip


def test_two_of_three_go_on_and_the_third_is_taken_silently() -> None:
    file = COMPLEX.replace(b"=not(waitingForStart)", b"=false")
    for order in permutations("abc"):
        world = World(file).start().go(order[0])
        assert "x" not in world.waiting
        world.go(order[1])
        assert world.waiting == sorted([order[2], "x"])
        assert world.go(order[2], late=1).waiting == ["x"]
        assert world.go("x").done
        assert world.data["late"] == 1


def test_a_way_may_be_meant_for_what_comes_later() -> None:
    """BPMN 2.0.2 §13.3.5: ``waitingForStart`` tells the two phases apart."""
    world = World(COMPLEX).start().go("a").go("b")
    assert world.waiting == ["c", "x"]
    assert world.go("c").waiting == ["x", "y"]


def test_a_complex_gateway_begins_anew_after_its_reset() -> None:
    file = diagram(
        '<bpmn:startEvent id="s"/><bpmn:exclusiveGateway id="m"/><bpmn:parallelGateway id="f"/><bpmn:exclusiveGateway id="g" default="f-g-e"/>' + tasks("abx")
        + '<bpmn:complexGateway id="j"><bpmn:activationCondition>=activationCount = 1</bpmn:activationCondition></bpmn:complexGateway><bpmn:endEvent id="e"/>'
        + flows("s > m > f > a > j > x > g", "f > b > j", "g >[=again] m", "g > e")
    )  # fmt: skip
    world = World(file).start().go("a").go("b").go("x", again=True)
    assert world.waiting == ["a", "b"]
    assert world.go("b").waiting == ["a", "x"]
    assert world.go("a").go("x", again=False).done


def test_conditions_and_defaults_at_activities() -> None:
    """BPMN 2.0.2 §8.3.13: an activity takes all flows whose condition is true, the default when none is."""
    file = diagram(
        '<bpmn:startEvent id="s"/><bpmn:task id="t" default="f-t-c"/>'
        + tasks("abc")
        + flows("s > t >[=n > 1] a", "t >[=n > 2] b", "t > c")
    )
    assert World(file).start(n=3).waiting == ["a", "b"]
    assert World(file).start(n=2).waiting == ["a"]
    assert World(file).start(n=1).waiting == ["c"]


def test_a_flow_without_condition_is_always_taken() -> None:
    file = diagram('<bpmn:startEvent id="s"/><bpmn:task id="t"/>' + tasks("ab") + flows("s > t >[=n > 1] a", "t > b"))
    assert World(file).start(n=3).waiting == ["a", "b"]
    assert World(file).start(n=1).waiting == ["b"]


def test_an_activity_with_nothing_open_is_refused() -> None:
    file = diagram(
        '<bpmn:startEvent id="s"/><bpmn:task id="t" name="Look"/>'
        + tasks("ab")
        + flows("s > t >[=n > 1] a", "t >[=n > 2] b")
    )
    with pytest.raises(Refused, match="Look"):
        World(file).start(n=1)


def test_two_ways_into_a_task_run_it_twice() -> None:
    """BPMN 2.0.2 §13.2.1: an uncontrolled merge."""
    file = diagram('<bpmn:startEvent id="s"/>' + tasks("abx") + flows("s > a > x", "s > b > x"))
    world = World(file).start().go("a").go("b")
    assert world.waiting == ["x", "x"]
    assert not world.go("x").done
    assert world.go("x").done


def test_a_task_waits_for_its_start_quantity() -> None:
    file = diagram(
        '<bpmn:startEvent id="s"/>'
        + tasks("ab")
        + '<bpmn:userTask id="x" startQuantity="2"/>'
        + flows("s > a > x", "s > b > x")
    )
    world = World(file).start().go("a", n=1)
    assert world.waiting == ["b"]
    assert world.go("b", m=2).waiting == ["x"]
    assert world.data == {"n": 1, "m": 2}
    assert world.go("x").done


def test_a_task_gives_its_completion_quantity() -> None:
    file = diagram(
        '<bpmn:startEvent id="s"/><bpmn:task id="a" completionQuantity="3"/><bpmn:userTask id="x" startQuantity="2"/><bpmn:userTask id="y"/>'
        + flows("s > a > y > x")
    )
    world = World(file).start()
    assert world.waiting == ["y", "y", "y"]
    world.go("y").go("y")
    assert world.waiting == ["x", "y"]


def test_a_branch_that_ends_and_one_that_runs_must_not_disagree() -> None:
    """A real conflict is an incident that shows both values, also with a branch that still runs."""
    file = diagram(
        '<bpmn:startEvent id="s"/>' + tasks("abc") + '<bpmn:endEvent id="e"/>' + flows("s > a > e", "s > b > c > e")
    )
    world = World(file).start(n=0, who={}, log=[]).go("b", n=1, who={"b": 1}, log=["b"])
    with pytest.raises(Conflict) as caught:
        world.go("a", n=2)
    assert {caught.value.params["first"], caught.value.params["second"]} == {1, 2}
    world = (
        World(file)
        .start(n=0, who={}, log=[])
        .go("b", n=1, who={"b": 1}, log=["b"])
        .go("a", n=1, who={"a": 1}, log=["a"])
    )
    assert world.data == {"n": 1, "who": {"a": 1, "b": 1}, "log": ["b", "a"]}


def test_data_that_ends_beside_an_inclusive_join_is_kept() -> None:
    file = diagram(
        '<bpmn:startEvent id="s"/><bpmn:parallelGateway id="f"/><bpmn:inclusiveGateway id="j"/>' + script("a", "=1", "m") + tasks("bcx")
        + '<bpmn:endEvent id="out"/>' + flows("s > f > a > out", "f > b > j > x", "f > c > j")
    )  # fmt: skip
    assert World(file).start().go("b", n=1).go("c", k=2).data == {"m": 1, "n": 1, "k": 2}
