"""Who waits for which message or signal: catch events of running instances, and start events of deployed processes."""

from collections.abc import Collection
from typing import Any

import sqlalchemy as sa

from loopdesk.engine.bundle import Bundle
from loopdesk.engine.db import BIG, Moment, metadata
from loopdesk.engine.tx import Tx

subscription = sa.Table(
    "subscription",
    metadata,
    sa.Column("id", BIG, primary_key=True, autoincrement=True),
    sa.Column("name", sa.String(200), nullable=False),
    sa.Column("key", sa.String(64), nullable=False),
    sa.Column("instance_id", sa.String(32), nullable=False),
    sa.Column("bundle_id", sa.String(32), nullable=False),
    sa.Column("process", sa.String(200), nullable=False),
    sa.Column("element", sa.String(200), nullable=False),
    sa.Column("ref", sa.String(64), nullable=False),
    sa.Column("created_at", Moment, nullable=False),
    sa.Index("ix_subscription_name", "name", "key"),
    sa.Index("ix_subscription_instance", "instance_id", "ref"),
)
"""Only what waits now; a start event has no instance, and for a message no key."""
EVERY = "*"
"""The key of what waits for a signal: signals are for every case."""


def replace_starts(tx: Tx, made: Bundle) -> list[str]:
    """Let the message and signal start events of a deployment take the place of those of the one before.

    Returns the names of its messages.
    """
    rows = [
        {
            "name": start.trigger.message or start.trigger.name,
            "key": EVERY if kind == "signal" else "",
            "instance_id": "",
            "bundle_id": made.id,
            "process": made.name,
            "element": start.element.id,
            "ref": start.element.process,
            "created_at": tx.now,
        }
        for kind in ("message", "signal")
        for start in made.program.starts(kind)
    ]
    withdraw_starts(tx, made.name)
    if rows:
        tx.conn.execute(sa.insert(subscription), rows)
    return sorted({str(row["name"]) for row in rows if row["key"] != EVERY})


def withdraw_starts(tx: Tx, name: str) -> None:
    """Let the message and signal start events of a deployed name begin nothing any more."""
    tx.conn.execute(sa.delete(subscription).where(subscription.c.instance_id == "", subscription.c.process == name))


def add(tx: Tx, *, name: str, key: str, instance: str, bundle: str, process: str, element: str, ref: str) -> None:
    """Let a token of an instance wait for a message."""
    row = {"name": name, "key": key, "instance_id": instance, "bundle_id": bundle, "process": process}
    tx.insert(subscription, row | {"element": element, "ref": ref, "created_at": tx.now})


def remove(tx: Tx, instance: str, ref: str | None = None) -> bool:
    """End a wait (of an instance, all of them without ``ref``); False when it had ended already."""
    delete = sa.delete(subscription).where(subscription.c.instance_id == instance)
    if ref is not None:
        delete = delete.where(subscription.c.ref == ref)
    return tx.conn.execute(delete).rowcount > 0


def end(tx: Tx, instance: str, refs: Collection[str]) -> None:
    """End these waits of an instance, with the step."""
    tx.later(sa.delete(subscription).where(subscription.c.instance_id == instance, subscription.c.ref.in_(refs)))


def waiting(tx: Tx, name: str, key: str) -> list[dict[str, Any]]:
    """The instances of ``key`` that wait for the message, the oldest of each process."""
    query = sa.select(subscription).where(
        subscription.c.name == name, subscription.c.key == key, subscription.c.instance_id != ""
    )
    oldest: dict[str, dict[str, Any]] = {}
    for row in tx.conn.execute(query.order_by(subscription.c.id)).mappings():
        oldest.setdefault(row["process"], dict(row))
    return list(oldest.values())


def starts(tx: Tx, name: str) -> list[dict[str, Any]]:
    """The start events that wait for the message."""
    query = sa.select(subscription).where(
        subscription.c.name == name, subscription.c.instance_id == "", subscription.c.key == ""
    )
    return [dict(row) for row in tx.conn.execute(query.order_by(subscription.c.id)).mappings()]


def of_signal(tx: Tx, name: str) -> list[dict[str, Any]]:
    """Everything that waits for a signal: instances of any case, and start events."""
    query = sa.select(subscription).where(subscription.c.name == name, subscription.c.key == EVERY)
    return [dict(row) for row in tx.conn.execute(query.order_by(subscription.c.id)).mappings()]


def listens(tx: Tx, name: str, key: str) -> bool:
    """Whether an instance waits for the message ``name`` with this key, or a process begins with it."""
    one = sa.select(subscription.c.id).where(subscription.c.name == name, subscription.c.key.in_(("", key))).limit(1)
    return tx.conn.scalar(one) is not None
