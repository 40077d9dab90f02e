"""Compensation of a customer for an emergency: computed by the list, approved, recorded, told (EMG-8)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from loopdesk.desk import customers, policy
from loopdesk.desk import emergency as emergencies
from loopdesk.desk.crm import contracts
from loopdesk.desk.emergency import rows, timeline
from loopdesk.desk.emergency.rows import Emergency
from loopdesk.desk.record import NUMBER, PERSON_ID, Case, case_
from loopdesk.desk.response import compensation, concerned, money
from loopdesk.desk.response.compensation import Award, Fee
from loopdesk.desk.rights import readable, require
from loopdesk.desk.sql import row_as
from loopdesk.engine import events, messages
from loopdesk.engine.actor import Actor
from loopdesk.engine.db import BIG, Moment, metadata, new_id
from loopdesk.engine.errors import N_, Conflict, Invalid, Missing, Phrase
from loopdesk.engine.tx import Tx

PROPOSED, HALF, GRANTED, DECLINED = STATES = ("proposed", "half", "granted", "declined")
"""Waits for its approval; approved by one of two; approved; declined."""
REQUESTED = "compensation.requested"
SAME = "same"
"""What `decide` says to the yes of whoever proposed it, and to a second word from whoever gave the first."""

compensation_ = sa.Table(
    "compensation",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("emergency", sa.String(32), sa.ForeignKey("emergency.id"), nullable=False, index=True),
    sa.Column("case", NUMBER, sa.ForeignKey("case_.number"), nullable=False, index=True),
    sa.Column("organisation_id", sa.String(32), nullable=False),
    sa.Column("customer", sa.String(200), nullable=False),
    sa.Column("outage_seconds", BIG, nullable=False),
    sa.Column("service_seconds", BIG, nullable=False),
    sa.Column("percent", sa.String(20), nullable=False),
    sa.Column("base_fee", BIG),
    sa.Column("credit", BIG),
    sa.Column("currency", sa.String(3), nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("state", sa.String(10), nullable=False),
    sa.Column("requested_at", Moment, nullable=False),
    sa.Column("requested_id", PERSON_ID, nullable=False),
    sa.Column("requested_by", sa.String(200), nullable=False),
    sa.Column("first_id", PERSON_ID, nullable=False),
    sa.Column("first_by", sa.String(200), nullable=False),
    sa.Column("second_by", sa.String(200), nullable=False),
    sa.Column("decided_at", Moment),
    sa.Column("note", sa.Text, nullable=False),
)
_stands = compensation_.c.state != DECLINED
sa.Index(
    "uq_compensation",
    *(compensation_.c.emergency, compensation_.c.organisation_id),
    unique=True,
    postgresql_where=_stands,
    sqlite_where=_stands,
)


@dataclass(frozen=True, slots=True)
class Compensation:
    """One customer's; times in seconds, money in minor units of ``currency``, ``percent`` of the ``base_fee``.

    ``credit`` and ``base_fee`` are None where no base fee is known: then service time is all there is.
    """

    id: str
    emergency: str
    case: str
    organisation_id: str
    customer: str
    outage_seconds: int
    service_seconds: int
    percent: str
    base_fee: int | None
    credit: int | None
    currency: str
    reason: str
    state: str
    requested_at: datetime
    requested_id: str
    requested_by: str
    first_id: str
    first_by: str
    second_by: str
    decided_at: datetime | None
    note: str


@dataclass(frozen=True, slots=True)
class Wish:
    """What is asked for: the outages, the customer's ``case`` (the emergency's own without one), one ``contract`` (all
    in force without one), and ``percent`` instead of the list's, with a ``reason``."""

    spans: Sequence[tuple[datetime, datetime]]
    case: str = ""
    contract: str = ""
    percent: Decimal | None = None
    reason: str = ""


