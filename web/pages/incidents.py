"""What did not work and waits for a person: the reason, the remedy, and the ways to go on."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext, lazy_gettext

from loopdesk.desk import people
from loopdesk.desk.departments import FIRST_LINE
from loopdesk.engine import bulk, bundles, repair, selection
from loopdesk.engine import incidents as engine_incidents
from loopdesk.engine.errors import LoopdeskError, filled
from loopdesk.engine.tx import Tx
from loopdesk.web import vocabulary
from loopdesk.web.context import actor, open_tx, read_tx
from loopdesk.web.first_start import NO_AGENTS
from loopdesk.web.pages import plain
from loopdesk.web.pages.changes import json_of
from loopdesk.web.pages.shown import NOTHING, Shown, shown

blueprint = Blueprint("pages_incidents", __name__, url_prefix="/incidents")

SETTLED = {
    "": vocabulary.Look(lazy_gettext("tried again"), "green", "check"),
    "retried": vocabulary.Look(lazy_gettext("tried again"), "green", "check"),
    "changed": vocabulary.Look(lazy_gettext("tried again with other data"), "green", "pen"),
    "skipped": vocabulary.Look(lazy_gettext("skipped"), "", "arrow"),
    "cancelled": vocabulary.Look(lazy_gettext("cancelled"), "", "cross"),
}
DONE = {
    "retry": lazy_gettext("It is being tried again."),
    "change": lazy_gettext("It is being tried again with the new data."),
    "skip": lazy_gettext("It is skipped; the process goes on."),
    "cancel": lazy_gettext("It is cancelled."),
}


@blueprint.get("")
def incidents() -> str:
    """Open ones first, then the last that were settled."""
    return _list(NOTHING)


@blueprint.post("/bulk")
def retry_all() -> ResponseReturnValue:
    """Try all again that the filter means."""
    try:
        with open_tx() as tx:
            identity = bulk.start(actor(), tx, "retry", _wanted(), request.form.get("reason", ""))
    except LoopdeskError as error:
        return _list(shown(error)), 422
    return redirect(url_for("pages_instances.progress", bulk_id=identity))


@blueprint.get("/<incident_id>")
def incident(incident_id: str) -> str:
    """One incident: what failed, with which data, and the ways to go on."""
    return _page(incident_id, NOTHING)


@blueprint.post("/<incident_id>/<any(retry, change, skip, cancel):action>")
def act(incident_id: str, action: str) -> ResponseReturnValue:
    """Try it again, with other data, skip it, or cancel it."""
    try:
        with open_tx() as tx:
            _do(tx, incident_id, action)
    except LoopdeskError as error:
        return _page(incident_id, shown(error), did=action), 422
    flash(str(DONE[action]))
    return redirect(url_for("pages_incidents.incidents"))


def _do(tx: Tx, incident_id: str, action: str) -> None:
    given, reason = request.form, request.form.get("reason", "")
    if action == "retry":
        engine_incidents.retry(actor(), tx, incident_id, reason=reason)
    elif action == "change":
        now = repair.data_of(actor(), tx, incident_id)
        inputs = json_of(given["inputs"], "inputs") if given.get("inputs", "").strip() else None
        values = json_of(given["variables"], "variables") if given.get("variables", "").strip() else None
        if isinstance(values, dict) and now["variables"] is not None:
            # The field shows all of them; only what was changed is written.
            values = {name: one for name, one in values.items() if now["variables"].get(name, ...) != one}
        inputs = None if inputs == now["inputs"] else inputs
        repair.retry_with(actor(), tx, incident_id, inputs=inputs, values=values or None, reason=reason)
    elif action == "skip":
        result = json_of(given.get("result", "").strip() or "{}", "result")
        repair.skip(actor(), tx, incident_id, result=result, reason=reason)
    else:
        repair.cancel(actor(), tx, incident_id, whole=given.get("what") == "instance", reason=reason)


def told(row: dict[str, Any]) -> dict[str, Any]:
    """An incident or the item of a bulk action, with its message and remedy in the reader's language."""
    params = row["params"] or {}
    remedy = row.get("remedy") or ""
    return row | {
        "text": filled(row["message"], params, gettext),
        "remedy_text": filled(remedy, params, gettext) if remedy else "",
        "look": SETTLED.get(row.get("resolution", ""), SETTLED[""]),
    }


def named(tx: Tx, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Incidents as ``told``, with ``at``: what people call the element, in the reader's language."""
    versions = selection.versions_of(tx, {row["instance_id"] for row in rows})
    made = {one: bundles.get(tx, bundle) for one, bundle in versions.items()}
    lang = vocabulary.language()
    found = []
    for row in rows:
        text = made[row["instance_id"]].text(row["element"], "name", lang) if row["instance_id"] in made else ""
        found.append(told(row) | {"at": text or row["element"]})
    return found


def marks(tx: Tx, instance_id: str) -> list[dict[str, str]]:
    """What a diagram says at the elements where incidents are open; a link for who may handle them."""
    may = actor().has_role(*engine_incidents.ROLES)
    found = engine_incidents.of_instance(tx, instance_id)
    return [
        {
            "element": row["element"],
            "text": told(row)["text"],
            "url": url_for("pages_incidents.incident", incident_id=row["id"]) if may else "",
        }
        for row in found
        if row["element"]
    ]


def _page(incident_id: str, wrong: Shown, *, did: str = "") -> str:
    with read_tx() as tx:
        row = engine_incidents.get(actor(), tx, incident_id)
        [shown_row] = named(tx, [row])
        data = repair.data_of(actor(), tx, incident_id) if row["state"] == engine_incidents.OPEN else None
        by = people.by_id(tx, row["resolved_by"]).name if row["resolved_by"] not in ("", "system") else ""
    values = {"incident": shown_row, "data": data, "by": by, "wrong": wrong, "did": did, "typed": request.form}
    return render_template("incidents/incident.html", **values, json_of=plain.pretty)


def _list(wrong: Shown) -> str:
    wanted = _wanted()
    with read_tx() as tx:
        found = named(tx, selection.open_incidents(actor(), tx, wanted))
        settled = named(tx, engine_incidents.listing(actor(), tx, state="resolved", limit=20))
        staffed = bool(people.in_department(tx, FIRST_LINE, "agent"))
        types, processes = selection.open_kinds(actor(), tx)
        processes_named = titles(tx, set(processes))
    warning = "" if staffed else gettext(NO_AGENTS, department=vocabulary.department(FIRST_LINE))
    return render_template(
        "incidents/incidents.html",
        found=found,
        settled=settled,
        warning=warning,
        wanted=wanted,
        filters=selection.plain(wanted),
        types=types,
        processes=processes_named,
        wrong=wrong,
    )


def titles(tx: Tx, processes: set[str]) -> dict[str, str]:
    """Id -> what people call a process, by the current version of the folder of that name; else the id again."""
    found = {one: one for one in sorted(processes)}
    for row in bundles.listing(actor(), tx):
        if row["name"] in found:
            made = bundles.get(tx, row["id"])
            found[row["name"]] = made.text(row["name"], "name", vocabulary.language()) or row["name"]
    return found


def _wanted() -> selection.Incidents:
    names = ("type", "process", "key", "words")
    return selection.Incidents(**{name: request.values.get(name, "").strip() for name in names})
