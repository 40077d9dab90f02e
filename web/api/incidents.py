"""Incidents and bulk actions over the API (issue 4)."""

from typing import Any

import marshmallow as ma
from flask_babel import gettext
from flask_smorest import Blueprint

from loopdesk.desk.choices import PROCESS, Choice
from loopdesk.engine import bulk, repair, selection
from loopdesk.engine import incidents as engine_incidents
from loopdesk.web.api.auth import scoped
from loopdesk.web.api.filters import Chosen
from loopdesk.web.api.operating import Why
from loopdesk.web.api.schemas import Query
from loopdesk.web.context import actor, loopdesk, open_tx, read_tx

blueprint = Blueprint("incidents", __name__, url_prefix="/incidents", description="What did not work")
bulk_blueprint = Blueprint("bulk", __name__, url_prefix="/bulk", description="The same for many at once")


KIND = Choice(
    lambda _tx: sorted({*loopdesk().handlers.local, *loopdesk().handlers.remote}), (engine_incidents.incident.c.kind,)
)
"""What the worker does, and what of it could not be done."""


class Wanted(Query):
    """Which open incidents."""

    kind = Chosen(KIND)
    type = ma.fields.String(metadata={"description": "Type of the effect, or channel of the message."})
    process = Chosen(PROCESS)
    element = ma.fields.String()
    key = ma.fields.String(metadata={"description": "Number of the case."})
    words = ma.fields.String(metadata={"description": "In the message."})


class IncidentOut(ma.Schema):
    """A step that could not be done."""

    id = ma.fields.String()
    kind = ma.fields.String()
    type = ma.fields.String()
    key = ma.fields.String()
    instance_id = ma.fields.String()
    element = ma.fields.String()
    text = ma.fields.Function(lambda row: gettext(row["message"]) % row["params"] if row["params"] else row["message"])
    state = ma.fields.String(metadata={"enum": ["open", "resolved"]})
    resolution = ma.fields.String(metadata={"enum": ["", "retried", "changed", "skipped", "cancelled"]})
    opened_at = ma.fields.AwareDateTime()
    resolved_at = ma.fields.AwareDateTime(allow_none=True)
    resolved_by = ma.fields.String()


class Incidents(ma.Schema):
    """Newest first, at most 200."""

    incidents = ma.fields.List(ma.fields.Nested(IncidentOut))


class IncidentWithData(IncidentOut):
    """An incident and what can be changed about it."""

    inputs = ma.fields.Dict(allow_none=True)
    variables = ma.fields.Dict(allow_none=True)
    skip = ma.fields.Boolean(metadata={"description": "Whether it can be skipped."})
    activity = ma.fields.Boolean(metadata={"description": "Whether its activity can be cancelled alone."})


class Retry(Why):
    """Other data, where it shall not be tried with the same."""

    inputs = ma.fields.Raw(load_default=None, metadata={"description": "All inputs of the effect, as an object."})
    variables = ma.fields.Raw(load_default=None, metadata={"description": "Variables to set, as an object."})


class Skip(Why):
    """The result to go on with."""

    result = ma.fields.Raw(load_default=None, metadata={"description": "An object; empty without it."})


class Cancel(Why):
    """What to cancel."""

    what = ma.fields.String(load_default="activity", validate=ma.validate.OneOf(("activity", "instance")))


class NewBulk(Why):
    """What to do to all that the filter means."""

    action = ma.fields.String(required=True, metadata={"enum": list(bulk.ACTIONS)})
    filter = ma.fields.Dict(
        required=True,
        metadata={
            "description": "Of incidents (`retry`): kind, type, process, element, key, words. Of instances: process, "
            "number, element, key, status, older_than (days), stopped."
        },
    )


class BulkOut(ma.Schema):
    """How far a bulk action is."""

    id = ma.fields.String()
    action = ma.fields.String()
    chosen = ma.fields.Dict()
    reason = ma.fields.String()
    by = ma.fields.String()
    created_at = ma.fields.AwareDateTime()
    total = ma.fields.Integer()
    done = ma.fields.Integer()
    refused = ma.fields.Integer()
    waiting = ma.fields.Integer()


class BulkId(ma.Schema):
    """Where to ask for its progress."""

    id = ma.fields.String()


