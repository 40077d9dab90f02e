"""Gateways and loops in odd places (BPMN 2.0.2 §10.3.8, §10.6, §13.3, §13.4)."""
# ruff: noqa: E501 - one diagram a line reads better

import pytest

from loopdesk.tests.engine.bpmn.sketch import (
    border,
    both,
    call,
    end,
    error,
    handler,
    logs,
    many,
    process,
    scope,
    start,
    task,
    throw,
    users,
    world,
)
from loopdesk.tests.engine.drawing import catch, flows, message, script, timer

CHOICE = '<bpmn:exclusiveGateway id="{}" default="{}"/>'


# --- gateways -------------------------------------------------------------------------------------------------------


def test_an_event_gateway_in_a_loop_waits_anew_each_time() -> None:
    body = (
        start()
        + '<bpmn:exclusiveGateway id="x"/><bpmn:eventBasedGateway id="g"/>'
        + catch("c", message("m"))
        + catch("d", timer("Duration", "PT1H"))
        + logs("a", "b")
        + end()
    )
    one = world(body + flows("s > x > g > c > a > x", "g > d > b > e"))
    for _ in range(3):
        assert one.go("c").waiting == ["c", "d"]
    assert one.fire().done
    assert (one.data["log"], one.waiting) == (["a", "a", "a", "b"], [])


def test_an_inclusive_loop_with_a_default_way_out() -> None:
    body = (
        start()
        + '<bpmn:exclusiveGateway id="x"/><bpmn:inclusiveGateway id="g" default="f-g-e"/><bpmn:inclusiveGateway id="j"/>'
        + logs("a", "b")
        + end()
    )
    one = world(body + flows("s > x > g >[=count(log) < 4] a > j > x", "g >[=count(log) < 2] b > j", "g > e"))
    assert one.done
    assert one.data["log"] == ["a", "b", "a", "a"]


def test_an_inclusive_join_does_not_wait_for_a_branch_that_ended_elsewhere() -> None:
    body = (
        start()
        + '<bpmn:inclusiveGateway id="g"/><bpmn:inclusiveGateway id="j"/>'
        + users("a", "b")
        + logs("c")
        + CHOICE.format("x", "f-x-e2")
        + end()
        + end("e2")
    )
    one = world(body + flows("s > g >[=true] a > j > c > e", "g >[=true] b > x >[=back] j", "x > e2"), back=False).go(
        "a"
    )
    assert one.waiting == ["b"]
    assert one.go("b").done
    assert one.data["log"] == ["c"]


def test_an_exclusive_merge_lets_each_token_through() -> None:
    one = world(
        start()
        + both("f")
        + '<bpmn:exclusiveGateway id="x"/>'
        + users("a", "b")
        + logs("c")
        + end()
        + flows("s > f > a > x > c > e", "f > b > x")
    )
    assert not one.go("a").done
    assert one.go("b").done
    assert one.data["log"] == ["c", "c"]


def test_a_join_in_each_instance_sees_its_own_tokens() -> None:
    inner = start("is") + both("f", "j") + users("a", "b") + script("c", "=append(log, item)", "log")
    inner += flows("is > f > a > j > c", "f > b > j")
    one = world(start() + scope("t", inner, more=many()) + end() + flows("s > t > e"), items=[1, 2])
    one.go("a").go("a")
    assert one.data["log"] == []
    assert one.go("b").go("b").done
    assert one.data["log"] == [1, 2]


def test_a_complex_gateway_in_a_loop_begins_anew() -> None:
    gate = '<bpmn:complexGateway id="g"><bpmn:activationCondition>=activationCount &gt;= 2</bpmn:activationCondition></bpmn:complexGateway>'
    body = (
        start()
        + '<bpmn:exclusiveGateway id="m"/>'
        + both("f")
        + users("a", "b", "c")
        + gate
        + logs("on")
        + CHOICE.format("x", "f-x-e")
        + end()
    )
    one = world(body + flows("s > m > f > a > g > on > x >[=count(log) < 2] m", "f > b > g", "f > c > g", "x > e"))
    one.go("a").go("b")
    assert (one.waiting, one.data["log"]) == (["a", "b", "c", "c"], ["on"])


def test_several_links_lead_to_one_end_in_a_loop() -> None:
    link = '<bpmn:linkEventDefinition name="far"/>'
    body = (
        start()
        + throw("l1", link)
        + throw("l2", link)
        + catch("c", link)
        + logs("a")
        + CHOICE.format("x", "f-x-e")
        + end()
    )
    one = world(body + flows("s > l1", "c > a > x >[=count(log) < 3] l2", "x > e"))
    assert one.data["log"] == ["a", "a", "a"]


