"""Process instances: where they stand, what happened, and messages for them (PRO, ANA-6)."""

from typing import Any

import marshmallow as ma
from flask_smorest import Blueprint

from loopdesk.desk import case, rights
from loopdesk.desk.choices import PROCESS
from loopdesk.engine import events, instances, messages, selection
from loopdesk.engine.tx import Tx
from loopdesk.web.api.auth import scoped
from loopdesk.web.api.filters import Chosen
from loopdesk.web.api.schemas import Query, Strict
from loopdesk.web.context import actor, open_tx, read_tx

blueprint = Blueprint("instances", __name__, url_prefix="/instances", description="Running and finished processes")


class InstanceOut(ma.Schema):
    """One run of a process for a case."""

    id = ma.fields.String()
    process = ma.fields.String()
    key = ma.fields.String(metadata={"description": "Number of the case."})
    status = ma.fields.String(metadata={"enum": ["active", "suspended", "completed", "failed", "cancelled"]})
    bundle = ma.fields.String()
    number = ma.fields.Integer(metadata={"description": "Number of the deployment it keeps for life."})
    started_at = ma.fields.AwareDateTime()
    ended_at = ma.fields.AwareDateTime(allow_none=True)
    suspended_at = ma.fields.AwareDateTime(allow_none=True, metadata={"description": "On hold since then."})


class Tokens(ma.Schema):
    """Elements by state."""

    active = ma.fields.List(ma.fields.String())
    completed = ma.fields.List(ma.fields.String())
    incidents = ma.fields.List(ma.fields.String())


class InstanceWithTokens(InstanceOut):
    """One run and where it stands."""

    tokens = ma.fields.Nested(Tokens)


class Instances(ma.Schema):
    """Runs; those of one case oldest first, others newest first."""

    instances = ma.fields.List(ma.fields.Nested(InstanceOut))
    total = ma.fields.Integer(metadata={"description": "All that the filter means and that you may see."})


class EventOut(ma.Schema):
    """One thing that happened."""

    at = ma.fields.AwareDateTime()
    kind = ma.fields.String()
    element = ma.fields.String()
    actor_kind = ma.fields.String()
    actor_id = ma.fields.String()
    actor_name = ma.fields.String()
    data = ma.fields.Dict()


class History(ma.Schema):
    """What happened, oldest first."""

    events = ma.fields.List(ma.fields.Nested(EventOut))


class Wanted(Query):
    """Which runs: those of a case, or by what they have in common."""

    case = ma.fields.String(metadata={"description": "Number of the case; without it only who may step in may ask."})
    process = Chosen(PROCESS)
    number = ma.fields.Integer(metadata={"description": "Number of the deployment."})
    element = ma.fields.String(metadata={"description": "That they wait at."})
    status = ma.fields.String(validate=ma.validate.OneOf(selection.STATUSES))
    older_than = ma.fields.Integer(metadata={"description": "Days since the start."})
    stopped = ma.fields.Boolean(metadata={"description": "By an incident."})
    after = ma.fields.String(load_default="", metadata={"description": "The last id of the page before."})
    limit = ma.fields.Integer(load_default=50, validate=ma.validate.Range(1, 200))


class NewCaseMessage(Strict):
    """A message that a diagram waits for, or that starts a process."""

    name = ma.fields.String(required=True, validate=ma.validate.Length(1, 200))
    payload = ma.fields.Dict(keys=ma.fields.String(), load_default=dict)
    message_id = ma.fields.String(
        load_default=None,
        validate=ma.validate.Length(max=200),
        metadata={"description": "Your own id; the same one again is answered with what became of the first."},
    )


class CaseMessageOut(ma.Schema):
    """A message that was handed in, and what became of it so far."""

    id = ma.fields.Integer()
    message_id = ma.fields.String()
    state = ma.fields.String(metadata={"enum": ["new", "waiting", "correlated", "expired"]})
    instances = ma.fields.List(ma.fields.String(), metadata={"description": "Who got it, or was begun by it."})
    expires_at = ma.fields.AwareDateTime()


@blueprint.get("")
@scoped("instances:read")
@blueprint.arguments(Wanted, location="query")
@blueprint.response(200, Instances)
def listing(query: dict[str, Any]) -> Any:
    """List the runs of a case, or all that have something in common."""
    limit, after = query.pop("limit"), query.pop("after")
    with read_tx() as tx:
        if set(query) == {"case"}:
            case.read(actor(), tx, query["case"])
            found = instances.of_key(tx, query["case"])
            return {"instances": found, "total": len(found)}
        number = query.pop("case", None)
        wanted = selection.instances_of({**query, **({"key": number} if number else {})})
        rows, total = selection.instances(actor(), tx, wanted, limit=limit, after=after)
        return {"instances": rows, "total": total}


@blueprint.get("/<instance_id>")
@scoped("instances:read")
@blueprint.response(200, InstanceWithTokens)
def read(instance_id: str) -> Any:
    """Read where a run stands."""
    with read_tx() as tx:
        return _visible(tx, instance_id) | {"tokens": instances.tokens(tx, instance_id)}


@blueprint.get("/<instance_id>/history")
@scoped("instances:read")
@blueprint.response(200, History)
def history(instance_id: str) -> Any:
    """Read what happened in a run."""
    with read_tx() as tx:
        row = _visible(tx, instance_id)
        return {"events": [event for event in events.timeline(tx, row["key"]) if event["instance_id"] == instance_id]}


@blueprint.post("/<instance_id>/messages")
@scoped("instances:write")
@blueprint.arguments(NewCaseMessage)
@blueprint.response(202, CaseMessageOut)
def message(body: dict[str, Any], instance_id: str) -> messages.Published:
    """Hand a message to the processes of this run's case; it waits up to 30 days for one that wants it."""
    with open_tx() as tx:
        rights.require(actor(), "messages.publish")
        row = _visible(tx, instance_id)
        return messages.publish(
            actor(), tx, body["name"], key=row["key"], payload=body["payload"], message_id=body["message_id"]
        )


def _visible(tx: Tx, instance_id: str) -> dict[str, Any]:
    """The instance's row, if its case may be seen."""
    row = instances.get(tx, instance_id)
    case.read(actor(), tx, row["key"])
    return row
