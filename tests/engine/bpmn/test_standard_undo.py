"""Compensation and transactions in odd places (BPMN 2.0.2 §10.6, §10.3.5, §13.5.5)."""

from loopdesk.tests.engine.bpmn.sketch import (
    CANCEL,
    UNDO,
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
    throw,
    undoable,
    users,
    world,
)
from loopdesk.tests.engine.drawing import flows, message

BACK = throw("back", UNDO) + end()
IN_ONE = start("is") + undoable("a", "b") + end("ie") + flows("is > a > b > ie")


def test_a_completed_sub_process_is_undone_from_its_end() -> None:
    one = world(start() + scope("t", IN_ONE) + logs("c") + BACK + flows("s > t > c > back > e"))
    assert one.data["log"] == ["a", "b", "c", "u-b", "u-a"]


def test_each_instance_of_a_sub_process_is_undone_the_latest_first() -> None:
    inner = (
        start("is")
        + undoable("a").replace("&quot;a&quot;", "string(item)").replace("&quot;u-a&quot;", "string(-item)")
        + flows("is > a")
    )
    one = world(
        start() + scope("t", inner, more=many(attributes='isSequential="true"')) + BACK + flows("s > t > back > e"),
        items=[1, 2, 3],
    )
    assert one.data["log"] == ["1", "2", "3", "-3", "-2", "-1"]


def test_a_called_process_is_undone_by_its_own_handlers() -> None:
    called = process("q", start("qs"), undoable("a", "b"), end("qe"), flows("qs > a > b > qe"))
    one = world(start() + call("t", "q") + BACK + flows("s > t > back > e"), more=called)
    assert one.data["log"] == ["a", "b", "u-b", "u-a"]


def test_branches_are_undone_in_reverse_of_how_they_were_completed() -> None:
    one = world(
        start()
        + both("f", "j")
        + undoable("a", "b", waits=True)
        + undoable("c")
        + BACK
        + flows("s > f > a > j > c > back > e", "f > b > j")
    )
    assert one.go("b").go("a").data["log"] == ["c", "u-c", "u-a", "u-b"]


def test_what_runs_or_never_ran_is_not_undone() -> None:
    body = (
        start()
        + both("f")
        + undoable("a")
        + undoable("b", waits=True)
        + undoable("c")
        + '<bpmn:exclusiveGateway id="x" default="f-x-j"/><bpmn:task id="j"/>'
    )
    one = world(body + BACK + end("e2") + flows("s > f > a > x >[=false] c > j > back > e", "x > j", "f > b > e2"))
    assert one.data["log"] == ["a", "u-a"]
    assert one.go("b").done
    assert one.data["log"] == ["a", "u-a"]


def test_what_was_undone_is_undone_only_once() -> None:
    again = throw("again", UNDO)
    one = world(
        start()
        + undoable("a")
        + throw("back", '<bpmn:compensateEventDefinition activityRef="a"/>')
        + again
        + end()
        + flows("s > a > back > again > e")
    )
    assert one.data["log"] == ["a", "u-a"]


def test_an_activity_that_ran_twice_is_undone_twice() -> None:
    loop = '<bpmn:exclusiveGateway id="x" default="f-x-back"/><bpmn:exclusiveGateway id="m"/>'
    one = world(start() + undoable("a") + loop + BACK + flows("s > m > a > x >[=count(log) < 2] m", "x > back > e"))
    assert one.data["log"] == ["a", "a", "u-a", "u-a"]


def test_a_compensation_handler_of_a_scope_decides_what_inside_is_undone() -> None:
    chosen = '<bpmn:compensateEventDefinition activityRef="a"/>'
    how = handler("h", UNDO, logs("first"), throw("ht", chosen), logs("last"), flows("hs > first > ht > last"))
    one = world(start() + scope("t", IN_ONE, how) + BACK + flows("s > t > back > e"))
    assert one.data["log"] == ["a", "b", "first", "u-a", "last"]


