"""`loopdesk drill` plays drills in a house of their own, scores them and keeps what was found (EMG-10)."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from click.testing import CliRunner, Result

from loopdesk.connectors.http import Http
from loopdesk.desk import actions, people
from loopdesk.desk.drills import history, plans, score
from loopdesk.engine import bundles, messages
from loopdesk.engine.actor import SYSTEM
from loopdesk.engine.db import metadata
from loopdesk.engine.errors import Refused
from loopdesk.engine.tx import Engine
from loopdesk.tests.filled import Filled
from loopdesk.tests.scenarios.shipped import WORKFLOWS
from loopdesk.web import drilling, wiring
from loopdesk.web.cli import cli
from loopdesk.web.drill_sandbox import Sandbox
from loopdesk.web.first_start import first_start
from loopdesk.web.settings import Settings

PLAN = WORKFLOWS / "drills" / "database_deadlock.yaml"
ANSWERS = """
by: Li Na
answers:
  - {at: 4, task: first_update}
  - {at: 10, step: confirm}
  - {at: 25, step: stop_jobs, by: Omar}
  - {at: 25, step: tell}
"""
HOOK = """<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL"
    xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" id="d" targetNamespace="http://example.com">
  <bpmn:process id="hook" isExecutable="true">
    <bpmn:startEvent id="start"><bpmn:outgoing>a</bpmn:outgoing>
      <bpmn:messageEventDefinition id="m" messageRef="opened" /></bpmn:startEvent>
    <bpmn:sequenceFlow id="a" sourceRef="start" targetRef="post" />
    <bpmn:serviceTask id="post"><bpmn:extensionElements>
      <zeebe:taskDefinition type="http.post" />
      <zeebe:ioMapping><zeebe:input source="=&quot;https://cloud.example/scale&quot;" target="url" /></zeebe:ioMapping>
    </bpmn:extensionElements></bpmn:serviceTask>
    <bpmn:sequenceFlow id="b" sourceRef="post" targetRef="page" />
    <bpmn:serviceTask id="page"><bpmn:extensionElements><zeebe:taskDefinition type="pager.call" />
    </bpmn:extensionElements></bpmn:serviceTask>
    <bpmn:sequenceFlow id="c" sourceRef="page" targetRef="end" />
    <bpmn:endEvent id="end" />
  </bpmn:process>
  <bpmn:message id="opened" name="hook.wanted" />
