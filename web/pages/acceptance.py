"""Closure → Acceptance: how each gate stands, day by day; a load-test report is handed in (FIX-5 to FIX-8)."""

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from loopdesk.desk import acceptance
from loopdesk.desk.acceptance import attainment, bars, benefits, gates, load_tests, users, words
from loopdesk.desk.acceptance.gates import Acceptance, Gate
from loopdesk.desk.response import money
from loopdesk.desk.rights import CASEWORK, readable
from loopdesk.engine.errors import Conflict, Invalid
from loopdesk.engine.tx import Tx
from loopdesk.web import acceptance_words, vocabulary
from loopdesk.web.context import actor, loopdesk, open_tx, read_tx
from loopdesk.web.pages import typed
from loopdesk.web.pages.sheets import sheet
from loopdesk.web.pages.shown import NOTHING, Shown, shown

blueprint = Blueprint("pages_acceptance", __name__, url_prefix="/closure/acceptance")

_COLUMNS = ("day", "begins", "due", "passed", "slow", "down", "missing", "failed", "percent")
FILTERS = (gates.WANTED, gates.RUNNING, gates.ACCEPTED, gates.REFUSED)


@blueprint.get("")
def listing() -> str:
    """The acceptances, newest first, and the cost-benefits, those due first."""
    state = request.args.get("state", "")
    state = state if state in FILTERS else ""
    with read_tx() as tx:
        readable(actor())
        page = acceptance.listing(actor(), tx, state=state, page=typed.page())
        told = _told(tx, [gate for one in page.rows for gate in one.gates])
        found = [(one, [_line(gate, told) for gate in one.gates]) for one in page.rows]
        due = benefits.listing(actor(), tx, page=typed.page("counted"))
    return render_template(
        "closure/acceptances.html",
        found=found,
        page=page,
        state=state,
        filters=FILTERS,
        looks=acceptance_words.STATES,
        counted=[_benefit(one) for one in due.rows],
        due=due,
    )


@blueprint.get("/<acceptance_id>")
def one(acceptance_id: str) -> str:
    """One acceptance: each gate with its figures, the days of monitoring, the two words of an exception."""
    return _page(acceptance_id, NOTHING)


@blueprint.get("/<acceptance_id>/days.csv")
def days(acceptance_id: str) -> Response:
    """The days of monitoring as a file for a spreadsheet."""
    with read_tx() as tx:
        found = acceptance.see(actor(), tx, acceptance_id)
        standing = attainment.standing(tx, acceptance.of_kind(tx, found.id, acceptance.MONITORING))
    table = [
        (day.number, day.begins, day.due, day.passed, day.slow, day.down, day.missing, day.failed, day.percent)
        for day in (standing.days if standing else [])
    ]
    return sheet(f"{found.case}-acceptance.csv", _COLUMNS, table)


@blueprint.post("/<acceptance_id>/load-test")
def hand_in(acceptance_id: str) -> ResponseReturnValue:
    """Hand in a load-test report with its file; the table of the process checks it."""
    given = request.files.get("file")
    file = (given.filename, given.stream) if given and given.filename else None
    figures = {name: request.form.get(name) for name in load_tests.FIGURES}
    try:
        with open_tx() as tx:
            load_tests.hand_in(actor(), tx, loopdesk().store, acceptance_id, figures=figures, file=file)
    except (Invalid, Conflict) as error:
        return _page(acceptance_id, shown(error)), 422
    flash(gettext("Kept with its file. The table checks it now."))
    return redirect(url_for("pages_acceptance.one", acceptance_id=acceptance_id))


def _page(acceptance_id: str, wrong: Shown) -> str:
    with read_tx() as tx:
        found = acceptance.see(actor(), tx, acceptance_id)
        told = _told(tx, found.gates)
        cards = [_card(tx, gate, told) for gate in found.gates]
    return render_template(
        "closure/acceptance.html",
        it=found,
        look=acceptance_words.STATES[found.state],
        gates=cards,
        may_hand_in=_may_hand_in(found),
        wrong=wrong,
        typed=request.form,
    )


def _may_hand_in(found: Acceptance) -> bool:
    waits = any(gate.kind == acceptance.LOAD_TEST and gate.state == gates.RUNNING for gate in found.gates)
    return found.state == gates.RUNNING and waits and actor().has_role(*CASEWORK)


def _told(tx: Tx, found: list[Gate]) -> dict[str, str]:
    """The figure that tells most of each gate, by its id."""
    watched = attainment.shares(tx, [gate for gate in found if gate.kind == acceptance.MONITORING])
    answers = users.answers(tx, [gate for gate in found if gate.kind == acceptance.USERS])
    return {gate: f"{percent} %" for gate, percent in watched.items() if percent} | answers


def _line(gate: Gate, told: Mapping[str, str]) -> dict[str, Any]:
    """A gate as a line: its state, and the figure that tells most."""
    looks = {"kind": acceptance_words.KINDS[gate.kind], "look": acceptance_words.look(gate)}
    return {"gate": gate, **looks, "told": told.get(gate.id, "")}


def _card(tx: Tx, gate: Gate, told: Mapping[str, str]) -> dict[str, Any]:
    asked = users.questions(tx, gate) if gate.kind == acceptance.USERS else None
    dimensions = asked.dimensions(vocabulary.language()) if asked else {}
    card: dict[str, Any] = _line(gate, told) | {
        "fails": acceptance_words.fails(gate.fails),
        "figures": acceptance_words.figures(gate.kind, gate.figures, dimensions),
        "word": words.of(tx, gate.id) if gate.approved_at else None,
    }
    if gate.kind == acceptance.MONITORING:
        card |= {"standing": attainment.standing(tx, gate), "bars": bars.of_kept(gate.bars) if gate.bars else None}
    if gate.kind == acceptance.LOAD_TEST:
        card |= {"report": load_tests.last(tx, gate)}
    if gate.kind == acceptance.USERS:
        card |= {"score": users.score(tx, gate), "dimensions": dimensions, "people": users.rows(tx, gate)}
    return card


def _benefit(found: benefits.Benefit) -> dict[str, Any]:
    amounts = {name: money.amount(getattr(found, name), found.currency) for name in benefits.AMOUNTS}
    return {"it": found, "look": acceptance_words.BENEFITS[found.state], **amounts}
