"""What `loopdesk check` and `deploy` say of a process folder with one thing wrong: that thing, and no more (PRO-11)."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from loopdesk.engine.checks import check
from loopdesk.engine.host import Host
from loopdesk.tests.scenarios.shipped import files_of
from loopdesk.web.cli import cli
from loopdesk.web.wiring import Loopdesk

KNOWN = "Known: agreed, assignee, automatic,"


@pytest.fixture
def intake(tmp_path: Path) -> Path:
    folder = tmp_path / "intake"
    for path, content in files_of("intake").items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)
    return folder


def spoil(file: Path, right: str, wrong: str) -> None:
    text = file.read_text("utf-8")
    assert right in text
    file.write_text(text.replace(right, wrong, 1), "utf-8")


def loopdesk(*arguments: object, data: Path | None = None) -> Result:
    env = {"LOOPDESK_DATA": str(data), "DATABASE_URL": "", "REDIS_URL": "", "LANG": "C"}
    return CliRunner().invoke(cli, [str(argument) for argument in arguments], env=env)


def errors(*arguments: object) -> list[dict[str, str]]:
    result = loopdesk("check", *arguments, "--json")
    return [row for row in json.loads(result.stdout) if row["severity"] != "info"]


def test_the_shipped_folder_has_only_hints(intake: Path) -> None:
    assert errors(intake) == []


@pytest.fixture
def feedback(tmp_path: Path) -> Path:
    folder = tmp_path / "feedback"
    for path, content in files_of("feedback").items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)
    return folder


def test_a_column_that_a_table_has_no_more_is_an_error_where_the_diagram_asks_for_it(feedback: Path) -> None:
    """Nobody would call back: the way of low stars was never taken, and nothing said so (FBK-2)."""
    assert errors(feedback) == []
    spoil(feedback / "low.dmn", 'name="call_back"', 'name="callback"')
    (row,) = errors(feedback)
    assert (row["rule"], row["severity"]) == ("decision.column", "error")
    assert row["file"] == str(feedback / "feedback.bpmn")
    assert row["message"] == "The table of “low” has no column “call_back”."
    assert row["remedy"] == "Its columns are: callback, content_from."


def test_a_result_that_something_else_fills_too_may_have_other_parts(feedback: Path) -> None:
    spoil(feedback / "low.dmn", 'name="call_back"', 'name="callback"')
    spoil(feedback / "feedback.bpmn", "<zeebe:ioMapping>", '<zeebe:ioMapping><zeebe:output source="=1" target="low" />')
    assert "decision.column" not in {row["rule"] for row in errors(feedback)}


@pytest.mark.parametrize(
    ("file", "right", "wrong", "element"),
    [
        ("priority.dmn", "case.urgency", "case.urgentcy", "priority_urgency"),
        ("intake.bpmn", "case.priority", "case.priorty", None),
        ("triage.form", '"=proposed = null"', '"=case.urgentcy = null"', None),
    ],
)
def test_a_fact_that_no_case_has_is_an_error(
    intake: Path, file: str, right: str, wrong: str, element: str | None
) -> None:
    spoil(intake / file, right, wrong)
    (row,) = errors(intake)
    fact = "priorty" if "priorty" in wrong else "urgentcy"
    near = {"priorty": "priority", "urgentcy": "urgency"}[fact]
    assert (row["rule"], row["severity"], row["file"]) == ("fact.unknown", "error", str(intake / file))
    assert row["element"] == element if element else row["element"]
    assert row["message"] == f"`case` has no fact “{fact}”."
    assert row["remedy"].startswith(KNOWN)
    assert row["remedy"].endswith(f"; did you mean “{near}”?")


def test_the_desk_itself_does_not_deploy_an_unknown_fact(intake: Path, light_desk: Loopdesk) -> None:
    host = light_desk.engine.host
    assert "urgency" in host.fact_names
    files = dict(files_of("intake"))
    files["priority.dmn"] = files["priority.dmn"].replace(b"case.tier", b"case.teir")
    assert [found.rule for found in check(None, "intake", files, host) if found.severity == "error"] == ["fact.unknown"]
    assert "fact.unknown" not in {found.rule for found in check(None, "intake", files, Host())}


def test_the_api_lists_errors_first(api: Callable[..., Any]) -> None:
    files = {path: content.decode() for path, content in files_of("intake").items()}
    files["raci.yaml"] = files["raci.yaml"].replace("activities:", "activities:\n  gone: {R: [support], A: support}")
    answer = api("petra.owner").post("/definitions/intake", json={"files": files, "note": ""})
    assert answer.status_code == 422
    severities = [finding["severity"] for finding in answer.json["findings"]]
    assert (severities[0], severities[-1]) == ("error", "info")


def test_a_diagram_that_cannot_be_read_is_the_only_finding_about_it(intake: Path) -> None:
    spoil(intake / "intake.bpmn", "</bpmn:process>", "")
    (row,) = errors(intake)
    assert row["rule"] == "xml.syntax"
    assert row["message"].startswith("This is not well-formed XML at line ")
    assert "<string>" not in row["message"]


def test_deploy_prints_findings_as_check_does(intake: Path, tmp_path: Path) -> None:
    spoil(intake / "intake.bpmn", "</bpmn:process>", "")
    (tmp_path / "data").mkdir()
    deployed = loopdesk("deploy", intake, data=tmp_path / "data")
    assert deployed.exit_code == 1
    lines = [line.removeprefix(f"{intake}/") for line in loopdesk("check", intake).stdout.splitlines()]
    assert lines[0].startswith("intake.bpmn: [error xml.syntax] This is not")
    assert deployed.output.splitlines()[: len(lines)] == lines
    assert "element “”" not in deployed.output


def test_a_wrong_cell_is_named_by_its_rule_and_column(intake: Path) -> None:
    spoil(intake / "priority.dmn", '<text>"critical"</text>', "<text>&lt;</text>")
    (row,) = errors(intake)
    assert row["rule"] == "dmn.expression"
    assert row["message"] == "rule 6, column Impact: “<”, line 1, character 2: The expression ends too early."


def test_hints_come_last(intake: Path) -> None:
    spoil(intake / "raci.yaml", "activities:", "activities:\n  gone: {R: [support], A: support, C: [], I: []}")
    severities = [line.split("[")[1].split()[0] for line in loopdesk("check", intake).stdout.splitlines()]
    assert severities == sorted(severities, key=["error", "warning", "info"].index)
    assert {"error", "info"} <= set(severities)


def test_a_path_that_is_not_there_is_said_to_be_so(tmp_path: Path) -> None:
    result = loopdesk("check", tmp_path / "nosuch")
    assert result.exit_code == 2
    assert result.output == f"{tmp_path}/nosuch: there is no such file or folder\n"
