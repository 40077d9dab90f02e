"""Working time in a running house and on the command line: calendars of the policies, their change, a trial (SLA-2)."""
# ruff: noqa: E501 - one diagram a line reads better

import json
from datetime import UTC, datetime
from pathlib import Path

from click.testing import CliRunner

import loopdesk
from loopdesk.engine import bundles, runner, timers, work_rows
from loopdesk.engine.actor import SYSTEM
from loopdesk.engine.bundles import read_folder
from loopdesk.tests.engine.drawing import diagram, extended, flows
from loopdesk.web.cli import cli
from loopdesk.web.wiring import Loopdesk

POLICIES = Path(loopdesk.__file__).parent / "workflows" / "policies"
RACI = b"activities:\n  a: {R: [support/agent], A: support/supervisor, C: [], I: []}\n"
MARK = '<zeebe:properties><zeebe:property name="calendar" value="{}"/><zeebe:property name="timeLimit" value="P1D"/></zeebe:properties>'
TIMER = "<bpmn:timerEventDefinition><bpmn:timeDuration>PT8H</bpmn:timeDuration></bpmn:timerEventDefinition>"


def drawn(calendar: str = "support") -> bytes:
    mark = extended(MARK.format(calendar))
    return diagram(
        f'<bpmn:startEvent id="s"/><bpmn:userTask id="a">{mark}</bpmn:userTask><bpmn:boundaryEvent id="b" attachedToRef="a">'
        f'{mark}{TIMER}</bpmn:boundaryEvent><bpmn:endEvent id="e"/><bpmn:endEvent id="late"/>'
        + flows("s > a > e", "b > late"),
        process="waits",
    )


def test_a_new_calendar_moves_timers_and_limits_of_running_processes(light_desk: Loopdesk) -> None:
    with light_desk.engine.begin() as tx:
        bundles.deploy(SYSTEM, tx, "waits", {"waits.bpmn": drawn(), "raci.yaml": RACI})
        instance = runner.start(SYSTEM, tx, "waits", key="L-1")
        (before,) = timers.of_instance(tx, instance)
    assert before["calendar"] == "support"
    files = dict(read_folder(POLICIES))
    closed = "\n".join(f"      - 2{day:03}-01-01" for day in range(20, 60))
    text = files["calendars.yaml"].decode().replace("holidays: CN\n", f"holidays:\n{closed}\n", 1)
    text = text.replace('0: [["09:00", "12:00"], ["13:00", "18:00"]]', '0: [["10:00", "11:00"]]', 1)
    for day in range(1, 5):
        text = text.replace(f'{day}: [["09:00", "12:00"], ["13:00", "18:00"]]', f'{day}: [["10:00", "11:00"]]', 1)
    with light_desk.engine.begin() as tx:
        bundles.deploy(SYSTEM, tx, "policies", {**files, "calendars.yaml": text.encode()})
        (after,) = timers.of_instance(tx, instance)
        (task,) = tx.conn.execute(work_rows.task.select().where(work_rows.task.c.instance_id == instance)).mappings()
    assert after["due_at"] > before["due_at"], "one hour a day instead of eight"
    assert task["calendar"] == "support"
    assert task["due_at"] < after["due_at"], "one working day is one hour now"


def test_a_diagram_with_an_unknown_calendar_is_an_error_of_its_folder(tmp_path: Path) -> None:
    folder = tmp_path / "waits"
    folder.mkdir()
    (folder / "waits.bpmn").write_bytes(drawn("moon"))
    (folder / "raci.yaml").write_bytes(RACI)
    done = CliRunner().invoke(cli, ["check", str(folder), "--json"])
    found = [(row["rule"], row["element"]) for row in json.loads(done.stdout) if row["rule"] == "timer.calendar"]
    assert found == [("timer.calendar", "a"), ("timer.calendar", "b")]
    assert done.exit_code == 1


def test_a_trial_counts_working_time(tmp_path: Path) -> None:
    wait = (
        f'<bpmn:intermediateCatchEvent id="w">{extended(MARK.format("support"))}{TIMER}</bpmn:intermediateCatchEvent>'
    )
    body = f'<bpmn:startEvent id="s"/>{wait}<bpmn:endEvent id="e"/>' + flows("s > w > e")
    (tmp_path / "p.bpmn").write_bytes(diagram(body, process="p"))
    done = CliRunner().invoke(cli, ["try", str(tmp_path / "p.bpmn"), "--json"])
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    # It begins on Monday 09:00 UTC, 17:00 in Shanghai: one hour is left of that day, seven are worked on Tuesday.
    ended = datetime.fromisoformat(told["trace"][-1]["at"])
    assert (told["status"], ended) == ("completed", datetime(2026, 1, 6, 9, tzinfo=UTC))
