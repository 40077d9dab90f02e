"""Tiers, skills, duty, escalations and breaches (DIA-1, SLA-4, SLA-6)."""

from dataclasses import asdict
from typing import Any

import marshmallow as ma
from flask_smorest import Blueprint

from loopdesk.desk import breach, choices, duty, escalation, skills
from loopdesk.desk.record import TIERS
from loopdesk.desk.rights import require
from loopdesk.web.api.auth import scoped
from loopdesk.web.api.filters import Chosen
from loopdesk.web.api.schemas import Moment, Page, PageQuery, Query, Strict
from loopdesk.web.context import actor, open_tx, read_tx

blueprint = Blueprint("support", __name__, url_prefix="/support", description="Who is there, and what went wrong")


class Training(Strict):
    """A person's tier and skills, codes of `support.yaml`."""

    tier = ma.fields.String(required=True, metadata={"description": "L1, L2, L3 or empty."})
    skills = ma.fields.List(ma.fields.String(), required=True)


class NewTurn(Strict):
    """Somebody on duty, from one moment until another."""

    person = ma.fields.String(required=True, metadata={"description": "Id, sign-in name or e-mail."})
    department = ma.fields.String(required=True)
    tier = ma.fields.String(required=True, validate=ma.validate.OneOf(TIERS))
    starts_at = Moment(required=True)
    ends_at = Moment(required=True)


class Turn(ma.Schema):
    """One turn of duty."""

    id = ma.fields.String()
    person_id = ma.fields.String()
    department = ma.fields.String()
    tier = ma.fields.String()
    starts_at = ma.fields.AwareDateTime()
    ends_at = ma.fields.AwareDateTime()


class Gap(ma.Schema):
    """A time in which nobody is there although the policy asks for somebody."""

    department = ma.fields.String()
    tier = ma.fields.String()
    starts_at = ma.fields.AwareDateTime()
    ends_at = ma.fields.AwareDateTime()


class DutyList(ma.Schema):
    """Turns that have not ended, and the gaps ahead."""

    turns = ma.fields.List(ma.fields.Nested(Turn))
    gaps = ma.fields.List(ma.fields.Nested(Gap))


class Wish(Strict):
    """Why a case goes one tier up, and the skill that it takes, if any."""

    reason = ma.fields.String(required=True, validate=ma.validate.Length(1, 2000))
    skill = ma.fields.String(load_default="")


class Lifted(ma.Schema):
    """The tier that the case has now."""

    tier = ma.fields.String(metadata={"enum": list(escalation.LADDER)})


class Period(Query):
    """Cases that were opened from one moment until another."""

    since = Moment(required=True)
    until = Moment(required=True)


class Share(ma.Schema):
    """How many of the cases went up, how and how far; a case counts once in each figure."""

    cases = ma.fields.Integer()
    escalated = ma.fields.Integer()
    by_way = ma.fields.Dict(keys=ma.fields.String(), values=ma.fields.Integer())
    by_tier = ma.fields.Dict(keys=ma.fields.String(), values=ma.fields.Integer())


class BreachQuery(PageQuery):
    """Filters; all that are given must match."""

    state = ma.fields.String(load_default="", validate=ma.validate.OneOf(("", "open", "done")))
    cause = Chosen(choices.CAUSE, load_default="")


class TraceOut(ma.Schema):
    """One breach and what became of it."""

    id = ma.fields.String()
    case = ma.fields.String()
    name = ma.fields.String(metadata={"description": "The clock."})
    policy = ma.fields.String()
    level = ma.fields.String()
    department = ma.fields.String()
    due_at = ma.fields.AwareDateTime(allow_none=True)
    minutes_over = ma.fields.Integer()
    opened_at = ma.fields.AwareDateTime()
    state = ma.fields.String(metadata={"enum": list(breach.STATES)})
    cause = ma.fields.String()
    explanation = ma.fields.String()
    action = ma.fields.String()
    responsible = ma.fields.String()
    follow_up_at = ma.fields.AwareDateTime(allow_none=True)
    done_at = ma.fields.AwareDateTime(allow_none=True)
    result = ma.fields.String()


class Traces(Page):
    """One page of traces, newest first."""

    breaches = ma.fields.List(ma.fields.Nested(TraceOut))


@blueprint.get("/people/<person_id>")
@scoped("cases:read")
@blueprint.response(200, Training)
def trained(person_id: str) -> skills.Skills:
    """A person's tier and skills."""
    require(actor(), "people.list")
    with read_tx() as tx:
        return skills.of(tx, person_id)


@blueprint.get("/duty")
@scoped("cases:read")
@blueprint.response(200, DutyList)
def turns() -> dict[str, Any]:
    """Who is on duty now and later, and when nobody is."""
    with read_tx() as tx:
        return {"turns": duty.listing(actor(), tx), "gaps": duty.gaps(actor(), tx)}


@blueprint.post("/duty")
@scoped("cases:write")
@blueprint.arguments(NewTurn)
@blueprint.response(201, Turn)
def plan(given: dict[str, Any]) -> duty.Duty:
    """Put somebody on the duty list of one of your departments."""
    with open_tx() as tx:
        return duty.add(actor(), tx, **given)


@blueprint.delete("/duty/<duty_id>")
@scoped("cases:write")
@blueprint.response(204)
def unplan(duty_id: str) -> None:
    """Take a turn off the list."""
    with open_tx() as tx:
        duty.remove(actor(), tx, duty_id)


@blueprint.post("/cases/<number>/escalate")
@scoped("cases:write")
@blueprint.arguments(Wish)
@blueprint.response(200, Lifted)
def escalate(given: dict[str, Any], number: str) -> dict[str, str]:
    """Lift a case one tier and give it to a backup person."""
    with open_tx() as tx:
        return {"tier": escalation.by_hand(actor(), tx, number, **given)}


@blueprint.get("/escalations/share")
@scoped("cases:read")
@blueprint.arguments(Period, location="query")
@blueprint.response(200, Share)
def share(period: dict[str, Any]) -> dict[str, Any]:
    """What share of the cases was escalated."""
    with read_tx() as tx:
        return asdict(escalation.share(actor(), tx, period["since"], period["until"]))


@blueprint.get("/breaches")
@scoped("cases:read")
@blueprint.arguments(BreachQuery, location="query")
@blueprint.response(200, Traces)
def breaches(query: dict[str, Any]) -> dict[str, Any]:
    """The traces of breaches."""
    with read_tx() as tx:
        found, total = breach.listing(actor(), tx, **query)
    return {"breaches": found, "total": total, "page": query["page"], "per_page": query["per_page"]}
