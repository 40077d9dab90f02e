"""The tables of the audit log, and how an event becomes a digest (docs/decisions/0007-audit.md).

A row of ``audit`` stands for one event. It holds digests only, so that an event's words may be erased or archived by
law without breaking the chain that it is a link of.
"""

import hashlib
from collections.abc import Mapping
from datetime import UTC
from typing import Any

import orjson
import sqlalchemy as sa

from loopdesk.engine.db import BIG, Moment, metadata

DIGEST = sa.LargeBinary(32)
"""SHA-256 (FIPS 180-4)."""
START = bytes(32)
"""What the first link of a chain follows."""
_FIXED = ("key", "instance_id", "process", "element", "kind", "actor_kind", "actor_id", "on_behalf_of", "audience")

audit = sa.Table(
    "audit",
    metadata,
    sa.Column("number", BIG, primary_key=True, autoincrement=False),
    sa.Column("event_id", BIG, nullable=False, unique=True),
    sa.Column("chain", sa.String(70), nullable=False),
    sa.Column("position", sa.Integer, nullable=False),
    sa.Column("payload", DIGEST, nullable=False),
    sa.Column("content", DIGEST, nullable=False),
    sa.Column("previous", DIGEST, nullable=False),
    sa.Column("hash", DIGEST, nullable=False),
    sa.UniqueConstraint("chain", "position"),
)
"""``number`` counts all rows without a gap, ``position`` those of one chain."""

head = sa.Table(
    "audit_head",
    metadata,
    sa.Column("chain", sa.String(70), primary_key=True),
    sa.Column("position", sa.Integer, nullable=False),
    sa.Column("hash", DIGEST, nullable=False),
)
"""Where each chain ends: rows cut off its end are missed."""

house = sa.Table(
    "audit_house",
    metadata,
    sa.Column("number", BIG, primary_key=True, autoincrement=False),
    sa.Column("at", Moment, nullable=False),
    sa.Column("first", BIG, nullable=False),
    sa.Column("last", BIG, nullable=False),
    sa.Column("digest", DIGEST, nullable=False),
    sa.Column("cursor", sa.String(50), nullable=False),
    sa.Column("previous", DIGEST, nullable=False),
    sa.Column("hash", DIGEST, nullable=False),
)
"""One chain over all: each link seals the rows ``first`` to ``last``; ``cursor`` is where the events go on."""

tombstone = sa.Table(
    "audit_tombstone",
    metadata,
    sa.Column("id", BIG, primary_key=True, autoincrement=True),
    sa.Column("event_id", BIG, nullable=False, index=True),
    sa.Column("token", sa.String(32), nullable=False, index=True),
    sa.Column("payload", DIGEST),
)
"""A lawful change: the digest of what is left of an event's payload, or none where the whole event was archived.

``token`` names the event ``data.erased`` or ``data.archived`` that answers for it.
"""


def chain_of(event: Mapping[str, Any]) -> str:
    """The chain that an event belongs to: its instance's, else its case's, else the one of the house."""
    if event["instance_id"]:
        return f"instance:{event['instance_id']}"
    return f"case:{event['key']}" if event["key"] else "house"


def payload_of(event: Mapping[str, Any]) -> bytes:
    """The digest of what may hold words about people: who acted, by name, and the event's data."""
    return _digest([event["actor_name"], event["data"]])


def content_of(event: Mapping[str, Any], payload: bytes) -> bytes:
    """The digest of the event as a whole; ``payload`` is that of its payload when it was written."""
    at = event["at"].astimezone(UTC).isoformat()
    return _digest([event["id"], at, *(event[name] for name in _FIXED), payload.hex()])


def link(previous: bytes, content: bytes) -> bytes:
    """The hash of a link of a chain."""
    return hashlib.sha256(previous + content).digest()


def seal(row: Mapping[str, Any]) -> bytes:
    """The content of a link of the house's chain."""
    at = row["at"].astimezone(UTC).isoformat()
    return _digest([row["number"], at, row["first"], row["last"], row["digest"].hex(), row["cursor"]])


def mark(row: Mapping[str, Any]) -> bytes:
    """What a tombstone adds to the digest that its lawful event holds."""
    return b"%d:%b;" % (row["event_id"], row["payload"] or b"")


def _digest(value: Any) -> bytes:
    return hashlib.sha256(orjson.dumps(value, option=orjson.OPT_SORT_KEYS)).digest()
