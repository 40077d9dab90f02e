"""What a process does to its case: type, priority, owner, and the way through its statuses.

Each verb is called by a deployed diagram (see `operations`), changes the row and leaves an event.
"""

from datetime import datetime

import sqlalchemy as sa

from loopdesk.desk import clocks, people, record, subcases
from loopdesk.desk.crm import scope
from loopdesk.desk.departments import FIRST_LINE
from loopdesk.desk.diagnosis import course
from loopdesk.desk.handoff import signature
from loopdesk.desk.letters import REPLIED
from loopdesk.desk.people import Person, person
from loopdesk.desk.record import UNDER_WAY, Case, case_
from loopdesk.desk.rights import DESK, RESTRICTED_TO, require
from loopdesk.engine import events, instances, messages, subscriptions
from loopdesk.engine.actor import Actor
from loopdesk.engine.errors import N_, Conflict, Invalid, Phrase
from loopdesk.engine.tx import Tx

COUNTED = 100
"""Open cases of one person that are looked at to find the least busy one: what a burst costs does not grow with it."""
OPEN = frozenset({"new", "open", "waiting"})
"""Statuses in which somebody has to do something."""
CLOSED = "case.closed"
"""The message that a case was closed, for an emergency that still runs beside it and whoever begins with it."""
EMERGENCY = "emergency"
"""The process that leads an emergency (PRO-4)."""


def set_type(actor: Actor, tx: Tx, number: str, *, kind: str, department: str) -> None:
    """Say what kind of problem it is and which department holds it (INT-6); security cases become restricted.

    After a signed handoff the department stays with whoever signed. Raises `Invalid` for an empty value.
    """
    require(actor, "case.set_type")
    case = _unclosed(tx, number)
    _given(type=kind, department=department)
    _adopt(actor, tx, case)
    stays = case.department == department or _signed_over(tx, case)
    holder = case.department if stays else department
    restricted = RESTRICTED_TO in (kind, department)
    record.change(tx, number, type=kind, department=holder, restricted=restricted)
    record.involve(tx, number, holder)
    scope.look_again(actor, tx, case, kind)
    data = {"type": kind, "department": holder, "restricted": restricted, "before": case.type}
    events.record(actor, tx, "case.typed", key=number, audience="customer", data=data)


def set_priority(actor: Actor, tx: Tx, number: str, *, priority: str, reason: str) -> None:
    """Set the priority and keep the reason (INT-5); the same priority for the same reason leaves no second event."""
    require(actor, "case.set_priority")
    case = _unclosed(tx, number)
    _given(priority=priority)
    if (case.priority, case.priority_reason) == (priority, reason):
        return
    record.change(tx, number, priority=priority, priority_reason=reason)
    data = {"priority": priority, "before": case.priority, "reason": reason}
    events.record(actor, tx, "case.prioritised", key=number, audience="customer", data=data)
    clocks.reconsider(actor, tx, number)


def set_facts(actor: Actor, tx: Tx, number: str, **values: str) -> None:
    """Keep what triage found out: urgency, scope, complexity, category (INT-5); empty values change nothing."""
    require(actor, "case.set_facts")
    case = _unclosed(tx, number)
    found = {key: value for key, value in values.items() if value and value != getattr(case, key)}
    if found:
        record.change(tx, number, **found)
        events.record(actor, tx, "case.facts_found", key=number, data=found)


def name_owner(actor: Actor, tx: Tx, number: str, *, department: str) -> Person | None:
    """Who answers to the customer: the first person asked until a handoff is signed (INT-6), else the one of the
    department's agents (its supervisors, any administrator) with the fewest open cases.

    A house without people takes reports all the same: None, the case stays unowned, an event warns of it, and the
    first person who works on it becomes the owner.
    """
    require(actor, "case.name_owner")
    case = _unclosed(tx, number)
    owner = people.find(tx, case.owner_id) or least_busy(tx, department)
    status = "open" if case.status == "new" else case.status
    if owner is None:
        record.change(tx, number, status=status)
        events.record(actor, tx, "case.unowned", key=number, data={"department": department})
        return None
    record.change(tx, number, owner_id=owner.id, assignee_id=case.assignee_id or owner.id, status=status)
    if owner.id != case.owner_id or case.status == "new":
        data = {"owner": owner.id, "name": owner.name, "department": department}
        events.record(actor, tx, "case.owner_named", key=number, audience="customer", data=data)
    return owner


