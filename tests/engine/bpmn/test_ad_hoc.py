"""Ad hoc sub-processes (BPMN 2.0.2 §10.3.5, §13.3.5): no fixed order, completed by a condition."""

import pytest

from loopdesk.engine.errors import Invalid
from loopdesk.tests.engine.bpmn.world import World
from loopdesk.tests.engine.drawing import diagram, extended, flows


def ad_hoc(attributes: str = "", condition: str = "", inside: str = "", more: str = "") -> bytes:
    tasks = "".join(f'<bpmn:userTask id="{name}"/>' for name in "abc")
    done = f"<bpmn:completionCondition>{condition}</bpmn:completionCondition>" if condition else ""
    sub = f'<bpmn:adHocSubProcess id="t" {attributes}>{more}{inside or tasks}{done}</bpmn:adHocSubProcess>'
    return diagram(
        f'<bpmn:startEvent id="s"/>{sub}<bpmn:userTask id="after"/><bpmn:endEvent id="e"/>' + flows("s > t > after > e")
    )


def test_without_a_condition_all_activities_run_in_any_order() -> None:
    world = World(ad_hoc()).start()
    assert world.waiting == ["a", "b", "c"]
    world.go("c", n=1).go("a", m=2)
    assert world.waiting == ["b"]
    assert world.go("b").waiting == ["after"]
    assert world.data == {"n": 1, "m": 2}


def test_one_after_the_other() -> None:
    world = World(ad_hoc('ordering="Sequential"')).start()
    for name in "abc":
        assert world.waiting == [name]
        world.go(name, last=name)
    assert world.waiting == ["after"]
    assert world.data == {"last": "c"}


@pytest.mark.parametrize("ordering", ["Parallel", "Sequential"])
def test_a_condition_that_is_true_ends_the_rest(ordering: str) -> None:
    world = World(ad_hoc(f'ordering="{ordering}"', "=enough")).start(enough=False).go("a", n=1)
    assert "b" in world.waiting
    assert world.go("b", enough=True).waiting == ["after"]
    assert world.data == {"enough": True, "n": 1}


def test_what_runs_may_be_left_to_finish() -> None:
    inside = '<bpmn:userTask id="a"/><bpmn:userTask id="b"/><bpmn:userTask id="next"/>' + flows("a > next")
    world = World(ad_hoc('cancelRemainingInstances="false"', "=enough", inside)).start().go("a", enough=True)
    assert world.waiting == ["b"], "nothing new begins"
    assert world.go("b", n=1).waiting == ["after"]
    assert world.data == {"enough": True, "n": 1}


def test_activities_begin_anew_until_the_condition_is_true() -> None:
    """§10.3.5: an activity may be performed any number of times."""
    world = World(ad_hoc("", "=n &gt;= 2", '<bpmn:userTask id="a"/>')).start(n=0).go("a", n=1)
    assert world.waiting == ["a"]
    assert world.go("a", n=2).waiting == ["after"]


def test_flows_inside_are_followed() -> None:
    inside = '<bpmn:userTask id="a"/><bpmn:userTask id="b"/><bpmn:userTask id="c"/>' + flows("a > b")
    world = World(ad_hoc(inside=inside)).start()
    assert world.waiting == ["a", "c"]
    assert world.go("c").go("a").waiting == ["b"]
    assert world.go("b").waiting == ["after"]


def test_a_collection_says_which_activities_begin() -> None:
    more = extended('<zeebe:adHoc activeElementsCollection="=chosen"/>')
    assert World(ad_hoc(more=more)).start(chosen=["a", "c"]).waiting == ["a", "c"]
    assert World(ad_hoc(more=more)).start(chosen=[]).waiting == ["after"]
    world = World(ad_hoc('ordering="Sequential"', more=more)).start(chosen=["c", "a"])
    assert world.waiting == ["c"]
    assert world.go("c").waiting == ["a"]
    with pytest.raises(Invalid, match="lost") as caught:
        World(ad_hoc(more=more)).start(chosen=["lost"])
    assert caught.value.place == "p/t"


def test_outputs_are_all_that_leaves_it() -> None:
    more = extended('<zeebe:ioMapping><zeebe:output source="=n + 1" target="result"/></zeebe:ioMapping>')
    world = World(ad_hoc("", "=n &gt;= 2", '<bpmn:userTask id="a"/>', more)).start(n=0).go("a", n=1).go("a", n=2)
    assert world.data == {"n": 0, "result": 3}
