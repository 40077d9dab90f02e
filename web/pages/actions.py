"""Improvement actions of all meetings, reviews, drills and rulings: mine, my department's, late ones (HND-9)."""

from typing import Any

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from loopdesk.desk import actions, departments
from loopdesk.desk.actions import Action
from loopdesk.engine.errors import Invalid
from loopdesk.engine.tx import Tx
from loopdesk.web import team_words
from loopdesk.web.context import actor, open_tx, read_tx
from loopdesk.web.looks import own_path
from loopdesk.web.pages.sheets import sheet
from loopdesk.web.pages.shown import NOTHING, Shown, shown

blueprint = Blueprint("pages_actions", __name__, url_prefix="/actions")

WHOSE = ("me", "department", "all")
_COLUMNS = (
    *("id", "source", "case", "text", "department", "owner", "created_at", "due_at", "state", "done_at"),
    *("done_by", "result"),
)


@blueprint.get("")
def listing() -> str:
    """The actions that match, what is due first at the front."""
    return _page(NOTHING)


@blueprint.get("/actions.csv")
def as_csv() -> Response:
    """The same list as a file for a spreadsheet."""
    with read_tx() as tx:
        found = _found(tx, _wanted())
    return sheet("actions.csv", _COLUMNS, ([getattr(one, name) for name in _COLUMNS] for one in found))


@blueprint.post("/<action_id>/done")
def done(action_id: str) -> ResponseReturnValue:
    """Say that it is done, and what came of it; back to the page where the action was shown."""
    try:
        with open_tx() as tx:
            actions.done(actor(), tx, action_id, result=request.form.get("result", ""))
    except Invalid as error:
        return _page(shown(error), action_id), 422
    flash(gettext("Done. The result stands beside it."))
    return redirect(own_path(request.form.get("next", "") or url_for("pages_actions.listing")))


def rows(tx: Tx, found: list[Action]) -> list[dict[str, Any]]:
    """Actions as ``actions/_list.html`` shows them."""
    return [
        {
            "action": one,
            "source": team_words.ACTION_SOURCES.get(one.source, one.source),
            "late": one.late(tx.now),
            "may": one.state == actions.OPEN and actions.may_finish(actor(), one),
        }
        for one in found
    ]


def _wanted() -> dict[str, str]:
    given = {name: request.args.get(name, "")[:60] for name in ("state", "source", "department")}
    whose = request.args.get("whose", WHOSE[0])
    given["state"] = given["state"] if given["state"] in (*actions.STATES, "late", "any") else actions.OPEN
    return given | {"whose": whose if whose in WHOSE else WHOSE[0]}


def _found(tx: Tx, wanted: dict[str, str]) -> list[Action]:
    state, whose = wanted["state"], wanted["whose"]
    found = actions.listing(
        actor(),
        tx,
        state=state if state in actions.STATES else "",
        late=state == "late",
        source=wanted["source"],
        department=wanted["department"],
        owner=actor().id if whose == "me" else "",
    )
    return [one for one in found if whose != "department" or one.department in actor().departments]


def _page(wrong: Shown, at: str = "") -> str:
    wanted = _wanted()
    with read_tx() as tx:
        values: dict[str, Any] = {
            "actions": rows(tx, _found(tx, wanted)),
            "wanted": wanted,
            "codes": departments.codes(tx),
            "sources": team_words.ACTION_SOURCES,
            "wrong": wrong,
            "wrong_at": at,
            "typed": request.form,
        }
    return render_template("actions/actions.html", **values)