def _adopt(actor: Actor, tx: Tx, case: Case) -> None:
    """An unowned case belongs to the first of the desk who works on it (INT-6)."""
    if not case.owner_id and case.status != "new" and actor.kind == "person" and actor.has_role(*DESK):
        record.change(tx, case.number, owner_id=actor.id, assignee_id=case.assignee_id or actor.id)
        data = {"owner": actor.id, "name": actor.name, "department": case.department}
        events.record(actor, tx, "case.owner_named", key=case.number, audience="customer", data=data)


def wait(actor: Actor, tx: Tx, number: str, *, reason: str) -> None:
    """The customer has to answer first (SLA-3). Raises `Conflict` for a sub-case that nobody outside has reported."""
    require(actor, "case.wait")
    case = _unclosed(tx, number)
    if case.channel == subcases.CHANNEL:
        raise Conflict(
            "No customer stands behind sub-case %(number)s.",
            remedy=N_("Ask the customer in the case %(whole)s, of which it is a part."),
            number=number,
            whole=subcases.parent_of(tx, number),
        )
    messages.forget(tx, REPLIED, key=number)
    record.change(tx, number, status="waiting")
    events.record(actor, tx, "case.waiting", key=number, audience="customer", data={"reason": reason})
    clocks.happened(actor, tx, number, "pause", reason=reason)


def resume(actor: Actor, tx: Tx, number: str) -> None:
    """Go on after waiting; does nothing on a case that is not waiting."""
    require(actor, "case.resume")
    if _unclosed(tx, number).status == "waiting":
        record.change(tx, number, status="open")
        events.record(actor, tx, "case.resumed", key=number, audience="customer")
        clocks.happened(actor, tx, number, "resume")


def solve(actor: Actor, tx: Tx, number: str, *, solution: str, left_out: str = "") -> None:
    """The fix is there; the customer is asked next (FIX-4).

    Raises `Invalid` without a solution, `Conflict` while a sub-case is open (DIA-10), or a diagnosis is under way and
    nobody says why the rest of it is ``left_out`` (DIA-2).
    """
    require(actor, "case.solve")
    _unclosed(tx, number)
    _given(solution=solution)
    subcases.require_finished(tx, number)
    course.leave(actor, tx, number, reason=left_out)
    messages.forget(tx, REPLIED, key=number)
    record.change(tx, number, status="solved", solution=solution, solved_at=tx.now)
    events.record(actor, tx, "case.solved", key=number, audience="customer", data={"solution": solution})
    clocks.happened(actor, tx, number, "resolved")


def reopen(actor: Actor, tx: Tx, number: str, *, reason: str, inside: bool = False, at: datetime | None = None) -> None:
    """Back to work with the same owner, or whoever stands in for one who has left (FIX-9). Raises `Conflict` on a case
    that was not solved.

    ``inside``: the business side has found that the fix does not hold (HND-2), which the customer does not hear of.
    ``at``: when the customer said so, from where the clocks count on.
    """
    require(actor, "case.reopen")
    case = record.get(tx, number, lock=True)
    if case.status in OPEN:
        raise Conflict("Case %(number)s is not solved, so it cannot be reopened.", number=number)
    messages.forget(tx, CLOSED, key=number)
    record.change(tx, number, status="open", solved_at=None, closed_at=None, close_reason="")
    owner = _stand_in(actor, tx, case)
    data = {"reason": reason, "owner": owner.name if owner else ""}
    if inside:
        events.record(actor, tx, "case.fix_failed", key=number, data=data)
    else:
        events.record(actor, tx, "case.reopened", key=number, audience="customer", data=data)
    clocks.happened(actor, tx, number, "reopened", at=at, reason=reason)


