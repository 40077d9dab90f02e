"""What customers say about us: kept, read, corrected (FBK-3)."""

from typing import Any

import marshmallow as ma
from flask_smorest import Blueprint

from loopdesk.desk import choices, feedback
from loopdesk.desk.feedback import KINDS, SOURCES, STATES, Feedback, Words
from loopdesk.web.api.auth import scoped
from loopdesk.web.api.filters import Chosen
from loopdesk.web.api.schemas import Moment, Query, Strict
from loopdesk.web.context import actor, open_tx, read_tx

blueprint = Blueprint("feedback", __name__, url_prefix="/feedback", description="What customers say about us")

TOLD = ("mail", "call", "portal")
"""Sources that other systems may name; answers of surveys come through their links only."""


class NewFeedback(Strict):
    """What the customer of a case said; without a kind the table decides it."""

    case = ma.fields.String(required=True)
    source = ma.fields.String(required=True, validate=ma.validate.OneOf(TOLD))
    text = ma.fields.String(required=True, validate=ma.validate.Length(1, 10_000))
    kind = ma.fields.String(validate=ma.validate.OneOf(KINDS))
    stars = ma.fields.Integer(load_default=None, validate=ma.validate.Range(1, 5))
    external_id = ma.fields.String(
        load_default=None,
        validate=ma.validate.Length(1, 200),
        metadata={"description": "What your system calls it; told twice, it is kept once."},
    )


class FeedbackQuery(Query):
    """Filters; all of them have to fit."""

    kind = ma.fields.String(validate=ma.validate.OneOf(KINDS))
    department = Chosen(choices.DEPARTMENT)
    source = ma.fields.String(validate=ma.validate.OneOf(SOURCES))
    state = ma.fields.String(validate=ma.validate.OneOf(STATES))
    case = ma.fields.String()
    late = ma.fields.Boolean()
    stars = ma.fields.Integer(validate=ma.validate.Range(1, 5), metadata={"description": "At most so many."})
    since = Moment()
    until = Moment()


class Kind(Strict):
    """What it is after all."""

    kind = ma.fields.String(required=True, validate=ma.validate.OneOf(KINDS))


class FeedbackOut(ma.Schema):
    """One time that a customer said something, and its path."""

    id = ma.fields.String()
    case = ma.fields.String()
    customer = ma.fields.String()
    source = ma.fields.String()
    kind = ma.fields.String(metadata={"description": "complaint, suggestion, praise, none; empty until it is decided."})
    decided_by = ma.fields.String(metadata={"description": "kind.dmn, or the person who said so."})
    text = ma.fields.String()
    stars = ma.fields.Integer(allow_none=True)
    nps = ma.fields.Integer(allow_none=True)
    state = ma.fields.String(metadata={"description": "new, sorted, forwarded, done."})
    department = ma.fields.String()
    at = ma.fields.AwareDateTime()
    forward_due_at = ma.fields.AwareDateTime(allow_none=True)
    forwarded_at = ma.fields.AwareDateTime(allow_none=True)
    result_due_at = ma.fields.AwareDateTime(allow_none=True)
    result_at = ma.fields.AwareDateTime(allow_none=True)
    result = ma.fields.String()
    published_at = ma.fields.AwareDateTime(allow_none=True)


class FeedbackList(ma.Schema):
    """Complaints first, at most 500."""

    feedback = ma.fields.List(ma.fields.Nested(FeedbackOut))


@blueprint.get("")
@scoped("cases:read")
@blueprint.arguments(FeedbackQuery, location="query")
@blueprint.response(200, FeedbackList)
def listing(query: dict[str, Any]) -> dict[str, list[Feedback]]:
    """The feedback that matches."""
    with read_tx() as tx:
        return {"feedback": feedback.listing(actor(), tx, **query)}


@blueprint.post("")
@scoped("cases:write")
@blueprint.arguments(NewFeedback)
@blueprint.response(201, FeedbackOut, description="The feedback; 200 when this external id was told before.")
def add(given: dict[str, Any]) -> tuple[Feedback, int]:
    """Keep what a customer said; its path begins."""
    said = {name: value for name, value in given.items() if name != "case"}
    with open_tx() as tx:
        kept, new = feedback.tell(actor(), tx, given["case"], Words(**said))
        return feedback.get(tx, kept.id, actor()), 201 if new else 200


@blueprint.get("/<feedback_id>")
@scoped("cases:read")
@blueprint.response(200, FeedbackOut)
def one(feedback_id: str) -> Feedback:
    """One feedback."""
    with read_tx() as tx:
        return feedback.get(tx, feedback_id, actor())


@blueprint.put("/<feedback_id>/kind")
@scoped("cases:write")
@blueprint.arguments(Kind)
@blueprint.response(200, FeedbackOut)
def correct(given: dict[str, Any], feedback_id: str) -> Feedback:
    """Say that it is something else than the table thought; who said so is kept."""
    with open_tx() as tx:
        return feedback.correct(actor(), tx, feedback_id, given["kind"])
