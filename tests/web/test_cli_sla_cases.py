"""`loopdesk sla replay` counts as the rules say: cases worked out by hand, and the shared ones (SLA-2, SLA-3)."""

import json
from collections.abc import Iterator
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner

from loopdesk.web.cli import cli

CASES = Path(__file__).parent / "clock_cases"
SHARED = Path(__file__).parents[3] / "shared" / "sla" / "examples.json"
ROWS = (
    "SLA-2/resolution", "SLA-2/first-response", "SLA-2/next-response", "SLA-2/working-time", "SLA-2/wall-time",
    "SLA-2/time-zone", "SLA-2/make-up-days", "SLA-2/provisional", "SLA-3/due-instant", "SLA-3/pause", "SLA-3/resume",
    "SLA-3/re-open", "SLA-3/re-prioritise", "SLA-3/re-assign", "SLA-3/policy-change",
)  # fmt: skip
"""What the shared cases show."""


@cache
def written(name: str) -> Any:
    return yaml.safe_load((CASES / f"{name}.yaml").read_text(encoding="utf-8"))


def marked() -> Iterator[Any]:
    for name in ("hours", "rules"):
        for number, case in enumerate(written(name)):
            yield pytest.param(name, number, id=case["id"], marks=pytest.mark.row(*case["rows"]))


def in_format(case: dict[str, Any]) -> dict[str, Any]:
    """A case as the command reads it."""
    policy = {"clock": case.get("clock", "resolution"), **case.get("more", {})}
    if "targets" in case:
        policy |= {"targets_minutes": case["targets"], "on_priority_change": "rebase"}
    elif "target" in case:
        policy |= {"target_minutes": case["target"]}
    events = [{"type": kind, "at": at, **(more[0] if more else {})} for kind, at, *more in case["events"]]
    known = {"timezone": "Asia/Shanghai", "as_of": case.get("as_of", [])}
    return {"id": case["id"], "calendar": case["calendar"], "policy": policy, "events": events, **known}


def replayed(file: Path) -> dict[str, Any]:
    """What the command prints, by id."""
    done = CliRunner().invoke(cli, ["--lang", "en", "sla", "replay", str(file), "--json"])
    assert done.exit_code == 0, done.output
    return {answer["id"]: answer["actual"] for answer in json.loads(done.stdout)}


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    cases = [in_format(case) for name in ("hours", "rules") for case in written(name)]
    file = tmp_path_factory.mktemp("clocks") / "cases.json"
    file.write_text(json.dumps({**written("calendars"), "cases": cases}), encoding="utf-8")
    return replayed(file)


def instants(value: Any) -> Any:
    """Moments compared as instants: how a zone is written does not matter."""
    if isinstance(value, dict):
        return {key: instants(item) for key, item in value.items()}
    if isinstance(value, list):
        return [instants(item) for item in value]
    try:
        return datetime.fromisoformat(value) if isinstance(value, str) else value
    except ValueError:
        return value


@pytest.mark.parametrize(("file", "number"), list(marked()))
def test_a_case_comes_out_as_worked_by_hand(file: str, number: int, answers: dict[str, Any]) -> None:
    case = written(file)[number]
    actual = answers[case["id"]]
    found = {key: actual[key] for key in case["expected"]}
    assert instants(found) == instants(case["expected"]), case["worked"]
    errors = actual["error"].values() if isinstance(actual["error"], dict) else [actual["error"]]  # of each ticket
    assert case["says"] in actual["error"] if "says" in case else not any(errors)


def test_every_case_has_a_name_of_its_own() -> None:
    names = [case["id"] for name in ("hours", "rules") for case in written(name)]
    assert len(names) == len(set(names)) > 60


@pytest.mark.row(*ROWS)
@pytest.mark.skipif(not SHARED.exists(), reason="the worked cases are not beside this copy of the repository")
def test_the_shared_cases_agree_in_every_key() -> None:
    actual = replayed(SHARED)
    for case in json.loads(SHARED.read_text(encoding="utf-8"))["cases"]:
        found = {key: actual[case["id"]][key] for key in case["expected"]}
        assert instants(found) == instants(case["expected"]), case["id"]
