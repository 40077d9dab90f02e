"""After each major event its runbook is looked at: due until somebody confirms it or deploys another one (EMG-9)."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from loopdesk.desk import emergency, notices, people, policy
from loopdesk.desk.people import Person
from loopdesk.desk.record import PERSON_ID
from loopdesk.desk.rights import require
from loopdesk.desk.runbooks import course, plans
from loopdesk.desk.runbooks.plans import Plan
from loopdesk.engine import bundles, events
from loopdesk.engine.actor import Actor
from loopdesk.engine.db import Moment, metadata, new_id
from loopdesk.engine.errors import Conflict, Invalid, Phrase
from loopdesk.engine.tx import Tx

DUE, CONFIRMED, CHANGED = "due", "confirmed", "changed"
POLICY = "runbooks"
MOST = 100
"""Emergencies that one look takes up."""
LONGEST = 2_000

runbook_review = sa.Table(
    "runbook_review",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("runbook", sa.String(60), nullable=False, index=True),
    sa.Column("emergency", sa.String(32), sa.ForeignKey("emergency.id"), nullable=False, unique=True),
    sa.Column("number", sa.Integer, nullable=False),
    sa.Column("digest", sa.String(64), nullable=False),
    sa.Column("asked_at", Moment, nullable=False),
    sa.Column("state", sa.String(10), nullable=False),
    sa.Column("settled_at", Moment),
    sa.Column("by_id", PERSON_ID, nullable=False),
    sa.Column("by_name", sa.String(200), nullable=False),
    sa.Column("note", sa.Text, nullable=False),
)
"""``number`` and ``digest``: which version was worked by."""


@dataclass(frozen=True, slots=True)
class Review:
    """One look at a runbook after an emergency (its id); ``state`` is due, confirmed or changed."""

    id: str
    runbook: str
    emergency: str
    number: int
    digest: str
    asked_at: datetime
    state: str
    settled_at: datetime | None
    by_id: str
    by_name: str
    note: str


def look(tx: Tx, base_url: str) -> int:
    """Mark the runbooks of major emergencies that have ended as due, and tell their owners; returns how many."""
    grades = policy.said(tx, POLICY, "review", "grades")
    table = emergency.emergency_
    asked = sa.exists().where(runbook_review.c.emergency == table.c.id)
    since = sa.select(sa.func.min(bundles.bundle.c.at)).where(bundles.bundle.c.name == plans.BUNDLE).scalar_subquery()
    query = sa.select(table.c.id).where(table.c.grade.in_(grades), table.c.ended_at >= since, ~asked)
    ids = tx.conn.scalars(query.order_by(table.c.ended_at).limit(MOST)).all()
    return sum(_ask(tx, one, base_url) for one in ids)


def due(tx: Tx, runbook: str = "") -> list[Review]:
    """What has to be looked at, the oldest first; of one runbook if given."""
    return [one for one in listing(tx, runbook) if one.state == DUE]


def listing(tx: Tx, runbook: str = "") -> list[Review]:
    """All looks, the oldest first; of one runbook if given."""
    query = sa.select(runbook_review).order_by(runbook_review.c.asked_at, runbook_review.c.id)
    if runbook:
        query = query.where(runbook_review.c.runbook == runbook)
    return [Review(**row) for row in tx.conn.execute(query).mappings()]


def confirm(actor: Actor, tx: Tx, runbook: str, *, note: str) -> int:
    """Say that a runbook is right as it is, and why; returns how many looks that settles.

    Raises `Missing` for an unknown runbook, `Invalid` without a note, `Conflict` when nothing is due.
    """
    require(actor, "runbook.review")
    plan, said = plans.get(tx, runbook), note.strip()
    if not said or len(said) > LONGEST:
        problem = Phrase("At most %(most)s characters.", most=LONGEST) if said else Phrase("Say what you looked at.")
        raise Invalid("This runbook is not confirmed.", fields={"note": [problem]})
    settled = _settle(actor, tx, due(tx, plan.key), CONFIRMED, said)
    if not settled:
        raise Conflict("Nobody waits for a look at this runbook.")
    return settled


def deployed(actor: Actor, tx: Tx, bundle: str) -> None:
    """A new version of the folder settles the looks at those runbooks that it changes or leaves out."""
    if bundle != plans.BUNDLE:
        return
    now = plans.current(tx)
    changed = [one for one in due(tx) if one.runbook not in now or now[one.runbook].digest != one.digest]
    _settle(actor, tx, changed, CHANGED, bundles.current(tx, bundle).note)


def owners(tx: Tx, plan: Plan) -> list[Person]:
    """Who answers for a runbook: its department's people of the role it names, its supervisors without one."""
    department, _, role = plan.owner.partition("/")
    return people.in_department(tx, department, role or "supervisor")


def _ask(tx: Tx, emergency_id: str, base_url: str) -> int:
    ended = emergency.get(tx, emergency_id)
    found = course.of(tx, ended)
    if found is None:
        return 0
    plan = found.plan
    values = {"number": plan.number, "digest": plan.digest, "asked_at": tx.now, "state": DUE}
    who = {"by_id": "", "by_name": "", "note": ""}
    row = {"id": new_id(), "runbook": plan.key, "emergency": emergency_id, **values, **who}
    tx.conn.execute(sa.insert(runbook_review).values(**row))
    params = {"runbook": plan, "emergency": ended, "page": f"{base_url}/emergencies/runbooks/{plan.key}"}
    once = f"runbook-review:{row['id']}"
    notices.tell(tx, "runbook-review", owners(tx, plan), params, base_url=base_url, once=once)
    return 1


def _settle(actor: Actor, tx: Tx, reviews: list[Review], state: str, note: str) -> int:
    if not reviews:
        return 0
    values = {"state": state, "settled_at": tx.now, "by_id": actor.id, "by_name": actor.name[:200], "note": note}
    where = runbook_review.c.id.in_([one.id for one in reviews])
    tx.conn.execute(sa.update(runbook_review).where(where).values(**values))
    for name in sorted({one.runbook for one in reviews}):
        data = {"runbook": name, "note": note, "number": bundles.current(tx, plans.BUNDLE).number}
        events.record(actor, tx, f"runbook.{state}", data=data)
    return len(reviews)
