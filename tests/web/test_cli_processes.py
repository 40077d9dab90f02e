"""`loopdesk deploy`, `export`, `test` and `check` on process folders, as a process owner's CI uses them."""
# ruff: noqa: E501 - one diagram a line reads better

import json
from pathlib import Path

import pytest
import sqlalchemy as sa
from click.testing import CliRunner, Result

from loopdesk.engine import bundles
from loopdesk.engine.db import default_url
from loopdesk.tests.engine.drawing import diagram, extended, flows, service
from loopdesk.web.cli import cli

GOOD = diagram(
    '<bpmn:startEvent id="s"/><bpmn:userTask id="a"/><bpmn:exclusiveGateway id="g" default="f-g-e"/><bpmn:endEvent id="e"/>'
    '<bpmn:task id="never"/>' + flows("s > a > g > e", "g >[=false] never > e"),
    process="hello",
)
RACI = "activities:\n  a: {R: [support/agent], A: support/supervisor, C: [], I: []}\n  never: {R: [support], A: support, C: [], I: []}\n"
SCENARIO = "name: it ends\nprocess: hello\nsteps:\n- complete: a\nexpect: {status: completed}\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "hello"
    (folder / "scenarios").mkdir(parents=True)
    (folder / "hello.bpmn").write_bytes(GOOD)
    (folder / "raci.yaml").write_text(RACI)
    (folder / "scenarios" / "a.yaml").write_text(SCENARIO)
    return folder


def loopdesk(tmp_path: Path, *arguments: object) -> Result:
    env = {"LOOPDESK_DATA": str(tmp_path / "data"), "DATABASE_URL": "", "REDIS_URL": "", "LANG": "C"}
    (tmp_path / "data").mkdir(exist_ok=True)
    return CliRunner().invoke(cli, [str(argument) for argument in arguments], env=env)


def test_a_folder_is_deployed_and_comes_back_as_it_was(folder: Path, tmp_path: Path) -> None:
    first = loopdesk(tmp_path, "deploy", folder, "--note", "first")
    assert first.exit_code == 0, first.output
    assert first.output.startswith("hello 1 (")
    assert loopdesk(tmp_path, "deploy", folder).output == first.output
    engine = sa.create_engine(default_url(tmp_path / "data"))
    with engine.connect() as conn:
        assert str(conn.scalar(sa.select(bundles.bundle.c.author))).endswith(" (command line)")
    engine.dispose()
    target = tmp_path / "back"
    assert loopdesk(tmp_path, "export", "hello", "--to", target).exit_code == 0
    assert (target / "hello.bpmn").read_bytes() == GOOD
    assert (target / "scenarios" / "a.yaml").read_text() == SCENARIO


def test_a_folder_with_errors_is_not_deployed_and_each_is_named(folder: Path, tmp_path: Path) -> None:
    broken = GOOD.replace(b'<bpmn:task id="never"/>', service("never", "no.such").encode())
    (folder / "hello.bpmn").write_bytes(broken)
    result = loopdesk(tmp_path, "deploy", folder)
    assert result.exit_code == 1
    assert "hello.bpmn: never [error task.operation] There is no operation “no.such”." in result.output
    assert "Traceback" not in result.output
    assert loopdesk(tmp_path, "export", "hello").exit_code == 1


def test_scenarios_are_played_and_coverage_is_said(folder: Path, tmp_path: Path) -> None:
    result = loopdesk(tmp_path, "test", folder)
    assert result.exit_code == 0, result.output
    assert "ok   it ends" in result.output
    assert "hello: elements 4/5, flows 3/5; not reached: never" in result.output
    (report,) = json.loads(loopdesk(tmp_path, "test", folder.parent, "--json").output)
    assert report["scenarios"] == [{"name": "it ends", "ok": True, "failures": []}]
    assert report["coverage"][0]["flows"]["missed"] == ["f-g-never", "f-never-e"]


def test_a_failing_scenario_fails_the_command(folder: Path, tmp_path: Path) -> None:
    file = folder / "scenarios" / "a.yaml"
    file.write_text(SCENARIO.replace("completed", "active"))
    result = loopdesk(tmp_path, "test", file)
    assert result.exit_code == 1
    assert "expected 'active', got 'completed'" in result.output
    file.write_text("a: [")
    result = loopdesk(tmp_path, "test", folder)
    assert result.exit_code == 1
    assert "is not YAML" in result.output


def test_a_folder_without_scenarios_does_not_pass_silently(folder: Path, tmp_path: Path) -> None:
    (folder / "scenarios" / "a.yaml").unlink()
    assert loopdesk(tmp_path, "test", folder).exit_code == 1


def test_check_reads_folders_and_single_diagrams(folder: Path, tmp_path: Path) -> None:
    assert loopdesk(tmp_path, "check", folder, folder / "hello.bpmn").exit_code == 0
    unfinished = GOOD.replace(
        b'<bpmn:userTask id="a"/>',
        f'<bpmn:userTask id="a">{extended("""<zeebe:formDefinition formId="lost"/>""")}</bpmn:userTask>'.encode(),
    )
    (folder / "hello.bpmn").write_bytes(unfinished)
    draft, result = (loopdesk(tmp_path, "check", folder, *more, "--json") for more in ((), ("--deploy",)))
    assert (draft.exit_code, result.exit_code) == (0, 1)
    rows = [(row["rule"], row["severity"], row["file"]) for row in json.loads(result.output)]
    assert [row for row in rows if row[1] == "error"] == [("draft.form", "error", str(folder / "hello.bpmn"))]
