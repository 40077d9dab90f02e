"""From when until when a handoff was open: what the board of a morning and the history of a pair are made of."""

from dataclasses import dataclass, replace
from datetime import datetime

import sqlalchemy as sa

from loopdesk.desk.arbitration import arbitration_
from loopdesk.desk.handoff.tables import ACCEPTED, DISPUTED, OFFERED, REJECTED, RULED, handoff_
from loopdesk.desk.record import case_
from loopdesk.engine.tx import Tx

TAKEN = (ACCEPTED, RULED)
"""The other department holds the case: the handoff is open until the case is solved or goes on."""


@dataclass(frozen=True, slots=True)
class Span:
    """One handoff in time; ``ended_at`` is None while it is open."""

    id: str
    case: str
    from_department: str
    to_department: str
    state: str
    offered_at: datetime
    decided_at: datetime | None
    overdue_at: datetime | None
    ended_at: datetime | None
    back: bool = False
    """Whether an arbitration left the case with the department that offered it."""

    @property
    def taken(self) -> bool:
        """Whether the other department holds the case by it, or has held it."""
        return self.state in TAKEN and not self.back

    @property
    def pair(self) -> tuple[str, str]:
        """Who hands to whom."""
        return self.from_department, self.to_department

    def open_at(self, moment: datetime) -> bool:
        """Whether it had been offered and was not over."""
        return self.offered_at < moment and (self.ended_at is None or self.ended_at >= moment)

    def rejected_in(self, since: datetime, until: datetime) -> bool:
        """Whether the other department sent it back in ``[since, until)``."""
        return self.state == REJECTED and self.decided_at is not None and since <= self.decided_at < until

    def overdue_by(self, moment: datetime) -> bool:
        """Whether its limit had run out without an answer."""
        return self.overdue_at is not None and self.overdue_at < moment


def all_(tx: Tx, *, since: datetime | None = None) -> list[Span]:
    """Every handoff, or those that were still open at ``since`` or came later, the first offered at the front."""
    columns = [handoff_.c[name] for name in ("id", "case", "from_department", "to_department", "state")]
    times = [handoff_.c[name] for name in ("offered_at", "decided_at", "overdue_at")]
    over = sa.func.coalesce(case_.c.solved_at, case_.c.closed_at)
    back = sa.exists().where(
        arbitration_.c.handoff == handoff_.c.id, arbitration_.c.department == handoff_.c.from_department
    )
    query = sa.select(*columns, *times, over.label("over"), back.label("back"))
    query = query.join(case_, case_.c.number == handoff_.c.case)
    if since is not None:
        holding = handoff_.c.state.in_((*TAKEN, OFFERED, DISPUTED)) & (over.is_(None) | (over >= since))
        query = query.where(holding | (handoff_.c.decided_at >= since))
    found = [
        Span(*row[:8], ended_at=_end(row.state, row.back, row.over, row.decided_at), back=row.back)
        for row in tx.ask(query.order_by(handoff_.c.offered_at, handoff_.c.id))
    ]
    return [one for one in _handed_on(found) if since is None or one.ended_at is None or one.ended_at >= since]


def _end(state: str, back: bool, over: datetime | None, decided_at: datetime | None) -> datetime | None:
    return over if state in (*TAKEN, OFFERED, DISPUTED) and not back else decided_at


def _handed_on(found: list[Span]) -> list[Span]:
    """The same, but a department that handed its case on has nothing open any more."""
    moved: dict[str, datetime] = {}
    done: list[Span] = []
    for one in reversed(found):
        on = moved.get(one.case) if one.taken else None
        done.append(replace(one, ended_at=min(on, one.ended_at or on)) if on else one)
        if one.taken and one.decided_at:
            moved[one.case] = one.decided_at
    return done[::-1]
