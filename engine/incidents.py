"""What did not work and needs a person: kept on the element where it happened, until somebody deals with it.

``repair`` is what people do about an incident besides trying again.
"""

import traceback
from typing import Any

import sqlalchemy as sa

from loopdesk.engine import events, outbox_rows
from loopdesk.engine.actor import SYSTEM, Actor
from loopdesk.engine.db import JSON, Moment, metadata, new_id
from loopdesk.engine.errors import N_, Conflict, LoopdeskError, Missing, Refused
from loopdesk.engine.operators import READ, REPAIRERS, require
from loopdesk.engine.outbox_rows import Row
from loopdesk.engine.storable import storable
from loopdesk.engine.tx import Tx

incident = sa.Table(
    "incident",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("outbox_id", sa.BigInteger, nullable=False),
    sa.Column("kind", sa.String(32), nullable=False),
    sa.Column("key", sa.String(64), nullable=False),
    sa.Column("instance_id", sa.String(32), nullable=False),
    sa.Column("element", sa.String(200), nullable=False),
    sa.Column("message", sa.Text, nullable=False),
    sa.Column("remedy", sa.Text, nullable=False),
    sa.Column("params", JSON, nullable=False),
    sa.Column("trace", sa.Text, nullable=False),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("opened_at", Moment, nullable=False),
    sa.Column("resolved_at", Moment),
    sa.Column("resolved_by", sa.String(64), nullable=False),
    sa.Column("type", sa.String(200), nullable=False, server_default=""),
    sa.Column("resolution", sa.String(16), nullable=False, server_default=""),
    sa.Index("ix_incident_instance", "instance_id", "state"),
    sa.Index("ix_incident_state", "state", "opened_at"),
)
ROLES = REPAIRERS
"""Who sees incidents and may handle them."""
OPEN, RESOLVED = "open", "resolved"
RETRIED, CHANGED, SKIPPED, CANCELLED = "retried", "changed", "skipped", "cancelled"
"""How an incident was resolved; ``CANCELLED`` with its activity or its whole instance."""


def open(tx: Tx, row: Row, error: BaseException) -> str:
    """Open an incident for an outbox row that is given up, and return its id.

    ``message`` and ``remedy`` stay gettext ids with ``params``, so that each reader sees them in his language. A step
    that failed says in ``failed_instance`` and ``place`` (``process/element``) where; the row knows where it began.
    ``type`` is the effect or the channel that the row wanted. A job of the house (``periodic``) that fails again
    keeps the incident it has, which then says what happened last.
    """
    instance = getattr(error, "failed_instance", "") or row.instance_id
    _, _, element = getattr(error, "place", "").partition("/")
    error = _known(error)
    said = {
        "message": error.message,
        "remedy": error.remedy,
        "params": {key: storable(one) if isinstance(one, str) else one for key, one in error.params.items()},
        "trace": storable("".join(traceback.format_exception(error))),
    }
    same = sa.update(incident).where(incident.c.outbox_id == row.id, incident.c.state == OPEN).values(**said)
    known = tx.conn.execute(same.returning(incident.c.id)).scalar()
    if known is not None:
        return str(known)
    values = {
        "id": new_id(),
        "outbox_id": row.id,
        "kind": row.kind,
        "type": _type(row, element),
        "key": row.key,
        "instance_id": instance,
        "element": element or row.element,
        **said,
        "state": OPEN,
        "opened_at": tx.now,
        "resolved_by": "",
    }
    tx.conn.execute(sa.insert(incident).values(**values))
    record(SYSTEM, tx, "incident.opened", values)
    return str(values["id"])


def _type(row: Row, element: str) -> str:
    """The effect or channel that failed; none where the failure is an element's behind what was performed."""
    if row.kind == outbox_rows.RESULT and element not in ("", row.element):
        return ""
    return str(row.payload.get("type") or row.payload.get("channel") or "")


def _known(error: BaseException) -> LoopdeskError:
    if isinstance(error, LoopdeskError):
        return error
    return Refused(
        "An unexpected error: %(error)s",
        remedy=N_("Pass the technical details on to your integrator, then try again."),
        error=f"{type(error).__name__}: {error}",
    ).with_traceback(error.__traceback__)


