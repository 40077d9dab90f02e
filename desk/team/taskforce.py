"""A task force: members of several departments on one case, with a goal, a lead and daily progress (HND-6)."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, fields
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from loopdesk.desk import calendars, notices, people, policy, record
from loopdesk.desk.people import Person
from loopdesk.desk.record import NUMBER, PERSON_ID
from loopdesk.desk.rights import RESTRICTED_TO, require, sees, visible_to
from loopdesk.desk.sql import insert_new
from loopdesk.engine import events
from loopdesk.engine.actor import Actor
from loopdesk.engine.db import BIG, Moment, metadata, new_id
from loopdesk.engine.errors import N_, Conflict, Invalid, Missing, Phrase, Refused
from loopdesk.engine.tx import Tx

FEWEST = 2
"""Departments: with one it would be no task force but its usual work."""
MOST = 100
"""Task forces in one list."""
_POLICY = "taskforce"

taskforce_ = sa.Table(
    "taskforce",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("case", NUMBER, sa.ForeignKey("case_.number"), nullable=False, index=True),
    sa.Column("goal", sa.Text, nullable=False),
    sa.Column("lead_id", PERSON_ID, nullable=False),
    sa.Column("lead", sa.String(200), nullable=False),
    sa.Column("started_at", Moment, nullable=False),
    sa.Column("ended_at", Moment),
    sa.Column("ended_by", sa.String(200), nullable=False),
    sa.Column("result", sa.Text, nullable=False),
)

member_ = sa.Table(
    "taskforce_member",
    metadata,
    sa.Column("taskforce", sa.String(32), sa.ForeignKey("taskforce.id"), primary_key=True),
    sa.Column("person_id", PERSON_ID, primary_key=True),
    sa.Column("name", sa.String(200), nullable=False),
    sa.Column("department", sa.String(60), nullable=False),
    sa.Column("since", Moment, nullable=False),
)

entry_ = sa.Table(
    "taskforce_entry",
    metadata,
    sa.Column("id", BIG, primary_key=True, autoincrement=True),
    sa.Column("taskforce", sa.String(32), sa.ForeignKey("taskforce.id"), nullable=False, index=True),
    sa.Column("day", sa.Date, nullable=False),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("person_id", PERSON_ID, nullable=False),
    sa.Column("name", sa.String(200), nullable=False),
    sa.Column("at", Moment, nullable=False),
)


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody on the task force, for a department."""

    person_id: str
    name: str
    department: str


@dataclass(frozen=True, slots=True)
class Entry:
    """What one member said about one day."""

    day: date
    text: str
    name: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Taskforce:
    """One task force; ``missing`` are its working days that are over and have no entry."""

    id: str
    case: str
    goal: str
    lead_id: str
    lead: str
    started_at: datetime
    ended_at: datetime | None
    ended_by: str
    result: str
    members: tuple[Member, ...] = ()
    entries: tuple[Entry, ...] = ()
    missing: tuple[date, ...] = ()


def start(actor: Actor, tx: Tx, number: str, *, goal: str, lead: str, members: Collection[str]) -> Taskforce:
    """Call people of at least two departments together on a case; all of their departments see it from now on.

    ``lead`` and ``members`` are ids, logins or addresses; the lead is a member. Raises `Missing`, `Conflict` on a
    closed case or one that has a task force, `Refused` where members may not see a restricted case, `Invalid`.
    """
    require(actor, "taskforce.start")
    case = record.get(tx, number, visible=visible_to(actor), lock=True)
    if case.status == "closed":
        raise Conflict("Case %(number)s is closed.", remedy=N_("Reopen it first."), number=number)
    if any(one.ended_at is None for one in _select(tx, taskforce_.c.case == number)):
        raise Conflict("Case %(number)s has a task force already.", remedy=N_("Add people to that one."), number=number)
    if not goal.strip():
        _wrong("goal", Phrase("Say what is reached when it is over."))
    head = _person(tx, "lead", lead)
    team = {one.id: one for one in (head, *(_person(tx, "members", who) for who in members))}
    if len({one.departments[0] for one in team.values() if one.departments}) < FEWEST:
        _wrong("members", Phrase("Choose people of at least two departments."))
    _require_sight(case.restricted, team.values())
    row = {"id": new_id(), "case": number, "goal": goal.strip(), "lead_id": head.id, "lead": head.name}
    rest = {"started_at": tx.now, "ended_at": None, "ended_by": "", "result": ""}
    tx.conn.execute(sa.insert(taskforce_).values(**row, **rest))
    for one in team.values():
        _join(tx, str(row["id"]), number, one)
    told = {"id": row["id"], "goal": row["goal"], "lead": head.name, "members": [one.name for one in team.values()]}
    events.record(actor, tx, "taskforce.started", key=number, data=told)
    return get(tx, str(row["id"]))


