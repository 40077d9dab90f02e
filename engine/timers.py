"""Timers are rows: the poller moves due ones into the outbox, where a worker fires them (architecture §4)."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from loopdesk.engine import outbox, telemetry
from loopdesk.engine.calendar import Calendar
from loopdesk.engine.db import BIG, Moment, metadata
from loopdesk.engine.sql import claim, constant
from loopdesk.engine.tx import Tx

timer = sa.Table(
    "timer",
    metadata,
    sa.Column("id", BIG, primary_key=True, autoincrement=True),
    sa.Column("instance_id", sa.String(32), nullable=False),
    sa.Column("key", sa.String(64), nullable=False),
    sa.Column("element", sa.String(200), nullable=False),
    sa.Column("name", sa.String(200), nullable=False),
    sa.Column("ref", sa.String(64), nullable=False),
    sa.Column("due_at", Moment, nullable=False),
    sa.Column("expression", sa.String(500), nullable=False),
    sa.Column("calendar", sa.String(100), nullable=False, server_default=""),
    sa.Column("provisional", sa.Boolean, nullable=False, server_default="0"),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("created_at", Moment, nullable=False),
    sa.Index("ix_timer_instance", "instance_id", "ref"),
)
sa.Index(
    "ix_timer_due",
    timer.c.due_at,
    postgresql_where=timer.c.state == "waiting",
    sqlite_where=timer.c.state == "waiting",
)
WAITING, QUEUED, FIRED, CANCELLED = "waiting", "queued", "fired", "cancelled"
_OPEN = sa.or_(timer.c.state == constant(WAITING), timer.c.state == constant(QUEUED))
_TAKE = sa.update(timer).where(timer.c.id == sa.bindparam("wanted"), _OPEN).values(state=FIRED).returning(*timer.c)


def set(
    tx: Tx,
    *,
    instance: str,
    key: str,
    element: str,
    ref: str,
    due_at: datetime,
    name: str = "",
    expression: str = "",
    calendar: Calendar | None = None,
    since: datetime | None = None,
) -> None:
    """Let a timer wait, from the end of the step, until ``due_at``; ``ref`` says which wait of ``instance`` it ends.

    ``calendar`` is the one whose working time ``expression`` counts; with it the row knows whether holidays on the way
    are not announced yet, so that ``due_at`` is provisional. It counts from ``since``, the row's ``created_at``: now,
    but for a round of a cycle, which counts from the round before however late that one fired.
    """
    since = since or tx.now
    row = {"instance_id": instance, "key": key, "element": element, "name": name, "ref": ref, "due_at": due_at}
    row |= {"expression": expression, **columns(calendar, since, due_at)}
    tx.insert(timer, row | {"state": WAITING, "created_at": since})


def columns(calendar: Calendar | None, since: datetime, due: datetime) -> dict[str, Any]:
    """Name of the calendar, and whether holidays between are not announced yet, as the columns of a row."""
    if calendar is None:
        return {"calendar": "", "provisional": False}
    return {"calendar": calendar.name, "provisional": bool(calendar.unofficial(since, due))}


def cancel(tx: Tx, *, instance: str, ref: str | None = None) -> int:
    """Cancel the timers of ``instance`` (only those of ``ref``, if given), queued ones too. Returns how many."""
    update = sa.update(timer).where(timer.c.instance_id == instance, _OPEN).values(state=CANCELLED)
    if ref is not None:
        update = update.where(timer.c.ref == ref)
    return tx.conn.execute(update).rowcount


def end(tx: Tx, instance: str, refs: Collection[str]) -> None:
    """Cancel the open timers of these waits of an instance, with the step."""
    gone = sa.update(timer).where(timer.c.instance_id == instance, timer.c.ref.in_(refs), _OPEN)
    tx.later(gone.values(state=CANCELLED))


def claim_due(tx: Tx, limit: int = 500) -> int:
    """Move due timers into the outbox (kind ``timer``, payload ``{"timer": id, "ref": ref}``). Returns how many."""
    due = (
        sa.select(timer.c.id)
        .where(timer.c.state == constant(WAITING), timer.c.due_at <= tx.now)
        .order_by(timer.c.due_at)
        .limit(limit)
    )
    rows = claim(tx, timer, due, {"state": QUEUED})
    wanted = [
        outbox.Wanted(
            kind="timer",
            payload={"timer": row["id"], "ref": row["ref"]},
            idempotency_key=f"timer:{row['id']}",
            key=row["key"],
            instance=row["instance_id"],
            element=row["element"],
        )
        for row in rows
    ]
    outbox.put_many(tx, wanted)
    return len(rows)


def take(tx: Tx, timer_id: int) -> dict[str, Any] | None:
    """Mark an open timer as fired and return its row; None when it was cancelled or has fired already."""
    row = tx.conn.execute(_TAKE, {"wanted": timer_id}).mappings().first()
    if row is None:
        return None
    telemetry.fired(tx.engine, (tx.now - row["due_at"]).total_seconds())
    return dict(row)


def of_instance(tx: Tx, instance: str, *, due: bool = False) -> list[dict[str, Any]]:
    """The open timers of ``instance``, earliest first; with ``due`` only those whose moment has come."""
    query = sa.select(timer).where(timer.c.instance_id == instance, _OPEN).order_by(timer.c.due_at, timer.c.id)
    if due:
        query = query.where(timer.c.due_at <= tx.now)
    return [dict(row) for row in tx.conn.execute(query).mappings()]


def next_due(tx: Tx) -> datetime | None:
    """When the earliest waiting timer is due; None when none waits."""
    query = sa.select(timer.c.due_at).where(timer.c.state == constant(WAITING)).order_by(timer.c.due_at).limit(1)
    return tx.conn.execute(query).scalar()
