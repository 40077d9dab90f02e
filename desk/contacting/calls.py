"""Calls to customers: strong reminders, a supervisor's call, a way to whom no channel reaches (COM-1, COM-2, COM-4)."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from loopdesk.desk import actions, clocks, customers, escalation, letters, receivers, record
from loopdesk.desk.contacting import held
from loopdesk.desk.contacting.channel import PHONE
from loopdesk.desk.contacting.rows import (
    CONFIRMED,
    MISSED,
    OPEN,
    OWN,
    REACHED,
    STATES,
    SUPERVISOR,
    CustomerCall,
    call_,
)
from loopdesk.desk.crm import directory
from loopdesk.desk.letters import OUT, communication
from loopdesk.desk.record import Case, case_
from loopdesk.desk.rights import readable, require
from loopdesk.desk.sql import page_of, row_as
from loopdesk.engine import events
from loopdesk.engine.actor import Actor
from loopdesk.engine.db import new_id
from loopdesk.engine.errors import N_, Conflict, Invalid, Missing, Phrase
from loopdesk.engine.tx import Tx


@dataclass(frozen=True, slots=True)
class Wish:
    """Which ``kind`` of call, why, with which words; ``message``: the letter that is told, ``within``: how soon,
    None for a call that was made before anybody wanted it."""

    kind: str
    reason: str
    within: timedelta | None
    text: str = ""
    message: str = ""


@dataclass(frozen=True, slots=True)
class Heard:
    """What came of a call: ``outcome`` is confirmed, reached or missed; ``said`` by us, ``feedback`` by the customer;
    what was ``promised`` by when; the ``way`` (phone, letter, visit …)."""

    outcome: str
    said: str = ""
    feedback: str = ""
    promised: str = ""
    promised_until: datetime | None = None
    way: str = PHONE


def plan(actor: Actor, tx: Tx, number: str, wish: Wish, instance: str = "") -> CustomerCall | None:
    """Note a call that somebody has to make; each try of one process is a row of its own.

    None when another process sees to a call of this kind for the case: nobody is called twice for one thing. Of the
    kinds in ``OWN`` each process has its own.
    """
    require(actor, "call.plan")
    case = record.get(tx, number, lock=True)
    mine = (call_.c.case == number) & (call_.c.kind == wish.kind)
    if wish.kind not in OWN and tx.ask(sa.select(call_.c.id).where(mine, *_elsewhere(instance))).first():
        return None
    new = _add(tx, case, wish, instance)
    events.record(actor, tx, "call.planned", key=number, data=_told(new))
    return new


def note_unplanned(actor: Actor, tx: Tx, number: str, kind: str, heard: Heard, instance: str = "") -> CustomerCall:
    """Keep what came of a call that nobody had noted before: whom and at what number is what the case says now.

    So it is where an instance came to its call by a version of the diagram that planned none, and was carried over to
    one that keeps what came of it. Raises what `note` raises.
    """
    require(actor, "call.note")
    case = record.get(tx, number, lock=True)
    return note(actor, tx, _add(tx, case, Wish(kind, "", None), instance).id, heard)


def note(actor: Actor, tx: Tx, call_id: str, heard: Heard) -> CustomerCall:
    """Keep what came of a call: on the case as a communication, and a promise as an action until its day.

    Raises `Missing`, `Conflict` for a call that was noted already, `Invalid` with the field for an outcome without
    words, or a promise without a day to come.
    """
    require(actor, "call.note")
    case = record.get(tx, get(tx, call_id).case, lock=True)
    found = get(tx, call_id)
    if found.state != OPEN:
        raise Conflict("%(name)s has noted this call already.", name=found.by)
    _check(tx, heard)
    written = _write(actor, tx, case, found, heard)
    promise = _promise(actor, tx, case, found, heard)
    values: dict[str, Any] = {
        "state": heard.outcome,
        "way": heard.way,
        "done_at": tx.now,
        "by_id": actor.id,
        "by": actor.name[:200],
        "said": "\n".join(filter(None, [heard.said.strip(), heard.feedback.strip()])),
        "promised": heard.promised.strip(),
        "promised_until": heard.promised_until,
        "action": promise,
        "communication": written,
    }
    tx.conn.execute(sa.update(call_).where(call_.c.id == call_id).values(**values))
    done = get(tx, call_id)
    events.record(actor, tx, "call.made", key=case.number, data=_told(done))
    if heard.outcome != MISSED:
        clocks.replied(actor, tx, case.number)
        _settle(tx, found, heard)
    return done


def way_found(actor: Actor, tx: Tx, number: str, *, email: str = "", phone: str = "", name: str = "") -> int:
    """Keep an address that was found for the customer of a case, and send what was held for want of one and still
    holds true.

    Returns how many messages leave now. Raises what changing a contact raises.
    """
    require(actor, "call.note")
    case = record.get(tx, number, lock=True)
    new = {key: value.strip() for key, value in (("email", email), ("phone", phone)) if value.strip()}
    if not new:
        return 0
    if case.contact_id:
        directory.edit_contact(actor, tx, case.contact_id, **new)
    else:
        made = customers.find_or_create_contact(actor, tx, **new, name=name.strip(), language=case.language)
        if case.organisation_id and not made.organisation_id:
            directory.edit_contact(actor, tx, made.id, organisation_id=case.organisation_id)
        record.change(tx, number, contact_id=made.id)
        case = record.get(tx, number)
    to = next(iter(receivers.resolve(tx, case, receivers.CUSTOMER)), None)
    return held.send(actor, tx, case, to) if to and to.address else 0


def get(tx: Tx, call_id: str) -> CustomerCall:
    """The call with that id; raises `Missing`."""
    row = tx.ask(sa.select(call_).where(call_.c.id == call_id)).mappings().first()
    if row is None:
        raise Missing("There is no such call.")
    return row_as(CustomerCall, row)


def listing(
    actor: Actor, tx: Tx, *, number: str = "", kind: str = "", state: str = "", page: int = 1, per_page: int = 25
) -> tuple[list[CustomerCall], int]:
    """Calls of cases that ``actor`` may see: those to be made first, then the newest; and how many there are."""
    wanted: sa.ColumnElement[bool] = call_.c.case.in_(sa.select(case_.c.number).where(readable(actor)))
    for column, value in ((call_.c.case, number), (call_.c.kind, kind), (call_.c.state, state)):
        if value:
            wanted &= column == value
    total = tx.conn.scalar(sa.select(sa.func.count()).select_from(call_).where(wanted)) or 0
    limit, offset = page_of(page, per_page)
    order = (sa.case((call_.c.state == OPEN, 0), else_=1), call_.c.opened_at.desc(), call_.c.id)
    query = sa.select(call_).where(wanted).order_by(*order).limit(limit).offset(offset)
    return [row_as(CustomerCall, row) for row in tx.conn.execute(query).mappings()], total


def _add(tx: Tx, case: Case, wish: Wish, instance: str) -> CustomerCall:
    """A new row of a call to be made, to whom the customer of the case is now."""
    to = next(iter(receivers.resolve(tx, case, receivers.CUSTOMER)), None)
    mine = (call_.c.case == case.number) & (call_.c.kind == wish.kind) & (call_.c.instance == instance)
    tries = tx.ask(sa.select(sa.func.count()).select_from(call_).where(mine)).scalar()
    new = CustomerCall(
        **dict.fromkeys(("way", "by_id", "by", "said", "promised", "action", "communication"), ""),
        id=new_id(),
        case=case.number,
        kind=wish.kind,
        instance=instance,
        attempt=int(tries or 0) + 1,
        reason=wish.reason,
        text=wish.text,
        escalation=_escalation(tx, case.number) if wish.kind == SUPERVISOR else None,
        message=wish.message,
        contact_id=to.id if to else "",
        contact=to.name[:200] if to else "",
        phone=to.phone if to else "",
        opened_at=tx.now,
        due_at=tx.now + wish.within if wish.within else None,
        state=OPEN,
        done_at=None,
        promised_until=None,
    )
    tx.insert(call_, {name: getattr(new, name) for name in CustomerCall.__slots__})
    return new


def _elsewhere(instance: str) -> tuple[sa.ColumnElement[bool], ...]:
    return call_.c.state == OPEN, call_.c.instance != instance


def _escalation(tx: Tx, number: str) -> int | None:
    """The escalation that the supervisor calls about: the last one."""
    lifted = escalation.escalation_
    return tx.ask(sa.select(sa.func.max(lifted.c.id)).where(lifted.c.case == number)).scalar()


def _check(tx: Tx, heard: Heard) -> None:
    past = heard.promised_until is not None and heard.promised_until <= tx.now
    problems = {
        "outcome": [] if heard.outcome in STATES[1:] else [Phrase("Say whether somebody was reached.")],
        "said": [] if heard.outcome == MISSED or heard.said.strip() else [Phrase("Write what was said.")],
        "promised_until": [Phrase("Say until when.")] if heard.promised.strip() and not heard.promised_until else [],
    }
    if past:
        problems["promised_until"] = [Phrase("This moment has passed.")]
    wrong: dict[str, list[str]] = {name: [*messages] for name, messages in problems.items() if messages}
    if wrong:
        raise Invalid("This call cannot be noted.", remedy=N_("Complete the form."), fields=wrong)


def _write(actor: Actor, tx: Tx, case: Case, found: CustomerCall, heard: Heard) -> str:
    """The call as a communication of the case, so that the log holds it as any other (COM-4)."""
    missed = heard.outcome == MISSED
    values = {
        "direction": OUT,
        "channel": heard.way,
        "recipient_kind": receivers.CUSTOMER,
        "recipient_id": found.contact_id,
        "recipient": found.contact,
        "address": found.phone,
        "body": heard.said.strip() or found.text,
        "feedback": heard.feedback.strip(),
        "follow_up": heard.promised.strip(),
        "confirmed_at": tx.now if heard.outcome == CONFIRMED else None,
        "state": "failed" if missed else "sent",
        "note": letters.MISSED if missed else "",
    }
    return letters.add(actor, tx, case, values)


def _promise(actor: Actor, tx: Tx, case: Case, found: CustomerCall, heard: Heard) -> str:
    if not heard.promised.strip() or heard.outcome == MISSED or heard.promised_until is None:
        return ""
    owner = actor.id if actor.kind == "person" else case.owner_id
    kept = {"source": "call", "source_id": found.id, "text": heard.promised, "owner": owner}
    return actions.add(actor, tx, **kept, due_at=heard.promised_until, case=case.number).id


def _settle(tx: Tx, found: CustomerCall, heard: Heard) -> None:
    """The letter that was told has arrived, also where it never left in writing."""
    if not found.message:
        return
    mine = communication.c.id == found.message
    told: dict[str, Any] = {"feedback": heard.feedback.strip()} if heard.feedback.strip() else {}
    told |= {"confirmed_at": tx.now} if heard.outcome == CONFIRMED else {}
    if told:
        tx.conn.execute(sa.update(communication).where(mine).values(**told))
    told_now = mine & (communication.c.state == "held") & (communication.c.note == letters.BY_PHONE)
    tx.conn.execute(sa.update(communication).where(told_now).values(state="sent", carried=heard.way))


def _told(found: CustomerCall) -> dict[str, Any]:
    said = {"id": found.id, "kind": found.kind, "state": found.state, "attempt": found.attempt, "reason": found.reason}
    return said | {"contact": found.contact, "promised": found.promised, "until": found.promised_until}


__all__ = [
    "CONFIRMED",
    "MISSED",
    "OPEN",
    "REACHED",
    "Heard",
    "Wish",
    "get",
    "listing",
    "note",
    "note_unplanned",
    "plan",
    "way_found",
]
