"""A milestone in danger: yellow, orange, red, each answered with a plan in time, else the supervisors know (FIX-1)."""

from dataclasses import asdict
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from loopdesk.desk.implementation import plans, tables
from loopdesk.desk.implementation.tables import LEVELS, Alarm, Implementation, Milestone, alarm_, milestone_
from loopdesk.desk.rights import require
from loopdesk.engine import events, messages, subscriptions
from loopdesk.engine.actor import Actor
from loopdesk.engine.db import new_id
from loopdesk.engine.errors import Conflict, Invalid, Missing, Phrase
from loopdesk.engine.tx import Tx

ALARMED = "milestone.alarmed"


def weigh(actor: Actor, tx: Tx, milestone: Milestone, level: str, within: Implementation) -> Alarm | None:
    """Keep the level that a milestone has now; a graver one than before begins an alarm and tells the process."""
    if level == milestone.level:
        return None
    tables.change(tx, milestone_, milestone.id, level=level)
    if not level or (milestone.level and LEVELS.index(level) < LEVELS.index(milestone.level)):
        return None
    due_at = plans.answer_due(tx, tx.now)
    new = Alarm(new_id(), milestone.id, milestone.case, level, tx.now, due_at, "", None, "", late_at=None)
    tx.conn.execute(sa.insert(alarm_).values(**asdict(new)))
    payload = _payload(tx, new, milestone, within) | {"answer_in": f"PT{int((due_at - tx.now).total_seconds())}S"}
    events.record(actor, tx, ALARMED, key=milestone.case, data=payload)
    if subscriptions.listens(tx, ALARMED, milestone.case):
        messages.throw(actor, tx, ALARMED, key=milestone.case, payload=payload)
    return new


def answer(actor: Actor, tx: Tx, alarm_id: str, *, plan: str) -> Alarm:
    """Keep the plan that answers an alarm. Raises `Invalid` without one, `Conflict` when it was answered."""
    require(actor, "milestone.answer")
    if not plan.strip():
        raise Invalid("Write the plan.", fields={"plan": [Phrase("Say what is done until when.")]})
    found = get(tx, alarm_id)
    once = sa.update(alarm_).where(alarm_.c.id == alarm_id, alarm_.c.answered_at.is_(None))
    values = {"plan": plan.strip(), "answered_at": tx.now, "answered_by": actor.name[:200]}
    if not tx.conn.execute(once.values(**values)).rowcount:
        raise Conflict("%(name)s has answered this alarm already.", name=found.answered_by)
    data = {"id": alarm_id, "milestone": found.milestone, "plan": plan.strip(), "in_time": tx.now <= found.due_at}
    events.record(actor, tx, "milestone.answered", key=found.case, data=data)
    return get(tx, alarm_id)


def unanswered(actor: Actor, tx: Tx, alarm_id: str) -> bool:
    """Note that no plan came in time; False when one just has."""
    require(actor, "milestone.answer")
    found = get(tx, alarm_id)
    late = sa.update(alarm_).where(alarm_.c.id == alarm_id, alarm_.c.answered_at.is_(None), alarm_.c.late_at.is_(None))
    if not tx.conn.execute(late.values(late_at=tx.now)).rowcount:
        return False
    data = {"id": alarm_id, "milestone": found.milestone, "level": found.level}
    events.record(actor, tx, "milestone.unanswered", key=found.case, data=data)
    return True


def get(tx: Tx, alarm_id: str) -> Alarm:
    """The alarm with that id; raises `Missing`."""
    found = tables.alarms(tx, alarm_.c.id == alarm_id)
    if not found:
        raise Missing("There is no such alarm.")
    return found[0]


def of_milestones(tx: Tx, *milestone_ids: str) -> dict[str, list[Alarm]]:
    """The alarms of each milestone, newest first."""
    found: dict[str, list[Alarm]] = {one: [] for one in milestone_ids}
    for one in tables.alarms(tx, alarm_.c.milestone.in_(list(milestone_ids))):
        found[one.milestone].append(one)
    return found


def _payload(tx: Tx, new: Alarm, milestone: Milestone, within: Implementation) -> dict[str, Any]:
    said = {"implementation": within.id, "milestone": milestone.id, "alarm": new.id, "level": new.level}
    named = {"milestone_name": milestone.name("en"), "milestone_name_zh": milestone.name("zh")}
    day = milestone.due_at.astimezone(ZoneInfo(tx.host.zone)).strftime("%Y-%m-%d %H:%M")
    times = {"milestone_due": milestone.due_at.isoformat(), "milestone_day": day}
    return said | named | times | {"undone": 100 - milestone.progress}
