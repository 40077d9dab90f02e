"""What a case's page shows of the work that departments do together on it (HND-6, HND-9)."""

from typing import Any

from loopdesk.desk import actions
from loopdesk.desk.record import Case
from loopdesk.desk.rights import DESK
from loopdesk.desk.team import taskforce
from loopdesk.engine.tx import Tx
from loopdesk.web.context import actor
from loopdesk.web.pages.actions import rows


def section(tx: Tx, found: Case) -> dict[str, Any]:
    """The values of ``cases/_actions.html`` and ``cases/_taskforces.html``."""
    forces = taskforce.of_case(tx, found.number)
    runs = any(one.ended_at is None for one in forces)
    return {
        "actions": rows(tx, actions.of_case(tx, found.number)),
        "taskforces": forces,
        "may_call": not runs and found.status != "closed" and actor().has_role(*DESK),
    }
