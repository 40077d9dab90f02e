"""What a case's page shows of its tier, its escalations and its breaches (SLA-4, SLA-6, DIA-1)."""

from typing import Any

from loopdesk.desk import breach, causes, escalation, skills
from loopdesk.desk.escalation import LADDER, OPEN, SUPERVISOR
from loopdesk.desk.record import Case
from loopdesk.desk.rights import DESK
from loopdesk.engine.tx import Tx
from loopdesk.web import vocabulary
from loopdesk.web.context import actor
from loopdesk.web.pages.breaches import told


def section(tx: Tx, found: Case) -> dict[str, Any]:
    """The values of ``cases/_escalations.html``."""
    language = vocabulary.language()
    known = skills.names(tx, "skills", language)
    may = actor().has_role(*DESK) and found.status in OPEN and found.tier != SUPERVISOR
    after = LADDER[LADDER.index(found.tier) + 1] if may else ""
    backup = escalation.backup(tx, found) if may else None
    return {
        "escalations": [
            row | {"way": vocabulary.ESCALATED_BY[row["way"]], "skill": known.get(row["skill"], row["skill"])}
            for row in escalation.listing(actor(), tx, found.number)
        ],
        "traces": [told(one, causes.names(tx, language)) for one in breach.of_case(actor(), tx, found.number)],
        "may_escalate": may,
        "next_tier": after,
        "backup": backup,
        "known_skills": known if may else {},
        "support_tiers": vocabulary.SUPPORT_TIERS,
    }
