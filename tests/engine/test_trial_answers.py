"""`loopdesk try`: answers of all kinds of tasks, errors among them, and what the trace tells of events that throw."""

from typing import Any

import pytest

from loopdesk.engine import trial
from loopdesk.tests.engine.drawing import coded, diagram, flows, timer

START = '<bpmn:startEvent id="s"/>'
ERROR = '<bpmn:error id="e-E1" errorCode="E1"/><bpmn:error id="e-one"/><bpmn:error id="e-two"/>'
TASKS = ("task", "manualTask", "userTask", "serviceTask", "sendTask", "scriptTask", "businessRuleTask", "callActivity")


def tried(body: str, **order: Any) -> dict[str, Any]:
    return trial.run({"p.bpmn": diagram(body, more=ERROR)}, "p.bpmn", trial.Order(**order)).as_json()


def told(shown: dict[str, Any], element: str) -> list[str]:
    return [row["event"] for row in shown["trace"] if row["element"] == element]


@pytest.mark.parametrize("kind", TASKS)
def test_every_task_can_be_answered(kind: str) -> None:
    body = START + f'<bpmn:{kind} id="t"/><bpmn:endEvent id="e"/>' + flows("s > t > e")
    shown = tried(body, answers={"t": [{"x": 1}]})
    assert (shown["status"], shown["data"]) == ("completed", {"x": 1})
    assert shown["trace"][2]["type"] == kind


@pytest.mark.parametrize("kind", TASKS)
def test_every_task_can_be_answered_with_an_error(kind: str) -> None:
    boundary = f'<bpmn:boundaryEvent id="b" attachedToRef="t">{coded("error", "E1")}</bpmn:boundaryEvent>'
    body = (
        START
        + f'<bpmn:{kind} id="t"/>{boundary}<bpmn:endEvent id="e"/><bpmn:endEvent id="x"/>'
        + flows("s > t > e", "b > x")
    )
    shown = tried(body, answers={"t": [{"$error": "E1", "why": "no"}]})
    assert (shown["status"], told(shown, "t"), told(shown, "x")) == (
        "completed",
        ["started", "cancelled"],
        ["started", "completed"],
    )
    assert shown["data"] == {"why": "no"}
    assert tried(body, answers={"t": [{"$error": "other"}]})["status"] == "failed"


def test_what_threw_the_event_that_ended_its_scope_is_completed() -> None:
    inside = '<bpmn:startEvent id="is"/><bpmn:endEvent id="ie">{}</bpmn:endEvent>' + flows("is > ie")
    sub = f'<bpmn:subProcess id="t">{inside.format(coded("error", "E1"))}</bpmn:subProcess>'
    boundary = f'<bpmn:boundaryEvent id="b" attachedToRef="t">{coded("error", "E1")}</bpmn:boundaryEvent>'
    shown = tried(START + sub + boundary + '<bpmn:endEvent id="x"/>' + flows("s > t", "b > x"))
    assert (told(shown, "ie"), told(shown, "t")) == (["started", "completed"], ["started", "cancelled"])
    wait = f'<bpmn:intermediateCatchEvent id="w">{timer("Duration", "PT1H")}</bpmn:intermediateCatchEvent>'
    shown = tried(
        START
        + wait
        + '<bpmn:endEvent id="t"><bpmn:terminateEventDefinition/></bpmn:endEvent>'
        + flows("s > w", "s > t")
    )
    assert (told(shown, "t"), told(shown, "w")) == (["started", "completed"], ["started", "cancelled"])


@pytest.mark.parametrize(("caught", "status"), [("one", "completed"), ("two", "failed")])
def test_errors_without_code_and_name_are_told_apart(caught: str, status: str) -> None:
    inside = f'<bpmn:startEvent id="is"/><bpmn:endEvent id="ie">{coded("error", "one")}</bpmn:endEvent>' + flows(
        "is > ie"
    )
    boundary = f'<bpmn:boundaryEvent id="b" attachedToRef="t">{coded("error", caught)}</bpmn:boundaryEvent>'
    body = (
        START
        + f'<bpmn:subProcess id="t">{inside}</bpmn:subProcess>{boundary}<bpmn:endEvent id="x"/>'
        + flows("s > t", "b > x")
    )
    assert tried(body)["status"] == status