def _stand_in(actor: Actor, tx: Tx, case: Case) -> Person | None:
    """Who goes on with a case that comes back; written down where it is not the owner of before."""
    owner = people.find(tx, case.owner_id) or least_busy(tx, case.department)
    if owner is not None and owner.id != case.owner_id:
        record.change(tx, case.number, owner_id=owner.id, assignee_id=owner.id)
        data = {"owner": owner.id, "name": owner.name, "department": case.department}
        events.record(actor, tx, "case.owner_named", key=case.number, audience="customer", data=data)
    return owner


def close(actor: Actor, tx: Tx, number: str, *, reason: str) -> None:
    """The end, with a reason (FIX-4: confirmed, or by rule and never silently). Raises `Conflict` when unsolved.

    What still runs beside it, an emergency or an implementation, hears of it by the message ``case.closed`` and ends
    with the case (EMG-1, FIX-1).
    """
    require(actor, "case.close")
    case = _unclosed(tx, number)
    _given(reason=reason)
    if case.status != "solved":
        raise Conflict("Case %(number)s has no solution yet, so it cannot be closed.", number=number)
    subcases.require_finished(tx, number)
    record.change(tx, number, status="closed", closed_at=tx.now, close_reason=reason)
    events.record(actor, tx, "case.closed", key=number, audience="customer", data={"reason": reason})
    # Published only for somebody: a message nobody waits for would lie in the inbox until its time is over.
    if _emergency_runs(tx, number) or subscriptions.listens(tx, CLOSED, number):
        messages.throw(actor, tx, CLOSED, key=number, payload={"close_reason": reason})


def _emergency_runs(tx: Tx, number: str) -> bool:
    """Whether the emergency process of the case is under way, declared or still without a commander."""
    return any(row["process"] == EMERGENCY and row["status"] == "active" for row in instances.of_key(tx, number))


def _unclosed(tx: Tx, number: str) -> Case:
    case = record.get(tx, number, lock=True)
    if case.status == "closed":
        raise Conflict(
            "Case %(number)s is closed.",
            remedy=N_("Reopen it first, or open a new case that refers to it."),
            number=number,
        )
    return case


def _given(**values: str) -> None:
    for name, value in values.items():
        if not value or not str(value).strip():
            raise Invalid(
                "A value for %(name)s is missing.",
                remedy=N_("Check the form or the decision table that has to give it."),
                fields={name: [Phrase("This is needed.")]},
                name=name,
            )


def _signed_over(tx: Tx, case: Case) -> bool:
    """Whether a handoff was signed: its receiver holds the case, whatever routing says later."""
    query = sa.select(sa.func.count()).select_from(signature).where(signature.c.case == case.number)
    return bool(tx.ask(query.where(signature.c.side == "receiver", signature.c.decision == "accepted")).scalar())


def _candidates(tx: Tx, department: str) -> list[Person]:
    """Who may own a case of ``department``: the first group that has anybody in it."""
    for place in (department, FIRST_LINE):
        for role in ("agent", "supervisor"):
            found = people.in_department(tx, place, role)
            if found:
                return found
    return people.with_role(tx, "admin")


def least_busy(tx: Tx, department: str) -> Person | None:
    """Of those who may own a case of ``department`` the one with the fewest open cases; None where nobody is.

    Whoever has `COUNTED` or more is busy all the same: of these it is the one whose newest open case is the oldest.
    """
    agents = _candidates(tx, department)
    if not agents:
        return None
    mine = (case_.c.owner_id == person.c.id) & UNDER_WAY
    some = sa.select(sa.literal(1)).where(mine).limit(COUNTED).correlate(person).subquery()
    number = sa.select(sa.func.count()).select_from(some).scalar_subquery()
    newest = sa.select(sa.func.max(case_.c.number)).where(mine).scalar_subquery()
    rows = tx.ask(sa.select(person.c.id, number, newest).where(person.c.id.in_([one.id for one in agents])))
    busy = {row[0]: (row[1], row[2] if row[1] == COUNTED else "") for row in rows}
    return min(agents, key=lambda one: (*busy[one.id], one.id))
