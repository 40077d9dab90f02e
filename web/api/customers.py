"""Customers: find, add, keep their contacts, devices and contracts, merge duplicates (INT-2, CON-3)."""

from dataclasses import asdict
from typing import Any

import marshmallow as ma
from flask import url_for
from flask_smorest import Blueprint

from loopdesk.desk import customers
from loopdesk.desk.contacting import channel
from loopdesk.desk.crm import assets, contracts, directory, history, merging
from loopdesk.engine.errors import N_, Invalid, Phrase
from loopdesk.engine.tx import Tx
from loopdesk.web.api.auth import scoped
from loopdesk.web.api.cases import CaseOut, CommentOut
from loopdesk.web.api.contract_schemas import ContractIn, ContractOut
from loopdesk.web.api.schemas import Page, PageQuery, Strict
from loopdesk.web.context import actor, open_tx, read_tx

blueprint = Blueprint("customers", __name__, url_prefix="/customers", description="Customers and their contacts")


class CustomerOut(ma.Schema):
    """A customer."""

    number = ma.fields.String()
    name = ma.fields.String()
    tier = ma.fields.String(metadata={"enum": list(customers.TIERS)})


class CustomerPage(Page):
    """One page of customers, by name."""

    customers = ma.fields.List(ma.fields.Nested(CustomerOut))


class CustomerQuery(PageQuery):
    """Filters; all that are given must match."""

    q = ma.fields.String(load_default="", metadata={"description": "In number and name, and in those of contacts."})
    tier = ma.fields.String(load_default="", validate=ma.validate.OneOf(("", *customers.TIERS)))


class NewCustomer(Strict):
    """A customer to add."""

    number = ma.fields.String(required=True, validate=ma.validate.Length(1, 30))
    name = ma.fields.String(required=True, validate=ma.validate.Length(1, 200))
    tier = ma.fields.String(load_default="normal")


class Renamed(Strict):
    """What can be changed without a reason."""

    name = ma.fields.String(required=True, validate=ma.validate.Length(1, 200))


class NewTier(Strict):
    """Another tier and why."""

    tier = ma.fields.String(required=True)
    reason = ma.fields.String(required=True, validate=ma.validate.Length(1, 2000))


class Into(Strict):
    """The one that stays: a customer's number, a contact's id."""

    into = ma.fields.String(required=True)


class ContactIn(Strict):
    """A contact, or what changes of one."""

    name = ma.fields.String(validate=ma.validate.Length(1, 200))
    email = ma.fields.Email()
    phone = ma.fields.String(validate=ma.validate.Length(max=40))
    language = ma.fields.String(validate=ma.validate.OneOf(directory.LANGUAGES))
    zone = ma.fields.String(validate=ma.validate.Length(max=60))
    channel = ma.fields.String(validate=ma.validate.Length(max=20))


class ContactOut(ma.Schema):
    """A contact with what he prefers."""

    id = ma.fields.String()
    name = ma.fields.String()
    email = ma.fields.String(allow_none=True)
    phone = ma.fields.String()
    language = ma.fields.String()
    zone = ma.fields.String()
    channel = ma.fields.String()


class AssetIn(Strict):
    """A device, or what changes of one."""

    serial = ma.fields.String(validate=ma.validate.Length(1, 100))
    name = ma.fields.String(validate=ma.validate.Length(max=200))
    model = ma.fields.String(validate=ma.validate.Length(max=200))
    service_version = ma.fields.String(validate=ma.validate.Length(max=100))
    since = ma.fields.Date(allow_none=True)
    retired = ma.fields.Boolean()


class AssetOut(AssetIn):
    """A device of a customer."""

    id = ma.fields.String()


class HistoryOut(ma.Schema):
    """What was with a customer, the newest first, as far as you may see it."""

    cases_total = ma.fields.Integer()
    cases = ma.fields.List(ma.fields.Nested(CaseOut))
    exchanges = ma.fields.List(ma.fields.Nested(CommentOut))


@blueprint.get("")
@scoped("cases:read")
@blueprint.arguments(CustomerQuery, location="query")
@blueprint.response(200, CustomerPage)
def listing(query: dict[str, Any]) -> Any:
    """List customers."""
    with read_tx() as tx:
        return asdict(directory.listing(actor(), tx, **query))


@blueprint.post("")
@scoped("cases:write")
@blueprint.arguments(NewCustomer)
@blueprint.response(201, CustomerOut)
def add(body: dict[str, Any]) -> tuple[Any, int, dict[str, str]]:
    """Add a customer."""
    with open_tx() as tx:
        made = customers.add_organisation(actor(), tx, **body)
    return made, 201, {"Location": url_for("customers.read", number=made.number)}


@blueprint.get("/<number>")
@scoped("cases:read")
@blueprint.response(200, CustomerOut)
def read(number: str) -> Any:
    """Read a customer; the number of a merged one finds the one that stays."""
    with read_tx() as tx:
        return directory.get(actor(), tx, number)


@blueprint.patch("/<number>")
@scoped("cases:write")
@blueprint.arguments(Renamed)
@blueprint.response(200, CustomerOut)
def rename(body: dict[str, Any], number: str) -> Any:
    """Give a customer another name."""
    with open_tx() as tx:
        return directory.rename(actor(), tx, number, **body)


