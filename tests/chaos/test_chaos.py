"""Killed, wiped and restarted at random, the house keeps every promise: a short form of ``make chaos`` (issue 4)."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from loopdesk.tests.chaos.house import Postgres
from loopdesk.tests.chaos.run import SHORT, run


@pytest.fixture
def postgres(request: pytest.FixtureRequest) -> Iterator[Postgres | None]:
    """A server of its own, which may be restarted; none for a house on SQLite."""
    if request.param == "SQLite":
        yield None
    else:
        with Postgres() as postgres:
            yield postgres


@pytest.mark.parametrize("postgres", ["SQLite", "PostgreSQL"], indirect=True)
def test_every_case_ends_right_and_every_effect_is_applied_once(postgres: Postgres | None, tmp_path: Path) -> None:
    outcome = run(SHORT, 1, tmp_path / "data", postgres)
    assert outcome.wrong == [], outcome.counts
    counts = outcome.counts
    assert (counts["cases"], counts["lost"], counts["duplicated"], counts["stuck"]) == (SHORT.cases, 0, 0, 0)
    assert counts["delivered"] >= 3 * SHORT.cases
    assert counts["incidents"] == 0, "nobody was needed"
