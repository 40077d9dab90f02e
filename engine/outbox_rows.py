"""The outbox' rows: what is wanted, who holds it, how it ended. `outbox` performs them."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from loopdesk.engine import telemetry
from loopdesk.engine.db import BIG, JSON, Moment, metadata
from loopdesk.engine.pending import Op
from loopdesk.engine.sql import claim, constant
from loopdesk.engine.tx import Tx

READY, CLAIMED, DONE, FAILED = "ready", "claimed", "done", "failed"
HELD, CANCELLED = "held", "cancelled"
"""On hold with its instance; wanted no more."""
RESULT = "result"
"""The kind that follows what came of an effect when that was not possible at once."""
STEPS = frozenset({"effect", RESULT, "timer", "answer", "signal", "receive"})
"""Kinds that only move an instance on; messages to people go out even if the instance that wanted them is gone."""
LEASE = timedelta(seconds=60)
"""How long a worker holds the rows it claimed; it renews the lease before each effect outside."""
START = "start"
"""The kind that begins a process which was retired when it had to begin."""
SUSPECT = 3
"""A row under which this many leases ran out is claimed alone: it may be what kills the workers."""

outbox = sa.Table(
    "outbox",
    metadata,
    sa.Column("id", BIG, primary_key=True, autoincrement=True),
    sa.Column("kind", sa.String(32), nullable=False),
    sa.Column("idempotency_key", sa.String(200), nullable=False, unique=True),
    sa.Column("payload", JSON, nullable=False),
    sa.Column("key", sa.String(64), nullable=False),
    sa.Column("instance_id", sa.String(32), nullable=False),
    sa.Column("element", sa.String(200), nullable=False),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("claims", sa.Integer, nullable=False),
    sa.Column("deaths", sa.Integer, nullable=False),
    sa.Column("not_before", Moment, nullable=False),
    sa.Column("claimed_by", sa.String(64), nullable=False),
    sa.Column("lease_until", Moment),
    sa.Column("limited_since", Moment),
    sa.Column("error", sa.Text, nullable=False),
    sa.Column("created_at", Moment, nullable=False),
    sa.Column("done_at", Moment),
    sa.Column("trace", sa.String(55), nullable=False, server_default=""),
    sa.Index("ix_outbox_instance", "instance_id"),
)
_READY, _CLAIMED = outbox.c.state == constant(READY), outbox.c.state == constant(CLAIMED)
# One for each state: SQLite uses a partial index only where the condition of a query repeats its own.
sa.Index("ix_outbox_ready", outbox.c.not_before, outbox.c.id, postgresql_where=_READY, sqlite_where=_READY)
sa.Index("ix_outbox_claimed", outbox.c.lease_until, postgresql_where=_CLAIMED, sqlite_where=_CLAIMED)


@dataclass(frozen=True, slots=True)
class Wanted:
    """An effect to put into the outbox; ``idempotency_key`` is unique for ever, ``not_before`` None means at once."""

    kind: str
    payload: Mapping[str, Any]
    idempotency_key: str
    key: str = ""
    instance: str = ""
    element: str = ""
    not_before: datetime | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """A claimed row. ``claims`` counts every claim and is the fence: a mark made under an older one is void.

    ``attempts`` counts failures of the effect, ``deaths`` leases that ran out because the worker did not come back;
    ``limited_since`` is set while the other side asks for patience.
    """

    id: int
    kind: str
    idempotency_key: str
    payload: dict[str, Any]
    key: str
    instance_id: str
    element: str
    attempts: int
    claims: int
    deaths: int
    claimed_by: str
    created_at: datetime = field(compare=False)
    limited_since: datetime | None = field(default=None, compare=False)
    trace: str = field(default="", compare=False)


_FIELDS = tuple(item.name for item in fields(Row))


def put_many(tx: Tx, wanted: Sequence[Wanted]) -> None:
    """Put effects into the outbox; one whose idempotency key stands there already is not put again."""
    for op in wishes(tx, wanted):
        tx.insert(outbox, op.row, once=True)


def wishes(tx: Tx, wanted: Sequence[Wanted]) -> list[Op]:
    """The rows that put effects into the outbox, for what is written late; wakes the workers if it is time."""
    trace = telemetry.traceparent()
    if any(want.not_before is None or want.not_before <= tx.now for want in wanted):
        tx.wake_workers()
    return [
        Op(
            "once",
            outbox,
            {
                "kind": want.kind,
                "idempotency_key": want.idempotency_key,
                "payload": dict(want.payload),
                "key": want.key,
                "instance_id": want.instance,
                "element": want.element,
                "state": READY,
                "attempts": 0,
                "claims": 0,
                "deaths": 0,
                "not_before": want.not_before or tx.now,
                "claimed_by": "",
                "error": "",
                "created_at": tx.now,
                "trace": trace,
            },
        )
        for want in wanted
    ]


def repeat(tx: Tx, want: Wanted) -> None:
    """Want an effect once more under its old key, with all its attempts; one that waits or runs is left as it is."""
    ended = sa.update(outbox).where(
        outbox.c.idempotency_key == want.idempotency_key, outbox.c.state.in_((DONE, FAILED, CANCELLED))
    )
    fresh = {"state": READY, "attempts": 0, "deaths": 0, "not_before": tx.now, "created_at": tx.now, "done_at": None}
    if tx.conn.execute(ended.values(payload=dict(want.payload), **fresh)).rowcount:
        tx.wake_workers()
    else:
        put_many(tx, [want])


def claim_batch(tx: Tx, kinds: Collection[str], worker: str, limit: int) -> list[Row]:
    """Claim up to ``limit`` rows whose moment has come; suspects are claimed one at a time, after all others."""
    return _claim(tx, kinds, worker, limit, outbox.c.deaths < SUSPECT) or _claim(
        tx, kinds, worker, 1, outbox.c.deaths >= SUSPECT
    )


def _claim(tx: Tx, kinds: Collection[str], worker: str, limit: int, which: sa.ColumnElement[bool]) -> list[Row]:
    chosen = (
        sa.select(outbox.c.id)
        .where(outbox.c.state == constant(READY), outbox.c.not_before <= tx.now, outbox.c.kind.in_(kinds), which)
        .order_by(outbox.c.not_before, outbox.c.id)
        .limit(limit)
    )
    values = {
        "state": CLAIMED,
        "claims": outbox.c.claims + 1,
        "claimed_by": worker,
        "lease_until": tx.now + LEASE,
    }
    return [Row(**{name: row[name] for name in _FIELDS}) for row in claim(tx, outbox, chosen, values)]


def mark(tx: Tx, row: Row, **values: Any) -> bool:
    """Change a row that this claim still holds; False when the lease was lost meanwhile (fencing)."""
    update = sa.update(outbox).where(outbox.c.id == row.id, outbox.c.state == CLAIMED, outbox.c.claims == row.claims)
    return tx.conn.execute(update.values(**values)).rowcount == 1


def done(tx: Tx, row: Row) -> bool:
    """Mark the row as done; False when the lease was lost."""
    return tx.conn.execute(_DONE, {"row": row.id, "fence": row.claims, "moment": tx.now}).rowcount == 1


# Built once: every step of every process comes by here.
_DONE = (
    sa.update(outbox)
    .where(outbox.c.id == sa.bindparam("row"), _CLAIMED, outbox.c.claims == sa.bindparam("fence"))
    .values(state=DONE, done_at=sa.bindparam("moment", type_=Moment), lease_until=None, error="")
)


def lock(tx: Tx, outbox_id: int) -> None:
    """Hold a row until the transaction ends."""
    tx.conn.execute(sa.select(outbox.c.id).where(outbox.c.id == outbox_id).with_for_update())


def again(tx: Tx, outbox_id: int) -> None:
    """Let a failed row run once more, with all its attempts."""
    update = sa.update(outbox).where(outbox.c.id == outbox_id, outbox.c.state == FAILED)
    tx.conn.execute(update.values(state=READY, attempts=0, deaths=0, limited_since=None, not_before=tx.now, error=""))
    tx.wake_workers()


def change(tx: Tx, outbox_id: int, payload: Mapping[str, Any]) -> None:
    """Give a failed row other data to run with."""
    update = sa.update(outbox).where(outbox.c.id == outbox_id, outbox.c.state == FAILED)
    tx.conn.execute(update.values(payload=dict(payload)))


def payload_of(tx: Tx, outbox_id: int) -> dict[str, Any]:
    """What a row wants."""
    return dict(tx.conn.execute(sa.select(outbox.c.payload).where(outbox.c.id == outbox_id)).scalar_one())


def hold(tx: Tx, row: Row) -> None:
    """Keep a row that this transaction has marked as done until its instance goes on."""
    update = sa.update(outbox).where(outbox.c.id == row.id, outbox.c.claims == row.claims)
    tx.conn.execute(update.values(state=HELD, done_at=None))


def hold_all(tx: Tx, instance: str) -> None:
    """Keep what would move an instance on, and has not begun, until it goes on."""
    update = sa.update(outbox).where(outbox.c.instance_id == instance, outbox.c.state == READY)
    tx.conn.execute(update.where(outbox.c.kind.in_(STEPS)).values(state=HELD))


def let_go(tx: Tx, instance: str) -> int:
    """Let everything run that was on hold with an instance. Returns how many rows."""
    update = sa.update(outbox).where(outbox.c.instance_id == instance, outbox.c.state == HELD)
    tx.wake_workers()
    return tx.conn.execute(update.values(state=READY, not_before=tx.now)).rowcount


def result_key(idempotency_key: str) -> str:
    """The key of the row that follows the result of the effect with that key."""
    return f"{idempotency_key}:result"


def hold_start(tx: Tx, idempotency_key: str) -> None:
    """Keep a start until a version of its process is made current."""
    mine = (outbox.c.idempotency_key == idempotency_key, outbox.c.state == READY)
    tx.conn.execute(sa.update(outbox).where(*mine).values(state=HELD))


def let_start(tx: Tx, process: str) -> None:
    """Let everything begin that waited for a version of ``process`` to be made current."""
    waiting = (outbox.c.kind == START, outbox.c.state == HELD, outbox.c.element == process)
    if tx.conn.execute(sa.update(outbox).where(*waiting).values(state=READY, not_before=tx.now)).rowcount:
        tx.wake_workers()


def withdraw(tx: Tx, instance: str, idempotency_key: str = "") -> list[int]:
    """Want no more what would move an instance on, or the one effect of that key with its result; ids of the rows."""
    update = sa.update(outbox).where(outbox.c.instance_id == instance, outbox.c.state.in_((READY, HELD, FAILED)))
    if idempotency_key:
        update = update.where(outbox.c.idempotency_key.in_((idempotency_key, result_key(idempotency_key))))
    else:
        update = update.where(outbox.c.kind.in_(STEPS))
    return list(tx.conn.execute(update.values(state=CANCELLED, done_at=tx.now).returning(outbox.c.id)).scalars())


def drop(tx: Tx, outbox_id: int) -> None:
    """Want a failed row no more."""
    update = sa.update(outbox).where(outbox.c.id == outbox_id, outbox.c.state == FAILED)
    tx.conn.execute(update.values(state=CANCELLED, done_at=tx.now))


def expired(tx: Tx) -> sa.Select[Any]:
    """The claimed rows whose lease has run out."""
    return sa.select(outbox.c.id).where(outbox.c.state == constant(CLAIMED), outbox.c.lease_until < tx.now)


def reclaim(tx: Tx) -> int:
    """Give rows of workers that did not come back to the others. Returns how many."""
    return _free(tx, expired(tx))


def take_over(tx: Tx, worker: str) -> int:
    """Free what a worker of this name held when it died; for its successor, which need not wait for the lease."""
    return _free(tx, sa.select(outbox.c.id).where(outbox.c.state == constant(CLAIMED), outbox.c.claimed_by == worker))


def release(tx: Tx, worker: str) -> int:
    """Free what a living worker holds and could not go on with; nobody has died of it."""
    mine = sa.select(outbox.c.id).where(outbox.c.state == constant(CLAIMED), outbox.c.claimed_by == worker)
    return _free(tx, mine, deaths=0)


def _free(tx: Tx, chosen: sa.Select[Any], *, deaths: int = 1) -> int:
    values = {"state": READY, "claimed_by": "", "lease_until": None, "deaths": outbox.c.deaths + deaths}
    rows = claim(tx, outbox, chosen, values)
    if rows:
        tx.wake_workers()
    return len(rows)


def ready(tx: Tx) -> bool:
    """Whether a row waits for a worker now."""
    due = (outbox.c.state == constant(READY), outbox.c.not_before <= tx.now)
    query = sa.select(outbox.c.id).where(*due).limit(1)
    return tx.conn.execute(query).first() is not None
