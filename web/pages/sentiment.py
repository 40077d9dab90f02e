"""The mood of what customers write: each week, the messages behind it, and people's corrections (COM-6)."""

from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from loopdesk.desk.sentiment import moods, recovery, weeks
from loopdesk.engine.errors import Missing
from loopdesk.engine.tx import Tx
from loopdesk.web import mood_words
from loopdesk.web.context import actor, loopdesk, open_tx, read_tx
from loopdesk.web.looks import own_path
from loopdesk.web.pages.sheets import sheet

blueprint = Blueprint("pages_sentiment", __name__)

WEEKS = (4, 12, 26, 52)
"""Periods that the page offers, in weeks."""
_COLUMNS = ("monday", "kind", "count", "mean", "negative")


@blueprint.get("/feedback/sentiment")
def sentiment() -> str:
    """Each week's mood, all kinds of problems and each, with the recoveries that began."""
    with read_tx() as tx:
        found = _weeks(tx)
        begun = recovery.listing(actor(), tx, limit=20)
    return render_template(
        "feedback/sentiment.html",
        whole=[one for one in found if not one.kind],
        apart=[one for one in found if one.kind],
        recoveries=begun,
        period=_period(),
        periods=WEEKS,
        **_words(),
    )


@blueprint.get("/feedback/sentiment.csv")
def as_csv() -> Response:
    """The same figures as a file for a spreadsheet; an empty kind is all kinds together."""
    with read_tx() as tx:
        found = _weeks(tx)
    return sheet("sentiment.csv", _COLUMNS, ([getattr(one, name) for name in _COLUMNS] for one in found))


@blueprint.get("/feedback/sentiment/<monday>")
def week(monday: str) -> str:
    """The messages behind one week's figures, the lowest score first."""
    kind = request.args.get("kind", "")[:60]
    try:
        day = date.fromisoformat(monday)
        with read_tx() as tx:
            found = weeks.messages(actor(), tx, day, _zone(), kind=kind)
    except (ValueError, OverflowError) as error:  # No day at all, or one at the end of all calendars.
        raise Missing("There is no such week.") from error
    return render_template("feedback/sentiment_week.html", week=day, kind=kind, found=found, **_words())


@blueprint.post("/feedback/sentiment/of/<about>")
def correct(about: str) -> ResponseReturnValue:
    """Say how a message is meant; back to where it was read."""
    with open_tx() as tx:
        moods.correct(actor(), tx, about, request.form.get("label", ""))
    flash(gettext("Noted. The desk learns from it at the next training."))
    return redirect(own_path(request.form.get("next", "") or url_for("pages_sentiment.sentiment")))


def _weeks(tx: Tx) -> list[weeks.Week]:
    first = weeks.monday(tx.now, _zone()) - timedelta(weeks=_period() - 1)
    return weeks.weeks(actor(), tx, datetime.combine(first, time(), _zone()), _zone())


def _period() -> int:
    asked = request.args.get("weeks", WEEKS[1], type=int)
    return asked if asked in WEEKS else WEEKS[1]


def _zone() -> ZoneInfo:
    """Weeks begin by the clock of the house, so that everybody sees the same figures."""
    return ZoneInfo(loopdesk().settings.zone)


def _words() -> dict[str, Any]:
    return {
        "moods": mood_words.MOODS,
        "labels": mood_words.LABELS,
        "results": mood_words.RESULTS,
        "whys": mood_words.WHYS,
    }
