"""The append-only log of everything that happened, written in the transaction of the step itself (architecture §3)."""

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from loopdesk.engine.actor import Actor
from loopdesk.engine.db import BIG, JSON, Moment, metadata
from loopdesk.engine.pending import CurrentTransaction
from loopdesk.engine.sql import OLDEST_RUNNING, is_sqlite
from loopdesk.engine.tx import Tx

event = sa.Table(
    "event",
    metadata,
    sa.Column("id", BIG, primary_key=True, autoincrement=True),
    sa.Column("xact", sa.BigInteger, nullable=False, default=CurrentTransaction()),
    sa.Column("at", Moment, nullable=False),
    sa.Column("key", sa.String(64), nullable=False),
    sa.Column("instance_id", sa.String(32), nullable=False),
    sa.Column("process", sa.String(200), nullable=False),
    sa.Column("element", sa.String(200), nullable=False),
    sa.Column("kind", sa.String(64), nullable=False),
    sa.Column("actor_kind", sa.String(16), nullable=False),
    sa.Column("actor_id", sa.String(64), nullable=False),
    sa.Column("actor_name", sa.String(200), nullable=False),
    sa.Column("on_behalf_of", sa.String(64), nullable=False),
    sa.Column("audience", sa.String(16), nullable=False),
    sa.Column("data", JSON, nullable=False),
    sa.Index("ix_event_cursor", "xact", "id"),
    sa.Index("ix_event_key", "key", "id"),
    sa.Index("ix_event_instance", "instance_id", "id"),
)


def record(
    actor: Actor,
    tx: Tx,
    kind: str,
    *,
    key: str = "",
    instance: str = "",
    process: str = "",
    element: str = "",
    audience: str = "staff",
    data: Mapping[str, Any] = {},
) -> None:
    """Append one event. ``key`` is the case number; ``audience`` is ``staff`` or ``customer`` (who may read it)."""
    row = {
        "at": tx.now,
        "key": key,
        "instance_id": instance,
        "process": process,
        "element": element,
        "kind": kind,
        "actor_kind": actor.kind,
        "actor_id": actor.id,
        "actor_name": actor.name,
        "on_behalf_of": actor.on_behalf_of,
        "audience": audience,
        "data": dict(data),
    }
    tx.insert(event, row)


def since(tx: Tx, cursor: str = "", limit: int = 500) -> tuple[list[dict[str, Any]], str]:
    """Events after ``cursor`` in commit order, at most ``limit``, and the cursor to go on from.

    An empty cursor starts at the beginning. Serial ids are not in commit order: on PostgreSQL a transaction's events
    are handed out once no older transaction is still running, so a slow one is never skipped. SQLite has one writer.
    """
    xact, number = (int(part) for part in (cursor or "0.0").split("."))
    after = sa.tuple_(event.c.xact, event.c.id) > sa.tuple_(sa.literal(xact), sa.literal(number))
    query = sa.select(event).where(after).order_by(event.c.xact, event.c.id).limit(limit)
    if not is_sqlite(tx):
        query = query.where(event.c.xact < OLDEST_RUNNING)
    rows = [dict(row) for row in tx.conn.execute(query).mappings()]
    return rows, cursor_of(rows[-1]) if rows else cursor


def cursor_of(row: Mapping[str, Any]) -> str:
    """The cursor just behind one event that ``since`` handed out: to go on after exactly this one."""
    return f"{row['xact']}.{row['id']}"


def latest(tx: Tx) -> str:
    """The cursor behind every event that is readable now: where a page that was just drawn goes on from."""
    query = sa.select(event.c.xact, event.c.id).order_by(event.c.xact.desc(), event.c.id.desc()).limit(1)
    if not is_sqlite(tx):
        query = query.where(event.c.xact < OLDEST_RUNNING)
    last = tx.conn.execute(query).first()
    return f"{last.xact}.{last.id}" if last else ""


def timeline(tx: Tx, key: str, *, audience: str | None = None) -> list[dict[str, Any]]:
    """Everything that happened to the case ``key``, oldest first; ``audience`` keeps only what it may read."""
    query = sa.select(event).where(event.c.key == key).order_by(event.c.id)
    if audience is not None:
        query = query.where(event.c.audience == audience)
    return [dict(row) for row in tx.conn.execute(query).mappings()]
