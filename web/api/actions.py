"""Improvement actions: what was agreed, who does it, what came of it (HND-9)."""

from collections.abc import Callable, Mapping
from typing import Any

import marshmallow as ma
from flask_smorest import Blueprint

from loopdesk.desk import actions, choices
from loopdesk.desk.team import board, meetings, taskforce
from loopdesk.engine.actor import Actor
from loopdesk.engine.tx import Tx
from loopdesk.web.api.auth import scoped
from loopdesk.web.api.filters import Chosen, Somebody
from loopdesk.web.api.schemas import Moment, Query, Strict
from loopdesk.web.context import actor, open_tx, read_tx

blueprint = Blueprint("actions", __name__, url_prefix="/actions", description="Improvement actions")


MINE: Mapping[str, Callable[[Actor, Tx, str], object]] = {
    "meeting": meetings.open_to,
    "board": board.open_to,
    "taskforce": taskforce.open_to,
}
"""Sources to which not everybody adds: who may not write there on its page does not over the API either."""


class ActionQuery(Query):
    """Filters; all that are given must match. ``late``: open after its day, or done after it."""

    state = ma.fields.String(load_default="", validate=ma.validate.OneOf(("", *actions.STATES)))
    source = ma.fields.String(load_default="", validate=ma.validate.OneOf(("", *actions.SOURCES)))
    department = Chosen(choices.DEPARTMENT, load_default="")
    owner = Somebody(load_default="", metadata={"description": "Id, sign-in name or e-mail address."})
    late = ma.fields.Boolean(load_default=False)


class NewAction(Strict):
    """What will be done, by whom (id, sign-in name or e-mail) and until when; ``source_id``: where it comes from."""

    source = ma.fields.String(required=True, validate=ma.validate.OneOf(actions.SOURCES))
    source_id = ma.fields.String(required=True, validate=ma.validate.Length(1, 64))
    text = ma.fields.String(required=True, validate=ma.validate.Length(1, 5000))
    owner = ma.fields.String(required=True)
    due_at = Moment(required=True)
    case = ma.fields.String(load_default="")
    department = ma.fields.String(load_default="")


class ActionResult(Strict):
    """What came of it."""

    result = ma.fields.String(required=True, validate=ma.validate.Length(1, 5000))


class ActionOut(ma.Schema):
    """One action; ``case`` is empty without one."""

    id = ma.fields.String()
    source = ma.fields.String(metadata={"enum": list(actions.SOURCES)})
    source_id = ma.fields.String()
    case = ma.fields.String()
    text = ma.fields.String()
    department = ma.fields.String()
    owner_id = ma.fields.String()
    owner = ma.fields.String()
    created_at = ma.fields.AwareDateTime()
    due_at = ma.fields.AwareDateTime()
    state = ma.fields.String(metadata={"enum": list(actions.STATES)})
    done_at = ma.fields.AwareDateTime(allow_none=True)
    done_by = ma.fields.String()
    result = ma.fields.String()


@blueprint.get("")
@scoped("cases:read")
@blueprint.arguments(ActionQuery, location="query")
@blueprint.response(200, ActionOut(many=True))
def listing(query: dict[str, Any]) -> list[actions.Action]:
    """The actions that match, what is due first at the front."""
    with read_tx() as tx:
        return actions.listing(actor(), tx, **query)


@blueprint.post("")
@scoped("cases:write")
@blueprint.arguments(NewAction)
@blueprint.response(201, ActionOut)
def add(given: dict[str, Any]) -> actions.Action:
    """Agree on an action; its owner is reminded when it is due."""
    with open_tx() as tx:
        if given["source"] in MINE:
            MINE[given["source"]](actor(), tx, given["source_id"])
        return actions.add(actor(), tx, **given)


@blueprint.post("/<action_id>/done")
@scoped("cases:write")
@blueprint.arguments(ActionResult)
@blueprint.response(200, ActionOut)
def done(given: dict[str, Any], action_id: str) -> actions.Action:
    """Say that it is done, and what came of it."""
    with open_tx() as tx:
        return actions.done(actor(), tx, action_id, **given)
