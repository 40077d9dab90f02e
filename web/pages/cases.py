"""Cases: the list with search and filters, and the page where one case is told as a single stream."""

from datetime import timedelta
from typing import Any

from flask import Blueprint, flash, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from loopdesk.desk import attachments, case, choices, communications, departments, emergency, people
from loopdesk.desk import wording as plain_words
from loopdesk.desk.case_facts import name_of
from loopdesk.desk.raci import advice
from loopdesk.desk.record import Case
from loopdesk.desk.sentiment import moods
from loopdesk.engine import bundles, events, incidents, instances, operators, timers, work
from loopdesk.engine.actor import SYSTEM
from loopdesk.engine.errors import Invalid, Missing
from loopdesk.engine.tx import Tx
from loopdesk.web import vocabulary
from loopdesk.web.context import actor, loopdesk, open_tx, read_tx
from loopdesk.web.pages import (
    acceptance_section,
    clock_section,
    closure_section,
    contact_section,
    customer_section,
    escalation_section,
    feedback,
    handoff_section,
    implementation_section,
    related_section,
    resolution_section,
    team_section,
    timeline,
    typed,
)
from loopdesk.web.pages.files import add_all
from loopdesk.web.pages.incidents import marks, told
from loopdesk.web.pages.shown import NOTHING, Shown, shown

blueprint = Blueprint("pages_cases", __name__, url_prefix="/cases")

HANDING_ON = timedelta(minutes=1)
"""How long after the end of a process the next one of its case may still be about to begin."""
FILTERS = ("q", "status", "priority", "department", "owner")
CHOICES = {"priority": choices.PRIORITY, "department": choices.DEPARTMENT}


@blueprint.get("")
def cases() -> str:
    """All cases that the reader may see, filtered."""
    with read_tx() as tx:
        wanted, page = _wanted(tx), typed.page()
        found = case.listing(actor(), tx, **wanted, page=page)
        staff = people.listing(actor(), tx)
        codes = departments.codes(tx)
    names = {person.id: person.name for person in staff}
    return render_template(
        "cases/cases.html",
        found=found,
        names=names,
        wanted=wanted,
        filtered=any(wanted.values()),
        staff=[person for person in staff if person.active and "agent" in person.roles],
        codes=codes,
        statuses=[(code, look.text) for code, look in vocabulary.STATUSES.items()],
        priorities=[(code, f"{code} · {name}") for code, name in vocabulary.priority_names().items()],
    )


def _wanted(tx: Tx) -> dict[str, Any]:
    """The filters of the address; a value that the house neither has nor had is none."""
    given = {name: request.args.get(name, "").strip() for name in FILTERS}
    for name, choice in CHOICES.items():
        given[name] = given[name] if choice.has(tx, given[name]) else ""
    given["status"] = given["status"] if given["status"] in vocabulary.STATUSES else ""
    return given | {"owner": choices.person(tx, given["owner"])}


@blueprint.get("/<number>")
def case_page(number: str) -> str:
    """One case: head, stream, and what stands beside it."""
    return page(number, NOTHING)


@blueprint.get("/<number>/stream")
def stream(number: str) -> str:
    """The stream alone, for the page to keep itself up to date."""
    with read_tx() as tx:
        found = case.read(actor(), tx, number)
        return render_template("cases/stream.html", **_stream(tx, found))


@blueprint.get("/<number>/head")
def head(number: str) -> str:
    """Head and open work alone, for the page to keep itself up to date."""
    with read_tx() as tx:
        return render_template("cases/head.html", **_head(tx, case.read(actor(), tx, number)))


@blueprint.post("/<number>/comment")
def comment(number: str) -> ResponseReturnValue:
    """Answer the customer, or keep a note inside; files go along."""
    internal = request.form.get("mode") == "internal"
    given = [one for one in request.files.getlist("file") if one.filename]
    try:
        with open_tx() as tx:
            hits = _say(tx, number, internal=internal)
            add_all(tx, number, given if not hits else [], attachments.STAFF if internal else attachments.CUSTOMER)
    except Invalid as error:
        return page(number, shown(error)), 422
    if hits:
        return page(number, NOTHING, jargon=hits), 422
    flash(gettext("Noted.") if internal else gettext("Your answer is on its way to the customer."))
    return redirect(url_for("pages_cases.case_page", number=number) + "#stream")


def _say(tx: Tx, number: str, *, internal: bool) -> list[plain_words.Hit]:
    """Keep the words that were typed; those that a customer may not know keep them from leaving (COM-10)."""
    text = request.form.get("body", "")
    if not internal:
        return plain_words.reply(actor(), tx, number, text, anyway=request.form.get("anyway") == "1")
    communications.comment(actor(), tx, number, text, internal=True)
    return []


