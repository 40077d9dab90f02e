"""What waits outside the diagram - tasks, timers, messages, incidents - follows an instance to another version."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from loopdesk.engine import bpmn, work_rows
from loopdesk.engine.incidents import incident
from loopdesk.engine.outbox_rows import DONE, outbox
from loopdesk.engine.step import Step
from loopdesk.engine.subscriptions import subscription
from loopdesk.engine.timers import WAITING, columns, timer
from loopdesk.engine.work_rows import CANCELLED, OPEN, task

RACI = "raci.yaml"


def follow(before: Step, after: Step, moved: bpmn.Moved, *, recompute: bool) -> None:
    """Let all rows of an instance that wait for it mean the new version, under the same ids.

    With ``recompute`` a timer whose text has changed counts anew from when it was set; else it keeps its moment.
    """
    for change in changes(before, after, moved, recompute=recompute):
        after.tx.conn.execute(change)
    _trouble(after, {wait.was.element.id: wait.now.element.id for wait in moved.waits})


def changes(before: Step, after: Step, moved: bpmn.Moved, *, recompute: bool) -> Iterator[sa.Executable]:
    """What becomes of the tasks, timers and subscriptions; raises what cannot be worked out in the new version."""
    for wait in moved.waits:
        if wait.now.element.kind == "userTask":
            yield from _task(before, after, wait)
        elif wait.now.trigger.kind == "timer":
            yield from _timer(after, wait, recompute=recompute)
        elif wait.now.trigger.kind in ("message", "signal"):
            yield _subscription(after, wait)


def _task(before: Step, after: Step, wait: bpmn.Wait) -> Iterator[sa.Executable]:
    mine = (task.c.instance_id == after.row["id"], task.c.ref == wait.now.ref, task.c.state == OPEN)
    rows = [dict(row) for row in after.tx.conn.execute(sa.select(task).where(*mine).order_by(task.c.id)).mappings()]
    if not rows:
        # It is completed already; the step that follows waits as an incident.
        return
    element, made = wait.now.element, after.bundle
    values: dict[str, Any] = {
        "bundle_id": made.id,
        "element": element.id,
        "name": {lang: made.text(element.id, "name", lang) or element.id for lang in made.languages},
        "form": element.extras.form,
        "expected": {lang: made.text(element.id, "expectedResult", lang) for lang in made.languages},
        **_limits(after, wait, rows[0]["created_at"]),
    }
    yield sa.update(task).where(*mine).values(**values)
    yield from _people(before, after, wait, rows)


def _limits(after: Step, wait: bpmn.Wait, since: Any) -> dict[str, Any]:
    """Inputs and the due moment, where the diagram says something else about them than before."""
    was, now = wait.was.element, wait.now.element
    scope = after.execution.scope_of(wait.now.ref)
    scope = scope.with_data(wait.token.task_spec.inputs(wait.token))
    values: dict[str, Any] = {}
    if was.extras.inputs != now.extras.inputs:
        values["input"] = scope.plain([line.target.split(".")[0] for line in now.extras.inputs])
    names = ("timeLimit", "calendar")
    limits = [(one.extras.due, *(one.extras.properties.get(name, "") for name in names)) for one in (was, now)]
    if limits[0] != limits[1]:
        limit = bpmn.words(limits[1][1], scope)
        values |= {"limit": limit, **work_rows.deadline(after.tx, now, limit, scope, since)}
    return values


def _people(before: Step, after: Step, wait: bpmn.Wait, rows: Sequence[Mapping[str, Any]]) -> Iterator[sa.Executable]:
    """Who has to do it, where the matrix or the diagram says something else than before; who is on it stays so.

    Of several sides each keeps its own task; the tasks of those that the matrix names no more are taken back.
    """
    was, now = wait.was.element, wait.now.element
    matrices = [step.bundle.files.get(RACI) for step in (before, after)]
    if matrices[0] == matrices[1] and (was.id, was.extras.assignee) == (now.id, now.extras.assignee):
        return
    assigned = after.tx.host.assign(after.tx, after.call(wait.now))
    person = bpmn.words(now.extras.assignee, after.execution.scope_of(wait.now.ref))
    sides = [assigned, *assigned.beside]
    # Those that stay come first, so that none of them gives its task to a newcomer.
    for row in sorted(rows, key=lambda row: all(side.department != row["department"] for side in sides)):
        side = next((one for one in sides if one.department == row["department"]), sides[0] if sides else None)
        if side is None:
            yield sa.update(task).where(task.c.id == row["id"]).values(state=CANCELLED)
            after.record("task.cancelled", wait.now, data={"task": row["id"]})
            continue
        sides.remove(side)
        values = {
            "department": side.department,
            "role": side.role,
            "person": person or side.person,
            "raci": {letter: list(who) for letter, who in side.raci.items()},
        }
        yield sa.update(task).where(task.c.id == row["id"]).values(**values)


def _timer(after: Step, wait: bpmn.Wait, *, recompute: bool) -> Iterator[sa.Executable]:
    mine = (timer.c.instance_id == after.row["id"], timer.c.ref == wait.now.ref, timer.c.state == WAITING)
    row = after.tx.conn.execute(sa.select(timer).where(*mine)).mappings().first()
    if row is None:
        return
    values: dict[str, Any] = {"element": wait.now.element.id, "name": wait.now.element.name}
    trigger = wait.now.trigger
    text = bpmn.words(trigger.text, after.execution.scope_of(wait.now.ref)) if recompute else row["expression"]
    if (trigger.timer, text) != (wait.was.trigger.timer, row["expression"]) and recompute:
        calendar = wait.token.task_spec.working_time(wait.token)
        due, rounds = bpmn.first_due(trigger.timer, text, row["created_at"], after.zone, calendar)
        values |= {"due_at": due, "expression": text, **columns(calendar, row["created_at"], due)}
        if trigger.timer == "cycle":
            cycle = {"cycle": text, "due": due, "rounds": rounds}
            wait.token.internal_data = {**wait.token.internal_data, **cycle}
        after.record("timer.set", wait.now, data={"due": due.isoformat(), "timer": text})
    yield sa.update(timer).where(*mine).values(**values)


def _subscription(after: Step, wait: bpmn.Wait) -> sa.Executable:
    mine = (subscription.c.instance_id == after.row["id"], subscription.c.ref == wait.now.ref)
    trigger = wait.now.trigger
    name = trigger.message or trigger.name
    values = {"name": name, "bundle_id": after.bundle.id, "element": wait.now.element.id}
    key = after.tx.conn.execute(sa.select(subscription.c.key).where(*mine)).scalar() or ""
    if trigger.key != wait.was.trigger.key:
        key = values["key"] = after.key_of(wait.now, name, bpmn.key_of(wait.token, trigger.key))
    if trigger.kind == "message" and (name, trigger.key) != (wait.was.trigger.message, wait.was.trigger.key):
        after.expect(name, key)
    return sa.update(subscription).where(*mine).values(**values)


def _trouble(after: Step, places: Mapping[str, str]) -> None:
    """What is under way or stopped at an element stands at its new name, all at once, for two may change places."""
    moved = {was: now for was, now in places.items() if was != now}
    if not moved:
        return
    for table, over in ((outbox, outbox.c.state == DONE), (incident, incident.c.state != "open")):
        mine = (table.c.instance_id == after.row["id"], table.c.element.in_(moved), ~over)
        after.tx.conn.execute(sa.update(table).where(*mine).values(element=sa.case(moved, value=table.c.element)))
