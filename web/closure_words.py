"""What pages call the stages of a closure and what became of a customer's later word (FIX-4, FIX-9)."""

from collections.abc import Mapping
from typing import Any

from flask_babel import lazy_gettext

from loopdesk.desk import policy
from loopdesk.desk.closure import reopening, rounds
from loopdesk.engine.tx import Tx
from loopdesk.web import vocabulary
from loopdesk.web.vocabulary import Look

STAGES: Mapping[str, Look] = {
    rounds.RETEST: Look(lazy_gettext("Re-test"), "accent", "play"),
    rounds.WATCHED: Look(lazy_gettext("Watched"), "blue", "eye"),
    rounds.STABLE: Look(lazy_gettext("Stability check"), "accent", "play"),
    rounds.ASKED: Look(lazy_gettext("Customer is asked"), "blue", "mail"),
    rounds.CHASED: Look(lazy_gettext("Customer is reminded"), "yellow", "mail"),
    rounds.GATES: Look(lazy_gettext("Acceptance"), "blue", "flag"),
    rounds.DONE: Look(lazy_gettext("Over"), "", "minus"),
}
OUTCOMES: Mapping[str, Look] = {
    "closed": Look(lazy_gettext("Closed"), "green", "check"),
    "reopened": Look(lazy_gettext("Opened again"), "yellow", "loop"),
    "failed": Look(lazy_gettext("The fix did not hold"), "red", "octagon"),
    "given_up": Look(lazy_gettext("Begun anew"), "", "minus"),
}
WORDS: Mapping[str, Look] = {
    reopening.PENDING: Look(lazy_gettext("Is being read"), "blue", "pause"),
    reopening.REOPENED: Look(lazy_gettext("Opened again"), "yellow", "loop"),
    reopening.LINKED: Look(lazy_gettext("Goes on in a new case"), "blue", "arrow"),
    reopening.ADDED: Look(lazy_gettext("Added to the work under way"), "", "plus"),
    reopening.DISMISSED: Look(lazy_gettext("Asked for nothing"), "", "minus"),
}
ENDS: Mapping[str, Any] = {
    rounds.WATCHED: lazy_gettext("then it is checked again"),
    rounds.ASKED: lazy_gettext("then the customer is reminded"),
    rounds.CHASED: lazy_gettext("then it is closed by rule"),
}
"""What happens when a stage ends by itself."""


def items(tx: Tx) -> dict[str, str]:
    """Each item of the checklist as the reader calls it."""
    named = {**policy.shipped(rounds.POLICY)["items"], **(policy.held(tx, rounds.POLICY).get("items") or {})}
    return {code: policy.name_in(entry, vocabulary.language()) or code for code, entry in named.items()}
