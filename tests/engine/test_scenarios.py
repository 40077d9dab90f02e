"""Scenarios beside a diagram: what they play, and that they fail when the process does something else."""
# ruff: noqa: E501 - one diagram a line reads better

from typing import Any

import pytest
import yaml

from loopdesk.engine import scenarios
from loopdesk.engine.errors import Invalid
from loopdesk.tests.engine.drawing import diagram, extended, flows, inputs, message, service, timer

OFFER = {
    "p.bpmn": diagram(
        f'<bpmn:startEvent id="s">{message("ask")}</bpmn:startEvent><bpmn:userTask id="confirm"/>'
        f'<bpmn:boundaryEvent id="late" attachedToRef="confirm" cancelActivity="false">{timer("Duration", "PT30M")}</bpmn:boundaryEvent>'
        + service("overdue", "handoff.overdue", inputs(handoff="=handoff"))
        + '<bpmn:exclusiveGateway id="g" default="f-g-reject"/>'
        + service("accept", "handoff.accept")
        + service("reject", "handoff.reject", inputs(reason="=reason"))
        + '<bpmn:endEvent id="told"/>'
        + f'<bpmn:endEvent id="e">{extended(inputs(ok="=ok"))}{message("answer")}</bpmn:endEvent>'
        + flows("s > confirm > g >[=ok] accept > e", "g > reject > e", "late > overdue > told"),
        messages=("ask", "answer"),
    )
}
RIGHT: dict[str, Any] = {
    "name": "late and rejected",
    "process": "p",
    "at": "2026-03-02T09:00:00+08:00",
    "given": {"data": {"handoff": "h1"}, "operations": {"handoff.reject": {"rejected": True}}},
    "steps": [
        {"expect": {"waiting": ["confirm"], "never": ["handoff.overdue"]}},
        {"after": "PT31M"},
        {"expect": {"operations": [{"handoff.overdue": {"handoff": "h1"}}]}},
        {"complete": "confirm", "as": "bob", "data": {"ok": False, "reason": "not ours"}},
    ],
    "expect": {
        "status": "completed",
        "waiting": [],
        "operations": ["handoff.overdue", {"handoff.reject": {"reason": "not ours"}}],
        "never": ["handoff.accept"],
        "messages": [{"answer": {"ok": False}}],
        "passed": ["reject", "overdue"],
        "not_passed": ["accept"],
        "variables": {"rejected": True},
    },
}


# Answers reach the variables through a form only.
FORMED = ('"confirm">' + extended('<zeebe:formDefinition formId="c"/>') + "</bpmn:userTask>").encode()
FILES = {**OFFER, "p.bpmn": OFFER["p.bpmn"].replace(b'"confirm"/>', FORMED), "c.form": b"{}"}


def test_a_scenario_that_comes_true() -> None:
    result = scenarios.run(RIGHT, FILES)
    assert result.failures == []
    assert result.ok
    assert "p/accept" not in result.passed
    assert {"p/reject", "p/f-g-reject", "p/overdue"} <= result.passed


@pytest.mark.parametrize(
    ("expect", "words"),
    [
        ({"status": "active"}, "the status: expected 'active', got 'completed'"),
        ({"waiting": ["confirm"]}, "what waits: expected ['confirm'], got []"),
        ({"passed": ["accept"]}, "“accept” was not passed"),
        ({"not_passed": ["reject"]}, "“reject” was passed"),
        ({"operations": ["handoff.reject", "handoff.overdue"]}, "handoff.overdue {} did not come in this order"),
        ({"operations": [{"handoff.reject": {"reason": "x"}}]}, "did not come in this order"),
        ({"messages": [{"answer": {"ok": True}}]}, "did not come in this order"),
        ({"never": ["handoff.reject"]}, "“handoff.reject” was seen"),
        ({"never": ["answer"]}, "“answer” was seen"),
        ({"variables": {"reason": "x"}}, "expected reason = 'x', got 'not ours'"),
        ({"due": {"confirm": "2026-03-02T09:00:00Z"}}, "is due at None"),
        ({"stauts": "completed"}, "“stauts” cannot be expected"),
    ],
)
def test_what_does_not_come_true_is_said_in_words(expect: dict[str, Any], words: str) -> None:
    result = scenarios.run({**RIGHT, "expect": expect}, FILES)
    assert len(result.failures) == 1
    assert words in result.failures[0]


def test_a_task_that_does_not_wait_and_a_step_nobody_knows() -> None:
    steps = [{"complete": "reject"}, {"dance": "tango"}]
    failures = scenarios.run({"process": "p", "steps": steps}, FILES).failures
    assert failures == ["step 1: no task “reject” is waiting", "step 2: unknown step {'dance': 'tango'}"]


def test_an_operation_may_be_away_for_a_while() -> None:
    body = (
        '<bpmn:startEvent id="s"/><bpmn:userTask id="a"/>'
        + service("t", "op")
        + '<bpmn:endEvent id="e"/>'
        + flows("s > a > t > e")
    )
    files = {"p.bpmn": diagram(body)}
    steps = [{"fail": "op"}, {"complete": "a", "refused": True}]
    result = scenarios.run({"process": "p", "steps": steps, "expect": {"waiting": ["a"], "never": ["op"]}}, files)
    assert result.failures == []
    result = scenarios.run({"process": "p", "steps": [*steps[:1], {"complete": "a"}]}, files)
    assert "lets “op” fail" in result.failures[0]


def test_facts_change_with_the_operation_that_changes_them() -> None:
    body = (
        '<bpmn:startEvent id="s"/>' + service("raise", "case.set_priority", inputs(priority='="P0"'))
        + service("tell", "tell", inputs(level="=case.priority")) + '<bpmn:endEvent id="e"/>' + flows("s > raise > tell > e")
    )  # fmt: skip
    given = {"case": {"priority": "P3"}, "case_after": {"case.set_priority": {"priority": "=priority"}}}
    scenario = {"process": "p", "given": given, "expect": {"operations": [{"tell": {"level": "P0"}}]}}
    assert scenarios.run(scenario, {"p.bpmn": diagram(body)}).failures == []


def test_a_folder_that_cannot_be_deployed_fails_its_scenarios() -> None:
    result = scenarios.run({"process": "p"}, {"p.bpmn": b"nothing"})
    assert not result.ok
    assert "cannot be deployed" in result.failures[0]


def test_scenarios_are_read_from_a_file() -> None:
    text = yaml.safe_dump([RIGHT, {**RIGHT, "name": "again"}])
    assert [scenario["name"] for scenario in scenarios.load(text.encode(), "a.yaml")] == ["late and rejected", "again"]
    for wrong in (b"a: [", b"- 1", b"name: x", b"process: p\nstep: []\n", b"process: p\nrows: INT-1\n"):
        with pytest.raises(Invalid):
            scenarios.load(wrong, "a.yaml")
