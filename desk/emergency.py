"""Emergency response: a commander, a grade, updates at a promised pace, a stand-down (EMG-1, EMG-2, EMG-4)."""

from dataclasses import asdict, dataclass, fields
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from loopdesk.desk import people, policy, record
from loopdesk.desk.departments import FIRST_LINE
from loopdesk.desk.people import Person
from loopdesk.desk.record import NUMBER, PERSON_ID, Case
from loopdesk.desk.rights import DESK, RESTRICTED_TO, readable, require
from loopdesk.engine import events
from loopdesk.engine.actor import Actor
from loopdesk.engine.db import BIG, Moment, metadata, new_id
from loopdesk.engine.errors import N_, Conflict, Invalid, Missing, Phrase
from loopdesk.engine.tx import Tx

KINDS = ("system_fault", "service_interruption", "complaint", "security", "other")
GRADES = ("I", "II", "III", "IV")
"""From the highest to the lowest (EMG-1, policy ``emergency-classes``)."""
LONGEST_PAUSE = 24 * 60
"""Minutes between two updates at most."""

emergency_ = sa.Table(
    "emergency",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("case", NUMBER, sa.ForeignKey("case_.number"), nullable=False, index=True),
    sa.Column("commander_id", PERSON_ID, nullable=False),
    sa.Column("commander", sa.String(200), nullable=False),
    sa.Column("grade", sa.String(10), nullable=False),
    sa.Column("kind", sa.String(30), nullable=False),
    sa.Column("declared_at", Moment, nullable=False),
    sa.Column("next_update_at", Moment),
    sa.Column("ended_at", Moment),
    sa.Column("summary", sa.Text, nullable=False),
)
_open = emergency_.c.ended_at.is_(None)
sa.Index("uq_emergency_open", emergency_.c.case, unique=True, postgresql_where=_open, sqlite_where=_open)

entry = sa.Table(
    "emergency_entry",
    metadata,
    sa.Column("id", BIG, primary_key=True, autoincrement=True),
    sa.Column("emergency", sa.String(32), sa.ForeignKey("emergency.id"), nullable=False, index=True),
    sa.Column("at", Moment, nullable=False),
    sa.Column("kind", sa.String(20), nullable=False),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("by_id", PERSON_ID, nullable=False),
    sa.Column("by_name", sa.String(200), nullable=False),
)
"""The emergency's own log: declared, update, missed, stand_down."""


@dataclass(frozen=True, slots=True)
class Emergency:
    """One emergency of a case; ``next_update_at`` is what the customer was promised."""

    id: str
    case: str
    commander_id: str
    commander: str
    grade: str
    kind: str
    declared_at: datetime
    next_update_at: datetime | None
    ended_at: datetime | None
    summary: str


def commanders(tx: Tx, case: Case) -> list[Person]:
    """Who may be chosen to lead: supervisors first, then agents, each by name (EMG-1).

    They come from the department that holds the case and those that the policy ``emergency.yaml`` lists under
    ``commanders``; for a restricted case from the security department only, with the case's own people.
    """
    listed = policy.value(tx, "emergency", "commanders", default=[FIRST_LINE])
    wanted = [RESTRICTED_TO] if case.restricted else [case.department, *listed]
    own = [people.find(tx, one) for one in (case.owner_id, case.assignee_id)]
    members = [one for name in dict.fromkeys(wanted) for one in people.in_department(tx, name)]
    found = {one.id: one for one in [*members, *filter(None, own)] if DESK & set(one.roles)}
    return sorted(found.values(), key=lambda one: ("supervisor" not in one.roles, one.name, one.id))


def declare(actor: Actor, tx: Tx, number: str, *, commander: str, grade: str, kind: str) -> Emergency:
    """Name the commander (whoever declares it, without a name) and start; a running emergency is joined.

    Security incidents start at the highest grade whatever was chosen (EMG-2). The first update is due within the
    cadence of the policy ``emergency.yaml``. Raises `Invalid` with the field for an unknown commander, grade or kind.
    """
    require(actor, "emergency.declare")
    case = record.get(tx, number, lock=True)
    running = open_of(tx, number)
    if running is not None:
        return running
    leader = people.find(tx, commander or (actor.id if actor.kind == "person" else case.owner_id))
    if leader is None:
        _wrong("commander", Phrase("Nobody here is called %(name)s.", name=commander or "-"))
    if kind not in KINDS:
        _wrong("kind", Phrase("There is no kind of emergency %(kind)s.", kind=kind or "-"))
    if grade not in GRADES:
        _wrong("grade", Phrase("There is no grade %(grade)s; take I, II, III or IV.", grade=grade or "-"))
    assert leader is not None
    given = GRADES[0] if kind == "security" or case.type == "security" else grade
    due = tx.now + cadence(tx)
    new = Emergency(new_id(), number, leader.id, leader.name, given, kind, tx.now, due, None, "")
    tx.conn.execute(sa.insert(emergency_).values(**asdict(new)))
    for department in leader.departments:
        record.involve(tx, number, department)
    _note(actor, tx, new, "declared", "")
    data = {"id": new.id, "commander": leader.name, "grade": given, "kind": kind, "chosen": grade, "next": due}
    events.record(actor, tx, "emergency.declared", key=number, audience="customer", data=data)
    return new


