"""The sender signs, the receiver confirms or rejects with a reason, and nobody signs both sides (HND-2)."""

from dataclasses import asdict
from datetime import datetime
from typing import NoReturn

import sqlalchemy as sa

from loopdesk.desk import clocks, departments, record
from loopdesk.desk.handoff import rounds
from loopdesk.desk.handoff.dossier import digest, dossier, require_seen
from loopdesk.desk.handoff.rounds import NO_LIMITS, Limits
from loopdesk.desk.handoff.tables import (
    ACCEPTED,
    DISPUTED,
    OFFERED,
    RECALLED,
    RECEIVER,
    REJECTED,
    SENDER,
    Handoff,
    change,
    get,
    handoff_,
    signature,
    told,
)
from loopdesk.desk.record import Case
from loopdesk.desk.rights import require
from loopdesk.engine import events
from loopdesk.engine.actor import Actor
from loopdesk.engine.db import new_id
from loopdesk.engine.errors import N_, Conflict, Invalid, Phrase, Refused
from loopdesk.engine.tx import Tx

_DECIDED = {
    ACCEPTED: N_("This handoff was accepted already."),
    REJECTED: N_("This handoff was rejected already."),
    RECALLED: N_("This handoff was recalled by the department that offered it."),
}
_WITH_ARBITRATION = N_("This handoff lies with the arbitration.")


def offer(
    actor: Actor,
    tx: Tx,
    number: str,
    *,
    to_department: str,
    reason: str,
    summary: str,
    instance: str = "",
    limits: Limits = NO_LIMITS,
    due_at: datetime | None = None,
) -> Handoff:
    """Offer the case and sign as its sender (HND-2).

    ``instance``: the process whose round of offers this belongs to; ``due_at``: when an answer is due. An offer that
    goes in a circle by the ``limits`` is signed and disputed at once: an arbitration decides (HND-4).
    Raises `Invalid` for an unknown department or the one that holds the case already, `Conflict` while another offer
    is open or when the case is no longer what the signer has read, `Refused` against a ruling.
    """
    require(actor, "handoff.offer")
    case = record.get(tx, number, lock=True)
    _require_possible(tx, case, to_department)
    made, round_ = rounds.of_pass(tx, number), instance or new_id()
    rounds.require_no_ruling(made, case, to_department)
    circle = rounds.goes_round(made, to_department, round_, limits)
    new = Handoff(
        new_id(),
        number,
        case.department,
        to_department,
        reason.strip(),
        summary.strip(),
        DISPUTED if circle else OFFERED,
        tx.now,
        round=round_,
        attempt=1 + sum(one.round == round_ for one in made),
        instance=instance,
        due_at=None if circle else due_at,
    )
    return _made(actor, tx, new, case)


def _made(actor: Actor, tx: Tx, new: Handoff, case: Case) -> Handoff:
    tx.conn.execute(sa.insert(handoff_).values(**asdict(new)))
    record.involve(tx, new.case, new.to_department)
    sign(actor, tx, new, case, side=SENDER, decision="signed", reason=new.reason)
    for kind in ("handoff.offered", "handoff.circular")[: 1 + (new.state == DISPUTED)]:
        events.record(actor, tx, kind, key=new.case, data=told(new))
    return new


def accept(actor: Actor, tx: Tx, handoff_id: str) -> Handoff:
    """Confirm receipt: the receiver's signature moves the case, its assignee and its owner (HND-2, INT-6)."""
    require(actor, "handoff.accept")
    found, case = _decide(actor, tx, handoff_id, ACCEPTED)
    sign(actor, tx, found, case, side=RECEIVER, decision=ACCEPTED, reason="")
    mine = {"owner_id": actor.id, "assignee_id": actor.id} if actor.kind == "person" else {}
    record.change(tx, found.case, department=found.to_department, **mine)
    events.record(actor, tx, "handoff.accepted", key=found.case, audience="customer", data=told(found))
    clocks.happened(actor, tx, found.case, clocks.HANDOFF, to=found.to_department)
    return found


