"""What a case's page shows of talking to its customer: phrases, the form of an explanation, calls (COM-1 to COM-10)."""

from typing import Any

from loopdesk.desk import wording as words
from loopdesk.desk.record import Case
from loopdesk.desk.rights import CASEWORK
from loopdesk.engine.tx import Tx
from loopdesk.web import contact_words
from loopdesk.web.context import actor
from loopdesk.web.pages import customer_calls
from loopdesk.web.pages.shown import NOTHING


def section(tx: Tx, found: Case) -> dict[str, Any]:
    """What the page of a case shows of phrases, explanations and calls."""
    writes = actor().has_role(*CASEWORK)
    return {
        "phrases": words.phrases(tx, found.language) if writes else {},
        "phrase_parts": contact_words.PARTS,
        "explained": NOTHING,
        **customer_calls.of_case(tx, found.number),
    }
