"""Which open tasks stand in whose boxes, in a time that does not grow with how many there are.

Each way in which a task can be an actor's is looked up by itself, in the order of an index, and the first of all ways
are merged: one condition with ``or`` would make the database walk through everybody's tasks.
"""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any, Literal

import sqlalchemy as sa

from loopdesk.engine.actor import Actor
from loopdesk.engine.errors import N_, Missing
from loopdesk.engine.instances import instance
from loopdesk.engine.sql import constant
from loopdesk.engine.tx import Tx
from loopdesk.engine.work_rows import MEANT, NOBODYS, OPEN, SOMEBODYS, TAKEN, task

Box = Literal["mine", "due", "group", "all"]
Condition = sa.ColumnElement[bool]
_LISTED = [column for column in task.c if column.name not in ("draft", "data", "input", "ref")]
_SUSPENDED = sa.select(instance.c.suspended_at).where(instance.c.id == task.c.instance_id)
HELD_SINCE = _SUSPENDED.scalar_subquery().label("held_since")
"""Since when the process of a task is on hold, beside the task's own columns."""
_ORDER = (task.c.due_at.asc().nulls_last(), task.c.id)
SOON = timedelta(hours=4)
"""What is due within it, or overdue, stands in the box ``due``."""


def listing(
    actor: Actor,
    tx: Tx,
    *,
    box: Box = "all",
    department: str | None = None,
    key: str | None = None,
    limit: int = 50,
    after: str | None = None,
) -> list[dict[str, Any]]:
    """Open tasks that the actor may work on, at most ``limit``, those after the task ``after``.

    ``mine``: claimed by the actor or meant for them alone; ``group``: nobody's yet; ``due``: overdue or due within
    ``SOON``. What runs out first comes first, in every box; tasks without a due moment come last, oldest first.
    ``key`` keeps those of one case. ``held_since`` says that the task's process is on hold. Raises ``Missing`` when
    there is no task ``after``.
    """
    common: list[Condition] = [task.c.state == constant(OPEN)]
    if box == "due":
        common.append(task.c.due_at <= tx.now + SOON)
    if department is not None:
        common.append(task.c.department == department)
    if key is not None:
        common.append(task.c.key == key)
    if after:
        common.append(_behind(_place(tx, after)))
    ways = [sa.select(task.c.id).where(*common, way).order_by(*_ORDER).limit(limit) for way in _ways(actor, box)]
    if not ways:
        return []
    # SQLite takes a limit inside a union only in a query of its own.
    chosen = sa.union(*(sa.select(way.subquery().c.id) for way in ways))
    query = sa.select(*_LISTED, HELD_SINCE).where(task.c.id.in_(chosen)).order_by(*_ORDER).limit(limit)
    return [dict(row) for row in tx.conn.execute(query).mappings()]


def _ways(actor: Actor, box: Box) -> Iterator[Condition]:
    """How an open task can stand in a box of the actor; each has an index whose order is a listing's."""
    if box in ("mine", "due", "all") and actor.kind == "person":
        yield sa.and_(TAKEN, task.c.assignee == actor.id)
        meant = sa.and_(MEANT, task.c.person == actor.id)
        yield sa.and_(meant, task.c.assignee == "") if box == "mine" else meant
    if box == "group":
        yield from (sa.and_(NOBODYS, place) for place in _places(actor))
    elif box != "mine" and actor.has_role("admin", "supervisor"):
        yield from (sa.and_(half, place) for place in _places(actor) for half in (NOBODYS, SOMEBODYS))
    elif box != "mine":
        yield from (sa.and_(place, task.c.person.in_(("", actor.id))) for place in _places(actor))


def _places(actor: Actor) -> Iterator[Condition]:
    """Where the tasks stand that the actor's departments and roles let them see."""
    if actor.has_role("admin"):
        yield sa.true()
    elif actor.kind == "person":
        for department in sorted(actor.departments | {""}):
            if actor.has_role("supervisor"):
                yield task.c.department == department
                continue
            for role in sorted(actor.roles | {""}):
                yield sa.and_(task.c.department == department, task.c.role == role)


def _behind(last: Mapping[str, Any]) -> Condition:
    """The tasks that come after ``last`` in the order of a listing."""
    undated = task.c.due_at.is_(None)
    if last["due_at"] is None:
        return sa.and_(undated, task.c.id > last["id"])
    here = sa.tuple_(sa.literal(last["due_at"], task.c.due_at.type), sa.literal(last["id"]))
    return sa.or_(undated, sa.tuple_(task.c.due_at, task.c.id) > here)


def _place(tx: Tx, task_id: str) -> Mapping[str, Any]:
    """Where a task stands in the order."""
    row = tx.conn.execute(sa.select(task.c.id, task.c.due_at).where(task.c.id == task_id)).mappings().first()
    if row is None:
        raise Missing("There is no such task for you.", remedy=N_("Look into your inbox."))
    return dict(row)
