"""Escalation by hand and by skill, from the page of a case (DIA-1)."""

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from loopdesk.desk import escalation
from loopdesk.engine.errors import Invalid
from loopdesk.web import vocabulary
from loopdesk.web.context import actor, open_tx
from loopdesk.web.pages import cases
from loopdesk.web.pages.shown import NOTHING, shown

blueprint = Blueprint("pages_escalations", __name__, url_prefix="/cases")


@blueprint.post("/<number>/escalate")
def escalate(number: str) -> ResponseReturnValue:
    """One tier up, to a backup person (DIA-1)."""
    given = {"reason": request.form.get("reason", ""), "skill": request.form.get("skill", "")}
    try:
        with open_tx() as tx:
            tier = escalation.by_hand(actor(), tx, number, **given)
    except Invalid as error:
        return cases.page(number, NOTHING, escalation_wrong=shown(error)), 422
    flash(gettext("The case is with %(tier)s now.", tier=vocabulary.SUPPORT_TIERS[tier]))
    return redirect(url_for("pages_cases.case_page", number=number) + "#escalations")
