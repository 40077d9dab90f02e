"""`loopdesk try`: a diagram in memory on a virtual clock (issue 5, commands)."""
# ruff: noqa: E501 - one diagram a line reads better

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from loopdesk.engine import bpmn, trial
from loopdesk.tests.engine.drawing import diagram, extended, flows, message, script, service, timer
from loopdesk.web.cli import cli

START, END = '<bpmn:startEvent id="s"/>', '<bpmn:endEvent id="e"/>'


def tried(body: str, *, messages: tuple[str, ...] = (), more: str = "", **order: Any) -> dict[str, Any]:
    files = {"p.bpmn": diagram(body, messages=messages, more=more)}
    return trial.run(files, "p.bpmn", trial.Order(**order)).as_json()


def line(task: str) -> str:
    return START + task + END + flows("s > t > e")


def events(shown: dict[str, Any], element: str) -> list[str]:
    return [row["event"] for row in shown["trace"] if row["element"] == element]


def test_a_straight_process_is_traced() -> None:
    shown = tried(line(script("t", "=x + 1", "y")), data={"x": 1})
    assert (shown["status"], shown["data"], shown["error"]) == ("completed", {"x": 1, "y": 2}, None)
    assert [(row["element"], row["event"]) for row in shown["trace"]] == [
        (item, event) for item in ("s", "t", "e") for event in ("started", "completed")
    ]
    assert shown["trace"][2] == {
        "at": "2026-01-05T09:00:00+00:00",
        "process": "p",
        "element": "t",
        "name": "",
        "type": "scriptTask",
        "event": "started",
    }


def test_a_person_answers_what_was_given_else_nothing() -> None:
    body = line('<bpmn:userTask id="t"/>')
    assert tried(body)["data"] == {}
    assert tried(body, answers={"t": [{"ok": True}]})["data"] == {"ok": True}


def test_a_loop_back_gets_one_answer_after_the_other() -> None:
    body = (
        START
        + '<bpmn:userTask id="t"/><bpmn:exclusiveGateway id="g" default="f-g-t"/>'
        + END
        + flows("s > t > g >[=ok] e", "g > t")
    )
    shown = tried(body, answers={"t": [{"ok": False}, {"ok": True}]})
    assert shown["status"] == "completed"
    assert events(shown, "t") == ["started", "completed"] * 2


def test_a_task_that_never_gets_its_answer_stays_in_the_end() -> None:
    body = (
        START
        + '<bpmn:userTask id="t"/><bpmn:exclusiveGateway id="g" default="f-g-t"/>'
        + END
        + flows("s > t > g >[=ok] e", "g > t")
    )
    shown = tried(body)
    assert shown["status"] == "waiting"
    assert [row["element"] for row in shown["waiting"]] == ["t"]


def test_services_without_an_answer_are_effects() -> None:
    body = START + service("t", "pay") + service("u", "book") + END + flows("s > t > u > e")
    shown = tried(body, answers={"u": [{"seat": 7}]})
    assert [(row["element"], row["effect"]) for row in shown["effects"]] == [("t", "pay")]
    assert shown["data"] == {"seat": 7}


def boundary(task: str) -> str:
    event = '<bpmn:boundaryEvent id="b" attachedToRef="t"><bpmn:errorEventDefinition errorRef="no"/></bpmn:boundaryEvent><bpmn:endEvent id="f"/>'
    return line(task) + event + flows("b > f")


TASKS = {
    "service": service("t", "pay"),
    "send": '<bpmn:sendTask id="t" messageRef="m-m"/>',
    "call": '<bpmn:callActivity id="t" calledElement="q"/>',
}
CALLED = '<bpmn:error id="no" errorCode="NO"/><bpmn:process id="q" isExecutable="true"><bpmn:startEvent id="qs"/><bpmn:endEvent id="qe"/><bpmn:sequenceFlow id="qf" sourceRef="qs" targetRef="qe"/></bpmn:process>'


@pytest.mark.parametrize("task", TASKS)
def test_an_answer_may_be_an_error_that_a_boundary_event_catches(task: str) -> None:
    shown = tried(boundary(TASKS[task]), messages=("m",), more=CALLED, answers={"t": [{"$error": "NO"}]})
    assert shown["status"] == "completed"
    assert (events(shown, "t"), events(shown, "f")) == (["started", "cancelled"], ["started", "completed"])


@pytest.mark.parametrize("task", TASKS)
def test_an_answer_is_the_result(task: str) -> None:
    shown = tried(boundary(TASKS[task]), messages=("m",), more=CALLED, answers={"t": [{"a": 1}]})
    assert (shown["status"], shown["data"], shown["effects"]) == ("completed", {"a": 1}, [])


