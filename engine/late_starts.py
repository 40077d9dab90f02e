"""Processes that have to begin and may not yet, because their name is retired: they begin with the next version.

What somebody reports is never refused because an owner has retired a process (INT-1).
"""

from collections.abc import Callable, Mapping
from typing import Any

import sqlalchemy as sa

from loopdesk.engine import bundles, messages, outbox, outbox_rows, runner
from loopdesk.engine.actor import Actor
from loopdesk.engine.errors import Refused
from loopdesk.engine.outbox_rows import CANCELLED, DONE, START, Row
from loopdesk.engine.sql import hold
from loopdesk.engine.tx import Tx


def begin(actor: Actor, tx: Tx, process: str, *, key: str, data: Mapping[str, Any]) -> None:
    """Start ``process`` for ``key`` as `runner.start` does, or when a version is made current if it is retired now."""
    if not _retired(tx, process):
        runner.start(actor, tx, process, key=key, data=data)
        return
    row = {"process": process, "data": dict(data), "actor": messages.actor_out(actor)}
    outbox.put(tx, START, row, idempotency_key=_key(process, key), key=key, element=process)
    outbox_rows.hold_start(tx, _key(process, key))


def waits(tx: Tx, process: str, key: str) -> bool:
    """Whether ``process`` has yet to begin for ``key``."""
    query = sa.select(outbox.outbox.c.state).where(outbox.outbox.c.idempotency_key == _key(process, key))
    return tx.conn.execute(query).scalar() not in (None, DONE, CANCELLED)


def local_handlers() -> dict[str, Callable[[Tx, Row], None]]:
    """The outbox kind that begins what had to wait."""
    return {START: _perform}


def _perform(tx: Tx, row: Row) -> None:
    """Begin the process of an outbox row; one that was retired once more waits on."""
    given = row.payload
    if _retired(tx, given["process"]):
        outbox_rows.hold(tx, row)
        return
    runner.start(messages.actor_in(given["actor"]), tx, given["process"], key=row.key, data=given["data"])


def _retired(tx: Tx, process: str) -> bool:
    """Whether nothing begins with ``process`` now; it stays so until this transaction ends."""
    try:
        bundles.startable(tx, process)
    except Refused:
        # Looked at once more beside who makes a version current: the row must not begin to wait behind its back.
        hold(tx, f"bundle\n{process}")
    else:
        return False
    try:
        bundles.startable(tx, process)
    except Refused:
        return True
    return False


def _key(process: str, key: str) -> str:
    return f"start:{process}:{key}"