def over(tx: Tx, outbox_id: int) -> None:
    """Resolve the open incident of an outbox row that has been performed after all (by ``periodic``)."""
    update = sa.update(incident).where(incident.c.outbox_id == outbox_id, incident.c.state == OPEN)
    values = {"state": RESOLVED, "resolved_at": tx.now, "resolved_by": SYSTEM.id, "resolution": RETRIED}
    for row in tx.conn.execute(update.values(**values).returning(*incident.c)).mappings().all():
        record(SYSTEM, tx, "incident.resolved", dict(row), resolution=RETRIED)


def listing(actor: Actor, tx: Tx, *, state: str = OPEN, limit: int = 200) -> list[dict[str, Any]]:
    """Incidents, newest first. Raises ``Refused`` for who is none of ``ROLES``."""
    require(actor, ROLES, scope=READ)
    query = sa.select(incident).where(incident.c.state == state, tx.host.sees(actor, incident.c.key))
    query = query.order_by(incident.c.opened_at.desc(), incident.c.id).limit(limit)
    return [dict(row) for row in tx.conn.execute(query).mappings()]


def get(actor: Actor, tx: Tx, incident_id: str) -> dict[str, Any]:
    """One incident, whatever its state; ``Missing`` for an unknown id or a case that the actor may not see."""
    require(actor, ROLES, scope=READ)
    query = sa.select(incident).where(incident.c.id == incident_id, tx.host.sees(actor, incident.c.key))
    row = tx.conn.execute(query).mappings().first()
    if row is None:
        raise Missing("There is no such incident.")
    return dict(row)


def of_instance(tx: Tx, instance: str) -> list[dict[str, Any]]:
    """The open incidents of one instance, for its diagram."""
    query = sa.select(incident).where(incident.c.instance_id == instance, incident.c.state == OPEN)
    return [dict(row) for row in tx.conn.execute(query.order_by(incident.c.opened_at)).mappings()]


def retry(actor: Actor, tx: Tx, incident_id: str, *, reason: str = "") -> None:
    """Resolve an open incident by letting its outbox row run again, with all its attempts.

    Raises ``Refused`` for who is none of ``ROLES``, ``Conflict`` when somebody was quicker, ``Missing`` for an
    unknown id.
    """
    require(actor, ROLES)
    row = take(actor, tx, incident_id, RETRIED)
    outbox_rows.again(tx, row["outbox_id"])
    record(actor, tx, "incident.resolved", row, resolution=RETRIED, reason=reason)


def take(actor: Actor, tx: Tx, incident_id: str, resolution: str) -> dict[str, Any]:
    """Close an open incident for who handles it, and return its row; of two at once the second gets ``Conflict``."""
    # The row of the outbox first, as everywhere, so that two who meet here never wait for each other crosswise.
    outbox_rows.lock(tx, get(actor, tx, incident_id)["outbox_id"])
    update = (
        sa.update(incident)
        .where(incident.c.id == incident_id, incident.c.state == OPEN)
        .values(state=RESOLVED, resolved_at=tx.now, resolved_by=actor.id, resolution=resolution)
        .returning(*incident.c)
    )
    row = tx.conn.execute(update).mappings().first()
    if row is None:
        raise Conflict("Somebody has already dealt with this incident.", remedy=N_("Reload the list of incidents."))
    return dict(row)


def withdraw(actor: Actor, tx: Tx, instance: str, idempotency_key: str = "") -> None:
    """Close the incidents of what is not wanted any more: of one effect, or of the whole instance.

    An effect that a worker performs right now is not called back; its result finds nobody who waits for it. What is
    still wanted without the instance, a mail or a message that may be another's, keeps its incident.
    """
    gone = outbox_rows.withdraw(tx, instance, idempotency_key)
    if not gone:
        return
    update = sa.update(incident).where(incident.c.outbox_id.in_(gone), incident.c.state == OPEN)
    update = update.returning(*incident.c)
    values = {"state": RESOLVED, "resolved_at": tx.now, "resolved_by": actor.id, "resolution": CANCELLED}
    for row in tx.conn.execute(update.values(**values)).mappings().all():
        record(actor, tx, "incident.resolved", dict(row), resolution=CANCELLED)


def record(actor: Actor, tx: Tx, kind: str, row: dict[str, Any], **more: Any) -> None:
    """Append an event about an incident."""
    data = {"incident": row["id"], "kind": row["kind"], "message": row["message"], "params": row["params"]}
    where = {"key": row["key"], "instance": row["instance_id"], "element": row["element"]}
    events.record(actor, tx, kind, data={**data, **more}, **where)
