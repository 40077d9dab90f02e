"""What people do with waiting timers: see, move, fire (recorded on the case)."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa

from loopdesk.engine import instances, runner, timers
from loopdesk.engine.actor import Actor
from loopdesk.engine.bpmn import read_duration
from loopdesk.engine.errors import N_, Conflict, Invalid, Missing, Phrase
from loopdesk.engine.operators import READ, reason_of, require, require_key
from loopdesk.engine.step import Step
from loopdesk.engine.suspension import opened
from loopdesk.engine.timers import WAITING, timer
from loopdesk.engine.tx import Tx


def listing(actor: Actor, tx: Tx, instance_id: str) -> list[dict[str, Any]]:
    """The timers that an instance waits for, earliest first: id, name, element, due_at, expression, state."""
    require(actor, scope=READ)
    require_key(actor, tx, instances.get(tx, instance_id)["key"])
    return timers.of_instance(tx, instance_id)


def move(
    actor: Actor, tx: Tx, timer_id: int, *, due_at: datetime | None = None, by: str = "", reason: str = ""
) -> datetime:
    """Let a waiting timer be due at another moment: at ``due_at``, or ``by`` an ISO duration later (or ``-`` earlier).

    There it stays, whatever its calendar says later; the next rounds of a cycle count from there.
    Returns the new moment. ``Invalid`` for one that is over, ``Conflict`` for a timer that is due or over already.
    """
    require(actor)
    reason = reason_of(reason)
    row, step = _waiting(actor, tx, timer_id)
    if due_at is None:
        due_at = _shifted(row["due_at"], by.strip())
    if due_at <= tx.now:
        raise Invalid(
            "A timer is moved to a moment to come.",
            fields={"due_at": [Phrase("This moment is over.")]},
            remedy=N_("To end the wait, fire it."),
        )
    # Without a calendar no change of one moves it again.
    chosen = {"due_at": due_at, "calendar": "", "provisional": False}
    update = sa.update(timer).where(timer.c.id == timer_id, timer.c.state == WAITING).values(**chosen)
    if tx.conn.execute(update).rowcount != 1:
        raise _over()
    before, after = row["due_at"].isoformat(), due_at.isoformat()
    data = {"timer": timer_id, "name": row["name"], "before": before, "after": after, "reason": reason}
    step.record("timer.moved", step.execution.visit_of(row["ref"]), data=data)
    return due_at


def fire(actor: Actor, tx: Tx, timer_id: int, *, reason: str = "") -> None:
    """Let a waiting timer end its wait now. ``Conflict`` for one that has fired, ``Suspended`` on hold."""
    require(actor)
    reason = reason_of(reason)
    row, step = _waiting(actor, tx, timer_id)
    instances.require_running(step.row)
    before, after = row["due_at"].isoformat(), tx.now.isoformat()
    data = {"timer": timer_id, "name": row["name"], "before": before, "after": after, "reason": reason}
    step.record("timer.forced", step.execution.visit_of(row["ref"]), data=data)
    runner.fire(step, timer_id)


def _waiting(actor: Actor, tx: Tx, timer_id: int) -> tuple[dict[str, Any], Step]:
    """The timer and its instance, both locked."""
    query = sa.select(timer).where(timer.c.id == timer_id)
    found = tx.conn.execute(query).mappings().first()
    if found is None or not found["instance_id"]:
        raise Missing("There is no such timer.")
    step = opened(actor, tx, found["instance_id"])
    row = dict(tx.conn.execute(query.with_for_update()).mappings().one())
    if row["state"] not in (timers.WAITING, timers.QUEUED) or not step.execution.is_waiting(row["ref"]):
        raise _over()
    return row, step


def _over() -> Conflict:
    remedy = N_("Load the page again to see how the case went on.")
    return Conflict("This timer does not wait any more.", remedy=remedy)


def _shifted(due: datetime, by: str) -> datetime:
    length = read_duration(by.removeprefix("-").removeprefix("+"))
    try:
        if not by.startswith("-"):
            return length.after(due)
        return due - (length.after(due) - due)
    except (OverflowError, ValueError) as error:
        raise Invalid("“%(text)s” is too long a time.", text=by) from error