@blueprint.post("/<number>/tier")
@scoped("cases:write")
@blueprint.arguments(NewTier)
@blueprint.response(200, CustomerOut)
def tier(body: dict[str, Any], number: str) -> Any:
    """Change the tier; the reason stays recorded."""
    with open_tx() as tx:
        return directory.set_tier(actor(), tx, number, **body)


@blueprint.post("/<number>/merge")
@scoped("cases:write")
@blueprint.arguments(Into)
@blueprint.response(200, CustomerOut)
def merge(body: dict[str, Any], number: str) -> Any:
    """Make a customer the same as another one, which gets all that it has."""
    with open_tx() as tx:
        return merging.merge_customers(actor(), tx, number, body["into"])


@blueprint.get("/<number>/history")
@scoped("cases:read")
@blueprint.response(200, HistoryOut)
def past(number: str) -> Any:
    """Read the newest cases of a customer and what was said on them."""
    with read_tx() as tx:
        return history.of_customer(actor(), tx, directory.get(actor(), tx, number).id)


@blueprint.get("/<number>/contacts")
@scoped("cases:read")
@blueprint.response(200, ContactOut(many=True))
def contacts(number: str) -> Any:
    """List a customer's contacts."""
    with read_tx() as tx:
        return directory.contacts(actor(), tx, directory.get(actor(), tx, number).id)


@blueprint.post("/<number>/contacts")
@scoped("cases:write")
@blueprint.arguments(ContactIn)
@blueprint.response(201, ContactOut)
def add_contact(body: dict[str, Any], number: str) -> Any:
    """Add a contact."""
    with open_tx() as tx:
        found = directory.get(actor(), tx, number)
        _check_channel(tx, body)
        return customers.add_contact(actor(), tx, organisation_id=found.id, **({"name": ""} | body))


@blueprint.patch("/<number>/contacts/<contact_id>")
@scoped("cases:write")
@blueprint.arguments(ContactIn)
@blueprint.response(200, ContactOut)
def change_contact(body: dict[str, Any], number: str, contact_id: str) -> Any:
    """Change a contact; what is not named stays."""
    with open_tx() as tx:
        mine = directory.contact_of(actor(), tx, directory.get(actor(), tx, number).id, contact_id)
        _check_channel(tx, body)
        return directory.edit_contact(actor(), tx, mine.id, **body)


def _check_channel(tx: Tx, body: dict[str, Any]) -> None:
    """Raise `Invalid` for a preferred channel that the house does not offer (`notices.yaml`, COM-2)."""
    known = channel.names(tx, "en")
    if body.get("channel", channel.AUTO) not in known:
        raise Invalid(
            "There is no such channel.",
            remedy=N_("Use one of: %(channels)s."),
            fields={"channel": [Phrase("There is no such channel.")]},
            channels=", ".join(known),
        )


@blueprint.post("/<number>/contacts/<contact_id>/merge")
@scoped("cases:write")
@blueprint.arguments(Into)
@blueprint.response(200, ContactOut)
def merge_contact(body: dict[str, Any], number: str, contact_id: str) -> Any:
    """Make a contact the same as another one, who gets his cases."""
    with open_tx() as tx:
        mine = directory.contact_of(actor(), tx, directory.get(actor(), tx, number).id, contact_id)
        return merging.merge_contacts(actor(), tx, mine.id, body["into"])


@blueprint.get("/<number>/assets")
@scoped("cases:read")
@blueprint.response(200, AssetOut(many=True))
def devices(number: str) -> Any:
    """List a customer's devices."""
    with read_tx() as tx:
        return assets.of_organisation(tx, directory.get(actor(), tx, number).id, retired=True)


@blueprint.post("/<number>/assets")
@scoped("cases:write")
@blueprint.arguments(AssetIn)
@blueprint.response(201, AssetOut)
def add_asset(body: dict[str, Any], number: str) -> Any:
    """Add a device."""
    with open_tx() as tx:
        return assets.keep(actor(), tx, directory.get(actor(), tx, number), **body)


@blueprint.patch("/<number>/assets/<asset_id>")
@scoped("cases:write")
@blueprint.arguments(AssetIn)
@blueprint.response(200, AssetOut)
def change_asset(body: dict[str, Any], number: str, asset_id: str) -> Any:
    """Change a device; what is not named stays."""
    with open_tx() as tx:
        return assets.keep(actor(), tx, directory.get(actor(), tx, number), asset_id, **body)


@blueprint.get("/<number>/contracts")
@scoped("cases:read")
@blueprint.response(200, ContractOut(many=True))
def agreements(number: str) -> Any:
    """List a customer's contracts and purchases."""
    with read_tx() as tx:
        return contracts.of_organisation(tx, directory.get(actor(), tx, number).id)


@blueprint.post("/<number>/contracts")
@scoped("cases:write")
@blueprint.arguments(ContractIn)
@blueprint.response(201, ContractOut)
def add_contract(body: dict[str, Any], number: str) -> Any:
    """Add a contract or purchase."""
    with open_tx() as tx:
        return contracts.keep(actor(), tx, directory.get(actor(), tx, number), **body)


@blueprint.patch("/<number>/contracts/<contract_id>")
@scoped("cases:write")
@blueprint.arguments(ContractIn)
@blueprint.response(200, ContractOut)
def change_contract(body: dict[str, Any], number: str, contract_id: str) -> Any:
    """Change a contract or purchase; what is not named stays."""
    with open_tx() as tx:
        return contracts.keep(actor(), tx, directory.get(actor(), tx, number), contract_id, **body)
