"""Customers say how we do, on any case of theirs at any time; and what others allowed us to show (FBK-3)."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from loopdesk.desk import feedback
from loopdesk.desk.feedback import Words, praise
from loopdesk.engine.errors import Invalid
from loopdesk.web import portal
from loopdesk.web.context import actor, open_tx, read_tx
from loopdesk.web.looks import span
from loopdesk.web.pages.shown import shown
from loopdesk.web.security import public

blueprint = Blueprint("portal_feedback", __name__, url_prefix="/portal")

KINDS = ("complaint", "suggestion", "praise")


@blueprint.post("/cases/<number>/feedback")
def say(number: str) -> ResponseReturnValue:
    """Keep what the customer says about us; the table decides the kind where he does not."""
    kind = request.form.get("kind", "")
    said = Words(request.form.get("text", ""), "portal", kind=kind if kind in KINDS else "")
    try:
        with open_tx() as tx:
            feedback.add(actor(), tx, number, said)
            within = span(feedback.told_within(tx))
    except Invalid as error:
        return portal.page(number, feedback_wrong=shown(error)), 422
    flash(gettext("Thank you. You hear within %(time)s what comes of it.", time=within))
    return redirect(url_for("portal.one", number=number) + "#feedback")


@blueprint.get("/praise")
@public
def wall() -> str:
    """What customers said and allowed us to show."""
    with read_tx() as tx:
        return render_template("portal/praise.html", found=praise.wall(tx))
