"""Cost and benefit, half a year later: labour saved and outage loss avoided against what it cost (FIX-8).

The return is (benefit − cost) ÷ cost in per cent, with benefit = labour saved + outage loss avoided. At 150 % each
unit of cost has come back and brought one and a half more: the benefit is two and a half times the cost.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_FLOOR, Decimal
from typing import Any

import sqlalchemy as sa
from babel.core import UnknownLocaleError
from babel.numbers import is_currency

from loopdesk.desk import policy, record
from loopdesk.desk.acceptance import bars
from loopdesk.desk.acceptance.tables import benefit_
from loopdesk.desk.record import case_
from loopdesk.desk.response import money
from loopdesk.desk.rights import readable, require
from loopdesk.desk.sql import Page, paged, row_as
from loopdesk.engine import events
from loopdesk.engine.actor import Actor
from loopdesk.engine.db import new_id
from loopdesk.engine.errors import N_, Conflict, Invalid, Missing, Phrase
from loopdesk.engine.tx import Tx

WAITING, ASKED, MET, NOT_MET = STATES = ("waiting", "asked", "met", "not_met")
ENTERED = "benefit.entered"
AMOUNTS = ("labour", "outage", "cost")
HUNDREDTH = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Benefit:
    """One case's; amounts in minor units of ``currency``, None before they are entered; ``percent`` is the return."""

    id: str
    case: str
    state: str
    begun_at: datetime
    due_at: datetime
    currency: str
    labour: int | None
    outage: int | None
    cost: int | None
    percent: str
    entered_at: datetime | None
    entered_id: str
    entered_by: str
    note: str


@dataclass(frozen=True, slots=True)
class Entry:
    """What finance enters, as it is written: amounts such as 1200.00, a currency, a note."""

    labour: str
    outage: str
    cost: str
    currency: str = ""
    note: str = ""


def open_(actor: Actor, tx: Tx, number: str) -> Benefit:
    """Note when finance is asked; a case that has a cost-benefit keeps it."""
    require(actor, "benefit.run")
    record.get(tx, number, lock=True)
    known = of_case(tx, number)
    if known is not None:
        return known
    currency = str(policy.said(tx, bars.POLICY, "benefit", "currency"))
    row: dict[str, Any] = {"id": new_id(), "case": number, "state": WAITING, "begun_at": tx.now, "currency": currency}
    row |= {"due_at": bars.benefit_after(tx).after(tx.now), "percent": "", "note": ""}
    tx.conn.execute(sa.insert(benefit_).values(**row, entered_id="", entered_by=""))
    events.record(actor, tx, "benefit.opened", key=number, data={"id": row["id"], "due": row["due_at"]})
    return get(tx, str(row["id"]))


def ask(actor: Actor, tx: Tx, benefit_id: str) -> Benefit:
    """Its time has come: finance may enter the figures."""
    require(actor, "benefit.run")
    _write(tx, benefit_id, {"state": ASKED})
    return get(tx, benefit_id)


def keep(actor: Actor, tx: Tx, benefit_id: str, entry: Entry) -> Benefit:
    """Keep what finance entered in its task, and its return.

    Raises `Invalid` with the field for an amount that is none and for a cost of nothing or less, `Conflict` before its
    time and once it is entered.
    """
    require(actor, "benefit.enter")
    found = get(tx, benefit_id, lock=True)
    if found.state == WAITING:
        raise Conflict(
            "This is asked on %(due)s, when there is something to count.",
            remedy=N_("Enter it then; finance gets a task."),
            due=found.due_at.date().isoformat(),
        )
    if found.percent:
        raise Conflict("These figures are entered already.")
    currency = _currency(entry.currency or found.currency)
    amounts = {name: _amount(getattr(entry, name), currency, name) for name in AMOUNTS}
    percent = str(roi(**amounts))
    who = {"entered_at": tx.now, "entered_id": actor.id, "entered_by": actor.name[:200]}
    _write(
        tx, found.id, {**amounts, **who, "currency": currency, "percent": percent, "note": entry.note.strip()[:5000]}
    )
    data = {"id": found.id, **amounts, "currency": currency, "percent": percent}
    events.record(actor, tx, ENTERED, key=found.case, data=data)
    return get(tx, found.id)


def judge(actor: Actor, tx: Tx, benefit_id: str, *, met: bool) -> Benefit:
    """Keep what the table says about the return."""
    require(actor, "benefit.run")
    found = get(tx, benefit_id, lock=True)
    _write(tx, benefit_id, {"state": MET if met else NOT_MET})
    events.record(actor, tx, f"benefit.{MET if met else NOT_MET}", key=found.case, data={"percent": found.percent})
    return get(tx, benefit_id)


def roi(*, labour: int, outage: int, cost: int) -> Decimal:
    """(labour + outage − cost) ÷ cost in per cent, cut off after two digits: 149.999 is no 150.

    Raises `Invalid` for a cost of zero, which nothing can be divided by, and for a negative one.
    """
    if cost <= 0:
        raise Invalid(
            "A return cannot be computed from a cost of zero or less.",
            remedy=N_("Enter what the solution cost: work, licences, hardware."),
            fields={"cost": [Phrase("This has to be more than 0.")]},
        )
    return (Decimal(labour + outage - cost) * 100 / cost).quantize(HUNDREDTH, ROUND_FLOOR)


def get(tx: Tx, benefit_id: str, *, lock: bool = False) -> Benefit:
    """The cost-benefit; raises `Missing`."""
    query = sa.select(benefit_).where(benefit_.c.id == benefit_id)
    row = tx.conn.execute(query.with_for_update() if lock else query).mappings().first()
    if row is None:
        raise Missing("There is no such cost-benefit.")
    return row_as(Benefit, row)


def of_case(tx: Tx, number: str) -> Benefit | None:
    """The cost-benefit of a case; None where none was asked for."""
    row = tx.conn.execute(sa.select(benefit_).where(benefit_.c.case == number)).mappings().first()
    return row_as(Benefit, row) if row else None


def listing(
    actor: Actor, tx: Tx, *, state: str = "", case: str = "", page: int = 1, per_page: int = 25
) -> Page[Benefit]:
    """Those of cases that ``actor`` may see, those due first."""
    where: sa.ColumnElement[bool] = benefit_.c.case.in_(sa.select(case_.c.number).where(readable(actor)))
    for column, value in ((benefit_.c.state, state), (benefit_.c.case, case)):
        where &= column == value if value else sa.true()
    query = sa.select(benefit_).where(where).order_by(benefit_.c.due_at, benefit_.c.id)
    return paged(tx, query, lambda row: row_as(Benefit, row), page, per_page)


def _amount(text: str, currency: str, name: str) -> int:
    minor = money.minor(str(text), currency, name)
    if minor < 0 and name != "cost":
        raise Invalid("A saving is 0 or more.", fields={name: [Phrase("0 or more is expected.")]})
    return minor


def _currency(code: str) -> str:
    try:
        known = is_currency(code.strip().upper())
    except UnknownLocaleError:
        known = False
    if not known:
        raise Invalid(
            "“%(code)s” is no currency.", fields={"currency": [Phrase("A code such as EUR.")]}, code=code[:20]
        )
    return code.strip().upper()


def _write(tx: Tx, benefit_id: str, values: Mapping[str, Any]) -> None:
    tx.conn.execute(sa.update(benefit_).where(benefit_.c.id == benefit_id).values(**values))
