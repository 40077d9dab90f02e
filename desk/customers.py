"""Customers: organisations with their tier, and the contacts who write for them (INT-2, COM-7)."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any
from zoneinfo import available_timezones

import sqlalchemy as sa

from loopdesk.desk.rights import require
from loopdesk.desk.sql import insert_new
from loopdesk.engine import events
from loopdesk.engine.actor import Actor
from loopdesk.engine.db import metadata, new_id
from loopdesk.engine.errors import Invalid, Missing, Phrase
from loopdesk.engine.tx import Tx

TIERS = ("vip", "normal", "potential")

organisation = sa.Table(
    "organisation",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("number", sa.String(30), nullable=False, unique=True),
    sa.Column("name", sa.String(200), nullable=False),
    sa.Column("tier", sa.String(20), nullable=False),
    sa.Column("merged_into", sa.String(32), index=True),
)

contact_ = sa.Table(
    "contact",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("organisation_id", sa.String(32), sa.ForeignKey("organisation.id"), index=True),
    sa.Column("name", sa.String(200), nullable=False),
    sa.Column("email", sa.String(320), unique=True),
    sa.Column("phone", sa.String(40), nullable=False),
    sa.Column("language", sa.String(10), nullable=False),
    sa.Column("zone", sa.String(60), nullable=False),
    sa.Column("channel", sa.String(20), nullable=False),
    sa.Column("unknown", sa.Boolean, nullable=False),
    sa.Column("merged_into", sa.String(32), index=True),
)
"""``merged_into``: the one that this turned out to be; such a row keeps number or address and stands in no chain."""


@dataclass(frozen=True, slots=True)
class Organisation:
    """A customer; ``number`` is what contracts and forms call it, ``tier`` one of vip, normal, potential."""

    id: str
    number: str
    name: str
    tier: str
    merged_into: str | None = None


@dataclass(frozen=True, slots=True)
class Contact:
    """A person at a customer; ``unknown`` until somebody has said which customer he belongs to."""

    id: str
    organisation_id: str | None
    name: str
    email: str | None
    phone: str = ""
    language: str = "en"
    zone: str = "UTC"
    channel: str = "email"
    unknown: bool = False
    merged_into: str | None = None


def add_organisation(actor: Actor, tx: Tx, *, number: str, name: str, tier: str = "normal") -> Organisation:
    """A new customer. Raises `Invalid` for an unknown tier, an empty name or a number that is taken."""
    require(actor, "customers.change")
    new = Organisation(new_id(), number.strip().upper(), name.strip(), tier)
    problems = {
        "tier": [] if tier in TIERS else [Phrase("Choose vip, normal or potential.")],
        "number": [] if new.number else [Phrase("A customer number is needed.")],
        "name": [] if new.name else [Phrase("A name is needed.")],
    }
    _refuse_any(problems)
    if not insert_new(tx, organisation, asdict(new), unique=["number"]):
        _refuse_any({"number": [Phrase("Another customer has this number.")]})
    data = {"organisation": new.id, "number": new.number, "name": new.name}
    events.record(actor, tx, "customer.added", key=new.number, data=data)
    return new


def add_contact(
    actor: Actor,
    tx: Tx,
    *,
    name: str,
    email: str = "",
    organisation_id: str | None = None,
    phone: str = "",
    language: str = "en",
    zone: str = "UTC",
    channel: str = "email",
) -> Contact:
    """A new contact, ``unknown`` without an organisation.

    Raises `Invalid` when the e-mail address is none or taken, for an unknown time zone, and for nobody at all.
    """
    require(actor, "customers.change")
    address = _address(email)
    if email and "@" not in address:
        _refuse_any({"email": [Phrase("This is not an e-mail address.")]})
    if zone not in ("", "UTC") and zone not in available_timezones():
        _refuse_any({"zone": [Phrase("There is no such time zone.")]})
    label = (name.strip() or address.partition("@")[0] or phone.strip())[:200]
    if not label:
        _refuse_any({"name": [Phrase("A name is needed.")]})
    facts = {"phone": phone[:40], "language": language or "en", "zone": zone or "UTC", "channel": channel}
    new = Contact(new_id(), organisation_id, label, address or None, **facts, unknown=organisation_id is None)
    if not _insert(actor, tx, new):
        _refuse_any({"email": [Phrase("Another contact has this e-mail address.")]})
    return new


def find_or_create_contact(
    actor: Actor, tx: Tx, *, email: str = "", name: str = "", phone: str = "", language: str = "", zone: str = ""
) -> Contact:
    """The contact with that address, or a new one that is ``unknown`` for staff to look at (INT-2).

    Whoever may open a case may become known to us this way. Without an address there is nothing to find one by.
    """
    require(actor, "case.open")
    known = contact_by_email(tx, email)
    if known is not None:
        return known
    new = Contact(
        id=new_id(),
        organisation_id=None,
        name=(name.strip() or email.partition("@")[0] or phone)[:200],
        email=_address(email) or None,
        phone=phone[:40],
        language=language or "en",
        zone=zone or "UTC",
        channel="email" if email else "phone",
        unknown=True,
    )
    if _insert(actor, tx, new):
        return new
    # Two first mails of one sender at once: the other one was quicker.
    return contact_by_email(tx, email) or new


def by_number(tx: Tx, number: str) -> Organisation | None:
    """The organisation with that customer number, in any case of letters; of a merged one, what it was merged into."""
    found = _organisation(tx, organisation.c.number == number.strip().upper())
    return organisation_of(tx, found.merged_into) if found and found.merged_into else found


def organisation_of(tx: Tx, organisation_id: str | None) -> Organisation | None:
    """The organisation with that id; None for none."""
    return _organisation(tx, organisation.c.id == organisation_id) if organisation_id else None


def contact(tx: Tx, contact_id: str) -> Contact:
    """The contact with that id, of a merged one the contact it was merged into; raises `Missing`."""
    found = _contact(tx, contact_.c.id == contact_id)
    if found is None:
        raise Missing("There is no contact %(contact)s.", contact=contact_id)
    return contact(tx, found.merged_into) if found.merged_into else found


def contacts(actor: Actor, tx: Tx) -> list[Contact]:
    """Every contact, by name, merged ones left out; staff only."""
    require(actor, "people.list")
    query = sa.select(contact_).where(contact_.c.merged_into.is_(None))
    rows = tx.conn.execute(query.order_by(contact_.c.name, contact_.c.id)).mappings()
    return [Contact(**_values(row, Contact)) for row in rows]


def contact_by_email(tx: Tx, email: str) -> Contact | None:
    """The contact with that address, in any case of letters; a merged one's finds whom it was merged into."""
    address = _address(email)
    found = _contact(tx, contact_.c.email == address) if address else None
    return contact(tx, found.merged_into) if found and found.merged_into else found


