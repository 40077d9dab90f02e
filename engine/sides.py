"""An activity that several departments do (HND-7): each has a task of its own, the process waits for all or for any."""

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from loopdesk.engine import values
from loopdesk.engine.actor import Actor
from loopdesk.engine.step import Step
from loopdesk.engine.work_rows import CANCELLED, COMPLETED, OPEN, task

ALL, ANY = "all", "any"
"""The process goes on when every side has completed its task, or as soon as one has."""
BY_SIDE = "by_side"
"""The variable with the answers of each side: a list of ``{department, name, answers}`` in the order they came."""


def gather(actor: Actor, step: Step, row: Mapping[str, Any], answers: dict[str, Any]) -> dict[str, Any] | None:
    """What the process goes on with once ``actor`` has completed the task ``row``; None while other sides are awaited.

    Of an activity that several sides do, answers given later win, and all of them stand in ``by_side``.
    """
    together = step.tx.host.together(step.bundle.files, row["element"])
    if not together:
        return answers
    beside = task.c.instance_id == step.row["id"], task.c.ref == row["ref"]
    query = sa.select(task).where(*beside, task.c.state.in_((OPEN, COMPLETED)))
    rows = [dict(one) for one in step.tx.ask(query.order_by(task.c.completed_at, task.c.id)).mappings()]
    waiting = [one["id"] for one in rows if one["state"] == OPEN and one["id"] != row["id"]]
    if waiting and together == ALL:
        return None
    for one in waiting:
        step.tx.change(task, {"id": one, "state": CANCELLED})
        _not_needed(step, row, one)
    given = [_given(step, one) for one in rows if one["state"] == COMPLETED and one["id"] != row["id"]]
    given.append({"department": row["department"], "name": actor.name, "answers": answers})
    merged: dict[str, Any] = {}
    for side in given:
        merged |= side["answers"]
    return merged | {BY_SIDE: given}


def _given(step: Step, row: Mapping[str, Any]) -> dict[str, Any]:
    answers = values.whole(step.tx, step.row["id"], row["data"] or {})
    return {"department": row["department"], "name": row["completed_by_name"], "answers": answers}


def _not_needed(step: Step, row: Mapping[str, Any], one: str) -> None:
    step.record("task.cancelled", step.execution.visit_of(row["ref"]), data={"task": one})
