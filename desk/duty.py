"""The duty list: who of which tier is there for a department, from when until when (DIA-1, DIA-3)."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta

import sqlalchemy as sa

from loopdesk.desk import calendars, departments, people, policy, skills
from loopdesk.desk.record import PERSON_ID, TIERS
from loopdesk.desk.rights import require
from loopdesk.desk.sql import row_as
from loopdesk.engine import events
from loopdesk.engine.actor import Actor
from loopdesk.engine.db import Moment, metadata, new_id
from loopdesk.engine.errors import Invalid, Missing, Phrase, Refused
from loopdesk.engine.tx import Tx

LONGEST = timedelta(days=366)
_Time = tuple[datetime, datetime]

duty_ = sa.Table(
    "duty",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("person_id", PERSON_ID, nullable=False, index=True),
    sa.Column("department", sa.String(60), nullable=False),
    sa.Column("tier", sa.String(20), nullable=False),
    sa.Column("starts_at", Moment, nullable=False),
    sa.Column("ends_at", Moment, nullable=False),
    sa.Index("ix_duty_ends_at", "ends_at"),
)


@dataclass(frozen=True, slots=True)
class Duty:
    """One turn, half-open: who starts as another ends does not overlap with them."""

    id: str
    person_id: str
    department: str
    tier: str
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class Gap:
    """A time in which somebody has to be there and nobody is."""

    department: str
    tier: str
    starts_at: datetime
    ends_at: datetime


def add(
    actor: Actor, tx: Tx, *, person: str, department: str, tier: str, starts_at: datetime, ends_at: datetime
) -> Duty:
    """Put somebody (id, login or address) on the list. Raises `Invalid` with the field, `Refused` elsewhere."""
    _require(actor, department)
    found = people.find(tx, person)
    if found is None:
        _wrong("person", Phrase("Nobody here is called %(name)s.", name=person or "-"))
    assert found is not None
    if department not in departments.codes(tx):
        _wrong("department", Phrase("There is no department %(department)s.", department=department or "-"))
    if tier not in TIERS:
        _wrong("tier", Phrase("There is no tier %(tier)s; take L1, L2 or L3.", tier=tier or "-"))
    if not timedelta() < ends_at - starts_at <= LONGEST:
        _wrong("ends_at", Phrase("The end has to lie after the start, within a year."))
    overlap = (duty_.c.person_id == found.id) & (duty_.c.starts_at < ends_at) & (duty_.c.ends_at > starts_at)
    if other := _select(tx, overlap):
        _wrong("starts_at", Phrase("%(name)s is on duty until %(at)s then.", name=found.name, at=other[0].ends_at))
    new = Duty(new_id(), found.id, department, tier, starts_at, ends_at)
    tx.conn.execute(sa.insert(duty_).values(**asdict(new)))
    events.record(actor, tx, "duty.added", data=asdict(new) | {"name": found.name})
    return new


def remove(actor: Actor, tx: Tx, duty_id: str) -> None:
    """Take a turn off the list; raises `Missing`."""
    found = _select(tx, duty_.c.id == duty_id)
    if not found:
        raise Missing("There is no such turn of duty.")
    _require(actor, found[0].department)
    tx.conn.execute(sa.delete(duty_).where(duty_.c.id == duty_id))
    events.record(actor, tx, "duty.removed", data=asdict(found[0]))


def on_duty(tx: Tx, tier: str | None = None, department: str | None = None, at: datetime | None = None) -> list[str]:
    """Ids of the active people who are on duty at that moment (now, without one), whoever began first at the front."""
    moment = at or tx.now
    condition = (duty_.c.starts_at <= moment) & (duty_.c.ends_at > moment) & _active()
    for column, wanted in ((duty_.c.tier, tier), (duty_.c.department, department)):
        if wanted is not None:
            condition &= column == wanted
    return [one.person_id for one in _select(tx, condition)]


def listing(actor: Actor, tx: Tx) -> list[Duty]:
    """All turns that have not ended, by their beginning; staff only."""
    require(actor, "people.list")
    return _select(tx, duty_.c.ends_at > tx.now)


def gaps(actor: Actor, tx: Tx) -> list[Gap]:
    """When nobody is there although the policy ``support.yaml`` asks for somebody, as far ahead as it says."""
    require(actor, "people.list")
    until = tx.now + policy.duration(skills.said(tx, "gaps_ahead", default="P14D"), place="support.yaml: gaps_ahead")
    turns = _select(tx, (duty_.c.ends_at > tx.now) & (duty_.c.starts_at < until) & _active())
    found = [gap for line in skills.said(tx, "coverage", default=[]) for gap in _gaps(tx, line, turns, until)]
    return sorted(found, key=lambda gap: (gap.starts_at, gap.department, gap.tier))


def _gaps(tx: Tx, line: Mapping[str, str], turns: Sequence[Duty], until: datetime) -> Iterator[Gap]:
    """The gaps of one line of the coverage; what is closed between two empty stretches does not part them."""
    wanted = (str(line.get("department", "")), str(line.get("tier", "")))
    there = [(one.starts_at, one.ends_at) for one in turns if (one.department, one.tier) == wanted]
    last: Gap | None = None
    closed = tx.now
    for opens, closes in calendars.get(tx, str(line.get("calendar", "24/7"))).intervals(tx.now, until):
        for starts, ends in _empty(there, opens, closes):
            if last and (last.ends_at, starts) == (closed, opens):
                last = replace(last, ends_at=ends)
                continue
            if last:
                yield last
            last = Gap(*wanted, starts, ends)
        closed = closes
    if last:
        yield last


def _empty(there: Sequence[tuple[datetime, datetime]], opens: datetime, closes: datetime) -> Iterator[_Time]:
    """What nobody ``there`` (by their beginning) covers of a stretch."""
    since = opens
    for starts, ends in there:
        if since < min(starts, closes):
            yield since, min(starts, closes)
        since = max(since, ends)
    if since < closes:
        yield since, closes


def _select(tx: Tx, condition: sa.ColumnElement[bool]) -> list[Duty]:
    query = sa.select(duty_).where(condition).order_by(duty_.c.starts_at, duty_.c.id)
    return [row_as(Duty, row) for row in tx.conn.execute(query).mappings()]


def _active() -> sa.ColumnElement[bool]:
    return sa.exists().where(people.person.c.id == duty_.c.person_id, people.person.c.active)


def _require(actor: Actor, department: str) -> None:
    """Supervisors plan for their own departments, administrators for all."""
    require(actor, "duty.change")
    if actor.kind == "person" and "admin" not in actor.roles and department not in actor.departments:
        raise Refused("Only supervisors of department %(department)s plan its duty.", department=department or "-")


def _wrong(field: str, message: Phrase) -> None:
    raise Invalid("This turn of duty is not possible.", fields={field: [message]})
