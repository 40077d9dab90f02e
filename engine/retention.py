"""What is old enough goes: rows of the engine that nobody needs any more, and a finished case as a whole (SEC-3)."""

import base64
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from loopdesk.engine import audit, related
from loopdesk.engine.actor import Actor
from loopdesk.engine.events import event
from loopdesk.engine.incidents import incident
from loopdesk.engine.instances import ACTIVE, instance
from loopdesk.engine.messages import message
from loopdesk.engine.outbox_rows import CANCELLED, DONE, outbox
from loopdesk.engine.timers import timer
from loopdesk.engine.tx import Tx
from loopdesk.engine.work_rows import OPEN, task

BATCH = 500
"""Rows of one table that go in one transaction."""
_OVER = outbox.c.state.in_((DONE, CANCELLED))


def outbox_done(tx: Tx, before: datetime) -> int:
    """Delete effects done or cancelled before that moment; rows of house-keeping jobs are used again and stay."""
    mine = _OVER & (outbox.c.done_at < before) & ~outbox.c.idempotency_key.startswith("periodic:")
    return drop(tx, outbox, mine)


def messages_done(tx: Tx, before: datetime) -> int:
    """Delete messages that were taken or expired before that moment.

    One that a process on hold has still to receive stays, however old it becomes.
    """
    awaited = sa.select(outbox.c.key).where(outbox.c.kind == "receive", ~_OVER)
    finished = sa.and_(message.c.state.not_in(("new", "waiting")), message.c.key.not_in(awaited))
    # SQLite gives the number of a deleted newest row away again; the outbox may still know the old message under it.
    numbers = message.alias()
    newest = sa.select(sa.func.max(numbers.c.id)).scalar_subquery()
    return drop(tx, message, finished & (message.c.expires_at < before) & (message.c.id < newest))


def drop(tx: Tx, table: sa.Table, where: sa.ColumnElement[bool], most: int = BATCH) -> int:
    """Delete at most ``most`` of the rows found; returns how many."""
    [key] = table.primary_key
    chosen = sa.select(key).where(where).order_by(key).limit(most)
    return tx.conn.execute(sa.delete(table).where(key.in_(list(tx.conn.scalars(chosen))))).rowcount


def busy() -> list[sa.Select[tuple[str]]]:
    """The keys of cases for which anything is still to be done, one selection for each reason."""
    return [
        sa.select(instance.c.key).where(instance.c.status == ACTIVE),
        sa.select(task.c.key).where(task.c.state == OPEN),
        sa.select(timer.c.key).where(timer.c.state.in_(("waiting", "queued"))),
        sa.select(outbox.c.key).where(~_OVER),
        sa.select(incident.c.key).where(incident.c.state == "open"),
    ]


def collect(tx: Tx, root: str, number: str) -> dict[str, list[dict[str, Any]]]:
    """Every row of a case by table, as JSON can hold it."""
    found: dict[str, list[dict[str, Any]]] = {}
    for table, _ in related.tables(root):
        where = related.of(table, root, [number])
        if where is not None:
            rows = tx.conn.execute(sa.select(table).where(where).order_by(*table.primary_key)).mappings()
            found[table.name] = [_plain(dict(row)) for row in rows]
    return {name: rows for name, rows in found.items() if rows}


def _plain(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: base64.b64encode(value).decode() if isinstance(value, bytes) else value for name, value in row.items()
    }


def remove(actor: Actor, tx: Tx, root: str, number: str, *, data: Mapping[str, Any]) -> int:
    """Delete every row of a case, children first; tombstones stand for its events. Returns how many rows went."""
    numbers = tx.conn.scalars(sa.select(event.c.id).where(event.c.key == number)).all()
    audit.entomb(actor, tx, audit.ARCHIVED, dict.fromkeys(numbers), data={"case": number, **data})
    gone = 0
    for table, _ in reversed(list(related.tables(root))):
        where = related.of(table, root, [number])
        if where is not None:
            gone += tx.conn.execute(sa.delete(table).where(where)).rowcount
    return gone
