"""What people do with the clocks of a case: report what no step told, let another policy count (SLA-1, SLA-2)."""

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from loopdesk.desk import clocks
from loopdesk.engine.errors import Conflict, Invalid, LoopdeskError
from loopdesk.web.context import actor, open_tx
from loopdesk.web.pages import cases
from loopdesk.web.pages.shown import NOTHING, shown

blueprint = Blueprint("pages_clocks", __name__, url_prefix="/cases/<number>/clocks")


@blueprint.post("/report")
def report(number: str) -> ResponseReturnValue:
    """What a clock waits for has happened."""
    try:
        with open_tx() as tx:
            clocks.report(actor(), tx, number, request.form.get("event", ""))
    except Conflict as error:
        return _again(number, error, 409)
    flash(gettext("It stands on the case; the clock has stopped."))
    return redirect(_place(number))


@blueprint.post("/move")
def move(number: str) -> ResponseReturnValue:
    """Count by the present version of the policies, or by another policy."""
    try:
        with open_tx() as tx:
            policy, reason = request.form.get("policy", ""), request.form.get("reason", "")
            clocks.move(actor(), tx, number, policy=policy, reason=reason)
    except (Conflict, Invalid) as error:
        return _again(number, error, 409 if isinstance(error, Conflict) else 422)
    flash(gettext("The case counts by this policy now; what was counted stays."))
    return redirect(_place(number))


def _again(number: str, error: LoopdeskError, status: int) -> ResponseReturnValue:
    return cases.page(number, NOTHING, clocks_wrong=shown(error)), status


def _place(number: str) -> str:
    return url_for("pages_cases.case_page", number=number) + "#clocks"
