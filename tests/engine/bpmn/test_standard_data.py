"""Data, conditions and ad hoc work in odd places (BPMN 2.0.2 §10.3.5, §10.4, §10.5.5)."""
# ruff: noqa: E501 - one diagram a line reads better

import pytest

from loopdesk.tests.engine.bpmn.sketch import (
    border,
    both,
    end,
    handler,
    logs,
    scope,
    start,
    users,
    world,
)
from loopdesk.tests.engine.drawing import condition, flows, script

# --- data and conditions --------------------------------------------------------------------------------------------


def test_data_associations_assign_and_transform() -> None:
    objects = '<bpmn:dataObject id="do1" name="order"/><bpmn:dataObjectReference id="r1" name="order" dataObjectRef="do1"/><bpmn:dataObject id="do2" name="sum"/><bpmn:dataObjectReference id="r2" name="sum" dataObjectRef="do2"/>'
    inputs = '<bpmn:dataInputAssociation id="ia"><bpmn:sourceRef>r1</bpmn:sourceRef><bpmn:targetRef>di</bpmn:targetRef><bpmn:assignment><bpmn:from>=order.price</bpmn:from><bpmn:to>price</bpmn:to></bpmn:assignment></bpmn:dataInputAssociation>'
    outputs = '<bpmn:dataOutputAssociation id="oa"><bpmn:sourceRef>dx</bpmn:sourceRef><bpmn:targetRef>r2</bpmn:targetRef><bpmn:transformation>=price * 2</bpmn:transformation></bpmn:dataOutputAssociation>'
    inner = (
        '<bpmn:ioSpecification id="io"><bpmn:dataInput id="di" name="price"/><bpmn:dataOutput id="dx" name="x"/><bpmn:inputSet/><bpmn:outputSet/></bpmn:ioSpecification>'
        + inputs
        + outputs
    )
    work = script("t", "=price + 1", "price").replace("</bpmn:scriptTask>", inner + "</bpmn:scriptTask>")
    one = world(start() + objects + work + end() + flows("s > t > e"), order={"price": 4})
    assert one.data["sum"] == 10


def test_a_condition_at_the_border_sees_what_a_parallel_branch_writes() -> None:
    body = (
        start() + both("f") + users("u", "w") + border("b", "u", condition("=x = 1")) + logs("fine", "caught") + end()
    )
    one = world(body + flows("s > f > u > fine > e", "f > w > e", "b > caught > e"), x=0)
    assert one.go("w", x=1).done
    assert one.data["log"] == ["caught"]


def test_a_condition_beside_comes_again_after_it_was_false() -> None:
    body = (
        start()
        + users("u", "v", "w", "y")
        + end()
        + flows("s > u > v > w > y > e")
        + handler("h", condition("=x = 1"), logs("seen"), flows("hs > seen"), cancel=False)
    )
    one = world(body, x=1).go("u", x=1).go("v", x=0).go("w", x=1).go("y")
    assert one.done
    assert one.data["log"] == ["seen", "seen"]


# --- ad hoc ---------------------------------------------------------------------------------------------------------


def ad_hoc(attributes: str, until: str, *parts: str) -> str:
    return scope(
        "t",
        *parts,
        f"<bpmn:completionCondition>{until}</bpmn:completionCondition>",
        tag="adHocSubProcess",
        attributes=attributes,
    )


def test_an_ad_hoc_sequence_ends_when_it_is_told_to() -> None:
    one = world(
        start() + ad_hoc('ordering="Sequential"', "=count(log) = 2", logs("a", "b", "c")) + end() + flows("s > t > e")
    )
    assert (one.done, one.data["log"]) == (True, ["a", "b"])


@pytest.mark.parametrize(("cancels", "left"), [("true", []), ("false", ["b", "c"])])
def test_an_ad_hoc_scope_ends_or_awaits_what_still_runs(cancels: str, left: list[str]) -> None:
    one = world(
        start()
        + ad_hoc(f'cancelRemainingInstances="{cancels}"', "=done", users("a", "b", "c"))
        + end()
        + flows("s > t > e"),
        done=False,
    )
    assert one.waiting == ["a", "b", "c"]
    assert one.go("a", done=True).waiting == left


def test_flows_inside_an_ad_hoc_scope_are_followed() -> None:
    one = world(
        start() + ad_hoc("", "=count(log) = 3", logs("a", "b", "c"), flows("a > b")) + end() + flows("s > t > e")
    )
    assert one.done
    assert sorted(one.data["log"]) == ["a", "b", "c"]


def test_a_scope_without_start_event_begins_at_all_that_nothing_leads_to() -> None:
    one = world(start() + scope("t", users("a", "b"), logs("c"), flows("a > c")) + end() + flows("s > t > e"))
    assert one.waiting == ["a", "b"]
    assert one.go("a").go("b").done
