"""Handoffs: those to and from one's departments, answered, recalled, disputed; rulings as precedents (HND-2, HND-4)."""

from typing import Any

import marshmallow as ma
from flask_smorest import Blueprint

from loopdesk.desk import arbitration, choices, handoff, record
from loopdesk.desk.handoff import OPEN, STATES
from loopdesk.engine import work
from loopdesk.engine.errors import N_, Conflict
from loopdesk.web.api.auth import scoped
from loopdesk.web.api.filters import Chosen
from loopdesk.web.api.schemas import Query, Strict
from loopdesk.web.context import actor, open_tx, read_tx

blueprint = Blueprint("handoffs", __name__, url_prefix="/handoffs", description="Cases between departments")


class SignatureOut(ma.Schema):
    """Who signed what, and when."""

    side = ma.fields.String(metadata={"enum": ["sender", "receiver", "arbiter"]})
    decision = ma.fields.String(metadata={"enum": ["signed", "accepted", "rejected", "ruled"]})
    name = ma.fields.String()
    department = ma.fields.String()
    reason = ma.fields.String()
    at = ma.fields.AwareDateTime()
    digest = ma.fields.String(metadata={"description": "sha256 of the dossier's fields."})
    dossier = ma.fields.Dict(allow_none=True, metadata={"description": "What was signed, by field."})


class HandoffOut(ma.Schema):
    """One offer of a case and what became of it."""

    id = ma.fields.String()
    case = ma.fields.String()
    from_department = ma.fields.String()
    to_department = ma.fields.String()
    reason = ma.fields.String()
    summary = ma.fields.String()
    state = ma.fields.String(metadata={"enum": list(STATES)})
    attempt = ma.fields.Integer(metadata={"description": "Which offer of its round it is."})
    offered_at = ma.fields.AwareDateTime()
    due_at = ma.fields.AwareDateTime(allow_none=True, metadata={"description": "When an answer is due."})
    overdue_at = ma.fields.AwareDateTime(allow_none=True)
    decided_at = ma.fields.AwareDateTime(allow_none=True)
    answer = ma.fields.String(metadata={"description": "Why it was rejected, recalled or disputed."})


class HandoffWhole(HandoffOut):
    """One handoff with its signatures; hand `seen` back when you sign, so that nothing changed is signed unseen."""

    signatures = ma.fields.List(ma.fields.Nested(SignatureOut))
    seen = ma.fields.String()


class HandoffPage(ma.Schema):
    """Handoffs, those due first."""

    handoffs = ma.fields.List(ma.fields.Nested(HandoffOut))
    total = ma.fields.Integer()


class HandoffQuery(Query):
    """Which handoffs; without a state the open ones."""

    state = ma.fields.List(ma.fields.String(validate=ma.validate.OneOf(STATES)), load_default=lambda: list(OPEN))
    side = ma.fields.String(load_default="", validate=ma.validate.OneOf(("", "to", "from")))
    department = Chosen(choices.DEPARTMENT, load_default="")
    page = ma.fields.Integer(load_default=1, validate=ma.validate.Range(1, 100_000))


class HandoffAnswer(Strict):
    """The mark `seen` of the handoff as you read it."""

    seen = ma.fields.String(load_default="")


class HandoffRejection(HandoffAnswer):
    """Why it is not yours."""

    reason = ma.fields.String(load_default="")


class HandoffReason(Strict):
    """Why."""

    reason = ma.fields.String(load_default="")


class RulingOut(ma.Schema):
    """A dispute and its ruling."""

    id = ma.fields.String()
    case = ma.fields.String()
    handoff = ma.fields.String()
    reason = ma.fields.String(metadata={"enum": list(arbitration.REASONS)})
    type = ma.fields.String()
    from_department = ma.fields.String()
    to_department = ma.fields.String()
    disputed_by = ma.fields.String()
    statement = ma.fields.String()
    asked = ma.fields.String()
    reply = ma.fields.String()
    department = ma.fields.String(metadata={"description": "Which department holds the case by the ruling."})
    reasoning = ma.fields.String()
    for_customer = ma.fields.String()
    ruled_by_name = ma.fields.String()
    ruled_at = ma.fields.AwareDateTime()


