"""The board of implementations: milestones by case with day, state and alarm; staff move them there (FIX-1)."""

from collections.abc import Callable
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from loopdesk.desk import case, people
from loopdesk.desk.implementation import alarms, course, plans, tables
from loopdesk.desk.implementation import board as boards
from loopdesk.desk.implementation.tables import Implementation, review_
from loopdesk.desk.rights import DESK
from loopdesk.engine import events
from loopdesk.engine.errors import N_, Conflict, Invalid, Missing, Phrase
from loopdesk.engine.tx import Tx
from loopdesk.web import implementation_words as words
from loopdesk.web import vocabulary
from loopdesk.web.context import actor, open_tx, read_tx
from loopdesk.web.pages import typed
from loopdesk.web.pages.shown import NOTHING, Shown, shown

blueprint = Blueprint("pages_implementation", __name__, url_prefix="/closure/implementations")

WRONG = N_("Please check this milestone.")


@blueprint.get("")
def board() -> str:
    """Those that run first; ``part`` is the list alone, for the page to keep itself up to date."""
    if request.args.get("part"):
        with read_tx() as tx:
            return render_template("closure/_implementations.html", **_list(tx))
    return _page(NOTHING)


@blueprint.post("")
def begin() -> ResponseReturnValue:
    """Begin one for a case."""
    given = {name: request.form.get(name, "").strip() for name in ("plan", "lead")}
    number = request.form.get("case", "").strip()

    def do(tx: Tx) -> None:
        try:
            course.request(actor(), tx, number, **given)
        except Missing as error:
            raise Invalid(WRONG, fields={"case": [Phrase("There is no case %(number)s.", number=number)]}) from error

    return _did("new", do, gettext("Its milestones stand on the board."))


@blueprint.post("/<implementation_id>/add")
def add(implementation_id: str) -> ResponseReturnValue:
    """Add a milestone."""

    def do(tx: Tx) -> None:
        given = {name: request.form.get(name, "") for name in ("kind", "name")}
        course.add(actor(), tx, implementation_id, **given, due_at=typed.moment("due_at", WRONG))

    return _did(implementation_id, do, gettext("The milestone stands on the board."))


@blueprint.post("/<implementation_id>/stop")
def stop(implementation_id: str) -> ResponseReturnValue:
    """End it before its milestones are reached."""
    reason = request.form.get("reason", "")
    return _did(
        implementation_id,
        lambda tx: course.stop(actor(), tx, implementation_id, reason=reason),
        gettext("The implementation is stopped."),
    )


@blueprint.post("/milestones/<milestone_id>/<verb>")
def change(milestone_id: str, verb: str) -> ResponseReturnValue:
    """Reach, move, advance or drop a milestone."""
    form = request.form
    verbs: dict[str, tuple[Callable[[Tx], object], str]] = {
        "done": (
            lambda tx: course.finish(actor(), tx, milestone_id, note=form.get("note", "")),
            gettext("The milestone is reached."),
        ),
        "move": (
            lambda tx: course.move(
                actor(), tx, milestone_id, due_at=typed.moment("due_at", WRONG), reason=form.get("reason", "")
            ),
            gettext("The milestone has another day."),
        ),
        "progress": (
            lambda tx: course.advance(actor(), tx, milestone_id, progress=_percent()),
            gettext("The board says how far it is."),
        ),
        "drop": (
            lambda tx: course.drop(actor(), tx, milestone_id, reason=form.get("reason", "")),
            gettext("The milestone is dropped."),
        ),
    }
    if verb not in verbs:
        raise Missing("There is no such page.")
    return _did(milestone_id, *verbs[verb])


def rows(tx: Tx, found: list[Implementation]) -> list[dict[str, Any]]:
    """Each implementation as the board and the page of its case show it."""
    milestones = boards.milestones_of(tx, *(one.id for one in found))
    told = alarms.of_milestones(tx, *(one.id for listed in milestones.values() for one in listed))
    held = tables.reviews(tx, review_.c.implementation.in_([one.id for one in found]))
    titles = {one.number: one.title for one in case.several(actor(), tx, [one.case for one in found])}
    names = plans.names(tx, vocabulary.language())
    return [
        {
            "it": one,
            "title": titles.get(one.case, ""),
            "plan": names.get(one.plan, one.plan),
            "look": words.STATES[one.state],
            "level": tables.grave([mine.level for mine in milestones[one.id]]),
            "milestones": [{"it": mine, "alarms": told[mine.id]} for mine in milestones[one.id]],
            "reviews": [review for review in held if review.implementation == one.id],
        }
        for one in found
    ]


def _percent() -> int:
    try:
        return int(request.form.get("progress", ""))
    except ValueError:
        return -1


def _did(at: str, do: Callable[[Tx], object], said: str) -> ResponseReturnValue:
    try:
        with open_tx() as tx:
            do(tx)
    except (Invalid, Conflict) as error:
        return _page(shown(error), at), 409 if isinstance(error, Conflict) else 422
    flash(said)
    return redirect(url_for("pages_implementation.board", case=request.form.get("shown") or None) + "#board")


def _page(wrong: Shown, at: str = "") -> str:
    with read_tx() as tx:
        values = _list(tx) | {
            "plans": plans.names(tx, vocabulary.language()),
            "staff": [(one.id, f"{one.name} ({one.login})") for one in people.listing(actor(), tx) if one.active],
            "may": actor().has_role(*DESK),
            "live_since": events.latest(tx),
        }
    more = {"wrong": wrong, "wrong_at": at, "typed": request.form}
    return render_template("closure/implementations.html", **(values | more))


def _list(tx: Tx) -> dict[str, Any]:
    state = request.args.get("state", tables.RUNNING)
    wanted = {
        "state": state if state in (*tables.STATES, "all") else tables.RUNNING,
        "case": request.args.get("case", "")[:20],
    }
    chosen = "" if wanted["state"] == "all" or wanted["case"] else wanted["state"]
    found = boards.board(actor(), tx, state=chosen, case=wanted["case"], page=typed.page())
    levels = {level: found.counts[level] for level in reversed(tables.LEVELS)}
    shown_as = {"levels": words.LEVELS, "milestones": words.MILESTONES, "kinds": words.KINDS, "states": words.STATES}
    quiet = {"wrong": NOTHING, "wrong_at": "", "typed": {}, "may": actor().has_role(*DESK)}
    values = {"wanted": wanted, "found": rows(tx, found.shown.rows), "page": found.shown}
    return values | {"counts": levels, "looks": shown_as, **quiet}
