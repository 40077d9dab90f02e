"""What each sum of a day counts, said once in SQL: for the kept sums, for cases asked directly, for the drill-down."""

from collections.abc import Mapping
from datetime import date

import sqlalchemy as sa

from loopdesk.desk.feedback.tables import FULL, POOR
from loopdesk.desk.figures.rows import case_figure

OPENED, CLOSED = BASES = ("opened", "closed")
"""Which day counts a case: that of its opening, or that of its closing."""
_ROW = case_figure.c
LIKED = 4
"""FBK-4: 4 of 5 stars or more are a satisfied answer."""

CONDITIONS: Mapping[str, sa.ColumnElement[bool]] = {
    "cases": sa.true(),
    "first_n": _ROW.first_seconds.is_not(None),
    "first_promised": _ROW.first_kept.is_not(None),
    "first_kept": _ROW.first_kept.is_(sa.true()),
    "responded": sa.and_(_ROW.first_kept.is_not(None), _ROW.responded.is_(sa.true())),
    "repair_n": _ROW.repair_seconds.is_not(None),
    "promised": _ROW.on_time.is_not(None),
    "on_time": _ROW.on_time.is_(sa.true()),
    "escalated": _ROW.escalated.is_(sa.true()),
    "asked": _ROW.asked.is_(sa.true()),
    "answers": _ROW.stars.is_not(None),
    "satisfied": _ROW.stars >= LIKED,
    "nps_n": _ROW.nps.is_not(None),
    "promoters": _ROW.nps >= FULL,
    "detractors": _ROW.nps <= POOR,
    "complaints": _ROW.complained.is_(sa.true()),
}
"""Sums that count cases, with the condition under which a case counts."""
AMOUNTS: Mapping[str, sa.ColumnElement[int]] = {
    "first_seconds": _ROW.first_seconds,
    "repair_seconds": _ROW.repair_seconds,
    "stars": _ROW.stars,
}
"""Sums that add something up."""
OF_BASIS: Mapping[str, tuple[str, ...]] = {
    OPENED: ("cases", "first_n", "first_seconds", "first_promised", "first_kept", "responded"),
    CLOSED: (
        "cases", "repair_n", "repair_seconds", "promised", "on_time", "escalated", "asked", "answers", "stars",
        "satisfied", "nps_n", "promoters", "detractors", "complaints",
    ),
}  # fmt: skip


def expression(name: str) -> sa.ColumnElement[int]:
    """The sum over a group of cases; never NULL."""
    if name in AMOUNTS:
        return sa.func.coalesce(sa.func.sum(AMOUNTS[name]), 0)
    return sa.func.count().filter(CONDITIONS[name])


def day_of(basis: str) -> sa.Column[date]:
    """The column with the day that counts a case."""
    return _ROW.opened_day if basis == OPENED else _ROW.closed_day
