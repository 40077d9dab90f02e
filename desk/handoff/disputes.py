"""Taking an offer back while nobody has answered, and calling the arbitration in a dispute (HND-2, HND-4)."""

from typing import Any

from loopdesk.desk import record
from loopdesk.desk.handoff.signing import no_longer
from loopdesk.desk.handoff.tables import (
    ACCEPTED,
    DISPUTED,
    OFFERED,
    RECALLED,
    REJECTED,
    Handoff,
    change,
    get,
    of_case,
    told,
)
from loopdesk.desk.rights import readable, require
from loopdesk.engine import events, messages, subscriptions
from loopdesk.engine.actor import Actor
from loopdesk.engine.errors import N_, Conflict, Invalid, Phrase, Refused
from loopdesk.engine.tx import Tx

RECALL = "handoff.recalled"
"""The message that takes the receiver's task back."""
CONTESTED = "handoff.contested"
"""The message that ends the signing of a handoff which an arbitration decides."""
DISPUTE = "handoff.disputed"
"""The message that begins an arbitration."""
_ENDED = ("solved", "closed")


def recall(actor: Actor, tx: Tx, handoff_id: str, *, reason: str) -> Handoff:
    """Take the offer back while nobody has answered it (HND-2): the case stays where it is.

    Raises `Invalid` without a reason, `Conflict` once it is answered, `Refused` for anybody but the department that
    offered it, or when its process knows no recall.
    """
    require(actor, "handoff.recall")
    said = _said(reason, N_("A recall needs a reason."), N_("Say why you take it back."))
    found = _mine(actor, tx, handoff_id)
    _require_side(actor, found.from_department)
    if found.state != OFFERED:
        raise no_longer(found.state)
    _require_heard(tx, found, RECALL)
    if not change(tx, found, before=(OFFERED,), state=RECALLED, decided_at=tx.now, answer=said):
        raise no_longer(get(tx, handoff_id).state)
    events.record(actor, tx, "handoff.taken_back", key=found.case, data=told(found) | {"answer": said})
    messages.publish(actor, tx, RECALL, key=found.case, payload={"handoff": found.id, "recall": said})
    return get(tx, handoff_id)


def dispute(actor: Actor, tx: Tx, handoff_id: str, *, statement: str) -> Handoff:
    """Ask the arbitration who holds the case, with one's own side of the story (HND-4).

    Either side may: while the offer is open, when it was rejected, and after it was accepted. Raises `Invalid` without
    a statement, `Conflict` for a handoff that is not the last one of its case, was recalled or is with the arbitration
    already, or when the case is solved; `Refused` for a third department.
    """
    require(actor, "handoff.dispute")
    said = _said(statement, N_("A dispute needs your side of the story."), N_("Say why you see it otherwise."))
    found = _mine(actor, tx, handoff_id)
    _require_side(actor, *found.sides)
    case = record.get(tx, found.case, lock=True)
    if found.state not in (OFFERED, REJECTED, ACCEPTED):
        raise no_longer(found.state)
    if of_case(tx, found.case)[-1].id != found.id:
        raise Conflict("The case was offered again since.", remedy=N_("Dispute the last handoff of the case."))
    if case.status in _ENDED:
        raise Conflict("The case is solved, so there is nothing left to arbitrate.")
    waits = _waits(tx, found, CONTESTED)
    if found.state == OFFERED and not waits:
        raise _unheard()
    if not change(tx, found, before=(found.state,), state=DISPUTED, decided_at=tx.now, answer=said):
        raise no_longer(get(tx, handoff_id).state)
    side = next((one for one in found.sides if one in actor.departments), found.from_department)
    payload = {"handoff": found.id, "was": found.state, "statement": said}
    events.record(actor, tx, "handoff.disputed", key=found.case, data=told(found) | {"statement": said})
    if waits:
        messages.publish(actor, tx, CONTESTED, key=found.case, payload=payload | {"disputing": side})
    else:
        begins = payload | {"reason": "dispute", "department": side}
        messages.publish(actor, tx, DISPUTE, key=found.case, payload=begins)
    return get(tx, handoff_id)


def _mine(actor: Actor, tx: Tx, handoff_id: str) -> Handoff:
    """The handoff of a case that the actor may read."""
    found = get(tx, handoff_id)
    record.get(tx, found.case, visible=readable(actor))
    return found


def _require_side(actor: Actor, *sides: str) -> None:
    if actor.kind == "person" and "admin" not in actor.roles and actor.departments.isdisjoint(sides):
        raise Refused(
            "Only department %(department)s can do this with the handoff.",
            remedy=N_("Ask a colleague there."),
            department=" / ".join(sides),
        )


def _said(text: str, wrong: str, remedy: str) -> str:
    if not text.strip():
        raise Invalid(wrong, fields={"reason": [Phrase(remedy)]})
    return text.strip()


def _waits(tx: Tx, found: Handoff, name: str) -> bool:
    """Whether the process of this handoff waits for the message."""
    rows: list[dict[str, Any]] = subscriptions.waiting(tx, name, found.case)
    return any(row["instance_id"] == found.instance for row in rows)


def _require_heard(tx: Tx, found: Handoff, name: str) -> None:
    if not _waits(tx, found, name):
        raise _unheard()


def _unheard() -> Conflict:
    return Conflict(
        "This handoff runs by an older version of its process, which knows no such step.",
        remedy=N_("Let it be confirmed or rejected, or move it to the current version of the process."),
    )
