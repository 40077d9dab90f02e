"""Events that throw or catch several things at once, whatever they are (BPMN 2.0.2 §10.5.3, tables 10.88 to 10.93)."""
# ruff: noqa: E501 - one diagram a line reads better

import pytest

from loopdesk.engine import bpmn
from loopdesk.tests.engine.bpmn.test_compensation import INSIDE
from loopdesk.tests.engine.bpmn.world import START as MORNING
from loopdesk.tests.engine.bpmn.world import World
from loopdesk.tests.engine.drawing import catch, coded, diagram, flows, message, script, timer

START, END = '<bpmn:startEvent id="s"/>', '<bpmn:endEvent id="e"/>'
MORE = '<bpmn:error id="e-X" errorCode="X"/><bpmn:escalation id="c-X" escalationCode="X"/><bpmn:signal id="s-news" name="news"/>'
UNDO, CANCEL = "<bpmn:compensateEventDefinition/>", "<bpmn:cancelEventDefinition/>"
LINK = '<bpmn:linkEventDefinition name="far"/>'


def undoable(identity: str, kind: str = "scriptTask") -> str:
    """An activity that writes to the log, with its handler."""
    one, other = (script(name, f'=append(log, "{name}")', "log") for name in (identity, f"u-{identity}"))
    other = other.replace("<bpmn:scriptTask", '<bpmn:scriptTask isForCompensation="true"')
    event = f'<bpmn:boundaryEvent id="b-{identity}" attachedToRef="{identity}">{UNDO}</bpmn:boundaryEvent>'
    line = f'<bpmn:association id="as-{identity}" sourceRef="b-{identity}" targetRef="u-{identity}"/>'
    return (one + event + other + line).replace("scriptTask", kind)


def end(*definitions: str) -> str:
    return f'<bpmn:endEvent id="x">{"".join(definitions)}</bpmn:endEvent>'


def world(body: str) -> World:
    return World(diagram(body, messages=("hint",), more=MORE))


def test_a_multiple_end_event_compensates_and_tells() -> None:
    one = world(START + undoable("a") + end(UNDO, message("hint"), coded("signal", "news")) + flows("s > a > x")).start(
        log=[]
    )
    assert one.done
    assert (one.data["log"], one.thrown, one.signals) == (["a", "u-a"], [("hint", {})], [("news", {})])


def test_a_multiple_end_event_compensates_before_it_ends_the_rest() -> None:
    both = '<bpmn:parallelGateway id="f"/><bpmn:userTask id="other"/>'
    body = (
        START
        + undoable("a")
        + both
        + end("<bpmn:terminateEventDefinition/>", UNDO)
        + flows("s > a > f > x", "f > other")
    )
    one = world(body).start(log=[])
    assert one.done
    assert one.data["log"] == ["a", "u-a"]


def test_compensation_that_waits_is_awaited_before_the_error_is_thrown() -> None:
    inner = (
        '<bpmn:startEvent id="is"/>' + undoable("a", "userTask") + end(coded("error", "X"), UNDO) + flows("is > a > x")
    )
    catcher = f'<bpmn:boundaryEvent id="b" attachedToRef="t">{coded("error", "X")}</bpmn:boundaryEvent><bpmn:userTask id="after"/>'
    one = world(
        START + f'<bpmn:subProcess id="t">{inner}</bpmn:subProcess>' + catcher + END + flows("s > t > e", "b > after")
    ).start(log=[])
    assert one.go("a").waiting == ["u-a"]
    assert one.go("u-a").waiting == ["after"]
    assert one.go("after").done


def test_a_multiple_throw_event_goes_on_at_its_link() -> None:
    thrower = f'<bpmn:intermediateThrowEvent id="t">{LINK}{message("hint")}{UNDO}</bpmn:intermediateThrowEvent>'
    one = world(START + undoable("a") + thrower + catch("c", LINK) + END + flows("s > a > t", "c > e")).start(log=[])
    assert one.done
    assert one.thrown == [("hint", {})]
    assert one.data["log"] == ["a", "u-a"]