# --- loops ----------------------------------------------------------------------------------------------------------

OUT = 'inputCollection="=items" inputElement="item" outputCollection="out" outputElement="=r"'


@pytest.mark.parametrize("settings", [OUT, 'outputCollection="out" outputElement="=r"'])
def test_none_of_nothing_goes_on_at_once_with_an_empty_list(settings: str) -> None:
    parts = "" if settings == OUT else "<bpmn:loopCardinality>0</bpmn:loopCardinality>"
    one = world(
        start()
        + task("t", many(settings, parts=parts))
        + border("b", "t", timer("Duration", "PT1H"))
        + logs("a")
        + end()
        + flows("s > t > a > e", "b > e"),
        items=[],
    )
    assert one.done
    assert (one.data["out"], one.data["log"], one.due) == ([], ["a"], {})


def test_results_stand_in_the_order_of_the_items() -> None:
    one = world(start() + task("t", many(OUT)) + end() + flows("s > t > e"), items=["a", "b", "c"])
    for ref, result in zip(sorted(one.waits, key=int, reverse=True), "cba", strict=True):
        one.resume(ref, r=result)
    assert (one.done, one.data["out"]) == (True, ["a", "b", "c"])


def test_enough_instances_end_the_others_and_begin_no_more() -> None:
    until = "<bpmn:completionCondition>=r = 1</bpmn:completionCondition>"
    for attributes, before in (('isSequential="true"', ["t"]), ("", ["t"] * 3)):
        one = world(
            start() + task("t", many(OUT, attributes, until)) + end() + flows("s > t > e"), items=["a", "b", "c"]
        )
        assert one.waiting == before
        assert one.go("t", r=1).done
        assert one.data["out"] == [1, None, None]


def test_instances_in_instances() -> None:
    inner = task(
        "i",
        many('inputCollection="=item" inputElement="one" outputCollection="row" outputElement="=one * 2"'),
        tag="task",
    )
    outer = scope(
        "t",
        start("is"),
        inner,
        flows("is > i"),
        more=many('inputCollection="=items" inputElement="item" outputCollection="out" outputElement="=row"'),
    )
    one = world(start() + outer + end() + flows("s > t > e"), items=[[1, 2], [3]])
    assert one.data["out"] == [[2, 4], [6]]


def test_a_called_process_for_each_item() -> None:
    called = process("q", start("qs"), script("qa", "=item * 2", "r"), end("qe"), flows("qs > qa > qe"))
    one = world(start() + call("t", "q", many(OUT)) + end() + flows("s > t > e"), more=called, items=[1, 2, 3])
    assert one.data["out"] == [2, 4, 6]


@pytest.mark.parametrize(
    ("attributes", "runs"),
    [
        ('loopMaximum="2"', 2),
        ('testBefore="true" loopMaximum="2"', 2),
        ('testBefore="true" loopMaximum="0"', 0),
        ('loopMaximum="1"', 1),
    ],
)
def test_a_maximum_of_rounds(attributes: str, runs: int) -> None:
    loop = f"<bpmn:standardLoopCharacteristics {attributes}><bpmn:loopCondition>=true</bpmn:loopCondition></bpmn:standardLoopCharacteristics>"
    one = world(
        start() + logs("t").replace("</bpmn:scriptTask>", loop + "</bpmn:scriptTask>") + end() + flows("s > t > e")
    )
    assert one.data["log"] == ["t"] * runs


def test_a_looping_scope_is_left_by_an_event_at_its_border_in_any_round() -> None:
    loop = "<bpmn:standardLoopCharacteristics><bpmn:loopCondition>=true</bpmn:loopCondition></bpmn:standardLoopCharacteristics>"
    inner = (
        start("is")
        + users("u")
        + CHOICE.format("x", "f-x-ie")
        + end("ie")
        + end("ix", error("X"))
        + flows("is > u > x >[=stop] ix", "x > ie")
    )
    one = world(
        start()
        + scope("t", inner, more=loop)
        + border("b", "t", error("X"))
        + logs("out")
        + end()
        + flows("s > t > e", "b > out > e"),
        stop=False,
    )
    assert one.go("u").go("u").waiting == ["u"]
    assert one.go("u", stop=True).done
    assert one.data["log"] == ["out"]


def test_each_instance_has_its_own_handlers() -> None:
    inner = start("is") + users("u") + flows("is > u") + handler("h", message("m"), logs("seen"), flows("hs > seen"))
    one = world(start() + scope("t", inner, more=many()) + end() + flows("s > t > e"), items=[1, 2])
    assert one.waiting == ["hs", "hs", "u", "u"]
    assert one.go("hs").waiting == ["hs", "u"]
    assert one.go("u").done
