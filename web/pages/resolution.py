"""Working on a case beside its tasks: diagnosis trees step by step, causes and drafts, sub-cases (DIA-2, DIA-10)."""

from collections.abc import Callable

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from loopdesk.desk import splitting
from loopdesk.desk.diagnosis import course
from loopdesk.engine.errors import Conflict, Invalid, Missing
from loopdesk.engine.tx import Tx
from loopdesk.web.context import actor, open_tx
from loopdesk.web.pages import cases
from loopdesk.web.pages.shown import NOTHING, shown

blueprint = Blueprint("pages_resolution", __name__, url_prefix="/cases/<number>")


@blueprint.post("/diagnosis")
def begin(number: str) -> ResponseReturnValue:
    """Begin with a tree; one that is under way is given up for a reason."""

    def do(tx: Tx) -> None:
        course.begin(actor(), tx, number, tree=_given("tree"), reason=_given("reason"))

    return _done(number, "diagnosis", do, gettext("The diagnosis begins."))


@blueprint.post("/diagnosis/outcome")
def outcome(number: str) -> ResponseReturnValue:
    """Record what a step brought."""

    def do(tx: Tx) -> None:
        given = {"step": _given("step"), "outcome": _given("outcome"), "note": _given("note")}
        course.answer(actor(), tx, number, **given)

    return _done(number, "diagnosis", do, gettext("The outcome is recorded."))


@blueprint.post("/diagnosis/skip")
def skip(number: str) -> ResponseReturnValue:
    """Leave a step out, with a reason."""

    def do(tx: Tx) -> None:
        course.skip(actor(), tx, number, step=_given("step"), reason=_given("reason"))

    return _done(number, "diagnosis", do, gettext("The step is left out; the reason stays beside it."))


@blueprint.post("/findings")
def finding(number: str) -> ResponseReturnValue:
    """Write down the cause, or the draft of a solution."""

    def do(tx: Tx) -> None:
        course.note_finding(actor(), tx, number, kind=_given("kind"), text=_given("text"))

    return _done(number, "diagnosis", do, gettext("It stands on the case."))


@blueprint.post("/subcases")
def split(number: str) -> ResponseReturnValue:
    """Split a part off for somebody else."""

    def do(tx: Tx) -> None:
        names = ("title", "description", "department", "owner")
        splitting.split(actor(), tx, number, **{name: _given(name) for name in names})

    return _done(number, "subcases", do, gettext("The sub-case is made."))


@blueprint.post("/subcases/join")
def join(number: str) -> ResponseReturnValue:
    """Make a case that exists a part of this one."""

    def do(tx: Tx) -> None:
        splitting.join(actor(), tx, number, child=_given("child").upper())

    return _done(number, "subcases", do, gettext("The case is a part of this one now."))


@blueprint.post("/subcases/cancel")
def cancel(number: str) -> ResponseReturnValue:
    """Give up the sub-case ``number``; the page of its whole, or its own, comes back."""

    def do(tx: Tx) -> None:
        splitting.cancel(actor(), tx, _given("child"), reason=_given("reason"))

    return _done(number, "subcases", do, gettext("The sub-case is cancelled."))


def _given(name: str) -> str:
    return request.form.get(name, "").strip()


def _done(number: str, place: str, do: Callable[[Tx], None], said: str) -> ResponseReturnValue:
    """Do it and come back to the case; what is refused is said at the section ``place``, with what was typed."""
    try:
        with open_tx() as tx:
            do(tx)
    except (Invalid, Conflict, Missing) as error:
        return cases.page(number, NOTHING, **{f"{place}_wrong": shown(error)}), 422
    flash(said)
    return redirect(url_for("pages_cases.case_page", number=number) + f"#{place}")
