"""An emergency is declared, told, watched and stood down (EMG-1, EMG-2, EMG-4)."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from loopdesk.desk import people, record
from loopdesk.desk.emergency import causes, crew, figures, reads, rows, timeline
from loopdesk.desk.emergency.rows import AUDIENCES, COMMANDER, EXTERNAL, INTERNAL, Emergency, emergency_
from loopdesk.desk.emergency.timeline import wrong
from loopdesk.desk.people import Person
from loopdesk.desk.rights import require
from loopdesk.engine import events, messages, subscriptions
from loopdesk.engine.actor import Actor
from loopdesk.engine.db import new_id
from loopdesk.engine.errors import N_, Conflict, Phrase
from loopdesk.engine.tx import Tx

SCOPES = ("global", "local")
SEVERITIES = ("P0", "P1", "P2", "P3")
LAPSED = "lapsed"
"""A decision that was still open when the emergency ended with its case."""
LONGEST_PAUSE = 24 * 60
"""Minutes between two updates at most."""


@dataclass(frozen=True, slots=True)
class Response:
    """How wide and how bad it is, why (EMG-1), and what the matrix says for that: team, chain and limit (EMG-12)."""

    scope: str = ""
    severity: str = ""
    cause: str = ""
    team: Sequence[str] = ()
    chain: Sequence[str] = ()
    limit: timedelta | None = None


def declare(
    actor: Actor, tx: Tx, number: str, *, commander: str, grade: str, kind: str, response: Response = Response()
) -> Emergency:
    """Name the commander (whoever declares it, without a name) and start; a running emergency is joined.

    Joined is one on the same case, of the same cause or of a case of the same parent problem. Security incidents
    start at the highest grade whatever was chosen (EMG-2). The first updates are due within the cadences of the policy
    ``emergency.yaml``; after the limit the next of the chain (words like operations/supervisor) is called.
    Raises `Invalid` with the field for an unknown commander, grade, kind, scope or severity.
    """
    require(actor, "emergency.declare")
    causes.hold(tx, number, response.cause)
    case = record.get(tx, number, lock=True)
    if (running := causes.join(actor, tx, number, cause=response.cause)) is not None:
        return running
    leader = people.find(tx, commander or (actor.id if actor.kind == "person" else case.owner_id))
    if leader is None:
        wrong("commander", Phrase("Nobody here is called %(name)s.", name=commander or "-"))
    _check(tx, grade, kind, response)
    given = figures.top(tx) if kind == "security" or case.type == "security" else grade
    new = _new(tx, number, leader, given, kind, response)
    tx.conn.execute(sa.insert(emergency_).values(**asdict(new)))
    timeline.write(actor, tx, new, "declared", "", chosen=grade)
    crew.begin(actor, tx, new, COMMANDER, leader)
    data: dict[str, Any] = {"id": new.id, "commander": leader.name, "grade": given, "kind": kind, "chosen": grade}
    data |= {"scope": new.scope, "severity": new.severity, "cause": new.cause, "next": new.next_update_at}
    events.record(actor, tx, "emergency.declared", key=number, audience="customer", data=data)
    return new


def _new(tx: Tx, number: str, leader: Person, grade: str, kind: str, response: Response) -> Emergency:
    return Emergency(
        id=new_id(),
        case=number,
        commander_id=leader.id,
        commander=leader.name,
        grade=grade,
        kind=kind,
        declared_at=tx.now,
        next_update_at=tx.now + figures.cadence(tx),
        ended_at=None,
        summary="",
        scope=response.scope,
        severity=response.severity,
        cause=response.cause.strip(),
        internal_due_at=tx.now + figures.pace(tx, grade, INTERNAL),
        limit_at=tx.now + response.limit if response.limit else None,
        team=list(response.team),
        chain=list(response.chain),
    )


def _check(tx: Tx, grade: str, kind: str, response: Response) -> None:
    if kind not in figures.kinds(tx):
        wrong("kind", Phrase("There is no kind of emergency %(kind)s.", kind=kind or "-"))
    known = ", ".join(figures.grades(tx))
    if grade not in figures.grades(tx):
        wrong("grade", Phrase("There is no grade %(grade)s; take %(known)s.", grade=grade or "-", known=known))
    if response.scope and response.scope not in SCOPES:
        wrong("scope", Phrase("There is no scope %(scope)s; take global or local.", scope=response.scope))
    if response.severity and response.severity not in SEVERITIES:
        wrong("severity", Phrase("There is no severity %(level)s; take P0, P1, P2 or P3.", level=response.severity))


def update(
    actor: Actor,
    tx: Tx,
    emergency_id: str,
    *,
    text: str,
    next_minutes: int | None = None,
    audience: str = EXTERNAL,
    watched: bool = False,
) -> Emergency:
    """Say how it stands to an ``audience`` and promise the next word in ``next_minutes`` (1 to 1,440) (EMG-4).

    Without minutes the cadence of the grade counts. ``watched``: the process hears of the promise and watches it. An
    update after its promised time is kept with the minutes that it was late. Sending it is the caller's part.
    """
    require(actor, "emergency.update")
    running = reads.under_way(tx, emergency_id)
    check_update(text, next_minutes, audience)
    pause = figures.pace(tx, running.grade, audience) if next_minutes is None else timedelta(minutes=next_minutes)
    due, late = tx.now + pause, _late(figures.promised(running, audience), tx.now)
    column = "next_update_at" if audience == EXTERNAL else "internal_due_at"
    change(tx, emergency_id, **{column: due})
    timeline.write(actor, tx, running, "update", text.strip(), audience, next=due.isoformat(), late=late)
    data = {"id": emergency_id, "text": text.strip(), "next": due, "late": late}
    if audience == EXTERNAL:
        events.record(actor, tx, "emergency.updated", key=running.case, audience="customer", data=data)
    else:
        events.record(actor, tx, "emergency.briefed", key=running.case, data=data)
    if watched:
        promise(actor, tx, running, audience, due)
    return reads.get(tx, emergency_id)


def announce(actor: Actor, tx: Tx, name: str, emergency: Emergency, **more: Any) -> None:
    """Tell other processes by the message ``name``; where none listens it would lie in the inbox for nobody."""
    if subscriptions.listens(tx, name, emergency.case):
        messages.throw(actor, tx, name, key=emergency.case, payload={**payload(emergency), **more})


def check_update(text: str, next_minutes: int | None, audience: str) -> None:
    """Raise `Invalid` with the field for an update that cannot be given."""
    if not text.strip():
        wrong("text", Phrase("Write something."))
    if audience not in AUDIENCES:
        wrong("audience", Phrase("It is either internal or external."))
    if next_minutes is not None and not 1 <= next_minutes <= LONGEST_PAUSE:
        wrong("next_minutes", Phrase("Between 1 and %(most)s minutes.", most=LONGEST_PAUSE))


def promise(actor: Actor, tx: Tx, emergency: Emergency, audience: str, due: datetime) -> None:
    """Let the process watch that the audience hears again by ``due``."""
    payload = {"emergency": emergency.id, "audience": audience, "due": due.isoformat()}
    messages.throw(actor, tx, "emergency.promised", key=emergency.case, payload=payload)


def remind(actor: Actor, tx: Tx, emergency_id: str, *, audience: str = EXTERNAL, due: str = "") -> Emergency | None:
    """Note that the promised update is missed, with the minutes since the promise; None while it is not.

    None, too, after the stand-down, and when ``due``, the promise that was watched, is not the last one any more.
    """
    require(actor, "emergency.remind")
    running = reads.get(tx, emergency_id)
    promised = figures.promised(running, audience)
    if running.ended_at or promised is None or promised > tx.now or (due and promised != datetime.fromisoformat(due)):
        return None
    minutes = _late(promised, tx.now)
    timeline.happened(actor, tx, running, "missed", "", audience, minutes=minutes, due=promised.isoformat())
    data = {"id": emergency_id, "late": minutes, "to": audience}
    events.record(actor, tx, "emergency.reminded", key=running.case, data=data)
    return running


def again_at(tx: Tx, emergency: Emergency, audience: str) -> datetime:
    """When to look again for an update that was missed: whole cadences after the time that was promised."""
    promised, pace = figures.promised(emergency, audience), figures.pace(tx, emergency.grade, audience)
    assert promised is not None
    return promised + pace * ((tx.now - promised) // pace + 1)


def stand_down(
    actor: Actor, tx: Tx, emergency_id: str, *, summary: str, forced: bool = False, stable: bool = False
) -> Emergency:
    """The emergency is over; a summary of what happened is needed (EMG-1).

    Raises `Invalid` without words, `Conflict` while a decision is open, or while the service has not been back long
    enough (``stable``: it must have been reported back). ``forced``: its case was closed, so nothing is waited for, and
    decisions that are open lapse.
    """
    require(actor, "emergency.stand_down")
    running = reads.under_way(tx, emergency_id)
    if not summary.strip():
        wrong("summary", Phrase("Say what happened and why it is over."))
    if forced:
        _lapse(actor, tx, running)
    else:
        refuse_while_open(tx, running)
        require_stable(tx, running, reported=stable)
    values = {"ended_at": tx.now, "summary": summary.strip(), "next_update_at": None, "internal_due_at": None}
    change(tx, emergency_id, **values)
    crew.end(tx, running)
    timeline.write(actor, tx, running, "stand_down", summary.strip(), EXTERNAL)
    minutes = int((tx.now - running.declared_at).total_seconds() // 60)
    data = {"id": emergency_id, "summary": summary.strip(), "minutes": minutes}
    events.record(actor, tx, "emergency.ended", key=running.case, audience="customer", data=data)
    return reads.get(tx, emergency_id)


def _lapse(actor: Actor, tx: Tx, running: Emergency) -> None:
    """Close what nobody has decided: the emergency is over."""
    waiting = reads.decisions(tx, running.id, state="open")
    if waiting:
        still = rows.decision.c.id.in_([one.id for one in waiting])
        tx.conn.execute(sa.update(rows.decision).where(still).values(state=LAPSED, at=tx.now))
    for one in waiting:
        timeline.happened(actor, tx, running, LAPSED, "", decision=one.id, question=one.question)
        data = {"id": running.id, "decision": one.id, "question": one.question}
        events.record(actor, tx, "emergency.lapsed", key=running.case, data=data)


def refuse_while_open(tx: Tx, emergency: Emergency) -> None:
    """Raise `Conflict` that names a decision that is still open: before it nothing is lowered or ended."""
    if waiting := reads.decisions(tx, emergency.id, state="open"):
        raise Conflict(
            "A decision is still open: %(question)s",
            remedy=N_("Have it decided by %(decider)s, then try again."),
            question=waiting[0].question,
            decider=waiting[0].decider,
        )


def require_stable(tx: Tx, running: Emergency, *, reported: bool) -> None:
    """Raise `Conflict` until the service has stayed back as long as its grade says; ``reported``: it must be back."""
    if running.stable_at is None:
        if reported:
            raise Conflict("Nobody has reported the service back yet.", remedy=N_("Report it back first."))
        return
    until = running.stable_at + figures.time(tx, "grades", running.grade, "stable_for")
    if tx.now < until:
        raise Conflict(
            "The service has to stay back until %(until)s before the emergency may end.",
            remedy=N_("Watch it until then; say so if it fails again."),
            until=until,
        )


def change(tx: Tx, emergency_id: str, **values: Any) -> None:
    """Write columns of an emergency."""
    tx.conn.execute(sa.update(emergency_).where(emergency_.c.id == emergency_id).values(**values))


def payload(emergency: Emergency) -> Mapping[str, Any]:
    """What every ``emergency.*`` message tells the other processes."""
    names = ("id", "case", "kind", "grade", "scope", "severity", "cause")
    known = asdict(emergency)
    own = {"emergency": emergency.id, "commander": emergency.commander_id, "drill": False}
    return {name: known[name] for name in names} | own


def _late(promised: datetime | None, now: datetime) -> int:
    """Whole minutes since a promise; 0 while there is time."""
    return max(0, int((now - promised).total_seconds() // 60)) if promised is not None else 0
