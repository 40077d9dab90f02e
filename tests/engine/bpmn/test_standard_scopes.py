"""Scopes against each other: event sub-processes, borders, errors, escalations, ends (BPMN 2.0.2 §10.3.5, §10.5, §13.5)."""
# ruff: noqa: E501 - one diagram a line reads better

from loopdesk.tests.engine.bpmn.sketch import (
    TERMINATE,
    border,
    both,
    call,
    end,
    error,
    escalation,
    handler,
    logs,
    many,
    process,
    scope,
    start,
    throw,
    users,
    world,
)
from loopdesk.tests.engine.drawing import flows, message, timer

HOUR = timer("Duration", "PT1H")
FAILS = start("is") + users("u") + end("ie", error("X")) + flows("is > u > ie")
AFTER = logs("fine", "caught") + end() + flows("s > t > fine > e", "b > caught > e")


def test_an_event_sub_process_inside_comes_before_the_event_at_the_border() -> None:
    one = world(
        start()
        + scope("t", FAILS, handler("h", error("X"), logs("inner"), flows("hs > inner")))
        + border("b", "t", error("X"))
        + AFTER
    )
    assert one.go("u").done
    assert one.data["log"] == ["inner", "fine"]


def test_what_a_handler_throws_itself_is_caught_outside() -> None:
    one = world(
        start()
        + scope("t", FAILS, handler("h", error("X"), logs("inner"), end("he", error("X")), flows("hs > inner > he")))
        + border("b", "t", error("X"))
        + AFTER
    )
    assert one.go("u").done
    assert one.data["log"] == ["inner", "caught"]


def test_a_handler_beside_keeps_its_scope_open() -> None:
    inner = (
        start("is")
        + users("u")
        + flows("is > u")
        + handler("h", message("m"), users("v"), flows("hs > v"), cancel=False)
    )
    one = world(start() + scope("t", inner) + end() + flows("s > t > e")).go("hs").go("hs").go("u")
    assert one.waiting == ["hs", "v", "v"]
    assert not one.go("v").done
    assert one.go("v").done


def test_an_event_at_the_border_ends_the_handlers_inside_too() -> None:
    inner = (
        start("is")
        + users("u")
        + flows("is > u")
        + handler("h", message("m"), users("v"), flows("hs > v"), cancel=False)
    )
    one = world(start() + scope("t", inner) + border("b", "t", HOUR) + AFTER).go("hs")
    assert one.fire().done
    assert (one.waiting, one.data["log"]) == ([], ["caught"])


def test_an_interrupting_handler_of_the_process_ends_all_else_and_listens_no_more() -> None:
    other = handler("g", message("n"), users("w"), flows("gs > w"))
    one = world(
        start()
        + both("f")
        + users("u", "v")
        + flows("s > f > u", "f > v")
        + handler("h", message("m"), users("x"), flows("hs > x"))
        + other
    )
    assert one.waiting == ["gs", "hs", "u", "v"]
    assert one.go("hs").waiting == ["x"]
    assert one.go("x").done


def test_handlers_inside_handlers() -> None:
    inner = handler("g", error("Y"), logs("deep"), flows("gs > deep"))
    one = world(
        start()
        + scope("t", FAILS, handler("h", error("X"), users("v"), end("he", error("Y")), flows("hs > v > he"), inner))
        + border("b", "t", error())
        + AFTER
    )
    assert one.go("u").go("v").done
    assert one.data["log"] == ["deep", "fine"]


def test_an_escalation_of_a_called_process_starts_something_beside_both() -> None:
    called = process("q", start("qs"), throw("qt", escalation("X")), users("qu"), end("qe"), flows("qs > qt > qu > qe"))
    one = world(start() + call("t", "q") + border("b", "t", escalation("X"), cancel=False) + AFTER, more=called)
    assert one.waiting == ["qu"]
    assert one.go("qu").done
    assert sorted(one.data["log"]) == ["caught", "fine"]


def test_an_escalation_goes_up_to_who_knows_it_and_is_caught_once() -> None:
    inner = scope("i", start("is"), throw("it", escalation("X")), users("u"), flows("is > it > u"))
    middle = start("ms") + inner + border("ib", "i", error("X")) + logs("no") + flows("ms > i", "ib > no")
    one = world(
        start()
        + scope(
            "o",
            start("os"),
            scope("t", middle),
            border("b", "t", escalation("X"), cancel=False),
            logs("yes"),
            flows("os > t", "b > yes"),
        )
        + border("ob", "o", escalation("X"), cancel=False)
        + logs("not")
        + end()
        + flows("s > o > e", "ob > not")
    )
    assert one.go("u").done
    assert one.data["log"] == ["yes"]


