"""Who is likely affected, and who was told what: those hit hardest hear first (EMG-4, EMG-11)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from loopdesk.desk import customers, impact, notices, record, sending
from loopdesk.desk.crm.assets import asset
from loopdesk.desk.customers import Contact, Organisation, organisation
from loopdesk.desk.emergency import figures, reads, rows
from loopdesk.desk.emergency.rows import Emergency
from loopdesk.desk.receivers import CUSTOMER
from loopdesk.desk.record import case_
from loopdesk.engine import events
from loopdesk.engine.actor import Actor
from loopdesk.engine.db import new_id
from loopdesk.engine.tx import Tx

GLOBAL = "global"
WARNING = "warning"
POTENTIAL = "potential"
"""How much somebody weighs whose company we do not know."""


@dataclass(frozen=True, slots=True)
class Affected:
    """A customer who is likely hit: ``users`` of theirs × ``criticality`` × weight of the tier is the ``score``.

    ``case`` is their own report of it, empty without one; ``customer`` an organisation's id, else a contact's.
    """

    customer: str
    name: str
    contact: Contact
    case: str
    users: int
    criticality: float
    score: float


def predicted(tx: Tx, emergency: Emergency) -> list[Affected]:
    """Who is likely affected, the highest score first (EMG-11); at most as many as the policy says.

    A global emergency hits every customer, a local or confidential one those who have reported it. A customer's users
    are a figure of the policy ``emergency.yaml``, else so many for each of their systems; of these the share that was
    noted on the case (INT-9) is hit. How critical it is, the failed interface says, else the policy.
    """
    scale = _scale(tx, emergency)
    found = [_Hit(one, number, *scale.of(one)) for one, number in _customers(tx, emergency)]
    likely = [one for one in found if one.case or one.score >= scale.least]
    likely.sort(key=lambda one: (-one.score, one.customer.name, one.customer.id))
    return _reached(tx, likely[: scale.most], scale)


def listeners(tx: Tx, emergency: Emergency) -> list[Affected]:
    """Who hears of every update: whoever reported it, and all who were warned."""
    scale = _scale(tx, emergency)
    warned = {one.customer for one in reads.told(tx, emergency.id) if one.about == WARNING}
    found = [_Hit(one, number, *scale.of(one)) for one, number in _customers(tx, emergency, also=warned)]
    return _reached(tx, [one for one in found if one.case or one.customer.id in warned], scale)


def warned_only(tx: Tx, emergency: Emergency) -> list[Organisation]:
    """Customers who were warned and have no case of it, in the order in which they were warned (EMG-8)."""
    mine, _ = _reported(tx, emergency)
    warned = (one.customer for one in reads.told(tx, emergency.id) if one.about == WARNING)
    found = [customers.organisation_of(tx, one) for one in dict.fromkeys(warned) if one not in mine]
    return [one for one in found if one is not None]


def tell(
    actor: Actor,
    tx: Tx,
    emergency: Emergency,
    people: Iterable[Affected],
    *,
    template: str,
    about: str,
    params: Mapping[str, Any],
    base_url: str,
) -> int:
    """Send ``template`` once per ``about`` to each customer, about their own case where they have one; how many.

    To customers without a case of their own goes ``<template>-affected``, which may only use ``params`` and receiver.
    """
    before = {one.customer for one in reads.told(tx, emergency.id) if one.about == about}
    fresh = [one for one in people if one.customer not in before]
    for one in fresh:
        sent = _send(actor, tx, emergency, one, template, about, params, base_url)
        row = {"id": new_id(), "emergency": emergency.id, "customer": one.customer, "customer_name": one.name}
        row |= {"contact_id": one.contact.id, "contact": one.contact.name, "template": template, "about": about}
        figures_ = {"at": tx.now, "communication": sent, "affected": one.users, "score": one.score}
        tx.conn.execute(sa.insert(rows.told).values(**row, **figures_))
    if fresh:
        data = {"id": emergency.id, "about": about, "count": len(fresh), "names": ", ".join(one.name for one in fresh)}
        events.record(actor, tx, "emergency.told", key=emergency.case, data=data)
    return len(fresh)


def _send(
    actor: Actor,
    tx: Tx,
    emergency: Emergency,
    one: Affected,
    template: str,
    about: str,
    params: Mapping[str, Any],
    base_url: str,
) -> str:
    if one.case:
        sent = sending.send(actor, tx, one.case, template=template, to=CUSTOMER, params=params, base_url=base_url)
        return sent[0] if sent else ""
    once = f"emergency:{emergency.id}:{about}"
    notices.tell(tx, f"{template}-affected", [one.contact], params, base_url=base_url, once=once)
    return ""


@dataclass(frozen=True, slots=True)
class _Hit:
    customer: Organisation | Contact
    case: str
    users: int
    score: float


@dataclass(frozen=True, slots=True)
class _Scale:
    """What a customer's score is made of."""

    criticality: float
    share: float
    said: Mapping[str, Any]
    systems: Mapping[str, int]
    least: float
    most: int

    def of(self, one: Organisation | Contact) -> tuple[int, float]:
        """How many users of a customer are hit, and the score."""
        own, tier = None, POTENTIAL
        if isinstance(one, Organisation):
            own, tier = (self.said.get("customers") or {}).get(one.number), one.tier
        each = int(self.said.get("users_of_a_customer") or 0)
        users = each * max(1, self.systems.get(one.id, 0)) if own is None else int(own)
        hit = round(users * self.share / 100)
        return hit, hit * self.criticality * float((self.said.get("tiers") or {}).get(tier) or 1)