def linked(together: str) -> World:
    thrower = f'<bpmn:intermediateThrowEvent id="t">{LINK}</bpmn:intermediateThrowEvent>'
    event = catch("c", LINK + message("hint"), f'parallelMultiple="{together}"')
    return world(START + thrower + event + END + flows("s > t", "c > e")).start()


def test_a_link_among_several_triggers_is_the_first_to_come() -> None:
    assert linked("false").done


def test_a_link_among_parallel_triggers_leaves_the_others_to_wait_for() -> None:
    one = linked("true")
    assert one.waiting == ["c"]
    assert one.go("c").done


def transaction(boundary: str) -> World:
    inner = INSIDE + '<bpmn:userTask id="ask"/>' + end(CANCEL, message("hint")) + flows("a > ask > x")
    event = f'<bpmn:boundaryEvent id="b" attachedToRef="tx">{boundary}</bpmn:boundaryEvent><bpmn:userTask id="sorry"/>'
    follow = flows("b > sorry")
    body = (
        START
        + f'<bpmn:transaction id="tx">{inner}</bpmn:transaction>'
        + (event + follow if boundary else "")
        + '<bpmn:userTask id="fine"/>'
        + flows("s > tx > fine")
    )
    return world(body).start(log=[])


def test_a_multiple_end_event_cancels_its_transaction_and_tells() -> None:
    one = transaction(CANCEL).go("ask")
    assert one.waiting == ["sorry"]
    assert (one.thrown, one.data["log"]) == ([("hint", {})], ["a", "undo a"])


@pytest.mark.parametrize("by", ["ask", "b"])
def test_a_multiple_boundary_event_takes_a_cancellation_or_a_message(by: str) -> None:
    one = transaction(CANCEL + message("hint"))
    assert one.waiting == ["ask", "b"]
    assert one.go(by).waiting == ["sorry"]


def test_a_transaction_cancelled_without_a_cancel_event_is_undone_and_ends() -> None:
    one = transaction("").go("ask")
    assert one.done
    assert one.data["log"] == ["a", "undo a"]
    assert "p/fine" not in one.execution.passed


def test_a_boundary_event_may_wait_for_a_message_and_stand_for_compensation() -> None:
    activity = undoable("a", "userTask").replace(UNDO, UNDO + message("hint"))
    body = (
        START
        + activity
        + '<bpmn:userTask id="late"/>'
        + f'<bpmn:endEvent id="x">{UNDO}</bpmn:endEvent>'
        + flows("s > a > x", "b-a > late")
    )
    assert world(body).start(log=[]).go("b-a").waiting == ["late"]
    assert world(body).start(log=[]).go("a").waiting == ["u-a"]
    assert world(body).start(log=[]).go("a").go("u-a").done


def test_an_event_sub_process_may_begin_with_a_message_or_to_compensate() -> None:
    inner = '<bpmn:startEvent id="is"/><bpmn:userTask id="w"/><bpmn:endEvent id="ie"/>' + flows("is > w > ie")
    handler = (
        f'<bpmn:subProcess id="h" triggeredByEvent="true"><bpmn:startEvent id="hs" isInterrupting="true">{message("hint")}{UNDO}</bpmn:startEvent>'
         '<bpmn:userTask id="undo"/>' + flows("hs > undo") + "</bpmn:subProcess>"
    )  # fmt: skip
    body = (
        START
        + f'<bpmn:subProcess id="t">{inner}{handler}</bpmn:subProcess><bpmn:endEvent id="x">{UNDO}</bpmn:endEvent>'
        + flows("s > t > x")
    )
    assert world(body).start().go("hs").waiting == ["undo"]
    assert world(body).start().go("w").waiting == ["undo"]
    assert world(body).start().go("w").go("undo").done


