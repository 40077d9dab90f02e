"""What diagrams may do about handoffs and arbitrations (HND-2, HND-4); `desk/operations` offers it beside the rest."""

from datetime import datetime
from typing import Any

from loopdesk.desk import arbitration as arbitrations
from loopdesk.desk import handoff as handoffs
from loopdesk.desk import sending
from loopdesk.desk.arbitration import Arbitration
from loopdesk.desk.handoff import Limits
from loopdesk.desk.steps import Result, Step, operation
from loopdesk.engine.bpmn import read_duration


@operation("handoff.offer")
def _offer(
    step: Step,
    *,
    to_department: str,
    reason: str = "",
    summary: str = "",
    within: str = "",
    rejections: int | None = None,
    returns: int | None = None,
) -> Result:
    """Offer the case to another department, signed by the person whose step this is.

    within: time for an answer; rejections: so often one department may reject it and be asked again; returns: so often
    the case may come back to who has passed it on. Gives: handoff (id), attempt, circular (true when it goes in a
    circle: nobody is asked, an arbitration has to decide).
    """
    offered = handoffs.offer(
        step.actor,
        step.tx,
        step.number,
        to_department=to_department,
        reason=reason or "",
        summary=summary or "",
        instance=step.instance,
        limits=Limits(rejections, returns),
        due_at=_until(step, within),
    )
    circular = offered.state == handoffs.DISPUTED
    return {"handoff": offered.id, "attempt": offered.attempt, "circular": circular}


@operation("handoff.accept")
def _accept(step: Step, *, handoff: str) -> Result:
    """Confirm receipt with a signature: the receiving department holds the case from now on."""
    handoffs.accept(step.actor, step.tx, handoff)
    return None


@operation("handoff.reject")
def _reject(step: Step, *, handoff: str, reason: str) -> Result:
    """Send the case back, signed and with a reason."""
    handoffs.reject(step.actor, step.tx, handoff, reason=reason or "")
    return None


@operation("handoff.overdue")
def _overdue(step: Step, *, handoff: str) -> Result:
    """Note that nobody has answered the handoff in time and tell the supervisors of the department."""
    late = handoffs.overdue(step.actor, step.tx, handoff)
    if late is not None:
        _tell(step, "handoff-overdue", f"{late.to_department}/supervisor", {"handoff": late})
    return None


@operation("arbitration.open")
def _open(step: Step, *, handoff: str, reason: str, was: str = "", statement: str = "", department: str = "") -> Result:
    """Begin the arbitration of a handoff: reason is unanswered, dispute or circular; department made the statement.

    Gives: arbitration (id), disputed_by and asked (departments), statement, waiting (true while the handoff's process
    waits for the ruling).
    """
    said = {"was": was or "", "statement": statement or "", "department": department or ""}
    begun = arbitrations.open_(step.actor, step.tx, step.number, handoff_id=handoff, reason=reason, **said)
    sides = {"from_department": begun.from_department, "to_department": begun.to_department}
    told = {"arbitration": begun.id, "disputed_by": begun.disputed_by, "asked": begun.asked, **sides}
    return told | {"statement": begun.statement, "waiting": begun.was != handoffs.ACCEPTED}


@operation("arbitration.reply")
def _reply(step: Step, *, arbitration: str, text: str) -> Result:
    """Keep the statement of the side that was asked."""
    arbitrations.reply(step.actor, step.tx, arbitration, text=text or "")
    return None


@operation("arbitration.prepare")
def _prepare(step: Step, *, arbitration: str, within: str, precedents: int = 3) -> Result:
    """Set the limit of the ruling and look for rulings like it, at most so many.

    Gives: reply (of the other side, empty without one), precedents (list of case, from, to, department, reasoning, at).
    """
    due_at = _until(step, within)
    if due_at is not None:
        arbitrations.limit(step.actor, step.tx, arbitration, due_at)
    found = arbitrations.get(step.tx, arbitration)
    near = arbitrations.similar(step.tx, found, int(precedents))
    return {"reply": found.reply, "precedents": [_precedent(one) for one in near]}


@operation("arbitration.overdue")
def _late(step: Step, *, arbitration: str, to: str) -> Result:
    """Note that nobody has ruled in time and tell the receivers given."""
    late = arbitrations.overdue(step.actor, step.tx, arbitration)
    if late is not None:
        _tell(step, "arbitration-overdue", to, {"arbitration": late})
    return None


@operation("arbitration.rule")
def _rule(step: Step, *, arbitration: str, department: str, reasoning: str, for_customer: str) -> Result:
    """Decide which department holds the case; it does from now on. The supervisors and signers of both sides and the
    owner are told."""
    said = {"department": department or "", "reasoning": reasoning or "", "for_customer": for_customer or ""}
    ruled = arbitrations.rule(step.actor, step.tx, arbitration, **said)
    sides = dict.fromkeys((ruled.from_department, ruled.to_department, ruled.department))
    signers = handoffs.signers(step.tx, ruled.handoff)
    to = [*(f"{one}/supervisor" for one in sides), "owner", *signers]
    _tell(step, "arbitration-ruled", to, {"arbitration": ruled})
    return None


def _precedent(one: Arbitration) -> dict[str, Any]:
    return {
        "case": one.case,
        "from": one.from_department,
        "to": one.to_department,
        "department": one.department,
        "reasoning": one.reasoning,
        "at": one.ruled_at.isoformat() if one.ruled_at else "",
    }


def _until(step: Step, within: str) -> datetime | None:
    return read_duration(str(within)).after(step.tx.now) if within else None


def _tell(step: Step, template: str, to: str | list[str], params: dict[str, Any]) -> None:
    actor, tx, base = step.actor, step.tx, step.base_url
    sending.send(actor, tx, step.number, template=template, to=to, params=params, base_url=base)
