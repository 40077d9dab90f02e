"""Customers, for staff: found by any word, with tier, contacts, devices, contracts and all that was (INT-5, SLA-9)."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from loopdesk.desk import catalogues, customers
from loopdesk.desk.case_facts import name_of
from loopdesk.desk.crm import assets, contracts, directory, history, merging
from loopdesk.desk.crm.contracts import Contract
from loopdesk.desk.rights import require
from loopdesk.engine.errors import Conflict, Invalid, Missing
from loopdesk.engine.tx import Tx
from loopdesk.web import vocabulary
from loopdesk.web.context import actor, open_tx, read_tx
from loopdesk.web.pages import customer_forms
from loopdesk.web.pages.customer_forms import told_changes
from loopdesk.web.pages.shown import NOTHING, Shown, shown

blueprint = Blueprint("pages_customers", __name__, url_prefix="/customers")


@blueprint.get("")
def customers_list() -> str:
    """All customers, filtered."""
    wanted: dict[str, Any] = {name: request.args.get(name, "").strip() for name in ("q", "tier")}
    page = max(request.args.get("page", 1, type=int), 1)
    with read_tx() as tx:
        found = directory.listing(actor(), tx, **wanted, page=page)
        strangers = [] if any(wanted.values()) else directory.unmatched(actor(), tx)
    return render_template("customers/customers.html", found=found, wanted=wanted, strangers=strangers)


@blueprint.get("/new")
def new() -> str:
    """The empty form of a customer."""
    require(actor(), "customers.change")
    return customer_forms.page("customer", {"tier": "normal"})


@blueprint.post("/new")
def add() -> ResponseReturnValue:
    """Keep a new customer."""
    given = customer_forms.given("customer")
    try:
        with open_tx() as tx:
            made = customers.add_organisation(actor(), tx, **given)
    except Invalid as error:
        return customer_forms.page("customer", given, shown(error)), 422
    flash(gettext("%(name)s is added.", name=made.name))
    return redirect(url_for("pages_customers.one", number=made.number))


@blueprint.post("/match")
def match() -> ResponseReturnValue:
    """Say which customer somebody belongs to whom nobody had matched yet."""
    with open_tx() as tx:
        found = directory.get(actor(), tx, request.form.get("number", ""))
        who = directory.edit_contact(actor(), tx, request.form.get("contact", ""), organisation_id=found.id)
    flash(gettext("%(contact)s belongs to %(customer)s.", contact=who.name, customer=found.name))
    return redirect(url_for("pages_customers.one", number=found.number) + "#contacts")


@blueprint.get("/<number>")
def one(number: str) -> ResponseReturnValue:
    """One customer; the number of one that was merged leads to the one that stays."""
    with read_tx() as tx:
        found = directory.get(actor(), tx, number)
    if found.number != number.strip().upper():
        return redirect(url_for("pages_customers.one", number=found.number))
    return _page(number, NOTHING)


@blueprint.post("/<number>/tier")
def tier(number: str) -> ResponseReturnValue:
    """Another tier, with the reason."""
    try:
        with open_tx() as tx:
            given = {name: request.form.get(name, "") for name in ("tier", "reason")}
            made = directory.set_tier(actor(), tx, number, **given)
    except Invalid as error:
        return _page(number, shown(error)), 422
    flash(gettext("%(name)s: %(tier)s", name=made.name, tier=vocabulary.TIERS.get(made.tier, made.tier)))
    return redirect(url_for("pages_customers.one", number=made.number))


@blueprint.post("/<number>/merge")
def merge(number: str) -> ResponseReturnValue:
    """Make this customer the same as another one."""
    try:
        with open_tx() as tx:
            kept = merging.merge_customers(actor(), tx, number, request.form.get("into", ""))
    except (Invalid, Conflict, Missing) as error:
        return _page(number, shown(error)), 422
    flash(gettext("Merged into %(name)s.", name=kept.name))
    return redirect(url_for("pages_customers.one", number=kept.number))


@blueprint.post("/<number>/contacts/<contact_id>/merge")
def merge_contact(number: str, contact_id: str) -> ResponseReturnValue:
    """Make this contact the same as another one of the customer."""
    try:
        with open_tx() as tx:
            kept = merging.merge_contacts(actor(), tx, contact_id, request.form.get("into", ""))
    except (Invalid, Conflict, Missing) as error:
        return _page(number, shown(error)), 422
    flash(gettext("Merged into %(name)s.", name=kept.name))
    return redirect(url_for("pages_customers.one", number=number))


def _page(number: str, wrong: Shown) -> str:
    with read_tx() as tx:
        found = directory.get(actor(), tx, number)
        before = history.of_customer(actor(), tx, found.id)
        held = contracts.of_organisation(tx, found.id)
        values: dict[str, Any] = {
            "customer": found,
            "contacts": directory.contacts(actor(), tx, found.id),
            "devices": assets.of_organisation(tx, found.id, retired=True),
            "contracts": [(one, _promised(tx, one)) for one in held],
            "catalogue_names": catalogues.names(tx, vocabulary.language()),
            "today": tx.now.date(),
            "history": before,
            "owners": {one.owner_id: name_of(tx, one.owner_id) for one in before.cases},
            "changes": told_changes(history.changes(actor(), tx, found.number)),
        }
    return render_template("customers/customer.html", **values, wrong=wrong, typed=request.form)


def _promised(tx: Tx, one: Contract) -> list[dict[str, Any]]:
    """What the catalogue of a contract says of each service, in the reader's language."""
    code = vocabulary.language()
    return [
        {word: service.text(word, code) for word in catalogues.WORDS}
        | {
            "types": [vocabulary.case_word("type", kind) for kind in service.types],
            "channels": [vocabulary.channel(name) for name in service.channels],
        }
        for service in catalogues.services(tx, one.catalogue)
    ]
