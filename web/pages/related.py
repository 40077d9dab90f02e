"""Working with like cases, parent problems, figures of the impact, and agreements (INT-8, INT-9, COM-5)."""

from collections.abc import Callable

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from loopdesk.desk import impact, merging, negotiation
from loopdesk.desk.duplicates import links, look, problems
from loopdesk.engine.errors import Conflict, Invalid, Missing, Phrase
from loopdesk.engine.tx import Tx
from loopdesk.web.context import actor, open_tx, read_tx
from loopdesk.web.pages import cases
from loopdesk.web.pages.shown import NOTHING, shown

blueprint = Blueprint("pages_related", __name__, url_prefix="/cases")


@blueprint.get("/similar")
def similar() -> str:
    """What a text reminds of while it is typed: a list to stand beside the form."""
    given = {name: request.args.get(name, "").strip() for name in ("text", "contact", "customer_number")}
    with read_tx() as tx:
        found = look.typed(
            actor(),
            tx,
            given["text"][:10_000],
            customer_number=given["customer_number"],
            contact_id=given["contact"],
        )
    return render_template("cases/similar.html", found=found)


@blueprint.post("/<number>/links")
def link(number: str) -> ResponseReturnValue:
    """Link, merge, part, or say that a proposal is wrong; a parent problem takes the case in."""
    other, action = _given("other_case").upper(), _given("do")
    said = {
        "link": gettext("The two cases are linked."),
        "merge": gettext("Merged: the work goes on in %(number)s.", number=other),
        "decline": gettext("It is not proposed again."),
        "unlink": gettext("The two cases are no longer linked."),
        "join": gettext("The case is a report of the problem %(number)s now.", number=other),
        "leave": gettext("The case is worked on by itself again."),
    }

    def do(tx: Tx) -> None:
        _act(tx, number, other, action)

    return _done(number, "related", do, said.get(action, ""))


@blueprint.post("/<number>/impact")
def weigh(number: str) -> ResponseReturnValue:
    """Keep figures; impact and priority follow."""

    def do(tx: Tx) -> None:
        impact.note(actor(), tx, number, loss=_percent("loss"), share=_percent("share"), text=_given("impact_note"))

    return _done(number, "impact", do, gettext("The figures are kept; impact and priority follow."))


@blueprint.post("/<number>/agreements")
def negotiate(number: str) -> ResponseReturnValue:
    """Note what the customer asks for, or make an offer."""
    kind = _given("agree_kind")
    given = {"kind": kind, "priority": _given("agree_priority") if kind == negotiation.PRIORITY else ""}

    def do(tx: Tx) -> None:
        if _given("agree_side") == "offer":
            negotiation.offer(actor(), tx, number, terms=_given("agree_text"), **given)
        else:
            negotiation.ask(actor(), tx, number, wish=_given("agree_text"), **given)

    return _done(number, "agreement", do, gettext("It stands on the case; whoever has to answer is told."))


@blueprint.post("/<number>/agreements/<identity>")
def answered(number: str, identity: str) -> ResponseReturnValue:
    """Keep the customer's answer to an offer, as he has told one of us."""

    def do(tx: Tx) -> None:
        if negotiation.get(tx, identity).case != number:
            raise Missing("There is no such negotiation.")
        negotiation.answer(actor(), tx, identity, accepted=_given("accepted") == "1", comment=_given("comment"))

    return _done(number, "agreement", do, gettext("The customer's answer is kept."))


def _act(tx: Tx, number: str, other: str, action: str) -> None:
    if action == "leave":
        problems.leave(actor(), tx, number)
        return
    does: dict[str, Callable[..., None]] = {
        "link": links.link,
        "merge": merging.merge,
        "decline": links.decline,
        "unlink": links.unlink,
        "join": problems.join,
    }
    if action not in does:
        raise Missing("There is no such action.")
    does[action](actor(), tx, number, other)


def _percent(name: str) -> float | None:
    text = _given(name).rstrip("%").replace(",", ".").strip()
    try:
        return float(text) if text else None
    except ValueError as error:
        problem = Phrase("Per cent, from 0 to 100.")
        raise Invalid("These figures cannot be kept.", fields={name: [problem]}) from error


def _given(name: str) -> str:
    return request.form.get(name, "").strip()


def _done(number: str, section: str, do: Callable[[Tx], None], said: str) -> ResponseReturnValue:
    """Do it and go back to the section; what is wrong is shown there, and what was typed stays."""
    try:
        with open_tx() as tx:
            do(tx)
    except (Invalid, Conflict) as error:
        return cases.page(number, NOTHING, **{f"{section}_wrong": shown(error)}), 422
    flash(said)
    return redirect(url_for("pages_cases.case_page", number=number) + f"#{section}")
