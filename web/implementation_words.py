"""Implementations and changes in the reader's words (FIX-1, FIX-2, FIX-3)."""

from collections.abc import Mapping
from typing import Any

from flask_babel import gettext, lazy_gettext

from loopdesk.desk.implementation import change_rows, changes, signing
from loopdesk.engine import bundles
from loopdesk.engine.errors import Missing
from loopdesk.engine.tx import Tx
from loopdesk.web import vocabulary
from loopdesk.web.vocabulary import Look

STATES: Mapping[str, Look] = {
    "running": Look(lazy_gettext("Runs"), "accent", "play"),
    "finished": Look(lazy_gettext("Finished"), "green", "check"),
    "stopped": Look(lazy_gettext("Stopped"), "", "cross"),
}
MILESTONES: Mapping[str, Look] = {
    "open": Look(lazy_gettext("Open"), "accent", "play"),
    "done": Look(lazy_gettext("Done"), "green", "check"),
    "dropped": Look(lazy_gettext("Dropped"), "", "minus"),
}
KINDS: Mapping[str, Any] = {
    "deployment": lazy_gettext("Deployment"),
    "configuration": lazy_gettext("Configuration"),
    "test": lazy_gettext("Test"),
}
LEVELS: Mapping[str, Look] = {
    "yellow": Look(lazy_gettext("Yellow alarm"), "yellow", "triangle"),
    "orange": Look(lazy_gettext("Orange alarm"), "yellow", "up"),
    "red": Look(lazy_gettext("Red alarm"), "red", "octagon"),
}
CHANGES: Mapping[str, Look] = {
    "weighed": Look(lazy_gettext("Is being weighed"), "", "clock"),
    "lead": Look(lazy_gettext("Waits for the technical lead"), "yellow", "pen"),
    "customer": Look(lazy_gettext("Waits for the customer"), "blue", "pen"),
    "signed": Look(lazy_gettext("May be made"), "green", "check"),
    "refused": Look(lazy_gettext("Refused"), "red", "cross"),
    "withdrawn": Look(lazy_gettext("Withdrawn"), "", "minus"),
}
SIZES: Mapping[str, Look] = {
    "small": Look(lazy_gettext("Small"), "", "minus"),
    "major": Look(lazy_gettext("Major"), "yellow", "up"),
}
CHANGE_KINDS: Mapping[str, Any] = {
    "code": lazy_gettext("Code"),
    "configuration": lazy_gettext("Configuration"),
    "data": lazy_gettext("Data"),
    "infrastructure": lazy_gettext("Infrastructure"),
    "documents": lazy_gettext("Documents"),
}
SIGNERS: Mapping[str, Any] = {
    change_rows.LEAD: lazy_gettext("Technical lead"),
    change_rows.CUSTOMER: lazy_gettext("Customer's representative"),
}


def size_reason(tx: Tx, code: str) -> str:
    """Why a change is small or major, as the process owner words the table's code; the code where nobody did."""
    try:
        bundle = bundles.current(tx, "change-approval")
    except Missing:
        return code
    return bundles.text(bundle, "size_reason", f"option.{code}", vocabulary.language()) or code


def refusal(reason: str) -> str:
    """Why a change was refused, or withdrawn."""
    by_rule = {
        signing.BY_RULE: gettext("Not signed by both sides in time."),
        changes.MERGED: gettext("Its case was merged into another one."),
    }
    return str(by_rule.get(reason, reason))