def test_an_error_that_nothing_catches_fails_at_its_element() -> None:
    shown = tried(line(service("t", "pay")), answers={"t": [{"$error": "NO"}]})
    assert shown["status"] == "failed"
    assert (shown["error"]["element"], "NO" in shown["error"]["message"]) == ("t", True)
    assert events(shown, "t") == ["started", "failed"]


def test_timers_fire_at_their_moment_and_not_after_the_end() -> None:
    body = line(f'<bpmn:intermediateCatchEvent id="t">{timer("Duration", "P3D")}</bpmn:intermediateCatchEvent>')
    shown = tried(body)
    assert shown["status"] == "completed"
    assert shown["trace"][-1]["at"] == "2026-01-08T09:00:00+00:00"
    short = tried(body, until=bpmn.read_duration("P2D"))
    assert (short["status"], [row["element"] for row in short["waiting"]]) == ("waiting", ["t"])


def test_a_message_from_outside_comes_before_people_and_time() -> None:
    body = (
        line('<bpmn:userTask id="t"/>')
        + f'<bpmn:boundaryEvent id="b" attachedToRef="t">{message("stop")}</bpmn:boundaryEvent><bpmn:endEvent id="f"/>'
        + flows("b > f")
    )
    assert events(tried(body, messages=("stop",)), "f") == []
    files = {"p.bpmn": diagram(body, messages=("stop",))}
    shown = trial.run(files, "p.bpmn", trial.Order(messages=[("stop", {"why": "late"})])).as_json()
    assert events(shown, "t") == ["started", "cancelled"]
    assert shown["data"] == {"why": "late"}


def test_a_signal_from_outside_waits_for_who_catches_it() -> None:
    signal = (
        '<bpmn:intermediateCatchEvent id="t"><bpmn:signalEventDefinition signalRef="si"/></bpmn:intermediateCatchEvent>'
    )
    more = '<bpmn:signal id="si" name="go"/>'
    assert tried(line(signal), more=more)["status"] == "waiting"
    assert tried(line(signal), more=more, signals=["go"])["status"] == "completed"


OTHER = (
    '<bpmn:process id="q" isExecutable="true"><bpmn:startEvent id="qs"><bpmn:messageEventDefinition messageRef="m-order"/></bpmn:startEvent>'
    '<bpmn:endEvent id="qe"><bpmn:messageEventDefinition messageRef="m-answer"/></bpmn:endEvent><bpmn:sequenceFlow id="qf" sourceRef="qs" targetRef="qe"/></bpmn:process>'
)


def test_messages_go_between_the_processes_of_the_file() -> None:
    body = (
        START
        + f'<bpmn:intermediateThrowEvent id="a">{message("order")}</bpmn:intermediateThrowEvent><bpmn:receiveTask id="b" messageRef="m-answer"/>'
        + END
        + flows("s > a > b > e")
    )
    shown = tried(body, messages=("order", "answer"), more=OTHER)
    assert shown["status"] == "completed"
    assert {row["process"] for row in shown["trace"]} == {"p", "q"}


def test_another_process_can_be_started_beside() -> None:
    other = '<bpmn:process id="q" isExecutable="true"><bpmn:startEvent id="qs"/><bpmn:endEvent id="qe"/><bpmn:sequenceFlow id="qf" sourceRef="qs" targetRef="qe"/></bpmn:process>'
    assert events(tried(line('<bpmn:task id="t"/>'), more=other), "qe") == []
    assert events(tried(line('<bpmn:task id="t"/>'), more=other, also=["q"]), "qe") == ["started", "completed"]


def test_a_diagram_with_an_error_is_refused_with_all_findings() -> None:
    shown = tried(line('<bpmn:task id="t"/>') + flows("t > nowhere"))
    assert shown["status"] == "refused"
    assert shown["trace"] == []
    assert [row["rule"] for row in shown["error"]["findings"]] == ["flow.ends"]


def test_an_answer_for_nothing_is_told() -> None:
    shown = tried(line('<bpmn:task id="t"/>'), answers={"lost": [{}]})
    assert (shown["status"], shown["error"]["rule"], shown["error"]["element"]) == (
        "refused",
        "element.unknown",
        "lost",
    )


def test_what_a_draft_lacks_is_asked_for_outside() -> None:
    foreign = '<bpmn:scriptTask id="t" scriptFormat="javascript"><bpmn:script>x = 1</bpmn:script></bpmn:scriptTask>'
    for task in (
        '<bpmn:serviceTask id="t"/>',
        '<bpmn:businessRuleTask id="t"/>',
        '<bpmn:callActivity id="t"/>',
        foreign,
    ):
        shown = tried(line(task), answers={})
        assert (shown["status"], [row["element"] for row in shown["effects"]]) == ("completed", ["t"]), task
        assert tried(line(task), answers={"t": [{"x": 1}]})["data"] == {"x": 1}, task


