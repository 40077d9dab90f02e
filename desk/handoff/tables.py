"""What is kept of a handoff: the offer, and the signatures under it (HND-2)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from loopdesk.desk.record import NUMBER, PERSON_ID
from loopdesk.desk.sql import row_as
from loopdesk.engine.db import BIG, JSON, Moment, metadata
from loopdesk.engine.errors import Missing
from loopdesk.engine.tx import Tx

OFFERED, ACCEPTED, REJECTED = "offered", "accepted", "rejected"
RECALLED, DISPUTED, RULED = "recalled", "disputed", "ruled"
STATES = (OFFERED, ACCEPTED, REJECTED, RECALLED, DISPUTED, RULED)
"""``disputed``: it lies with the arbitration; ``ruled``: the arbitration has decided."""
SENDER, RECEIVER, ARBITER = "sender", "receiver", "arbiter"

handoff_ = sa.Table(
    "handoff",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("case", NUMBER, sa.ForeignKey("case_.number"), nullable=False, index=True),
    sa.Column("from_department", sa.String(60), nullable=False),
    sa.Column("to_department", sa.String(60), nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("summary", sa.Text, nullable=False),
    sa.Column("state", sa.String(20), nullable=False),
    sa.Column("offered_at", Moment, nullable=False),
    sa.Column("overdue_at", Moment),
    sa.Column("decided_at", Moment),
    sa.Column("round", sa.String(64), nullable=False, server_default=""),
    sa.Column("attempt", sa.Integer, nullable=False, server_default="1"),
    sa.Column("instance", sa.String(64), nullable=False, server_default=""),
    sa.Column("due_at", Moment),
    sa.Column("answer", sa.Text, nullable=False, server_default=""),
    sa.Index("ix_handoff__open", "state", "to_department"),
)
"""``round``: offers that one wish to hand over has led to, ``attempt`` counts them; ``instance``: the process that
collects the signatures; ``due_at``: when an answer is due; ``answer``: why it was rejected, recalled or disputed."""

signature = sa.Table(
    "signature",
    metadata,
    sa.Column("id", BIG, primary_key=True, autoincrement=True),
    sa.Column("case", NUMBER, sa.ForeignKey("case_.number"), nullable=False, index=True),
    sa.Column("handoff", sa.String(32), sa.ForeignKey("handoff.id"), nullable=False),
    sa.Column("side", sa.String(10), nullable=False),
    sa.Column("person_id", PERSON_ID, nullable=False),
    sa.Column("name", sa.String(200), nullable=False),
    sa.Column("department", sa.String(60), nullable=False),
    sa.Column("decision", sa.String(10), nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("at", Moment, nullable=False),
    sa.Column("digest", sa.String(64), nullable=False),
    sa.Column("dossier", JSON),
    sa.UniqueConstraint("handoff", "side"),
)
"""Rows of their own, so that no branch of a diagram can lose or overwrite one (architecture §4). ``dossier``: what was
signed, field by field; signatures from before 0.4.0 have its ``digest`` alone."""


@dataclass(frozen=True, slots=True)
class Handoff:
    """One offer of a case from the department that holds it to another, and what became of it."""

    id: str
    case: str
    from_department: str
    to_department: str
    reason: str
    summary: str
    state: str
    offered_at: datetime
    overdue_at: datetime | None = None
    decided_at: datetime | None = None
    round: str = ""
    attempt: int = 1
    instance: str = ""
    due_at: datetime | None = None
    answer: str = ""

    @property
    def sides(self) -> tuple[str, str]:
        """The two departments: who hands over, and who is to take it."""
        return self.from_department, self.to_department


def of_row(row: sa.RowMapping) -> Handoff:
    """The row as a `Handoff`."""
    return row_as(Handoff, row)


def get(tx: Tx, handoff_id: str) -> Handoff:
    """The handoff with that id; raises `Missing`."""
    row = tx.conn.execute(sa.select(handoff_).where(handoff_.c.id == handoff_id)).mappings().first()
    if row is None:
        raise Missing("There is no handoff %(handoff)s.", handoff=handoff_id)
    return of_row(row)


def of_case(tx: Tx, number: str) -> list[Handoff]:
    """All handoffs of a case, oldest first."""
    query = sa.select(handoff_).where(handoff_.c.case == number).order_by(handoff_.c.offered_at, handoff_.c.id)
    return [of_row(row) for row in tx.conn.execute(query).mappings()]


def change(tx: Tx, found: Handoff, *, before: tuple[str, ...], **values: Any) -> bool:
    """Write ``values`` while the handoff is in one of the states ``before``; False when it no longer is."""
    update = sa.update(handoff_).where(handoff_.c.id == found.id, handoff_.c.state.in_(before))
    return bool(tx.conn.execute(update.values(**values)).rowcount)


def told(found: Handoff) -> dict[str, Any]:
    """What events say of a handoff."""
    names = ("id", "from_department", "to_department", "reason", "attempt")
    return {name: getattr(found, name) for name in names}
