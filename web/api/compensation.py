"""Compensation for an outage: computed by the list, proposed, approved by the process (EMG-8)."""

from collections.abc import Mapping
from typing import Any

import marshmallow as ma
from flask_smorest import Blueprint

from loopdesk.desk.response import awards
from loopdesk.desk.response.awards import Compensation, Wish
from loopdesk.web.api.auth import scoped
from loopdesk.web.api.schemas import Entries, Moment, Query, Strict
from loopdesk.web.context import actor, open_tx, read_tx

blueprint = Blueprint("compensations", __name__, url_prefix="/compensations", description="Compensation for outages")


class Outage(Strict):
    """From when until when the service was away; overlapping ones count once."""

    since = Moment(required=True)
    until = Moment(required=True)


class NewCompensation(Strict):
    """For which emergency and customer; ``percent`` instead of the list's needs a ``reason``."""

    emergency = ma.fields.String(required=True)
    outages = ma.fields.List(ma.fields.Nested(Outage), required=True, validate=Entries(1, 50))
    case = ma.fields.String(load_default="", metadata={"description": "The customer's; empty for the emergency's own."})
    contract = ma.fields.String(load_default="", metadata={"description": "Empty for all in force."})
    percent = ma.fields.Decimal(load_default=None, allow_none=True, allow_nan=False)
    reason = ma.fields.String(load_default="", validate=ma.validate.Length(max=5000))
    dry_run = ma.fields.Boolean(load_default=False, metadata={"description": "Compute and keep nothing."})


class CompensationQuery(Query):
    """Filters; all that are given must match."""

    emergency = ma.fields.String(load_default="")
    state = ma.fields.String(load_default="", validate=ma.validate.OneOf(("", *awards.STATES)))


class CompensationOut(ma.Schema):
    """Money in minor units of ``currency`` (cents, fen); ``credit`` is null where no base fee is known."""

    id = ma.fields.String()
    emergency = ma.fields.String()
    case = ma.fields.String()
    customer = ma.fields.String()
    outage_seconds = ma.fields.Integer()
    service_seconds = ma.fields.Integer()
    percent = ma.fields.String()
    base_fee = ma.fields.Integer(allow_none=True)
    credit = ma.fields.Integer(allow_none=True)
    currency = ma.fields.String()
    reason = ma.fields.String()
    state = ma.fields.String(metadata={"enum": [*awards.STATES, "computed"]})
    requested_at = ma.fields.AwareDateTime()
    requested_by = ma.fields.String(metadata={"description": "Somebody else has to approve it."})
    first_by = ma.fields.String()
    second_by = ma.fields.String()
    decided_at = ma.fields.AwareDateTime(allow_none=True)
    note = ma.fields.String()


@blueprint.get("")
@scoped("cases:read")
@blueprint.arguments(CompensationQuery, location="query")
@blueprint.response(200, CompensationOut(many=True))
def listing(query: dict[str, Any]) -> list[Compensation]:
    """The compensations that match, newest first."""
    with read_tx() as tx:
        return awards.listing(actor(), tx, **query)


@blueprint.post("")
@scoped("cases:write")
@blueprint.arguments(NewCompensation)
@blueprint.response(201, CompensationOut)
def propose(given: dict[str, Any]) -> Any:
    """Compute what the list gives and propose it; its approval begins, by somebody else than you."""
    wish = Wish(
        spans=[(one["since"], one["until"]) for one in given["outages"]],
        **{name: given[name] for name in ("case", "contract", "percent", "reason")},
    )
    if given["dry_run"]:
        return _computed(given["emergency"], wish), 200
    with open_tx() as tx:
        return awards.request(actor(), tx, given["emergency"], wish)


def _computed(emergency: str, wish: Wish) -> Mapping[str, Any]:
    with read_tx() as tx:
        case, fee, award = awards.compute(actor(), tx, emergency, wish)
    seconds = {"outage_seconds": award.outage.total_seconds(), "service_seconds": award.service_time.total_seconds()}
    money = {"base_fee": fee.amount if fee else None, "credit": award.credit, "currency": award.currency}
    about = {"emergency": emergency, "case": case.number, "state": "computed"}
    return {**about, **seconds, **money, "percent": format(award.percent.normalize(), "f")}
