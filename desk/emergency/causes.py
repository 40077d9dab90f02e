"""One cause, one emergency: what is raised twice is joined (EMG-1, EMG-11)."""

import sqlalchemy as sa

from loopdesk.desk import record
from loopdesk.desk.emergency import reads, rows, timeline
from loopdesk.desk.emergency.rows import OPEN, Emergency, emergency_
from loopdesk.desk.record import case_
from loopdesk.engine import events
from loopdesk.engine.actor import Actor
from loopdesk.engine.db import new_id
from loopdesk.engine.sql import hold as hold_name
from loopdesk.engine.tx import Tx

SAME_CASE, SAME_CAUSE, SAME_PROBLEM = "case", "cause", "problem"


def hold(tx: Tx, number: str, cause: str) -> None:
    """Let whoever declares the same cause or problem at the same moment wait for the first, and then find it."""
    problem = record.get(tx, number).problem or number
    for name in sorted({f"emergency problem\n{problem}", *([f"emergency cause\n{_key(cause)}"] if cause else [])}):
        hold_name(tx, name)


def join(actor: Actor, tx: Tx, number: str, *, cause: str = "") -> Emergency | None:
    """The emergency under way that the case belongs to, with the case attached to it; None where there is none.

    It is the case's own one, one of the same ``cause``, or one of a case of the same parent problem.
    """
    if (own := reads.open_of(tx, number)) is not None:
        return own
    found, why = _same(tx, number, cause)
    if found is None:
        return None
    row = {"id": new_id(), "emergency": found.id, "number": number, "at": tx.now, "why": why}
    tx.conn.execute(sa.insert(rows.joined).values(**row))
    timeline.happened(actor, tx, found, "joined", "", case=number, why=why)
    data = {"id": found.id, "case": number, "to": found.case, "why": why}
    for key in (found.case, number):
        events.record(actor, tx, "emergency.joined", key=key, data=data)
    return found


def of_cause(tx: Tx, cause: str) -> Emergency | None:
    """The emergency under way of a cause, however it is written in capitals and spaces."""
    if not _key(cause):
        return None
    return next((one for one in reads.running(tx) if _key(one.cause) == _key(cause)), None)


def _same(tx: Tx, number: str, cause: str) -> tuple[Emergency | None, str]:
    if (found := of_cause(tx, cause)) is not None:
        return found, SAME_CAUSE
    problem = record.get(tx, number).problem
    family = [number, problem] if problem else [number]
    of = case_.c.problem.in_(family) | case_.c.number.in_(family)
    mine = emergency_.c.case.in_(sa.select(case_.c.number).where(of))
    return next(iter(reads.select(tx, mine & OPEN)), None), SAME_PROBLEM


def _key(cause: str) -> str:
    return " ".join(cause.split()).casefold()
