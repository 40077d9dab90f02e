"""Signals inside the instance that throws them (BPMN 2.0.2 §10.5.5)."""

from loopdesk.tests.engine.bpmn.sketch import (
    border,
    both,
    call,
    end,
    handler,
    logs,
    process,
    scope,
    signal,
    start,
    throw,
    users,
    world,
)
from loopdesk.tests.engine.bpmn.test_standard_scopes import AFTER
from loopdesk.tests.engine.drawing import flows


def test_a_signal_may_end_the_very_scope_that_throws_it() -> None:
    inner = start("is") + throw("it", signal("news")) + logs("never") + flows("is > it > never")
    one = world(start() + scope("t", inner) + border("b", "t", signal("news")) + AFTER)
    assert one.done
    assert one.data["log"] == ["caught"]


def test_a_signal_starts_a_handler_beside_who_throws_it() -> None:
    inner = (
        start("is")
        + throw("it", signal("news"))
        + logs("on")
        + flows("is > it > on")
        + handler("h", signal("news"), logs("heard"), flows("hs > heard"), cancel=False)
    )
    one = world(start() + scope("t", inner) + end() + flows("s > t > e"))
    assert one.done
    assert sorted(one.data["log"]) == ["heard", "on"]


def test_a_signal_is_heard_in_a_parallel_branch_and_in_a_called_process() -> None:
    called = process(
        "q",
        start("qs"),
        '<bpmn:intermediateCatchEvent id="qc">' + signal("news") + "</bpmn:intermediateCatchEvent>",
        logs("qx"),
        flows("qs > qc > qx"),
    )
    one = world(
        start()
        + both("f")
        + call("t", "q")
        + throw("st", signal("news"))
        + users("u")
        + end()
        + flows("s > f > t > e", "f > u > st > e"),
        more=called,
    )
    assert one.waiting == ["qc", "u"]
    assert one.go("u").done
    assert one.data["log"] == ["qx"]
