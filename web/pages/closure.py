"""Cases in verification before their closure, and the way back for one that fails after all (FIX-4, FIX-9)."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from loopdesk.desk import departments
from loopdesk.desk.case_facts import name_of
from loopdesk.desk.closure import listing, reopening, rounds, verification
from loopdesk.engine.errors import Invalid
from loopdesk.web import closure_words
from loopdesk.web.context import actor, open_tx, read_tx
from loopdesk.web.pages import cases, typed
from loopdesk.web.pages.shown import NOTHING, shown

blueprint = Blueprint("pages_closure", __name__)


@blueprint.get("/closure", endpoint="verification")
def under_way() -> str:
    """What is verified now: mine, a department's, or all that the reader may see."""
    whose, department = request.args.get("whose", ""), request.args.get("department", "")[:60]
    stage = request.args.get("stage", "")
    wanted = {"whose": whose if whose == "me" else "", "department": department}
    wanted["stage"] = stage if stage in rounds.STAGES else ""
    owner, stage = actor().id if wanted["whose"] else "", wanted["stage"]
    with read_tx() as tx:
        found = listing.under_way(actor(), tx, owner=owner, department=department, stage=stage, page=typed.page())
        owners = {one.case.owner_id: name_of(tx, one.case.owner_id) for one in found.lines}
        codes = departments.codes(tx)
    values = {"found": found, "owners": owners, "codes": codes, "wanted": wanted, "looks": closure_words}
    return render_template("closure/verification.html", **values)


@blueprint.post("/cases/<number>/confirm")
def confirm(number: str) -> ResponseReturnValue:
    """Somebody of ours was told that the fix works, such as on the phone."""
    with open_tx() as tx:
        verification.confirm(actor(), tx, number, request.form.get("confirmation", ""))
    flash(gettext("Noted: the customer confirms that it works."))
    return redirect(url_for("pages_cases.case_page", number=number))


@blueprint.post("/cases/<number>/reopen")
def reopen(number: str) -> ResponseReturnValue:
    """Somebody of ours was told that the fix does not hold, or that there is something else."""
    wish = reopening.ELSE if request.form.get("wish") == reopening.ELSE else reopening.FAILS
    try:
        with open_tx() as tx:
            done = reopening.ask(
                actor(), tx, number, request.form.get("comment", ""), source=reopening.STAFF, wish=wish
            )
    except Invalid as error:
        return cases.page(number, NOTHING, closure_wrong=shown(error)), 422
    if done.other:
        flash(gettext("It goes on in the new case %(number)s; the customer gets both numbers.", number=done.other))
        return redirect(url_for("pages_cases.case_page", number=done.other))
    flash(gettext("The case is opened again; owner and customer are told how its clocks count on."))
    return redirect(url_for("pages_cases.case_page", number=number))
