"""What was with a customer before: cases, exchanges, changes, and what a new report may take over from it (INT-3)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from loopdesk.desk.crm import assets
from loopdesk.desk.customers import Contact
from loopdesk.desk.letters import communication
from loopdesk.desk.record import Case, case_, case_of_row
from loopdesk.desk.rights import readable, require
from loopdesk.engine.actor import Actor
from loopdesk.engine.events import event
from loopdesk.engine.tx import Tx

SHOWN = 20
FACTS = ("device_serial", "device_name", "device_model", "service_version", "last_system_version", "last_scope")
"""What a template may pre-fill its fields with: of the customer's newest device, and of the contact's last case."""


@dataclass(frozen=True, slots=True)
class History:
    """Cases and exchanges, the newest first; ``cases_total`` counts all cases that the reader may see."""

    cases: list[Case]
    cases_total: int
    exchanges: list[dict[str, Any]]


def of_customer(actor: Actor, tx: Tx, organisation_id: str, *, limit: int = SHOWN) -> History:
    """The newest cases of a customer and what was said on its cases, only those that ``actor`` may see (SEC-1)."""
    require(actor, "customers.read")
    return _history(tx, readable(actor) & (case_.c.organisation_id == organisation_id), limit)


def of_contact(actor: Actor, tx: Tx, contact_id: str, *, limit: int = SHOWN) -> History:
    """The same of one contact."""
    require(actor, "customers.read")
    return _history(tx, readable(actor) & (case_.c.contact_id == contact_id), limit)


def changes(actor: Actor, tx: Tx, number: str) -> list[dict[str, Any]]:
    """What became of the customer with that number: tier, name, devices, contracts, merges; the newest first."""
    require(actor, "customers.read")
    columns = (event.c.at, event.c.kind, event.c.actor_name, event.c.data)
    query = sa.select(*columns).where(event.c.key == number).order_by(event.c.id.desc()).limit(SHOWN)
    return [dict(row) for row in tx.conn.execute(query).mappings()]


def known_facts(tx: Tx, contact: Contact) -> Mapping[str, str]:
    """`FACTS` of a contact, only those that are known; nobody but himself or staff may be told them."""
    mine = assets.of_organisation(tx, contact.organisation_id)
    query = sa.select(case_.c.system_version, case_.c.scope).where(case_.c.contact_id == contact.id)
    last = tx.conn.execute(query.order_by(case_.c.opened_at.desc(), case_.c.number.desc()).limit(1)).first()
    found = {"last_system_version": last.system_version, "last_scope": last.scope} if last else {}
    if mine:
        device = mine[0]
        found |= {"device_serial": device.serial, "device_name": device.name, "device_model": device.model}
        found["service_version"] = device.service_version
    return {name: value for name, value in found.items() if value}


def _history(tx: Tx, condition: sa.ColumnElement[bool], limit: int) -> History:
    total = tx.conn.scalar(sa.select(sa.func.count()).select_from(case_).where(condition)) or 0
    order = (case_.c.opened_at.desc(), case_.c.number.desc())
    rows = tx.conn.execute(sa.select(case_).where(condition).order_by(*order).limit(limit)).mappings()
    cases = [case_of_row(row) for row in rows]
    said = sa.select(communication).join(case_, case_.c.number == communication.c.case).where(condition)
    newest = said.order_by(communication.c.at.desc(), communication.c.id.desc()).limit(limit)
    return History(cases, total, [dict(row) for row in tx.conn.execute(newest).mappings()])
