"""Deadlines in working time, counted again when a calendar has changed: timers and human tasks (SLA-2)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from loopdesk.engine import bpmn, events
from loopdesk.engine.actor import Actor
from loopdesk.engine.calendar import Calendar
from loopdesk.engine.errors import LoopdeskError
from loopdesk.engine.timers import WAITING, timer
from loopdesk.engine.tx import Tx
from loopdesk.engine.work_rows import OPEN, task


@dataclass(frozen=True, slots=True)
class Recomputed:
    """How many deadlines have moved, and how many cannot be counted on the calendar any more."""

    timers: int = 0
    tasks: int = 0
    left: int = 0


def recompute(actor: Actor, tx: Tx, calendar: str) -> Recomputed:
    """Let waiting timers and open tasks of ``calendar`` be due when it says so now; each that moves is recorded.

    Who may change a calendar is the calling verb's decision. One that cannot be counted any more stays as it was.
    """
    try:
        now = tx.host.calendar(tx, calendar)
    except LoopdeskError:
        return Recomputed(left=_waiting(tx, calendar))
    timers = tasks = left = 0
    for row in tx.conn.execute(_query(timer, calendar, timer.c.state == WAITING)).mappings().all():
        moved = _again(actor, tx, timer, dict(row), row["expression"], now)
        timers, left = timers + bool(moved), left + (moved is None)
    for row in tx.conn.execute(_query(task, calendar, task.c.state == OPEN)).mappings().all():
        moved = _again(actor, tx, task, dict(row), row["limit"], now)
        tasks, left = tasks + bool(moved), left + (moved is None)
    return Recomputed(timers, tasks, left)


def due_again(text: str, since: datetime, due: datetime, calendar: Calendar, zone: ZoneInfo) -> datetime:
    """When a duration, or the round of a cycle, is due that counts from ``since``; a given first moment stays."""
    if not text.startswith("R"):
        return bpmn.read_length(text, calendar).after(since)
    cycle = bpmn.read_cycle(text, zone, calendar)
    return due if cycle.first == due else cycle.every.after(since)


def _query(table: sa.Table, calendar: str, waits: sa.ColumnElement[bool]) -> sa.Select[Any]:
    return sa.select(table).where(table.c.calendar == calendar, waits).order_by(table.c.id).with_for_update()


def _waiting(tx: Tx, calendar: str) -> int:
    wait = sa.select(sa.func.count()).select_from(timer).where(timer.c.calendar == calendar, timer.c.state == WAITING)
    work = sa.select(sa.func.count()).select_from(task).where(task.c.calendar == calendar, task.c.state == OPEN)
    return int(tx.conn.execute(wait).scalar_one()) + int(tx.conn.execute(work).scalar_one())


def _again(actor: Actor, tx: Tx, table: sa.Table, row: dict[str, Any], text: str, calendar: Calendar) -> bool | None:
    """Whether the row's deadline moved; None when it cannot be counted."""
    since, before = row["created_at"], row["due_at"]
    try:
        due = due_again(text, since, before, calendar, ZoneInfo(tx.host.zone))
        provisional = bool(calendar.unofficial(since, due))
    except LoopdeskError:
        return None
    if (due, provisional) == (before, row["provisional"]):
        return False
    values = {"due_at": due, "provisional": provisional}
    tx.conn.execute(sa.update(table).where(table.c.id == row["id"]).values(**values))
    data = {
        table.name: row["id"],
        "calendar": calendar.name,
        "before": before.isoformat(),
        "after": due.isoformat(),
        "provisional": provisional,
    }
    where = {"key": row["key"], "instance": row["instance_id"], "element": row["element"]}
    events.record(actor, tx, f"{table.name}.recomputed", data=data, **where)
    return True
