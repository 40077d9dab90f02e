"""Customers as staff keep them: found while typing, with their tier, their contacts and what these prefer (INT-5)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from zoneinfo import available_timezones

import sqlalchemy as sa

from loopdesk.desk import customers, impact
from loopdesk.desk.customers import TIERS, Contact, Organisation, contact_, organisation
from loopdesk.desk.record import case_
from loopdesk.desk.rights import require
from loopdesk.desk.sql import escape_like, page_of
from loopdesk.engine import events
from loopdesk.engine.actor import Actor
from loopdesk.engine.errors import Invalid, Missing, Phrase
from loopdesk.engine.tx import Tx

FOUND = 8
"""How many callers are offered while somebody types."""
LANGUAGES = ("en", "zh")


@dataclass(frozen=True, slots=True)
class Customers:
    """One page of customers; ``total`` counts all that match."""

    customers: list[Organisation]
    total: int
    page: int
    per_page: int


@dataclass(frozen=True, slots=True)
class Caller:
    """A contact with the customer he belongs to; None for somebody nobody has matched yet."""

    contact: Contact
    organisation: Organisation | None


def listing(actor: Actor, tx: Tx, *, q: str = "", tier: str = "", page: int = 1, per_page: int = 25) -> Customers:
    """Customers by name; ``q`` is looked for in number and name, and in name, e-mail and phone of their contacts."""
    require(actor, "customers.read")
    condition: sa.ColumnElement[bool] = organisation.c.merged_into.is_(None)
    if tier:
        condition &= organisation.c.tier == tier
    if q.strip():
        people = sa.select(contact_.c.organisation_id).where(
            _like(q, contact_.c.name, contact_.c.email, contact_.c.phone)
        )
        condition &= _like(q, organisation.c.number, organisation.c.name) | organisation.c.id.in_(people)
    limit, offset = page_of(page, per_page)
    total = tx.conn.scalar(sa.select(sa.func.count()).select_from(organisation).where(condition)) or 0
    query = sa.select(organisation.c.number).where(condition).order_by(organisation.c.name, organisation.c.number)
    numbers = tx.conn.scalars(query.limit(limit).offset(offset)).all()
    found = [one for number in numbers if (one := customers.by_number(tx, number))]
    return Customers(found, total, max(page, 1), limit)


def callers(actor: Actor, tx: Tx, q: str, *, limit: int = FOUND) -> list[Caller]:
    """Contacts whose name, e-mail, phone, customer number or customer's name hold ``q``; nothing for nothing."""
    require(actor, "customers.read")
    text = q.strip()
    if not text:
        return []
    columns = (contact_.c.name, contact_.c.email, contact_.c.phone, organisation.c.number, organisation.c.name)
    plain = "".join(letter for letter in text if letter.isdigit() or letter == "+")
    wanted = _like(text, *columns)
    if len(plain) >= 4:
        # People write the same phone number with and without spaces and dashes.
        digits = sa.func.replace(sa.func.replace(contact_.c.phone, " ", ""), "-", "")
        wanted |= digits.ilike(f"%{plain}%")
    joined = sa.outerjoin(contact_, organisation, contact_.c.organisation_id == organisation.c.id)
    query = sa.select(contact_.c.id).select_from(joined).where(contact_.c.merged_into.is_(None), wanted)
    order = (contact_.c.unknown, contact_.c.name, contact_.c.id)
    ids = tx.conn.scalars(query.order_by(*order).limit(limit)).all()
    return [caller(actor, tx, one) for one in ids]


def caller(actor: Actor, tx: Tx, contact_id: str) -> Caller:
    """A contact with his customer; raises `Missing`."""
    require(actor, "customers.read")
    found = customers.contact(tx, contact_id)
    return Caller(found, customers.organisation_of(tx, found.organisation_id))


def get(actor: Actor, tx: Tx, number: str) -> Organisation:
    """The customer with that number, of a merged one what it was merged into; raises `Missing`."""
    require(actor, "customers.read")
    found = customers.by_number(tx, number)
    if found is None:
        raise Missing("There is no customer %(number)s.", number=number)
    return found


def contacts(actor: Actor, tx: Tx, organisation_id: str) -> list[Contact]:
    """The contacts of a customer by name, without those merged into others."""
    require(actor, "customers.read")
    query = sa.select(contact_.c.id).where(contact_.c.organisation_id == organisation_id)
    query = query.where(contact_.c.merged_into.is_(None)).order_by(contact_.c.name, contact_.c.id)
    return [customers.contact(tx, one) for one in tx.conn.scalars(query).all()]


def contact_of(actor: Actor, tx: Tx, organisation_id: str, contact_id: str) -> Contact:
    """A contact of this customer; raises `Missing`, also for another customer's."""
    require(actor, "customers.read")
    found = customers.contact(tx, contact_id)
    if found.organisation_id != organisation_id:
        raise Missing("There is no contact %(contact)s.", contact=contact_id)
    return found


