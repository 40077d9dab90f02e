"""What a case's page shows of the work that departments do together on it (HND-6, HND-9)."""

from typing import Any

from loopdesk.desk import actions
from loopdesk.desk.record import Case
from loopdesk.engine.tx import Tx
from loopdesk.web.pages.actions import rows


def section(tx: Tx, found: Case) -> dict[str, Any]:
    """The values of ``cases/_actions.html``."""
    return {"actions": rows(tx, actions.of_case(tx, found.number))}
