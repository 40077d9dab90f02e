"""The rows of human tasks: how a step makes and cancels them. ``work`` is what people do with them."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from loopdesk.engine import bpmn
from loopdesk.engine.bundle import Bundle
from loopdesk.engine.db import JSON, Moment, metadata, new_id
from loopdesk.engine.host import Assignment
from loopdesk.engine.timers import columns
from loopdesk.engine.tx import Tx

task = sa.Table(
    "task",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("instance_id", sa.String(32), sa.ForeignKey("instance.id"), nullable=False),
    sa.Column("ref", sa.String(64), nullable=False),
    sa.Column("bundle_id", sa.String(32), nullable=False),
    sa.Column("key", sa.String(64), nullable=False),
    sa.Column("process", sa.String(200), nullable=False),
    sa.Column("element", sa.String(200), nullable=False),
    sa.Column("name", JSON, nullable=False),
    sa.Column("form", sa.String(200), nullable=False),
    sa.Column("department", sa.String(64), nullable=False),
    sa.Column("role", sa.String(64), nullable=False),
    sa.Column("person", sa.String(64), nullable=False),
    sa.Column("raci", JSON, nullable=False),
    sa.Column("assignee", sa.String(64), nullable=False, default=""),
    sa.Column("assignee_name", sa.String(200), nullable=False, default=""),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("priority", sa.String(16), nullable=False),
    sa.Column("created_at", Moment, nullable=False),
    sa.Column("due_at", Moment),
    sa.Column("limit", sa.String(100), nullable=False),
    sa.Column("calendar", sa.String(100), nullable=False, server_default=""),
    sa.Column("provisional", sa.Boolean, nullable=False, server_default="0"),
    sa.Column("expected", JSON, nullable=False),
    sa.Column("claimed_at", Moment),
    sa.Column("completed_at", Moment),
    sa.Column("completed_by", sa.String(64)),
    sa.Column("completed_by_name", sa.String(200)),
    sa.Column("input", JSON, nullable=False),
    sa.Column("draft", JSON),
    sa.Column("data", JSON),
    sa.Index("ix_task_instance", "instance_id", "ref"),
    sa.Index("ix_task_key", "key"),
)
_OPEN = task.c.state == "open"
_NOBODY = sa.literal_column("''", sa.String())
TAKEN, MEANT = task.c.assignee != _NOBODY, task.c.person != _NOBODY
"""Somebody's, and meant for somebody: so few that their indexes leave all other tasks out."""
NOBODYS = sa.and_(task.c.assignee == _NOBODY, task.c.person == _NOBODY)
SOMEBODYS = sa.or_(TAKEN, MEANT)
"""The two halves of all tasks. An index for each costs a task as much as one for both, and a walk through the first
never comes by what others have taken, which is what runs out first wherever people take the most urgent."""
_LISTED: Mapping[str, tuple[sa.ColumnElement[bool], tuple[str, ...]]] = {
    "mine": (TAKEN, ("assignee",)),
    "person": (MEANT, ("person",)),
    "role": (sa.true(), ("department", "role")),
    "nobodys_role": (NOBODYS, ("department", "role")),
    "nobodys_department": (NOBODYS, ("department",)),
    "somebodys_department": (SOMEBODYS, ("department",)),
    "nobodys": (NOBODYS, ()),
    "somebodys": (SOMEBODYS, ()),
}
"""One index for each way in which `worklist` looks for open tasks, in its order."""
for _way, (_which, _columns) in _LISTED.items():
    _ordered, _where = [task.c[_name] for _name in (*_columns, "due_at", "id")], sa.and_(_OPEN, _which)
    sa.Index(f"ix_task_{_way}", *_ordered, postgresql_where=_where, sqlite_where=_where)
OPEN, COMPLETED, CANCELLED = "open", "completed", "cancelled"


def new(
    tx: Tx,
    instance: dict[str, Any],
    made: Bundle,
    visit: bpmn.Visit,
    scope: bpmn.Scope,
    assigned: Assignment,
    priority: str,
) -> dict[str, Any]:
    """Insert the task of a user task element and return its row.

    ``assignmentDefinition`` narrows the RACI matrix to one person; ``taskSchedule``, else ``timeLimit``, sets when it
    is due. Raises ``Invalid`` for a schedule that is no moment.
    """
    element = visit.element
    limit = bpmn.words(element.extras.properties.get("timeLimit", ""), scope)
    row: dict[str, Any] = {
        "id": new_id(),
        "instance_id": instance["id"],
        "ref": visit.ref,
        "bundle_id": made.id,
        "key": instance["key"],
        "process": instance["process"],
        "element": element.id,
        "name": {lang: name or element.id for lang, name in made.named(element.id, "name").items()},
        "form": element.extras.form,
        "department": assigned.department,
        "role": assigned.role,
        "person": bpmn.words(element.extras.assignee, scope) or assigned.person,
        "raci": {letter: list(who) for letter, who in assigned.raci.items()},
        "state": OPEN,
        "priority": priority,
        "created_at": tx.now,
        "limit": limit,
        **deadline(tx, element, limit, scope, tx.now),
        "expected": dict(made.named(element.id, "expectedResult")),
        "input": scope.plain([line.target.split(".")[0] for line in element.extras.inputs]),
    }
    tx.insert(task, row)
    return row


def deadline(tx: Tx, element: bpmn.Element, limit: str, scope: bpmn.Scope, since: datetime) -> dict[str, Any]:
    """When a task that was made at ``since`` is due, on which calendar, and whether that is provisional: as columns.

    A schedule is a moment, in the house's zone when it names none. ``limit`` is working time of the element's
    ``calendar``, or wall time where it names none.
    """
    moment = bpmn.words(element.extras.due, scope)
    name = bpmn.words(element.extras.properties.get("calendar", ""), scope)
    found: dict[str, Any] = {"due_at": None, "calendar": "", "provisional": False}
    if moment:
        return found | {"due_at": bpmn.read_moment(moment, ZoneInfo(tx.host.zone))}
    if not limit:
        return found
    calendar = tx.host.calendar(tx, name) if name else None
    due = bpmn.read_length(limit, calendar).after(since)
    return {"due_at": due, **columns(calendar, since, due)}


def cancel(tx: Tx, instance_id: str, refs: Collection[str]) -> list[tuple[str, str]]:
    """Cancel the open tasks of these tokens: token and id of each that was open."""
    update = (
        sa.update(task)
        .where(task.c.instance_id == instance_id, task.c.ref.in_(refs), task.c.state == OPEN)
        .values(state=CANCELLED)
        .returning(task.c.ref, task.c.id)
    )
    return sorted((row.ref, row.id) for row in tx.conn.execute(update))