def unmatched(actor: Actor, tx: Tx, *, limit: int = 50) -> list[Contact]:
    """Contacts who wrote or called and belong to no customer yet, by name."""
    require(actor, "customers.read")
    query = sa.select(contact_.c.id).where(contact_.c.organisation_id.is_(None), contact_.c.merged_into.is_(None))
    ids = tx.conn.scalars(query.order_by(contact_.c.name, contact_.c.id).limit(limit)).all()
    return [customers.contact(tx, one) for one in ids]


def set_tier(actor: Actor, tx: Tx, number: str, *, tier: str, reason: str) -> Organisation:
    """Make a customer VIP, normal or potential; who, why and from what stays recorded (INT-5).

    The priorities of his open cases are decided anew. Raises `Invalid` for an unknown tier or without a reason; the
    same tier again changes nothing.
    """
    require(actor, "customers.change")
    before = get(actor, tx, number)
    _refuse(
        tier=[] if tier in TIERS else [Phrase("Choose vip, normal or potential.")],
        reason=[] if reason.strip() else [Phrase("Say why; it stays with the customer.")],
    )
    if before.tier != tier:
        tx.conn.execute(sa.update(organisation).where(organisation.c.id == before.id).values(tier=tier))
        data = {"organisation": before.id, "number": before.number, "before": before.tier, "tier": tier}
        events.record(
            actor, tx, "customer.tier_changed", key=before.number, data=data | {"reason": reason.strip()[:2000]}
        )
        impact.customer_changed(actor, tx, before.id)
    return get(actor, tx, number)


def rename(actor: Actor, tx: Tx, number: str, *, name: str) -> Organisation:
    """Give a customer another name. Raises `Invalid` for an empty one."""
    require(actor, "customers.change")
    found = get(actor, tx, number)
    _refuse(name=[] if name.strip() else [Phrase("A name is needed.")])
    tx.conn.execute(sa.update(organisation).where(organisation.c.id == found.id).values(name=name.strip()[:200]))
    data = {"organisation": found.id, "number": found.number, "name": name.strip()[:200]}
    events.record(actor, tx, "customer.changed", key=found.number, data=data)
    return get(actor, tx, number)


def edit_contact(actor: Actor, tx: Tx, contact_id: str, **values: str) -> Contact:
    """Change name, e-mail, phone, language, zone, channel or organisation of a contact.

    With an organisation he is unknown no longer, and his cases without a customer become that customer's.
    Raises `Invalid` for an address that is none or is taken, an unknown language or zone, an empty name.
    """
    require(actor, "customers.change")
    found = customers.contact(tx, contact_id)
    given = {name: value.strip() for name, value in values.items()}
    email = given.get("email", found.email or "").lower()
    _refuse(
        name=[] if given.get("name", found.name) else [Phrase("A name is needed.")],
        email=_wrong_address(tx, found, email),
        language=[] if given.get("language", "en") in LANGUAGES else [Phrase("Choose a language of the list.")],
        zone=[] if given.get("zone", "UTC") in available_timezones() else [Phrase("There is no such time zone.")],
    )
    row: dict[str, Any] = {**given, "email": email or None}
    if row.get("organisation_id"):
        row["unknown"] = False
    tx.conn.execute(sa.update(contact_).where(contact_.c.id == found.id).values(**row))
    if row.get("organisation_id"):
        mine = (case_.c.contact_id == found.id) & case_.c.organisation_id.is_(None)
        tx.conn.execute(sa.update(case_).where(mine).values(organisation_id=row["organisation_id"]))
    changed = sorted(name for name, value in row.items() if getattr(found, name) != value)
    events.record(actor, tx, "contact.changed", data={"contact": found.id, "fields": changed})
    return customers.contact(tx, found.id)


def _wrong_address(tx: Tx, found: Contact, email: str) -> list[str]:
    if email and "@" not in email:
        return [Phrase("This is not an e-mail address.")]
    taken = sa.select(contact_.c.id).where(contact_.c.email == email, contact_.c.id != found.id)
    if email and tx.conn.scalar(taken):
        return [Phrase("Another contact has this e-mail address.")]
    return []


def _like(text: str, *columns: sa.Column[Any]) -> sa.ColumnElement[bool]:
    pattern = f"%{escape_like(text.strip()[:200])}%"
    return sa.or_(*(column.ilike(pattern, escape="\\") for column in columns))


def _refuse(**problems: list[str]) -> None:
    wrong: Mapping[str, list[str]] = {name: messages for name, messages in problems.items() if messages}
    if wrong:
        raise Invalid("Please check the customer's details.", fields=dict(wrong))