def add(actor: Actor, tx: Tx, taskforce_id: str, *, person: str) -> Taskforce:
    """Take one more person in. Raises `Conflict` when it is over or he is in it, `Invalid`, `Refused`."""
    found = open_to(actor, tx, taskforce_id)
    one = _person(tx, "person", person)
    if one.id in {member.person_id for member in found.members}:
        raise Conflict("%(name)s is in the task force already.", name=one.name)
    _require_sight(record.get(tx, found.case).restricted, [one])
    _join(tx, taskforce_id, found.case, one)
    events.record(actor, tx, "taskforce.joined", key=found.case, data={"id": taskforce_id, "name": one.name})
    return get(tx, taskforce_id)


def report(actor: Actor, tx: Tx, taskforce_id: str, *, text: str, day: date | None = None) -> Taskforce:
    """Say how far it got on a day, today without one. Raises `Invalid` for no words or a day before it or to come."""
    found = open_to(actor, tx, taskforce_id)
    when = day or day_of(tx, tx.now)
    if not text.strip():
        _wrong("text", Phrase("Say how far you got."))
    if not day_of(tx, found.started_at) <= when <= day_of(tx, tx.now):
        _wrong("day", Phrase("Choose a day between the start of the task force and today."))
    row = {"taskforce": taskforce_id, "day": when, "text": text.strip(), "person_id": actor.id}
    tx.conn.execute(sa.insert(entry_).values(**row, name=actor.name[:200], at=tx.now))
    told = {"id": taskforce_id, "day": when.isoformat(), "text": text.strip()}
    events.record(actor, tx, "taskforce.reported", key=found.case, data=told)
    return get(tx, taskforce_id)


def close(actor: Actor, tx: Tx, taskforce_id: str, *, result: str) -> Taskforce:
    """The lead (or an administrator) ends it with its result. Raises `Refused`, `Invalid` without words, `Conflict`."""
    found = open_to(actor, tx, taskforce_id)
    if actor.kind == "person" and actor.id != found.lead_id and "admin" not in actor.roles:
        raise Refused("Only %(name)s, who leads the task force, ends it.", name=found.lead)
    if not result.strip():
        _wrong("result", Phrase("Say what was reached."))
    values = {"ended_at": tx.now, "ended_by": actor.name[:200], "result": result.strip()}
    tx.conn.execute(sa.update(taskforce_).where(taskforce_.c.id == taskforce_id).values(**values))
    told = {"id": taskforce_id, "result": result.strip()}
    events.record(actor, tx, "taskforce.ended", key=found.case, data=told)
    return get(tx, taskforce_id)


def remind(actor: Actor, tx: Tx, *, base_url: str) -> int:
    """Tell each lead whose last working day has no entry, once for that day; returns how many were told."""
    require(actor, "taskforce.remind")
    told = 0
    for one in _select(tx, taskforce_.c.ended_at.is_(None)):
        lead = people.find(tx, one.lead_id)
        if one.missing and lead is not None:
            scope = {"taskforce": one, "day": one.missing[-1].isoformat(), "missing": len(one.missing)}
            once = f"taskforce:{one.id}:{one.missing[-1]}"
            told += len(notices.tell(tx, "taskforce-silent", [lead], scope, base_url=base_url, once=once))
    return told


def get(tx: Tx, taskforce_id: str) -> Taskforce:
    """The task force with that id; raises `Missing`."""
    found = _select(tx, taskforce_.c.id == taskforce_id)
    if not found:
        raise Missing("There is no such task force.")
    return found[0]


def listing(actor: Actor, tx: Tx) -> list[Taskforce]:
    """The task forces of cases that ``actor`` may see: running ones first, then the newest."""
    require(actor, "taskforce.read")
    return _select(tx, sees(actor, taskforce_.c.case))


