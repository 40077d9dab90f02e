"""Privacy, for administrators: erase a person after a look at what would go, and hold cases (SEC-2, SEC-3)."""

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext, lazy_gettext

from loopdesk.desk import holds
from loopdesk.desk.erasure import Erasure
from loopdesk.desk.rights import require
from loopdesk.engine.errors import Invalid, LoopdeskError, Phrase
from loopdesk.web import privacy
from loopdesk.web.context import actor, loopdesk, open_tx, read_tx
from loopdesk.web.pages.shown import NOTHING, Shown, shown

blueprint = Blueprint("pages_privacy", __name__, url_prefix="/privacy")

KINDS = {"contact": lazy_gettext("contact of a customer"), "person": lazy_gettext("colleague")}
WORDS: Mapping[str, Any] = {
    "api_token": lazy_gettext("API tokens"),
    "archive": lazy_gettext("archived cases"),
    "attachment": lazy_gettext("attachments"),
    "case_": lazy_gettext("cases"),
    "communication": lazy_gettext("letters and mails"),
    "contact": lazy_gettext("entries of the contact"),
    "inbound": lazy_gettext("mails as they came"),
    "credential": lazy_gettext("passwords"),
    "incident": lazy_gettext("incidents"),
    "instance": lazy_gettext("processes with their variables"),
    "membership": lazy_gettext("places in departments"),
    "message": lazy_gettext("messages between processes"),
    "outbox": lazy_gettext("effects"),
    "person": lazy_gettext("entries of the colleague"),
    "survey": lazy_gettext("surveys"),
    "task": lazy_gettext("forms and drafts of tasks"),
}
"""Tables in words; what is not among them is counted under its own name."""


@blueprint.get("")
def overview() -> str:
    """Both, side by side."""
    return _page(NOTHING, NOTHING)


@blueprint.post("/preview")
def preview() -> ResponseReturnValue:
    """What would go; nothing does."""
    try:
        found = privacy.erase(open_tx, loopdesk(), actor(), request.form.get("person", ""), keep=False)
    except LoopdeskError as error:
        return _page(shown(error), NOTHING), 422
    return _page(NOTHING, NOTHING, found)


@blueprint.post("/erase")
def erase() -> ResponseReturnValue:
    """Erase for good; the reason stands in the log."""
    who, reason = request.form.get("person", ""), request.form.get("reason", "").strip()
    try:
        if not reason:
            raise Invalid("A reason is needed.", fields={"reason": [Phrase("Say why.")]})
        privacy.erase(open_tx, loopdesk(), actor(), who, reason=reason, keep=True)
    except LoopdeskError as error:
        return _page(shown(error), NOTHING), 422
    flash(gettext("Erased. Backups keep what they hold until they are deleted."))
    return redirect(url_for("pages_privacy.overview"))


@blueprint.post("/holds")
def hold() -> ResponseReturnValue:
    """Put a case on hold."""
    number = request.form.get("number", "").strip()
    try:
        with open_tx() as tx:
            holds.add(actor(), tx, number, request.form.get("reason", ""))
    except LoopdeskError as error:
        return _page(NOTHING, shown(error)), 422
    flash(gettext("Case %(number)s is on hold.", number=number))
    return redirect(url_for("pages_privacy.overview"))


@blueprint.post("/holds/<number>/release")
def release(number: str) -> ResponseReturnValue:
    """End every hold of a case."""
    try:
        with open_tx() as tx:
            holds.release(actor(), tx, number, request.form.get("reason", ""))
    except LoopdeskError as error:
        return _page(NOTHING, shown(error)), 422
    flash(gettext("Case %(number)s is not on hold any more.", number=number))
    return redirect(url_for("pages_privacy.overview"))


def _page(wrong: Shown, refused: Shown, found: Erasure | None = None) -> str:
    require(actor(), holds.VERB)
    with read_tx() as tx:
        held = holds.listing(actor(), tx)
    counts = [] if found is None else [(WORDS.get(name, name), rows) for name, rows in sorted(found.rows.items())]
    return render_template(
        "privacy/privacy.html",
        wrong=wrong,
        refused=refused,
        found=found,
        kind=KINDS.get(found.kind, "") if found else "",
        counts=counts,
        held=held,
        typed=request.form,
    )
