"""Like cases, parent problems, figures of the impact, agreements (INT-8, INT-9, COM-5)."""

from typing import Any

import marshmallow as ma
from flask_smorest import Blueprint

from loopdesk.desk import impact, merging, negotiation, record
from loopdesk.desk.duplicates import links, problems
from loopdesk.desk.rights import readable
from loopdesk.engine.errors import Missing
from loopdesk.web.api.auth import scoped
from loopdesk.web.api.schemas import Strict
from loopdesk.web.context import actor, open_tx, read_tx

blueprint = Blueprint("related", __name__, url_prefix="/cases", description="Repeats, problems, impact, agreements")


class LinkOut(ma.Schema):
    """Another case that this one has to do with."""

    other = ma.fields.String()
    state = ma.fields.String(metadata={"enum": ["proposed", "linked", "merged"]})
    reason = ma.fields.String(metadata={"enum": ["same_customer", "same_asset", "by_hand"]})
    likeness = ma.fields.Float()


class RelatedOut(ma.Schema):
    """The parent problem (empty without one), the number of reports of this one, and links."""

    problem = ma.fields.String()
    reports = ma.fields.Integer()
    links = ma.fields.List(ma.fields.Nested(LinkOut))


class NewLink(Strict):
    """What to do with another case; ``leave`` takes this one out of its parent problem and needs no other."""

    action = ma.fields.String(
        required=True, validate=ma.validate.OneOf(("link", "merge", "decline", "unlink", "join", "leave"))
    )
    other = ma.fields.String(load_default="")
    note = ma.fields.String(load_default="")


class NewFigures(Strict):
    """Per cent of business lost, per cent of users hit; one of the two is enough."""

    loss = ma.fields.Float(allow_nan=False)
    share = ma.fields.Float(allow_nan=False)
    note = ma.fields.String(load_default="")


class ImpactOut(ma.Schema):
    """The level as it was weighed last, and the newest figures; the level follows them within seconds."""

    impact = ma.fields.String()
    score = ma.fields.Float(attribute="impact_score")
    loss = ma.fields.Float(allow_none=True)
    share = ma.fields.Float(allow_none=True)


class NewNegotiation(Strict):
    """``ask``: the customer wishes it; ``offer``: we offer it. The text is the wish, or the terms of the offer."""

    side = ma.fields.String(required=True, validate=ma.validate.OneOf(("ask", "offer")))
    kind = ma.fields.String(required=True, validate=ma.validate.OneOf(negotiation.KINDS))
    text = ma.fields.String(required=True)
    priority = ma.fields.String(load_default="")


class NewAnswer(Strict):
    """The customer's answer to an offer."""

    accepted = ma.fields.Boolean(required=True)
    comment = ma.fields.String(load_default="")


class NegotiationOut(ma.Schema):
    """A negotiation; ``ours_at`` and ``theirs_at`` tell when which side agreed."""

    id = ma.fields.String()
    kind = ma.fields.String()
    state = ma.fields.String(metadata={"enum": ["asked", "offered", "agreed", "declined", "lapsed"]})
    wish = ma.fields.String()
    terms = ma.fields.String()
    priority = ma.fields.String()
    ours_at = ma.fields.AwareDateTime(allow_none=True)
    ours_name = ma.fields.String()
    theirs_at = ma.fields.AwareDateTime(allow_none=True)
    theirs_name = ma.fields.String()
    comment = ma.fields.String()


@blueprint.get("/<number>/links")
@scoped("cases:read")
@blueprint.response(200, RelatedOut)
def related(number: str) -> dict[str, Any]:
    """What a case has to do with."""
    with read_tx() as tx:
        case = record.get(tx, number, visible=readable(actor()))
        found = [
            {"other": one.other.number, "state": one.state, "reason": one.reason, "likeness": one.likeness}
            for one in links.listing(actor(), tx, number)
        ]
        return {"problem": case.problem, "reports": problems.reports(actor(), tx, number)[1], "links": found}


@blueprint.post("/<number>/links")
@scoped("cases:write")
@blueprint.arguments(NewLink)
@blueprint.response(204)
def relate(given: dict[str, Any], number: str) -> None:
    """Link, merge, part, decline a proposal, or join and leave a parent problem."""
    other, action = given["other"], given["action"]
    with open_tx() as tx:
        if action == "leave":
            problems.leave(actor(), tx, number)
        elif action == "join":
            problems.join(actor(), tx, number, other)
        elif action in ("link", "merge"):
            (links.link if action == "link" else merging.merge)(actor(), tx, number, other, note=given["note"])
        else:
            (links.decline if action == "decline" else links.unlink)(actor(), tx, number, other)


@blueprint.post("/<number>/impact")
@scoped("cases:write")
@blueprint.arguments(NewFigures)
@blueprint.response(202, ImpactOut)
def weigh(given: dict[str, Any], number: str) -> dict[str, Any]:
    """Note figures as they arrive; impact and priority are decided anew (INT-5, INT-9)."""
    with open_tx() as tx:
        impact.note(actor(), tx, number, loss=given.get("loss"), share=given.get("share"), text=given["note"])
    return _impact(number)


@blueprint.get("/<number>/impact")
@scoped("cases:read")
@blueprint.response(200, ImpactOut)
def weighed(number: str) -> dict[str, Any]:
    """How much the problem hurts."""
    return _impact(number)


@blueprint.get("/<number>/negotiations")
@scoped("cases:read")
@blueprint.response(200, NegotiationOut(many=True))
def negotiations(number: str) -> list[negotiation.Negotiation]:
    """What was negotiated, the newest first."""
    with read_tx() as tx:
        return negotiation.listing(actor(), tx, number)


@blueprint.post("/<number>/negotiations")
@scoped("cases:write")
@blueprint.arguments(NewNegotiation)
@blueprint.response(201, NegotiationOut)
def negotiate(given: dict[str, Any], number: str) -> negotiation.Negotiation:
    """Ask for something else than the rule gives, or offer it (COM-5)."""
    more = {"kind": given["kind"], "priority": given["priority"]}
    with open_tx() as tx:
        if given["side"] == "offer":
            return negotiation.offer(actor(), tx, number, terms=given["text"], **more)
        return negotiation.ask(actor(), tx, number, wish=given["text"], **more)


@blueprint.post("/<number>/negotiations/<identity>/answer")
@scoped("cases:write")
@blueprint.arguments(NewAnswer)
@blueprint.response(200, NegotiationOut)
def answer(given: dict[str, Any], number: str, identity: str) -> negotiation.Negotiation:
    """Keep the customer's answer to an offer."""
    with open_tx() as tx:
        if negotiation.get(tx, identity).case != number:
            raise Missing("There is no such negotiation.")
        return negotiation.answer(actor(), tx, identity, accepted=given["accepted"], comment=given["comment"])


def _impact(number: str) -> dict[str, Any]:
    with read_tx() as tx:
        case = record.get(tx, number, visible=readable(actor()))
        return {"impact": case.impact, "impact_score": case.impact_score, **impact.figures(tx, number)}
