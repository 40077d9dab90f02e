"""The same verb on many instances or incidents: chosen once, done in batches through the outbox, one result each."""

from collections.abc import Callable, Mapping
from typing import Any

import sqlalchemy as sa

from loopdesk.engine import events, incidents, messages, operators, outbox, selection, suspension
from loopdesk.engine.actor import Actor
from loopdesk.engine.bulk_rows import DONE, REFUSED, WAITING
from loopdesk.engine.bulk_rows import bulk as table
from loopdesk.engine.bulk_rows import bulk_item as item
from loopdesk.engine.db import new_id
from loopdesk.engine.errors import Away, Conflict, Invalid, LoopdeskError, Missing, Phrase, Refused
from loopdesk.engine.instances import ACTIVE, instance
from loopdesk.engine.outbox import Row, Wanted
from loopdesk.engine.selection import Incidents, Instances
from loopdesk.engine.tx import Tx

BATCH = 20
"""Items of one transaction."""
Act = Callable[[Actor, Tx, str, str], None]
ACTIONS: Mapping[str, Act] = {
    "suspend": suspension.suspend,
    "resume": suspension.resume,
    "terminate": suspension.terminate,
    "retry": lambda actor, tx, subject, reason: incidents.retry(actor, tx, subject, reason=reason),
}
"""Action -> what it does to one instance, or, for ``retry``, to one incident."""


def local_handlers() -> dict[str, Callable[[Tx, Row], None]]:
    """Outbox kinds that are performed in our own database."""
    return {"bulk": perform}


def start(actor: Actor, tx: Tx, action: str, chosen: Instances | Incidents, reason: str) -> str:
    """Choose all that ``chosen`` means now, and do ``action`` to each in the background; the id of the bulk action.

    ``retry`` takes ``Incidents``, everything else ``Instances``, of which those that have ended are left out.
    Raises ``Conflict`` when nothing is chosen.
    """
    operators.require(actor, operators.REPAIRERS if action == "retry" else operators.ROLES)
    if action not in ACTIONS or isinstance(chosen, Incidents) != (action == "retry"):
        known = Phrase("One of %(known)s.", known=", ".join(ACTIONS))
        raise Invalid("“%(action)s” cannot be done in bulk.", fields={"action": [known]}, action=action)
    reason = operators.reason_of(reason, needed=action != "retry")
    identity = new_id()
    row = {"id": identity, "action": action, "chosen": selection.plain(chosen), "reason": reason}
    values = row | {"actor": messages.actor_out(actor), "total": 0, "created_at": tx.now}
    tx.conn.execute(sa.insert(table).values(**values))
    total = _choose(actor, tx, identity, chosen)
    if not total:
        raise Conflict("Nothing is chosen: none is like that any more.")
    tx.conn.execute(sa.update(table).where(table.c.id == identity).values(total=total))
    batches = [
        Wanted("bulk", {"bulk": identity, "first": first, "last": first + BATCH - 1}, f"bulk:{identity}:{first}")
        for first in range(1, total + 1, BATCH)
    ]
    outbox.put_many(tx, batches)
    events.record(actor, tx, "bulk.started", data={"bulk": identity, **row, "total": total})
    return identity


def _choose(actor: Actor, tx: Tx, identity: str, chosen: Instances | Incidents) -> int:
    if isinstance(chosen, Incidents):
        found = selection.incident_ids(actor, tx, chosen).subquery()
    else:
        running = selection.instance_ids(actor, tx, chosen)
        found = running.where(instance.c.status == ACTIVE).subquery()
    numbered = sa.select(
        sa.literal(identity),
        sa.func.row_number().over(order_by=found.c.id),
        found.c.id,
        found.c.key,
        sa.literal(WAITING),
        sa.literal(""),
        sa.literal({}, item.c.params.type),
    )
    names = ["bulk_id", "number", "subject", "key", "state", "message", "params"]
    tx.conn.execute(sa.insert(item).from_select(names, numbered))
    count = sa.select(sa.func.count()).where(item.c.bulk_id == identity)
    return int(tx.conn.execute(count).scalar_one())


def perform(tx: Tx, row: Row) -> None:
    """Do one batch; each item succeeds or is refused by itself, and keeps why."""
    where = (item.c.bulk_id == row.payload["bulk"], item.c.state == WAITING)
    bounds = item.c.number.between(row.payload["first"], row.payload["last"])
    query = sa.select(item).where(*where, bounds).order_by(item.c.number)
    head = tx.conn.execute(sa.select(table).where(table.c.id == row.payload["bulk"])).mappings().one()
    actor = messages.actor_in(head["actor"])
    for one in tx.conn.execute(query).mappings().all():
        try:
            with tx.attempt():
                ACTIONS[head["action"]](actor, tx, one["subject"], head["reason"])
                tx.flush()
            result: dict[str, Any] = {"state": DONE}
        except (Away, sa.exc.OperationalError, sa.exc.InterfaceError):
            raise
        except Exception as error:  # noqa: BLE001 - kept as what became of the item; the others go on
            result = {"state": REFUSED, **_told(error)}
        update = sa.update(item).where(item.c.bulk_id == one["bulk_id"], item.c.number == one["number"])
        tx.conn.execute(update.values(**result, at=tx.now))


def get(actor: Actor, tx: Tx, bulk_id: str) -> dict[str, Any]:
    """A bulk action: action, chosen, reason, by, created_at, total, ``done``, ``refused``, ``waiting``."""
    operators.require(actor, operators.REPAIRERS, scope=operators.READ)
    row = tx.conn.execute(sa.select(table).where(table.c.id == bulk_id)).mappings().first()
    if row is None:
        raise Missing("There is no such bulk action.")
    query = sa.select(item.c.state, sa.func.count()).where(item.c.bulk_id == bulk_id).group_by(item.c.state)
    counts = {str(state): int(count) for state, count in tx.conn.execute(query)}
    by = row["actor"]["name"]
    return {**row, "by": by, **{state: counts.get(state, 0) for state in (DONE, REFUSED, WAITING)}}


def items(
    actor: Actor, tx: Tx, bulk_id: str, *, state: str = "", limit: int = 100, after: int = 0
) -> list[dict[str, Any]]:
    """What became of each item that the actor may see, in their order, those behind the number ``after``."""
    get(actor, tx, bulk_id)
    query = sa.select(item).where(item.c.bulk_id == bulk_id, item.c.number > after, tx.host.sees(actor, item.c.key))
    query = query.where(item.c.state == state) if state else query
    return [dict(row) for row in tx.conn.execute(query.order_by(item.c.number).limit(limit)).mappings()]


def _told(error: Exception) -> dict[str, Any]:
    if not isinstance(error, LoopdeskError):
        error = Refused("An unexpected error: %(error)s", error=f"{type(error).__name__}: {error}")
    return {"message": error.message, "params": _plain(error.params)}


def _plain(params: Mapping[str, object]) -> dict[str, Any]:
    return {name: value if isinstance(value, int | float) else str(value) for name, value in params.items()}