class RulingPage(ma.Schema):
    """Rulings, the newest first."""

    rulings = ma.fields.List(ma.fields.Nested(RulingOut))
    total = ma.fields.Integer()


class RulingQuery(Query):
    """All words of `q` have to stand in the ruling or its dispute."""

    q = ma.fields.String(load_default="")
    from_department = Chosen(choices.DEPARTMENT, data_key="from", load_default="")
    to_department = Chosen(choices.DEPARTMENT, data_key="to", load_default="")
    type = Chosen(choices.TYPE, load_default="")
    page = ma.fields.Integer(load_default=1, validate=ma.validate.Range(1, 100_000))


@blueprint.get("")
@scoped("cases:read")
@blueprint.arguments(HandoffQuery, location="query")
@blueprint.response(200, HandoffPage)
def listing(query: dict[str, Any]) -> Any:
    """List handoffs of cases that you see."""
    with read_tx() as tx:
        found, total = handoff.offers(actor(), tx, states=query.pop("state"), **query)
    return {"handoffs": [one for one, _ in found], "total": total}


@blueprint.get("/rulings")
@scoped("cases:read")
@blueprint.arguments(RulingQuery, location="query")
@blueprint.response(200, RulingPage)
def rulings(query: dict[str, Any]) -> Any:
    """Look up precedents."""
    with read_tx() as tx:
        found, total = arbitration.rulings(actor(), tx, **query)
    return {"rulings": found, "total": total}


@blueprint.get("/<handoff_id>")
@scoped("cases:read")
@blueprint.response(200, HandoffWhole)
def read(handoff_id: str) -> Any:
    """Read one handoff with its signatures."""
    with read_tx() as tx:
        found = handoff.get(tx, handoff_id)
        [whole] = [row for row in handoff.listing(actor(), tx, found.case) if row["id"] == handoff_id]
        return whole | {"seen": handoff.seen(record.get(tx, found.case))}


@blueprint.post("/<handoff_id>/accept")
@scoped("tasks:write")
@blueprint.arguments(HandoffAnswer)
@blueprint.response(200, HandoffOut)
def accept(body: dict[str, Any], handoff_id: str) -> Any:
    """Confirm receipt and sign; 409 when it was answered, recalled, or the case has changed since you read it."""
    return _answered(handoff_id, body["seen"], {"decision": "accept", "signed": True})


@blueprint.post("/<handoff_id>/reject")
@scoped("tasks:write")
@blueprint.arguments(HandoffRejection)
@blueprint.response(200, HandoffOut)
def reject(body: dict[str, Any], handoff_id: str) -> Any:
    """Send it back with a reason and sign."""
    return _answered(handoff_id, body["seen"], {"decision": "reject", "reason": body["reason"], "signed": True})


@blueprint.post("/<handoff_id>/recall")
@scoped("cases:write")
@blueprint.arguments(HandoffReason)
@blueprint.response(200, HandoffOut)
def recall(body: dict[str, Any], handoff_id: str) -> Any:
    """Take the offer back while nobody has answered it; 409 once somebody has."""
    with open_tx() as tx:
        return handoff.recall(actor(), tx, handoff_id, reason=body["reason"])


@blueprint.post("/<handoff_id>/dispute")
@scoped("cases:write")
@blueprint.arguments(HandoffReason)
@blueprint.response(200, HandoffOut)
def dispute(body: dict[str, Any], handoff_id: str) -> Any:
    """Ask for an arbitration with your side of the story; its ruling binds both departments."""
    with open_tx() as tx:
        return handoff.dispute(actor(), tx, handoff_id, statement=body["reason"])


def _answered(handoff_id: str, seen: str, answers: dict[str, Any]) -> Any:
    """Complete the task in which the handoff is answered: there is one way to sign, for people and for systems."""
    with open_tx() as tx:
        found = handoff.get(tx, handoff_id)
        handoff.require_open(found)
        tasks = [row for row in work.listing(actor(), tx, key=found.case) if row["instance_id"] == found.instance]
        if not tasks:
            raise Conflict(
                "No task of yours answers this handoff.",
                remedy=N_("It waits for department %(department)s."),
                department=found.to_department,
            )
        handoff.remember(tx, found.case, seen)
        work.complete(actor(), tx, tasks[0]["id"], answers)
        return handoff.get(tx, handoff_id)
