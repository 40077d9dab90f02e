"""API tokens: a secret shown once, kept as its sha256, bound to a person and to scopes (SEC-1)."""

import hashlib
import secrets
from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from loopdesk.desk import people
from loopdesk.desk.record import PERSON_ID
from loopdesk.desk.rights import require
from loopdesk.engine import events
from loopdesk.engine.actor import Actor
from loopdesk.engine.db import JSON, Moment, metadata, new_id
from loopdesk.engine.errors import N_, Invalid, Missing, Phrase, Refused
from loopdesk.engine.tx import Tx

_READ_OR_WRITTEN = ("cases", "tasks", "definitions", "instances")
SCOPES = (
    *(f"{what}:{how}" for what in _READ_OR_WRITTEN for how in ("read", "write")),
    "privacy:write",
    "samples:write",
)
PREFIX = "ld_"
"""Lets a secret scanner know what it found."""

api_token = sa.Table(
    "api_token",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("person_id", PERSON_ID, sa.ForeignKey("person.id"), nullable=False, index=True),
    sa.Column("name", sa.String(200), nullable=False),
    sa.Column("digest", sa.String(64), nullable=False, unique=True),
    sa.Column("scopes", JSON, nullable=False),
    sa.Column("created_at", Moment, nullable=False),
    sa.Column("expires_at", Moment, nullable=False),
    sa.Column("revoked_at", Moment),
)


def make_token(actor: Actor, tx: Tx, person_id: str, *, name: str, scopes: Iterable[str], days: int = 365) -> str:
    """A new token of a person, valid for 1 to 730 ``days``; the secret is returned here and never again.

    Raises `Invalid` for an unknown scope or a term out of bounds.
    """
    require(actor, "tokens.change", person_id)
    wanted = sorted(set(scopes))
    unknown = [scope for scope in wanted if scope not in SCOPES]
    if unknown or not wanted:
        raise Invalid(
            "A token needs known scopes; %(scopes)s is none.",
            remedy=N_("Choose among %(known)s."),
            fields={"scopes": [Phrase("Choose at least one known scope.")]},
            scopes=", ".join(unknown) or "-",
            known=", ".join(SCOPES),
        )
    if not 1 <= days <= 730:
        raise Invalid("A token lasts between 1 and 730 days.", fields={"days": [Phrase("Between 1 and 730 days.")]})
    owner = people.by_id(tx, person_id)
    secret = PREFIX + secrets.token_urlsafe(32)
    row = {"id": new_id(), "person_id": owner.id, "name": name.strip() or owner.name, "digest": _digest(secret)}
    term = {"created_at": tx.now, "expires_at": tx.now + timedelta(days=days)}
    tx.conn.execute(sa.insert(api_token).values(**row, scopes=wanted, **term))
    events.record(actor, tx, "token.made", data={"person": owner.id, "name": row["name"], "scopes": wanted})
    return secret


def by_token(tx: Tx, secret: str) -> Actor:
    """The person behind a token, limited to its scopes; one `Refused` for unknown, expired and revoked ones."""
    query = sa.select(api_token).where(api_token.c.digest == _digest(secret))
    row = tx.conn.execute(query).mappings().first()
    if row is not None and row["revoked_at"] is None and row["expires_at"] > tx.now:
        owner = people.by_id(tx, row["person_id"])
        if owner.active:
            return replace(people.actor_of(owner), scopes=frozenset(row["scopes"]))
    raise Refused("This token is not valid.", remedy=N_("Make a new one; tokens expire and can be revoked."))


def revoke(actor: Actor, tx: Tx, token_id: str) -> None:
    """The token no longer works. Raises `Missing`."""
    row = tx.conn.execute(sa.select(api_token).where(api_token.c.id == token_id)).mappings().first()
    require(actor, "tokens.change", row["person_id"] if row else None)
    if row is None:
        raise Missing("There is no token %(token)s.", token=token_id)
    tx.conn.execute(sa.update(api_token).where(api_token.c.id == token_id).values(revoked_at=tx.now))
    events.record(actor, tx, "token.revoked", data={"person": row["person_id"], "name": row["name"]})


def listing(actor: Actor, tx: Tx, person_id: str) -> list[dict[str, Any]]:
    """The tokens of a person, newest first, without their secrets."""
    require(actor, "tokens.change", person_id)
    kept = [column for column in api_token.c if column.name != "digest"]
    query = sa.select(*kept).where(api_token.c.person_id == person_id).order_by(api_token.c.created_at.desc())
    return [dict(row) for row in tx.conn.execute(query).mappings()]


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
