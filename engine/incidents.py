"""What did not work and needs a person: kept on the element where it happened, until it is tried again."""

import traceback
from typing import Any

import sqlalchemy as sa

from loopdesk.engine import events, outbox_rows
from loopdesk.engine.actor import SYSTEM, Actor
from loopdesk.engine.db import JSON, Moment, metadata, new_id
from loopdesk.engine.errors import N_, LoopdeskError, Missing, Refused
from loopdesk.engine.outbox_rows import Row
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
ROLES = ("owner", "supervisor", "integrator", "admin")
"""Who sees incidents and may have them tried again."""


def open(tx: Tx, row: Row, error: BaseException) -> str:
    """Open an incident for an outbox row that is given up, and return its id.

    ``message`` and ``remedy`` stay gettext ids with ``params``, so that each reader sees them in his language. A step
    that failed says in ``instance`` and ``place`` (``process/element``) where; the row only knows where it began.
    A job of the house that fails again keeps the incident it has and says there what happened last.
    """
    instance = getattr(error, "instance", "") or row.instance_id
    _, _, element = getattr(error, "place", "").partition("/")
    error = _known(error)
    said = {
        "message": error.message,
        "remedy": error.remedy,
        "params": error.params,
        "trace": "".join(traceback.format_exception(error)),
    }
    same = sa.update(incident).where(incident.c.outbox_id == row.id, incident.c.state == "open").values(**said)
    known = tx.conn.execute(same.returning(incident.c.id)).scalar()
    if known is not None:
        return str(known)
    values = {
        "id": new_id(),
        "outbox_id": row.id,
        "kind": row.kind,
        "key": row.key,
        "instance_id": instance,
        "element": element or row.element,
        **said,
        "state": "open",
        "opened_at": tx.now,
        "resolved_by": "",
    }
    tx.conn.execute(sa.insert(incident).values(**values))
    _record(SYSTEM, tx, "incident.opened", values)
    return str(values["id"])


def _known(error: BaseException) -> LoopdeskError:
    if isinstance(error, LoopdeskError):
        return error
    return Refused(
        "An unexpected error: %(error)s",
        remedy=N_("Pass the technical details on to your integrator, then try again."),
        error=f"{type(error).__name__}: {error}",
    ).with_traceback(error.__traceback__)


def listing(actor: Actor, tx: Tx, *, state: str = "open", limit: int = 200) -> list[dict[str, Any]]:
    """Incidents, newest first. Raises ``Refused`` for who is none of ``ROLES``."""
    _require(actor)
    query = sa.select(incident).where(incident.c.state == state).order_by(incident.c.opened_at.desc(), incident.c.id)
    return [dict(row) for row in tx.conn.execute(query.limit(limit)).mappings()]


def of_instance(tx: Tx, instance: str) -> list[dict[str, Any]]:
    """The open incidents of one instance, for its diagram."""
    query = sa.select(incident).where(incident.c.instance_id == instance, incident.c.state == "open")
    return [dict(row) for row in tx.conn.execute(query.order_by(incident.c.opened_at)).mappings()]


def retry(actor: Actor, tx: Tx, incident_id: str) -> None:
    """Resolve an open incident by letting its outbox row run again, with all its attempts.

    Raises ``Refused`` for who is none of ``ROLES`` or when somebody was quicker, ``Missing`` for an unknown id.
    """
    _require(actor)
    update = (
        sa.update(incident)
        .where(incident.c.id == incident_id, incident.c.state == "open")
        .values(state="resolved", resolved_at=tx.now, resolved_by=actor.id)
        .returning(*incident.c)
    )
    row = tx.conn.execute(update).mappings().first()
    if row is None:
        known = tx.conn.execute(sa.select(incident.c.id).where(incident.c.id == incident_id)).first()
        if known is None:
            raise Missing("There is no such incident.")
        raise Refused("Somebody has already tried this incident again.", remedy=N_("Reload the list of incidents."))
    outbox_rows.again(tx, row["outbox_id"])
    _record(actor, tx, "incident.resolved", dict(row))


def over(tx: Tx, outbox_id: int) -> None:
    """Resolve the open incident of an outbox row that has been performed after all, without anybody's doing."""
    update = (
        sa.update(incident)
        .where(incident.c.outbox_id == outbox_id, incident.c.state == "open")
        .values(state="resolved", resolved_at=tx.now, resolved_by=SYSTEM.id)
        .returning(*incident.c)
    )
    for row in tx.conn.execute(update).mappings():
        _record(SYSTEM, tx, "incident.resolved", dict(row))


def _require(actor: Actor) -> None:
    if not actor.has_role(*ROLES):
        raise Refused(
            "You may not handle incidents.", remedy=N_("Ask a supervisor, a process owner or an integrator to do it.")
        )


def _record(actor: Actor, tx: Tx, kind: str, row: dict[str, Any]) -> None:
    data = {"incident": row["id"], "kind": row["kind"], "message": row["message"], "params": row["params"]}
    events.record(actor, tx, kind, key=row["key"], instance=row["instance_id"], element=row["element"], data=data)
