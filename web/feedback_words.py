"""Words and shapes of feedback and surveys, for every page that shows them (FBK-1, FBK-3)."""

from datetime import datetime
from typing import Any

from flask_babel import gettext, lazy_gettext

from loopdesk.desk import feedback
from loopdesk.desk.feedback import Feedback, recovery
from loopdesk.desk.feedback.quarters import Quarter
from loopdesk.desk.feedback.tables import COMPLAINT, DONE, FORWARDED, NEW, NONE, PRAISE, SORTED, SUGGESTION
from loopdesk.desk.figures import Figure
from loopdesk.web import figure_words
from loopdesk.web.vocabulary import Look

KINDS = {
    COMPLAINT: Look(lazy_gettext("Complaint"), "red", "octagon"),
    SUGGESTION: Look(lazy_gettext("Suggestion"), "blue", "disc"),
    PRAISE: Look(lazy_gettext("Praise"), "green", "check"),
    NONE: Look(lazy_gettext("Nothing to follow"), "", "minus"),
    "": Look(lazy_gettext("Not decided yet"), "yellow", "pause"),
}
STATES = {
    NEW: lazy_gettext("Just came"),
    SORTED: lazy_gettext("On the way to its department"),
    FORWARDED: lazy_gettext("With its department"),
    DONE: lazy_gettext("Done"),
}
SOURCES = {
    "survey": lazy_gettext("Survey"),
    "mail": lazy_gettext("Mail"),
    "call": lazy_gettext("Call"),
    "portal": lazy_gettext("Portal"),
    "quarterly": lazy_gettext("Quarterly survey"),
}
SURVEYS = {
    "closure": lazy_gettext("After closure"),
    "second": lazy_gettext("After the call-back"),
    "quarterly": lazy_gettext("Quarterly"),
}
OUTCOMES = {
    recovery.RECOVERED: Look(lazy_gettext("Content again"), "green", "check"),
    recovery.STILL_LOW: Look(lazy_gettext("Still not content"), "red", "octagon"),
    recovery.SILENT: Look(lazy_gettext("No second answer"), "", "minus"),
    recovery.NOT_REACHED: Look(lazy_gettext("Not reached"), "yellow", "pause"),
}


def steps(one: Feedback, now: datetime) -> list[dict[str, Any]]:
    """The path of a feedback, each step with when it was done, by whom, and when it was due."""
    found: list[dict[str, Any]] = [{"text": gettext("Came"), "at": one.at, "by": one.by, "due": None}]
    if one.kind not in ("", NONE):
        where = {"text": gettext("At its department"), "at": one.forwarded_at, "by": one.forwarded_by}
        found.append(where | {"due": one.forward_due_at})
        found.append({"text": gettext("Answered"), "at": one.result_at, "by": one.result_by, "due": one.result_due_at})
    return [step | {"late": bool(step["due"]) and (step["at"] or now) > step["due"]} for step in found]


def quarter(one: Quarter) -> dict[str, Any]:
    """A quarter's survey in words; `no data` where nobody was asked, or nobody said."""
    rates = (("reply_rate", one.reply_rate, "percent"), ("satisfaction", one.css, "stars"), ("nps", one.nps, "points"))
    told = {name: figure_words.said(Figure(name, value, unit, one.answered)) for name, value, unit in rates}
    return {"name": one.name, "asked": one.asked, "answered": one.answered, **told}


def choices() -> dict[str, Any]:
    """What the pages offer to choose from."""
    return {"kinds": KINDS, "states": STATES, "sources": SOURCES, "followed": [*feedback.KINDS]}
