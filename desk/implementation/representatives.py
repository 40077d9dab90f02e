"""Who speaks for a customer: named in a change, else marked at the customer, else who reported the case (FIX-3)."""

import sqlalchemy as sa

from loopdesk.desk import customers, people, record
from loopdesk.desk.customers import Contact
from loopdesk.desk.record import PERSON_ID, Case
from loopdesk.desk.rights import require, visible_to
from loopdesk.desk.sql import insert_new
from loopdesk.engine import events
from loopdesk.engine.actor import Actor
from loopdesk.engine.db import Moment, metadata
from loopdesk.engine.errors import N_, Invalid, Missing, Phrase
from loopdesk.engine.tx import Tx

representative_ = sa.Table(
    "representative",
    metadata,
    sa.Column("organisation_id", sa.String(32), sa.ForeignKey("organisation.id"), primary_key=True),
    sa.Column("contact_id", sa.String(32), sa.ForeignKey("contact.id"), nullable=False),
    sa.Column("set_at", Moment, nullable=False),
    sa.Column("set_by", PERSON_ID, nullable=False),
)


def mark(actor: Actor, tx: Tx, number: str, contact_id: str) -> None:
    """Let the contact speak for the customer of a case from now on. Raises what `named` raises."""
    require(actor, "change.register")
    case = record.get(tx, number, visible=visible_to(actor))
    contact = named(tx, case, contact_id)
    if case.organisation_id is None:
        return
    values = {"contact_id": contact.id, "set_at": tx.now, "set_by": actor.id}
    row = values | {"organisation_id": case.organisation_id}
    if not insert_new(tx, representative_, row, unique=["organisation_id"]):
        mine = representative_.c.organisation_id == case.organisation_id
        tx.conn.execute(sa.update(representative_).where(mine).values(**values))
    data = {"contact": contact.id, "organisation": case.organisation_id}
    events.record(actor, tx, "representative.marked", key=number, data=data)


def of_case(tx: Tx, case: Case) -> Contact | None:
    """Who is marked for the case's customer, else who reported it; None for nobody."""
    query = sa.select(representative_.c.contact_id).where(representative_.c.organisation_id == case.organisation_id)
    marked = tx.conn.scalar(query) or case.contact_id
    return found(tx, marked)


def named(tx: Tx, case: Case, contact_id: str) -> Contact:
    """The contact, who has to belong to the customer of the case and to nobody who works here. Raises `Invalid`."""
    contact = found(tx, contact_id)
    theirs = contact is not None and (contact.id == case.contact_id or _same_customer(contact, case))
    if contact is None or not theirs:
        raise _wrong(Phrase("Choose a contact of this customer."))
    if not contact.email:
        raise _wrong(Phrase("This contact has no e-mail address, so no link can reach them."))
    if people.find(tx, contact.email) is not None:
        raise _wrong(Phrase("This address belongs to somebody who works here: nobody signs for both sides."))
    return contact


def choices(tx: Tx, case: Case) -> list[Contact]:
    """The contacts among whom one may be named."""
    mine = customers.contact_.c.organisation_id == case.organisation_id
    query = sa.select(customers.contact_.c.id).where(
        mine if case.organisation_id else customers.contact_.c.id == case.contact_id,
        customers.contact_.c.merged_into.is_(None),
        customers.contact_.c.email.is_not(None),
    )
    return [customers.contact(tx, one) for one in tx.conn.scalars(query.order_by(customers.contact_.c.name))]


def _same_customer(contact: Contact, case: Case) -> bool:
    return case.organisation_id is not None and contact.organisation_id == case.organisation_id


def found(tx: Tx, contact_id: str | None) -> Contact | None:
    """The contact, followed to whom it was merged into; None for nobody."""
    if not contact_id:
        return None
    try:
        return customers.contact(tx, contact_id)
    except Missing:
        return None


def _wrong(said: Phrase) -> Invalid:
    return Invalid(
        "This person cannot sign for the customer.",
        remedy=N_("Add the person to the customer's contacts, or choose another one."),
        fields={"representative": [said]},
    )
