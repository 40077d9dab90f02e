"""A case goes one tier up, L1, L2, L3, then the supervisor, to somebody who is on duty there (DIA-1, SLA-4)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from loopdesk.desk import duty, people, policy, record, skills
from loopdesk.desk.case_facts import name_of
from loopdesk.desk.departments import FIRST_LINE
from loopdesk.desk.people import Person
from loopdesk.desk.record import NUMBER, PERSON_ID, TIERS, Case, case_
from loopdesk.desk.rights import RESTRICTED_TO, readable, require
from loopdesk.engine import events, work
from loopdesk.engine.actor import Actor
from loopdesk.engine.db import BIG, Moment, metadata
from loopdesk.engine.errors import N_, Conflict, Invalid, Phrase
from loopdesk.engine.tx import Tx

SUPERVISOR = "supervisor"
LADDER = (*TIERS, SUPERVISOR)
TIME, SKILL, HAND = WAYS = ("time", "skill", "hand")
"""Why a case goes up: a clock ran out, it takes a skill, somebody wanted it (DIA-1)."""
OPEN = ("new", "open", "waiting")

escalation_ = sa.Table(
    "escalation",
    metadata,
    sa.Column("id", BIG, primary_key=True, autoincrement=True),
    sa.Column("case", NUMBER, sa.ForeignKey("case_.number"), nullable=False, index=True),
    sa.Column("at", Moment, nullable=False),
    sa.Column("way", sa.String(10), nullable=False),
    sa.Column("skill", sa.String(60), nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("from_tier", sa.String(20), nullable=False),
    sa.Column("to_tier", sa.String(20), nullable=False),
    sa.Column("department", sa.String(60), nullable=False),
    sa.Column("from_id", PERSON_ID, nullable=False),
    sa.Column("to_id", PERSON_ID, nullable=False),
    sa.Column("to_name", sa.String(200), nullable=False),
)


@dataclass(frozen=True, slots=True)
class Share:
    """How many of ``cases`` went up: in all, by way and by the tier that they reached (DIA-1); a case counts once."""

    cases: int
    escalated: int
    by_way: Mapping[str, int]
    by_tier: Mapping[str, int]


def escalate(actor: Actor, tx: Tx, number: str, *, reason: str, by: str, skill: str | None = None) -> str:
    """Lift the case one tier, give it and its open tasks to a backup person, and return the tier that it has now.

    The backup is whoever of that tier is on duty in the case's department, with the ``skill`` (without one: that of
    the case's type) first, then the least busy; without any, the department's supervisor. The owner who answers to
    the customer stays (INT-6). With the supervisor already, nothing changes; nor by time soon after another lift by
    time (``lifts_apart`` in ``support.yaml``), which is recorded. Raises `Conflict` on a solved or closed case,
    `Invalid` for an unknown way or a missing reason.
    """
    require(actor, "case.escalate")
    if by not in WAYS:
        _wrong("by", Phrase("There is no way %(way)s; take time, skill or hand.", way=by or "-"))
    if not reason.strip():
        _wrong("reason", Phrase("Say why."))
    case = record.get(tx, number, lock=True)
    if case.status not in OPEN:
        raise Conflict("Case %(number)s is solved or closed, so nobody escalates it.", number=number)
    tier = _above(case)
    if not tier:
        return SUPERVISOR
    if by == TIME and (until := _held_until(tx, case)):
        data = {"tier": case.tier, "until": until, "reason": reason.strip()}
        events.record(actor, tx, "case.escalation_held", key=number, data=data)
        return case.tier
    taker = _backup(tx, case, tier, skill or case.type)
    _move(actor, tx, case, tier, taker)
    _keep(actor, tx, case, taker, way=by, skill=skill or "", reason=reason.strip(), tier=tier)
    return tier


def backup(tx: Tx, case: Case) -> Person | None:
    """Who would take the case over if it were escalated now; None for nobody, and with the supervisor already."""
    tier = _above(case)
    return _backup(tx, case, tier, case.type) if tier else None


def by_hand(actor: Actor, tx: Tx, number: str, *, reason: str, skill: str = "") -> str:
    """Escalate a case that ``actor`` may see: by skill where one is named, else by hand. Returns the new tier.

    Raises `Missing`, and `Invalid` for an unknown skill besides what `escalate` raises.
    """
    require(actor, "case.escalate")
    record.get(tx, number, visible=readable(actor))
    if skill and skill not in skills.names(tx, "skills", "en"):
        _wrong("skill", Phrase("There is no skill %(skill)s.", skill=skill))
    return escalate(actor, tx, number, reason=reason, by=SKILL if skill else HAND, skill=skill or None)


def listing(actor: Actor, tx: Tx, number: str) -> list[dict[str, Any]]:
    """The escalations of a case that ``actor`` may see, oldest first."""
    record.get(tx, number, visible=readable(actor))
    query = sa.select(escalation_).where(escalation_.c.case == number).order_by(escalation_.c.id)
    return [dict(row) for row in tx.conn.execute(query).mappings()]


def share(actor: Actor, tx: Tx, since: datetime, until: datetime) -> Share:
    """What share of the cases that ``actor`` may see, opened in ``[since, until)``, was escalated, how and how far."""
    opened = readable(actor) & (case_.c.opened_at >= since) & (case_.c.opened_at < until)
    cases = tx.conn.scalar(sa.select(sa.func.count()).select_from(case_).where(opened)) or 0
    joined = escalation_.join(case_, case_.c.number == escalation_.c.case)
    count = sa.func.count(sa.distinct(escalation_.c.case))

    def counted(column: sa.Column[str]) -> dict[str, int]:
        query = sa.select(column, count).select_from(joined).where(opened).group_by(column)
        return {row[0]: row[1] for row in tx.conn.execute(query)}

    ways, tiers = counted(escalation_.c.way), counted(escalation_.c.to_tier)
    escalated = tx.conn.scalar(sa.select(count).select_from(joined).where(opened)) or 0
    by_way = {way: ways.get(way, 0) for way in WAYS}
    return Share(cases, escalated, by_way, {tier: tiers.get(tier, 0) for tier in LADDER[1:]})


def _keep(
    actor: Actor, tx: Tx, case: Case, taker: Person | None, *, way: str, skill: str, reason: str, tier: str
) -> None:
    row: dict[str, Any] = {
        "case": case.number,
        "at": tx.now,
        "way": way,
        "skill": skill,
        "reason": reason,
        "from_tier": case.tier,
        "to_tier": tier,
        "department": case.department,
        "from_id": case.assignee_id,
        "to_id": taker.id if taker else "",
        "to_name": taker.name if taker else "",
    }
    tx.conn.execute(sa.insert(escalation_).values(**row))
    data = {"from": case.tier, "to": tier, "by": way, "skill": skill, "reason": reason}
    data |= {"person": row["to_id"], "name": row["to_name"], "before": name_of(tx, case.assignee_id)}
    events.record(actor, tx, "case.escalated", key=case.number, data=data)


def _move(actor: Actor, tx: Tx, case: Case, tier: str, taker: Person | None) -> None:
    record.change(tx, case.number, tier=tier, **({"assignee_id": taker.id} if taker else {}))
    if taker:
        work.give(actor, tx, case.number, people.actor_of(taker), held_by=case.assignee_id)


def _held_until(tx: Tx, case: Case) -> datetime | None:
    """Until when the last lift by time stands alone; None when nothing holds another one back."""
    said = skills.said(tx, "lifts_apart", default={})
    text = said.get(case.priority, said.get("else"))
    if not text:
        return None
    apart = policy.duration(text, place="support.yaml: lifts_apart")
    by_time = (escalation_.c.case == case.number) & (escalation_.c.way == TIME)
    last = tx.ask(sa.select(escalation_.c.at).where(by_time).order_by(escalation_.c.id.desc()).limit(1)).scalar()
    return last + apart if last is not None and tx.now < last + apart else None


def _above(case: Case) -> str:
    """The next tier of the ladder; empty at its top."""
    if case.tier == SUPERVISOR:
        return ""
    return LADDER[LADDER.index(case.tier) + 1] if case.tier in LADDER else LADDER[1]


def _backup(tx: Tx, case: Case, tier: str, skill: str) -> Person | None:
    """Who takes over: of the tier and on duty, else a supervisor; never whoever has it already."""
    there = [] if tier == SUPERVISOR else duty.on_duty(tx, tier=tier, department=case.department)
    on_duty = [people.by_id(tx, one) for one in dict.fromkeys(there)]
    groups = [on_duty, *(people.in_department(tx, place, SUPERVISOR) for place in (case.department, FIRST_LINE))]
    for group in groups:
        found = [one for one in group if one.id != case.assignee_id and _may_see(case, one)]
        if found:
            return _best(tx, found, skill)
    return None


def _may_see(case: Case, one: Person) -> bool:
    """A restricted case goes to nobody outside the department that may see it (SEC-1)."""
    return not case.restricted or RESTRICTED_TO in one.departments or "admin" in one.roles


def _best(tx: Tx, found: Iterable[Person], skill: str) -> Person:
    """Who has the skill, then who has the fewest open cases, then who was named first."""
    people_ = list(found)
    known = skills.of_all(tx, [one.id for one in people_])
    mine = case_.c.assignee_id.in_([one.id for one in people_]) & case_.c.status.in_(OPEN)
    query = sa.select(case_.c.assignee_id, sa.func.count()).where(mine).group_by(case_.c.assignee_id)
    busy = {row[0]: row[1] for row in tx.conn.execute(query)}
    empty = skills.Skills()
    return min(people_, key=lambda one: (skill not in known.get(one.id, empty).skills, busy.get(one.id, 0)))


def _wrong(field: str, message: Phrase) -> None:
    raise Invalid("This escalation is not possible.", remedy=N_("Correct it and try again."), fields={field: [message]})
