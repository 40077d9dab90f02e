"""Meetings of the departments: agenda, minutes, actions; and how well the departments talk (HND-9)."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from loopdesk.desk import actions, departments, people
from loopdesk.desk.rights import DESK
from loopdesk.desk.team import agenda, meetings, risk, scores, series
from loopdesk.desk.team.meetings import Meeting
from loopdesk.engine.errors import N_, Conflict, Invalid, Refused
from loopdesk.engine.tx import Tx
from loopdesk.web import handoff_words, vocabulary
from loopdesk.web.context import actor, loopdesk, open_tx, read_tx
from loopdesk.web.pages import typed
from loopdesk.web.pages.actions import rows
from loopdesk.web.pages.shown import NOTHING, Shown, shown

blueprint = Blueprint("pages_meetings", __name__, url_prefix="/handoffs/meetings")


@blueprint.get("")
def listing() -> str:
    """The meetings, and the score of a month."""
    return _list(NOTHING)


@blueprint.post("/ratings")
def rate() -> ResponseReturnValue:
    """Say how another department talks."""
    try:
        with open_tx() as tx:
            clarity, feedback = (request.form.get(name, 0, type=int) for name in (scores.CLARITY, scores.FEEDBACK))
            said = {name: request.form.get(name, "") for name in ("department", "comment")}
            scores.rate(actor(), tx, clarity=clarity, feedback=feedback, **said)
    except (Invalid, Refused) as error:
        return _list(shown(error)), 403 if isinstance(error, Refused) else 422
    flash(gettext("Thank you. It counts for this month; nobody sees your name."))
    return redirect(url_for("pages_meetings.listing") + "#score")


@blueprint.get("/<meeting_id>")
def one(meeting_id: str) -> str:
    """One meeting."""
    return _page(meeting_id, NOTHING)


@blueprint.post("/<meeting_id>/minutes")
def write(meeting_id: str) -> ResponseReturnValue:
    """Keep the minutes; or keep and publish them."""
    publishes = request.form.get("publish") == "1"

    def do(tx: Tx) -> None:
        there = request.form.getlist("attendees")
        meetings.write(actor(), tx, meeting_id, minutes=request.form.get("minutes", ""), attendees=there)
        if publishes:
            meetings.publish(actor(), tx, meeting_id, base_url=loopdesk().settings.url)

    said = gettext("Published and sent to everybody who was there.") if publishes else gettext("Kept.")
    return _did(meeting_id, do, said)


@blueprint.post("/<meeting_id>/actions")
def agree(meeting_id: str) -> ResponseReturnValue:
    """Agree on an action."""

    def do(tx: Tx) -> None:
        given = {name: request.form.get(name, "") for name in ("text", "owner")}
        until = typed.end_of_day("due_at", N_("Please check this action."))
        meetings.agree(actor(), tx, meeting_id, **given, due_at=until)

    return _did(meeting_id, do, gettext("It stands below; the person is reminded."))


def _did(meeting_id: str, do: Callable[[Tx], None], said: str) -> ResponseReturnValue:
    try:
        with open_tx() as tx:
            do(tx)
    except (Invalid, Conflict) as error:
        return _page(meeting_id, shown(error)), 409 if isinstance(error, Conflict) else 422
    flash(said)
    return redirect(url_for("pages_meetings.one", meeting_id=meeting_id))


def _list(wrong: Shown) -> str:
    month = request.args.get("month", "")[:7]
    with read_tx() as tx:
        codes = departments.codes(tx)
        months = scores.months(tx)
        month = month if month in months else months[0]
        values: dict[str, Any] = {
            "found": meetings.listing(actor(), tx),
            "now": tx.now,
            "names": series.names(tx, vocabulary.language()),
            "scores": scores.listing(actor(), tx, month),
            "comments": scores.comments(actor(), tx, month),
            "month": month,
            "months": months,
            "others": [(code, vocabulary.department(code)) for code in codes if code not in actor().departments],
            "wrong": wrong,
            "typed": request.form,
        }
    return render_template("handoffs/meetings.html", **values)


def _page(meeting_id: str, wrong: Shown) -> str:
    with read_tx() as tx:
        meetings.listing(actor(), tx)
        found = meetings.get(tx, meeting_id)
        staff = [person for person in people.listing(actor(), tx) if person.active]
        there = request.form.getlist("attendees") or [person_id for person_id, _ in found.attendees]
        values: dict[str, Any] = {
            "one": found,
            "name": series.names(tx, vocabulary.language()).get(found.series, found.series),
            "points": _points(tx, found),
            "agreed": rows(tx, actions.of(tx, meetings.SOURCE, found.id)),
            "may": found.published_at is None and meetings.may_write(actor(), found) and actor().has_role(*DESK),
            "begun": found.starts_at <= tx.now,
            "staff": [(person.id, f"{person.name} ({person.login})") for person in staff],
            "invited": [
                (person.id, person.name)
                for person in staff
                if person.id in there or set(person.departments) & set(found.departments)
            ],
            "there": there,
            "wrong": wrong,
            "typed": request.form,
        }
    return render_template("handoffs/meeting.html", **values)


def _points(tx: Tx, found: Meeting) -> list[dict[str, Any]]:
    """The agenda with moments and words instead of codes."""
    by, language = risk.rules(tx), vocabulary.language()
    return [
        point
        | {name: datetime.fromisoformat(point[name]) for name in ("since", "due") if point.get(name)}
        | ({"look": handoff_words.STATES[point["state"]]} if "state" in point else {})
        | ({"level": by.level_name(point["level"], language)} if "level" in point else {})
        for point in agenda.shown(actor(), tx, found.agenda)
    ]
