"""What is kept of a dispute between two departments, and how it is read (HND-4)."""

from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from loopdesk.desk import record
from loopdesk.desk.record import NUMBER, PERSON_ID
from loopdesk.desk.rights import readable
from loopdesk.engine.actor import Actor
from loopdesk.engine.db import Moment, metadata
from loopdesk.engine.errors import N_, Conflict, Missing
from loopdesk.engine.tx import Tx

UNANSWERED, DISPUTE, CIRCULAR = REASONS = ("unanswered", "dispute", "circular")
OPEN, RULED = "open", "ruled"

arbitration_ = sa.Table(
    "arbitration",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("case", NUMBER, sa.ForeignKey("case_.number"), nullable=False, index=True),
    sa.Column("handoff", sa.String(32), sa.ForeignKey("handoff.id"), nullable=False, unique=True),
    sa.Column("reason", sa.String(20), nullable=False),
    sa.Column("was", sa.String(20), nullable=False),
    sa.Column("type", sa.String(60), nullable=False),
    sa.Column("from_department", sa.String(60), nullable=False),
    sa.Column("to_department", sa.String(60), nullable=False),
    sa.Column("disputed_by", sa.String(60), nullable=False),
    sa.Column("statement", sa.Text, nullable=False),
    sa.Column("asked", sa.String(60), nullable=False),
    sa.Column("reply", sa.Text, nullable=False),
    sa.Column("state", sa.String(10), nullable=False),
    sa.Column("opened_at", Moment, nullable=False),
    sa.Column("due_at", Moment),
    sa.Column("overdue_at", Moment),
    sa.Column("department", sa.String(60), nullable=False),
    sa.Column("reasoning", sa.Text, nullable=False),
    sa.Column("for_customer", sa.Text, nullable=False),
    sa.Column("ruled_by", PERSON_ID, nullable=False),
    sa.Column("ruled_by_name", sa.String(200), nullable=False),
    sa.Column("ruled_at", Moment),
    sa.Column("terms", sa.Text, nullable=False),
    sa.Index("ix_arbitration__ruled", "state", "ruled_at"),
)
"""``was``: the state of the handoff before; ``asked``: the side that is asked for its ``reply`` to the statement;
``terms``: what a ruling can be found by."""


@dataclass(frozen=True, slots=True)
class Arbitration:
    """One dispute and its ruling."""

    id: str
    case: str
    handoff: str
    reason: str
    was: str
    type: str
    from_department: str
    to_department: str
    disputed_by: str
    statement: str
    asked: str
    reply: str
    state: str
    opened_at: datetime
    due_at: datetime | None
    overdue_at: datetime | None
    department: str
    reasoning: str
    for_customer: str
    ruled_by: str
    ruled_by_name: str
    ruled_at: datetime | None


def get(tx: Tx, arbitration_id: str) -> Arbitration:
    """The arbitration with that id; raises `Missing`."""
    found = find(tx, arbitration_.c.id == arbitration_id)
    if not found:
        raise Missing("There is no arbitration %(arbitration)s.", arbitration=arbitration_id)
    return found[0]


def one(tx: Tx, arbitration_id: str) -> Arbitration | None:
    """The arbitration with that id, or None."""
    return next(iter(find(tx, arbitration_.c.id == arbitration_id)), None) if arbitration_id else None


def of_handoff(tx: Tx, handoff_id: str) -> Arbitration:
    """The arbitration of a handoff; raises `Missing`."""
    found = find(tx, arbitration_.c.handoff == handoff_id)
    if not found:
        raise Missing("There is no arbitration of handoff %(handoff)s.", handoff=handoff_id)
    return found[0]


def of_case(actor: Actor, tx: Tx, number: str) -> list[Arbitration]:
    """The arbitrations of a case, oldest first."""
    record.get(tx, number, visible=readable(actor))
    return find(tx, arbitration_.c.case == number)


def write(tx: Tx, found: Arbitration, **values: Any) -> None:
    """Change an arbitration that nobody has ruled yet; raises `Conflict` for another."""
    update = sa.update(arbitration_).where(arbitration_.c.id == found.id, arbitration_.c.state == OPEN)
    if not tx.conn.execute(update.values(**values)).rowcount:
        raise Conflict("This dispute was ruled already.", remedy=N_("Look at the ruling on the case."))


def find(
    tx: Tx, where: sa.ColumnElement[bool], *, newest: bool = False, limit: int | None = None, offset: int = 0
) -> list[Arbitration]:
    """The arbitrations for which ``where`` holds, oldest first; with ``newest`` the last ruling first."""
    columns = [arbitration_.c[one.name] for one in fields(Arbitration)]
    order = (arbitration_.c.ruled_at.desc(), arbitration_.c.id.desc()) if newest else (arbitration_.c.opened_at,)
    query = sa.select(*columns).where(where).order_by(*order).limit(limit).offset(offset)
    return [Arbitration(**dict(row)) for row in tx.conn.execute(query).mappings()]
