"""Meetings of the departments: the next date by itself, an agenda of what is open, minutes, actions (HND-9)."""

from collections.abc import Collection
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from loopdesk.desk import actions, notices, people, policy
from loopdesk.desk.actions import Action
from loopdesk.desk.people import Person
from loopdesk.desk.record import PERSON_ID
from loopdesk.desk.rights import require
from loopdesk.desk.sql import insert_new
from loopdesk.desk.team import agenda, series
from loopdesk.desk.team.series import Series
from loopdesk.engine import events
from loopdesk.engine.actor import Actor
from loopdesk.engine.db import JSON, Moment, metadata, new_id
from loopdesk.engine.errors import N_, Conflict, Invalid, Missing, Phrase, Refused
from loopdesk.engine.tx import Tx

SOURCE = "meeting"
MOST = 100
"""Meetings in one list."""

meeting_ = sa.Table(
    "meeting",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("series", sa.String(60), nullable=False),
    sa.Column("starts_at", Moment, nullable=False),
    sa.Column("minutes_long", sa.Integer, nullable=False),
    sa.Column("chair", sa.String(60), nullable=False),
    sa.Column("departments", JSON, nullable=False),
    sa.Column("agenda", JSON, nullable=False),
    sa.Column("minutes", sa.Text, nullable=False),
    sa.Column("published_at", Moment),
    sa.Column("published_by", sa.String(200), nullable=False),
    sa.UniqueConstraint("series", "starts_at"),
)

attendee_ = sa.Table(
    "meeting_attendee",
    metadata,
    sa.Column("meeting", sa.String(32), sa.ForeignKey("meeting.id"), primary_key=True),
    sa.Column("person_id", PERSON_ID, primary_key=True),
    sa.Column("name", sa.String(200), nullable=False),
)


@dataclass(frozen=True, slots=True)
class Meeting:
    """One meeting: ``agenda`` as `agenda.prepare` wrote it, ``minutes`` the text, locked once it is published."""

    id: str
    series: str
    starts_at: datetime
    minutes_long: int
    chair: str
    departments: tuple[str, ...]
    agenda: tuple[dict[str, Any], ...]
    minutes: str
    published_at: datetime | None
    published_by: str
    attendees: tuple[tuple[str, str], ...] = ()
    """Ids and names of those who were there."""


def plan(actor: Actor, tx: Tx, *, base_url: str) -> list[Meeting]:
    """Set the next date of each series, once, with its agenda, and invite the supervisors of its departments.

    A date is set as long before as the policy's ``prepare`` says. Raises `Invalid` for a policy that cannot be read.
    """
    require(actor, "meetings.plan")
    ahead = policy.duration(policy.said(tx, series.POLICY, "prepare"), place="meetings.yaml: prepare")
    return [
        made
        for one in series.all_(tx)
        if (begins := one.next(tx, tx.now)) <= tx.now + ahead and (made := _set(actor, tx, one, begins, base_url))
    ]


def remind(actor: Actor, tx: Tx, *, base_url: str) -> int:
    """Tell the chairs, once, of a meeting that has no minutes although the policy's ``minutes_within`` is over."""
    require(actor, "meetings.plan")
    late = policy.duration(policy.said(tx, series.POLICY, "minutes_within"), place="meetings.yaml: minutes_within")
    told = 0
    for one in _select(tx, meeting_.c.published_at.is_(None) & (meeting_.c.starts_at < tx.now - late)):
        to = people.in_department(tx, one.chair, "supervisor")
        told += len(_tell(tx, "meeting-minutes-late", to, one, base_url))
    return told


def write(actor: Actor, tx: Tx, meeting_id: str, *, minutes: str, attendees: Collection[str]) -> Meeting:
    """Keep minutes and who was there, as often as needed until they are published. Raises `Conflict`, `Refused`."""
    found = open_to(actor, tx, meeting_id)
    there = {one.id: one for one in (_person(tx, who) for who in attendees)}
    tx.conn.execute(sa.update(meeting_).where(meeting_.c.id == meeting_id).values(minutes=minutes.strip()))
    tx.conn.execute(sa.delete(attendee_).where(attendee_.c.meeting == meeting_id))
    for one in there.values():
        tx.conn.execute(sa.insert(attendee_).values(meeting=meeting_id, person_id=one.id, name=one.name))
    events.record(actor, tx, "meeting.written", data={"id": meeting_id, "series": found.series})
    return get(tx, meeting_id)


def agree(actor: Actor, tx: Tx, meeting_id: str, *, text: str, owner: str, due_at: datetime) -> Action:
    """Agree on an action; raises what `write` and `actions.add` raise."""
    open_to(actor, tx, meeting_id)
    return actions.add(actor, tx, source=SOURCE, source_id=meeting_id, text=text, owner=owner, due_at=due_at)


