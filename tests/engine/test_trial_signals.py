"""Who hears a signal, and inclusive joins behind links and boundary events (BPMN 2.0.2 §10.5.1, §13.3.3)."""
# ruff: noqa: E501 - one diagram a line reads better

from typing import Any

import pytest

from loopdesk.engine import trial
from loopdesk.tests.engine.drawing import catch, coded, diagram, event_sub, flows, message, timer

START, END = '<bpmn:startEvent id="s"/>', '<bpmn:endEvent id="e"/>'
SIGNAL = coded("signal", "go")
THROW = f'<bpmn:intermediateThrowEvent id="t">{SIGNAL}</bpmn:intermediateThrowEvent>'
FORK = '<bpmn:parallelGateway id="f"/>'
WAIT = catch("w", timer("Duration", "PT5H"))
SUB = '<bpmn:subProcess id="u"><bpmn:startEvent id="us"/>{}</bpmn:subProcess>'
LINK = '<bpmn:linkEventDefinition name="A"/>'


def tried(body: str) -> dict[str, Any]:
    more = '<bpmn:signal id="s-go" name="go"/>'
    return trial.run({"p.bpmn": diagram(body, more=more)}, "p.bpmn", trial.Order()).as_json()


def completed(shown: dict[str, Any], element: str) -> int:
    return sum(row["element"] == element and row["event"] == "completed" for row in shown["trace"])


def test_who_comes_after_a_signal_has_missed_it() -> None:
    shown = tried(START + THROW + catch("c", SIGNAL) + END + flows("s > t > c > e"))
    assert (shown["status"], [row["element"] for row in shown["waiting"]]) == ("waiting", ["c"])


def test_parallel_branches_hear_a_signal_whichever_is_drawn_first() -> None:
    for order in (("f > t > e", "f > a > c > e"), ("f > a > c > e", "f > t > e")):
        body = START + FORK + THROW + '<bpmn:task id="a"/>' + catch("c", SIGNAL) + END + flows("s > f", *order)
        assert tried(body)["status"] == "completed"


def test_a_signal_interrupts_the_sub_process_that_throws_it() -> None:
    inside = SUB.format(THROW + '<bpmn:task id="a"/>' + flows("us > t > a"))
    boundary = f'<bpmn:boundaryEvent id="b" attachedToRef="u">{SIGNAL}</bpmn:boundaryEvent>'
    shown = tried(START + inside + boundary + END + '<bpmn:endEvent id="x"/>' + flows("s > u > e", "b > x"))
    assert [completed(shown, item) for item in ("t", "x", "a", "e")] == [1, 1, 0, 0]


def test_a_branch_from_a_boundary_event_is_joined_with_its_activity() -> None:
    inside = SUB.format(WAIT + flows("us > w"))
    boundary = f'<bpmn:boundaryEvent id="b" attachedToRef="u" cancelActivity="false">{timer("Duration", "PT1H")}</bpmn:boundaryEvent>'
    join = '<bpmn:inclusiveGateway id="j"/>'
    shown = tried(START + inside + boundary + '<bpmn:task id="a"/>' + join + END + flows("s > u > j > e", "b > a > j"))
    assert [completed(shown, item) for item in ("u", "a", "e")] == [1, 1, 1]


def test_an_inclusive_join_waits_for_what_comes_over_a_link() -> None:
    links = f'<bpmn:intermediateThrowEvent id="l">{LINK}</bpmn:intermediateThrowEvent>' + catch("m", LINK)
    join = '<bpmn:inclusiveGateway id="j"/>'
    body = (
        START
        + FORK
        + WAIT
        + links
        + '<bpmn:task id="a"/>'
        + join
        + END
        + flows("s > f > w > l", "f > a > j", "m > j", "j > e")
    )
    assert completed(tried(body), "e") == 1


def test_the_trace_is_written_in_utc_and_in_the_words_of_bpmn() -> None:
    wait = catch("w", timer("Date", "2026-02-01T00:00:00+08:00"))
    inside = event_sub("h", timer("Duration", "PT1H"), '<bpmn:task id="a"/>', "a", interrupting=False)
    shown = tried(START + wait + END + flows("s > w > e") + inside)
    assert [row["at"] for row in shown["trace"] if row["element"] == "e"] == ["2026-01-31T16:00:00+00:00"] * 2
    assert {row["type"] for row in shown["trace"] if row["element"] == "h"} == {"subProcess"}


@pytest.mark.parametrize("begins", [False, True])
def test_an_event_gateway_that_chose_is_completed(begins: bool) -> None:
    gateway = f'<bpmn:eventBasedGateway id="g" instantiate="{str(begins).lower()}"/>'
    caught = catch("a", message("m")) + catch("b", message("n")) + '<bpmn:endEvent id="e"/>'
    before = "" if begins else '<bpmn:startEvent id="s"/>' + flows("s > g")
    file = diagram(before + gateway + caught + flows("g > a > e", "g > b > e"), messages=("m", "n"))
    order = trial.Order(messages=[("n", {})])
    shown = trial.run({"p.bpmn": file}, "p.bpmn", order).as_json()
    assert shown["status"] == "completed"
    assert [row["event"] for row in shown["trace"] if row["element"] == "g"] == ["started", "completed"]


def test_the_start_event_of_a_compensation_is_traced() -> None:
    undo = event_sub("h", "<bpmn:compensateEventDefinition/>", '<bpmn:task id="back"/>', "back")
    inner = SUB.format('<bpmn:endEvent id="ue"/>' + flows("us > ue") + undo)
    throw = '<bpmn:endEvent id="e"><bpmn:compensateEventDefinition/></bpmn:endEvent>'
    shown = tried(START + inner + throw + flows("s > u > e"))
    told = [(row["element"], row["event"]) for row in shown["trace"] if row["element"] in ("h", "h-start", "back")]
    assert told[:4] == [("h", "started"), ("h-start", "started"), ("h-start", "completed"), ("back", "started")]
