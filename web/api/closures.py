"""Verification before closing, and opening a case again (FIX-4, FIX-9, COM-9)."""

from typing import Any

import marshmallow as ma
from flask_smorest import Blueprint

from loopdesk.desk import choices
from loopdesk.desk.closure import listing, reopening, rounds
from loopdesk.desk.closure.listing import Line
from loopdesk.web.api.auth import scoped
from loopdesk.web.api.filters import Chosen, Somebody
from loopdesk.web.api.schemas import Query, Strict, some_words
from loopdesk.web.context import actor, open_tx, read_tx

blueprint = Blueprint("closures", __name__, description="Verification before closing, opening again")


class ClosureQuery(Query):
    """Filters; all that are given must match."""

    owner = Somebody(load_default="", metadata={"description": "Id, sign-in name or e-mail address."})
    department = Chosen(choices.DEPARTMENT, load_default="")
    stage = ma.fields.String(load_default="", validate=ma.validate.OneOf(("", *rounds.STAGES)))
    page = ma.fields.Integer(load_default=1, validate=ma.validate.Range(1, 100_000))
    per_page = ma.fields.Integer(load_default=25, validate=ma.validate.Range(1, 100))


class ClosureRoundOut(ma.Schema):
    """A pass from solved to closed; ``until`` is when its stage ends by itself, null where it does not."""

    id = ma.fields.String()
    case = ma.fields.String()
    kind = ma.fields.String()
    stage = ma.fields.String(metadata={"enum": [*rounds.STAGES, rounds.DONE]})
    until = ma.fields.AwareDateTime(allow_none=True)
    chased_at = ma.fields.AwareDateTime(allow_none=True)
    began_at = ma.fields.AwareDateTime()
    ended_at = ma.fields.AwareDateTime(allow_none=True)
    outcome = ma.fields.String(metadata={"enum": ["", "closed", "reopened", "failed", "given_up"]})


class ClosureLineOut(ClosureRoundOut):
    """A pass with how much of its checklist is ticked, and how much has failed."""

    items = ma.fields.Integer()
    passed = ma.fields.Integer()
    failed = ma.fields.Integer()


class ClosuresOut(ma.Schema):
    """One page."""

    closures = ma.fields.List(ma.fields.Nested(ClosureLineOut))
    total = ma.fields.Integer()
    page = ma.fields.Integer()
    per_page = ma.fields.Integer()


class CheckOut(ma.Schema):
    """One item of the checklist as somebody found it."""

    round = ma.fields.String()
    item = ma.fields.String()
    passed = ma.fields.Boolean()
    note = ma.fields.String()
    at = ma.fields.AwareDateTime()
    by_name = ma.fields.String()


class ReopeningOut(ma.Schema):
    """A later word; ``other`` is the linked case that it became, empty for none."""

    id = ma.fields.String()
    case = ma.fields.String()
    at = ma.fields.AwareDateTime()
    source = ma.fields.String()
    wish = ma.fields.String(metadata={"enum": list(reopening.WISHES)})
    text = ma.fields.String()
    state = ma.fields.String(metadata={"enum": ["pending", "reopened", "linked", "added", "dismissed"]})
    other = ma.fields.String()
    decided_at = ma.fields.AwareDateTime(allow_none=True)


class ClosureOut(ma.Schema):
    """All of a case: passes, checklist, later words, and until when it is opened again itself (null before it is
    closed)."""

    rounds = ma.fields.List(ma.fields.Nested(ClosureRoundOut))
    checklist = ma.fields.List(ma.fields.Nested(CheckOut))
    reopenings = ma.fields.List(ma.fields.Nested(ReopeningOut))
    reopen_until = ma.fields.AwareDateTime(allow_none=True)


class NewReopening(Strict):
    """The words, and what they are about: the fix that fails, or something else."""

    text = ma.fields.String(required=True, validate=[ma.validate.Length(min=1), some_words])
    wish = ma.fields.String(load_default=reopening.FAILS, validate=ma.validate.OneOf((reopening.FAILS, reopening.ELSE)))


@blueprint.get("/closures")
@scoped("cases:read")
@blueprint.arguments(ClosureQuery, location="query")
@blueprint.response(200, ClosuresOut)
def closures(query: dict[str, Any]) -> dict[str, Any]:
    """Cases that are verified now, what ends by itself first."""
    with read_tx() as tx:
        found = listing.under_way(actor(), tx, **query)
    shown = [_line(one) for one in found.lines]
    return {"closures": shown, "total": found.total, "page": found.page, "per_page": found.per_page}


@blueprint.get("/cases/<number>/closure")
@scoped("cases:read")
@blueprint.response(200, ClosureOut)
def of_case(number: str) -> dict[str, Any]:
    """How a case was verified, and what was said later."""
    with read_tx() as tx:
        return {
            "rounds": rounds.of_case(actor(), tx, number),
            "checklist": rounds.checklist(actor(), tx, number),
            "reopenings": reopening.of_case(actor(), tx, number),
            "reopen_until": reopening.standing(tx, number)["until"],
        }


@blueprint.post("/cases/<number>/reopenings")
@scoped("cases:write")
@blueprint.arguments(NewReopening)
@blueprint.response(201, ReopeningOut)
def reopen(given: dict[str, Any], number: str) -> Any:
    """Say that the fix does not hold: within the window the same case, after it a linked one (see ``other``).

    The same words for the same fix are one wish, however often they are sent.
    """
    with open_tx() as tx:
        return reopening.ask(actor(), tx, number, given["text"], source=reopening.API, wish=given["wish"])


def _line(one: Line) -> dict[str, Any]:
    shown = {name: getattr(one.round, name) for name in ClosureRoundOut().fields}
    return {**shown, "items": one.items, "passed": one.passed, "failed": one.failed}
