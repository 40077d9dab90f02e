"""One human task: what is asked, by when, of whom; its form; claim, release, draft, complete (HND-1)."""

from collections.abc import Callable, Mapping
from typing import Any

import orjson
from flask import Blueprint, flash, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from loopdesk.desk import attachments, case, communications, handoff
from loopdesk.desk.raci import advice
from loopdesk.engine import bundles, instances, work
from loopdesk.engine.actor import Actor
from loopdesk.engine.errors import Conflict, Invalid
from loopdesk.engine.tx import Tx
from loopdesk.web import vocabulary
from loopdesk.web.context import actor, open_tx, read_tx
from loopdesk.web.looks import own_path
from loopdesk.web.pages import handoff_section, plain, writing_section
from loopdesk.web.pages.files import add_all
from loopdesk.web.pages.shown import NOTHING, at_fields, shown
from loopdesk.web.reports import sent_beside

blueprint = Blueprint("pages_tasks", __name__, url_prefix="/tasks")


@blueprint.get("/<task_id>")
def task(task_id: str) -> str:
    """The task as a page, or as the part beside the inbox's list."""
    with read_tx() as tx:
        view = task_view(tx, task_id)
        if request.headers.get("HX-Request"):
            return render_template("inbox/task.html", view=view, beside=True)
        return render_template("inbox/task_page.html", view=view, diagram=view["task"]["instance_id"])


@blueprint.get("/<task_id>/state")
def state(task_id: str) -> str:
    """Who has it now: reloaded while the form stays open, so that nothing typed is lost."""
    with read_tx() as tx:
        return render_template("inbox/task_state.html", view=_standing(tx, work.get(actor(), tx, task_id)))


@blueprint.post("/<task_id>/claim")
def claim(task_id: str) -> ResponseReturnValue:
    """Take it; whoever comes too late sees the task as it is now, and why."""
    return _pressed(work.claim, task_id)


@blueprint.post("/<task_id>/release")
def release(task_id: str) -> ResponseReturnValue:
    """Give it back to the group; the draft stays with it."""
    return _pressed(work.release, task_id)


@blueprint.post("/<task_id>/draft")
def draft(task_id: str) -> ResponseReturnValue:
    """Keep what is typed so far."""
    with open_tx() as tx:
        work.save_draft(actor(), tx, task_id, sent_data())
    return jsonify({})


@blueprint.post("/<task_id>/complete")
def complete(task_id: str) -> ResponseReturnValue:
    """Complete it through the form's check; refusals come back as problem details and the form stays as it is."""
    with open_tx() as tx:
        chosen = work.get(actor(), tx, task_id)
        data = sent_data()
        handoff.remember(tx, chosen["key"], request.args.get("seen", ""))
        for key, given in request.files.items(multi=True):
            _attach(tx, chosen["key"], key, given)
        writing_section.check(tx, chosen, data, anyway=sent_beside().get("anyway") == "1")
        work.complete(actor(), tx, task_id, data)
    flash(gettext("Done: %(task)s", task=named(chosen)))
    return jsonify(
        {"next": own_path(request.args.get("next", "")) if request.args.get("next") else url_for("pages_inbox.inbox")}
    )


def sent_data() -> dict[str, Any]:
    """The form's values from a JSON body or from the part ``data`` beside files. Raises ``Invalid``."""
    try:
        body = request.get_json() if request.is_json else {"data": orjson.loads(request.form.get("data", "{}"))}
        data = body["data"]
    except (orjson.JSONDecodeError, KeyError, TypeError) as error:
        raise Invalid("The form's values cannot be read.") from error
    if not isinstance(data, dict):
        raise Invalid("The form's values cannot be read.")
    return data


def _attach(tx: Tx, number: str, key: str, given: Any) -> None:
    try:
        add_all(tx, number, [given], attachments.STAFF)
    except Invalid as error:
        raise at_fields(error, {key: error.fields["file"]}) from error


def named(chosen: Mapping[str, Any]) -> str:
    """The task's name in the reader's language."""
    return vocabulary.localised(chosen["name"]) or str(chosen["element"])


def task_view(tx: Tx, task_id: str) -> dict[str, Any]:
    """Everything that the task's page shows. Raises ``Missing`` for a task that the reader may not see."""
    chosen = work.get(actor(), tx, task_id)
    language = vocabulary.language()
    schema, data = work.form(tx, chosen, language)
    bundle = bundles.get(tx, instances.get(tx, chosen["instance_id"])["bundle_id"])
    return _standing(tx, chosen) | {
        "schema": schema,
        "data": data,
        "about": plain.documentation(bundles.text(bundle, chosen["element"], "documentation", language)),
        "expected": vocabulary.localised(chosen["expected"]),
        "raci": vocabulary.raci_rows(chosen["raci"] or {}),
        **_problem(tx, chosen["key"], schema),
        **handoff_section.precedents(tx, data),
    }


def _problem(tx: Tx, number: str, schema: Mapping[str, Any]) -> dict[str, Any]:
    """What the customer told, so that nobody has to leave the task for it; nothing of a case that is not to be seen."""
    found = case.find(actor(), tx, number)
    if found is None:
        return {"case": None, "files": [], "last_word": None, **writing_section.section(tx, None, schema)}
    words = [row for row in communications.listing(actor(), tx, number) if row["direction"] == "in"]
    return {
        "case": found,
        "files": attachments.listing(actor(), tx, number),
        "last_word": words[-1] if words else None,
        **writing_section.section(tx, found, schema),
        **handoff_section.dossier(found, schema.get("components", ())),
    }


def _standing(tx: Tx, chosen: dict[str, Any]) -> dict[str, Any]:
    mine = chosen["assignee"] == actor().id
    return {
        "task": chosen,
        "title": named(chosen),
        "mine": mine,
        "taken_by": "" if mine else chosen["assignee_name"],
        "done_by": chosen["completed_by_name"],
        "advice": advice.of_activity(tx, chosen["instance_id"], chosen["element"]),
        "editable": chosen["state"] == "open" and (mine or not chosen["assignee"]),
    }


def _pressed(verb: Callable[[Actor, Tx, str], None], task_id: str) -> ResponseReturnValue:
    said, status = NOTHING, 200
    try:
        with open_tx() as tx:
            verb(actor(), tx, task_id)
    except Conflict as error:
        said, status = shown(error), 409
    if not request.headers.get("HX-Request") and status == 200:
        return redirect(url_for("pages_tasks.task", task_id=task_id))
    with read_tx() as tx:
        view, beside = task_view(tx, task_id), request.args.get("beside") == "1"
        name = "inbox/task.html" if request.headers.get("HX-Request") else "inbox/task_page.html"
        return render_template(name, view=view, beside=beside, said=said, diagram=view["task"]["instance_id"]), status
