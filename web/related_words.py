"""Words for like cases, impact and agreements, in the reader's language (INT-8, INT-9, COM-5)."""

from collections.abc import Mapping
from typing import Any

from flask_babel import lazy_gettext

from loopdesk.web.vocabulary import Look

REASONS: Mapping[str, Any] = {
    "same_customer": lazy_gettext("same customer"),
    "same_asset": lazy_gettext("same device"),
    "by_hand": lazy_gettext("by hand"),
    "like": lazy_gettext("like text"),
}
IMPACT_TONES: Mapping[str, str] = {"critical": "red", "high": "red", "medium": "yellow"}
IMPACT: Mapping[str, Any] = {
    "critical": lazy_gettext("critical"),
    "high": lazy_gettext("high"),
    "medium": lazy_gettext("considerable"),
    "low": lazy_gettext("low"),
}
"""The shipped levels; an owner's own show their code."""
KINDS: Mapping[str, Any] = {
    "priority": lazy_gettext("Another priority"),
    "alternative": lazy_gettext("An alternative"),
    "plan": lazy_gettext("A plan in phases"),
}
STATES: Mapping[str, Look] = {
    "asked": Look(lazy_gettext("waits for our answer"), "yellow", "clock"),
    "offered": Look(lazy_gettext("waits for the customer's answer"), "blue", "clock"),
    "agreed": Look(lazy_gettext("agreed"), "green", "check"),
    "declined": Look(lazy_gettext("declined"), "", "cross"),
    "lapsed": Look(lazy_gettext("lapsed without an answer"), "", "minus"),
}

WORDS: Mapping[str, Any] = {
    "similar_reasons": REASONS,
    "impact_levels": IMPACT,
    "impact_tones": IMPACT_TONES,
    "agreement_kinds": KINDS,
    "agreement_states": STATES,
}
"""What every page may use."""
