"""Two rows for one contact or one customer become one; the other keeps its address or number (INT-2)."""

import sqlalchemy as sa

from loopdesk.desk import customers, impact
from loopdesk.desk.crm.assets import asset
from loopdesk.desk.crm.contracts import contract
from loopdesk.desk.customers import Contact, Organisation, contact_, organisation
from loopdesk.desk.record import case_
from loopdesk.desk.rights import require
from loopdesk.engine import events
from loopdesk.engine.actor import Actor
from loopdesk.engine.errors import N_, Conflict, Invalid, Missing, Phrase
from loopdesk.engine.tx import Tx


def merge_contacts(actor: Actor, tx: Tx, contact_id: str, into_id: str) -> Contact:
    """Make ``contact_id`` the same as ``into_id``, who gets his cases; mails from either address find who stays.

    Raises `Missing` for nobody, `Invalid` for himself, `Conflict` when either was merged before: no circles, no chains.
    """
    require(actor, "customers.change")
    _check(tx, contact_, contact_id, into_id)
    gone, stays = customers.contact(tx, contact_id), customers.contact(tx, into_id)
    home = stays.organisation_id or gone.organisation_id
    known = {"organisation_id": home, "phone": stays.phone or gone.phone, "unknown": home is None}
    tx.conn.execute(sa.update(contact_).where(contact_.c.merged_into == gone.id).values(merged_into=stays.id))
    tx.conn.execute(sa.update(contact_).where(contact_.c.id == gone.id).values(merged_into=stays.id))
    tx.conn.execute(sa.update(contact_).where(contact_.c.id == stays.id).values(**known))
    tx.conn.execute(sa.update(case_).where(case_.c.contact_id == gone.id).values(contact_id=stays.id))
    if home is not None:
        mine = (case_.c.contact_id == stays.id) & case_.c.organisation_id.is_(None)
        tx.conn.execute(sa.update(case_).where(mine).values(organisation_id=home))
    tx.kept(case_).clear()
    data = {"contact": gone.id, "name": gone.name, "into": stays.id, "into_name": stays.name}
    events.record(actor, tx, "contact.merged", data=data)
    return customers.contact(tx, stays.id)


def merge_customers(actor: Actor, tx: Tx, number: str, into: str) -> Organisation:
    """Make customer ``number`` the same as ``into``, which gets contacts, cases, devices and contracts.

    The old number goes on finding the customer. Raises `Missing` for an unknown number, `Invalid` for the same customer
    and for a serial number that both have, `Conflict` when either was merged before.
    """
    require(actor, "customers.change")
    ids = [_id_of(tx, one) for one in (number, into)]
    _check(tx, organisation, *ids)
    _same_serials(tx, *ids)
    gone, stays = ids
    before = customers.organisation_of(tx, gone)
    tx.conn.execute(sa.update(organisation).where(organisation.c.merged_into == gone).values(merged_into=stays))
    tx.conn.execute(sa.update(organisation).where(organisation.c.id == gone).values(merged_into=stays))
    for table in (contact_, case_, asset, contract):
        moved = sa.update(table).where(table.c.organisation_id == gone).values(organisation_id=stays)
        tx.conn.execute(moved)
    tx.kept(case_).clear()
    kept = customers.organisation_of(tx, stays)
    assert kept is not None
    data = {"organisation": gone, "number": number.strip().upper(), "into": stays, "into_number": kept.number}
    events.record(actor, tx, "customer.merged", key=kept.number, data=data)
    if before is None or before.tier != kept.tier:
        impact.customer_changed(actor, tx, stays)
    return kept


def _check(tx: Tx, table: sa.Table, gone: str, stays: str) -> None:
    if gone == stays:
        message = Phrase("These are the same already.")
        raise Invalid(
            "Nobody can be merged into himself.", fields={"into": [message]}, remedy=N_("Choose another one.")
        )
    # Locked in one order, so that two merges crosswise cannot both pass.
    query = sa.select(table.c.id, table.c.merged_into).where(table.c.id.in_((gone, stays))).order_by(table.c.id)
    rows = {row.id: row.merged_into for row in tx.conn.execute(query.with_for_update())}
    if len(rows) < 2:
        raise Missing("Whom you want to merge is not known.")
    if any(rows.values()):
        raise Conflict(
            "One of the two was merged before, so this merge would end in a circle or a chain.",
            remedy=N_("Load the page again and choose among those that are still there."),
        )


def _id_of(tx: Tx, number: str) -> str:
    found = tx.conn.scalar(sa.select(organisation.c.id).where(organisation.c.number == number.strip().upper()))
    if found is None:
        raise Missing("There is no customer %(number)s.", number=number)
    return str(found)


def _same_serials(tx: Tx, gone: str, stays: str) -> None:
    serials = sa.select(asset.c.serial).where(asset.c.organisation_id == stays)
    both = sa.select(asset.c.serial).where(asset.c.organisation_id == gone, asset.c.serial.in_(serials))
    found = sorted(tx.conn.scalars(both))
    if found:
        message = Phrase("Both have the device %(serials)s.", serials=", ".join(found))
        remedy = N_("Take the device out of one of them first.")
        raise Invalid("These two customers cannot be merged yet.", fields={"into": [message]}, remedy=remedy)
