"""The morning board: handoffs that were open the day before, blockers and commitments (HND-5)."""

from collections.abc import Callable
from datetime import date
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from loopdesk.desk import people
from loopdesk.desk.actions import Action
from loopdesk.desk.team import board as boards
from loopdesk.desk.team.board import Board
from loopdesk.engine.errors import N_, Conflict, Invalid
from loopdesk.engine.tx import Tx
from loopdesk.web import handoff_words
from loopdesk.web.context import actor, open_tx, read_tx
from loopdesk.web.pages import typed
from loopdesk.web.pages.actions import rows
from loopdesk.web.pages.shown import NOTHING, Shown, shown

blueprint = Blueprint("pages_board", __name__, url_prefix="/handoffs/board")


@blueprint.get("")
def board() -> str:
    """The latest board, or that of a day."""
    return _page(NOTHING)


@blueprint.post("/<item_id>/blocker")
def block(item_id: str) -> ResponseReturnValue:
    """Say what blocks a handoff."""

    def do(tx: Tx) -> None:
        boards.block(actor(), tx, item_id, blocker=request.form.get("blocker", ""))

    return _done(item_id, do, gettext("It stands on the board."))


@blueprint.post("/<item_id>/commitment")
def commit(item_id: str) -> ResponseReturnValue:
    """Promise what is done until when."""

    def do(tx: Tx) -> None:
        given = {name: request.form.get(name, "") for name in ("text", "owner")}
        until = typed.end_of_day("due_at", N_("Please check this action."))
        boards.commit(actor(), tx, item_id, **given, due_at=until)

    return _done(item_id, do, gettext("It stands on the board; the person is reminded."))


def _done(item_id: str, do: Callable[[Tx], None], said: str) -> ResponseReturnValue:
    try:
        with open_tx() as tx:
            do(tx)
    except (Invalid, Conflict) as error:
        return _page(shown(error), item_id), 409 if isinstance(error, Conflict) else 422
    flash(said)
    return redirect(url_for("pages_board.board") + f"#line-{item_id}")


def _page(wrong: Shown, at: str = "") -> str:
    with read_tx() as tx:
        found = boards.read(actor(), tx, _day())
        values: dict[str, Any] = {
            "board": found,
            "missed": rows(tx, list(found.missed)) if found else [],
            "lines": _lines(tx, found) if found else [],
            "days": boards.days(actor(), tx),
            "staff": [(one.id, f"{one.name} ({one.login})") for one in people.listing(actor(), tx) if one.active],
            "wrong": wrong,
            "wrong_at": at,
            "typed": request.form,
        }
    return render_template("handoffs/board.html", **values)


def _lines(tx: Tx, found: Board) -> list[dict[str, Any]]:
    return [
        {
            "item": one,
            "look": handoff_words.STATES[one.state],
            "commitments": rows(tx, _first_open(one.commitments)),
            "may": boards.may_write(actor(), one),
        }
        for one in found.items
    ]


def _first_open(promised: tuple[Action, ...]) -> list[Action]:
    return sorted(promised, key=lambda one: (one.done_at is not None, one.due_at))


def _day() -> date | None:
    try:
        return date.fromisoformat(request.args.get("day", ""))
    except ValueError:
        return None
