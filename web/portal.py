"""The customer's side: report a problem in steps, follow one's own cases, add to them at any time (INT-1, COM-8)."""

from typing import Any

from flask import Blueprint, flash, g, jsonify, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from loopdesk.desk import attachments, case, communications, customers, feedback, negotiation
from loopdesk.desk.case_facts import name_of
from loopdesk.desk.casework import OPEN
from loopdesk.desk.closure import reopening, verification
from loopdesk.desk.record import Case
from loopdesk.engine import events
from loopdesk.engine.actor import SYSTEM, Actor
from loopdesk.engine.errors import Invalid, Missing
from loopdesk.engine.tx import Tx
from loopdesk.web import portal_steps, portal_times, reports, vocabulary
from loopdesk.web.context import actor, open_tx, read_tx
from loopdesk.web.pages import timeline
from loopdesk.web.pages.files import add_all
from loopdesk.web.pages.shown import NOTHING, Shown, at_fields, shown
from loopdesk.web.pages.tasks import sent_data
from loopdesk.web.security import public

blueprint = Blueprint("portal", __name__, url_prefix="/portal")

PER_PAGE = 20
PICTURES = frozenset({"png", "jpg", "gif", "webp"})
"""Kinds of files that a browser shows as a picture, as `attachments` found them by their content."""


@blueprint.get("")
@public
def home() -> str:
    """A customer's own cases; whoever has not signed in finds both ways in."""
    if actor().kind != "customer" or not actor().id:
        return render_template("portal/welcome.html", staff=g.signed_in)
    page = max(request.args.get("page", 1, type=int), 1)
    with read_tx() as tx:
        found = case.listing(actor(), tx, q=request.args.get("q", ""), page=page, per_page=PER_PAGE)
        owners = {one.owner_id: name_of(tx, one.owner_id) for one in found.cases}
        since = events.latest(tx)
    shown_of = {"next_of": next_line, "stages_of": portal_steps.stages, "times_of": portal_times.ahead}
    return render_template("portal/cases.html", found=found, owners=owners, live_since=since, **shown_of)


@blueprint.get("/report")
@public
def report() -> str:
    """The report form, step by step."""
    with read_tx() as tx:
        steps, schema = portal_steps.in_steps(reports.schema(tx), known=_known())
    return render_template("portal/report.html", schema=schema, steps=steps, once=portal_steps.nonce())


@blueprint.post("/report")
@public
def send_report() -> ResponseReturnValue:
    """One case out of one form, however often it is sent; its files come along or it is not opened."""
    given = request.files.to_dict(flat=False)
    with open_tx() as tx:
        names = {key: [one.filename or "" for one in files] for key, files in given.items()}
        cleaned = reports.checked(tx, sent_data(), names, known=_known())
        told = reports.report(tx, cleaned, channel="portal", language=vocabulary.language())
        opened = case.open(actor(), tx, told)
        who = actor() if actor().id else _contact(tx, opened)
        if opened.opened_at == tx.now:
            for key, files in given.items():
                try:
                    add_all(tx, opened.number, files, attachments.CUSTOMER, who=who)
                except Invalid as error:
                    raise at_fields(error, {key: error.fields["file"]}) from error
    session["reported"] = opened.number
    return jsonify({"next": url_for("portal.thanks")})


@blueprint.post("/report/template")
@public
def template() -> ResponseReturnValue:
    """The template for what is typed (INT-3); only whoever has signed in gets fields filled, from his own history."""
    with read_tx() as tx:
        own = customers.contact(tx, actor().id) if _known() else None
        return jsonify(reports.suggestion(tx, own))


@blueprint.get("/thanks")
@public
def thanks() -> ResponseReturnValue:
    """The number, who answers, by when."""
    number = session.get("reported")
    if not number:
        return redirect(url_for("portal.home"))
    with read_tx() as tx:
        opened = case.read(SYSTEM, tx, number)
        return render_template(
            "portal/thanks.html",
            case=opened,
            owner=name_of(tx, opened.owner_id),
            next=next_line(opened, name_of(tx, opened.owner_id)),
        )


@blueprint.get("/cases/<number>")
@public
def one(number: str) -> ResponseReturnValue:
    """One's own case: stage, times, owner, everything said (COM-8)."""
    if not g.signed_in:
        return redirect(url_for("portal_entry.sign_in", next=request.path))
    return page(number)


@blueprint.post("/cases/<number>")
def add(number: str) -> ResponseReturnValue:
    """Add words and screenshots."""
    given = [one for one in request.files.getlist("file") if one.filename]
    body = request.form.get("body", "").strip()
    try:
        with open_tx() as tx:
            if body or not given:
                communications.comment(actor(), tx, number, body)
            add_all(tx, number, given, attachments.CUSTOMER)
    except Invalid as error:
        return page(number, wrong=shown(error)), 422
    flash(gettext("Added. The person who answers to you sees it at once."))
    return redirect(url_for("portal.one", number=number))


def next_line(found: Case, owner: str, *, asked: bool = False) -> str:
    """What happens next and by when, in one sentence; ``asked``: whether the customer is to say that it works."""
    values = {
        "owner": owner or gettext("Somebody of ours"),
        "due": vocabulary.moment(found.due_at) if found.due_at else "",
    }
    said: str = {
        "new": gettext("We are sorting your report."),
        "open": gettext("%(owner)s works on it.", **values),
        "waiting": gettext("We need your answer to go on. Write below or answer our e-mail."),
        "solved": gettext("We believe it is solved. Tell us below or through the link in our e-mail whether it works.")
        if asked
        else gettext("We believe it is solved. We are checking it; there is nothing you need to do now."),
        "closed": gettext("Closed. If it comes back, tell us below or answer our last e-mail."),
    }.get(found.status, "")
    if found.status not in ("new", "open") or not found.due_at:
        return said
    promised = gettext("We expect the solution by %(due)s.", **values)
    return f"{said} {promised}"


def page(number: str, *, wrong: Shown = NOTHING, **more: Any) -> str:
    """The customer's page of a case; ``wrong`` is shown where one writes, ``more`` is for its sections."""
    with read_tx() as tx:
        found = case.read(actor(), tx, number)
        owner = name_of(tx, found.owner_id)
        asked = found.status == "solved" and verification.asked(tx, number) is not None
        values = {
            "case": found,
            "owner": owner,
            "next": next_line(found, owner, asked=asked),
            "asked": asked,
            "stages": portal_steps.stages(found),
            "pictures": PICTURES,
            "times": portal_times.of_case(tx, found),
            "entries": timeline.of_case(_as_customer(tx, found), tx, number),
            "files": attachments.listing(_as_customer(tx, found), tx, number),
            "live_since": events.latest(tx),
            "reopen_within": reopening.within(tx, found),
            "agreements": negotiation.listing(actor(), tx, number),
            "may_negotiate": found.status in OPEN,
            "told_within": feedback.told_within(tx),
            **more,
        }
    return render_template("portal/case.html", **values, wrong=wrong, typed=request.form)


def _as_customer(tx: Tx, found: Case) -> Actor:
    """Staff who look at the portal see what the customer sees."""
    return actor() if actor().kind == "customer" else _contact(tx, found)


def _contact(tx: Tx, found: Case) -> Actor:
    if not found.contact_id:
        raise Missing("There is no case %(number)s.", number=found.number)
    return customers.actor_of(customers.contact(tx, found.contact_id))


def _known() -> bool:
    return bool(actor().id) and actor().kind == "customer"
