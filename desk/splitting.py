"""Splitting a case into sub-cases, and what becomes of them (DIA-10)."""

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from loopdesk.desk import casework, departments, people, record, subcases
from loopdesk.desk.case import TEXT, TITLE
from loopdesk.desk.people import Person
from loopdesk.desk.record import EMPTY, Case, case_, involved
from loopdesk.desk.rights import require, visible_to
from loopdesk.desk.subcases import CHANNEL, subcase
from loopdesk.engine import events, instances, messages
from loopdesk.engine.actor import Actor
from loopdesk.engine.errors import N_, Conflict, Invalid, Phrase
from loopdesk.engine.tx import Tx

REQUESTED = "resolution.requested"
"""The message that begins the work: a sub-case needs no intake, its whole has had one."""
HANDOFF = "handoff"
"""The process that collects the signatures of a handoff (HND-2)."""
CANCELLED = "subcase.cancelled"
"""The message that ends the work on a sub-case that is given up."""
_INHERITED = ("type", "category", "urgency", "scope", "complexity", "priority", "priority_reason", "language")
_PROMISED = ("restricted", "policy", "due_at", "provisional", "occurred_at", "system_version")
"""What was promised for the whole holds for its parts."""


def split(actor: Actor, tx: Tx, number: str, *, title: str, description: str, department: str, owner: str = "") -> Case:
    """Split a part off, for an owner (id, sign-in name or e-mail) or the least busy agent of ``department``.

    Raises `Invalid` with the fields that are wrong, `Conflict` for a case that is solved or closed.
    """
    require(actor, "case.split")
    whole = _unsolved(actor, tx, number)
    chosen = _checked(tx, title, description, department, owner)
    new = {
        **EMPTY,
        **{name: getattr(whole, name) for name in (*_INHERITED, *_PROMISED)},
        "number": record.next_number(tx),
        "title": title.strip(),
        "description": description.strip(),
        "status": "open",
        "department": department,
        "owner_id": chosen.id if chosen else "",
        "assignee_id": chosen.id if chosen else "",
        "channel": CHANNEL,
        "opened_at": tx.now,
    }
    tx.conn.execute(sa.insert(case_).values(**new))
    child = str(new["number"])
    _begin(actor, tx, whole, child, department)
    if chosen:
        named = {"owner": chosen.id, "name": chosen.name, "department": department}
        events.record(actor, tx, "case.owner_named", key=child, data=named)
    messages.publish(actor, tx, REQUESTED, key=child, payload={"reopened": False})
    return record.get(tx, child)


def _begin(actor: Actor, tx: Tx, whole: Case, child: str, department: str) -> None:
    """Tie a part to its whole: who sees the whole sees the part, and the part's department sees the whole."""
    by = {"at": tx.now, "by_id": actor.id, "by_name": actor.name[:200], "reason": ""}
    tx.conn.execute(sa.insert(subcase).values(case=child, parent=whole.number, **by))
    record.involve(tx, whole.number, department)
    seeing = tx.conn.scalars(sa.select(involved.c.department).where(involved.c.case == whole.number)).all()
    for one in {department, whole.department, *seeing}:
        record.involve(tx, child, one)
    title = record.get(tx, child).title
    data = {"child": child, "title": title, "department": department}
    events.record(actor, tx, "case.split", key=whole.number, data=data)
    events.record(actor, tx, "case.part_of", key=child, data={"parent": whole.number, "title": whole.title})


def join(actor: Actor, tx: Tx, number: str, *, child: str) -> None:
    """Make a case that exists a part of another. Its customer is asked about it as before.

    Raises `Conflict` for a case that would be part of itself, that is part of a case already, or that is closed.
    """
    require(actor, "case.split")
    whole = _unsolved(actor, tx, number)
    part = _mine(actor, tx, child)
    if child in (number, *subcases.above(tx, number)):
        raise Conflict(
            "Case %(child)s cannot be a part of %(number)s: it would be a part of itself.",
            remedy=N_("Choose another case."),
            child=child,
            number=number,
        )
    before = subcases.row_of(tx, child)
    if before is not None:
        raise Conflict(
            "Case %(child)s is a part of %(parent)s already.",
            remedy=N_("A case is a part of one case at most."),
            child=child,
            parent=before["parent"],
        )
    if part.status == "closed":
        raise Conflict("Case %(number)s is closed.", remedy=N_("Reopen it first."), number=child)
    _begin(actor, tx, whole, child, part.department)


