"""The small forms of a customer's page: contact, device, contract; each a list of questions, drawn by one template."""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any, NamedTuple

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext, lazy_gettext

from loopdesk.desk import catalogues, customers
from loopdesk.desk.contacting import channel as channels
from loopdesk.desk.crm import assets, contracts, directory
from loopdesk.desk.customers import Organisation
from loopdesk.desk.response import money
from loopdesk.desk.rights import require
from loopdesk.engine.errors import Invalid, Phrase
from loopdesk.engine.tx import Tx
from loopdesk.web import vocabulary
from loopdesk.web.context import actor, open_tx, read_tx
from loopdesk.web.looks import LANGUAGES
from loopdesk.web.pages.shown import NOTHING, Shown, shown

blueprint = Blueprint("pages_customer_forms", __name__, url_prefix="/customers")


class Question(NamedTuple):
    """One field; ``options`` makes it a choice, by (value, text)."""

    name: str
    label: Any
    type: str = "text"
    needed: bool = True
    hint: Any = ""
    options: Callable[[], list[tuple[str, Any]]] | None = None


KINDS = {"contract": lazy_gettext("Contract"), "purchase": lazy_gettext("Purchase")}


def _catalogues() -> list[tuple[str, Any]]:
    with read_tx() as tx:
        return [("", gettext("None")), *catalogues.names(tx, vocabulary.language()).items()]


def _channels() -> list[tuple[str, Any]]:
    """What a contact may prefer: policies/notices.yaml (COM-1)."""
    with read_tx() as tx:
        return list(channels.names(tx, vocabulary.language()).items())


QUESTIONS: Mapping[str, tuple[Question, ...]] = {
    "customer": (
        Question("number", lazy_gettext("Customer number"), hint=lazy_gettext("As on the contract, such as C-1001.")),
        Question("name", lazy_gettext("Name")),
        Question("tier", lazy_gettext("Tier"), options=lambda: list(vocabulary.TIERS.items())),
    ),
    "contacts": (
        Question("name", lazy_gettext("Name")),
        Question("email", lazy_gettext("E-mail"), "email", needed=False),
        Question("phone", lazy_gettext("Phone"), "tel", needed=False),
        Question("language", lazy_gettext("Language"), options=lambda: list(LANGUAGES)),
        Question("channel", lazy_gettext("Preferred channel"), options=_channels),
        Question("zone", lazy_gettext("Time zone"), hint=lazy_gettext("Such as Asia/Shanghai or Europe/Berlin.")),
    ),
    "assets": (
        Question("serial", lazy_gettext("Serial number")),
        Question("name", lazy_gettext("Name"), needed=False, hint=lazy_gettext("What the customer calls it.")),
        Question("model", lazy_gettext("Model"), needed=False),
        Question("service_version", lazy_gettext("Service version"), needed=False),
        Question("since", lazy_gettext("In use since"), "date", needed=False),
        Question("retired", lazy_gettext("Out of use"), "checkbox", needed=False),
    ),
    "contracts": (
        Question("kind", lazy_gettext("Kind"), options=lambda: list(KINDS.items())),
        Question("number", lazy_gettext("Number"), needed=False),
        Question("title", lazy_gettext("What was bought")),
        Question(
            "catalogue",
            lazy_gettext("Service catalogue"),
            needed=False,
            hint=lazy_gettext("What was promised. Requests outside it are flagged when they come in."),
            options=_catalogues,
        ),
        Question("starts_on", lazy_gettext("From"), "date", needed=False),
        Question("ends_on", lazy_gettext("To"), "date", needed=False, hint=lazy_gettext("The last day included.")),
        Question(
            "base_fee",
            lazy_gettext("Base fee of one month"),
            needed=False,
            hint=lazy_gettext("Such as 1200.00; credits for outages are counted from it."),
        ),
        Question("currency", lazy_gettext("Currency"), needed=False, hint=lazy_gettext("Three letters such as CNY.")),
    ),
}
TITLES = {
    "customer": lazy_gettext("New customer"),
    "contacts": lazy_gettext("Contact"),
    "assets": lazy_gettext("Device"),
    "contracts": lazy_gettext("Contract or purchase"),
}
EMPTY: Mapping[str, Mapping[str, Any]] = {
    "contacts": {"language": "en", "channel": channels.AUTO, "zone": "UTC"},
    "assets": {},
    "contracts": {"kind": "contract"},
}


@blueprint.get("/<number>/<any(contacts, assets, contracts):kind>/new")
def new(number: str, kind: str) -> str:
    """The empty form."""
    require(actor(), "customers.change")
    with read_tx() as tx:
        found = directory.get(actor(), tx, number)
    return page(kind, EMPTY[kind], customer=found)


