"""A call comes in (INT-1): who calls, found while typing; what happened, by the same form as on the portal (INT-2)."""

from typing import Any

from flask import Blueprint, jsonify, render_template, request, url_for
from flask.typing import ResponseReturnValue

from loopdesk.desk import attachments, case, customers
from loopdesk.desk.crm import assets, contracts, directory, history
from loopdesk.desk.rights import require
from loopdesk.engine.errors import Invalid
from loopdesk.engine.tx import Tx
from loopdesk.web import portal_steps, reports, vocabulary
from loopdesk.web.context import actor, open_tx, read_tx
from loopdesk.web.pages.files import add_all
from loopdesk.web.pages.shown import at_fields
from loopdesk.web.pages.tasks import sent_data

blueprint = Blueprint("pages_calls", __name__, url_prefix="/calls")

CHANNEL = "phone"
RECENT = 5


@blueprint.get("/new")
def new() -> str:
    """The page of a call; with ``?contact=`` the caller is chosen already."""
    require(actor(), "customers.read")
    with read_tx() as tx:
        drawn = reports.schema(tx)
        chosen = request.args.get("contact", "")
        known = _known(tx, chosen) if chosen else {}
    components = [one for one in drawn["components"] if one.get("key") not in portal_steps.WHO]
    return render_template(
        "calls/new.html", schema=drawn | {"components": components}, once=portal_steps.nonce(), **known
    )


@blueprint.get("/find")
def find() -> str:
    """Callers whose name, number, phone or e-mail hold what is typed; whoever is chosen already stays, and first."""
    chosen = request.args.get("contact", "")
    with read_tx() as tx:
        found = directory.callers(actor(), tx, request.args.get("q", ""))
        first = [directory.caller(actor(), tx, chosen)] if chosen else []
    found = first + [one for one in found if one.contact.id != chosen]
    return render_template("calls/found.html", found=found, q=request.args.get("q", "").strip(), chosen=chosen)


@blueprint.get("/known")
def known() -> str:
    """What is known of the caller who was chosen."""
    with read_tx() as tx:
        return render_template("calls/known.html", **_known(tx, request.args.get("contact", "")))


@blueprint.post("/template")
def template() -> ResponseReturnValue:
    """The template for what is typed, filled from the history of the caller (INT-3)."""
    require(actor(), "customers.read")
    chosen = reports.sent_beside().get("contact", "")
    with read_tx() as tx:
        return jsonify(reports.suggestion(tx, customers.contact(tx, chosen) if chosen else None))


@blueprint.post("/new")
def take() -> ResponseReturnValue:
    """One case out of one call; the agent who took it answers to the customer (INT-6)."""
    given = request.files.to_dict(flat=False)
    names = {key: [one.filename or "" for one in files] for key, files in given.items()}
    with open_tx() as tx:
        cleaned = reports.checked(tx, sent_data(), names, known=True)
        opened = case.open(actor(), tx, reports.report(tx, cleaned, channel=CHANNEL, **_caller(tx)))
        if opened.opened_at == tx.now:
            for key, files in given.items():
                try:
                    add_all(tx, opened.number, files, attachments.CUSTOMER)
                except Invalid as error:
                    raise at_fields(error, {key: error.fields["file"]}) from error
    return jsonify({"next": url_for("pages_cases.case_page", number=opened.number)})


def _caller(tx: Tx) -> dict[str, str]:
    """Who calls: the contact chosen, else what was typed of somebody new; the letter goes out in his language."""
    beside = reports.sent_beside()
    if beside.get("contact"):
        found = customers.contact(tx, beside["contact"])
        return {"contact_id": found.id, "language": found.language, "zone": found.zone}
    typed = {name: beside.get(name, "")[:320] for name in ("name", "phone", "email", "customer_number")}
    return typed | {"language": vocabulary.language()}


def _known(tx: Tx, contact_id: str) -> dict[str, Any]:
    who = directory.caller(actor(), tx, contact_id)
    organisation = who.organisation
    own = organisation.id if organisation else ""
    before = history.of_customer(actor(), tx, own) if own else history.of_contact(actor(), tx, who.contact.id)
    return {
        "contact": who.contact,
        "organisation": organisation,
        "devices": assets.of_organisation(tx, own)[:RECENT],
        "contracts": contracts.of_organisation(tx, own)[:RECENT],
        "recent": [one for one in before.cases if one.status != "closed"][:RECENT],
        "today": tx.now.date(),
    }
