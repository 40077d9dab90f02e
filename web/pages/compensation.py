"""Compensation: what the list gives a customer for an outage, proposed here, approved in the inbox (EMG-8)."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext, lazy_gettext

from loopdesk.desk import customers
from loopdesk.desk import emergency as emergencies
from loopdesk.desk.crm import contracts
from loopdesk.desk.response import awards, concerned, money
from loopdesk.desk.response.awards import Wish
from loopdesk.desk.rights import readable
from loopdesk.engine.errors import N_, Conflict, Invalid, Phrase
from loopdesk.engine.tx import Tx
from loopdesk.web import vocabulary
from loopdesk.web.context import actor, open_tx, read_tx
from loopdesk.web.pages import typed
from loopdesk.web.pages.shown import NOTHING, Shown, shown
from loopdesk.web.vocabulary import Look

blueprint = Blueprint("pages_compensation", __name__, url_prefix="/emergencies/compensation")

WRONG = N_("This compensation cannot be computed.")
SPANS = ("", "2", "3")
"""Endings of the fields of an outage: one is needed, two more are possible."""
LOOKS = {
    awards.PROPOSED: Look(lazy_gettext("Waits for approval"), "yellow", "pause"),
    awards.HALF: Look(lazy_gettext("Approved by one"), "blue", "disc"),
    awards.GRANTED: Look(lazy_gettext("Granted"), "green", "check"),
    awards.DECLINED: Look(lazy_gettext("Declined"), "", "minus"),
}


@blueprint.get("")
def compensations() -> str:
    """All that were proposed, newest first, and the emergencies that one may be proposed for."""
    state = request.args.get("state", "")
    state = state if state in awards.STATES else ""
    with read_tx() as tx:
        readable(actor())
        found = [(one, LOOKS[one.state], _figures(one)) for one in awards.listing(actor(), tx, state=state)]
        names = {what: emergencies.names(tx, what, vocabulary.language()) for what in ("grades", "kinds")}
        choices = [(one, _named(one, names)) for one in emergencies.visible(actor(), tx)]
    return render_template("emergencies/compensations.html", found=found, emergencies=choices, state=state, looks=LOOKS)


@blueprint.get("/new")
def new() -> str:
    """The form for one emergency; its beginning and end stand in it."""
    return _form(request.args.get("emergency", ""), NOTHING)


@blueprint.post("/new")
def propose() -> ResponseReturnValue:
    """Compute, or propose what was computed."""
    emergency = request.form.get("emergency", "")
    only_compute = request.form.get("do") != "propose"
    try:
        wish = _wish()
        if only_compute:
            with read_tx() as tx:
                _, fee, award = awards.compute(actor(), tx, emergency, wish)
            said = {"service": money.hours(int(award.service_time.total_seconds()))}
            said |= {"outage": money.hours(int(award.outage.total_seconds())), "percent": format(award.percent, "f")}
            said |= {"amount": money.amount(award.credit, award.currency)}
            return _form(emergency, NOTHING, said | {"fee": money.amount(fee.amount, fee.currency) if fee else ""})
        with open_tx() as tx:
            awards.request(actor(), tx, emergency, wish)
    except (Invalid, Conflict) as error:
        return _form(emergency, shown(error)), 422
    flash(gettext("Proposed. Finance finds it in the inbox; somebody else than you has to approve it."))
    return redirect(url_for("pages_compensation.compensations"))


def _form(emergency_id: str, wrong: Shown, computed: dict[str, str] | None = None) -> str:
    with read_tx() as tx:
        emergency = emergencies.see(actor(), tx, emergency_id)
        cases = [
            (one.number, f"{one.number} · {_customer(tx, one.organisation_id)}")
            for one in concerned.affected(actor(), tx, emergency)
        ]
        fees = _contracts(tx, request.form.get("case") or (cases[0][0] if cases else ""), emergency)
        warned = emergencies.warned_only(tx, emergency)
    begun = {"since": _local(emergency.declared_at), "until": _local(emergency.stable_at or emergency.ended_at)}
    return render_template(
        "emergencies/compensate.html",
        emergency=emergency,
        cases=cases,
        warned=warned,
        contracts=fees,
        values=begun | dict(request.form),
        spans=SPANS,
        wrong=wrong,
        computed=computed,
    )


def _wish() -> Wish:
    form = request.form
    spans = [
        (typed.moment(f"since{ending}", WRONG), typed.moment(f"until{ending}", WRONG))
        for ending in SPANS
        if not ending or form.get(f"since{ending}") or form.get(f"until{ending}")
    ]
    return Wish(
        spans=spans,
        case=form.get("case", ""),
        contract=form.get("contract", ""),
        percent=_percent(form.get("percent", "").strip()),
        reason=form.get("reason", ""),
    )


def _percent(text: str) -> Decimal | None:
    if not text:
        return None
    try:
        number = Decimal(text)
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite():
        raise Invalid(WRONG, fields={"percent": [Phrase("A number such as 12.5 is expected.")]})
    return number


def _contracts(tx: Tx, number: str, emergency: emergencies.Emergency) -> list[tuple[str, str]]:
    case = next((one for one in concerned.affected(actor(), tx, emergency) if one.number == number), None)
    held = contracts.of_organisation(tx, case.organisation_id) if case else []
    known = [(one, money.amount(one.base_fee, one.currency) or gettext("no base fee known")) for one in held]
    return [(one.id, f"{one.number} {one.title} · {fee}".strip()) for one, fee in known if one.kind == "contract"]


def _named(one: emergencies.Emergency, names: Mapping[str, Mapping[str, str]]) -> str:
    """An emergency in a list: its case, grade and kind as the reader calls them."""
    grade, kind = names["grades"].get(one.grade, one.grade), names["kinds"].get(one.kind, one.kind)
    return f"{one.case} · {grade} · {kind}"


def _customer(tx: Tx, organisation_id: str | None) -> str:
    found = customers.organisation_of(tx, organisation_id)
    return found.name if found else ""


def _local(moment: datetime | None) -> str:
    """A moment as a field for day and time holds it, in the reader's zone."""
    return moment.astimezone(typed.zone()).strftime("%Y-%m-%dT%H:%M") if moment else ""


def _figures(one: awards.Compensation) -> dict[str, Any]:
    return {
        "outage": money.hours(one.outage_seconds),
        "service": money.hours(one.service_seconds),
        "amount": money.amount(one.credit, one.currency),
        "fee": money.amount(one.base_fee, one.currency),
    }