def update(actor: Actor, tx: Tx, emergency_id: str, *, text: str, next_minutes: int) -> Emergency:
    """Say how it stands and promise the next word in ``next_minutes`` (1 to 1,440) (EMG-4)."""
    require(actor, "emergency.update")
    running = _running(tx, emergency_id)
    if not text.strip():
        _wrong("text", Phrase("Write something."))
    if not 1 <= next_minutes <= LONGEST_PAUSE:
        _wrong("next_minutes", Phrase("Between 1 and %(most)s minutes.", most=LONGEST_PAUSE))
    due = tx.now + timedelta(minutes=next_minutes)
    tx.conn.execute(sa.update(emergency_).where(emergency_.c.id == emergency_id).values(next_update_at=due))
    _note(actor, tx, running, "update", text.strip())
    data = {"id": emergency_id, "text": text.strip(), "next": due}
    events.record(actor, tx, "emergency.updated", key=running.case, audience="customer", data=data)
    return get(tx, emergency_id)


def remind(actor: Actor, tx: Tx, emergency_id: str) -> Emergency | None:
    """Note that the promised update is late; None while it is not, or after the stand-down."""
    require(actor, "emergency.remind")
    running = get(tx, emergency_id)
    if running.ended_at or running.next_update_at is None or running.next_update_at > tx.now:
        return None
    minutes = int((tx.now - running.next_update_at).total_seconds() // 60)
    _note(actor, tx, running, "missed", "")
    events.record(actor, tx, "emergency.reminded", key=running.case, data={"id": emergency_id, "late": minutes})
    return running


def stand_down(actor: Actor, tx: Tx, emergency_id: str, *, summary: str) -> Emergency:
    """The emergency is over; a summary of what happened is needed (EMG-1). Raises `Invalid`, `Conflict`."""
    require(actor, "emergency.stand_down")
    running = _running(tx, emergency_id)
    if not summary.strip():
        _wrong("summary", Phrase("Say what happened and why it is over."))
    values = {"ended_at": tx.now, "summary": summary.strip(), "next_update_at": None}
    tx.conn.execute(sa.update(emergency_).where(emergency_.c.id == emergency_id).values(**values))
    _note(actor, tx, running, "stand_down", summary.strip())
    minutes = int((tx.now - running.declared_at).total_seconds() // 60)
    data = {"id": emergency_id, "summary": summary.strip(), "minutes": minutes}
    events.record(actor, tx, "emergency.ended", key=running.case, audience="customer", data=data)
    return get(tx, emergency_id)


def get(tx: Tx, emergency_id: str) -> Emergency:
    """The emergency with that id; raises `Missing`."""
    found = _select(tx, emergency_.c.id == emergency_id)
    if not found:
        raise Missing("There is no emergency %(emergency)s.", emergency=emergency_id)
    return found[0]


def open_of(tx: Tx, number: str) -> Emergency | None:
    """The emergency that is running on a case."""
    return next(iter(_select(tx, (emergency_.c.case == number) & _open)), None)


def listing(actor: Actor, tx: Tx, number: str) -> list[dict[str, Any]]:
    """The emergencies of a case, oldest first, each with its ``entries``."""
    record.get(tx, number, visible=readable(actor))
    found = _select(tx, emergency_.c.case == number)
    query = sa.select(entry).where(entry.c.emergency.in_([one.id for one in found])).order_by(entry.c.id)
    entries = [dict(row) for row in tx.conn.execute(query).mappings()]
    return [asdict(one) | {"entries": [row for row in entries if row["emergency"] == one.id]} for one in found]


def cadence(tx: Tx) -> timedelta:
    """How long after the declaration the first update is due: policy ``emergency.yaml``, ``cadence``."""
    return policy.duration(policy.value(tx, "emergency", "cadence", default="PT30M"), place="emergency.yaml: cadence")


def _running(tx: Tx, emergency_id: str) -> Emergency:
    found = get(tx, emergency_id)
    if found.ended_at is not None:
        raise Conflict("This emergency is over.", remedy=N_("Declare a new one if it starts again."))
    return found


def _select(tx: Tx, condition: sa.ColumnElement[bool]) -> list[Emergency]:
    query = sa.select(emergency_).where(condition).order_by(emergency_.c.declared_at, emergency_.c.id)
    names = [field.name for field in fields(Emergency)]
    return [Emergency(**{name: row[name] for name in names}) for row in tx.conn.execute(query).mappings()]


def _note(actor: Actor, tx: Tx, emergency: Emergency, kind: str, text: str) -> None:
    values = {"emergency": emergency.id, "at": tx.now, "kind": kind, "text": text}
    tx.conn.execute(sa.insert(entry).values(**values, by_id=actor.id, by_name=actor.name[:200]))


def _wrong(field: str, message: Phrase) -> None:
    raise Invalid("This emergency cannot be led like that.", fields={field: [message]})
