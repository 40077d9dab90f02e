"""Erasing people and holding cases, for an administrator's programs (SEC-2, SEC-3)."""

from typing import Any

import marshmallow as ma
from flask_smorest import Blueprint

from loopdesk.desk import holds
from loopdesk.desk.erasure import Erasure
from loopdesk.web import privacy
from loopdesk.web.api.auth import scoped
from loopdesk.web.api.schemas import Strict
from loopdesk.web.context import actor, loopdesk, open_tx, read_tx

blueprint = Blueprint("privacy", __name__, url_prefix="", description="Erasing people, holding cases")

SCOPE = "privacy:write"


class Person(Strict):
    """Whom it is about."""

    person = ma.fields.String(
        required=True,
        validate=ma.validate.Length(1, 320),
        metadata={"description": "E-mail address, phone number, id or customer number of a contact; login of staff."},
    )


class Reasoned(Strict):
    """Why."""

    reason = ma.fields.String(required=True, validate=ma.validate.Length(1, 2000))


class Erasing(Person, Reasoned):
    """Whom to erase for good, and why."""


class ErasureOut(ma.Schema):
    """What goes, or would go."""

    person = ma.fields.String(metadata={"description": "Id; it stays."})
    kind = ma.fields.String(metadata={"enum": ["contact", "person"]})
    cases = ma.fields.List(ma.fields.String())
    rows = ma.fields.Dict(keys=ma.fields.String(), values=ma.fields.Integer(), metadata={"description": "By table."})
    events = ma.fields.Integer()
    files = ma.fields.Integer()


class Holding(Reasoned):
    """A case to hold, and why."""

    number = ma.fields.String(required=True, validate=ma.validate.Length(1, 40))


class HoldOut(ma.Schema):
    """A hold in force."""

    id = ma.fields.String()
    number = ma.fields.String(attribute="case")
    reason = ma.fields.String()
    at = ma.fields.AwareDateTime()
    by = ma.fields.String(attribute="by_name")


class Holds(ma.Schema):
    """Oldest first."""

    holds = ma.fields.List(ma.fields.Nested(HoldOut))


@blueprint.post("/erasures/preview")
@scoped(SCOPE)
@blueprint.arguments(Person)
@blueprint.response(200, ErasureOut)
def preview(body: dict[str, Any]) -> Erasure:
    """Say what would go if a person were erased; changes nothing."""
    return privacy.erase(open_tx, loopdesk(), actor(), body["person"], keep=False)


@blueprint.post("/erasures")
@scoped(SCOPE)
@blueprint.arguments(Erasing)
@blueprint.response(201, ErasureOut)
def erase(body: dict[str, Any]) -> Erasure:
    """Erase a person for good; 409 while a case of theirs is open or on hold."""
    return privacy.erase(open_tx, loopdesk(), actor(), body["person"], reason=body["reason"], keep=True)


@blueprint.get("/holds")
@scoped(SCOPE)
@blueprint.response(200, Holds)
def listing() -> Any:
    """List the holds in force."""
    with read_tx() as tx:
        return {"holds": holds.listing(actor(), tx)}


@blueprint.post("/holds")
@scoped(SCOPE)
@blueprint.arguments(Holding)
@blueprint.response(201, HoldOut)
def add(body: dict[str, Any]) -> Any:
    """Put a case on hold; the same reason again is the hold that there is."""
    with open_tx() as tx:
        identity = holds.add(actor(), tx, body["number"], body["reason"])
        return next(row for row in holds.listing(actor(), tx) if row["id"] == identity)


@blueprint.post("/holds/<number>/release")
@scoped(SCOPE)
@blueprint.arguments(Reasoned)
@blueprint.response(204)
def release(body: dict[str, Any], number: str) -> None:
    """End every hold of a case; 404 when there is none."""
    with open_tx() as tx:
        holds.release(actor(), tx, number, body["reason"])