def finish(actor: Actor, tx: Tx, number: str) -> dict[str, Any]:
    """Close a solved sub-case; its result stands on the whole. Returns its ``parent``, whom to tell there
    (``parent_owner``) and how many parts are ``left``.

    A case that is no sub-case stays as it is and has no parent.
    """
    require(actor, "case.split")
    row = subcases.row_of(tx, number)
    if row is None:
        return {"parent": "", "parent_owner": "", "left": 0}
    part = record.get(tx, number, lock=True)
    if part.channel == CHANNEL and part.status == "solved":
        casework.close(actor, tx, number, reason="merged")
    left = subcases.unfinished(tx, row["parent"])
    data = {"child": number, "title": part.title, "solution": part.solution, "left": len(left)}
    events.record(actor, tx, "case.part_solved", key=row["parent"], data=data)
    whole = record.get(tx, row["parent"])
    told = whole.owner_id or f"{whole.department}/agent"
    return {"parent": whole.number, "parent_owner": told, "left": len(left)}


def cancel(actor: Actor, tx: Tx, number: str, *, reason: str) -> None:
    """The whole needs this part no longer. One that was split off is closed, one with a customer goes on alone.

    Raises `Conflict` for a case that is no sub-case or that is done, `Invalid` without a reason.
    """
    require(actor, "case.split")
    part = _mine(actor, tx, number)
    row = subcases.row_of(tx, number)
    if row is None or row["cancelled_at"] is not None or part.status in ("solved", "closed"):
        raise Conflict("Case %(number)s is no sub-case that could be cancelled.", number=number)
    if not reason.strip():
        raise Invalid("A reason is needed.", fields={"reason": [Phrase("Say why.")]})
    _end(actor, tx, number, row["parent"], reason.strip())


def _end(actor: Actor, tx: Tx, number: str, parent: str, reason: str) -> None:
    """Give a part up with all parts of its own that are not done."""
    part = record.get(tx, number, lock=True)
    if part.channel == CHANNEL and any(_hands_over(one) for one in instances.of_key(tx, number)):
        raise Conflict(
            "Case %(number)s is being handed over, so it cannot be cancelled now.",
            remedy=N_("Let the handoff be confirmed or rejected first."),
            number=number,
        )
    given = {"cancelled_at": tx.now, "reason": reason}
    tx.conn.execute(sa.update(subcase).where(subcase.c.case == number).values(**given))
    data = {"child": number, "title": part.title, "reason": reason}
    events.record(actor, tx, "case.part_cancelled", key=parent, data=data)
    if part.channel != CHANNEL:
        return
    for one in subcases.parts(tx, number):
        if not one.done:
            _end(actor, tx, one.number, number, reason)
    record.change(tx, number, status="closed", closed_at=tx.now, close_reason="cancelled")
    events.record(actor, tx, "case.closed", key=number, data={"reason": "cancelled"})
    messages.publish(actor, tx, CANCELLED, key=number, payload={})


def _hands_over(run: Mapping[str, Any]) -> bool:
    """Whether a process of the case waits for the signatures of a handoff."""
    return bool(run["process"] == HANDOFF and run["status"] == "active")


def _unsolved(actor: Actor, tx: Tx, number: str) -> Case:
    """The whole, locked, so that nobody solves it while a part is added."""
    case = _mine(actor, tx, number)
    if case.status in ("solved", "closed"):
        raise Conflict(
            "Case %(number)s is solved, so it cannot be split.", remedy=N_("Reopen it first."), number=number
        )
    return case


def _mine(actor: Actor, tx: Tx, number: str) -> Case:
    """The case, locked, if ``actor`` may see it; raises `Missing`."""
    record.get(tx, number, visible=visible_to(actor))
    return record.get(tx, number, lock=True)


def _checked(tx: Tx, title: str, description: str, department: str, owner: str) -> Person | None:
    """Whoever is to own the part; raises `Invalid` with every field that is wrong."""
    wrong: dict[str, list[str]] = {}
    for name, text in (("title", title), ("description", description)):
        if not text.strip():
            wrong[name] = [Phrase("This is needed.")]
    if department not in departments.codes(tx):
        wrong["department"] = [Phrase("There is no such department.")]
    if len(title.strip()) > TITLE:
        wrong["title"] = [Phrase("At most %(most)s characters.", most=TITLE)]
    if len(description) > TEXT:
        wrong["description"] = [Phrase("This text is longer than 100,000 characters; attach it as a file.")]
    chosen = people.find(tx, owner) if owner.strip() else None
    if owner.strip() and chosen is None:
        wrong["owner"] = [Phrase("There is nobody of this name.")]
    if wrong:
        raise Invalid("This sub-case cannot be made as it is.", fields=wrong)
    return chosen or casework.least_busy(tx, department)