def first_contact(tx: Tx, organisation_id: str) -> Contact | None:
    """Whom to write to at an organisation when it names nobody: those with an address first, then by name."""
    query = sa.select(contact_).where(contact_.c.organisation_id == organisation_id, contact_.c.merged_into.is_(None))
    row = tx.conn.execute(query.order_by(contact_.c.email.is_(None), contact_.c.name, contact_.c.id)).mappings().first()
    return Contact(**_values(row, Contact)) if row else None


def actor_of(one: Contact) -> Actor:
    """The contact as the first argument of verbs; sees what his organisation reported, or only his own cases."""
    return Actor(
        kind="customer",
        id=one.id,
        name=one.name,
        organisation=one.organisation_id or "",
        language=one.language,
        zone=one.zone,
    )


def _insert(actor: Actor, tx: Tx, new: Contact) -> bool:
    if not insert_new(tx, contact_, asdict(new), unique=["email"]):
        return False
    events.record(actor, tx, "contact.added", data={"contact": new.id, "name": new.name, "unknown": new.unknown})
    return True


def _organisation(tx: Tx, condition: sa.ColumnElement[bool]) -> Organisation | None:
    row = tx.ask(sa.select(organisation).where(condition)).mappings().first()
    return Organisation(**_values(row, Organisation)) if row else None


def _contact(tx: Tx, condition: sa.ColumnElement[bool]) -> Contact | None:
    row = tx.ask(sa.select(contact_).where(condition)).mappings().first()
    return Contact(**_values(row, Contact)) if row else None


def _values(row: sa.RowMapping, kind: type[Any]) -> dict[str, Any]:
    return {field.name: row[field.name] for field in fields(kind)}


def _address(email: str) -> str:
    return email.strip().lower()[:320]


def _refuse_any(problems: Mapping[str, Sequence[str]]) -> None:
    wrong = {field: list(messages) for field, messages in problems.items() if messages}
    if wrong:
        raise Invalid("Please check the customer's details.", fields=wrong)
