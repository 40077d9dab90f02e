"""An implementation from its beginning to its end: staff move its milestones, its process watches them (FIX-1)."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from loopdesk.desk import people, record
from loopdesk.desk.implementation import alarms, plans, tables
from loopdesk.desk.implementation.tables import (
    DONE,
    DROPPED,
    FINISHED,
    KINDS,
    OPEN,
    RUNNING,
    STOPPED,
    Implementation,
    Milestone,
    implementation_,
    milestone_,
    review_,
)
from loopdesk.desk.rights import require, visible_to
from loopdesk.engine import events, messages, subscriptions
from loopdesk.engine.actor import Actor
from loopdesk.engine.db import new_id
from loopdesk.engine.errors import N_, Conflict, Invalid, Phrase
from loopdesk.engine.tx import Tx

FARTHEST = timedelta(days=3650)
"""How far ahead a milestone may lie; a year that is further away is a mistake in typing."""
REQUESTED, CHANGED = "implementation.requested", "implementation.changed"
CALLED_OFF = "customer_review.called_off"


@dataclass(frozen=True, slots=True)
class Look:
    """What a look at the milestones finds: whether it is ``over``, else when the next look is due."""

    over: bool
    state: str
    at: datetime


def request(actor: Actor, tx: Tx, number: str, *, plan: str, lead: str = "") -> Implementation:
    """Begin an implementation by a plan and start its process; ``lead`` (id, login, address) else the case's owner.

    Raises `Invalid` for an unknown person, `Missing` for an unknown plan, `Conflict` while one runs or the case is
    closed.
    """
    made = begin(actor, tx, number, plan=plan, lead=lead)
    messages.throw(actor, tx, REQUESTED, key=number, payload={"implementation": made.id, "plan": plan})
    return made


def begin(actor: Actor, tx: Tx, number: str, *, plan: str, lead: str = "") -> Implementation:
    """Write the milestones of a plan down; see `request`, which starts the process as well."""
    require(actor, "implementation.change")
    case = record.get(tx, number, visible=visible_to(actor), lock=True)
    if case.status == "closed":
        raise Conflict("Case %(number)s is closed.", remedy=N_("Open a new case that refers to it."), number=number)
    if tables.implementations(tx, (implementation_.c.case == number) & (implementation_.c.state == RUNNING)):
        raise Conflict(
            "An implementation of case %(number)s runs already.",
            remedy=N_("Add milestones to it, or stop it first."),
            number=number,
        )
    leads = people.find(tx, lead.strip() or case.owner_id or actor.id)
    if leads is None:
        raise Invalid(
            "Please check this implementation.", fields={"lead": [Phrase("Nobody here is called %(name)s.", name=lead)]}
        )
    wanted = plans.steps(tx, plan)
    new = Implementation(
        new_id(), number, plan, RUNNING, leads.id, leads.name, tx.now, actor.name[:200], ended_at=None, note=""
    )
    tx.conn.execute(sa.insert(implementation_).values(**asdict(new)))
    for one in wanted:
        _insert(tx, _new(new, one.kind, one.names, tx.now, plans.due(tx, tx.now, one.after)))
    events.record(actor, tx, "implementation.begun", key=number, data={"id": new.id, "plan": plan, "lead": new.lead})
    return new


def add(actor: Actor, tx: Tx, implementation_id: str, *, kind: str, name: str, due_at: datetime) -> Milestone:
    """A milestone that the plan does not have. Raises `Invalid` with the field, `Conflict` when it is over."""
    found = _running(actor, tx, implementation_id)
    problems = {
        "kind": [] if kind in KINDS else [Phrase("Choose deployment, configuration or test.")],
        "name": [] if name.strip() else [Phrase("Say what it is.")],
        "due_at": _moment(tx, due_at),
    }
    _require_none(problems)
    new = _new(found, kind, {"": name.strip()[:300]}, tx.now, due_at)
    _insert(tx, new)
    _told(actor, tx, "milestone.added", new)
    return new


def move(actor: Actor, tx: Tx, milestone_id: str, *, due_at: datetime, reason: str) -> Milestone:
    """Give a milestone another day, with the reason; its alarm is weighed anew. Raises `Invalid`, `Conflict`."""
    found = _open(actor, tx, milestone_id)
    problems = {
        "due_at": _moment(tx, due_at),
        "reason": [] if reason.strip() else [Phrase("Say why it is moved.")],
    }
    _require_none(problems)
    values = {"due_at": due_at, "moved": found.moved + 1, "note": reason.strip(), "level": ""}
    return _changed(actor, tx, found, "milestone.moved", values, was=found.due_at, reason=reason.strip())


def advance(actor: Actor, tx: Tx, milestone_id: str, *, progress: int) -> Milestone:
    """Say how much of a milestone is done, 0 to 99 per cent; all of it is `finish`. Raises `Invalid`, `Conflict`."""
    found = _open(actor, tx, milestone_id)
    _require_none({"progress": [] if 0 <= progress < 100 else [Phrase("A whole number from 0 to 99 is expected.")]})
    return _changed(actor, tx, found, "milestone.advanced", {"progress": progress})


def finish(actor: Actor, tx: Tx, milestone_id: str, *, note: str = "") -> Milestone:
    """A milestone is reached. Raises `Conflict` when it was before, or the implementation is over."""
    found = _open(actor, tx, milestone_id)
    values = {"state": DONE, "progress": 100, "done_at": tx.now, "done_by": actor.name[:200], "level": ""}
    return _changed(actor, tx, found, "milestone.done", values | ({"note": note.strip()} if note.strip() else {}))


def drop(actor: Actor, tx: Tx, milestone_id: str, *, reason: str) -> Milestone:
    """A milestone is not needed any more. Raises `Invalid` without a reason, `Conflict`."""
    found = _open(actor, tx, milestone_id)
    _require_none({"reason": [] if reason.strip() else [Phrase("Say why it is dropped.")]})
    values = {"state": DROPPED, "done_at": tx.now, "done_by": actor.name[:200], "level": "", "note": reason.strip()}
    return _changed(actor, tx, found, "milestone.dropped", values, reason=reason.strip())


def stop(actor: Actor, tx: Tx, implementation_id: str, *, reason: str) -> Implementation:
    """End it before its milestones are reached. Raises `Invalid` without a reason, `Conflict` when it is over."""
    found = _running(actor, tx, implementation_id)
    _require_none({"reason": [] if reason.strip() else [Phrase("Say why it is stopped.")]})
    _end(actor, tx, found, STOPPED, reason.strip())
    _wake(actor, tx, found.case)
    return tables.get(tx, implementation_id)


def look(actor: Actor, tx: Tx, implementation_id: str) -> Look:
    """Weigh each milestone: a graver alarm asks for a plan; all reached, or the case closed, ends it."""
    require(actor, "implementation.look")
    found = tables.get(tx, implementation_id, lock=True)
    if found.state != RUNNING:
        return Look(True, found.state, tx.now)
    mine = tables.milestones(tx, milestone_.c.implementation == implementation_id)
    closed = record.get(tx, found.case).status == "closed"
    if closed or all(one.state != OPEN for one in mine):
        _end(actor, tx, found, STOPPED if closed and any(one.state == OPEN for one in mine) else FINISHED, "")
        return Look(True, tables.get(tx, implementation_id).state, tx.now)
    rules, calendar = plans.limits(tx), plans.calendar_of(tx)
    for one in mine:
        alarms.weigh(actor, tx, one, plans.level(one, rules, calendar, tx.now), found)
    coming = [at for one in mine if (at := plans.looks_at(one, rules, calendar, tx.now))]
    # Looked at now and then in any case: figures of the policy may have changed meanwhile.
    return Look(False, RUNNING, min([*coming, tx.now + plans.length(tx, "look_every")]))


def _running(actor: Actor, tx: Tx, implementation_id: str) -> Implementation:
    require(actor, "implementation.change")
    found = tables.get(tx, implementation_id, lock=True)
    record.get(tx, found.case, visible=visible_to(actor))
    if found.state != RUNNING:
        raise Conflict("This implementation is over.", remedy=N_("Begin another one for what is left."))
    return found


def _open(actor: Actor, tx: Tx, milestone_id: str) -> Milestone:
    _running(actor, tx, tables.milestone(tx, milestone_id).implementation)
    found = tables.milestone(tx, milestone_id)  # What it is now that the implementation is held.
    if found.state != OPEN:
        raise Conflict("%(name)s has ended this milestone already.", name=found.done_by)
    return found


def _new(found: Implementation, kind: str, names: Mapping[str, str], since: datetime, due_at: datetime) -> Milestone:
    return Milestone(
        new_id(), found.id, found.case, kind, dict(names), since, due_at, 0, OPEN, "", 0, "", done_at=None, done_by=""
    )


def _insert(tx: Tx, new: Milestone) -> None:
    tx.conn.execute(sa.insert(milestone_).values(**asdict(new)))


def _changed(actor: Actor, tx: Tx, found: Milestone, kind: str, values: Mapping[str, Any], **said: Any) -> Milestone:
    tables.change(tx, milestone_, found.id, **values)
    now = tables.milestone(tx, found.id)
    _told(actor, tx, kind, now, **said)
    return now


def _told(actor: Actor, tx: Tx, kind: str, now: Milestone, **said: Any) -> None:
    data = {"id": now.id, "name": now.name("en"), "due_at": now.due_at, "progress": now.progress, **said}
    events.record(actor, tx, kind, key=now.case, data=data)
    _wake(actor, tx, now.case)


def _wake(actor: Actor, tx: Tx, case: str) -> None:
    """The process looks again; where none waits, nothing lies in the inbox."""
    if subscriptions.waiting(tx, CHANGED, case):
        messages.throw(actor, tx, CHANGED, key=case)


def _end(actor: Actor, tx: Tx, found: Implementation, state: str, note: str) -> None:
    tables.change(tx, implementation_, found.id, state=state, ended_at=tx.now, note=note)
    events.record(actor, tx, f"implementation.{state}", key=found.case, data={"id": found.id, "reason": note})
    _call_off(actor, tx, found)


def _call_off(actor: Actor, tx: Tx, found: Implementation) -> None:
    """A review that is still to come does not take place; one that has begun gets its minutes (FIX-2)."""
    mine = (review_.c.implementation == found.id) & review_.c.held_at.is_(None)
    for one in tables.reviews(tx, mine & (review_.c.starts_at > tx.now)):
        events.record(actor, tx, CALLED_OFF, key=one.case, data={"id": one.id, "starts_at": one.starts_at})
        if subscriptions.waiting(tx, CALLED_OFF, one.id):
            messages.throw(actor, tx, CALLED_OFF, key=one.id, case=one.case, payload={"review": one.id})


def _moment(tx: Tx, due_at: datetime) -> list[Phrase]:
    """What is wrong with the day of a milestone: too far ahead no calendar counts, its process would stand still."""
    if due_at <= tx.now:
        return [Phrase("This moment has passed.")]
    years = FARTHEST.days // 365
    return [] if due_at - tx.now <= FARTHEST else [Phrase("Choose a day within %(years)s years.", years=years)]


def _require_none(problems: Mapping[str, Sequence[str]]) -> None:
    wrong = {name: list(said) for name, said in problems.items() if said}
    if wrong:
        raise Invalid("Please check this milestone.", fields=wrong)
