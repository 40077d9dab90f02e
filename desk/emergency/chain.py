"""Decisions are asked and taken by the decision chain; what is open holds back lowering and ending (EMG-4, EMG-12)."""

from datetime import timedelta

import sqlalchemy as sa

from loopdesk.desk import record
from loopdesk.desk.emergency import figures, reads, rows, timeline
from loopdesk.desk.emergency.lead import announce, change, refuse_while_open
from loopdesk.desk.emergency.rows import COMMANDER, Decision, Emergency
from loopdesk.desk.emergency.timeline import wrong
from loopdesk.desk.rights import require, visible_to
from loopdesk.engine import events
from loopdesk.engine.actor import Actor
from loopdesk.engine.db import new_id
from loopdesk.engine.errors import N_, Conflict, Missing, Phrase, Refused
from loopdesk.engine.tx import Tx

OPEN, DECIDED = "open", "decided"


def ask_decision(actor: Actor, tx: Tx, emergency_id: str, *, question: str) -> Decision:
    """Put a question to the decision chain: to whoever of it was called last (EMG-12). Raises `Invalid`, `Conflict`."""
    require(actor, "emergency.ask_decision")
    running = _led(actor, tx, emergency_id)
    if not question.strip():
        wrong("question", Phrase("Ask something."))
    new = Decision(new_id(), running.id, question.strip(), OPEN, decider(running), tx.now, actor.id, actor.name[:200])
    values = {name: getattr(new, name) for name in rows.DECISION}
    tx.conn.execute(sa.insert(rows.decision).values(**values))
    timeline.write(actor, tx, running, "asked", new.question, decision=new.id, decider=new.decider)
    data = {"id": running.id, "decision": new.id, "question": new.question, "decider": new.decider}
    events.record(actor, tx, "emergency.asked", key=running.case, data=data)
    return new


def decide(actor: Actor, tx: Tx, decision_id: str, *, decision: str) -> Decision:
    """Answer a question for good. Raises `Invalid` without words, `Conflict` when it was decided before,
    `Refused` for somebody outside the decision chain.
    """
    require(actor, "emergency.decide")
    found = tx.conn.execute(sa.select(rows.decision).where(rows.decision.c.id == decision_id)).mappings().first()
    if found is None:
        raise Missing("There is no such decision.")
    running = _led(actor, tx, found["emergency"])
    asked = next(one for one in reads.decisions(tx, running.id) if one.id == decision_id)
    if asked.state != OPEN:
        raise Conflict("%(name)s has decided this: %(decision)s", name=asked.by_name, decision=asked.decision)
    if not may_decide(actor, running, asked):
        raise Refused(
            "This is decided by %(decider)s.", remedy=N_("Ask them, or whoever follows them."), decider=asked.decider
        )
    if not decision.strip():
        wrong("decision", Phrase("Say what is decided."))
    values = {"state": DECIDED, "decision": decision.strip(), "by_id": actor.id, "by_name": actor.name[:200]}
    tx.conn.execute(sa.update(rows.decision).where(rows.decision.c.id == decision_id).values(**values, at=tx.now))
    timeline.write(actor, tx, running, "decided", decision.strip(), decision=decision_id, question=asked.question)
    data = {"id": running.id, "decision": decision_id, "question": asked.question, "text": decision.strip()}
    events.record(actor, tx, "emergency.decided", key=running.case, data=data)
    return next(one for one in reads.decisions(tx, running.id) if one.id == decision_id)


def regrade(
    actor: Actor, tx: Tx, emergency_id: str, *, grade: str, reason: str, limit: timedelta | None = None
) -> Emergency:
    """Raise or lower the grade, with a reason. Lowering is refused while a decision is open, or for security (EMG-2).

    Raises `Invalid` with the field, `Conflict` naming the decision.
    """
    require(actor, "emergency.regrade")
    running = _led(actor, tx, emergency_id)
    known = figures.grades(tx)
    if grade not in known:
        wrong(
            "grade", Phrase("There is no grade %(grade)s; take %(known)s.", grade=grade or "-", known=", ".join(known))
        )
    if not reason.strip():
        wrong("reason", Phrase("Say why."))
    if grade == running.grade:
        wrong("grade", Phrase("It has this grade already."))
    lowered = not figures.higher(tx, grade, running.grade)
    if lowered:
        refuse_while_open(tx, running)
        if running.kind == "security":
            wrong("grade", Phrase("A security incident keeps the highest grade."))
    change(tx, running.id, grade=grade, **({"limit_at": tx.now + limit} if limit else {}))
    timeline.write(actor, tx, running, "graded", reason.strip(), before=running.grade, grade=grade)
    data = {"id": running.id, "before": running.grade, "grade": grade, "reason": reason.strip()}
    events.record(actor, tx, "emergency.graded", key=running.case, data=data)
    made = reads.get(tx, running.id)
    announce(actor, tx, "emergency.graded", made)
    return made


def decider(emergency: Emergency) -> str:
    """Who of the decision chain decides now: whoever was called last, the commander without a chain."""
    chain = list(emergency.chain) or [COMMANDER]
    return chain[min(emergency.called, len(chain) - 1)]


def pass_on(tx: Tx, emergency: Emergency, word: str) -> None:
    """Let the questions that are open wait for somebody else of the chain."""
    waiting = (rows.decision.c.emergency == emergency.id) & (rows.decision.c.state == OPEN)
    tx.conn.execute(sa.update(rows.decision).where(waiting).values(decider=word))


def may_decide(actor: Actor, emergency: Emergency, asked: Decision) -> bool:
    """Whoever was asked, and all who stand above them in the chain; an administrator."""
    if actor.kind == "system" or actor.has_role("admin"):
        return True
    chain = list(emergency.chain) or [COMMANDER]
    start = chain.index(asked.decider) if asked.decider in chain else 0
    return any(is_one_of(actor, emergency, word) for word in chain[start:])


def is_one_of(actor: Actor, emergency: Emergency, word: str) -> bool:
    """Whether ``actor`` is meant by a word of the chain: commander, department/role, or a department."""
    if word == COMMANDER:
        return actor.id == emergency.commander_id
    department, _, place = word.partition("/")
    return department in actor.departments and (not place or place in actor.roles)


def _led(actor: Actor, tx: Tx, emergency_id: str) -> Emergency:
    running = reads.under_way(tx, emergency_id)
    record.get(tx, running.case, visible=visible_to(actor))
    return running