def reject(actor: Actor, tx: Tx, handoff_id: str, *, reason: str) -> Handoff:
    """Send it back, signed and with a reason (HND-2). Raises `Invalid` without one."""
    require(actor, "handoff.reject")
    if not reason.strip():
        raise Invalid("A rejection needs a reason.", fields={"reason": [Phrase("Say why it is not yours.")]})
    found, case = _decide(actor, tx, handoff_id, REJECTED, reason.strip())
    sign(actor, tx, found, case, side=RECEIVER, decision=REJECTED, reason=reason.strip())
    events.record(actor, tx, "handoff.rejected", key=found.case, data=told(found) | {"answer": reason.strip()})
    return found


def overdue(actor: Actor, tx: Tx, handoff_id: str) -> Handoff | None:
    """Note that nobody has answered in time (SLA-5); None when somebody just has."""
    require(actor, "handoff.overdue")
    found = get(tx, handoff_id)
    if not change(tx, found, before=(OFFERED,), overdue_at=tx.now):
        return None
    minutes = int((tx.now - found.offered_at).total_seconds() // 60)
    events.record(actor, tx, "handoff.overdue", key=found.case, data=told(found) | {"minutes": minutes})
    return found


def sign(actor: Actor, tx: Tx, handoff: Handoff, case: Case, *, side: str, decision: str, reason: str) -> None:
    """Put the actor's name under what the case is now; a signer who has read something else is asked to look again."""
    require_seen(tx, case)
    department = {SENDER: handoff.from_department, RECEIVER: handoff.to_department}.get(side, "")
    values = {
        "case": handoff.case,
        "handoff": handoff.id,
        "side": side,
        "person_id": actor.id,
        "name": actor.name,
        "department": department or next(iter(sorted(actor.departments)), ""),
        "decision": decision,
        "reason": reason,
        "at": tx.now,
        "digest": digest(case),
        "dossier": dossier(case),
    }
    tx.conn.execute(sa.insert(signature).values(**values))


def require_open(found: Handoff) -> None:
    """Raise `Conflict` for a handoff that is no longer to be answered."""
    if found.state != OFFERED:
        raise no_longer(found.state)


def no_longer(state: str) -> Conflict:
    """What somebody is told who comes too late for a handoff that is in ``state`` by now."""
    return Conflict(_DECIDED.get(state, _WITH_ARBITRATION), remedy=N_("Look at the signatures on the case."))


def _decide(actor: Actor, tx: Tx, handoff_id: str, state: str, answer: str = "") -> tuple[Handoff, Case]:
    found = get(tx, handoff_id)
    case = record.get(tx, found.case, lock=True)
    _check_receiver(actor, tx, found)
    if not change(tx, found, before=(OFFERED,), state=state, decided_at=tx.now, answer=answer):
        raise no_longer(get(tx, handoff_id).state)
    return found, case


def _check_receiver(actor: Actor, tx: Tx, found: Handoff) -> None:
    """A handoff takes two people, and the second one belongs to the department that receives."""
    if actor.kind == "person" and found.to_department not in actor.departments and "admin" not in actor.roles:
        raise Refused(
            "Only department %(department)s can answer this handoff.",
            remedy=N_("Ask a colleague there to confirm or reject it."),
            department=found.to_department,
        )
    query = sa.select(signature.c.person_id).where(signature.c.handoff == found.id, signature.c.side == SENDER)
    if actor.kind == "person" and tx.conn.scalar(query) == actor.id:
        raise Refused(
            "You sent this handoff, so somebody else has to answer it.",
            remedy=N_("Ask a colleague in department %(department)s."),
            department=found.to_department,
        )


def _require_possible(tx: Tx, case: Case, to: str) -> None:
    """Raise what is wrong with an offer to this department, or why the case cannot be offered now."""
    if to not in departments.codes(tx):
        _wrong(Phrase("There is no department %(department)s.", department=to))
    if to == case.department:
        _wrong(Phrase("Department %(department)s holds this case already.", department=to))
    number = case.number
    query = sa.select(handoff_.c.state).where(handoff_.c.case == number, handoff_.c.state.in_((OFFERED, DISPUTED)))
    state = tx.conn.scalar(query)
    if state == OFFERED:
        raise Conflict(
            "Case %(number)s is already offered to another department.",
            remedy=N_("Wait until that handoff is confirmed or rejected."),
            number=number,
        )
    if state == DISPUTED:
        raise Conflict(
            "An arbitration decides who holds case %(number)s.", remedy=N_("Wait for its ruling."), number=number
        )


def _wrong(message: Phrase) -> NoReturn:
    raise Invalid("This handoff is not possible.", fields={"to_department": [message]})
