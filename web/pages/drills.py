"""Drills: what is due, the library, and one drill that a group goes through on a clock of its own (EMG-10)."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_timezone, gettext, lazy_gettext

from loopdesk.desk import actions, policy
from loopdesk.desk.drills import coverage, history, outcome, plans, score
from loopdesk.desk.drills.history import Run
from loopdesk.desk.rights import VERBS, require
from loopdesk.desk.runbooks.plans import BUNDLE as RUNBOOKS
from loopdesk.desk.runbooks.plans import Text, words
from loopdesk.engine import bundles
from loopdesk.engine.errors import Invalid, LoopdeskError, Phrase
from loopdesk.engine.tx import Tx
from loopdesk.web import drilling, emergency_words, vocabulary
from loopdesk.web.context import actor, open_tx, read_tx
from loopdesk.web.pages.actions import rows as action_rows
from loopdesk.web.pages.shown import NOTHING, Shown, shown
from loopdesk.web.vocabulary import Look

blueprint = Blueprint("pages_drills", __name__, url_prefix="/emergencies/drills")

COVERS = {
    "system": lazy_gettext("Systems"),
    "service": lazy_gettext("The service"),
    "security": lazy_gettext("Security"),
}
STATES = {
    "planned": Look(lazy_gettext("planned"), "", "clock"),
    "running": Look(lazy_gettext("running"), "accent", "play"),
    "recorded": Look(lazy_gettext("recorded"), "green", "check"),
    "cancelled": Look(lazy_gettext("called off"), "", "cross"),
}
LINES = {
    "done": Look(lazy_gettext("done"), "green", "check"),
    "late": Look(lazy_gettext("late"), "yellow", "clock"),
    "missed": Look(lazy_gettext("missed"), "red", "octagon"),
}


@blueprint.get("")
def drills() -> str:
    """What is due, the library, and the drills so far."""
    return _list(NOTHING)


@blueprint.post("")
def plan() -> ResponseReturnValue:
    """Plan one for now or for later."""
    try:
        at = _moment(request.form.get("at", ""))
        with open_tx() as tx:
            made = history.plan(actor(), tx, request.form.get("plan", ""), at=at)
    except Invalid as error:
        return _list(shown(error)), 422
    flash(gettext("The drill is planned."))
    return redirect(url_for("pages_drills.drill", drill_id=made.id))


@blueprint.get("/<drill_id>")
def drill(drill_id: str) -> str:
    """One drill: going on, or how it went."""
    return _page(drill_id, NOTHING)


@blueprint.post("/<drill_id>/advance")
def advance(drill_id: str) -> ResponseReturnValue:
    """Move its clock: by so many minutes, or to one."""
    try:
        with open_tx() as tx:
            now = history.get(tx, drill_id).minute
            more, to = request.form.get("more", ""), request.form.get("minute", "")
            minute = now + int(more) if more.isdigit() else int(to) if to.isdigit() else -1
            history.advance(actor(), tx, drill_id, minute)
    except LoopdeskError as error:
        return _page(drill_id, shown(error)), 422
    return redirect(url_for("pages_drills.drill", drill_id=drill_id))


@blueprint.post("/<drill_id>/answers")
def answer(drill_id: str) -> ResponseReturnValue:
    """Somebody has done a step or a task, or gives an update, at the minute that it is."""
    kind, _, ref = request.form.get("what", "").partition(":")
    try:
        with open_tx() as tx:
            data = {"text": request.form["text"]} if request.form.get("text") else {}
            history.answer(actor(), tx, drill_id, kind=kind, ref=ref, data=data)
    except LoopdeskError as error:
        return _page(drill_id, shown(error)), 422
    return redirect(url_for("pages_drills.drill", drill_id=drill_id))


@blueprint.post("/<drill_id>/finish")
def finish(drill_id: str) -> ResponseReturnValue:
    """Play it in the sandbox with what everybody did, and keep score, findings and actions."""
    require(actor(), "drill.lead")
    try:
        with read_tx() as tx:
            run = history.get(tx, drill_id)
            chosen, _ = history.expected(tx, run)
            folders = drilling.live(tx, **{plans.BUNDLE: run.bundle_id, RUNBOOKS: run.runbooks_id})
            given = history.answers(tx, drill_id)
            figures = score.figures(policy.read(tx, history.POLICY))
        found = drilling.play(chosen, folders, given, figures, vocabulary.language(), until=run.minute)
        with open_tx() as tx:
            history.record(actor(), tx, drill_id, found)
    except LoopdeskError as error:
        return _page(drill_id, shown(error)), 422
    flash(gettext("The drill is recorded: %(score)s of 100.", score=found.score))
    return redirect(url_for("pages_drills.drill", drill_id=drill_id))


@blueprint.post("/<drill_id>/cancel")
def cancel(drill_id: str) -> ResponseReturnValue:
    """Call it off."""
    try:
        with open_tx() as tx:
            history.cancel(actor(), tx, drill_id, reason=request.form.get("reason", ""))
    except LoopdeskError as error:
        return _page(drill_id, shown(error)), 422
    flash(gettext("The drill is called off."))
    return redirect(url_for("pages_drills.drills"))


def _list(wrong: Shown) -> str:
    require(actor(), "emergency.read")
    with read_tx() as tx:
        library = plans.current(tx)
        values: dict[str, Any] = {
            "library": sorted(library.values(), key=lambda one: (one.covers, one.key)),
            "dues": coverage.coverage(tx),
            "runs": [(run, _name(tx, run)) for run in history.listing(tx)],
        }
    looks = {"words": _words, "covers": COVERS, "states": STATES, "may": _may_lead()}
    return render_template("drills/drills.html", **values, **looks, wrong=wrong, typed=request.form)


def _page(drill_id: str, wrong: Shown) -> str:
    require(actor(), "emergency.read")
    with read_tx() as tx:
        run = history.get(tx, drill_id)
        chosen, book = history.expected(tx, run)
        given = {(one.kind, one.id): one for one in history.answers(tx, drill_id)}
        updates = [one for one in history.answers(tx, drill_id) if one.kind == history.UPDATE]
        files = bundles.get(tx, run.bundle_id).files
        found = outcome.read(run.result) if run.score is not None else None
        done = action_rows(tx, actions.of(tx, "drill", drill_id))
    values: dict[str, Any] = {
        "run": run,
        "plan": chosen,
        "expected": _expected(chosen, book, given),
        "updates": updates,
        "surprises": [one for one in chosen.surprises if one.at <= run.minute or found],
        "found": found,
        "findings": [outcome.said(files, one, vocabulary.language()) for one in found.findings] if found else [],
        "actions": done,
        "running": run.state in (history.PLANNED, history.RUNNING),
        "may": _may_lead(),
    }
    looks = {"words": _words, "covers": COVERS, "states": STATES, "lines": LINES, "roles": emergency_words.ROLES}
    return render_template("drills/drill.html", **values, **looks, wrong=wrong, typed=request.form)


def _expected(chosen: plans.Drill, book: Any, given: dict[tuple[str, str], outcome.Answer]) -> list[dict[str, Any]]:
    """Tasks and steps in the order of their limits, each with who did it at which minute."""
    tasks = [("task", one.id, one.name, "", one.limit, one.weight) for one in chosen.tasks]
    steps = [
        ("step", one.id, one.text, one.role, drilling.limit(chosen, one), drilling.weight(chosen, one))
        for one in book.steps
    ]
    names = ("kind", "id", "name", "role", "limit", "weight")
    rows = [dict(zip(names, one, strict=True)) for one in [*tasks, *steps]]
    return [row | {"answer": given.get((row["kind"], row["id"]))} for row in sorted(rows, key=lambda row: row["limit"])]


def _words(text: Text) -> str:
    return words(text, vocabulary.language())


def _name(tx: Tx, run: Run) -> str:
    return _words(plans.get(tx, run.plan, run.bundle_id).name)


def _may_lead() -> bool:
    return actor().has_role(*VERBS["drill.lead"].roles)


def _moment(text: str) -> datetime | None:
    """When it is planned for, in the reader's own zone; None for now."""
    if not text:
        return None
    try:
        return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(str(get_timezone())))
    except ValueError:
        raise Invalid("This drill cannot be planned.", fields={"at": [Phrase("Give day and time.")]}) from None