@blueprint.get("/<number>/diagram/<instance>")
def diagram(number: str, instance: str) -> ResponseReturnValue:
    """A process of the case as it runs: BPMN XML in the reader's language, and where its tokens are."""
    with read_tx() as tx:
        case.read(actor(), tx, number)
        if instances.get(tx, instance)["key"] != number:
            raise Missing("There is no such process instance.")
        return jsonify(
            xml=instances.diagram(tx, instance, vocabulary.language()),
            tokens=instances.tokens(tx, instance),
            notes=marks(tx, instance),
        )


def page(number: str, wrong: Shown, **more: Any) -> str:
    """The whole page; ``wrong`` is shown where one writes, ``more`` is for its sections."""
    with read_tx() as tx:
        found = case.read(actor(), tx, number)
        running = instances.of_key(tx, number)
        values = {
            **_head(tx, found),
            **_stream(tx, found),
            "wrong": wrong,
            "typed": request.form,
            "files": attachments.listing(actor(), tx, number),
            **clock_section.section(tx, found),
            **closure_section.section(tx, found),
            **customer_section.section(tx, found),
            **related_section.section(tx, found),
            **resolution_section.section(tx, found),
            **escalation_section.section(tx, found),
            "advice": [one for one in advice.of_case(tx, number) if one["state"] != advice.SETTLED],
            **handoff_section.section(tx, found),
            **team_section.section(tx, found),
            **implementation_section.section(tx, found),
            **acceptance_section.section(tx, found),
            "said": feedback.section(tx, number),
            **contact_section.section(tx, found),
            "instances": [one | {"title": _process_name(tx, one)} for one in sorted(running, key=_newest_active)],
            "steps_in": actor().has_role(*operators.ROLES),
            "timers": _timers(tx, running),
            "live_since": events.latest(tx),
            **more,
        }
    return render_template("cases/case.html", **values)


def _head(tx: Tx, found: Case) -> dict[str, Any]:
    # Who sees the case sees what is to be done on it; who may do it is asked of each task.
    open_tasks = work.listing(SYSTEM, tx, key=found.number)
    begun = instances.of_key(tx, found.number)
    running = [one for one in begun if one["status"] == "active"]
    return {
        "case": found,
        "owner": name_of(tx, found.owner_id),
        "assignee": name_of(tx, found.assignee_id),
        "tasks": [_to_do(task) for task in open_tasks],
        "waits_to_begin": case.waits_to_begin(tx, found.number),
        "idle": found.status != "closed" and _idle(tx, begun),
        "may_repair": actor().has_role(*incidents.ROLES),
        "mood": moods.newest(tx, found.number),
        "emergencies": emergency.of_case(actor(), tx, found.number),
        "held": [one | {"title": _process_name(tx, one)} for one in running if one["suspended_at"]],
        "incidents": [told(row) for one in running for row in incidents.of_instance(tx, one["id"])],
    }


def _idle(tx: Tx, begun: list[dict[str, Any]]) -> bool:
    """Whether nothing runs. Between two processes of a case lies a message, so one that has just ended is no sign."""
    if any(one["status"] == "active" for one in begun):
        return False
    ended = max((one for one in begun if one["ended_at"]), key=lambda one: one["ended_at"], default=None)
    return ended is None or ended["status"] == "cancelled" or tx.now - ended["ended_at"] > HANDING_ON


def _to_do(task: dict[str, Any]) -> dict[str, Any]:
    return task | {
        "title": vocabulary.localised(task["name"]) or task["element"],
        "may": loopdesk().engine.host.may_work(actor(), task),
        "raci_rows": vocabulary.raci_rows(task["raci"] or {}),
    }


def _stream(tx: Tx, found: Case) -> dict[str, Any]:
    everything = request.args.get("all") == "1"
    return {
        "case": found,
        "everything": everything,
        "entries": timeline.of_case(actor(), tx, found.number, technical=everything),
    }


def _timers(tx: Tx, running: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What the case waits for, with the name of the element in the reader's language."""
    found = []
    for one in running:
        made = bundles.get(tx, one["bundle_id"])
        for timer in timers.of_instance(tx, one["id"]) if one["status"] == "active" else ():
            name = bundles.text(made, timer["element"], "name", vocabulary.language())
            found.append(timer | {"title": name or timer["name"] or timer["element"]})
    return sorted(found, key=lambda timer: timer["due_at"])


def _newest_active(one: dict[str, Any]) -> tuple[bool, float]:
    return one["status"] != "active", -one["started_at"].timestamp()


def _process_name(tx: Tx, one: dict[str, Any]) -> str:
    return (
        bundles.text(bundles.get(tx, one["bundle_id"]), one["process"], "name", vocabulary.language()) or one["process"]
    )
