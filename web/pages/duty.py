"""The duty list: who of which tier is there, when nobody is, and planning it (DIA-1, DIA-3)."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from loopdesk.desk import departments, duty, people, skills
from loopdesk.desk.record import TIERS
from loopdesk.desk.rights import require
from loopdesk.engine.errors import N_, Invalid
from loopdesk.engine.tx import Tx
from loopdesk.web import vocabulary
from loopdesk.web.context import actor, open_tx, read_tx
from loopdesk.web.pages import typed
from loopdesk.web.pages.shown import NOTHING, Shown, shown

blueprint = Blueprint("pages_duty", __name__, url_prefix="/duty")

WRONG = N_("This turn of duty is not possible.")


@blueprint.get("")
def turns() -> str:
    """Who is on duty now and later, and the gaps."""
    return _page(NOTHING)


@blueprint.post("")
def add() -> ResponseReturnValue:
    """Put somebody on the list."""
    form = request.form
    try:
        starts_at, ends_at = typed.moment("starts_at", WRONG), typed.moment("ends_at", WRONG)
        who = {name: form.get(name, "") for name in ("person", "department", "tier")}
        with open_tx() as tx:
            duty.add(actor(), tx, **who, starts_at=starts_at, ends_at=ends_at)
    except Invalid as error:
        return _page(shown(error)), 422
    flash(gettext("The turn is on the list."))
    return redirect(url_for("pages_duty.turns"))


@blueprint.post("/<duty_id>/remove")
def remove(duty_id: str) -> ResponseReturnValue:
    """Take a turn off the list."""
    with open_tx() as tx:
        duty.remove(actor(), tx, duty_id)
    flash(gettext("The turn is off the list."))
    return redirect(url_for("pages_duty.turns"))


def _page(wrong: Shown) -> str:
    require(actor(), "people.list")
    with read_tx() as tx:
        found = duty.listing(actor(), tx)
        names = {one.id: one for one in people.listing(actor(), tx)}
        tiers = skills.names(tx, "tiers", vocabulary.language())
        values: dict[str, Any] = {
            "turns": [
                {"turn": one, "person": names.get(one.person_id), "now": one.starts_at <= tx.now} for one in found
            ],
            "gaps": duty.gaps(actor(), tx),
            "tiers": {tier: f"{tier} · {tiers[tier]}" if tier in tiers else tier for tier in TIERS},
            **_choices(tx, list(names.values())),
        }
    return render_template("duty/duty.html", **values, wrong=wrong, typed=request.form)


def _choices(tx: Tx, staff: list[people.Person]) -> dict[str, Any]:
    """What a planner may choose from; nothing for whoever only looks."""
    me = actor()
    all_ = departments.codes(tx)
    mine = [code for code in all_ if "admin" in me.roles or code in me.departments] if me.has_role("supervisor") else []
    there = [one for one in staff if one.active and (set(one.departments) & set(mine) or "admin" in me.roles)]
    return {"plans": mine, "staff": [(one.id, f"{one.name} ({one.login})") for one in there]}