def publish(actor: Actor, tx: Tx, meeting_id: str, *, base_url: str) -> Meeting:
    """Lock the minutes and send them with the actions to those who were there and the departments' supervisors.

    Raises `Invalid` without minutes or without anybody there, `Conflict` for a meeting to come.
    """
    found = open_to(actor, tx, meeting_id)
    if found.starts_at > tx.now:
        raise Conflict("This meeting has not begun.", remedy=N_("Publish its minutes afterwards."))
    if not found.minutes:
        _wrong("minutes", Phrase("Write the minutes first."))
    if not found.attendees:
        _wrong("attendees", Phrase("Say who was there."))
    values = {"published_at": tx.now, "published_by": actor.name[:200]}
    tx.conn.execute(sa.update(meeting_).where(meeting_.c.id == meeting_id).values(**values))
    done = get(tx, meeting_id)
    there = [one for person_id, _ in done.attendees if (one := people.find(tx, person_id))]
    _tell(tx, "meeting-minutes", [*there, *_supervisors(tx, done.departments)], done, base_url)
    events.record(actor, tx, "meeting.published", data={"id": meeting_id, "series": done.series})
    return done


def get(tx: Tx, meeting_id: str, *, lock: bool = False) -> Meeting:
    """The meeting with that id, held until the end of the transaction with ``lock``; raises `Missing`."""
    if lock:
        tx.conn.execute(sa.select(meeting_.c.id).where(meeting_.c.id == meeting_id).with_for_update())
    found = _select(tx, meeting_.c.id == meeting_id)
    if not found:
        raise Missing("There is no such meeting.")
    return found[0]


def listing(actor: Actor, tx: Tx) -> list[Meeting]:
    """The meetings, the newest first; staff only."""
    require(actor, "meetings.read")
    return _select(tx, sa.true())


def may_write(actor: Actor, found: Meeting) -> bool:
    """Whether ``actor`` belongs to one of the departments that meet."""
    return actor.kind != "person" or "admin" in actor.roles or bool(actor.departments & set(found.departments))


def _set(actor: Actor, tx: Tx, one: Series, begins: datetime, base_url: str) -> Meeting | None:
    row = {
        "id": new_id(),
        "series": one.id,
        "starts_at": begins,
        "minutes_long": one.minutes,
        "chair": one.chair,
        "departments": list(one.departments),
        "agenda": agenda.prepare(tx, one.departments),
        "minutes": "",
        "published_at": None,
        "published_by": "",
    }
    if not insert_new(tx, meeting_, row, unique=["series", "starts_at"]):
        return None
    made = get(tx, str(row["id"]))
    events.record(actor, tx, "meeting.set", data={"id": made.id, "series": one.id, "starts_at": begins})
    _tell(tx, "meeting-invitation", _supervisors(tx, made.departments), made, base_url)
    return made


def _tell(tx: Tx, template: str, to: Collection[Person], one: Meeting, base_url: str) -> list[str]:
    agreed = actions.of(tx, SOURCE, one.id)
    scope = {"meeting": one, "actions": agreed, "names": {lang: series.names(tx, lang) for lang in people.LANGUAGES}}
    return notices.tell(tx, template, to, scope, base_url=base_url, once=f"{template}:{one.id}")


def _supervisors(tx: Tx, departments: Collection[str]) -> list[Person]:
    return [one for code in departments for one in people.in_department(tx, code, "supervisor")]


def open_to(actor: Actor, tx: Tx, meeting_id: str) -> Meeting:
    """The meeting whose minutes ``actor`` may write; raises `Missing`, `Refused`, `Conflict` once it is published."""
    require(actor, "meetings.write")
    found = get(tx, meeting_id, lock=True)  # Minutes do not change while somebody publishes them.
    if not may_write(actor, found):
        raise Refused("Only the departments that meet write its minutes.", remedy=N_("Ask a colleague there."))
    if found.published_at is not None:
        raise Conflict(
            "The minutes were published by %(name)s, so nobody changes them.",
            remedy=N_("Put it on the agenda of the next meeting."),
            name=found.published_by,
        )
    return found


def _person(tx: Tx, who: str) -> Person:
    found = people.find(tx, who)
    if found is None:
        _wrong("attendees", Phrase("Nobody here is called %(name)s.", name=who or "-"))
    assert found is not None
    return found


def _select(tx: Tx, condition: sa.ColumnElement[bool]) -> list[Meeting]:
    query = sa.select(meeting_).where(condition).order_by(meeting_.c.starts_at.desc(), meeting_.c.id).limit(MOST)
    rows = tx.ask(query).mappings().all()
    there: dict[str, list[tuple[str, str]]] = {}
    wanted = attendee_.c.meeting.in_([row["id"] for row in rows])
    for one in tx.ask(sa.select(attendee_).where(wanted).order_by(attendee_.c.name)):
        there.setdefault(one.meeting, []).append((one.person_id, one.name))
    return [_meeting(dict(row), tuple(there.get(row["id"], ()))) for row in rows]


def _meeting(row: dict[str, Any], there: tuple[tuple[str, str], ...]) -> Meeting:
    values = {field.name: row[field.name] for field in fields(Meeting) if field.name in row}
    lists = {name: tuple(values[name]) for name in ("departments", "agenda")}
    return Meeting(**values | lists, attendees=there)


def _wrong(field: str, message: Phrase) -> None:
    raise Invalid("Please check these minutes.", fields={field: [message]})
