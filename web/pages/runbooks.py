"""Runbooks: what is done when it burns, who is reached, which versions there were, the look after an event (EMG-9)."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from loopdesk.desk import emergency, people
from loopdesk.desk.rights import VERBS, require
from loopdesk.desk.runbooks import plans, review
from loopdesk.desk.runbooks.plans import Contact, Plan
from loopdesk.engine import bundles, versions
from loopdesk.engine.errors import Invalid
from loopdesk.engine.tx import Tx
from loopdesk.web import emergency_words, vocabulary
from loopdesk.web.context import actor, open_tx, read_tx
from loopdesk.web.pages.shown import NOTHING, Shown, shown

blueprint = Blueprint("pages_runbooks", __name__, url_prefix="/emergencies/runbooks")


@blueprint.get("")
def runbooks() -> str:
    """All runbooks, what has to be looked at first."""
    require(actor(), "emergency.read")
    with read_tx() as tx:
        due = {one.runbook for one in review.due(tx)}
        found = sorted(plans.current(tx).values(), key=lambda plan: (plan.key not in due, bool(plan.causes), plan.key))
        values: dict[str, Any] = {"plans": found, "due": due, "kinds": _kinds(tx)}
    return render_template("runbooks/runbooks.html", **values, words=_words)


@blueprint.get("/<key>")
def runbook(key: str) -> str:
    """One runbook with its versions."""
    return _page(key, NOTHING)


@blueprint.post("/<key>/confirm")
def confirm(key: str) -> ResponseReturnValue:
    """Say after an event that it is right as it is."""
    try:
        with open_tx() as tx:
            review.confirm(actor(), tx, key, note=request.form.get("note", ""))
    except Invalid as error:
        return _page(key, shown(error)), 422
    flash(gettext("Confirmed. The note stands beside it."))
    return redirect(url_for("pages_runbooks.runbook", key=key))


def _page(key: str, wrong: Shown) -> str:
    require(actor(), "emergency.read")
    with read_tx() as tx:
        plan = plans.get(tx, key)
        values: dict[str, Any] = {
            "plan": plan,
            "kinds": _kinds(tx),
            "contacts": [_contact(tx, one) for one in plan.contacts],
            "owners": [one.name for one in review.owners(tx, plan)],
            "history": _history(tx, plan),
            "looks": _looks(tx, key),
        }
    values["due"] = [one for one in values["looks"] if one["look"].state == review.DUE]
    may = actor().has_role(*VERBS["runbook.review"].roles)
    roles = emergency_words.ROLES
    return render_template(
        "runbooks/runbook.html", **values, words=_words, roles=roles, may=may, wrong=wrong, typed=request.form
    )


def _words(text: plans.Text) -> str:
    return plans.words(text, vocabulary.language())


def _kinds(tx: Tx) -> dict[str, str]:
    return emergency.names(tx, "kinds", vocabulary.language())


def _contact(tx: Tx, one: Contact) -> dict[str, Any]:
    """Whom to reach: the people of a department and role as they are now, or somebody outside."""
    department, _, role = one.who.partition("/")
    found = people.in_department(tx, department, role) if department else []
    names = [f"{who.name} ({who.email})" if who.email else who.name for who in found]
    place = vocabulary.department(department) if department else _words(one.name)
    return {"place": place, "people": names, "reach": one.reach, "purpose": _words(one.purpose)}


def _history(tx: Tx, plan: Plan) -> list[dict[str, Any]]:
    """The versions of the folder that changed this file, the newest first."""
    found, before = [], None
    for row in reversed(versions.listing(actor(), tx, plans.BUNDLE)):
        content = bundles.get(tx, row["id"]).files.get(f"{plan.key}.yaml")
        if content != before and content is not None:
            found.append(row)
        before = content
    return found[::-1]


def _looks(tx: Tx, key: str) -> list[dict[str, Any]]:
    """The looks at this runbook, the newest first, each with its emergency where the reader may see that."""
    seen = {one.id: one for one in emergency.visible(actor(), tx)}
    return [{"look": one, "emergency": seen.get(one.emergency)} for one in review.listing(tx, key)[::-1]]
