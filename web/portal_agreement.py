"""On the customer's own page of a case: ask for something else than the rule, answer our offer (COM-5)."""

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from loopdesk.desk import negotiation
from loopdesk.engine.errors import Conflict, Invalid, Missing
from loopdesk.web import portal
from loopdesk.web.context import actor, open_tx
from loopdesk.web.pages.shown import shown

blueprint = Blueprint("portal_agreement", __name__, url_prefix="/portal/cases/<number>/agreements")


@blueprint.post("")
def ask(number: str) -> ResponseReturnValue:
    """Ask for another priority, an alternative or a plan."""
    kind, text = request.form.get("kind", ""), request.form.get("wish", "")
    priority = request.form.get("priority", "") if kind == negotiation.PRIORITY else ""
    try:
        with open_tx() as tx:
            negotiation.ask(actor(), tx, number, kind=kind, wish=text, priority=priority)
    except (Invalid, Conflict) as error:
        return portal.page(number, agreement_wrong=shown(error)), 422
    flash(gettext("We have your wish. The person who answers to you decides on it."))
    return redirect(url_for("portal.one", number=number) + "#agreement")


@blueprint.post("/<identity>")
def answer(number: str, identity: str) -> ResponseReturnValue:
    """Agree to our offer, or not."""
    accepted = request.form.get("accepted") == "1"
    try:
        with open_tx() as tx:
            if negotiation.get(tx, identity).case != number:
                raise Missing("There is no such negotiation.")
            comment = request.form.get("comment", "")
            negotiation.answer(actor(), tx, identity, accepted=accepted, comment=comment)
    except (Invalid, Conflict) as error:
        return portal.page(number, agreement_wrong=shown(error)), 422
    flash(gettext("Agreed; it holds from now on.") if accepted else gettext("We have your answer and go on as before."))
    return redirect(url_for("portal.one", number=number) + "#agreement")
