"""Human tasks: list, claim, release, draft, complete; every completion passes the form's check (INT-2)."""

from typing import Any

import marshmallow as ma
from flask_babel import get_locale
from flask_smorest import Blueprint

from loopdesk.desk import case, choices, handoff
from loopdesk.engine import work
from loopdesk.web.api.auth import scoped
from loopdesk.web.api.filters import Chosen
from loopdesk.web.api.schemas import Query, Strict
from loopdesk.web.context import actor, open_tx, read_tx

blueprint = Blueprint("tasks", __name__, url_prefix="/tasks", description="Work that waits for a person")


class TaskOut(ma.Schema):
    """One human task."""

    id = ma.fields.String()
    key = ma.fields.String(metadata={"description": "Number of the case."})
    instance_id = ma.fields.String()
    process = ma.fields.String()
    element = ma.fields.String()
    name = ma.fields.Dict(metadata={"description": "Language -> name."})
    form = ma.fields.String()
    department = ma.fields.String()
    role = ma.fields.String()
    person = ma.fields.String(metadata={"description": "The one candidate, if only one may do it."})
    raci = ma.fields.Dict()
    assignee = ma.fields.String()
    state = ma.fields.String(metadata={"enum": ["open", "completed", "cancelled"]})
    priority = ma.fields.String()
    expected = ma.fields.Dict(allow_none=True, metadata={"description": "Language -> expected result."})
    created_at = ma.fields.AwareDateTime()
    due_at = ma.fields.AwareDateTime(allow_none=True)
    claimed_at = ma.fields.AwareDateTime(allow_none=True)
    held_since = ma.fields.AwareDateTime(allow_none=True, metadata={"description": "Its process is on hold."})
    completed_at = ma.fields.AwareDateTime(allow_none=True)
    completed_by = ma.fields.String(allow_none=True)


class TaskWithForm(TaskOut):
    """One task with its form and what stands in it so far."""

    form_schema = ma.fields.Dict(metadata={"description": "bpmn.io form JSON."})
    data = ma.fields.Dict(metadata={"description": "Initial values, with the draft over them."})
    seen = ma.fields.String(metadata={"description": "What of the case's dossier you see; empty without a case."})


class TaskPage(ma.Schema):
    """Tasks; hand `next` back as `after` for more."""

    tasks = ma.fields.List(ma.fields.Nested(TaskOut))
    next = ma.fields.String(allow_none=True)


class TaskQuery(Query):
    """Which tasks."""

    box = ma.fields.String(load_default="all", validate=ma.validate.OneOf(("mine", "due", "group", "all")))
    department = Chosen(choices.DEPARTMENT, load_default=None)
    limit = ma.fields.Integer(load_default=50, validate=ma.validate.Range(1, 100))
    after = ma.fields.String(load_default=None)


class Answers(Strict):
    """Values of the form, by key."""

    data = ma.fields.Dict(keys=ma.fields.String(), load_default=dict)
    seen = ma.fields.String(
        load_default="", metadata={"description": "The mark `seen` of the task as you read it, for signatures."}
    )


@blueprint.get("")
@scoped("tasks:read")
@blueprint.arguments(TaskQuery, location="query")
@blueprint.response(200, TaskPage)
def listing(query: dict[str, Any]) -> Any:
    """List the tasks that you may work on."""
    with read_tx() as tx:
        found = work.listing(actor(), tx, **query)
    return {"tasks": found, "next": found[-1]["id"] if len(found) == query["limit"] else None}


@blueprint.get("/<task_id>")
@scoped("tasks:read")
@blueprint.response(200, TaskWithForm)
def read(task_id: str) -> Any:
    """Read a task with its form."""
    with read_tx() as tx:
        task = work.get(actor(), tx, task_id)
        schema, data = work.form(tx, task, str(get_locale()))
        known = case.find(actor(), tx, task["key"])
    return task | {"form_schema": schema, "data": data, "seen": handoff.seen(known) if known else ""}


@blueprint.post("/<task_id>/claim")
@scoped("tasks:write")
@blueprint.response(200, TaskOut)
def claim(task_id: str) -> Any:
    """Take a task; 409 when somebody else has it."""
    with open_tx() as tx:
        work.claim(actor(), tx, task_id)
        return work.get(actor(), tx, task_id)


@blueprint.post("/<task_id>/release")
@scoped("tasks:write")
@blueprint.response(200, TaskOut)
def release(task_id: str) -> Any:
    """Give a task back to its group."""
    with open_tx() as tx:
        work.release(actor(), tx, task_id)
        return work.get(actor(), tx, task_id)


@blueprint.put("/<task_id>/draft")
@scoped("tasks:write")
@blueprint.arguments(Answers)
@blueprint.response(204)
def draft(body: dict[str, Any], task_id: str) -> None:
    """Keep what was filled in so far."""
    with open_tx() as tx:
        work.save_draft(actor(), tx, task_id, body["data"])


@blueprint.post("/<task_id>/complete")
@scoped("tasks:write")
@blueprint.arguments(Answers)
@blueprint.response(200, TaskOut)
def complete(body: dict[str, Any], task_id: str) -> Any:
    """Complete a task; 422 names each field that the form refuses, 409 says who was quicker."""
    with open_tx() as tx:
        handoff.remember(tx, work.get(actor(), tx, task_id)["key"], body["seen"])
        work.complete(actor(), tx, task_id, body["data"])
        return work.get(actor(), tx, task_id)
