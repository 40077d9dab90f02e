"""A runbook in one emergency: its steps ticked off with person and time, each against its limit (EMG-9).

The emergency keeps the version of the runbook that counted when somebody first ticked a step or chose it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from loopdesk.desk import emergency, record
from loopdesk.desk.emergency import Emergency, timeline
from loopdesk.desk.record import PERSON_ID
from loopdesk.desk.rights import require, visible_to
from loopdesk.desk.runbooks import plans
from loopdesk.desk.runbooks.plans import Plan, Step
from loopdesk.engine import events
from loopdesk.engine.actor import Actor
from loopdesk.engine.db import Moment, metadata, new_id
from loopdesk.engine.errors import N_, Conflict, Invalid, Missing, Phrase
from loopdesk.engine.tx import Tx

OPEN, OVERDUE, DONE, LATE = "open", "overdue", "done", "late"
"""States of a step: not done and in time, not done and over its limit, done in time, done after it."""
RUNBOOK = "runbook"
"""What entries on the timeline are about."""
LONGEST = 2_000

runbook_use = sa.Table(
    "runbook_use",
    metadata,
    sa.Column("emergency", sa.String(32), sa.ForeignKey("emergency.id"), primary_key=True),
    sa.Column("runbook", sa.String(60), nullable=False),
    sa.Column("bundle_id", sa.String(32), nullable=False),
    sa.Column("at", Moment, nullable=False),
    sa.Column("by_id", PERSON_ID, nullable=False),
    sa.Column("by_name", sa.String(200), nullable=False),
)

runbook_tick = sa.Table(
    "runbook_tick",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("emergency", sa.String(32), sa.ForeignKey("emergency.id"), nullable=False, index=True),
    sa.Column("runbook", sa.String(60), nullable=False),
    sa.Column("step", sa.String(60), nullable=False),
    sa.Column("at", Moment, nullable=False),
    sa.Column("by_id", PERSON_ID, nullable=False),
    sa.Column("by_name", sa.String(200), nullable=False),
    sa.Column("undone_at", Moment),
    sa.Column("undone_by", sa.String(200), nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
)
"""A tick that was taken back stays, with who did so and why."""
_stands = runbook_tick.c.undone_at.is_(None)
sa.Index(
    "uq_runbook_tick_stands",
    runbook_tick.c.emergency,
    runbook_tick.c.runbook,
    runbook_tick.c.step,
    unique=True,
    postgresql_where=_stands,
    sqlite_where=_stands,
)


@dataclass(frozen=True, slots=True)
class Tick:
    """One step done by somebody."""

    step: str
    at: datetime
    by_id: str
    by_name: str


@dataclass(frozen=True, slots=True)
class StepState:
    """A step in an emergency: due at its limit; ``state`` is open, overdue, done or late; ``tick`` once it is done."""

    step: Step
    due_at: datetime
    state: str
    tick: Tick | None


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an emergency has come with its runbook; ``chosen`` once the version is kept."""

    plan: Plan
    steps: tuple[StepState, ...]
    chosen: bool

    @property
    def done(self) -> int:
        """How many steps are done."""
        return sum(state.tick is not None for state in self.steps)


def progress(tx: Tx, emergency_id: str) -> Progress | None:
    """How far it is now; None where there is no runbook for it. The caller has asked whether the case may be seen.

    Raises `Missing` for an unknown emergency.
    """
    return of(tx, emergency.get(tx, emergency_id))


def of(tx: Tx, running: Emergency) -> Progress | None:
    """`progress` of an emergency that the caller has read."""
    try:
        plan, chosen = _plan(tx, running)
    except Missing:
        return None
    ticks = _ticks(tx, running.id, plan.key)
    until = running.ended_at or tx.now
    return Progress(plan, tuple(_state(running, step, ticks.get(step.id), until) for step in plan.steps), chosen)


def tick(actor: Actor, tx: Tx, emergency_id: str, step: str) -> Tick:
    """Note that ``actor`` has done a step now.

    Raises `Invalid` for a step that the runbook does not have, `Conflict` when it is done already (by whom and when)
    or the emergency is over.
    """
    running, plan = _locked(actor, tx, emergency_id)
    wanted = _step(plan, step)
    known = _ticks(tx, emergency_id, plan.key).get(step)
    if known is not None:
        raise Conflict(
            "%(name)s has ticked this step off already.",
            remedy=N_("Look at the page again."),
            name=known.by_name or known.by_id,
        )
    new = Tick(step, tx.now, actor.id, actor.name[:200])
    values = {"step": step, "at": new.at, "by_id": new.by_id, "by_name": new.by_name, "undone_by": "", "reason": ""}
    row = {"id": new_id(), "emergency": emergency_id, "runbook": plan.key, **values}
    tx.conn.execute(sa.insert(runbook_tick).values(**row))
    late = tx.now > _due(running, wanted)
    told = _told(actor, running, plan, wanted, late=late)
    timeline.write(actor, tx, running, RUNBOOK, told["text"], step=step, late=late, said=dict(wanted.text))
    events.record(actor, tx, "runbook.ticked", key=running.case, data=told)
    return new


