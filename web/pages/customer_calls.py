"""Calls to customers: those to be made, those that were made, with what was said and promised (COM-1, COM-2)."""

from typing import Any

from flask import Blueprint, render_template, request

from loopdesk.desk import actions
from loopdesk.desk.contacting import calls
from loopdesk.desk.contacting.rows import KINDS, STATES, CustomerCall
from loopdesk.engine import work
from loopdesk.engine.actor import SYSTEM
from loopdesk.engine.errors import Missing
from loopdesk.engine.tx import Tx
from loopdesk.web import contact_words
from loopdesk.web.context import actor, read_tx

blueprint = Blueprint("pages_customer_calls", __name__, url_prefix="/feedback/calls")

PER_PAGE = 25
OF_A_CASE = 20
"""Calls that a case's page shows."""


@blueprint.get("")
def listing() -> str:
    """All calls of cases that the reader may see; those to be made stand first."""
    wanted = {name: request.args.get(name, "") for name in ("kind", "state")}
    wanted = {"kind": wanted["kind"] if wanted["kind"] in KINDS else "", "state": wanted["state"]}
    wanted["state"] = wanted["state"] if wanted["state"] in STATES else ""
    page = max(request.args.get("page", 1, type=int), 1)
    with read_tx() as tx:
        found, total = calls.listing(actor(), tx, **wanted, page=page, per_page=PER_PAGE)
        rows = [shown(tx, one) for one in found]
    values = {"wanted": wanted, "total": total, "page": page, "pages": -(-total // PER_PAGE), **words()}
    return render_template("feedback/calls.html", rows=rows, **values)


def of_case(tx: Tx, number: str) -> dict[str, Any]:
    """The values of ``cases/_calls.html``."""
    found, _ = calls.listing(actor(), tx, number=number, per_page=OF_A_CASE)
    return {"customer_calls": [shown(tx, one) for one in found], **words()}


def shown(tx: Tx, one: CustomerCall) -> dict[str, Any]:
    """A call with its task while it is open, and what became of its promise."""
    tasks = work.listing(SYSTEM, tx, key=one.case) if one.state == calls.OPEN else []
    return {
        "call": one,
        "task": next((task["id"] for task in tasks if task["instance_id"] == one.instance), ""),
        "promise": _promise(tx, one),
        "late": one.state == calls.OPEN and one.due_at is not None and one.due_at < tx.now,
    }


def words() -> dict[str, Any]:
    """The words that the templates of calls use."""
    return {
        "call_kinds": contact_words.KINDS,
        "call_states": contact_words.CALLS,
        "call_reasons": contact_words.REASONS,
        "call_ways": contact_words.WAYS,
    }


def _promise(tx: Tx, one: CustomerCall) -> actions.Action | None:
    try:
        return actions.get(tx, one.action) if one.action else None
    except Missing:
        return None
