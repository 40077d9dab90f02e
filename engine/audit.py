"""The audit log: every event becomes a link of its instance's chain, and every link is sealed into one of the house.

Nothing of it runs in a step. A job takes the events that were committed since it last looked, in commit order, so the
hot path pays no statement; what is changed within that minute is not noticed (docs/decisions/0007-audit.md).
"""

import hashlib
import logging
from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from loopdesk.engine import events
from loopdesk.engine.actor import Actor
from loopdesk.engine.audit_rows import START, audit, chain_of, content_of, head, house, link, mark, payload_of, seal
from loopdesk.engine.audit_rows import tombstone as tombstone_
from loopdesk.engine.db import new_id
from loopdesk.engine.errors import N_, Away
from loopdesk.engine.events import event
from loopdesk.engine.sql import hold, upsert
from loopdesk.engine.tx import Engine, Tx

log = logging.getLogger(__name__)

BATCH = 2000
"""Events of one transaction: on SQLite nobody else writes meanwhile (about a tenth of a second)."""
LOCK = "audit"
ERASED, ARCHIVED = "data.erased", "data.archived"
"""Kinds of the events that answer for lawful changes of the log."""


def chain(engine: Engine) -> int:
    """Chain every event committed so far and return how many there were; safe in several processes at once."""
    chained = 0
    while True:
        with engine.begin() as tx:
            found = chain_batch(tx)
        chained += found
        if found < BATCH:
            return chained


def job(tx: Tx) -> None:
    """What the house does each minute: chain what there is; a long queue in transactions of their own."""
    if chain_batch(tx) == BATCH:
        tx.after_commit(lambda: _note(chain(tx.engine)))


def _note(chained: int) -> None:
    log.info("%d more events went into the audit log.", chained)


def chain_batch(tx: Tx) -> int:
    """Chain the next events, at most ``BATCH``; returns how many."""
    hold(tx, LOCK)
    last = _last_seal(tx)
    rows, cursor = events.since(tx, last["cursor"], BATCH)
    if rows:
        sealed = _append(tx, last, rows, cursor)
        tx.after_commit(lambda: log.info("Audit seal %d:%s", sealed["number"], sealed["hash"].hex()))
    return len(rows)


def catch_up(tx: Tx) -> int:
    """Chain what no chain holds, after a restore: there no transaction is open and the order of commits is gone."""
    hold(tx, LOCK)
    cursor = f"0.{tx.conn.scalar(sa.select(sa.func.max(event.c.id))) or 0}"
    unchained = sa.select(event).where(~sa.exists().where(audit.c.event_id == event.c.id)).order_by(event.c.id)
    chained, newest = 0, 0
    while True:
        found = tx.conn.execute(unchained.where(event.c.id > newest).limit(BATCH)).mappings()
        rows = [dict(row) for row in found]
        _append(tx, _last_seal(tx), rows, cursor)
        chained += len(rows)
        if len(rows) < BATCH:
            return chained
        newest = rows[-1]["id"]


def newest_seal(tx: Tx) -> str:
    """The newest seal as ``NUMBER:HASH``; noted down elsewhere, it proves later that nothing before it was cut off."""
    last = _last_seal(tx)
    return f"{last['number']}:{last['hash'].hex()}"


def lag(tx: Tx) -> float:
    """For how many seconds the oldest event that is not chained yet has waited; 0 when there is none."""
    xact, number = (int(part) for part in (_last_seal(tx)["cursor"] or "0.0").split("."))
    behind = sa.tuple_(event.c.xact, event.c.id) > sa.tuple_(sa.literal(xact), sa.literal(number))
    oldest = tx.conn.scalar(sa.select(event.c.at).where(behind).order_by(event.c.xact, event.c.id).limit(1))
    return (tx.now - oldest).total_seconds() if oldest else 0.0


def entomb(
    actor: Actor,
    tx: Tx,
    kind: str,
    changed: Mapping[int, Mapping[str, Any] | None],
    *,
    key: str = "",
    data: Mapping[str, Any] = {},
) -> None:
    """Answer for a lawful change of events: ``changed`` maps an event's id to the row left, None for none.

    Writes the tombstones and the event ``kind`` that names them by digest. The caller changes the rows in the same
    transaction. Raises ``Away`` when one of them is too young to be chained.
    """
    while chain_batch(tx) == BATCH:
        pass
    token, digest = new_id(), hashlib.sha256()
    rows: list[dict[str, Any]] = []
    for number in sorted(changed):
        left = changed[number]
        rows.append({"event_id": number, "token": token, "payload": payload_of(left) if left is not None else None})
        digest.update(mark(rows[-1]))
    _require_chained(tx, sorted(changed))
    if rows:
        tx.conn.execute(sa.insert(tombstone_), rows)
    seen = {"tombstones": token, "rows": len(rows), "digest": digest.hexdigest()}
    events.record(actor, tx, kind, key=key, data={**data, **seen})


def _require_chained(tx: Tx, numbers: Sequence[int]) -> None:
    for start in range(0, len(numbers), BATCH):
        part = numbers[start : start + BATCH]
        query = sa.select(sa.func.count()).select_from(audit).where(audit.c.event_id.in_(part))
        if tx.conn.scalar(query) != len(part):
            remedy = N_("Try again in a minute.")
            raise Away("Some of these events are not in the audit log yet.", remedy=remedy)


def _last_seal(tx: Tx) -> dict[str, Any]:
    row = tx.conn.execute(sa.select(house).order_by(house.c.number.desc()).limit(1)).mappings().first()
    return dict(row) if row else {"number": 0, "last": 0, "hash": START, "cursor": ""}


def _links(tx: Tx, rows: Sequence[Mapping[str, Any]], number: int) -> list[dict[str, Any]]:
    """The rows of the audit log for ``rows``; moves the heads of their chains."""
    chains = sorted({chain_of(row) for row in rows})
    known = tx.conn.execute(sa.select(head).where(head.c.chain.in_(chains)))
    heads = {row.chain: (int(row.position), bytes(row.hash)) for row in known}
    links: list[dict[str, Any]] = []
    for count, row in enumerate(rows, number + 1):
        name, payload = chain_of(row), payload_of(row)
        position, previous = heads.get(name, (0, START))
        content = content_of(row, payload)
        made = {"number": count, "event_id": row["id"], "chain": name, "position": position + 1}
        made |= {"payload": payload, "content": content, "previous": previous, "hash": link(previous, content)}
        heads[name] = (made["position"], made["hash"])
        links.append(made)
    moved = [{"chain": name, "position": heads[name][0], "hash": heads[name][1]} for name in chains]
    upsert(tx, head, moved, unique="chain")
    return links


def _append(tx: Tx, last: Mapping[str, Any], rows: Sequence[Mapping[str, Any]], cursor: str) -> dict[str, Any]:
    """Chain ``rows`` and seal them behind the seal ``last``."""
    links = _links(tx, rows, last["last"])
    if links:
        tx.conn.execute(sa.insert(audit), links)
    row: dict[str, Any] = {
        "number": last["number"] + 1,
        "at": tx.now,
        "first": last["last"] + 1,
        "last": last["last"] + len(links),
        "digest": hashlib.sha256(b"".join(row["hash"] for row in links)).digest(),
        "cursor": cursor,
        "previous": last["hash"],
    }
    row |= {"hash": link(last["hash"], seal(row))}
    tx.conn.execute(sa.insert(house).values(**row))
    return row