def parallel(definition: str, *, cancel: str = "true") -> World:
    inner = (
        '<bpmn:startEvent id="is"/><bpmn:userTask id="u"/><bpmn:intermediateThrowEvent id="up">' + coded("escalation", "X")
        + '</bpmn:intermediateThrowEvent><bpmn:userTask id="v"/>' + end(coded("error", "X")) + flows("is > u > up > v > x")
    )  # fmt: skip
    event = f'<bpmn:boundaryEvent id="b" attachedToRef="t" parallelMultiple="true" cancelActivity="{cancel}">{definition}{message("hint")}</bpmn:boundaryEvent>'
    outer = f'<bpmn:boundaryEvent id="o" attachedToRef="t">{coded("error")}</bpmn:boundaryEvent><bpmn:userTask id="all"/><bpmn:userTask id="both"/>'
    return world(
        START
        + f'<bpmn:subProcess id="t">{inner}</bpmn:subProcess>'
        + event
        + outer
        + END
        + flows("s > t > e", "b > both", "o > all")
    ).start()


def test_parallel_triggers_may_be_an_escalation_and_a_message() -> None:
    one = parallel(coded("escalation", "X"), cancel="false").go("u")
    assert one.waiting == ["b", "v"]
    assert one.go("b").waiting == ["b", "both", "v"]
    assert parallel(coded("escalation", "X")).go("b").go("u").waiting == ["both"]


def test_an_error_is_the_last_of_parallel_triggers_or_goes_on() -> None:
    assert parallel(coded("error", "X")).go("b").go("u").go("v").waiting == ["both"]
    assert parallel(coded("error", "X")).go("u").go("v").waiting == ["all"]


def test_what_could_never_come_together_is_refused() -> None:
    event = f'<bpmn:boundaryEvent id="b" attachedToRef="a" parallelMultiple="true">{UNDO}{message("hint")}</bpmn:boundaryEvent>'
    body = START + '<bpmn:userTask id="a"/>' + event + END + flows("s > a > e", "b > e")
    rules = [(item.element, item.rule) for item in bpmn.read({"p.bpmn": diagram(body, messages=("hint",))}).findings]
    assert ("b", "event.trigger") in rules


def test_an_error_beside_a_timer_is_caught_while_the_timer_waits() -> None:
    inner = '<bpmn:startEvent id="is"/><bpmn:userTask id="u"/>' + end(coded("error", "X")) + flows("is > u > x")
    event = f'<bpmn:boundaryEvent id="b" attachedToRef="t">{coded("error", "X")}{timer("Duration", "PT1H")}</bpmn:boundaryEvent><bpmn:userTask id="after"/>'
    body = START + f'<bpmn:subProcess id="t">{inner}</bpmn:subProcess>' + event + END + flows("s > t > e", "b > after")
    assert world(body).start().fire().waiting == ["after"]
    assert world(body).start().go("u").waiting == ["after"]
    assert world(body).start().go("u").due == {}


def test_several_cycles_of_one_event_are_counted_apart() -> None:
    cycles = timer("Cycle", "R2/PT1H") + timer("Cycle", "R3/PT25M")
    event = f'<bpmn:boundaryEvent id="b" attachedToRef="u" cancelActivity="false">{cycles}</bpmn:boundaryEvent><bpmn:scriptTask id="n">'
    tick = script("n", "=append(at, 1)", "at").partition(">")[2]
    one = world(START + '<bpmn:userTask id="u"/>' + event + tick + END + flows("s > u > e", "b > n")).start(at=[])
    moments = []
    while one.due:
        ref = min(one.due, key=lambda item: one.due[item])
        one.now = one.due.pop(ref)
        moments.append((one.now - MORNING).total_seconds() / 60)
        one.resume(ref)
    assert moments == [25, 50, 60, 75, 120]
    assert one.go("u").done
    assert one.data["at"] == [1] * 5
