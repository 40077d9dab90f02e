"""What a case's page shows of its verification: the checklist, the stage, and later words (FIX-4, FIX-9)."""

from typing import Any

from loopdesk.desk.closure import reopening, rounds, verification
from loopdesk.desk.record import Case
from loopdesk.desk.rights import DESK
from loopdesk.engine.tx import Tx
from loopdesk.web import closure_words
from loopdesk.web.context import actor


def section(tx: Tx, found: Case) -> dict[str, Any]:
    """The values of ``cases/_closure.html``; without a round nothing but the way to open a closed case again."""
    passes = rounds.of_case(actor(), tx, found.number)
    checks = rounds.checklist(actor(), tx, found.number) if passes else []
    return {
        "passes": [(one, _items(one, [check for check in checks if check.round == one.id])) for one in passes],
        "item_names": closure_words.items(tx) if passes else {},
        "later_words": reopening.of_case(actor(), tx, found.number),
        "reopen_until": rounds.window(tx, found),
        "may_reopen": found.status in ("solved", "closed")
        and found.close_reason != "merged"
        and actor().has_role(*DESK),
        "may_confirm": found.status == "solved"
        and actor().has_role(*DESK)
        and verification.asked(tx, found.number) is not None,
        "closure_looks": closure_words,
    }


def _items(one: rounds.Round, checks: list[rounds.Check]) -> list[tuple[str, rounds.Check | None]]:
    known = {check.item: check for check in checks}
    return [(code, known.get(code)) for part in rounds.PARTS for code in one.items.get(part) or ()]
