"""Human tasks: what people find in their inbox and do with it."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import orjson
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import asyncpg

from loopdesk.engine import bundles, events, feel, instances, runner, sides, timers, values
from loopdesk.engine.actor import Actor
from loopdesk.engine.db import driven
from loopdesk.engine.errors import N_, Conflict, Invalid, LoopdeskError, Missing, Refused
from loopdesk.engine.sql import is_sqlite
from loopdesk.engine.step import Step
from loopdesk.engine.tx import Tx
from loopdesk.engine.work_rows import CANCELLED, COMPLETED, OPEN
from loopdesk.engine.work_rows import task as task
from loopdesk.engine.worklist import HELD_SINCE
from loopdesk.engine.worklist import SOON as SOON
from loopdesk.engine.worklist import Box as Box
from loopdesk.engine.worklist import listing as listing

_FACT = re.compile(r"\bcase\.([A-Za-z_][A-Za-z0-9_]*)")
_INSTANCE = tuple(instances.instance.c.keys())
_CHECKED = (
    *("ref", "element", "form", "department", "role", "person", "assignee", "assignee_name", "state"),
    *("completed_at", "completed_by_name", "input"),
)
"""What is asked of a task before it is completed; its instance says the rest. Each column costs time."""
_BOTH = (
    sa.select(*instances.instance.c, *(task.c[name] for name in _CHECKED))
    .select_from(instances.instance.join(task))
    .where(task.c.id == sa.bindparam("task"))
    .with_for_update()
)
_IN_WORDS = str(_BOTH.compile(dialect=asyncpg.dialect()))  # type: ignore[no-untyped-call]
"""For the driver alone; that dialect numbers its parameters."""
MAX_DRAFT = 1024 * 1024
"""Bytes of a draft or of a form's answers as JSON."""


def get(actor: Actor, tx: Tx, task_id: str) -> dict[str, Any]:
    """A task that the actor may work on, whatever its state; ``Missing`` for any other."""
    row = _row(tx, task_id)
    if not _may(actor, tx, row):
        raise _unknown()
    return row