def _scale(tx: Tx, emergency: Emergency) -> _Scale:
    said = dict(figures.said(tx, "impact") or {})
    failed = (figures.said(tx, "core_interfaces") or {}).get(emergency.cause) or {}
    share = impact.figures(tx, emergency.case)["share"]
    held = sa.select(asset.c.organisation_id, sa.func.count()).where(~asset.c.retired).group_by(asset.c.organisation_id)
    return _Scale(
        criticality=float(failed.get("criticality") or said.get("criticality") or 1),
        share=100.0 if share is None else share,
        said=said,
        systems={row[0]: row[1] for row in tx.conn.execute(held)},
        least=float(said.get("warn_from") or 0),
        most=int(said.get("most") or 0),
    )


def _customers(tx: Tx, emergency: Emergency, *, also: Iterable[str] = ()) -> list[tuple[Organisation | Contact, str]]:
    """Each customer who comes into question, with the number of their first report; ``also`` those of these ids."""
    mine, alone = _reported(tx, emergency)
    of: sa.ColumnElement[bool] = organisation.c.merged_into.is_(None)
    if emergency.scope != GLOBAL or record.get(tx, emergency.case).restricted:
        of = sa.and_(of, organisation.c.id.in_([*mine, *also]))
    query = sa.select(organisation.c.id, organisation.c.number, organisation.c.name, organisation.c.tier).where(of)
    rows_ = tx.conn.execute(query.order_by(organisation.c.number))
    known = [(Organisation(row.id, row.number, row.name, row.tier), mine.get(row.id, "")) for row in rows_]
    return [*known, *((customers.contact(tx, one), number) for one, number in alone.items())]


def _reported(tx: Tx, emergency: Emergency) -> tuple[dict[str, str], dict[str, str]]:
    """Organisation, or contact of none -> the first of their cases: of the emergency's, and of a problem's reports."""
    numbers = reads.cases(tx, emergency.id)
    of = case_.c.number.in_(numbers) | case_.c.problem.in_(numbers)
    query = sa.select(case_.c.organisation_id, case_.c.contact_id, case_.c.number).where(of)
    mine: dict[str, str] = {}
    alone: dict[str, str] = {}
    for organisation_id, contact_id, number in tx.conn.execute(query.order_by(case_.c.number)):
        if organisation_id:
            mine.setdefault(organisation_id, number)
        elif contact_id:
            alone.setdefault(contact_id, number)
    return mine, alone


def _reached(tx: Tx, found: Sequence[_Hit], scale: _Scale) -> list[Affected]:
    """Those of them who can be written to: whoever reported the case, else the customer's first contact."""
    made = []
    for one in found:
        if (contact := _contact(tx, one)) is not None:
            who = (one.customer.id, one.customer.name, contact, one.case)
            made.append(Affected(*who, one.users, scale.criticality, one.score))
    return made


def _contact(tx: Tx, one: _Hit) -> Contact | None:
    if isinstance(one.customer, Contact):
        return one.customer
    if one.case and (contact_id := record.get(tx, one.case).contact_id):
        return customers.contact(tx, contact_id)
    return customers.first_contact(tx, one.customer.id)
