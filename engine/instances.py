"""Process instances: their stored state, and what can be read of them."""

from typing import Any

import sqlalchemy as sa

from loopdesk.engine import bpmn, bundles, incidents, values
from loopdesk.engine.db import Moment, metadata
from loopdesk.engine.errors import N_, Conflict, Missing
from loopdesk.engine.tx import Tx

instance = sa.Table(
    "instance",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("bundle_id", sa.String(32), sa.ForeignKey("bundle.id"), nullable=False),
    sa.Column("process", sa.String(200), nullable=False),
    sa.Column("key", sa.String(64), nullable=False),
    sa.Column("state", sa.LargeBinary, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("status", sa.String(16), nullable=False),
    sa.Column("started_at", Moment, nullable=False),
    sa.Column("ended_at", Moment),
    sa.Column("suspended_at", Moment),
    sa.Index("ix_instance_key", "key", "started_at"),
)
ACTIVE, COMPLETED, FAILED, CANCELLED = "active", "completed", "failed", "cancelled"


class Suspended(Conflict):
    """The instance is on hold: it takes no step until somebody lets it go on."""

    code = "suspended"


_HEAD = [column for column in instance.c if column.name != "state"]


def lock(tx: Tx, instance_id: str) -> dict[str, Any]:
    """The whole row, held until the transaction ends; steps of one instance follow one another."""
    query = sa.select(instance).where(instance.c.id == instance_id).with_for_update()
    row = tx.conn.execute(query).mappings().first()
    if row is None:
        raise Missing("There is no such process instance.")
    return dict(row)


def require_running(row: dict[str, Any]) -> None:
    """Raise ``Suspended`` for a locked instance that is on hold."""
    if row["suspended_at"] is not None:
        raise Suspended(
            "This process is on hold since %(at)s; nothing goes on until it is resumed.",
            remedy=N_("What you entered is kept. Ask a supervisor when it goes on."),
            at=row["suspended_at"],
        )


def whole(tx: Tx, instance_id: str) -> dict[str, Any]:
    """The whole row, for reading."""
    row = tx.conn.execute(sa.select(instance).where(instance.c.id == instance_id)).mappings().first()
    if row is None:
        raise Missing("There is no such process instance.")
    return dict(row)


def add(tx: Tx, row: dict[str, Any]) -> None:
    """Store a new instance."""
    tx.insert(instance, row)


def save(tx: Tx, row: dict[str, Any], *, state: bytes, status: str) -> None:
    """Store the state after a step; the commit is ``Away`` (try again) when another step came between."""
    ended = None if status == ACTIVE else tx.now
    values = {"id": row["id"], "state": state, "status": status, "version": row["version"] + 1, "ended_at": ended}
    tx.change(instance, values)


def get(tx: Tx, instance_id: str) -> dict[str, Any]:
    """What is known of an instance, without its state; ``Missing`` for an unknown id."""
    rows = _read(tx, instance.c.id == instance_id)
    if not rows:
        raise Missing("There is no such process instance.")
    return rows[0]


def of_key(tx: Tx, key: str) -> list[dict[str, Any]]:
    """The instances of a case, oldest first."""
    return _read(tx, instance.c.key == key)


def of_process(tx: Tx, process: str) -> list[dict[str, Any]]:
    """The instances of a process, oldest first; meant for the few of a scenario."""
    return _read(tx, instance.c.process == process)


def _read(tx: Tx, where: sa.ColumnElement[bool]) -> list[dict[str, Any]]:
    query = (
        sa.select(*_HEAD, bundles.bundle.c.name.label("bundle"), bundles.bundle.c.number)
        .join(bundles.bundle, bundles.bundle.c.id == instance.c.bundle_id)
        .where(where)
        .order_by(instance.c.started_at, instance.c.id)
    )
    return [dict(row) for row in tx.conn.execute(query).mappings()]


def tokens(tx: Tx, instance_id: str) -> dict[str, list[str]]:
    """Element and flow ids: where tokens are (``active``), were (``completed``), and where an incident is open."""
    execution = _look(tx, instance_id)[1]
    return {
        "active": _ids(execution.active),
        "completed": _ids(execution.passed),
        "incidents": sorted({row["element"] for row in incidents.of_instance(tx, instance_id) if row["element"]}),
    }


def waiting(tx: Tx, instance_id: str) -> list[str]:
    """Element ids that wait for a person, a message, a moment or an effect; boundary events are not listed."""
    return _ids(_look(tx, instance_id)[1].waiting)


def variables(tx: Tx, instance_id: str) -> dict[str, Any]:
    """The process variables of an instance."""
    return _look(tx, instance_id)[1].data


def passed(tx: Tx, instance_id: str) -> set[str]:
    """Places (``process/element``) of the elements completed and flows taken, for coverage."""
    return _look(tx, instance_id)[1].passed


def diagram(tx: Tx, instance_id: str, lang: str) -> str:
    """The BPMN XML that the instance runs on, with the names of elements in ``lang``."""
    row = get(tx, instance_id)
    made = bundles.get(tx, row["bundle_id"])
    process = made.program.diagrams.processes[row["process"]]
    return made.drawn(process.file, lang)


def _look(tx: Tx, instance_id: str) -> tuple[bundles.Bundle, bpmn.Execution]:
    row = whole(tx, instance_id)
    made = bundles.get(tx, row["bundle_id"])
    return made, bpmn.Execution.look(made.program, row["process"], row["state"], values.of(tx, instance_id))


def _ids(places: Any) -> list[str]:
    return sorted({place.partition("/")[2] for place in places})
