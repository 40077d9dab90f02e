"""Killed, wiped and restarted at random, the house keeps every promise: a short form of ``make chaos`` (issue 4)."""

from pathlib import Path

import pytest

from loopdesk.tests.chaos.house import Postgres
from loopdesk.tests.chaos.run import SHORT, run


@pytest.mark.timeout(600)  # half a minute, unless the machine has much else to do
def test_every_case_ends_right_and_every_effect_is_applied_once(postgres: Postgres | None, tmp_path: Path) -> None:
    outcome = run(SHORT, 1, tmp_path / "data", postgres)
    assert outcome.wrong == [], outcome.counts
    counts = outcome.counts
    assert (counts["cases"], counts["lost"], counts["duplicated"], counts["stuck"]) == (SHORT.cases, 0, 0, 0)
    assert counts["delivered"] >= 3 * SHORT.cases
    assert min(counts["approved"], counts["escalated"]) > 0, "both people and timers were quicker at times"
    assert counts["incidents"] == 0, "nobody was needed"
