"""Drills of the house: planned, run by a facilitator on a virtual clock, recorded with score and actions (EMG-10)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from loopdesk.desk import actions, policy
from loopdesk.desk.drills import outcome, plans
from loopdesk.desk.drills.outcome import Answer, Outcome
from loopdesk.desk.drills.plans import Drill
from loopdesk.desk.drills.score import STEP, TASK
from loopdesk.desk.record import PERSON_ID
from loopdesk.desk.rights import require
from loopdesk.desk.runbooks import plans as runbooks
from loopdesk.engine import bundles, events
from loopdesk.engine.actor import Actor
from loopdesk.engine.bpmn import read_duration
from loopdesk.engine.db import JSON, Moment, metadata, new_id
from loopdesk.engine.errors import N_, Conflict, Invalid, Missing, Phrase
from loopdesk.engine.tx import Tx

PLANNED, RUNNING, RECORDED, CANCELLED = "planned", "running", "recorded", "cancelled"
UPDATE = "update"
POLICY = "drills"
LONGEST = 2_000

drill_ = sa.Table(
    "drill",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("plan", sa.String(60), nullable=False, index=True),
    sa.Column("bundle_id", sa.String(32), nullable=False),
    sa.Column("runbooks_id", sa.String(32), nullable=False),
    sa.Column("covers", JSON, nullable=False),
    sa.Column("state", sa.String(10), nullable=False),
    sa.Column("planned_at", Moment, nullable=False),
    sa.Column("lead_id", PERSON_ID, nullable=False),
    sa.Column("lead", sa.String(200), nullable=False),
    sa.Column("minute", sa.Integer, nullable=False),
    sa.Column("ended_at", Moment),
    sa.Column("score", sa.Integer),
    sa.Column("result", JSON, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
)
"""``minute`` is where its virtual clock stands, counted from the alert; ``runbooks_id`` the version of the runbooks."""

drill_answer = sa.Table(
    "drill_answer",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("drill", sa.String(32), sa.ForeignKey("drill.id"), nullable=False, index=True),
    sa.Column("minute", sa.Integer, nullable=False),
    sa.Column("kind", sa.String(10), nullable=False),
    sa.Column("ref", sa.String(100), nullable=False),
    sa.Column("data", JSON, nullable=False),
    sa.Column("by_id", PERSON_ID, nullable=False),
    sa.Column("by_name", sa.String(200), nullable=False),
    sa.Column("at", Moment, nullable=False),
)


@dataclass(frozen=True, slots=True)
class Run:
    """One drill of the house; ``score`` is None until it is recorded."""

    id: str
    plan: str
    bundle_id: str
    runbooks_id: str
    covers: list[str]
    state: str
    planned_at: datetime
    lead_id: str
    lead: str
    minute: int
    ended_at: datetime | None
    score: int | None
    result: Mapping[str, Any]
    reason: str


def plan(actor: Actor, tx: Tx, key: str, *, at: datetime | None = None) -> Run:
    """Plan a drill of the library for a moment (now without one), led by ``actor``; it keeps the versions of now.

    Raises `Missing` for an unknown plan or one whose runbook is not there, `Invalid` for a moment that has passed.
    """
    require(actor, "drill.lead")
    found, moment = plans.get(tx, key), at or tx.now
    book = runbooks.get(tx, found.runbook)
    if moment < tx.now:
        raise Invalid("This drill cannot be planned.", fields={"at": [Phrase("This moment has passed.")]})
    who = (list(found.covers), PLANNED, moment, actor.id, actor.name[:200])
    new = Run(new_id(), key, found.bundle_id, book.bundle_id, *who, 0, None, None, {}, "")
    tx.conn.execute(sa.insert(drill_).values(**{name: getattr(new, name) for name in Run.__slots__}))
    events.record(actor, tx, "drill.planned", data={"drill": new.id, "plan": key, "at": moment})
    return new


def advance(actor: Actor, tx: Tx, drill_id: str, minute: int) -> Run:
    """Move the clock of the drill to a minute after the alert; the first time it begins.

    Raises `Invalid` for a minute that lies behind or after the end of the plan, `Conflict` when the drill is over.
    """
    require(actor, "drill.lead")
    run = _open(tx, drill_id)
    most = plans.get(tx, run.plan, run.bundle_id).minutes
    if not run.minute <= minute <= most:
        problem = Phrase("From minute %(least)s to %(most)s: time only goes on.", least=run.minute, most=most)
        raise Invalid("The clock of the drill stays.", fields={"minute": [problem]})
    _change(tx, run.id, state=RUNNING, minute=minute)
    events.record(actor, tx, "drill.advanced", data={"drill": run.id, "minute": minute})
    return get(tx, drill_id)


def answer(actor: Actor, tx: Tx, drill_id: str, *, kind: str, ref: str, data: Mapping[str, Any] | None = None) -> None:
    """Note that ``actor`` does a step, a task or an update at the minute at which the clock stands.

    Raises `Invalid` for what the drill does not expect, `Conflict` when it is done already, or the drill does not run.
    """
    require(actor, "drill.take")
    run = _open(tx, drill_id)
    if run.state != RUNNING:
        raise Conflict("This drill has not begun.", remedy=N_("Its facilitator starts the clock."))
    drill, book = expected(tx, run)
    known = {STEP: [step.id for step in book.steps], TASK: [task.id for task in drill.tasks]}
    if ref not in known.get(kind, ("external", "internal") if kind == UPDATE else ()):
        raise Invalid("The drill expects no such step.", fields={"ref": [Phrase("Choose a step of the drill.")]})
    before = next((one for one in answers(tx, drill_id) if (one.kind, one.id) == (kind, ref) and kind != UPDATE), None)
    if before is not None:
        message = "%(name)s has done this at minute %(minute)s."
        raise Conflict(message, name=before.by, minute=round(before.minute))
    _write(actor, tx, run, kind, ref, data or {}, minute=run.minute, name=actor.name)
    events.record(actor, tx, "drill.answered", data={"drill": run.id, "minute": run.minute, "kind": kind, "ref": ref})


def cancel(actor: Actor, tx: Tx, drill_id: str, *, reason: str) -> None:
    """Call a drill off for a reason; it counts for nothing. Raises `Invalid` without one, `Conflict` after its end."""
    require(actor, "drill.lead")
    run, why = _open(tx, drill_id), reason.strip()
    if not why or len(why) > LONGEST:
        problem = Phrase("At most %(most)s characters.", most=LONGEST) if why else Phrase("Say why it is called off.")
        raise Invalid("The drill stays.", fields={"reason": [problem]})
    _change(tx, run.id, state=CANCELLED, ended_at=tx.now, reason=why)
    events.record(actor, tx, "drill.cancelled", data={"drill": run.id, "plan": run.plan, "reason": why})


def record(actor: Actor, tx: Tx, drill_id: str, found: Outcome, played: Sequence[Answer] = ()) -> Run:
    """Keep how a drill went, and make an action of each finding, due as the policy says, for who led it.

    ``played`` is what was done where it was not written down step by step. Raises `Conflict` when it is over already.
    """
    require(actor, "drill.lead")
    run = _open(tx, drill_id)
    kept = {"score": found.score, "result": found.as_json()}
    for given in played:
        _write(actor, tx, run, given.kind, given.id, given.data, minute=round(given.minute), name=given.by)
    _change(tx, run.id, state=RECORDED, ended_at=tx.now, minute=found.minutes, **kept)
    due = read_duration(str(policy.said(tx, POLICY, "actions", "due"))).after(tx.now)
    made, language = bundles.get(tx, run.bundle_id), actor.language
    name = runbooks.words(plans.get(tx, run.plan, run.bundle_id).name, language)
    for one in found.findings:
        text = outcome.said(made.files, one, language)
        head = plans.said(made.files, "action", language, drill=name, finding=text)
        actions.add(actor, tx, source="drill", source_id=run.id, text=head, owner=run.lead_id, due_at=due)
    data = {"drill": run.id, "plan": run.plan, "score": found.score, "findings": len(found.findings)}
    events.record(actor, tx, "drill.recorded", data=data)
    return get(tx, drill_id)


def get(tx: Tx, drill_id: str) -> Run:
    """The drill with that id; raises `Missing`."""
    row = tx.conn.execute(sa.select(drill_).where(drill_.c.id == drill_id)).mappings().first()
    if row is None:
        raise Missing("There is no such drill.", remedy=N_("Look at the list of drills."))
    return Run(**row)


def listing(tx: Tx, *, states: tuple[str, ...] = ()) -> list[Run]:
    """The drills of the house, the latest first."""
    query = sa.select(drill_).order_by(drill_.c.planned_at.desc(), drill_.c.id.desc())
    if states:
        query = query.where(drill_.c.state.in_(states))
    return [Run(**row) for row in tx.conn.execute(query).mappings()]


def answers(tx: Tx, drill_id: str) -> list[Answer]:
    """What the participants did, minute by minute; what was kept at once stands by its name."""
    table = drill_answer
    query = sa.select(table.c.minute, table.c.kind, table.c.ref, table.c.by_name, table.c.data)
    query = query.where(table.c.drill == drill_id).order_by(table.c.minute, table.c.at, table.c.ref)
    rows = tx.conn.execute(query).all()
    return [Answer(*row) for row in rows]


def expected(tx: Tx, run: Run) -> tuple[Drill, runbooks.Plan]:
    """The plan and the runbook by which a drill runs, as they were when it was planned."""
    drill = plans.get(tx, run.plan, run.bundle_id)
    return drill, runbooks.get(tx, drill.runbook, run.runbooks_id)


def _open(tx: Tx, drill_id: str) -> Run:
    tx.conn.execute(sa.select(drill_.c.id).where(drill_.c.id == drill_id).with_for_update())
    run = get(tx, drill_id)
    if run.state in (RECORDED, CANCELLED):
        raise Conflict("This drill is over.", remedy=N_("Plan another one."))
    return run


def _write(
    actor: Actor, tx: Tx, run: Run, kind: str, ref: str, data: Mapping[str, Any], *, minute: int, name: str
) -> None:
    row = {"id": new_id(), "drill": run.id, "minute": minute, "kind": kind, "ref": ref, "data": dict(data)}
    by = {"by_id": actor.id, "by_name": name[:200], "at": tx.now}
    tx.conn.execute(sa.insert(drill_answer).values(**row, **by))


def _change(tx: Tx, drill_id: str, **values: object) -> None:
    tx.conn.execute(sa.update(drill_).where(drill_.c.id == drill_id).values(**values))