def test_an_interrupting_escalation_ends_the_scope_that_threw_it_on_the_way() -> None:
    inner = start("is") + throw("it", escalation("X")) + logs("never") + flows("is > it > never")
    one = world(start() + scope("t", inner) + border("b", "t", escalation("X")) + AFTER)
    assert one.done
    assert one.data["log"] == ["caught"]


def test_the_event_that_names_the_code_comes_before_the_one_for_all_and_the_inner_before_the_outer() -> None:
    one = world(
        start()
        + scope("t", FAILS)
        + border("b", "t", error())
        + border("c", "t", error("X"))
        + logs("named")
        + AFTER
        + flows("c > named > e")
    )
    assert one.go("u").data["log"] == ["named"]


def test_an_error_of_a_called_process_passes_through_two_calls() -> None:
    second = process("r", start("rs"), end("re", error("X")), flows("rs > re"))
    first = process(
        "q",
        start("qs"),
        call("qc", "r"),
        border("qb", "qc", error("Y")),
        logs("no"),
        end("qe"),
        flows("qs > qc > qe", "qb > no"),
    )
    one = world(start() + call("t", "q") + border("b", "t", error("X")) + AFTER, more=first + second)
    assert one.done
    assert one.data["log"] == ["caught"]


def test_a_terminate_event_ends_its_own_scope_only() -> None:
    inner = start("is") + both("f") + users("u", "v") + end("ie", TERMINATE) + flows("is > f > u > ie", "f > v")
    one = world(start() + scope("t", inner) + logs("fine") + end() + flows("s > t > fine > e"))
    assert one.go("u").done
    assert one.data["log"] == ["fine"]


def test_a_terminate_event_in_a_called_process_ends_the_call() -> None:
    called = process(
        "q", start("qs"), both("f"), users("qu", "qv"), end("qe", TERMINATE), flows("qs > f > qu > qe", "f > qv")
    )
    one = world(start() + call("t", "q") + users("v") + end() + flows("s > t > v > e"), more=called)
    assert one.go("qu").waiting == ["v"]


def test_a_terminate_event_in_one_instance_leaves_the_others() -> None:
    inner = start("is") + users("u", "v") + both("f") + end("ie", TERMINATE) + flows("is > f > u > ie", "f > v")
    one = world(start() + scope("t", inner, more=many()) + end() + flows("s > t > e"), items=[1, 2])
    assert one.go("u").waiting == ["u", "v"]
    assert one.go("u").done


def test_a_terminate_event_of_a_handler_beside_ends_the_handler() -> None:
    inner = (
        start("is")
        + users("u")
        + flows("is > u")
        + handler(
            "h",
            message("m"),
            both("f"),
            users("v", "w"),
            end("he", TERMINATE),
            flows("hs > f > v > he", "f > w"),
            cancel=False,
        )
    )
    one = world(start() + scope("t", inner) + end() + flows("s > t > e")).go("hs").go("v")
    assert one.waiting == ["hs", "u"]


def test_an_interrupted_call_takes_its_timers_and_messages_back() -> None:
    called = process(
        "q",
        start("qs"),
        both("f"),
        '<bpmn:receiveTask id="qr" messageRef="m-m"/>',
        users("qu"),
        border("qb", "qu", timer("Duration", "P1D")),
        flows("qs > f > qr", "f > qu", "qb > qx"),
        logs("qx"),
    )
    one = world(start() + call("t", "q") + border("b", "t", HOUR) + AFTER, more=called)
    assert one.fire().done
    assert (one.waiting, one.due, one.data["log"]) == ([], {}, ["caught"])


def test_an_error_of_one_instance_ends_all_and_leaves_by_the_border() -> None:
    one = world(start() + scope("t", FAILS, more=many()) + border("b", "t", error("X")) + AFTER, items=[1, 2, 3])
    assert one.waiting == ["u"] * 3
    assert one.go("u").done
    assert one.data["log"] == ["caught"]


def test_a_timer_at_the_border_of_many_is_set_once_and_ends_them_all() -> None:
    one = world(
        start() + scope("t", start("is"), users("u"), flows("is > u"), more=many()) + border("b", "t", HOUR) + AFTER,
        items=[1, 2, 3],
    )
    assert len(one.due) == 1
    assert one.go("u").fire().data["log"] == ["caught"]


def test_each_token_at_a_task_has_its_own_timer() -> None:
    one = world(
        start()
        + both("f")
        + '<bpmn:exclusiveGateway id="x"/>'
        + users("t")
        + border("b", "t", HOUR)
        + logs("fine", "caught")
        + end()
        + flows("s > f > x > t > fine > e", "f > x2 > x", "b > caught > e")
        + '<bpmn:task id="x2"/>'
    )
    assert len(one.due) == 2
    assert not one.go("t").done
    assert one.fire().done
    assert sorted(one.data["log"]) == ["caught", "fine"]
