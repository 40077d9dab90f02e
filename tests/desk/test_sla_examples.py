"""The worked clock cases beside the repository agree in every key (SLA-1 to SLA-3)."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from loopdesk.desk.sla.replay import replay_file

EXAMPLES = Path(__file__).parents[3] / "shared" / "sla" / "examples.json"


def as_instants(value: Any) -> Any:
    """Moments compared as instants: how a zone is written does not matter."""
    if isinstance(value, dict):
        return {key: as_instants(item) for key, item in value.items()}
    if isinstance(value, list):
        return [as_instants(item) for item in value]
    try:
        return datetime.fromisoformat(value) if isinstance(value, str) else value
    except ValueError:
        return value


@pytest.mark.skipif(not EXAMPLES.exists(), reason="the worked cases are not beside this copy of the repository")
def test_all_worked_cases_agree() -> None:
    data = json.loads(EXAMPLES.read_text(encoding="utf-8"))
    answers = {answer["id"]: answer["actual"] for answer in replay_file(data)}
    for case in data["cases"]:
        actual = answers[case["id"]]
        found = {key: actual[key] for key in case["expected"]}
        assert as_instants(found) == as_instants(case["expected"]), case["id"]
