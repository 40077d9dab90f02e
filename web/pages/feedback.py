"""What customers say about us: the list, the path of each, surveys, and the wall of praise (FBK-1, FBK-2, FBK-3)."""

from datetime import timedelta
from typing import Any

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from loopdesk.desk import departments, feedback
from loopdesk.desk.feedback import Words, asked, quarters
from loopdesk.desk.feedback import praise as praises
from loopdesk.desk.rights import DESK
from loopdesk.engine import events
from loopdesk.engine.errors import Conflict, Invalid
from loopdesk.engine.tx import Tx
from loopdesk.web import feedback_words
from loopdesk.web.context import actor, open_tx, read_tx
from loopdesk.web.pages import typed
from loopdesk.web.pages.sheets import MOST, sheet
from loopdesk.web.pages.shown import NOTHING, Shown, shown

blueprint = Blueprint("pages_feedback", __name__, url_prefix="/feedback")

PER_PAGE = 25
FILTERS = ("kind", "department", "source", "state")
DAYS = timedelta(days=92)
"""How far back the page of surveys looks."""
_COLUMNS = (
    *("id", "case", "customer", "source", "kind", "text", "stars", "nps", "state", "department", "at"),
    *("forward_due_at", "forwarded_at", "result_due_at", "result_at", "result_by", "result", "consent"),
)


@blueprint.get("")
def listing() -> str:
    """All feedback that the reader may see, complaints first."""
    wanted = _wanted()
    with read_tx() as tx:
        found = feedback.page(actor(), tx, typed.page(), PER_PAGE, **_asked(wanted))
        values = {"codes": departments.codes(tx), "now": tx.now}
    return render_template(
        "feedback/listing.html", found=found, wanted=wanted, filtered=any(wanted.values()), **_words(), **values
    )


@blueprint.get("/feedback.csv")
def as_csv() -> Response:
    """The same list as a file for a spreadsheet."""
    with read_tx() as tx:
        found = feedback.listing(actor(), tx, **_asked(_wanted()), limit=MOST + 1)
    return sheet("feedback.csv", _COLUMNS, ([getattr(one, name) for name in _COLUMNS] for one in found))


@blueprint.get("/<feedback_id>")
def one(feedback_id: str) -> str:
    """One feedback with its path."""
    return _page(feedback_id, NOTHING)


@blueprint.post("/<feedback_id>/kind")
def correct(feedback_id: str) -> ResponseReturnValue:
    """Say that it is something else than the table thought."""
    try:
        with open_tx() as tx:
            feedback.correct(actor(), tx, feedback_id, request.form.get("kind", ""))
    except (Invalid, Conflict) as error:
        return _page(feedback_id, shown(error)), 409 if isinstance(error, Conflict) else 422
    flash(gettext("Corrected. Who said so stands below."))
    return redirect(url_for("pages_feedback.one", feedback_id=feedback_id))


@blueprint.post("/add/<number>")
def add(number: str) -> ResponseReturnValue:
    """Keep what a customer said on the phone or wrote in a mail."""
    form = request.form
    said = Words(
        form.get("text", ""), form.get("source", ""), kind=form.get("kind", ""), stars=form.get("stars", type=int)
    )
    back = url_for("pages_cases.case_page", number=number) + "#feedback"
    try:
        with open_tx() as tx:
            feedback.add(actor(), tx, number, said)
    except Invalid as error:
        wrong = shown(error)
        return render_template("feedback/again.html", number=number, wrong=wrong, typed=form, **_words()), 422
    flash(gettext("Kept. It goes its way from here."))
    return redirect(back)


@blueprint.get("/surveys")
def surveys() -> str:
    """The surveys of the last three months: who was asked, what came, what the call-back came to."""
    kind = request.args.get("kind", "")
    only = request.args.get("only", "")
    with read_tx() as tx:
        found = asked.listing(actor(), tx, since=tx.now - DAYS, kind=kind, only=only)
        counts = asked.counts(found)
        told = quarters.quarters(actor(), tx)
    looks: dict[str, Any] = {"surveys": feedback_words.SURVEYS, "outcomes": feedback_words.OUTCOMES}
    looks |= {"quarters": [feedback_words.quarter(one) for one in told]}
    return render_template("feedback/surveys.html", found=found, counts=counts, kind=kind, only=only, **looks)


@blueprint.get("/praise")
def praise() -> str:
    """What is published, and what waits for the customer's consent."""
    with read_tx() as tx:
        found = feedback.listing(actor(), tx, kind="praise")
    shown_ones = [one for one in found if one.published_at]
    waiting = [one for one in found if not one.published_at and one.consent]
    return render_template("feedback/praise.html", shown=shown_ones, waiting=waiting, may=actor().has_role(*DESK))


@blueprint.post("/praise/<feedback_id>")
def show(feedback_id: str) -> ResponseReturnValue:
    """Take praise off the wall, or put it back."""
    with open_tx() as tx:
        praises.show(actor(), tx, feedback_id, shown=request.form.get("shown") == "yes")
    return redirect(url_for("pages_feedback.praise"))


def section(tx: Tx, number: str) -> dict[str, Any]:
    """What a case's page shows of its feedback."""
    found = feedback.listing(actor(), tx, case=number)
    return {"feedback": found, "may_add": actor().has_role(*DESK), "now": tx.now, **_words()}


def _words() -> dict[str, Any]:
    return feedback_words.choices()


def _wanted() -> dict[str, str]:
    given = {name: request.args.get(name, "")[:60] for name in (*FILTERS, "stars", "late")}
    given["stars"] = given["stars"] if given["stars"] in ("1", "2", "3", "4") else ""
    return given | {"late": "1" if given["late"] == "1" else ""}


def _asked(wanted: dict[str, str]) -> dict[str, Any]:
    plain: dict[str, Any] = {name: wanted[name] for name in FILTERS}
    return plain | {"stars": int(wanted["stars"] or 0), "late": wanted["late"] == "1"}


def _page(feedback_id: str, wrong: Shown) -> str:
    with read_tx() as tx:
        found = feedback.get(tx, feedback_id, actor())
        told = [one for one in events.timeline(tx, found.case) if one["kind"].startswith("feedback.")]
        mine = [one for one in told if one["data"].get("id") == feedback_id]
        steps = feedback_words.steps(found, tx.now)
        values = {"late": found.late(tx.now), "may": actor().has_role(*DESK)}
    return render_template("feedback/one.html", one=found, events=mine, steps=steps, wrong=wrong, **_words(), **values)