def compute(actor: Actor, tx: Tx, emergency_id: str, wish: Wish) -> tuple[Case, Fee | None, Award]:
    """What the list gives, without keeping it. Raises `Invalid` with the field for what cannot be computed."""
    require(actor, "compensation.request")
    emergency = emergencies.get(tx, emergency_id)
    case = _affected(actor, tx, emergency, wish.case or emergency.case)
    if any(end > tx.now for _, end in wish.spans):
        raise Invalid("This outage lasts into the future.", fields={"until": [Phrase("This moment is still to come.")]})
    prices = compensation.read(policy.held(tx, "compensation"))
    outage = compensation.outage_of(wish.spans)
    fee = _fee(tx, case, wish)
    if wish.percent is not None and not wish.reason.strip():
        raise Invalid("Say why it is not what the list gives.", fields={"reason": [Phrase("This is needed.")]})
    return case, fee, compensation.award(prices, outage, fee, wish.percent)


def request(actor: Actor, tx: Tx, emergency_id: str, wish: Wish) -> Compensation:
    """Propose a compensation and begin its approval.

    Raises what `compute` raises, `Conflict` for a customer who has one for this emergency already, `Invalid` where the
    list gives nothing at all.
    """
    case, fee, award = compute(actor, tx, emergency_id, wish)
    assert case.organisation_id is not None
    tx.conn.execute(sa.select(rows.emergency_.c.id).where(rows.emergency_.c.id == emergency_id).with_for_update())
    same = (compensation_.c.emergency == emergency_id) & (compensation_.c.organisation_id == case.organisation_id)
    known = _select(tx, same & _stands)
    if known:
        raise Conflict(
            "%(customer)s has a compensation for this emergency already.",
            remedy=N_("Look at it in the list; a declined one may be proposed anew."),
            customer=known[0].customer,
        )
    new = _made(actor, tx, emergency_id, case, fee, award, wish.reason.strip())
    tx.conn.execute(sa.insert(compensation_).values(**{one.name: getattr(new, one.name) for one in fields(new)}))
    _tell(actor, tx, new, "compensation.requested")
    payload = {
        "compensation": new.id,
        "emergency": emergency_id,
        **_figures(new),
        **_written(new),
        "proposer": actor.id,
        "reason": new.reason,
    }
    payload |= {"proposed_by": actor.name}
    messages.publish(actor, tx, REQUESTED, key=new.case, payload=payload, message_id=f"{REQUESTED}:{new.id}")
    return new


def decide(actor: Actor, tx: Tx, compensation_id: str, *, approved: bool, note: str, last: bool) -> str:
    """Somebody's word; ``last`` for the second of two. Returns the state, or ``same`` for one that does not count."""
    require(actor, "compensation.decide")
    found = get(tx, compensation_id)
    if found.state in (GRANTED, DECLINED):
        raise Conflict("This compensation is decided already.")
    if (approved and actor.id == found.requested_id) or (last and actor.id == found.first_id):
        return SAME
    who = {"second_by": actor.name[:200]} if last else {"first_id": actor.id, "first_by": actor.name[:200]}
    state = HALF if approved else DECLINED
    _keep(tx, found, {"state": state, "note": note.strip(), **who} | ({} if approved else {"decided_at": tx.now}))
    _tell(actor, tx, get(tx, compensation_id), f"compensation.{'approved' if approved else 'declined'}")
    return state


def grant(actor: Actor, tx: Tx, compensation_id: str) -> Compensation:
    """All have approved: the customer gets it. Raises `Conflict` before that."""
    require(actor, "compensation.decide")
    found = get(tx, compensation_id)
    if found.state != HALF:
        raise Conflict("This compensation is not approved yet, or is decided already.")
    _keep(tx, found, {"state": GRANTED, "decided_at": tx.now})
    granted = get(tx, compensation_id)
    _tell(actor, tx, granted, "compensation.granted")
    return granted


def listing(actor: Actor, tx: Tx, *, emergency: str = "", state: str = "") -> list[Compensation]:
    """The compensations of cases that ``actor`` may see, newest first."""
    wanted: sa.ColumnElement[bool] = compensation_.c.case.in_(sa.select(case_.c.number).where(readable(actor)))
    if emergency:
        wanted &= compensation_.c.emergency == emergency
    if state:
        wanted &= compensation_.c.state == state
    return _select(tx, wanted)


