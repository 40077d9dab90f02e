"""Service recoveries: when low moods start one, once at a time for a case, and how each ended (COM-6)."""

from datetime import datetime

import sqlalchemy as sa

from loopdesk.desk import policy, record
from loopdesk.desk.feedback.survey import survey_
from loopdesk.desk.letters import communication
from loopdesk.desk.rights import readable, require
from loopdesk.desk.sentiment.tables import SAID, Recovery, recovery_, sentiment_
from loopdesk.desk.sql import row_as
from loopdesk.engine import events, instances, messages, subscriptions
from loopdesk.engine.actor import SYSTEM, Actor
from loopdesk.engine.db import new_id
from loopdesk.engine.errors import Conflict, Missing
from loopdesk.engine.tx import Tx

POLICY = "sentiment"
LOW, PROCESS = "sentiment.low", "service-recovery"
"""The message that starts the process, and its name."""
SCORE, ROW = "score", "row"
RESULTS = ("recovered", "unhappy", "not_reached", "not_needed", "stopped")
"""How a recovery ends; ``stopped``: its process was ended from outside, and nobody saw to it any more."""


def consider(tx: Tx, number: str, about: str, at: datetime, source: str) -> Recovery | None:
    """Start a service recovery for a case where the policy says so of the mood of this text and of those before it.

    None where words of this ``source`` start none (few stars of a survey are called back anyway), the moods are not
    low enough, the text is older than ``fresh``, one runs for the case, or one ended less than ``pause`` ago; and where
    no process is deployed that sees to it, which the timeline of the case says.
    """
    if source not in policy.said(tx, POLICY, "starts"):
        return None
    if tx.now - at > policy.duration(policy.said(tx, POLICY, "fresh")) or _resting(tx, number):
        return None
    scores = _scores(tx, number, about, at)
    why = _why(tx, scores)
    if not why:
        return None
    record.get(tx, number, lock=True)
    if _resting(tx, number):  # Somebody's correction may just have started one.
        return None
    if not subscriptions.listens(tx, LOW, number):
        said = {"about": about, "why": why, "score": scores[0], "process": PROCESS}
        events.record(SYSTEM, tx, "recovery.nobody", key=number, data=said)
        return None
    _stop(tx, number)
    row = {"id": new_id(), "case": number, "about": about, "why": why, "score": scores[0], "started_at": tx.now}
    row |= dict.fromkeys(("result", "gesture", "note", "ended_by"), "") | {"ended_at": None}
    tx.insert(recovery_, row)
    begun = row_as(Recovery, row)
    data = {"id": begun.id, "about": about, "why": why, "score": begun.score}
    events.record(SYSTEM, tx, "recovery.started", key=number, data=data)
    payload = {"recovery": begun.id, "communication": about, "score": begun.score, "why": why}
    payload["words"] = _words(tx, about, number)
    messages.publish(SYSTEM, tx, LOW, key=number, payload=payload, message_id=f"{LOW}:{begun.id}")
    return begun


def finish(actor: Actor, tx: Tx, recovery_id: str, *, result: str, gesture: str = "", note: str = "") -> Recovery:
    """Keep how a recovery ended. Raises `Missing`, `Conflict` when it ended before."""
    require(actor, "recovery.finish")
    values = {"ended_at": tx.now, "result": result, "gesture": gesture, "note": note, "ended_by": actor.name[:200]}
    open_ = (recovery_.c.id == recovery_id) & recovery_.c.ended_at.is_(None)
    if not tx.conn.execute(sa.update(recovery_).where(open_).values(**values)).rowcount:
        get(tx, recovery_id)
        raise Conflict("This service recovery has ended already.")
    ended = get(tx, recovery_id)
    data = {"id": ended.id, "result": result, "gesture": gesture, "note": note}
    events.record(actor, tx, "recovery.ended", key=ended.case, data=data)
    return ended


def get(tx: Tx, recovery_id: str) -> Recovery:
    """The recovery with that id; raises `Missing`."""
    row = tx.ask(sa.select(recovery_).where(recovery_.c.id == recovery_id)).mappings().first()
    if row is None:
        raise Missing("There is no such service recovery.")
    return row_as(Recovery, row)


def listing(actor: Actor, tx: Tx, *, case: str = "", limit: int = 100) -> list[Recovery]:
    """The recoveries of cases that ``actor`` may see, the newest first."""
    mine = recovery_.c.case.in_(sa.select(record.case_.c.number).where(readable(actor)))
    query = sa.select(recovery_).where(mine if not case else mine & (recovery_.c.case == case))
    rows = tx.ask(query.order_by(recovery_.c.started_at.desc(), recovery_.c.id.desc()).limit(limit)).mappings()
    return [row_as(Recovery, row) for row in rows]


def _resting(tx: Tx, number: str) -> bool:
    """Whether one runs or ended lately; one that is open but has no process any more runs no longer."""
    since = tx.now - policy.duration(policy.said(tx, POLICY, "pause"))
    lately = recovery_.c.ended_at.is_(None) | (recovery_.c.ended_at > since)
    found = tx.ask(sa.select(recovery_.c.ended_at, recovery_.c.started_at).where(recovery_.c.case == number, lately))
    rows = found.all()
    if any(row.ended_at or row.started_at > since for row in rows):
        return True
    return bool(rows) and any(
        one["process"] == PROCESS and one["status"] == "active" for one in instances.of_key(tx, number)
    )


def _stop(tx: Tx, number: str) -> None:
    """End what was left open by a process that is no more."""
    left = sa.select(recovery_.c.id).where(recovery_.c.case == number, recovery_.c.ended_at.is_(None))
    for recovery_id in tx.ask(left).scalars().all():
        finish(SYSTEM, tx, recovery_id, result="stopped")


def _scores(tx: Tx, number: str, about: str, until: datetime) -> list[float]:
    """The scores of a text and of those before it in its case, the newest first, as many as the policy may ask for."""
    most = int(policy.said(tx, POLICY, "in_a_row"))
    query = sa.select(sentiment_).where(sentiment_.c.case == number, sentiment_.c.at <= until)
    order = ((sentiment_.c.about == about).desc(), sentiment_.c.at.desc(), sentiment_.c.about.desc())
    return [SAID.get(row["chosen"], row["score"]) for row in tx.ask(query.order_by(*order).limit(most)).mappings()]


def _why(tx: Tx, scores: list[float]) -> str:
    if not scores:
        return ""
    if scores[0] <= float(policy.said(tx, POLICY, "threshold")):
        return SCORE
    negative, needed = float(policy.said(tx, POLICY, "negative")), int(policy.said(tx, POLICY, "in_a_row"))
    return ROW if len(scores) >= needed and all(score <= negative for score in scores) else ""


def _words(tx: Tx, about: str, number: str) -> str:
    """The customer's own words, for whoever looks at the case; whole, so that an erasure finds them."""
    for table, column in ((communication, communication.c.body), (survey_, survey_.c.comment)):
        found = tx.ask(sa.select(column).where(table.c.id == about)).scalar()
        if found is not None:
            return str(found)
    return record.get(tx, number).description