def of_case(tx: Tx, number: str) -> list[Taskforce]:
    """The task forces of a case that the reader may see."""
    return _select(tx, taskforce_.c.case == number)


def may_write(actor: Actor, found: Taskforce) -> bool:
    """Whether ``actor`` is in it."""
    return found.ended_at is None and (
        actor.kind != "person" or "admin" in actor.roles or actor.id in {one.person_id for one in found.members}
    )


def open_to(actor: Actor, tx: Tx, taskforce_id: str) -> Taskforce:
    """The running task force that ``actor`` is in; raises `Missing`, `Refused`, `Conflict` when it is over."""
    require(actor, "taskforce.write")
    # It ends once, and nobody writes or comes in while it does.
    tx.conn.execute(sa.select(taskforce_.c.id).where(taskforce_.c.id == taskforce_id).with_for_update())
    found = get(tx, taskforce_id)
    record.get(tx, found.case, visible=visible_to(actor))
    if found.ended_at is not None:
        raise Conflict("This task force is over.", remedy=N_("Start a new one on the case."))
    if not may_write(actor, found):
        raise Refused("Only members write here.", remedy=N_("Ask %(name)s to take you in."), name=found.lead)
    return found


def _join(tx: Tx, taskforce_id: str, number: str, one: Person) -> None:
    department = next(iter(one.departments), "")
    row = {"taskforce": taskforce_id, "person_id": one.id, "name": one.name, "department": department}
    insert_new(tx, member_, row | {"since": tx.now}, unique=["taskforce", "person_id"])
    record.involve(tx, number, department)


def _require_sight(restricted: bool, team: Iterable[Person]) -> None:
    blind = [one.name for one in team if restricted and RESTRICTED_TO not in one.departments]
    if blind:
        raise Refused(
            "This case is restricted, so %(names)s may not see it.",
            remedy=N_("Choose members of the security department."),
            names=", ".join(blind),
        )


def _person(tx: Tx, field: str, who: str) -> Person:
    found = people.find(tx, who)
    if found is None:
        _wrong(field, Phrase("Nobody here is called %(name)s.", name=who or "-"))
    assert found is not None
    return found


def day_of(tx: Tx, moment: datetime) -> date:
    """The day of a moment in the house's zone."""
    return moment.astimezone(ZoneInfo(tx.host.zone)).date()


def _missing(tx: Tx, since: datetime, until: datetime, said: Collection[date]) -> tuple[date, ...]:
    """Working days from the first whole one on that are over and silent."""
    calendar = calendars.get(tx, str(policy.said(tx, _POLICY, "calendar")))
    zone, last = ZoneInfo(tx.host.zone), day_of(tx, until)
    day, found = day_of(tx, since), []
    while day < last:
        begin = datetime.combine(day, time(), zone)
        if day not in said and any(True for _ in calendar.intervals(max(begin, since), begin + timedelta(days=1))):
            found.append(day)
        day += timedelta(days=1)
    return tuple(found)


def _select(tx: Tx, condition: sa.ColumnElement[bool]) -> list[Taskforce]:
    order = (taskforce_.c.ended_at.is_not(None), taskforce_.c.started_at.desc(), taskforce_.c.id)
    rows = [dict(row) for row in tx.ask(sa.select(taskforce_).where(condition).order_by(*order).limit(MOST)).mappings()]
    return [_whole(tx, row) for row in rows]


def _whole(tx: Tx, row: dict[str, Any]) -> Taskforce:
    mine = member_.c.taskforce == row["id"]
    named = [field.name for field in fields(Member)]
    members = tx.ask(sa.select(member_).where(mine).order_by(member_.c.since, member_.c.name)).mappings()
    said = entry_.c.taskforce == row["id"]
    entries = tx.ask(sa.select(entry_).where(said).order_by(entry_.c.day.desc(), entry_.c.id.desc())).mappings()
    words = tuple(Entry(one["day"], one["text"], one["name"], one["at"]) for one in entries)
    missing = _missing(tx, row["started_at"], row["ended_at"] or tx.now, {one.day for one in words})
    team = tuple(Member(**{name: one[name] for name in named}) for one in members)
    return Taskforce(**row, members=team, entries=words, missing=missing)


def _wrong(field: str, message: Phrase) -> None:
    raise Invalid("Please check this task force.", fields={field: [message]})