def untick(actor: Actor, tx: Tx, emergency_id: str, step: str, *, reason: str) -> None:
    """Take a tick back for a ``reason``: the step is open again, what was ticked before stays on record.

    Raises `Invalid` for an unknown step or without a reason, `Conflict` when it is not ticked.
    """
    running, plan = _locked(actor, tx, emergency_id)
    wanted, why = _step(plan, step), reason.strip()
    if not why or len(why) > LONGEST:
        problem = Phrase("At most %(most)s characters.", most=LONGEST) if why else Phrase("Say why it is not done.")
        raise Invalid("This tick stays.", fields={"reason": [problem]})
    table = runbook_tick
    where = (table.c.emergency == emergency_id) & (table.c.runbook == plan.key) & (table.c.step == step) & _stands
    values = {"undone_at": tx.now, "undone_by": actor.name[:200], "reason": why}
    if not tx.conn.execute(sa.update(table).where(where).values(**values)).rowcount:
        raise Conflict("This step is not ticked off.", remedy=N_("Look at the page again."))
    data = _told(actor, running, plan, wanted, reason=why)
    said = {tongue: f"{text}: {why}" for tongue, text in wanted.text.items()}
    timeline.write(actor, tx, running, RUNBOOK, f"{data['text']}: {why}", step=step, undone=True, said=said)
    events.record(actor, tx, "runbook.unticked", key=running.case, data=data)


def choose(actor: Actor, tx: Tx, emergency_id: str, runbook: str) -> Plan:
    """Work by another runbook from now on, as it stands now. Raises `Missing` for one that there is not."""
    require(actor, "runbook.tick")
    running = emergency.get(tx, emergency_id)
    _open(actor, tx, running)
    plan = plans.get(tx, runbook)
    tx.conn.execute(sa.delete(runbook_use).where(runbook_use.c.emergency == emergency_id))
    _keep(actor, tx, emergency_id, plan)
    data = {"emergency": emergency_id, "runbook": runbook, "name": plans.words(plan.name, actor.language)}
    events.record(actor, tx, "runbook.chosen", key=running.case, data=data | {"number": plan.number})
    return plan


def _locked(actor: Actor, tx: Tx, emergency_id: str) -> tuple[Emergency, Plan]:
    """The running emergency and its runbook, whose version is kept from now on; its case stays locked."""
    require(actor, "runbook.tick")
    running = emergency.get(tx, emergency_id)
    _open(actor, tx, running)
    plan, chosen = _plan(tx, running)
    if not chosen:
        _keep(actor, tx, emergency_id, plan)
    return running, plan


def _open(actor: Actor, tx: Tx, running: Emergency) -> None:
    record.get(tx, running.case, visible=visible_to(actor))
    record.get(tx, running.case, lock=True)
    if running.ended_at is not None:
        raise Conflict("This emergency is over.", remedy=N_("Write what is missing into its review."))


def _keep(actor: Actor, tx: Tx, emergency_id: str, plan: Plan) -> None:
    by = {"at": tx.now, "by_id": actor.id, "by_name": actor.name[:200]}
    row = {"emergency": emergency_id, "runbook": plan.key, "bundle_id": plan.bundle_id, **by}
    tx.conn.execute(sa.insert(runbook_use).values(**row))


def _plan(tx: Tx, running: Emergency) -> tuple[Plan, bool]:
    """The runbook that counts, and whether its version is kept already."""
    kept = tx.ask(sa.select(runbook_use).where(runbook_use.c.emergency == running.id)).mappings().first()
    if kept is not None:
        return plans.get(tx, kept["runbook"], kept["bundle_id"]), True
    return plans.of_kind(tx, running.kind, running.cause), False


def _step(plan: Plan, step: str) -> Step:
    found = plan.step(step)
    if found is None:
        known = ", ".join(one.id for one in plan.steps)
        raise Invalid(
            "The runbook has no step “%(step)s”.",
            remedy=N_("Choose one of: %(known)s."),
            fields={"step": [Phrase("Choose a step of the runbook.")]},
            step=step or "-",
            known=known,
        )
    return found


def _ticks(tx: Tx, emergency_id: str, runbook: str) -> dict[str, Tick]:
    table = runbook_tick
    query = sa.select(table.c.step, table.c.at, table.c.by_id, table.c.by_name)
    where = (table.c.emergency == emergency_id) & (table.c.runbook == runbook) & _stands
    return {row["step"]: Tick(**row) for row in tx.ask(query.where(where)).mappings()}


def _due(running: Emergency, step: Step) -> datetime:
    return running.declared_at + timedelta(minutes=step.limit)


def _state(running: Emergency, step: Step, done: Tick | None, until: datetime) -> StepState:
    due = _due(running, step)
    late = (done.at if done else until) > due
    state = (LATE if late else DONE) if done else (OVERDUE if late else OPEN)
    return StepState(step, due, state, done)


def _told(actor: Actor, running: Emergency, plan: Plan, step: Step, **more: object) -> Mapping[str, Any]:
    words = plans.words(step.text, actor.language)
    return {"emergency": running.id, "runbook": plan.key, "step": step.id, "text": words, **more}