def form(tx: Tx, row: Mapping[str, Any], lang: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """The task's form in ``lang``, and what stands in it: the variables, the task's inputs, the draft over them.

    Of the facts of its case (``case.*``) those are added that the form file names.
    """
    row = row if "input" in row else _row(tx, row["id"])
    made = bundles.get(tx, row["bundle_id"])
    schema: dict[str, Any] = {"type": "default", "components": []}
    if row["form"]:
        schema = tx.host.translate(orjson.loads(made.form(row["form"])), made.texts.get(lang, {}))
    if row["state"] == OPEN:
        step = Step.look(tx, row["instance_id"])
        held = step.scope_of(row).plain()
    else:
        held = row["data"] or {}
    return schema, held | (row["draft"] or {}) | _facts(tx, row["key"], schema)


def _facts(tx: Tx, key: str, schema: Mapping[str, Any]) -> dict[str, Any]:
    """The facts that a form's texts, fields and expressions name, and no others: its reader's browser gets them."""
    named = set(_FACT.findall(orjson.dumps(schema).decode()))
    if not named:
        return {}
    known = tx.host.facts(tx, key)
    return {"case": feel.to_json({name: known[name] for name in sorted(named & set(known))})}


def claim(actor: Actor, tx: Tx, task_id: str) -> None:
    """Take a task for oneself; ``Conflict`` names who has it already."""
    row = _workable(actor, tx, task_id)
    _require_free(actor, row)
    if row["assignee"] != actor.id:
        tx.conn.execute(sa.update(task).where(task.c.id == task_id).values(**_claimed(actor, tx)))
        _record(actor, tx, "task.claimed", row)


def release(actor: Actor, tx: Tx, task_id: str) -> None:
    """Give a task back to its group; a supervisor may do it for others."""
    row = _workable(actor, tx, task_id)
    if not actor.has_role("supervisor"):
        _require_free(actor, row)
    tx.conn.execute(sa.update(task).where(task.c.id == task_id).values(assignee="", assignee_name="", claimed_at=None))
    _record(actor, tx, "task.released", row)


def give(actor: Actor, tx: Tx, key: str, to: Actor, *, held_by: str) -> list[str]:
    """Hand on to ``to`` what is open for ``key``: what ``held_by`` has taken, and free tasks that ``to`` may do.

    A task meant for somebody else, or that somebody is just completing, stays. The calling verb knows that it may.
    Returns the ids.
    """
    query = sa.select(task).where(task.c.key == key, task.c.state == OPEN, task.c.person.in_(("", to.id)))
    query = query.where(task.c.assignee.in_(("", held_by))).with_for_update(skip_locked=True)
    rows = [dict(row) for row in tx.conn.execute(query).mappings()]
    given = [row for row in rows if (row["assignee"] and row["assignee"] != to.id) or _may(to, tx, row)]
    for row in given:
        person = row["person"] if _may(to, tx, row) else to.id
        changed = sa.update(task).where(task.c.id == row["id"])
        tx.conn.execute(changed.values(**_claimed(to, tx), person=person))
        _record(actor, tx, "task.given", row, {"to": to.id, "name": to.name})
    return [row["id"] for row in given]


def pass_on(actor: Actor, tx: Tx, key: str, to: Actor, *, held_by: str) -> list[str]:
    """Hand on to ``to`` what is open for ``key`` and is meant for ``held_by`` or taken by them, who leave.

    The calling verb knows that it may. Returns the ids.
    """
    theirs = (task.c.person == held_by) | (task.c.assignee == held_by)
    query = sa.select(task).where(task.c.key == key, task.c.state == OPEN, theirs).with_for_update(skip_locked=True)
    rows = [dict(row) for row in tx.conn.execute(query).mappings()]
    for row in rows:
        taken = _claimed(to, tx) if row["assignee"] == held_by else {}
        person = {"person": to.id} if row["person"] == held_by or not _may(to, tx, row) else {}
        tx.conn.execute(sa.update(task).where(task.c.id == row["id"]).values(**taken, **person))
        _record(actor, tx, "task.given", row, {"to": to.id, "name": to.name})
    return [row["id"] for row in rows]


def save_draft(actor: Actor, tx: Tx, task_id: str, data: Mapping[str, Any]) -> None:
    """Keep what was filled in so far."""
    row = _workable(actor, tx, task_id)
    _require_free(actor, row)
    _keep_draft(tx, task_id, data)


def complete(actor: Actor, tx: Tx, task_id: str, data: Mapping[str, Any]) -> None:
    """Complete a task with its form's answers and move the process on.

    Timers of the process that are due fire first (architecture §4). Raises ``Invalid`` with ``fields`` when the form
    refuses the answers, ``Conflict`` when somebody or a timer was quicker; the answers are then kept as the draft.
    """
    _check_size(data)
    instance, row = _with_instance(tx, task_id)
    if not _may(actor, tx, row):
        raise _unknown()
    tx.after_rollback(lambda later: _rescue(actor, later, task_id, data))
    instances.require_running(instance)
    step = Step.of(actor, tx, instance)
    due = timers.of_instance(tx, instance["id"], due=True) if step.execution.is_timed else []
    for timer in due:
        runner.fire(step, timer["id"])
    _require_workable(actor, tx, row := _row(tx, task_id) if due else row)
    _require_free(actor, row)
    cleaned = _validated(tx, step, row, data)
    kept = values.keep(tx, instance["id"], cleaned, step.execution.large)
    done = {
        "id": task_id,
        "state": COMPLETED,
        "completed_at": tx.now,
        "completed_by": actor.id,
        "completed_by_name": actor.name,
        "data": kept,
        "draft": None,
    }
    if row["assignee"] != actor.id:
        done |= _claimed(actor, tx)
        _record(actor, tx, "task.claimed", row)
    tx.change(task, done)
    _record(actor, tx, "task.completed", row, {"data": values.excerpt(cleaned)})
    answers = sides.gather(actor, step, row, cleaned)
    if answers is not None:
        runner.answer(step, row["ref"], row["element"], answers)


def _validated(tx: Tx, step: Step, row: Mapping[str, Any], data: Mapping[str, Any]) -> dict[str, Any]:
    if not row["form"]:
        return {}
    return tx.host.validate(step.bundle.form(row["form"]), data, step.scope_of(row))


def _rescue(actor: Actor, tx: Tx, task_id: str, data: Mapping[str, Any]) -> None:
    """Keep the answers of a completion that did not come about, unless the task is none of the actor's."""
    row = _row(tx, task_id)
    if row["state"] != COMPLETED and row["assignee"] in ("", actor.id) and _may(actor, tx, row):
        _keep_draft(tx, task_id, data)


def _keep_draft(tx: Tx, task_id: str, data: Mapping[str, Any]) -> None:
    _check_size(data)
    tx.conn.execute(sa.update(task).where(task.c.id == task_id).values(draft=dict(data)))


def _check_size(data: Mapping[str, Any]) -> None:
    try:
        size = len(orjson.dumps(dict(data)))
    except TypeError as error:
        raise Invalid("The answers are not JSON: %(reason)s", reason=str(error)) from error
    if size > MAX_DRAFT:
        remedy = N_("Attach long texts as a file.")
        raise Invalid("The answers are larger than %(limit)s kB.", remedy=remedy, limit=MAX_DRAFT // 1024)


def _row(tx: Tx, task_id: str) -> dict[str, Any]:
    query = sa.select(task, HELD_SINCE).where(task.c.id == task_id)
    row = tx.conn.execute(query).mappings().first()
    if row is None:
        raise _unknown()
    return {**row, "data": values.whole(tx, row["instance_id"], row["data"]) if row["data"] else row["data"]}


def _with_instance(tx: Tx, task_id: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """The rows of a task's instance and of the task, both locked, in this order as every step does."""
    plain = is_sqlite(tx)
    found = tx.conn.execute(_BOTH, {"task": task_id}).first() if plain else driven(tx.conn, _IN_WORDS, task_id)
    if found is None:
        raise _unknown()
    columns = [one.astimezone(UTC) if isinstance(one, datetime) else one for one in found]
    instance = dict(zip(_INSTANCE, columns, strict=False))
    row = dict(zip(_CHECKED, columns[len(_INSTANCE) :], strict=True))
    where = {"instance_id": instance["id"], "key": instance["key"], "process": instance["process"]}
    return instance, row | where | {"id": task_id}


def _workable(actor: Actor, tx: Tx, task_id: str) -> dict[str, Any]:
    """The open task, locked; says who completed it or that it is gone."""
    query = sa.select(task).where(task.c.id == task_id).with_for_update()
    found = tx.conn.execute(query).mappings().first()
    if found is None:
        raise _unknown()
    row = dict(found)
    _require_workable(actor, tx, row)
    return row


def _require_workable(actor: Actor, tx: Tx, row: Mapping[str, Any]) -> None:
    """Raise what says that the task is none of the actor's, or who completed it, or that it is gone."""
    if not _may(actor, tx, row):
        raise _unknown()
    if row["state"] == COMPLETED:
        raise Conflict(
            "%(name)s completed this task at %(at)s.",
            remedy=N_("Look at the case to see how it went on."),
            name=row["completed_by_name"],
            at=row["completed_at"],
        )
    if row["state"] == CANCELLED:
        remedy = N_("Your entries are kept as a draft; look at the case to see how it went on.")
        raise Conflict("This task was taken back because the process has moved on.", remedy=remedy)


def _require_free(actor: Actor, row: Mapping[str, Any]) -> None:
    if row["assignee"] not in ("", actor.id):
        remedy = N_("Ask them to release it, or a supervisor to do so.")
        raise Conflict("%(name)s has taken this task.", remedy=remedy, name=row["assignee_name"])
    if row["person"] not in ("", actor.id) and not actor.has_role("supervisor"):
        raise Refused("This task is meant for one other person.", remedy=N_("Ask a supervisor to take it over."))


def _claimed(actor: Actor, tx: Tx) -> dict[str, Any]:
    return {"assignee": actor.id, "assignee_name": actor.name, "claimed_at": tx.now}


def _may(actor: Actor, tx: Tx, row: Mapping[str, Any]) -> bool:
    return actor.kind == "system" or tx.host.may_work(actor, row)


def _unknown() -> LoopdeskError:
    return Missing("There is no such task for you.", remedy=N_("Look into your inbox."))


def _record(actor: Actor, tx: Tx, kind: str, row: Mapping[str, Any], data: Mapping[str, Any] = {}) -> None:
    where = {"key": row["key"], "instance": row["instance_id"], "process": row["process"], "element": row["element"]}
    events.record(actor, tx, kind, data={"task": row["id"], **data}, **where)
