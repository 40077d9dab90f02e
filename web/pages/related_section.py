"""What a case's page shows of like cases, its parent problem, its impact and what was agreed (INT-8, INT-9, COM-5)."""

from typing import Any

from loopdesk.desk import case, customers, impact, negotiation
from loopdesk.desk.casework import OPEN
from loopdesk.desk.duplicates import links, problems
from loopdesk.desk.record import Case
from loopdesk.desk.rights import CASEWORK, DESK
from loopdesk.engine.tx import Tx
from loopdesk.web.context import actor


def section(tx: Tx, found: Case) -> dict[str, Any]:
    """The values of ``cases/_related.html``, ``cases/_impact.html`` and ``cases/_agreement.html``."""
    still = found.status in OPEN
    is_problem = found.channel == problems.CHANNEL
    reports, total = problems.reports(actor(), tx, found.number) if is_problem else ([], 0)
    return {
        "links": links.listing(actor(), tx, found.number),
        "problem": case.find(actor(), tx, found.problem) if found.problem else None,
        "is_problem": is_problem,
        "reports": [(one, _customer(tx, one)) for one in reports],
        "reports_total": total,
        "may_link": actor().has_role(*DESK),
        "may_weigh": actor().has_role(*CASEWORK) and still,
        "figures": impact.listing(actor(), tx, found.number)[:5],
        "agreements": negotiation.listing(actor(), tx, found.number),
        "may_negotiate": actor().has_role(*DESK) and still and not is_problem,
        "levels": [(level, level) for level in negotiation.LEVELS],
    }


def _customer(tx: Tx, one: Case) -> str:
    organisation = customers.organisation_of(tx, one.organisation_id)
    if organisation is not None:
        return organisation.name
    return customers.contact(tx, one.contact_id).name if one.contact_id else ""
