"""Stepping into a running process: on hold, over, moved, mended; its timers (issue 4, Operable)."""

from typing import Any

import marshmallow as ma
from flask_smorest import Blueprint

from loopdesk.engine import modification, suspension, timing
from loopdesk.web.api.auth import scoped
from loopdesk.web.api.schemas import Moment, Strict
from loopdesk.web.context import actor, open_tx, read_tx

blueprint = Blueprint("operating", __name__, url_prefix="/instances", description="Stepping into running processes")


class Why(Strict):
    """The reason, which stands on the case."""

    reason = ma.fields.String(load_default="", validate=ma.validate.Length(max=2000))


class TimerOut(ma.Schema):
    """A timer that a process waits for."""

    id = ma.fields.Integer()
    element = ma.fields.String()
    name = ma.fields.String()
    due_at = ma.fields.AwareDateTime()
    expression = ma.fields.String(metadata={"description": "As the diagram has it, worked out."})
    calendar = ma.fields.String(metadata={"description": "Whose working time it counts; empty for wall time."})
    provisional = ma.fields.Boolean(metadata={"description": "Holidays on the way are not announced yet."})
    state = ma.fields.String(metadata={"enum": ["waiting", "queued"]})


class Timers(ma.Schema):
    """Earliest first."""

    timers = ma.fields.List(ma.fields.Nested(TimerOut))


class MovedTimer(Why):
    """A new moment, or how much later (`PT2H`) or earlier (`-PT2H`)."""

    due_at = Moment(load_default=None)
    by = ma.fields.String(load_default="", validate=ma.validate.Length(max=100))


class Plan(Why):
    """What to change, in this order."""

    changes = ma.fields.List(
        ma.fields.Dict(keys=ma.fields.String()),
        required=True,
        metadata={
            "description": "Each is `{do: move, element|token, to}`, `{do: cancel, element|token}`, `{do: start, to}`, "
            "`{do: set, name, value|feel, token?, retype?}` or `{do: remove, name}`.",
            "example": [{"do": "move", "element": "triage", "to": "resolve"}],
        },
    )
    version = ma.fields.Integer(
        load_default=None, metadata={"description": "Of the instance as you saw it; refused when it has moved on."}
    )
    preview = ma.fields.Boolean(load_default=False, metadata={"description": "Only say what would change."})


class Side(ma.Schema):
    """Tokens and variables at one moment."""

    tokens = ma.fields.List(ma.fields.Dict())
    variables = ma.fields.Dict()


class Changed(ma.Schema):
    """What a plan changes."""

    version = ma.fields.Integer()
    before = ma.fields.Nested(Side)
    after = ma.fields.Nested(Side)


class Standing(Side):
    """Where a run stands, token by token."""

    version = ma.fields.Integer()


class ChangeOut(ma.Schema):
    """One thing that a person did to a run by hand."""

    at = ma.fields.AwareDateTime()
    kind = ma.fields.String()
    element = ma.fields.String()
    actor_id = ma.fields.String()
    actor_name = ma.fields.String()
    data = ma.fields.Dict(metadata={"description": "With `before`, `after` and `reason`."})


class Changes(ma.Schema):
    """Newest first."""

    changes = ma.fields.List(ma.fields.Nested(ChangeOut))


@blueprint.post("/<instance_id>/suspend")
@scoped("instances:write")
@blueprint.arguments(Why)
@blueprint.response(204)
def suspend(body: dict[str, Any], instance_id: str) -> None:
    """Put a run on hold: it takes no step until it is resumed."""
    with open_tx() as tx:
        suspension.suspend(actor(), tx, instance_id, body["reason"])


@blueprint.post("/<instance_id>/resume")
@scoped("instances:write")
@blueprint.arguments(Why)
@blueprint.response(204)
def resume(body: dict[str, Any], instance_id: str) -> None:
    """Let a run on hold go on, with everything that came meanwhile."""
    with open_tx() as tx:
        suspension.resume(actor(), tx, instance_id, body["reason"])


@blueprint.post("/<instance_id>/terminate")
@scoped("instances:write")
@blueprint.arguments(Why)
@blueprint.response(204)
def terminate(body: dict[str, Any], instance_id: str) -> None:
    """End a run for good, with its tasks, timers and subscriptions."""
    with open_tx() as tx:
        suspension.terminate(actor(), tx, instance_id, body["reason"])


@blueprint.get("/<instance_id>/standing")
@scoped("instances:read")
@blueprint.response(200, Standing)
def standing(instance_id: str) -> Any:
    """Read the tokens of a run one by one, its variables, and the version to change it from."""
    with read_tx() as tx:
        return modification.standing(actor(), tx, instance_id)


@blueprint.post("/<instance_id>/modification")
@scoped("instances:write")
@blueprint.arguments(Plan)
@blueprint.response(200, Changed)
def modify(body: dict[str, Any], instance_id: str) -> Any:
    """Move, cancel or start tokens and edit variables, all at once; or see before what would change."""
    if body["preview"]:
        with read_tx() as tx:
            return modification.preview(actor(), tx, instance_id, body["changes"])
    with open_tx() as tx:
        return modification.apply(actor(), tx, instance_id, body["changes"], body["reason"], version=body["version"])


@blueprint.get("/<instance_id>/changes")
@scoped("instances:read")
@blueprint.response(200, Changes)
def changes(instance_id: str) -> Any:
    """Read what people did to a run by hand."""
    with read_tx() as tx:
        return {"changes": modification.changes(actor(), tx, instance_id)}


@blueprint.get("/<instance_id>/timers")
@scoped("instances:read")
@blueprint.response(200, Timers)
def timers(instance_id: str) -> Any:
    """List the timers that a run waits for."""
    with read_tx() as tx:
        return {"timers": timing.listing(actor(), tx, instance_id)}


@blueprint.patch("/timers/<int:timer_id>")
@scoped("instances:write")
@blueprint.arguments(MovedTimer)
@blueprint.response(204)
def move_timer(body: dict[str, Any], timer_id: int) -> None:
    """Let a waiting timer be due at another moment."""
    with open_tx() as tx:
        timing.move(actor(), tx, timer_id, **body)


@blueprint.post("/timers/<int:timer_id>/fire")
@scoped("instances:write")
@blueprint.arguments(Why)
@blueprint.response(204)
def fire_timer(body: dict[str, Any], timer_id: int) -> None:
    """Let a waiting timer end its wait now."""
    with open_tx() as tx:
        timing.fire(actor(), tx, timer_id, reason=body["reason"])
