"""The log of communications, of one case or all, and the help to write: phrases, plain words, explanations
(COM-3, COM-4, COM-10)."""

from datetime import timedelta
from typing import Any

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from loopdesk.desk import case, letters, sending
from loopdesk.desk import wording as plain_words
from loopdesk.desk.contacting import channel as channels
from loopdesk.desk.contacting import log
from loopdesk.desk.contacting.rows import MISSED
from loopdesk.engine.errors import Invalid
from loopdesk.web import contact_words, vocabulary
from loopdesk.web.context import actor, loopdesk, open_tx, read_tx
from loopdesk.web.looks import own_path
from loopdesk.web.pages import cases, sheets, typed
from loopdesk.web.pages.shown import NOTHING, Shown, shown

blueprint = Blueprint("pages_communications", __name__, url_prefix="/cases")

PER_PAGE = 25
_COLUMNS = (
    *("id", "case", "at", "direction", "channel", "wanted", "carried", "author", "recipient", "subject", "body"),
    *("state", "note", "feedback", "follow_up", "confirmed_at"),
)


@blueprint.get("/communications")
def everything() -> str:
    """What was said with customers on all cases that the reader may see."""
    return _page("", NOTHING)


@blueprint.get("/<number>/communications")
def of_case(number: str) -> str:
    """What was said with the customer of one case."""
    return _page(number, NOTHING)


@blueprint.get("/communications.csv")
def as_csv() -> Response:
    """All that match, newest first, as a file for a spreadsheet."""
    with read_tx() as tx:
        found = log.every(actor(), tx, **_wanted(request.args.get("case", "")))
        return sheets.sheet("communications.csv", _COLUMNS, ([row[name] for name in _COLUMNS] for row in found))


@blueprint.post("/communications/<communication_id>/follow")
def follow(communication_id: str) -> ResponseReturnValue:
    """Note what the customer said to a message, and what follows."""
    given = {name: request.form.get(name, "") for name in ("feedback", "follow_up")}
    try:
        with open_tx() as tx:
            log.follow(actor(), tx, communication_id, **given)
    except Invalid as error:
        return _page("", shown(error)), 422
    flash(gettext("Noted."))
    return redirect(own_path(request.form.get("next", "") or url_for("pages_communications.everything")))


@blueprint.post("/<number>/jargon")
def jargon(number: str) -> str:
    """The words of a text that a customer may not know, while it is written; ``refused`` when they kept a task from
    being completed."""
    with read_tx() as tx:
        found = case.read(actor(), tx, number)
        hits = plain_words.jargon(tx, request.form.get("body", ""), found.language)
    given = {name: request.form.get(name, "") for name in ("task", "refused")}
    return render_template("cases/jargon.html", hits=hits, **given)


@blueprint.post("/<number>/explanation")
def explain(number: str) -> ResponseReturnValue:
    """Put the three parts of an explanation into the reply, as the letter's template has it."""
    given = {name: request.form.get(name, "") for name in plain_words.FIELDS}
    try:
        with read_tx() as tx:
            text = plain_words.explanation(actor(), tx, number, given, loopdesk().settings.url)
    except Invalid as error:
        return cases.page(number, NOTHING, explained=shown(error)), 422
    return cases.page(number, NOTHING, typed={"body": text})


def _wanted(number: str) -> log.Filters:
    """The filters of the address; days are the reader's own. Raises `Invalid` for a day that is none."""
    until = typed.asked_day("until")
    return {
        "number": number,
        "q": _asked("q"),
        "channel": _asked("channel"),
        "state": _asked("state"),
        "open_only": _asked("follow_up") == "1",
        "since": typed.asked_day("since"),
        "until": until + timedelta(days=1) if until else None,
    }


def _asked(name: str) -> str:
    return request.args.get(name, "").strip()


def _page(number: str, wrong: Shown) -> str:
    wanted = _wanted(number)
    page = typed.page()
    with read_tx() as tx:
        found, total = log.listing(actor(), tx, **wanted, page=page, per_page=PER_PAGE)
        names = channels.names(tx, vocabulary.language())
        about = case.read(actor(), tx, number) if number else None
    return render_template(
        "cases/communications.html",
        rows=[_row(row, names) for row in found],
        case=about,
        wanted=wanted,
        days={name: _asked(name) for name in ("since", "until")},
        channels=vocabulary.channel_names() | {code: names[code] for code in names if code != channels.AUTO},
        states=contact_words.STATES,
        total=total,
        most=sheets.MOST,
        page=page,
        pages=-(-total // PER_PAGE),
        wrong=wrong,
        may_follow=log.may_follow(actor()),
    )


def _row(row: dict[str, Any], names: dict[str, str]) -> dict[str, Any]:
    held = row["state"] == "held" or row["note"] in (sending.NOBODY, sending.NO_ADDRESS)
    return row | {
        "channel_name": contact_words.channel(row["channel"], names),
        "carried_words": contact_words.carried(row, names),
        "look": contact_words.CALLS[MISSED]
        if row["note"] == letters.MISSED
        else contact_words.STATES.get(row["state"]),
        "why": contact_words.HELD.get(row["note"], "") if held else "",
    }
