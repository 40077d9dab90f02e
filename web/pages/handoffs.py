"""Handoffs to and from the reader's departments; recalling and disputing one (HND-2, HND-4)."""

from collections.abc import Callable
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from loopdesk.desk import handoff
from loopdesk.desk.handoff import FROM_ME, OFFERED, OPEN, STATES, TO_ME, Handoff
from loopdesk.desk.record import Case
from loopdesk.engine.errors import Conflict, Invalid
from loopdesk.engine.tx import Tx
from loopdesk.web import handoff_words
from loopdesk.web.context import actor, open_tx, read_tx
from loopdesk.web.pages import cases
from loopdesk.web.pages.handoff_section import tasks_of
from loopdesk.web.pages.shown import NOTHING, shown

blueprint = Blueprint("pages_handoffs", __name__, url_prefix="/handoffs")

PER_PAGE = 25
WHICH = {"": OPEN, "answered": tuple(state for state in STATES if state not in OPEN), "all": STATES}
"""Name of a filter -> the states that it shows."""


@blueprint.get("")
def offers() -> str:
    """The open ones, what runs out first on top; answered ones on request."""
    side = request.args.get("side", "")
    which = request.args.get("which", "")
    page = min(max(request.args.get("page", 1, type=int), 1), 100_000)
    wanted = {"side": side if side in (TO_ME, FROM_ME) else "", "which": which if which in WHICH else ""}
    with read_tx() as tx:
        states = WHICH[wanted["which"]]
        found, total = handoff.offers(actor(), tx, side=wanted["side"], states=states, page=page, per_page=PER_PAGE)
        rows = [_row(tx, one, case) for one, case in found]
        clocks = handoff.holders_due(tx, [one for one, _ in found])
    pages = (total + PER_PAGE - 1) // PER_PAGE
    values = {"wanted": wanted, "total": total, "page": page, "pages": pages, "clocks": clocks}
    return render_template("handoffs/offers.html", rows=rows, **values)


@blueprint.post("/<handoff_id>/recall")
def recall(handoff_id: str) -> ResponseReturnValue:
    """Take an offer back while nobody has answered it."""
    reason = request.form.get("reason", "")
    return _did(handoff_id, "recall", lambda tx: handoff.recall(actor(), tx, handoff_id, reason=reason))


@blueprint.post("/<handoff_id>/dispute")
def dispute(handoff_id: str) -> ResponseReturnValue:
    """Ask the arbitration who holds the case."""
    said = request.form.get("reason", "")
    return _did(handoff_id, "dispute", lambda tx: handoff.dispute(actor(), tx, handoff_id, statement=said))


def _did(handoff_id: str, name: str, verb: Callable[[Tx], Handoff]) -> ResponseReturnValue:
    """Do it; what is refused is shown at the handoff on the page of its case, with what was typed."""
    try:
        with open_tx() as tx:
            number = verb(tx).case
    except (Invalid, Conflict) as error:
        with read_tx() as tx:
            number = handoff.get(tx, handoff_id).case
        told = {"handoff_wrong": shown(error), "handoff_at": handoff_id, "handoff_did": name}
        return cases.page(number, NOTHING, **told), 422 if isinstance(error, Invalid) else 409
    told_so = {
        "recall": gettext("The offer is taken back; the case stays with you."),
        "dispute": gettext("An arbitration decides who holds the case; the other side is asked for its statement."),
    }
    flash(told_so[name])
    return redirect(url_for("pages_cases.case_page", number=number) + "#handoffs")


def _row(tx: Tx, one: Handoff, case: Case) -> dict[str, Any]:
    mine = one.state == OFFERED and one.to_department in actor().departments
    return {
        "handoff": one,
        "case": case,
        "look": handoff_words.STATES[one.state],
        "task": tasks_of(tx, one.case).get(one.instance) if mine else None,
    }
