"""Effects leave through here: written in the step's transaction, performed after its commit, at least once.

The database is the truth and a wake-up only a hint. What a handler changes in our own database happens exactly once,
because the mark ``done`` is made in the same transaction and only under a valid claim.
"""

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol

import sqlalchemy as sa

from loopdesk.engine import events, incidents, outbox_rows
from loopdesk.engine.actor import SYSTEM
from loopdesk.engine.errors import Away, Refused
from loopdesk.engine.outbox_rows import FAILED, LEASE, READY, Row, Wanted, outbox, put_many
from loopdesk.engine.tx import Engine, Tx

__all__ = ["ATTEMPTS", "Handlers", "Remote", "Row", "Wanted", "delay", "drain", "outbox", "put", "put_many"]

ATTEMPTS = 8
"""After so many failures of one effect a person has to look: an incident."""
DEATHS = 8
"""The same for workers that did not come back from it."""
FIRST_DELAY, FACTOR, LONGEST_DELAY = 5.0, 3.0, 3600.0
"""Seconds before the second attempt, growth from one attempt to the next, and the most (all eight: about two hours)."""


class Remote(Protocol):
    """An effect outside our database."""

    def perform(self, row: Row) -> dict[str, Any]:
        """Do it, outside any transaction, handing on ``row.idempotency_key``; ``Away`` is tried again later."""

    def settle(self, tx: Tx, row: Row, result: dict[str, Any]) -> None:
        """Write down what came of it, in the transaction that marks the row as done."""


@dataclass(frozen=True)
class Handlers:
    """Kind of row -> what performs it: ``local`` in our own database, ``remote`` outside."""

    local: Mapping[str, Callable[[Tx, Row], None]] = field(default_factory=dict)
    remote: Mapping[str, Remote] = field(default_factory=dict)
    given_up: Mapping[str, Callable[[Tx, Row, Exception], None]] = field(default_factory=dict)
    """Kind -> who is told, in the transaction that opens the incident, that a row is not tried again by itself."""

    @property
    def kinds(self) -> list[str]:
        """The kinds this worker can perform; rows of others are left to a worker that knows them (a newer release)."""
        return [*self.local, *self.remote]


def put(
    tx: Tx,
    kind: str,
    payload: Mapping[str, Any],
    *,
    idempotency_key: str,
    key: str = "",
    instance: str = "",
    element: str = "",
    not_before: datetime | None = None,
) -> int:
    """Want an effect and return its row's id; with a key that was used before, the row that stands there already."""
    put_many(tx, [Wanted(kind, payload, idempotency_key, key, instance, element, not_before)])
    query = sa.select(outbox.c.id).where(outbox.c.idempotency_key == idempotency_key)
    return int(tx.conn.execute(query).scalar_one())


def drain(engine: Engine, handlers: Handlers, *, worker: str, limit: int = 50) -> int:
    """Claim up to ``limit`` rows as ``worker`` (a name of its own), perform them, and return how many were claimed.

    ``Away`` is tried again later, ``ATTEMPTS`` times; any other error becomes an incident. When the database itself
    is away its error goes to the caller, who may `outbox_rows.release` what is left, else the leases run out.
    """
    with engine.begin() as tx:
        rows = todo = outbox_rows.claim_batch(tx, handlers.kinds, worker, limit)
        held_since = tx.now
    while todo:
        if engine.clock.now() - held_since > LEASE / 4:
            todo, held_since = _renew(engine, todo)
        else:
            _perform(engine, handlers, todo[0])
            todo = todo[1:]
    return len(rows)


def _renew(engine: Engine, rows: list[Row]) -> tuple[list[Row], datetime]:
    """Renew the lease of the rows still to do; returns those that no other worker has taken meanwhile."""
    with engine.begin() as tx:
        return [row for row in rows if outbox_rows.mark(tx, row, lease_until=tx.now + LEASE)], tx.now


def _perform(engine: Engine, handlers: Handlers, row: Row) -> None:
    try:
        if row.deaths >= DEATHS:
            raise Refused("Workers did not survive this step %(deaths)s times.", deaths=row.deaths)
        if row.kind in handlers.local:
            _run_local(engine, row, handlers.local[row.kind])
        else:
            _run_remote(engine, row, handlers.remote[row.kind])
    except Exception as error:  # noqa: BLE001 - kept as a retry or an incident
        _fail(engine, row, error, handlers.given_up.get(row.kind))


def _run_local(engine: Engine, row: Row, handler: Callable[[Tx, Row], None]) -> None:
    with engine.begin() as tx:
        if outbox_rows.done(tx, row):
            handler(tx, row)


def _run_remote(engine: Engine, row: Row, remote: Remote) -> None:
    result = remote.perform(row)
    with engine.begin() as tx:
        if outbox_rows.done(tx, row):
            remote.settle(tx, row, result)


def _fail(
    engine: Engine, row: Row, error: Exception, given_up: Callable[[Tx, Row, Exception], None] | None = None
) -> None:
    """Write a failure down: one more attempt later, or an incident."""
    if isinstance(error, sa.exc.OperationalError | sa.exc.InterfaceError):
        # The database went away, deadlocked or was restarted: none of the row's business, it runs again soon.
        error = Away("The database was away: %(error)s", error=str(error.orig)).with_traceback(error.__traceback__)
    attempts = row.attempts + 1
    with engine.begin() as tx:
        if isinstance(error, Away) and attempts < ATTEMPTS:
            wait = delay(attempts, error.retry_after)
            values = {"state": READY, "attempts": attempts, "not_before": tx.now + wait, "lease_until": None}
            if outbox_rows.mark(tx, row, error=str(error), **values):
                data = {"kind": row.kind, "attempt": attempts, "error": str(error), "seconds": wait.total_seconds()}
                events.record(
                    SYSTEM, tx, "effect.failed", key=row.key, instance=row.instance_id, element=row.element, data=data
                )
        elif outbox_rows.mark(tx, row, state=FAILED, attempts=attempts, lease_until=None, error=str(error)):
            incidents.open(tx, row, error)
            if given_up:
                given_up(tx, row, error)


def delay(attempts: int, retry_after: float | None = None) -> timedelta:
    """The wait after the ``attempts``-th failure: growing, spread by a tenth, at least ``retry_after`` seconds."""
    seconds = min(FIRST_DELAY * FACTOR ** (attempts - 1), LONGEST_DELAY) * random.uniform(0.9, 1.1)
    return timedelta(seconds=max(seconds, retry_after or 0.0))