def test_scopes_in_scopes_are_undone_by_the_handlers_that_they_have() -> None:
    inner = scope("i", IN_ONE, handler("h", UNDO, logs("inner"), throw("ht", UNDO), flows("hs > inner > ht")))
    outer = scope("t", start("os"), inner, undoable("c"), flows("os > i > c"))
    one = world(start() + outer + BACK + flows("s > t > back > e"))
    assert one.data["log"] == ["a", "b", "c", "u-c", "inner", "u-b", "u-a"]


def test_an_error_in_a_handler_goes_to_who_stands_around_the_throwing_event() -> None:
    failing = scope("u-a", start("us"), end("ue", error("X")), flows("us > ue"), attributes='isForCompensation="true"')
    activity = (
        logs("a") + border("b-a", "a", UNDO) + failing + '<bpmn:association id="as" sourceRef="b-a" targetRef="u-a"/>'
    )
    inner = start("is") + activity + throw("back", UNDO) + logs("never") + flows("is > a > back > never")
    one = world(
        start()
        + scope("t", inner)
        + border("b", "t", error("X"))
        + logs("caught")
        + end()
        + flows("s > t > e", "b > caught > e")
    )
    assert one.done
    assert one.data["log"] == ["a", "caught"]


def test_a_handler_may_be_a_sub_process_in_which_people_work() -> None:
    undo = scope("u-a", start("us"), users("w"), flows("us > w"), attributes='isForCompensation="true"')
    activity = (
        logs("a") + border("b-a", "a", UNDO) + undo + '<bpmn:association id="as" sourceRef="b-a" targetRef="u-a"/>'
    )
    one = world(start() + activity + BACK + flows("s > a > back > e"))
    assert one.waiting == ["w"]
    assert one.go("w", done=True).done
    assert one.data["done"] is True


def test_a_handler_beside_may_undo_what_its_process_did() -> None:
    undo = handler("h", message("m"), throw("ht", UNDO), flows("hs > ht"), cancel=False)
    one = world(start() + undoable("a") + users("v") + end() + flows("s > a > v > e") + undo).go("hs")
    assert one.go("v").done
    assert one.data["log"] == ["a", "u-a"]


SORRY = logs("sorry", "fine") + end() + flows("s > t > fine > e", "b > sorry > e")


def test_a_cancelled_transaction_ends_what_runs_and_undoes_what_is_done() -> None:
    inner = (
        start("is")
        + both("f")
        + undoable("a")
        + users("ask", "long")
        + end("ie", CANCEL)
        + flows("is > f > a > ask > ie", "f > long")
    )
    one = world(start() + scope("t", inner, tag="transaction") + border("b", "t", CANCEL) + SORRY)
    assert one.waiting == ["ask", "long"]
    assert one.go("ask").done
    assert (one.waiting, one.data["log"]) == ([], ["a", "u-a", "sorry"])


def test_an_error_in_a_transaction_is_a_hazard_which_undoes_nothing() -> None:
    inner = start("is") + undoable("a") + end("ie", error("X")) + flows("is > a > ie")
    one = world(start() + scope("t", inner, tag="transaction") + border("b", "t", error("X")) + SORRY)
    assert one.data["log"] == ["a", "sorry"]


def test_a_completed_transaction_can_be_undone_later() -> None:
    one = world(start() + scope("t", IN_ONE, tag="transaction") + BACK + flows("s > t > back > e"))
    assert one.data["log"] == ["a", "b", "u-b", "u-a"]


def test_a_transaction_inside_one_cancels_only_itself() -> None:
    inner = scope("i", start("is"), undoable("c"), end("ie", CANCEL), flows("is > c > ie"), tag="transaction")
    outer = (
        start("os") + undoable("a") + inner + border("ib", "i", CANCEL) + logs("on") + flows("os > a > i", "ib > on")
    )
    one = world(start() + scope("t", outer, tag="transaction") + border("b", "t", CANCEL) + SORRY)
    assert one.data["log"] == ["a", "c", "u-c", "on", "fine"]
