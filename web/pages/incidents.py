"""What did not work and waits for a person: the reason, the remedy, and a way to try again."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from loopdesk.desk import people
from loopdesk.desk.departments import FIRST_LINE
from loopdesk.engine import incidents as engine_incidents
from loopdesk.web import vocabulary
from loopdesk.web.context import actor, open_tx, read_tx
from loopdesk.web.first_start import NO_AGENTS

blueprint = Blueprint("pages_incidents", __name__, url_prefix="/incidents")


@blueprint.get("")
def incidents() -> str:
    """Open ones first, then the last that were settled."""
    with read_tx() as tx:
        found = [told(row) for row in engine_incidents.listing(actor(), tx)]
        settled = [told(row) for row in engine_incidents.listing(actor(), tx, state="resolved", limit=20)]
        staffed = bool(people.in_department(tx, FIRST_LINE, "agent"))
    warning = "" if staffed else gettext(NO_AGENTS, department=vocabulary.department(FIRST_LINE))
    return render_template("incidents/incidents.html", found=found, settled=settled, warning=warning)


@blueprint.post("/<incident_id>/retry")
def retry(incident_id: str) -> ResponseReturnValue:
    """Let it run again, with all its attempts."""
    with open_tx() as tx:
        engine_incidents.retry(actor(), tx, incident_id)
    flash(gettext("It is being tried again."))
    return redirect(url_for("pages_incidents.incidents"))


def told(row: dict[str, Any]) -> dict[str, Any]:
    """An incident with its message and remedy in the reader's language."""
    params = row["params"] or {}
    return row | {
        "text": gettext(row["message"]) % params if params else gettext(row["message"]),
        "remedy_text": (gettext(row["remedy"]) % params if params else gettext(row["remedy"])) if row["remedy"] else "",
    }