</bpmn:definitions>
"""


def _first_start(url: str, folder: Path) -> None:
    desk = wiring.build(Settings(folder, url))
    first_start(desk)
    desk.close()


@pytest.fixture(params=["sqlite", "postgres"])
def live(
    request: pytest.FixtureRequest, filled: Filled, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Iterator[Engine]:
    """A running house of the environment, on both databases; Olga supervises its operations."""
    url, _ = filled(request.param, "live", _first_start)
    monkeypatch.setenv("DATABASE_URL", url)
    monkeypatch.setenv("LOOPDESK_DATA", str(tmp_path / "live"))
    desk = wiring.build(Settings(tmp_path / "live", url))
    with desk.engine.begin() as tx:
        who = {"login": "olga", "name": "Olga Ray", "email": "olga@house.example"}
        people.create(SYSTEM, tx, **who, roles=("supervisor",), departments=("operations",))
    yield desk.engine
    desk.close()


def drill(*arguments: str | Path) -> Result:
    """Run the command as in a terminal in English."""
    return CliRunner().invoke(cli, ["--lang", "en", "drill", *map(str, arguments)])


def answers(tmp_path: Path, text: str = ANSWERS) -> Path:
    """A file of answers."""
    path = tmp_path / "answers.yaml"
    path.write_text(text, "utf-8")
    return path


@pytest.mark.row("EMG-10/simulated", "EMG-10/late-or-missed", "EMG-10/scored")
def test_a_drill_is_scored_from_the_command_line(tmp_path: Path) -> None:
    """EMG-10: the emergency begins with the alert, the clock is virtual, each step counts against its limit."""
    result = drill("run", PLAN, "--answers", answers(tmp_path), "--json")
    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)
    states = {line["id"]: line["state"] for line in found["lines"]}
    assert states["first_update"] == states["confirm"] == states["tell"] == "done"
    assert states["stop_jobs"] == "late"
    assert states["end_blocker"] == states["check_data"] == "missed"
    weights = {line["id"]: line["weight"] for line in found["lines"]}
    late = next(line for line in found["lines"] if line["id"] == "stop_jobs")
    credit = weights["stop_jobs"] * (1 - (25 - late["due"]) / late["due"])
    counted = sum(weights[one] for one, state in states.items() if state == "done") + credit
    missed = sum(int(one["said"]) for one in found["findings"] if one["kind"] == "update")
    assert missed > 0
    assert found["score"] == int(100 * counted / sum(weights.values()) - 2 * missed + 0.5)
    assert late["by"] == "Omar"
    assert found["messages"] > 0


@pytest.mark.row("EMG-10/library")
@pytest.mark.parametrize("key", sorted(plans.of_files(bundles.read_folder(WORKFLOWS / "drills"))))
def test_each_drill_of_the_library_can_be_played(key: str) -> None:
    """EMG-10: everybody just in time is a full score: no step waits for something that never comes, nothing breaks."""
    result = drill("run", WORKFLOWS / "drills" / f"{key}.yaml", "--json")
    found = json.loads(result.stdout)
    assert (found["score"], found["findings"]) == (100, [])
    assert len(found["lines"]) >= 5


@pytest.mark.row("EMG-10/actions", "EMG-10/scored")
def test_a_recorded_drill_leaves_actions(live: Engine, tmp_path: Path) -> None:
    """EMG-10: in the house of the environment, for who led it; it can be read again."""
    result = drill("run", "database_deadlock", "--answers", answers(tmp_path), "--record", "--by", "olga", "--json")
    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)
    with live.read() as tx:
        kept = history.get(tx, found["id"])
        made = actions.of(tx, "drill", kept.id)
        assert [one.id for one in history.answers(tx, kept.id)] == ["first_update", "confirm", "stop_jobs", "tell"]
    assert (kept.state, kept.score, kept.lead) == ("recorded", found["score"], "Olga Ray")
    assert len(made) == len(found["findings"]) > 0
    assert {one.owner for one in made} == {"Olga Ray"}
    again = drill("score", kept.id)
    assert f"Score: {found['score']} of 100" in again.output
    listed = drill("list")
    assert kept.id in listed.output
    assert "data_breach" in listed.output


def contents(engine: Engine) -> dict[str, int]:
    """How many rows each table of the live house has."""
    with engine.read() as tx:
        return {
            table.name: tx.conn.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()
            for table in metadata.sorted_tables
        }


@pytest.mark.row("EMG-10/sandbox", "EMG-10/bad-input")
def test_nothing_of_a_drill_reaches_a_running_house(
    live: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """EMG-10: not its database, no hook, no connector that its folders name: the recorder plays them all."""

    def never(*_arguments: object, **_named: object) -> None:
        raise AssertionError("something left the sandbox")

    monkeypatch.setattr(Http, "request", never)
    monkeypatch.setenv("LOOPDESK_WEBHOOK_HOSTS", "cloud.example")
    monkeypatch.setenv("SMTP_URL", "smtp://127.0.0.1:9")
    before = contents(live)
    folders = drilling.of_path(WORKFLOWS) | {"hook": {"hook.bpmn": HOOK.encode()}}
    (tmp_path / "sandbox").mkdir()
    sandbox = Sandbox(tmp_path / "sandbox", folders)
    with sandbox.desk.engine.begin() as tx:
        messages.publish(SYSTEM, tx, "hook.wanted", key="L-1", payload={})
    drilling.alert(sandbox, plans.of_files(folders["drills"])["database_deadlock"], "en")
    sandbox.go_to(30)
    assert [effect for effect, _ in sandbox.recorder.performed][:2] == ["http.post", "pager.call"]
    assert [one.name for one in sandbox.desk.registry.all()] == ["recorder"]
    assert sandbox.recorder.sent
    assert sandbox.desk.engine.database.is_sqlite
    sandbox.close()
    assert contents(live) == before


@pytest.mark.row("EMG-10/sandbox", "EMG-10/bad-input")
def test_a_running_house_cannot_be_handed_to_a_drill(tmp_path: Path) -> None:
    """EMG-10: neither as a folder that holds a database nor by a plan that names one."""
    (tmp_path / "loopdesk.sqlite").write_bytes(b"live")
    with pytest.raises(Refused, match="sandbox of its own"):
        Sandbox(tmp_path, {})
    assert (tmp_path / "loopdesk.sqlite").read_bytes() == b"live"
    folder = tmp_path / "drills"
    folder.mkdir()
    plan = folder / "mine.yaml"
    plan.write_text(PLAN.read_text("utf-8") + "database_url: postgresql://live/house\n", "utf-8")
    result = drill("run", plan)
    assert result.exit_code == 1
    assert "A drill runs in a sandbox of its own: it takes no “database_url”." in result.output


@pytest.mark.row("EMG-10/bad-input")
@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("step: confirm", "step: dance", "answer 2: the drill has no step “dance”"),
        ("at: 10", "at: 999", "answer 2: “at” has to be a minute from 0 to 120"),
        ("at: 10", "at: early", "answer 2: “at” has to be a minute from 0 to 120"),
        ("step: confirm", "what: confirm", "answer 2: it needs one of step, task and update"),
        ("answers:", "answers: none\nothers:", "has to be a list"),
        ("answers:", "answers: {", "is not YAML"),
    ],
)
def test_answers_that_cannot_be_are_named(tmp_path: Path, old: str, new: str, told: str) -> None:
    """EMG-10: with the place in the file; nothing is played."""
    result = drill("run", PLAN, "--answers", answers(tmp_path, ANSWERS.replace(old, new, 1)))
    assert result.exit_code == 1
    assert told in result.output


@pytest.mark.row("EMG-10/late-or-missed")
def test_what_the_process_refuses_is_a_finding(tmp_path: Path) -> None:
    """EMG-10: whoever reports the service back before anybody has begun to restore it has not done so."""
    early = "answers: [{at: 1, task: restore, by: Li Na}]"
    found: dict[str, Any] = json.loads(drill("run", PLAN, "--answers", answers(tmp_path, early), "--json").stdout)
    refused = [one for one in found["findings"] if one["kind"] == "refused"]
    assert [(one["id"], one["minutes"]) for one in refused] == [("restore", 1)]
    assert "No task “restore” waits at this minute." in refused[0]["said"]
    assert found["score"] == 0


def test_a_drill_needs_who_led_it(live: Engine) -> None:
    """EMG-10: actions have an owner."""
    result = drill("run", "database_deadlock", "--record")
    assert result.exit_code == 1
    assert "--by LOGIN" in result.output
    result = drill("score", "nothing")
    assert "There is no such drill." in result.output
    assert "There is no drill “flood”" in drill("run", "flood").output


def test_the_shipped_figures_are_usable() -> None:
    """EMG-10."""
    assert score.figures() == score.Figures(late_until=2, missed_update=2)
