"""An arbitration from its opening to the ruling (HND-4)."""

from dataclasses import replace
from datetime import datetime
from typing import NoReturn

from loopdesk.desk import casework, clocks, departments, handoff, record
from loopdesk.desk.arbitration.precedents import terms
from loopdesk.desk.arbitration.tables import (
    OPEN,
    REASONS,
    RULED,
    Arbitration,
    arbitration_,
    get,
    of_handoff,
    write,
)
from loopdesk.desk.handoff import Handoff
from loopdesk.desk.record import Case
from loopdesk.desk.rights import require
from loopdesk.desk.sql import insert_new
from loopdesk.engine import events, messages, subscriptions
from loopdesk.engine.actor import Actor
from loopdesk.engine.db import new_id
from loopdesk.engine.errors import Conflict, Invalid, Phrase
from loopdesk.engine.tx import Tx

MOVED = "case.moved"
"""The message that takes the work on a case to the department that a ruling names."""
_EMPTY = dict.fromkeys(("reply", "department", "reasoning", "for_customer", "ruled_by", "ruled_by_name", "terms"), "")


def open_(
    actor: Actor,
    tx: Tx,
    number: str,
    *,
    handoff_id: str,
    reason: str,
    was: str = "",
    statement: str = "",
    department: str = "",
) -> Arbitration:
    """Begin the arbitration of a handoff, once for each; the other side than ``department`` is asked for its reply.

    Without a statement of its own the sender's reason and summary stand for it.
    Raises `Invalid` for an unknown reason, `Conflict` for a handoff that was settled meanwhile.
    """
    require(actor, "arbitration.open")
    if reason not in REASONS:
        _wrong("reason", Phrase("There is no reason %(reason)s for an arbitration.", reason=reason))
    case = record.get(tx, number, lock=True)
    given = _contested(tx, handoff_id)
    side = department if department in given.sides else given.from_department
    row = {
        "id": new_id(),
        "case": number,
        "handoff": given.id,
        "reason": reason,
        "was": was or handoff.OFFERED,
        "type": case.type,
        "from_department": given.from_department,
        "to_department": given.to_department,
        "disputed_by": side,
        "statement": statement.strip() or "\n\n".join(filter(None, (given.reason, given.summary))),
        "asked": given.to_department if side == given.from_department else given.from_department,
        "state": OPEN,
        "opened_at": tx.now,
    }
    if insert_new(tx, arbitration_, _EMPTY | row, unique=["handoff"]):
        events.record(actor, tx, "arbitration.opened", key=number, data=handoff.told(given) | {"why": reason})
    return of_handoff(tx, given.id)


def limit(actor: Actor, tx: Tx, arbitration_id: str, due_at: datetime) -> None:
    """Say by when the ruling is due."""
    require(actor, "arbitration.open")
    write(tx, get(tx, arbitration_id), due_at=due_at)


def reply(actor: Actor, tx: Tx, arbitration_id: str, *, text: str) -> None:
    """Keep the statement of the side that was asked; raises `Conflict` after the ruling."""
    require(actor, "arbitration.reply")
    found = get(tx, arbitration_id)
    if not text.strip():
        _wrong("reply", Phrase("Say how your department sees it."))
    write(tx, found, reply=text.strip())
    events.record(actor, tx, "arbitration.replied", key=found.case, data={"id": found.id, "text": text.strip()})


def overdue(actor: Actor, tx: Tx, arbitration_id: str) -> Arbitration | None:
    """Note that nobody has ruled in time; None when somebody just has."""
    require(actor, "arbitration.overdue")
    found = get(tx, arbitration_id)
    if found.state != OPEN:
        return None
    write(tx, found, overdue_at=tx.now)
    minutes = int((tx.now - found.opened_at).total_seconds() // 60)
    events.record(actor, tx, "arbitration.overdue", key=found.case, data={"id": found.id, "minutes": minutes})
    return found


def rule(
    actor: Actor, tx: Tx, arbitration_id: str, *, department: str, reasoning: str, for_customer: str
) -> Arbitration:
    """Decide which department holds the case: it does from now on, whoever has rejected it (HND-4).

    Raises `Invalid` for an unknown department or without reasons, `Conflict` when the ruling stands already. A case
    that was solved meanwhile stays where it was solved.
    """
    require(actor, "arbitration.rule")
    found = get(tx, arbitration_id)
    case = record.get(tx, found.case, lock=True)
    if department not in departments.codes(tx):
        _wrong("department", Phrase("There is no department %(department)s.", department=department))
    if not reasoning.strip():
        _wrong("reasoning", Phrase("Say why."))
    if not for_customer.strip():
        _wrong("for_customer", Phrase("Say what this means for the customer."))
    ruled = replace(found, department=department, reasoning=reasoning.strip(), for_customer=for_customer.strip())
    said = {
        "state": RULED,
        "department": department,
        "reasoning": ruled.reasoning,
        "for_customer": ruled.for_customer,
        "ruled_by": actor.id,
        "ruled_by_name": actor.name,
        "ruled_at": tx.now,
        "terms": terms(ruled, case),
    }
    write(tx, found, **said)
    given = handoff.get(tx, found.handoff)
    handoff.sign(actor, tx, given, case, side=handoff.ARBITER, decision=RULED, reason=ruled.reasoning)
    handoff.change(tx, given, before=(handoff.DISPUTED,), state=handoff.RULED, decided_at=tx.now)
    told = {"id": found.id, "department": department, "reasoning": ruled.reasoning, "handoff": found.handoff}
    events.record(actor, tx, "arbitration.ruled", key=found.case, data=told)
    if case.status not in ("solved", "closed"):
        _move(actor, tx, case, department)
    return get(tx, arbitration_id)


def _contested(tx: Tx, handoff_id: str) -> Handoff:
    """The handoff, which nobody can answer from now on."""
    given = handoff.get(tx, handoff_id)
    if given.state != handoff.DISPUTED:
        disputed = {"state": handoff.DISPUTED, "decided_at": tx.now}
        if not handoff.change(tx, given, before=(handoff.OFFERED, handoff.REJECTED), **disputed):
            raise Conflict("The handoff was settled meanwhile, so there is nothing to arbitrate.")
    return given


def _move(actor: Actor, tx: Tx, case: Case, department: str) -> None:
    """Let the department hold the case, and tell the work on it where to go on."""
    if department == case.department:
        return
    owner = casework.least_busy(tx, department)
    holder = {"owner_id": owner.id, "assignee_id": owner.id} if owner else {"assignee_id": ""}
    record.involve(tx, case.number, department)
    record.change(tx, case.number, department=department, **holder)
    clocks.happened(actor, tx, case.number, clocks.HANDOFF, to=department)
    if subscriptions.waiting(tx, MOVED, case.number):
        messages.publish(actor, tx, MOVED, key=case.number, payload={"moved_to": department})


def _wrong(field: str, message: Phrase) -> NoReturn:
    raise Invalid("This arbitration is not possible.", fields={field: [message]})