def test_compensated_work_is_told() -> None:
    body = (
        START + service("t", "book") + '<bpmn:boundaryEvent id="b" attachedToRef="t"><bpmn:compensateEventDefinition/></bpmn:boundaryEvent>'
        + '<bpmn:serviceTask id="h" isForCompensation="true">' + extended('<zeebe:taskDefinition type="cancel"/>') + "</bpmn:serviceTask>"
        + '<bpmn:association id="as" sourceRef="b" targetRef="h"/>'
        + '<bpmn:endEvent id="e"><bpmn:compensateEventDefinition/></bpmn:endEvent>' + flows("s > t > e")
    )  # fmt: skip
    shown = tried(body)
    assert shown["status"] == "completed"
    assert events(shown, "t") == ["started", "completed", "compensated"]


def test_the_command_prints_json_and_ends_with_a_code(tmp_path: Path) -> None:
    file = tmp_path / "p.bpmn"
    file.write_bytes(diagram(line(service("t", "pay"))))
    done = CliRunner().invoke(cli, ["try", str(file), "--json", "--data", '{"x": 1}', "--answer", 't={"y": 2}'])
    assert (done.exit_code, json.loads(done.output)["data"]) == (0, {"x": 1, "y": 2})
    failed = CliRunner().invoke(cli, ["try", str(file), "--json", "--answer", 't={"$error": "NO"}'])
    assert (failed.exit_code, json.loads(failed.output)["status"]) == (1, "failed")
    unknown = CliRunner().invoke(cli, ["try", str(file), "--process", "lost"])
    assert unknown.exit_code == 1
    assert "lost" in unknown.output


def test_a_draft_is_a_warning_until_it_is_checked_for_deployment(tmp_path: Path) -> None:
    file = tmp_path / "p.bpmn"
    file.write_bytes(diagram(line('<bpmn:serviceTask id="t"/>')))
    draft = CliRunner().invoke(cli, ["check", "--json", str(file)])
    assert (draft.exit_code, [(row["rule"], row["severity"]) for row in json.loads(draft.output)]) == (
        0,
        [("draft.operation", "warning")],
    )
    deployed = CliRunner().invoke(cli, ["check", "--json", "--deploy", str(file)])
    assert (deployed.exit_code, [row["severity"] for row in json.loads(deployed.output)]) == (1, ["error"])
    assert CliRunner().invoke(cli, ["check", str(tmp_path / "lost.bpmn")]).exit_code == 2


def test_a_called_process_is_looked_for_beside_the_file(tmp_path: Path) -> None:
    (tmp_path / "p.bpmn").write_bytes(diagram(line('<bpmn:callActivity id="t" calledElement="q"/>')))
    assert "draft.call" in CliRunner().invoke(cli, ["check", str(tmp_path / "p.bpmn")]).output
    (tmp_path / "q.bpmn").write_bytes(diagram(START + END + flows("s > e"), process="q"))
    (tmp_path / "same.bpmn").write_bytes(diagram(START + END + flows("s > e")))
    assert CliRunner().invoke(cli, ["check", str(tmp_path / "p.bpmn")]).output == ""


def test_a_policy_file_is_checked(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("a: [1")
    done = CliRunner().invoke(cli, ["check", "--json", str(tmp_path / "a.yaml")])
    assert (done.exit_code, json.loads(done.output)[0]["rule"]) == (1, "policy.syntax")


def test_what_a_draft_still_lacks_is_told_beside_the_trial(tmp_path: Path) -> None:
    tasks = '<bpmn:exclusiveGateway id="g" default="f-g-b"/><bpmn:task id="a"/><bpmn:task id="b"/>'
    body = START + tasks + END + flows("s > g >[in some language] a > e", "g > b > e")
    shown = tried(body)
    assert shown["status"] == "completed"
    assert [(row["element"], row["rule"]) for row in shown["warnings"]] == [("f-g-a", "draft.condition")]
    assert tried(line(script("t", "=1", "y")))["warnings"] == []
    (tmp_path / "p.bpmn").write_bytes(diagram(body))
    result = CliRunner().invoke(cli, ["try", str(tmp_path / "p.bpmn"), "--lang", "en"])
    assert result.exit_code == 0
    assert "f-g-a: " in result.stderr


def test_branches_that_disagree_fail_at_their_join() -> None:
    gateways = '<bpmn:parallelGateway id="f"/><bpmn:parallelGateway id="j"/>'
    tasks = '<bpmn:userTask id="a"/><bpmn:userTask id="b"/>'
    body = START + gateways + tasks + END + flows("s > f > a > j > e", "f > b > j")
    shown = tried(body, data={"x": 0}, answers={"a": [{"x": 1}], "b": [{"x": 2}]})
    assert (shown["status"], shown["error"]["process"], shown["error"]["element"]) == ("failed", "p", "j")
    assert events(shown, "j") == ["failed"]
