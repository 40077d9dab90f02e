"""`loopdesk sla replay` answers in the shared format, and reads to a person (SLA-2, SLA-3)."""

import json
from pathlib import Path

from click.testing import CliRunner, Result

from loopdesk.tests.desk.sla_cases import CALENDARS, RESOLUTION, at, event
from loopdesk.web.cli import cli


def run(path: Path, text: str, *more: str) -> Result:
    (path / "cases.json").write_text(text, encoding="utf-8")
    return CliRunner().invoke(cli, ["--lang", "en", "sla", "replay", str(path / "cases.json"), *more])


def cases() -> str:
    case = {"id": "K1", "timezone": "Asia/Shanghai", "calendar": "office", "policy": RESOLUTION}
    return json.dumps({"calendars": CALENDARS, "cases": [case | {"events": [event("created", "10 16:00")]}]})


def test_the_answer_is_a_list_of_id_actual_and_segments(tmp_path: Path) -> None:
    done = run(tmp_path, cases(), "--json")
    assert done.exit_code == 0, done.output
    (answer,) = json.loads(done.stdout)
    assert list(answer) == ["id", "actual", "segments"]
    assert (answer["id"], answer["actual"]["due"]) == ("K1", at("11 15:00"))
    assert list(answer["segments"][0])[:5] == ["from", "to", "state", "why", "minutes"]


def test_a_person_reads_the_same_as_lines(tmp_path: Path) -> None:
    lines = run(tmp_path, cases()).stdout.splitlines()
    assert lines[0] == "K1"
    assert f"  due: {at('11 15:00')}" in lines
    assert any("closed" in line and "outside the hours of office" in line for line in lines)


def test_a_file_that_is_no_json_is_one_clear_line(tmp_path: Path) -> None:
    done = run(tmp_path, "{", "--json")
    assert done.exit_code == 1
    assert "The file is not JSON" in done.output
    assert "no clock cases" in run(tmp_path, "[]", "--json").output
