"""Legal holds: a case on hold is neither erased nor archived nor deleted, whatever a policy says (SEC-3)."""

from collections.abc import Collection
from typing import Any

import sqlalchemy as sa

from loopdesk.desk import record
from loopdesk.desk.record import NUMBER, PERSON_ID
from loopdesk.desk.rights import require
from loopdesk.engine import events
from loopdesk.engine.actor import Actor
from loopdesk.engine.db import Moment, metadata, new_id
from loopdesk.engine.errors import N_, Conflict, Invalid, Missing, Phrase
from loopdesk.engine.tx import Tx

hold_ = sa.Table(
    "legal_hold",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("case", NUMBER, sa.ForeignKey("case_.number"), nullable=False, index=True),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("at", Moment, nullable=False),
    sa.Column("by_id", PERSON_ID, nullable=False),
    sa.Column("by_name", sa.String(200), nullable=False),
    sa.Column("released_at", Moment),
    sa.Column("released_by", sa.String(200), nullable=False),
    sa.Column("release_reason", sa.Text, nullable=False),
)
VERB = "holds.change"


def add(actor: Actor, tx: Tx, number: str, reason: str) -> str:
    """Put a case on hold and return the hold's id; a case may have several, one for each reason.

    The same reason again is the hold that there is. Raises `Missing` and `Invalid`.
    """
    require(actor, VERB)
    record.get(tx, number, lock=True)
    same = sa.select(hold_.c.id).where(hold_.c.case == number, hold_.c.reason == _reason(reason), _open())
    if known := tx.conn.scalar(same):
        return str(known)
    who = {"by_id": actor.id, "by_name": actor.name[:200]}
    row = {"id": new_id(), "case": number, "reason": _reason(reason), "at": tx.now, **who}
    tx.conn.execute(sa.insert(hold_).values(**row, released_by="", release_reason=""))
    events.record(actor, tx, "hold.added", key=number, data={"hold": row["id"], "reason": row["reason"]})
    return str(row["id"])


def release(actor: Actor, tx: Tx, number: str, reason: str) -> int:
    """End every hold of a case and return how many there were; raises `Missing` when there is none."""
    require(actor, VERB)
    values = {"released_at": tx.now, "released_by": actor.name[:200], "release_reason": _reason(reason)}
    ended = tx.conn.execute(sa.update(hold_).where(hold_.c.case == number, _open()).values(**values)).rowcount
    if not ended:
        raise Missing("Case %(number)s is not on hold.", number=number)
    events.record(actor, tx, "hold.released", key=number, data={"holds": ended, "reason": values["release_reason"]})
    return ended


def listing(actor: Actor, tx: Tx) -> list[dict[str, Any]]:
    """The holds in force, oldest first."""
    require(actor, VERB)
    query = sa.select(hold_).where(_open()).order_by(hold_.c.at, hold_.c.id)
    return [dict(row) for row in tx.conn.execute(query).mappings()]


def held() -> sa.Select[tuple[str]]:
    """The numbers of the cases on hold, for a condition."""
    return sa.select(hold_.c.case).where(_open())


def require_free(tx: Tx, numbers: Collection[str]) -> None:
    """Raise `Conflict` naming the cases among ``numbers`` that are on hold."""
    found = sorted({str(number) for number in tx.conn.scalars(held().where(hold_.c.case.in_(numbers)))})
    if found:
        raise Conflict(
            "A legal hold keeps %(cases)s.",
            remedy=N_("Release it first: `loopdesk hold release NUMBER --reason …`."),
            cases=", ".join(found),
        )


def _open() -> sa.ColumnElement[bool]:
    return hold_.c.released_at.is_(None)


def _reason(text: str) -> str:
    if not text.strip():
        raise Invalid("A reason is needed.", fields={"reason": [Phrase("Say why.")]})
    return text.strip()
