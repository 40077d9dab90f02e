"""How often the promised times were kept, and how long things took: what the house publishes (SLA-7)."""

from dataclasses import dataclass
from datetime import timedelta

import sqlalchemy as sa

from loopdesk.desk.sla import choice
from loopdesk.desk.sla.rows import clock
from loopdesk.engine.tx import Tx

PERIOD = timedelta(days=90)
"""How far back the published figures reach, where the policies say nothing."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One clock of a level over the period: how many ended or were late, how many were kept, the mean length."""

    policy: str
    level: str
    clock: str
    cases: int
    kept: int
    mean: timedelta | None
    """of those that ended, in the time that the clock counts; None where none ended"""

    @property
    def percent(self) -> int:
        """The share that was kept, rounded down: 100 only when all were."""
        return 100 * self.kept // self.cases


def period(tx: Tx) -> timedelta:
    """How far back the figures reach: ``published`` of sla.yaml."""
    return choice.library(tx).book(choice.current(tx)).rules.published or PERIOD


def figures(tx: Tx) -> list[Figure]:
    """The figures of every level, over all customers: published, so nobody needs a right to see them."""
    since = tx.now - period(tx)
    late = sa.and_(clock.c.met_at.is_(None), clock.c.breached_at >= since, clock.c.state != "cancelled")
    query = (
        sa.select(
            clock.c.policy,
            clock.c.level,
            clock.c.kind,
            sa.func.count().label("cases"),
            sa.func.sum(sa.case((clock.c.breached_at.is_(None), 1), else_=0)).label("kept"),
            sa.func.avg(sa.case((clock.c.met_at.is_not(None), clock.c.elapsed_minutes))).label("mean"),
        )
        .where(clock.c.department == "", clock.c.target_minutes.is_not(None), (clock.c.met_at >= since) | late)
        .group_by(clock.c.policy, clock.c.level, clock.c.kind)
        .order_by(clock.c.policy, clock.c.level, clock.c.kind)
    )
    return [
        Figure(
            row.policy,
            row.level,
            row.kind,
            row.cases,
            int(row.kept),
            None if row.mean is None else timedelta(minutes=float(row.mean)),
        )
        for row in tx.ask(query)
    ]
