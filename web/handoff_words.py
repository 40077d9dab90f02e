"""Handoffs and arbitrations in the reader's words (HND-2, HND-4)."""

from collections.abc import Mapping
from typing import Any

from flask_babel import gettext, lazy_gettext

from loopdesk.desk import handoff
from loopdesk.web import vocabulary
from loopdesk.web.vocabulary import Look

STATES: Mapping[str, Look] = {
    "offered": Look(lazy_gettext("Waits for an answer"), "accent", "clock"),
    "accepted": Look(lazy_gettext("Accepted"), "green", "check"),
    "rejected": Look(lazy_gettext("Rejected"), "red", "cross"),
    "recalled": Look(lazy_gettext("Recalled"), "", "arrow"),
    "disputed": Look(lazy_gettext("In arbitration"), "yellow", "triangle"),
    "ruled": Look(lazy_gettext("Ruled"), "green", "pen"),
}
SIDES: Mapping[str, Any] = {
    "signed": lazy_gettext("hands the case over"),
    "accepted": lazy_gettext("confirms receipt"),
    "rejected": lazy_gettext("rejects it"),
    "ruled": lazy_gettext("rules on the dispute"),
}
"""Decision of a signature -> what its signer does."""
REASONS: Mapping[str, Any] = {
    "unanswered": lazy_gettext("Nobody answered in time"),
    "dispute": lazy_gettext("A department disputes it"),
    "circular": lazy_gettext("The case went in a circle"),
}


def fields(values: Mapping[str, Any]) -> list[tuple[str, str]]:
    """(name, value) of a dossier that says something, as the reader calls them."""
    return [
        (gettext(name), vocabulary.case_word(key, values[key]))
        for key, name in handoff.FIELDS.items()
        if values.get(key) not in (None, "") and key not in ("number", "title")
    ]


def names(keys: list[str]) -> list[str]:
    """What the reader calls these fields."""
    return [gettext(handoff.FIELDS[key]) for key in keys]