class ItemQuery(Query):
    """Which items."""

    state = ma.fields.String(load_default="", validate=ma.validate.OneOf(("", "waiting", "done", "refused")))
    after = ma.fields.Integer(load_default=0)
    limit = ma.fields.Integer(load_default=100, validate=ma.validate.Range(1, 1000))


class Item(ma.Schema):
    """What became of one."""

    number = ma.fields.Integer()
    subject = ma.fields.String(metadata={"description": "Id of the instance or incident."})
    key = ma.fields.String()
    state = ma.fields.String()
    text = ma.fields.Function(lambda row: gettext(row["message"]) % row["params"] if row["message"] else "")
    at = ma.fields.AwareDateTime(allow_none=True)


class Items(ma.Schema):
    """In their order; hand the last `number` back as `after` for more."""

    items = ma.fields.List(ma.fields.Nested(Item))


@blueprint.get("")
@scoped("instances:read")
@blueprint.arguments(Wanted, location="query")
@blueprint.response(200, Incidents)
def listing(query: dict[str, Any]) -> Any:
    """List open incidents."""
    with read_tx() as tx:
        return {"incidents": selection.open_incidents(actor(), tx, selection.incidents_of(query))}


@blueprint.get("/<incident_id>")
@scoped("instances:read")
@blueprint.response(200, IncidentWithData)
def read(incident_id: str) -> Any:
    """Read an incident and what can be changed about it."""
    with read_tx() as tx:
        row = engine_incidents.get(actor(), tx, incident_id)
        return row | (repair.data_of(actor(), tx, incident_id) if row["state"] == "open" else {})


@blueprint.post("/<incident_id>/retry")
@scoped("instances:write")
@blueprint.arguments(Retry)
@blueprint.response(202)
def retry(body: dict[str, Any], incident_id: str) -> None:
    """Try again, with the same data or with other."""
    inputs, values, reason = body["inputs"], body["variables"], body["reason"]
    with open_tx() as tx:
        if inputs is None and values is None:
            engine_incidents.retry(actor(), tx, incident_id, reason=reason)
        else:
            repair.retry_with(actor(), tx, incident_id, inputs=inputs, values=values, reason=reason)


@blueprint.post("/<incident_id>/skip")
@scoped("instances:write")
@blueprint.arguments(Skip)
@blueprint.response(202)
def skip(body: dict[str, Any], incident_id: str) -> None:
    """Let the process go on as if the element had done its work."""
    with open_tx() as tx:
        repair.skip(actor(), tx, incident_id, result=body["result"], reason=body["reason"])


@blueprint.post("/<incident_id>/cancel")
@scoped("instances:write")
@blueprint.arguments(Cancel)
@blueprint.response(202)
def cancel(body: dict[str, Any], incident_id: str) -> None:
    """Cancel the activity that fails, or the whole run."""
    with open_tx() as tx:
        repair.cancel(actor(), tx, incident_id, whole=body["what"] == "instance", reason=body["reason"])


@bulk_blueprint.post("")
@scoped("instances:write")
@bulk_blueprint.arguments(NewBulk)
@bulk_blueprint.response(202, BulkId)
def start(body: dict[str, Any]) -> Any:
    """Suspend, resume or terminate all runs that a filter means, or retry all such incidents."""
    of = selection.incidents_of if body["action"] == "retry" else selection.instances_of
    with open_tx() as tx:
        return {"id": bulk.start(actor(), tx, body["action"], of(body["filter"]), body["reason"])}


@bulk_blueprint.get("/<bulk_id>")
@scoped("instances:read")
@bulk_blueprint.response(200, BulkOut)
def progress(bulk_id: str) -> Any:
    """Read how far a bulk action is."""
    with read_tx() as tx:
        return bulk.get(actor(), tx, bulk_id)


@bulk_blueprint.get("/<bulk_id>/items")
@scoped("instances:read")
@bulk_blueprint.arguments(ItemQuery, location="query")
@bulk_blueprint.response(200, Items)
def items(query: dict[str, Any], bulk_id: str) -> Any:
    """Read what became of each."""
    with read_tx() as tx:
        return {"items": bulk.items(actor(), tx, bulk_id, **query)}
