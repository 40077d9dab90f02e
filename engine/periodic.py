"""House-keeping: what the house does again and again, each job in one outbox row of its own.

The poller wakes the row when its time has come and a worker performs it: a slow job delays no timer. One that fails
is an incident like any other, and is tried again at its next time.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa

from loopdesk.engine import incidents, outbox_rows
from loopdesk.engine.db import Moment, metadata
from loopdesk.engine.outbox_rows import Row, Wanted
from loopdesk.engine.sql import insert_new
from loopdesk.engine.tx import Engine, Tx

periodic = sa.Table(
    "periodic",
    metadata,
    sa.Column("name", sa.String(32), primary_key=True),
    sa.Column("last_at", Moment, nullable=False),
)
"""When each job was last handed to the workers."""
NEVER = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Periodic:
    """A job of the house; ``name`` (at most 32 characters, unlike any other outbox kind) is its row's kind."""

    name: str
    every: timedelta
    run: Callable[[Tx], None]
    """Performed in the transaction that marks the row as done."""


def handlers(jobs: Sequence[Periodic]) -> dict[str, Callable[[Tx, Row], None]]:
    """Outbox kinds that the jobs are performed under; a run that succeeds ends the incident of those that did not."""
    return {job.name: _handler(job) for job in jobs}


def _handler(job: Periodic) -> Callable[[Tx, Row], None]:
    def perform(tx: Tx, row: Row) -> None:
        job.run(tx)
        incidents.over(tx, row.id)

    return perform


class Schedule:
    """Knows when to look at the table, so that a poller's turn costs nothing while no job is due."""

    def __init__(self, jobs: Sequence[Periodic]) -> None:
        self._jobs = jobs
        self._looked = self._again = NEVER

    def tick(self, engine: Engine) -> None:
        """Hand the jobs whose time has come to the workers; among several pollers one does."""
        if not self._jobs or self._looked <= engine.clock.now() < self._again:
            return
        with engine.begin() as tx:
            self._again = min(_start(tx, self._jobs))
            self._looked = tx.now


def _start(tx: Tx, jobs: Sequence[Periodic]) -> list[datetime]:
    """Start what is due; returns when each job is due next."""
    insert_new(tx, periodic, [{"name": job.name, "last_at": NEVER} for job in jobs], unique="name")
    last: dict[str, datetime] = {row.name: row.last_at for row in tx.conn.execute(sa.select(periodic))}
    for job in jobs:
        # A last time that lies ahead was written under a clock that has since been set back.
        if last[job.name] <= tx.now < last[job.name] + job.every:
            continue
        mine = (periodic.c.name == job.name) & (periodic.c.last_at == last[job.name])
        last[job.name] = tx.now
        if tx.conn.execute(sa.update(periodic).where(mine).values(last_at=tx.now)).rowcount:
            outbox_rows.repeat(tx, Wanted(job.name, {}, idempotency_key=f"periodic:{job.name}"))
    return [last[job.name] + job.every for job in jobs]