@blueprint.get("/<number>/<any(contacts, assets, contracts):kind>/<row_id>")
def one(number: str, kind: str, row_id: str) -> str:
    """The form with what is kept."""
    require(actor(), "customers.change")
    with read_tx() as tx:
        found = directory.get(actor(), tx, number)
        row = _row(tx, kind, found, row_id)
        others = [other for other in directory.contacts(actor(), tx, found.id) if other.id != row_id]
    values = {question.name: getattr(row, question.name) for question in QUESTIONS[kind]}
    if kind == "contracts":
        values["base_fee"] = money.plain(values["base_fee"], values["currency"])
    return page(kind, values, customer=found, others=others if kind == "contacts" else [], row_id=row_id)


@blueprint.post("/<number>/<any(contacts, assets, contracts):kind>/new")
@blueprint.post("/<number>/<any(contacts, assets, contracts):kind>/<row_id>")
def keep(number: str, kind: str, row_id: str = "") -> ResponseReturnValue:
    """Keep what was written."""
    with read_tx() as tx:
        found = directory.get(actor(), tx, number)
    try:
        values = given(kind)
        with open_tx() as tx:
            _keep(tx, kind, found, row_id, values)
    except Invalid as error:
        return page(kind, request.form, shown(error), customer=found, row_id=row_id), 422
    flash(gettext("Kept."))
    return redirect(url_for("pages_customers.one", number=found.number) + f"#{kind}")


def given(kind: str) -> dict[str, Any]:
    """The answers of the request's form, dates and ticks as such. Raises `Invalid` for a date that is none."""
    found: dict[str, Any] = {}
    for question in QUESTIONS[kind]:
        text = request.form.get(question.name, "").strip()
        found[question.name] = text == "1" if question.type == "checkbox" else text
        if question.type == "date":
            found[question.name] = _date(question.name, text)
    if kind == "contracts":
        found["currency"] = found["currency"].upper()
        said = found["base_fee"]
        found["base_fee"] = money.minor(said, found["currency"], "base_fee") if said else None
    return found


def page(kind: str, values: Mapping[str, Any], wrong: Shown = NOTHING, **beside: Any) -> str:
    """One form as a page."""
    questions, title = QUESTIONS[kind], TITLES[kind]
    return render_template(
        "customers/edit.html", kind=kind, title=title, questions=questions, values=values, wrong=wrong, **beside
    )


def told_changes(changes: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What became of a customer, each as a sentence."""
    return [
        one | {"text": _sentence(one["kind"], one["data"]), "reason": one["data"].get("reason", "")} for one in changes
    ]


def _sentence(kind: str, data: Mapping[str, Any]) -> str:
    tiers = {name: vocabulary.TIERS.get(str(data.get(name)), data.get(name)) for name in ("before", "tier")}
    said = {
        "customer.added": lambda: gettext("Added"),
        "customer.changed": lambda: gettext("Is called %(name)s now", name=data.get("name")),
        "customer.tier_changed": lambda: gettext("%(tier)s, before: %(before)s", **tiers),
        "customer.merged": lambda: gettext("%(number)s was merged into this one", number=data.get("number")),
        "asset.added": lambda: gettext("Device %(serial)s added", serial=data.get("serial")),
        "asset.changed": lambda: gettext("Device %(serial)s changed", serial=data.get("serial")),
        "contract.added": lambda: gettext("%(title)s added", title=data.get("title")),
        "contract.changed": lambda: gettext("%(title)s changed", title=data.get("title")),
    }.get(kind)
    return str(said()) if said else kind


def _row(tx: Tx, kind: str, found: Organisation, row_id: str) -> Any:
    if kind == "contacts":
        return directory.contact_of(actor(), tx, found.id, row_id)
    return assets.get(tx, found.id, row_id) if kind == "assets" else contracts.get(tx, found.id, row_id)


def _keep(tx: Tx, kind: str, found: Organisation, row_id: str, values: dict[str, Any]) -> None:
    if kind == "assets":
        assets.keep(actor(), tx, found, row_id, **values)
    elif kind == "contracts":
        contracts.keep(actor(), tx, found, row_id, **values)
    elif row_id:
        directory.edit_contact(actor(), tx, directory.contact_of(actor(), tx, found.id, row_id).id, **values)
    else:
        customers.add_contact(actor(), tx, organisation_id=found.id, **values)


def _date(name: str, text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError as error:
        message = Phrase("A date such as 2026-05-04 is expected.")
        raise Invalid("Please check the dates.", fields={name: [message]}) from error
