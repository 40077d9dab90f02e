"""What a case's page shows of its implementations, reviews and changes (FIX-1, FIX-2, FIX-3)."""

from typing import Any

from loopdesk.desk.implementation import board, change_rows
from loopdesk.desk.record import Case
from loopdesk.desk.rights import CASEWORK, DESK
from loopdesk.engine.tx import Tx
from loopdesk.web import implementation_words as words
from loopdesk.web.context import actor
from loopdesk.web.pages import change_records, implementation


def section(tx: Tx, found: Case) -> dict[str, Any]:
    """The values of ``cases/_implementation.html``."""
    if actor().kind != "person":
        return {"implementing": None}
    looks = {"levels": words.LEVELS, "milestones": words.MILESTONES, "kinds": words.KINDS}
    begun = implementation.rows(tx, board.of_case(actor(), tx, found.number))
    open_ = found.status != "closed"
    return {
        "implementing": {
            "rows": begun,
            "changes": change_records.rows(tx, change_rows.of_case(actor(), tx, found.number)),
            "looks": looks,
            "may_begin": open_ and actor().has_role(*DESK) and all(row["it"].state != "running" for row in begun),
            "may_register": open_ and actor().has_role(*CASEWORK),
        }
    }
