"""Who answers for the next case: the least busy one, found at the same price however much everybody has (INT-6)."""

from collections.abc import Sequence

import pytest
import sqlalchemy as sa

from loopdesk.desk import casework, people
from loopdesk.desk.record import EMPTY, case_
from loopdesk.engine.actor import SYSTEM
from loopdesk.engine.tx import Tx
from loopdesk.tests.desk.house import House


@pytest.fixture
def mia(house: House, tx: Tx) -> str:
    """A second agent of customer support, beside Li Na."""
    person = {"login": "mia", "name": "Mia Roth", "email": "mia@house.example", "language": "en", "zone": "UTC"}
    return people.create(SYSTEM, tx, **person, roles=("agent",), departments=("support",)).id


def _cases(tx: Tx, owners: Sequence[str], status: str = "open") -> None:
    known = tx.conn.scalar(sa.select(sa.func.count()).select_from(case_)) or 0
    texts = {"title": "t", "description": "d", "channel": "portal", "department": "support"}
    rows = [
        {
            **EMPTY,
            **texts,
            "number": f"L-2026-{known + at:06d}",
            "status": status,
            "owner_id": owner,
            "opened_at": tx.now,
        }
        for at, owner in enumerate(owners, 1)
    ]
    tx.conn.execute(sa.insert(case_), rows)


def _next(tx: Tx) -> str:
    found = casework.least_busy(tx, "support")
    assert found is not None
    return found.id


def test_open_cases_count_and_closed_ones_do_not(house: House, tx: Tx, mia: str) -> None:
    lina = house.people["lina"].id
    _cases(tx, [lina, lina, mia])
    _cases(tx, [mia] * 5, status="closed")
    assert _next(tx) == mia


def test_of_people_who_are_all_busy_each_gets_the_next(
    house: House, tx: Tx, mia: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(casework, "COUNTED", 3)
    lina = house.people["lina"].id
    _cases(tx, [lina] * 3 + [mia] * 20)
    got = []
    for _ in range(6):
        got.append(_next(tx))
        _cases(tx, got[-1:])
    assert got == [lina, mia] * 3


def test_what_is_looked_at_stands_in_an_index_of_open_cases(house: House, tx: Tx, mia: str) -> None:
    """A burst of reports must not read all that somebody has, let alone what was closed years ago."""
    if tx.conn.dialect.name != "sqlite":
        pytest.skip("how PostgreSQL looks depends on how many rows there are")
    asked: list[tuple[str, tuple[object, ...]]] = []
    sa.event.listen(tx.conn, "before_cursor_execute", lambda *given: asked.append((given[2], given[3])))
    _next(tx)
    [(query, values)] = [one for one in asked if "count(*)" in one[0]]
    plan = "\n".join(row[-1] for row in tx.conn.exec_driver_sql(f"EXPLAIN QUERY PLAN {query}", values))
    assert plan.count("INDEX ix_case__under_way") == 2
