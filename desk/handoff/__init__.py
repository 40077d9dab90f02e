"""A case goes to another department: the sender signs, the receiver confirms or rejects with a reason (HND-2).

An offer may be recalled while nobody has answered it, made again after a rejection, and disputed: then an arbitration
decides (HND-4, `desk.arbitration`).
"""

from loopdesk.desk.handoff.disputes import CONTESTED, DISPUTE, RECALL, dispute, recall
from loopdesk.desk.handoff.dossier import FIELDS, changed, differs, digest, dossier, remember, require_seen, seen
from loopdesk.desk.handoff.listing import FROM_ME, OPEN, TO_ME, holders_due, listing, offers, sender_of, signers
from loopdesk.desk.handoff.rounds import Limits
from loopdesk.desk.handoff.signing import accept, offer, overdue, reject, require_open, sign
from loopdesk.desk.handoff.tables import (
    ACCEPTED,
    ARBITER,
    DISPUTED,
    OFFERED,
    RECALLED,
    REJECTED,
    RULED,
    STATES,
    Handoff,
    change,
    get,
    handoff_,
    of_case,
    signature,
    told,
)

__all__ = [
    "ACCEPTED",
    "ARBITER",
    "CONTESTED",
    "DISPUTE",
    "DISPUTED",
    "FIELDS",
    "FROM_ME",
    "OFFERED",
    "OPEN",
    "RECALL",
    "RECALLED",
    "REJECTED",
    "RULED",
    "STATES",
    "TO_ME",
    "Handoff",
    "Limits",
    "accept",
    "change",
    "changed",
    "differs",
    "digest",
    "dispute",
    "dossier",
    "get",
    "handoff_",
    "holders_due",
    "listing",
    "of_case",
    "offer",
    "offers",
    "overdue",
    "recall",
    "reject",
    "remember",
    "require_open",
    "require_seen",
    "seen",
    "sender_of",
    "sign",
    "signature",
    "signers",
    "told",
]
