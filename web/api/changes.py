"""Changes of cases: integrators register them and link merge requests (FIX-3)."""

from typing import Any

import marshmallow as ma
from flask_smorest import Blueprint

from loopdesk.desk.implementation import change_rows, changes, signing
from loopdesk.desk.implementation.change_rows import Change, Wish
from loopdesk.engine.tx import Tx
from loopdesk.web.api.auth import scoped
from loopdesk.web.api.schemas import Page, PageQuery, Strict, placed
from loopdesk.web.context import actor, open_tx, read_tx

blueprint = Blueprint("changes", __name__, url_prefix="/changes", description="Changes of cases")


class ChangeQuery(PageQuery):
    """Filters; all that are given must match. ``open``: not decided yet."""

    state = ma.fields.String(load_default="", validate=ma.validate.OneOf(("", "open", *change_rows.STATES)))
    size = ma.fields.String(load_default="", validate=ma.validate.OneOf(("", change_rows.SMALL, change_rows.MAJOR)))
    case = ma.fields.String(load_default="")


class ChangeText(Strict):
    """What is changed: both sides sign these words."""

    title = ma.fields.String(required=True, validate=ma.validate.Length(1, 300))
    text = ma.fields.String(required=True, validate=ma.validate.Length(1, 20_000))
    kind = ma.fields.String(required=True, validate=ma.validate.OneOf(change_rows.KINDS))
    rollback = ma.fields.String(load_default="", validate=ma.validate.Length(max=20_000))
    downtime_minutes = ma.fields.Integer(load_default=0, strict=True)
    affects_all = ma.fields.Boolean(load_default=False)
    links = ma.fields.List(
        ma.fields.String(),
        load_default=list,
        metadata={"description": "Addresses of merge requests: https://…/-/merge_requests/12"},
    )
    documents = ma.fields.List(ma.fields.String(), load_default=list, metadata={"description": "Ids of its files."})
    representative = ma.fields.String(
        load_default="", metadata={"description": "Id of the contact who signs; empty for who speaks for the customer."}
    )


class NewChange(ChangeText):
    """``external_id``: registered again with it, the first one is answered."""

    case = ma.fields.String(required=True)
    external_id = ma.fields.String(load_default="", validate=ma.validate.Length(max=200))


class MergeRequestLink(Strict):
    """A merge request."""

    address = ma.fields.String(required=True, validate=ma.validate.Length(1, 1000))


class ChangeWithdrawal(Strict):
    """Why."""

    reason = ma.fields.String(required=True, validate=ma.validate.Length(1, 2000))


class ChangeSignature(ma.Schema):
    """A name under a change; it counts while ``digest`` is the change's."""

    role = ma.fields.String(metadata={"enum": [change_rows.LEAD, change_rows.CUSTOMER]})
    name = ma.fields.String()
    decision = ma.fields.String(metadata={"enum": ["signed", "refused"]})
    reason = ma.fields.String()
    at = ma.fields.AwareDateTime()
    digest = ma.fields.String()


class RegisteredChange(ma.Schema):
    """One change with its signatures, oldest first; ``size`` is empty until it is weighed."""

    id = ma.fields.String()
    case = ma.fields.String()
    external_id = ma.fields.String(allow_none=True)
    title = ma.fields.String()
    text = ma.fields.String()
    rollback = ma.fields.String()
    kind = ma.fields.String(metadata={"enum": list(change_rows.KINDS)})
    downtime_minutes = ma.fields.Integer()
    affects_all = ma.fields.Boolean()
    links = ma.fields.List(ma.fields.String())
    documents = ma.fields.List(ma.fields.String())
    representative_id = ma.fields.String()
    size = ma.fields.String()
    size_reason = ma.fields.String()
    state = ma.fields.String(metadata={"enum": list(change_rows.STATES)})
    expires_at = ma.fields.AwareDateTime(allow_none=True)
    proposed_at = ma.fields.AwareDateTime()
    proposed_by = ma.fields.String()
    decided_at = ma.fields.AwareDateTime(allow_none=True)
    reason = ma.fields.String()
    digest = ma.fields.String(metadata={"description": "sha256 of what is signed for."})
    signatures = ma.fields.List(ma.fields.Nested(ChangeSignature))


class RegisteredChanges(Page):
    """One page."""

    changes = ma.fields.List(ma.fields.Nested(RegisteredChange))


@blueprint.get("")
@scoped("cases:read")
@blueprint.arguments(ChangeQuery, location="query")
@blueprint.response(200, RegisteredChanges)
def listing(query: dict[str, Any]) -> dict[str, Any]:
    """The changes that match, newest first."""
    with read_tx() as tx:
        found = change_rows.listing(actor(), tx, **query)
        return {"changes": _several(tx, found.rows), **placed(found)}


@blueprint.post("")
@scoped("cases:write")
@blueprint.arguments(NewChange)
@blueprint.response(201, RegisteredChange)
def register(given: dict[str, Any]) -> dict[str, Any]:
    """Register a change of a case; it is weighed, and signed when it is major."""
    number, external_id = given.pop("case"), given.pop("external_id")
    with open_tx() as tx:
        return _whole(tx, changes.register(actor(), tx, number, Wish(**given), external_id=external_id))


@blueprint.get("/<change_id>")
@scoped("cases:read")
@blueprint.response(200, RegisteredChange)
def one(change_id: str) -> dict[str, Any]:
    """One change."""
    with read_tx() as tx:
        return _whole(tx, change_rows.read(actor(), tx, change_id))


@blueprint.put("/<change_id>")
@scoped("cases:write")
@blueprint.arguments(ChangeText)
@blueprint.response(200, RegisteredChange)
def edit(given: dict[str, Any], change_id: str) -> dict[str, Any]:
    """Change the change: what was signed no longer counts."""
    with open_tx() as tx:
        return _whole(tx, changes.edit(actor(), tx, change_id, Wish(**given)))


@blueprint.post("/<change_id>/links")
@scoped("cases:write")
@blueprint.arguments(MergeRequestLink)
@blueprint.response(200, RegisteredChange)
def link(given: dict[str, Any], change_id: str) -> dict[str, Any]:
    """Link a merge request; the same one again changes nothing."""
    with open_tx() as tx:
        return _whole(tx, changes.link(actor(), tx, change_id, given["address"]))


@blueprint.post("/<change_id>/withdraw")
@scoped("cases:write")
@blueprint.arguments(ChangeWithdrawal)
@blueprint.response(200, RegisteredChange)
def withdraw(given: dict[str, Any], change_id: str) -> dict[str, Any]:
    """It is not wanted any more."""
    with open_tx() as tx:
        return _whole(tx, changes.withdraw(actor(), tx, change_id, reason=given["reason"]))


def _whole(tx: Tx, found: Change) -> dict[str, Any]:
    return _several(tx, [found])[0]


def _several(tx: Tx, found: list[Change]) -> list[dict[str, Any]]:
    signed = signing.of_change(tx, *(one.id for one in found))
    return [
        {name: getattr(one, name) for name in Change.__slots__}
        | {"digest": change_rows.digest(one), "signatures": [mine for mine in signed if mine.change == one.id]}
        for one in found
    ]
