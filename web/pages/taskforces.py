"""Task forces: who is on them, how far they got day by day, their result (HND-6)."""

from collections.abc import Callable
from datetime import date
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from loopdesk.desk import people, record
from loopdesk.desk.rights import DESK, visible_to
from loopdesk.desk.team import taskforce
from loopdesk.engine.errors import Conflict, Invalid, LoopdeskError, Missing, Refused
from loopdesk.engine.tx import Tx
from loopdesk.web.context import actor, open_tx, read_tx
from loopdesk.web.pages.shown import NOTHING, Shown, shown

blueprint = Blueprint("pages_taskforces", __name__, url_prefix="/handoffs/task-forces")


@blueprint.get("")
def listing() -> str:
    """All that the reader may see, and the form to start one."""
    return _list(NOTHING)


@blueprint.post("")
def start() -> ResponseReturnValue:
    """Call people together on a case."""
    try:
        with open_tx() as tx:
            given = {name: request.form.get(name, "") for name in ("goal", "lead")}
            number = request.form.get("case", "").strip()
            made = taskforce.start(actor(), tx, number, **given, members=request.form.getlist("members"))
    except (Invalid, Conflict, Refused, Missing) as error:
        return _list(shown(error)), _code(error)
    flash(gettext("The task force has begun; its departments see the case."))
    return redirect(url_for("pages_taskforces.one", taskforce_id=made.id))


@blueprint.get("/<taskforce_id>")
def one(taskforce_id: str) -> str:
    """One task force."""
    return _page(taskforce_id, NOTHING)


@blueprint.post("/<taskforce_id>/progress")
def report(taskforce_id: str) -> ResponseReturnValue:
    """Say how far it got on a day."""

    def do(tx: Tx) -> None:
        day = request.form.get("day", "")
        taskforce.report(actor(), tx, taskforce_id, text=request.form.get("text", ""), day=_day(day))

    return _did(taskforce_id, do, gettext("It stands below."))


@blueprint.post("/<taskforce_id>/members")
def add(taskforce_id: str) -> ResponseReturnValue:
    """Take one more person in."""
    who = request.form.get("person", "")
    done = gettext("They are in it and see the case.")
    return _did(taskforce_id, lambda tx: taskforce.add(actor(), tx, taskforce_id, person=who), done)


@blueprint.post("/<taskforce_id>/end")
def close(taskforce_id: str) -> ResponseReturnValue:
    """End it with its result."""
    result = request.form.get("result", "")
    done = gettext("The task force is over.")
    return _did(taskforce_id, lambda tx: taskforce.close(actor(), tx, taskforce_id, result=result), done)


def _did(taskforce_id: str, do: Callable[[Tx], object], said: str) -> ResponseReturnValue:
    try:
        with open_tx() as tx:
            do(tx)
    except (Invalid, Conflict, Refused) as error:
        return _page(taskforce_id, shown(error)), _code(error)
    flash(said)
    return redirect(url_for("pages_taskforces.one", taskforce_id=taskforce_id))


def _list(wrong: Shown) -> str:
    with read_tx() as tx:
        values: dict[str, Any] = {
            "found": taskforce.listing(actor(), tx),
            "staff": _staff(tx),
            "may_start": actor().has_role(*DESK),
            "wrong": wrong,
            "typed": request.form,
            "chosen": request.form.getlist("members"),
            "case_number": request.form.get("case", request.args.get("case", "")),
        }
    return render_template("handoffs/taskforces.html", **values)


def _page(taskforce_id: str, wrong: Shown) -> str:
    with read_tx() as tx:
        found = taskforce.get(tx, taskforce_id)
        case = record.get(tx, found.case, visible=visible_to(actor()))
        inside = {member.person_id for member in found.members}
        values: dict[str, Any] = {
            "one": found,
            "case": case,
            "staff": [(code, text) for code, text in _staff(tx) if code not in inside],
            "may": taskforce.may_write(actor(), found),
            "leads": actor().id == found.lead_id or "admin" in actor().roles,
            "today": taskforce.day_of(tx, tx.now).isoformat(),
            "wrong": wrong,
            "typed": request.form,
        }
    return render_template("handoffs/taskforce.html", **values)


def _staff(tx: Tx) -> list[tuple[str, str]]:
    """Who may be called: everybody who works in a department."""
    return [
        (person.id, f"{person.name} ({person.login})")
        for person in people.listing(actor(), tx)
        if person.active and person.departments
    ]


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _code(error: LoopdeskError) -> int:
    codes = {Invalid: 422, Conflict: 409, Refused: 403, Missing: 404}
    return next(code for family, code in codes.items() if isinstance(error, family))
