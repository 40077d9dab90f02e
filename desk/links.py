"""Links that customers open without signing in: a random token, an end, one answer (FBK-1, FIX-4)."""

import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from loopdesk.desk import customers, policy, record
from loopdesk.engine.actor import Actor
from loopdesk.engine.errors import N_, Conflict, Missing
from loopdesk.engine.tx import Tx

DAYS = "P30D"
"""How long a link works unless the policy ``links.yaml`` says otherwise."""


def new_token() -> str:
    """32 random bytes as they fit into an address."""
    return secrets.token_urlsafe(32)


def term(tx: Tx, kind: str) -> timedelta:
    """How long a link of ``kind`` works: policy ``links.yaml``."""
    return policy.duration(policy.value(tx, "links", kind, default=DAYS), place=f"links.yaml: {kind}")


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


def unknown() -> Missing:
    """The same words for a token that never was and for one that was cut off in the mail."""
    return Missing("This link is not known.", remedy=N_("Copy the whole link from our e-mail."))


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
