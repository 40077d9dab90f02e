"""Runbooks and their steps in an emergency; drills and what is due (EMG-9, EMG-10)."""

from typing import Any

import marshmallow as ma
from flask_smorest import Blueprint

from loopdesk.desk import emergency, runbooks
from loopdesk.desk.drills import coverage, history
from loopdesk.desk.rights import require
from loopdesk.desk.runbooks import Plan, Progress
from loopdesk.engine.errors import N_, Missing
from loopdesk.engine.tx import Tx
from loopdesk.web.api.auth import scoped
from loopdesk.web.api.schemas import Strict
from loopdesk.web.context import actor, open_tx, read_tx

blueprint = Blueprint("runbooks", __name__, url_prefix="/runbooks", description="Runbooks and drills")


class RunbookStepOut(ma.Schema):
    """One step; ``limit`` in minutes after the declaration."""

    id = ma.fields.String()
    text = ma.fields.Dict(metadata={"description": "Language -> words."})
    role = ma.fields.String()
    limit = ma.fields.Integer()
    weight = ma.fields.Float()


class RunbookOut(ma.Schema):
    """One runbook; without ``causes`` it is the general one of its kinds."""

    key = ma.fields.String()
    name = ma.fields.Dict(metadata={"description": "Language -> words."})
    kinds = ma.fields.List(ma.fields.String())
    causes = ma.fields.List(ma.fields.String())
    owner = ma.fields.String()
    number = ma.fields.Integer(metadata={"description": "The version of the folder."})
    steps = ma.fields.List(ma.fields.Nested(RunbookStepOut))


class StepTickOut(ma.Schema):
    """Who did a step, and when."""

    at = ma.fields.AwareDateTime()
    by_id = ma.fields.String()
    by_name = ma.fields.String()


class StepStateOut(ma.Schema):
    """A step in an emergency."""

    step = ma.fields.Nested(RunbookStepOut)
    due_at = ma.fields.AwareDateTime()
    state = ma.fields.String(metadata={"enum": ["open", "overdue", "done", "late"]})
    tick = ma.fields.Nested(StepTickOut, allow_none=True)


class RunbookProgressOut(ma.Schema):
    """How far an emergency has come with its runbook."""

    plan = ma.fields.Nested(RunbookOut)
    steps = ma.fields.List(ma.fields.Nested(StepStateOut))
    done = ma.fields.Integer()


class NotDone(Strict):
    """Why a step is not done after all."""

    reason = ma.fields.String(required=True, validate=ma.validate.Length(1, 2000))


class DrillOut(ma.Schema):
    """One drill of the house; ``score`` is null until it is recorded."""

    id = ma.fields.String()
    plan = ma.fields.String()
    covers = ma.fields.List(ma.fields.String())
    state = ma.fields.String()
    planned_at = ma.fields.AwareDateTime()
    ended_at = ma.fields.AwareDateTime(allow_none=True)
    lead = ma.fields.String()
    score = ma.fields.Integer(allow_none=True)
    result = ma.fields.Dict()


class DueOut(ma.Schema):
    """One duty to drill; an empty ``covers`` means anything."""

    id = ma.fields.String()
    covers = ma.fields.String()
    due_at = ma.fields.AwareDateTime()
    overdue = ma.fields.Boolean()


class DrillsOut(ma.Schema):
    """The drills so far, the latest first, and what is due."""

    drills = ma.fields.List(ma.fields.Nested(DrillOut))
    due = ma.fields.List(ma.fields.Nested(DueOut))


@blueprint.get("")
@scoped("cases:read")
@blueprint.response(200, RunbookOut(many=True))
def listing() -> list[Plan]:
    """All runbooks as they stand now."""
    require(actor(), "emergency.read")
    with read_tx() as tx:
        return list(runbooks.current(tx).values())


@blueprint.get("/drills")
@scoped("cases:read")
@blueprint.response(200, DrillsOut)
def drills() -> dict[str, Any]:
    """The drills of the house with their results, and what is due."""
    require(actor(), "emergency.read")
    with read_tx() as tx:
        return {"drills": history.listing(tx), "due": coverage.coverage(tx)}


@blueprint.get("/emergencies/<emergency_id>")
@scoped("cases:read")
@blueprint.response(200, RunbookProgressOut)
def progress(emergency_id: str) -> Progress:
    """The runbook of an emergency, step by step."""
    with read_tx() as tx:
        return _progress(tx, emergency_id)


@blueprint.post("/emergencies/<emergency_id>/steps/<step>")
@scoped("cases:write")
@blueprint.response(201, RunbookProgressOut)
def tick(emergency_id: str, step: str) -> Progress:
    """Tick a step off: it is done now, by whoever's token this is."""
    with open_tx() as tx:
        emergency.see(actor(), tx, emergency_id)
        runbooks.tick(actor(), tx, emergency_id, step)
        return _progress(tx, emergency_id)


@blueprint.post("/emergencies/<emergency_id>/steps/<step>/undo")
@scoped("cases:write")
@blueprint.arguments(NotDone)
@blueprint.response(200, RunbookProgressOut)
def untick(given: dict[str, Any], emergency_id: str, step: str) -> Progress:
    """Take a tick back for a reason."""
    with open_tx() as tx:
        emergency.see(actor(), tx, emergency_id)
        runbooks.untick(actor(), tx, emergency_id, step, **given)
        return _progress(tx, emergency_id)


def _progress(tx: Tx, emergency_id: str) -> Progress:
    found = runbooks.of(tx, emergency.see(actor(), tx, emergency_id))
    if found is None:
        raise Missing("There is no runbook for this emergency.", remedy=N_("Deploy the folder runbooks."))
    return found