def get(tx: Tx, compensation_id: str) -> Compensation:
    """The compensation with that id; raises `Missing`."""
    found = _select(tx, compensation_.c.id == compensation_id)
    if not found:
        raise Missing("There is no such compensation.")
    return found[0]


def _affected(actor: Actor, tx: Tx, emergency: Emergency, number: str) -> Case:
    found = {one.number: one for one in concerned.affected(actor, tx, emergency)}
    if number not in found:
        raise Invalid(
            "Case %(number)s is no case of a customer whom this emergency concerns.",
            remedy=N_("Choose one of the cases of this emergency, or of a customer who was warned of it."),
            fields={"case": [Phrase("Choose one of the cases of this emergency.")]},
            number=number,
        )
    return found[number]


def _fee(tx: Tx, case: Case, wish: Wish) -> Fee | None:
    if wish.contract:
        chosen = [contracts.get(tx, case.organisation_id or "", wish.contract)]
    else:
        day = min((start for start, _ in wish.spans), default=tx.now).date()
        held = contracts.of_organisation(tx, case.organisation_id)
        chosen = [one for one in held if one.kind == "contract" and one.in_force(day)]
    return compensation.fee_of(Fee(one.base_fee, one.currency) for one in chosen if one.base_fee is not None)


def _made(
    actor: Actor, tx: Tx, emergency_id: str, case: Case, fee: Fee | None, award: Award, reason: str
) -> Compensation:
    if not award.percent and not award.service_time:
        raise Invalid("The list gives nothing for this outage.", fields={"until": [Phrase("Too short for the list.")]})
    organisation = customers.organisation_of(tx, case.organisation_id)
    return Compensation(
        id=new_id(),
        emergency=emergency_id,
        case=case.number,
        organisation_id=case.organisation_id or "",
        customer=organisation.name if organisation else "",
        outage_seconds=int(award.outage.total_seconds()),
        service_seconds=int(award.service_time.total_seconds()),
        percent=format(award.percent.normalize(), "f"),
        base_fee=fee.amount if fee else None,
        credit=award.credit,
        currency=award.currency,
        reason=reason,
        state=PROPOSED,
        requested_at=tx.now,
        requested_id=actor.id,
        requested_by=actor.name[:200],
        first_id="",
        first_by="",
        second_by="",
        decided_at=None,
        note="",
    )


def _figures(found: Compensation) -> dict[str, Any]:
    said = {"customer": found.customer, "percent": found.percent, "credit": found.credit, "currency": found.currency}
    seconds = {"outage_seconds": found.outage_seconds, "service_seconds": found.service_seconds}
    return {**said, **seconds, "base_fee": found.base_fee}


def _written(found: Compensation) -> dict[str, str]:
    """The figures as people read them, in the approver's form and in the letter."""
    said = {"amount": money.amount(found.credit, found.currency), "fee": money.amount(found.base_fee, found.currency)}
    return said | {"outage": money.hours(found.outage_seconds), "service": money.hours(found.service_seconds)}


def _tell(actor: Actor, tx: Tx, found: Compensation, kind: str) -> None:
    data = {"id": found.id, "emergency": found.emergency, "state": found.state, **_figures(found)}
    events.record(actor, tx, kind, key=found.case, data=data)
    emergency = emergencies.get(tx, found.emergency)
    timeline.write(actor, tx, emergency, "credit", found.customer, state=found.state, **_figures(found))


def _keep(tx: Tx, found: Compensation, values: Mapping[str, Any]) -> None:
    tx.conn.execute(sa.update(compensation_).where(compensation_.c.id == found.id).values(**values))


def _select(tx: Tx, condition: sa.ColumnElement[bool]) -> list[Compensation]:
    query = sa.select(compensation_).where(condition)
    found = tx.conn.execute(query.order_by(compensation_.c.requested_at.desc(), compensation_.c.id)).mappings()
    return [row_as(Compensation, row) for row in found]
