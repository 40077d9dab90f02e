"""Who holds a case that two departments disagree about: asked, answered, ruled, and found again (HND-4).

An arbitration begins when nobody answers a handoff, when a side disputes it, or when it goes in a circle. Both sides'
statements and similar rulings go before a senior manager, who rules for the customer first. A ruling binds both, and
stays as a precedent.
"""

from loopdesk.desk.arbitration.hearing import MOVED, limit, open_, overdue, reply, rule
from loopdesk.desk.arbitration.precedents import naming, renew, rulings, similar
from loopdesk.desk.arbitration.tables import (
    CIRCULAR,
    DISPUTE,
    OPEN,
    REASONS,
    RULED,
    UNANSWERED,
    Arbitration,
    arbitration_,
    get,
    of_case,
    of_handoff,
    one,
)

__all__ = [
    "CIRCULAR",
    "DISPUTE",
    "MOVED",
    "OPEN",
    "REASONS",
    "RULED",
    "UNANSWERED",
    "Arbitration",
    "arbitration_",
    "get",
    "limit",
    "naming",
    "of_case",
    "of_handoff",
    "one",
    "open_",
    "overdue",
    "renew",
    "reply",
    "rule",
    "rulings",
    "similar",
]
