"""All hands: people outside engineering filter and reassure while the others repair (EMG-6).

Normal pool and helpers together are at most so many times the normal pool (policy ``measures.yaml``, ``all_hands``).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from loopdesk.desk import emergency as emergencies
from loopdesk.desk import people, policy, record
from loopdesk.desk.emergency import timeline
from loopdesk.desk.emergency.crew import begin
from loopdesk.desk.emergency.rows import PARTICIPANT
from loopdesk.desk.people import Person
from loopdesk.desk.record import NUMBER, PERSON_ID
from loopdesk.desk.response import words
from loopdesk.desk.rights import DESK, RESTRICTED_TO, require
from loopdesk.desk.sql import row_as
from loopdesk.engine import events
from loopdesk.engine.actor import Actor
from loopdesk.engine.db import Moment, metadata, new_id
from loopdesk.engine.errors import Invalid, Missing, Phrase
from loopdesk.engine.tx import Tx

CALLED, ACCEPTED, DECLINED, RELEASED = STATES = ("called", "accepted", "declined", "released")

hand_ = sa.Table(
    "emergency_hand",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("emergency", sa.String(32), sa.ForeignKey("emergency.id"), nullable=False),
    sa.Column("case", NUMBER, sa.ForeignKey("case_.number"), nullable=False, index=True),
    sa.Column("person_id", PERSON_ID, nullable=False),
    sa.Column("name", sa.String(200), nullable=False),
    sa.Column("department", sa.String(60), nullable=False),
    sa.Column("state", sa.String(10), nullable=False),
    sa.Column("called_at", Moment, nullable=False),
    sa.Column("answered_at", Moment),
    sa.Column("released_at", Moment),
    sa.Column("reached", sa.Integer, nullable=False),
    sa.Column("note", sa.Text, nullable=False),
    sa.UniqueConstraint("emergency", "person_id", name="uq_emergency_hand"),
)
"""``reached``: how many customers the person has spoken to."""


@dataclass(frozen=True, slots=True)
class Hand:
    """One person who was called to help, and what came of it."""

    id: str
    emergency: str
    case: str
    person_id: str
    name: str
    department: str
    state: str
    called_at: datetime
    answered_at: datetime | None
    released_at: datetime | None
    reached: int
    note: str


@dataclass(frozen=True, slots=True)
class Pool:
    """How many are ``normal``, and how many helpers are ``allowed`` beside them at most."""

    normal: int
    allowed: int


def pool(tx: Tx, times: float) -> Pool:
    """The limit for a table's ``times`` the normal pool; the policy's ``most`` counts where the table says more."""
    normal = len(_normal(tx))
    most = float(policy.said(tx, words.POLICY, "all_hands", "most"))
    return Pool(normal, max(int((min(times, most) - 1) * normal), 0))


def call(actor: Actor, tx: Tx, emergency_id: str, *, departments: Sequence[str], times: float) -> list[Hand]:
    """Call people of ``departments`` in their order, as many as the pool allows; returns who helps or may yet answer.

    Nobody of engineering or of the normal pool, nobody twice, and to a restricted case nobody who may not see it.
    Nobody is called once the emergency is over.
    """
    require(actor, "emergency.hands")
    emergency = emergencies.get(tx, emergency_id)
    if emergency.ended_at is not None:
        return []
    known = of(tx, emergency_id)
    allowed = pool(tx, times).allowed
    free = allowed - sum(1 for one in known if one.state != DECLINED)
    found = _candidates(tx, departments, {one.person_id for one in known})
    if record.get(tx, emergency.case).restricted:
        found = [one for one in found if RESTRICTED_TO in one[1].departments]
    fresh = found[: max(free, 0)]
    for department, person in fresh:
        row = {"id": new_id(), "emergency": emergency_id, "case": emergency.case, "state": CALLED, "called_at": tx.now}
        row |= {"person_id": person.id, "name": person.name, "department": department, "reached": 0, "note": ""}
        tx.conn.execute(sa.insert(hand_).values(**row))
        record.involve(tx, emergency.case, department)
    if fresh:
        _tell(actor, tx, emergency_id, "called", count=len(fresh), limit=allowed)
    return [one for one in of(tx, emergency_id) if one.state in (CALLED, ACCEPTED)]


def answer(actor: Actor, tx: Tx, hand_id: str, *, accepted: bool, reason: str = "") -> Hand:
    """The person's word, or nobody's when the time is over; whoever helps takes part in the emergency."""
    require(actor, "emergency.hands")
    found = get(tx, hand_id)
    state = ACCEPTED if accepted else DECLINED
    _change(tx, found, state=state, answered_at=tx.now, note=reason.strip()[:2000])
    emergency = emergencies.get(tx, found.emergency)
    person = people.find(tx, found.person_id)
    if accepted and person is not None and emergency.ended_at is None:
        begin(actor, tx, emergency, PARTICIPANT, person)
    _tell(actor, tx, found.emergency, state, person=found.name)
    return get(tx, hand_id)


def report(actor: Actor, tx: Tx, hand_id: str, *, reached: int, note: str = "") -> Hand:
    """How many customers the person has filtered or reassured. Raises `Invalid` below 0."""
    require(actor, "emergency.hands")
    found = get(tx, hand_id)
    if reached < 0:
        raise Invalid("A number of customers is 0 or more.", fields={"reached": [Phrase("0 or more.")]})
    _change(tx, found, reached=found.reached + reached, note=note.strip()[:2000])
    _tell(actor, tx, found.emergency, "reached", person=found.name, count=reached)
    return get(tx, hand_id)


def release(actor: Actor, tx: Tx, emergency_id: str) -> list[Hand]:
    """At the end everybody who was called, and has not declined, goes back to their own work."""
    require(actor, "emergency.hands")
    going = [one for one in of(tx, emergency_id) if one.state in (CALLED, ACCEPTED)]
    for one in going:
        _change(tx, one, state=RELEASED, released_at=tx.now)
    if going:
        _tell(actor, tx, emergency_id, "released", count=len(going))
    return going


def of(tx: Tx, emergency_id: str) -> list[Hand]:
    """Everybody who was called in an emergency, by name."""
    return _select(tx, hand_.c.emergency == emergency_id)


def get(tx: Tx, hand_id: str) -> Hand:
    """The call with that id; raises `Missing`."""
    found = _select(tx, hand_.c.id == hand_id)
    if not found:
        raise Missing("Nobody was called under this number.")
    return found[0]


def _normal(tx: Tx) -> dict[str, Person]:
    listed = policy.said(tx, words.POLICY, "all_hands", "normal")
    found = [one for name in listed for one in people.in_department(tx, str(name))]
    return {one.id: one for one in found if DESK & set(one.roles)}


def _candidates(tx: Tx, departments: Sequence[str], known: set[str]) -> list[tuple[str, Person]]:
    engineering = set(policy.said(tx, words.POLICY, "all_hands", "engineering"))
    left_out = known | set(_normal(tx))
    found: dict[str, tuple[str, Person]] = {}
    for department in departments:
        for person in people.in_department(tx, department):
            works = bool(DESK & set(person.roles)) and not engineering & set(person.departments)
            if works and person.id not in left_out:
                found.setdefault(person.id, (department, person))
    return list(found.values())


def _tell(actor: Actor, tx: Tx, emergency_id: str, word: str, **values: Any) -> None:
    emergency = emergencies.get(tx, emergency_id)
    said = words.say(tx, word, **values)
    text = said[words.language(tx, emergency)]
    timeline.write(actor, tx, emergency, "hands", text, state=word, said=said, **values)
    events.record(actor, tx, "emergency.hands", key=emergency.case, data={"id": emergency.id, "state": word, **values})


def _change(tx: Tx, found: Hand, **values: Any) -> None:
    tx.conn.execute(sa.update(hand_).where(hand_.c.id == found.id).values(**values))


def _select(tx: Tx, condition: sa.ColumnElement[bool]) -> list[Hand]:
    query = sa.select(hand_).where(condition).order_by(hand_.c.name, hand_.c.id)
    return [row_as(Hand, row) for row in tx.conn.execute(query).mappings()]
