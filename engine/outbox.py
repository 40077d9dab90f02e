"""Effects leave through here: written in the step's transaction, performed after its commit, at least once.

The database is the truth and a wake-up only a hint. What a handler changes in our own database happens exactly once,
because the mark ``done`` is made in the same transaction and only under a valid claim.
"""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Protocol

import sqlalchemy as sa

from loopdesk.engine import events, incidents, outbox_rows, telemetry
from loopdesk.engine.actor import SYSTEM
from loopdesk.engine.batch import Batch
from loopdesk.engine.errors import N_, Away, Refused
from loopdesk.engine.outbox_rows import CANCELLED, FAILED, READY, Row, Wanted, outbox, put_many
from loopdesk.engine.retries import USUAL, Retries
from loopdesk.engine.storable import storable
from loopdesk.engine.tx import Engine, Tx

__all__ = ["Handlers", "Remote", "Row", "Wanted", "drain", "outbox", "put", "put_many"]

log = logging.getLogger(__name__)

DEATHS = 8
"""After so many workers that did not come back from one row a person has to look: an incident."""


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
    wanted: Mapping[str, Callable[[Tx, Row], bool]] = field(default_factory=dict)
    """Kind -> whether anybody still waits for what comes of a row; asked before it is tried a second time."""
    retries: Mapping[str, Callable[[Row], Retries]] = field(default_factory=dict)
    """Kind -> how the one who performs a row wants to be tried again; `retries.USUAL` for the others."""

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

    ``Away`` is tried again later as `Retries` say; any other error becomes an incident; what was cancelled meanwhile
    ends quietly. When the database itself is away its error goes to the caller: the leases run out and another worker
    goes on.
    """
    with engine.begin() as tx:
        rows = outbox_rows.claim_batch(tx, handlers.kinds, worker, limit)
    if rows:
        with Batch(engine, rows, tx.now) as batch:
            for row in batch:
                _perform(engine, handlers, row, batch)
    engine.figures.hand_in(engine)
    return len(rows)


def _perform(engine: Engine, handlers: Handlers, row: Row, batch: Batch) -> None:
    with telemetry.performing(engine, row) as outcome:
        try:
            if row.claims > 1 and _over(engine, handlers, row):
                return
            if row.deaths >= DEATHS:
                raise Refused("Workers did not survive this step %(deaths)s times.", deaths=row.deaths)
            if row.kind in handlers.local:
                _run_local(engine, row, handlers.local[row.kind])
            else:
                _run_remote(engine, row, handlers.remote[row.kind], batch)
        except Exception as error:  # noqa: BLE001 - kept as a retry or an incident
            outcome.error = error
            _fail(engine, handlers, row, error)


def _run_local(engine: Engine, row: Row, handler: Callable[[Tx, Row], None]) -> None:
    with engine.begin() as tx:
        if outbox_rows.done(tx, row):
            handler(tx, row)


def _run_remote(engine: Engine, row: Row, remote: Remote, batch: Batch) -> None:
    with batch.outside(row):
        result = remote.perform(row)
    with engine.begin() as tx:
        if outbox_rows.done(tx, row):
            remote.settle(tx, row, result)


def _over(engine: Engine, handlers: Handlers, row: Row) -> bool:
    """Whether the second attempt at a row was ended because nobody waits for it any more: its activity was cancelled
    while the first one was under way."""
    if row.kind not in handlers.wanted:
        return False
    with engine.begin() as tx:
        return not handlers.wanted[row.kind](tx, row) and _end(tx, row)


def _end(tx: Tx, row: Row, error: str = "") -> bool:
    """End a row that nobody wants any more, and tell so."""
    if not outbox_rows.mark(tx, row, state=CANCELLED, lease_until=None, done_at=tx.now, error=error):
        return False
    where = {"key": row.key, "instance": row.instance_id, "element": row.element}
    events.record(SYSTEM, tx, "effect.dropped", data={"kind": row.kind, "error": error}, **where)
    return True


def _fail(engine: Engine, handlers: Handlers, row: Row, error: Exception) -> None:
    """Write a failure down; what cannot even be written down must not be tried for ever without a pause.

    Once more as it is, for a deadlock; then as an incident that says only so much; then the row at least waits.
    A database that is away refuses all of it: its error goes to the caller.
    """
    if isinstance(error, sa.exc.OperationalError | sa.exc.InterfaceError):
        # The database went away, deadlocked or was restarted: none of the row's business, it runs again soon.
        error = Away("The database was away: %(error)s", error=str(error.orig)).with_traceback(error.__traceback__)
    whole, less = partial(_write_down, handlers, row, error), partial(_write_less, row, error)
    for once_more, write in enumerate((whole, whole, less, partial(_put_off, row))):
        try:
            with engine.begin() as tx:
                write(tx)
            return
        except Exception as second:
            log.exception("The failure of %s (row %s) could not be written down", row.kind, row.id)
            if once_more and isinstance(second, sa.exc.OperationalError | sa.exc.InterfaceError):
                raise  # The database may be back for the next attempt, and the row is not to blame.
            last = second
    raise last


def _write_down(handlers: Handlers, row: Row, error: Exception, tx: Tx) -> None:
    """One more attempt later, an incident, or nothing any more where nobody waits for the row."""
    said = storable(str(error))
    if row.kind in handlers.wanted and not handlers.wanted[row.kind](tx, row):
        _end(tx, row, said)
    elif isinstance(error, Away) and (again := _again(tx, handlers, row, error)):
        if outbox_rows.mark(tx, row, state=READY, lease_until=None, error=said, **again):
            _record(tx, row, error, again)
            tx.after_commit(lambda: log.warning("%s failed and is tried again: %s", row.kind, said))
    elif outbox_rows.mark(tx, row, state=FAILED, attempts=row.attempts + 1, lease_until=None, error=said):
        incident = incidents.open(tx, row, error)
        tx.after_commit(lambda: log.warning("%s failed, incident %s is open: %s", row.kind, incident, said))
        if row.kind in handlers.given_up:
            handlers.given_up[row.kind](tx, row, error)


def _write_less(row: Row, error: Exception, tx: Tx) -> None:
    """An incident that says no more than what kind of failure it was."""
    if outbox_rows.mark(tx, row, state=FAILED, attempts=row.attempts + 1, lease_until=None, error=""):
        plain = Refused(
            "It failed, and the failure could not be written down: %(error)s.",
            remedy=N_("Look into the log of the worker, then try again."),
            error=type(error).__name__,
        )
        incidents.open(tx, row, plain)


def _put_off(row: Row, tx: Tx) -> None:
    """The row alone: later, after the longest wait there is."""
    wait = timedelta(seconds=USUAL.longest)
    outbox_rows.mark(tx, row, state=READY, attempts=row.attempts + 1, lease_until=None, not_before=tx.now + wait)


def _again(tx: Tx, handlers: Handlers, row: Row, error: Away) -> dict[str, Any] | None:
    """What changes of a row that is tried again; None when that has been done often, or for long, enough."""
    retries = handlers.retries[row.kind](row) if row.kind in handlers.retries else USUAL
    if error.limited:
        since = row.limited_since or tx.now
        so_far = tx.now - since
        if so_far.total_seconds() >= retries.patience:
            return None
        return {"limited_since": since, "not_before": tx.now + retries.when_limited(so_far, error.retry_after)}
    attempts = row.attempts + 1
    if attempts >= retries.attempts:
        return None
    wait = retries.after_failure(attempts, error.retry_after)
    return {"attempts": attempts, "limited_since": None, "not_before": tx.now + wait}


def _record(tx: Tx, row: Row, error: Away, again: Mapping[str, Any]) -> None:
    """Tell that a row has to wait; of a system that asks for patience only when it begins to."""
    if error.limited and row.limited_since is not None:
        return
    seconds = (again["not_before"] - tx.now).total_seconds()
    data = {
        "kind": row.kind,
        "attempt": again.get("attempts", row.attempts),
        "error": storable(str(error)),
        "seconds": seconds,
    }
    where = {"key": row.key, "instance": row.instance_id, "element": row.element}
    events.record(SYSTEM, tx, "effect.failed", data=data | {"limited": error.limited}, **where)
