"""Sub-cases: parts of a case with owners of their own, without which the whole is not solved (DIA-10).

What is kept here is which case is part of which, and how it ended; `splitting` holds the verbs.
"""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from loopdesk.desk.record import NUMBER, PERSON_ID, case_
from loopdesk.engine.db import Moment, metadata
from loopdesk.engine.errors import N_, Conflict
from loopdesk.engine.tx import Tx

CHANNEL = "subcase"
"""The channel of a case that was split off: nobody outside reported it, so nobody outside confirms it."""

subcase = sa.Table(
    "subcase",
    metadata,
    sa.Column("case", NUMBER, sa.ForeignKey("case_.number"), primary_key=True),
    # No foreign key: the whole may leave for the archive before or after its parts.
    sa.Column("parent", NUMBER, nullable=False, index=True),
    sa.Column("at", Moment, nullable=False),
    sa.Column("by_id", PERSON_ID, nullable=False),
    sa.Column("by_name", sa.String(200), nullable=False),
    sa.Column("cancelled_at", Moment),
    sa.Column("reason", sa.Text, nullable=False),
)
"""A part of at most one whole; ``reason`` says why it was cancelled."""


@dataclass(frozen=True, slots=True)
class Part:
    """One sub-case as its whole shows it; ``cancelled_at`` tells a part that was given up."""

    number: str
    title: str
    status: str
    department: str
    owner_id: str
    solution: str
    cancelled_at: datetime | None
    reason: str

    @property
    def done(self) -> bool:
        """Whether the whole need not wait for it."""
        return self.cancelled_at is not None or self.status in ("solved", "closed")


_SHOWN = ("number", "title", "status", "department", "owner_id", "solution")


def parts(tx: Tx, number: str) -> list[Part]:
    """The sub-cases of a case in the order of their numbers; the caller has asked whether the case may be seen."""
    columns = [*(case_.c[name] for name in _SHOWN), subcase.c.cancelled_at, subcase.c.reason]
    query = sa.select(*columns).join(subcase, subcase.c.case == case_.c.number)
    rows = tx.conn.execute(query.where(subcase.c.parent == number).order_by(case_.c.number)).mappings()
    return [Part(**row) for row in rows]


def unfinished(tx: Tx, number: str) -> list[str]:
    """The numbers of the sub-cases that the case still waits for."""
    query = sa.select(subcase.c.case).join(case_, case_.c.number == subcase.c.case)
    open_ = (
        (subcase.c.parent == number) & subcase.c.cancelled_at.is_(None) & case_.c.status.not_in(("solved", "closed"))
    )
    return list(tx.ask(query.where(open_).order_by(subcase.c.case)).scalars())


def require_finished(tx: Tx, number: str) -> None:
    """Raise `Conflict` naming the sub-cases that are still open: the whole is not solved before its parts."""
    left = unfinished(tx, number)
    if left:
        raise Conflict(
            "Case %(number)s waits for its sub-cases: %(left)s.",
            remedy=N_("Solve them or cancel them first."),
            number=number,
            left=", ".join(left),
        )


def parent_of(tx: Tx, number: str) -> str:
    """The case that this one is a part of, empty for none; a cancelled part keeps its whole."""
    row = row_of(tx, number)
    return str(row["parent"]) if row else ""


def row_of(tx: Tx, number: str) -> sa.RowMapping | None:
    """The row that makes this case a part of another; None for one that stands alone."""
    return tx.ask(sa.select(subcase).where(subcase.c.case == number)).mappings().first()


def above(tx: Tx, number: str) -> list[str]:
    """The whole that this case is a part of, the whole of that, and so on."""
    found: list[str] = []
    while (number := parent_of(tx, number)) and number not in found:
        found.append(number)
    return found


def results(tx: Tx, number: str) -> str:
    """What the sub-cases brought, one paragraph each: ``case.results``, for whoever solves the whole."""
    lines = [f"{part.number} {part.title}: {part.solution}" for part in parts(tx, number) if part.solution]
    return "\n\n".join(lines)
