"""Handoffs as people look at them: those of a case, and those to and from their departments (HND-2)."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from loopdesk.desk import people, record
from loopdesk.desk.handoff.tables import (
    ACCEPTED,
    DISPUTED,
    OFFERED,
    RECEIVER,
    RULED,
    SENDER,
    Handoff,
    handoff_,
    of_row,
    signature,
)
from loopdesk.desk.record import Case, case_, case_of_row
from loopdesk.desk.rights import readable
from loopdesk.desk.sla.rows import clock
from loopdesk.desk.sql import page_of
from loopdesk.engine.actor import Actor
from loopdesk.engine.tx import Tx

TO_ME, FROM_ME = "to", "from"
OPEN = (OFFERED, DISPUTED)


def listing(actor: Actor, tx: Tx, number: str) -> list[dict[str, Any]]:
    """The handoffs of a case, oldest first, each with its ``signatures`` in order (HND-2)."""
    record.get(tx, number, visible=readable(actor))
    query = sa.select(handoff_).where(handoff_.c.case == number).order_by(handoff_.c.offered_at, handoff_.c.id)
    signed = tx.conn.execute(sa.select(signature).where(signature.c.case == number).order_by(signature.c.id)).mappings()
    rows = [dict(row) for row in signed]
    return [
        dict(one) | {"signatures": [row for row in rows if row["handoff"] == one["id"]]}
        for one in tx.conn.execute(query).mappings()
    ]


def offers(
    actor: Actor,
    tx: Tx,
    *,
    states: Collection[str] = OPEN,
    side: str = "",
    department: str = "",
    page: int = 1,
    per_page: int = 25,
) -> tuple[list[tuple[Handoff, Case]], int]:
    """Handoffs with their cases, the open ones first by when they are due, and how many there are in all.

    ``side``: ``to`` or ``from`` the actor's departments; ``department``: to or from this one.
    """
    mine = sorted(actor.departments)
    where = readable(actor) & handoff_.c.state.in_(sorted(states))
    if side in (TO_ME, FROM_ME):
        where &= (handoff_.c.to_department if side == TO_ME else handoff_.c.from_department).in_(mine)
    if department:
        where &= sa.or_(handoff_.c.to_department == department, handoff_.c.from_department == department)
    joined = handoff_.join(case_, case_.c.number == handoff_.c.case)
    total = tx.conn.scalar(sa.select(sa.func.count()).select_from(joined).where(where)) or 0
    limit, offset = page_of(page, per_page)
    due = sa.case((handoff_.c.state == OFFERED, handoff_.c.due_at))
    order = (handoff_.c.state.not_in(OPEN), due.is_(None), due, handoff_.c.offered_at.desc(), handoff_.c.id.desc())
    query = sa.select(handoff_).select_from(joined).where(where).order_by(*order).limit(limit).offset(offset)
    found = [of_row(row) for row in tx.conn.execute(query).mappings()]
    cases = sa.select(case_).where(case_.c.number.in_({one.case for one in found}))
    by_number = {row["number"]: case_of_row(row) for row in tx.conn.execute(cases).mappings()}
    return [(one, by_number[one.case]) for one in found], total


def sender_of(tx: Tx, number: str) -> str:
    """The business side: the department from which the case was first handed over, and which verifies the fix.

    Empty when it never was, or when that department holds it again.
    """
    query = (
        sa.select(handoff_.c.from_department)
        .where(handoff_.c.case == number, handoff_.c.state.in_((ACCEPTED, RULED)))
        .order_by(handoff_.c.decided_at, handoff_.c.id)
    )
    first = tx.ask(query.limit(1)).scalar()
    case = record.find(tx, number)
    return "" if first is None or case is None or case.department == first else str(first)


def holders_due(tx: Tx, found: Collection[Handoff]) -> dict[str, datetime]:
    """Case -> by when the department that holds it has to be done by its own clock (SLA-5), where one runs."""
    query = (
        sa.select(clock.c.case, clock.c.due_at)
        .join(case_, (case_.c.number == clock.c.case) & (case_.c.department == clock.c.department))
        .where(clock.c.case.in_({one.case for one in found}), clock.c.state == "running", clock.c.due_at.is_not(None))
        .order_by(clock.c.due_at.desc())
    )
    return {row.case: row.due_at for row in tx.conn.execute(query)}


def signers(tx: Tx, handoff_id: str) -> list[str]:
    """The people who have signed for the two sides, by their ids."""
    sides = signature.c.side.in_((SENDER, RECEIVER))
    query = sa.select(signature.c.person_id).where(signature.c.handoff == handoff_id, sides).order_by(signature.c.id)
    return [one for one in tx.conn.scalars(query) if people.find(tx, one) is not None]
