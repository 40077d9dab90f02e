"""Messages between processes and from outside: an inbox with name, key, id and time to live (architecture §4)."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from loopdesk.engine import events, outbox_rows, values
from loopdesk.engine.actor import TIMER, Actor
from loopdesk.engine.db import BIG, JSON, Moment, metadata, new_id
from loopdesk.engine.errors import N_, Conflict
from loopdesk.engine.outbox_rows import Wanted
from loopdesk.engine.pending import Op
from loopdesk.engine.sql import constant, hold, hold_on
from loopdesk.engine.tx import Tx

message = sa.Table(
    "message",
    metadata,
    sa.Column("id", BIG, primary_key=True, autoincrement=True),
    sa.Column("name", sa.String(200), nullable=False),
    sa.Column("key", sa.String(64), nullable=False),
    sa.Column("message_id", sa.String(200), nullable=False, unique=True),
    sa.Column("payload", JSON, nullable=False),
    sa.Column("actor", JSON, nullable=False),
    sa.Column("created_at", Moment, nullable=False),
    sa.Column("expires_at", Moment, nullable=False),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("instances", JSON, nullable=False, server_default="[]"),
    sa.Index("ix_message_waiting", "name", "key", "state"),
)
sa.Index(
    "ix_message_expiry",
    message.c.expires_at,
    postgresql_where=message.c.state == "waiting",
    sqlite_where=message.c.state == "waiting",
)
"""``instances``: who got it, or was begun by it."""
NEW, WAITING, CORRELATED, EXPIRED = "new", "waiting", "correlated", "expired"
THROWN = "thrown"
"""The outbox kind of a message that is told by its message id; a worker of 0.2 leaves it to others."""
TTL = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Published:
    """What became of a message: ``state`` is new, waiting, correlated or expired, ``instances`` who got it."""

    id: int
    message_id: str
    state: str
    instances: list[str]
    expires_at: datetime
    again: bool = False
    """whether a message with its id came before, whose outcome this is"""


def publish(
    actor: Actor,
    tx: Tx,
    name: str,
    *,
    key: str,
    payload: Mapping[str, Any] = {},
    message_id: str | None = None,
    ttl: timedelta = TTL,
) -> Published:
    """Send a message to what waits for ``name`` and ``key``, now or until ``ttl`` is over.

    Who may publish is the calling verb's decision. A ``message_id`` that came before is answered with what became of
    the first message; `Conflict` when that one had another name or key.
    """
    identity = message_id or new_id()
    if message_id:
        hold(tx, f"message id\n{message_id}")
        if before := _published(tx, identity, name, key):
            return before
    row = _row(actor, tx, name, key, payload, identity, ttl)
    number = int(tx.conn.execute(sa.insert(message).returning(message.c.id), row).scalar_one())
    outbox_rows.put_many(tx, [Wanted("message", {"message": number}, f"message:{number}", key)])
    events.record(actor, tx, "message.published", key=key, data=_told(name, payload))
    return Published(number, identity, NEW, [], tx.now + ttl)


def throw(
    actor: Actor,
    tx: Tx,
    name: str,
    *,
    key: str,
    payload: Mapping[str, Any] = {},
    case: str = "",
    instance: str = "",
    process: str = "",
    element: str = "",
) -> None:
    """Send a message of which nobody asks back: it is written with all that is put off, and told by its message id.

    ``case`` (else the key), ``instance``, ``process`` and ``element`` say which diagram throws it, for the timeline.
    """
    identity = new_id()
    tx.insert(message, _row(actor, tx, name, key, payload, identity, TTL))
    outbox_rows.put_many(tx, [Wanted(THROWN, {"message": identity}, f"message:{identity}", key)])
    data = _told(name, payload) | ({"key": key} if case not in ("", key) else {})
    where = {"key": case or key, "instance": instance, "process": process, "element": element}
    events.record(actor, tx, "message.published", data=data, **where)


def _row(
    actor: Actor, tx: Tx, name: str, key: str, payload: Mapping[str, Any], identity: str, ttl: timedelta
) -> dict[str, Any]:
    times = {"created_at": tx.now, "expires_at": tx.now + ttl}
    sent = {"payload": dict(payload), "actor": actor_out(actor), "state": NEW}
    return {"name": name, "key": key, "message_id": identity, **sent, **times}


def _told(name: str, payload: Mapping[str, Any]) -> dict[str, Any]:
    return {"message": name, "payload": values.excerpt(payload)}


def _published(tx: Tx, identity: str, name: str, key: str) -> Published | None:
    """The outcome of the message with that id; None when there is none yet."""
    row = tx.conn.execute(sa.select(message).where(message.c.message_id == identity)).first()
    if row is None:
        return None
    if (row.name, row.key) != (name, key):
        raise Conflict(
            N_("The message id “%(id)s” belongs to another message."),
            remedy=N_("Give each message an id of its own."),
            id=identity,
        )
    return Published(row.id, identity, row.state, list(row.instances), row.expires_at, again=True)


def open_message(tx: Tx, which: int | str) -> dict[str, Any] | None:
    """The message of a number or message id that still looks for its receiver; None if correlated or expired."""
    same = message.c.message_id == which if isinstance(which, str) else message.c.id == which
    query = sa.select(message).where(same, message.c.state.in_((NEW, WAITING))).with_for_update()
    row = tx.conn.execute(query).mappings().first()
    if row is not None and row["expires_at"] < tx.now:
        _expired(tx, [dict(row)])
        return None
    return dict(row) if row else None


def whole(tx: Tx, number: int) -> dict[str, Any]:
    """A message, whatever became of it."""
    return dict(tx.conn.execute(sa.select(message).where(message.c.id == number)).mappings().one())


def settle(tx: Tx, number: int, state: str) -> None:
    """Write down what became of a message."""
    tx.conn.execute(sa.update(message).where(message.c.id == number).values(state=state))


def handed_over(tx: Tx, row: dict[str, Any], instance: str) -> None:
    """Write down that an instance got a message, or was begun by it."""
    row["instances"] = [*row["instances"], instance]
    received = {"state": CORRELATED, "instances": row["instances"]}
    tx.conn.execute(sa.update(message).where(message.c.id == row["id"]).values(**received))


def expire(tx: Tx, limit: int = 500) -> int:
    """Let messages expire that nobody took in time, recorded on their case. Returns how many."""
    over = sa.select(message).where(message.c.state == constant(WAITING), message.c.expires_at < tx.now)
    rows = tx.conn.execute(over.order_by(message.c.expires_at).limit(limit).with_for_update(skip_locked=True))
    found = [dict(row) for row in rows.mappings()]
    _expired(tx, found)
    return len(found)


def _expired(tx: Tx, rows: Sequence[Mapping[str, Any]]) -> None:
    for row in rows:
        settle(tx, row["id"], EXPIRED)
        data = {"message": row["name"], "sent": row["created_at"].isoformat(), "payload": row["payload"]}
        events.record(TIMER, tx, "message.expired", key=row["key"], data=data)


def forget(tx: Tx, name: str, *, key: str) -> None:
    """Let the messages that nothing has taken yet expire: what comes from now on must not find an old one."""
    unread = (message.c.name == name) & (message.c.key == key) & message.c.state.in_((NEW, WAITING))
    if tx.puts_off(message):
        tx.flush()

    def write(conn: sa.Connection) -> list[Op]:
        conn.execute(sa.update(message).where(unread).values(state=EXPIRED))
        return []

    tx.late(write, message)


def look_for(tx: Tx, name: str, key: str, *, case: str, step: str) -> None:
    """Let the oldest message that came before ``step`` of ``case`` began to wait for it look for a receiver again."""

    def write(conn: sa.Connection) -> list[Op]:
        hold_on(conn, _place(name, key))
        early = conn.execute(_EARLY, {"wanted": name, "by": key, "now": tx.now}).scalar()
        wanted = [Wanted("message", {"message": early}, f"message:{early}:{step}", case)] if early is not None else []
        return outbox_rows.wishes(tx, wanted)

    tx.late(write, message, outbox_rows.outbox)


_EARLY = (
    sa.select(message.c.id)
    .where(message.c.name == sa.bindparam("wanted"), message.c.key == sa.bindparam("by"))
    .where(message.c.state == WAITING, message.c.expires_at >= sa.bindparam("now", type_=Moment))
    .order_by(message.c.id)
    .limit(1)
)


def look_again(tx: Tx, names: Collection[str], why: str) -> None:
    """Let the messages of these names that nothing has taken yet look for a receiver; once for each ``why``."""
    query = sa.select(message.c.id, message.c.key).where(
        message.c.name.in_(names), message.c.state == WAITING, message.c.expires_at >= tx.now
    )
    wanted = [
        Wanted("message", {"message": row.id}, idempotency_key=f"message:{row.id}:{why}:{tx.now}", key=row.key)
        for row in tx.conn.execute(query)
    ]
    outbox_rows.put_many(tx, wanted)


def meet(tx: Tx, name: str, key: str) -> None:
    """Let an arriving message and an opening subscription see each other, whichever commits first."""
    hold(tx, _place(name, key))


def _place(name: str, key: str) -> str:
    return f"message\n{name}\n{key}"


def actor_out(actor: Actor) -> dict[str, Any]:
    """The actor as JSON, for a step that happens later on its account."""
    return {
        "kind": actor.kind,
        "id": actor.id,
        "name": actor.name,
        "roles": sorted(actor.roles),
        "departments": sorted(actor.departments),
        "organisation": actor.organisation,
        "language": actor.language,
        "zone": actor.zone,
    }


def actor_in(row: Mapping[str, Any]) -> Actor:
    """The actor that ``actor_out`` was given, without its token's scopes: the step was allowed when it was caused."""
    return Actor(**{**row, "roles": frozenset(row["roles"]), "departments": frozenset(row["departments"])})
