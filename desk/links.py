"""Links that customers open without signing in: a random token, an end, one answer (FBK-1, FIX-4)."""

import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from loopdesk.desk import customers, policy, record
from loopdesk.desk.rights import readable
from loopdesk.engine.actor import Actor
from loopdesk.engine.errors import N_, Conflict, Missing
from loopdesk.engine.tx import Tx


def new_token() -> str:
    """32 random bytes as they fit into an address."""
    return secrets.token_urlsafe(32)


def term(tx: Tx, kind: str) -> timedelta:
    """How long a link of ``kind`` works: policy ``links.yaml``."""
    return policy.duration(policy.said(tx, "links", kind), place=f"links.yaml: {kind}")


def state(row: Mapping[str, Any], now: datetime) -> str:
    """``answered``, ``expired`` or ``open``."""
    if row["answered_at"] is not None:
        return "answered"
    return "expired" if row["expires_at"] <= now else "open"


def check_open(row: Mapping[str, Any], now: datetime) -> None:
    """Raise `Conflict` for a link that was used or is over."""
    found = state(row, now)
    if found == "answered":
        raise Conflict("This was answered already; thank you.", remedy=N_("Write to us if you want to add something."))
    if found == "expired":
        raise Conflict(
            "This link is no longer valid.", remedy=N_("Answer our last e-mail instead; it reaches the same people.")
        )


def by_token(tx: Tx, table: sa.Table, token: str) -> dict[str, Any]:
    """The row behind a link; raises `Missing`, alike for a token that never was and for one cut off in the mail."""
    row = tx.conn.execute(sa.select(table).where(table.c.token == token)).mappings().first()
    if row is None:
        raise Missing("This link is not known.", remedy=N_("Copy the whole link from our e-mail."))
    return dict(row)


def by_id(tx: Tx, table: sa.Table, row_id: str) -> dict[str, Any]:
    """The row with its token; raises `Missing`."""
    row = tx.conn.execute(sa.select(table).where(table.c.id == row_id)).mappings().first()
    if row is None:
        raise Missing("There is no question to the customer with the id %(id)s.", id=row_id)
    return dict(row)


def listing(actor: Actor, tx: Tx, table: sa.Table, number: str) -> list[dict[str, Any]]:
    """The rows of a case that ``actor`` may see, oldest first, without their tokens."""
    record.get(tx, number, visible=readable(actor))
    kept = [column for column in table.c if column.name != "token"]
    query = sa.select(*kept).where(table.c.case == number).order_by(table.c.id)
    return [dict(row) for row in tx.conn.execute(query).mappings()]


def public(tx: Tx, row: Mapping[str, Any]) -> dict[str, Any]:
    """What the page behind a link may show to whoever holds it, and ``actor``: who answers with it."""
    case = record.get(tx, row["case"])
    contact = customers.contact(tx, case.contact_id) if case.contact_id else None
    whose = customers.actor_of(contact) if contact else Actor(kind="customer", id="", name="")
    return {
        "state": state(row, tx.now),
        "expires_at": row["expires_at"],
        "answered_at": row["answered_at"],
        "number": case.number,
        "title": case.title,
        "solution": case.solution,
        "language": case.language,
        "actor": whose,
    }
