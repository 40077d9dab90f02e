"""`loopdesk versions`, `compare`, `promote`, `retire`, `rollback`, `migrate-instances`: as people type them."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from loopdesk.engine import runner
from loopdesk.engine.actor import SYSTEM
from loopdesk.engine.clock import SystemClock
from loopdesk.engine.db import Database, default_url
from loopdesk.engine.host import Host
from loopdesk.engine.tx import Engine
from loopdesk.tests.engine.drawing import diagram, flows
from loopdesk.tests.web.test_cli_processes import loopdesk

RACI = "activities:\n  {}: {{R: [support/agent], A: support/supervisor, C: [], I: []}}\n"


def write(folder: Path, identity: str, name: str) -> None:
    task = f'<bpmn:startEvent id="s"/><bpmn:userTask id="{identity}" name="{name}"/><bpmn:endEvent id="e"/>'
    (folder / "hello.bpmn").write_bytes(diagram(task + flows(f"s > {identity} > e"), process="hello"))
    (folder / "raci.yaml").write_text(RACI.format(identity))


@pytest.fixture
def two(tmp_path: Path) -> Path:
    """Version 1 with a running instance, and a draft where its task has another id."""
    folder = tmp_path / "hello"
    folder.mkdir()
    write(folder, "a", "Look")
    assert loopdesk(tmp_path, "deploy", folder, "--note", "first").exit_code == 0
    database = Database(default_url(tmp_path / "data"))
    with Engine(database, SystemClock(), Host()).begin() as tx:
        runner.start(SYSTEM, tx, "hello", key="L-1")
    database.close()
    write(folder, "b", "Look")
    assert loopdesk(tmp_path, "deploy", folder, "--draft", "--note", "second").exit_code == 0
    return tmp_path


def states(folder: Path) -> dict[int, str]:
    return {row["number"]: row["state"] for row in told(loopdesk(folder, "versions", "hello", "--json"))}


def told(result: Result) -> list[dict[str, Any]]:
    assert result.exit_code == 0, result.output
    return list(json.loads(result.output))


def test_versions_are_listed_and_compared(two: Path) -> None:
    lines = loopdesk(two, "versions", "hello").output.splitlines()
    assert [line.split("  ")[:3] for line in lines] == [["2", "draft", "0"], ["1", "current", "1"]]
    found = loopdesk(two, "compare", "hello", "1", "2").output
    assert "+ hello.bpmn: userTask b Look" in found
    assert "- hello.bpmn: userTask a Look" in found
    assert "~ raci.yaml" in found
    assert json.loads(loopdesk(two, "compare", "hello", "1", "1", "--json").output)["same"] is True
    assert "no version 9" in loopdesk(two, "compare", "hello", "1", "9").output


def test_a_version_is_promoted_retired_and_rolled_back_and_a_dry_run_changes_nothing(two: Path) -> None:
    dry = loopdesk(two, "promote", "hello", "2", "--dry-run", "--json")
    assert json.loads(dry.output) == {"process": "hello", "number": 2, "state": "current", "dry_run": True}
    plain = loopdesk(two, "promote", "hello", "2", "--dry-run").output
    assert plain == "Nothing is changed; this would be: hello 2 current\n"
    assert states(two) == {2: "draft", 1: "current"}
    again = loopdesk(two, "deploy", two / "hello", "--draft", "--note", "third").output
    assert "Nothing was deployed: these files are version 2 already." in again
    assert loopdesk(two, "promote", "hello", "2").output == "hello 2 current\n"
    assert loopdesk(two, "rollback", "hello").output == "hello 1 current\n"
    assert states(two) == {2: "former", 1: "current"}
    assert loopdesk(two, "retire", "hello", "2").output == "hello 2 retired\n"
    assert states(two) == {2: "retired", 1: "current"}
    assert loopdesk(two, "rollback", "hello").exit_code == 1


def test_instances_are_carried_over_with_a_preview(two: Path) -> None:
    between = ("migrate-instances", "start", "hello", "--from", "1", "--to", "2")
    dry = loopdesk(two, *between, "--dry-run")
    assert "✗ “Look” is gone: map it to another element" in dry.output
    assert "--map a=b ?" in dry.output
    good = json.loads(loopdesk(two, *between, "--suggested", "--dry-run", "--json").output)
    assert [one["moves"] for one in good["instances"]] == [{"a": "b"}]
    started = json.loads(loopdesk(two, *between, "--map", "a=b", "--json").output)
    assert started["total"] == 1
    assert loopdesk(two, "migrate-instances", "pause", started["id"]).exit_code == 0
    assert "paused" in loopdesk(two, "migrate-instances", "list", "hello").output
    assert loopdesk(two, "migrate-instances", "resume", started["id"]).exit_code == 0
    row = json.loads(loopdesk(two, "migrate-instances", "show", started["id"], "--json").output)
    assert (row["state"], row["waiting"], row["instances"][0]["key"]) == ("running", 1, "L-1")
    twice = loopdesk(two, *between, "--map", "a=b", "--map", "a=s")
    assert (twice.exit_code, "mapped twice" in twice.output) == (1, True)
    assert "no pair" in loopdesk(two, *between, "--map", "a").output
