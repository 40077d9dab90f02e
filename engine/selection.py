"""Instances and incidents by what they have in common: for lists, and for doing something to all of them."""

from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, fields
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from loopdesk.engine import bundles, incidents, operators, outbox_rows, subscriptions, timers, work_rows
from loopdesk.engine.actor import Actor
from loopdesk.engine.errors import Invalid, Phrase
from loopdesk.engine.instances import ACTIVE, instance
from loopdesk.engine.tx import Tx

SUSPENDED = "suspended"
STATUSES = (ACTIVE, SUSPENDED, "completed", "cancelled", "failed")
"""``active`` are those that run now, ``suspended`` those on hold."""
MOST_DAYS = 36_500
_HEAD = [column for column in instance.c if column.name != "state"]


@dataclass(frozen=True, slots=True)
class Instances:
    """Which instances: by process, number of its version, element that they wait at, case, status, age in days,
    and whether an incident stops them. What is empty does not matter."""

    process: str = ""
    number: int | None = None
    element: str = ""
    key: str = ""
    status: str = ""
    older_than: int | None = None
    stopped: bool = False


@dataclass(frozen=True, slots=True)
class Incidents:
    """Which open incidents: by kind, type (effect or channel), process, element, case, words of the message."""

    kind: str = ""
    type: str = ""
    process: str = ""
    element: str = ""
    key: str = ""
    words: str = ""


def instances_of(given: Mapping[str, Any]) -> Instances:
    """The filter that a request names; ``Invalid`` for a field or value that there is not."""
    _known(given, Instances)
    wanted = Instances(**{name: value for name, value in given.items() if value is not None})
    if wanted.status and wanted.status not in STATUSES:
        text = Phrase("One of %(known)s.", known=", ".join(STATUSES))
        raise Invalid("“%(status)s” is no status.", fields={"status": [text]}, status=wanted.status)
    if wanted.older_than is not None and not 0 <= wanted.older_than <= MOST_DAYS:
        text = Phrase("Between 0 and %(limit)s.", limit=MOST_DAYS)
        raise Invalid("The age is a number of days.", fields={"older_than": [text]})
    return wanted


def incidents_of(given: Mapping[str, Any]) -> Incidents:
    """The filter that a request names; ``Invalid`` for a field that there is not."""
    _known(given, Incidents)
    return Incidents(**{name: value for name, value in given.items() if value is not None})


def plain(wanted: Instances | Incidents) -> dict[str, Any]:
    """A filter as JSON, without what does not matter."""
    return {name: value for name, value in asdict(wanted).items() if value not in ("", None, False)}


def instances(
    actor: Actor, tx: Tx, wanted: Instances, *, limit: int = 50, after: str = ""
) -> tuple[list[dict[str, Any]], int]:
    """Instances that ``wanted`` means and the actor may see, newest first, those behind ``after``; and how many in all.

    Each: id, process, key, status, bundle, number, started_at, ended_at, suspended_at, ``incidents`` (how many open).
    """
    operators.require(actor, scope=operators.READ)
    here = incidents.incident.c
    stopped = sa.select(sa.func.count()).where(here.instance_id == instance.c.id, here.state == incidents.OPEN)
    query = instance_ids(actor, tx, wanted).with_only_columns(
        *_HEAD,
        bundles.bundle.c.name.label("bundle"),
        bundles.bundle.c.number,
        stopped.scalar_subquery().label("incidents"),
    )
    query = query.order_by(instance.c.id.desc()).limit(limit)
    if after:
        query = query.where(instance.c.id < after)
    total = sa.select(sa.func.count()).select_from(instance_ids(actor, tx, wanted).subquery())
    rows = [dict(row) for row in tx.conn.execute(query).mappings()]
    return [row | {"status": _status(row)} for row in rows], int(tx.conn.execute(total).scalar_one())


def instance_ids(actor: Actor, tx: Tx, wanted: Instances) -> sa.Select[Any]:
    """Ids and keys of the instances that ``wanted`` means and the actor may see."""
    query = sa.select(instance.c.id, instance.c.key).join(bundles.bundle, bundles.bundle.c.id == instance.c.bundle_id)
    query = query.where(tx.host.sees(actor, instance.c.key))
    for column, value in ((instance.c.process, wanted.process), (instance.c.key, wanted.key)):
        query = query.where(column == value) if value else query
    if wanted.number is not None:
        query = query.where(bundles.bundle.c.number == wanted.number)
    if wanted.status:
        held = instance.c.suspended_at.is_not(None)
        query = query.where(instance.c.status == (ACTIVE if wanted.status == SUSPENDED else wanted.status))
        query = query.where(held if wanted.status == SUSPENDED else ~held)
    if wanted.older_than is not None:
        query = query.where(instance.c.started_at <= tx.now - timedelta(days=wanted.older_than))
    if wanted.element:
        query = query.where(instance.c.status == ACTIVE, _waits_at(wanted.element))
    if wanted.stopped:
        here = incidents.incident.c
        query = query.where(sa.exists().where(here.instance_id == instance.c.id, here.state == incidents.OPEN))
    return query


def open_incidents(actor: Actor, tx: Tx, wanted: Incidents, *, limit: int = 200) -> list[dict[str, Any]]:
    """Open incidents that ``wanted`` means and the actor may see, newest first, each with its ``process``."""
    operators.require(actor, operators.REPAIRERS, scope=operators.READ)
    table = incidents.incident
    query = incident_ids(actor, tx, wanted).with_only_columns(*table.c, instance.c.process)
    query = query.order_by(table.c.opened_at.desc(), table.c.id).limit(limit)
    return [dict(row) for row in tx.conn.execute(query).mappings()]


def open_kinds(actor: Actor, tx: Tx) -> tuple[list[str], list[str]]:
    """The types, and the processes, of all open incidents that the actor may see: what a filter offers."""
    operators.require(actor, operators.REPAIRERS, scope=operators.READ)
    query = incident_ids(actor, tx, Incidents()).with_only_columns(incidents.incident.c.type, instance.c.process)
    found = tx.conn.execute(query.distinct()).all()
    return sorted({row.type for row in found if row.type}), sorted({row.process for row in found if row.process})


def versions_of(tx: Tx, ids: Collection[str]) -> dict[str, str]:
    """Instance -> the bundle that it runs on."""
    query = sa.select(instance.c.id, instance.c.bundle_id).where(instance.c.id.in_(ids))
    return {row.id: row.bundle_id for row in tx.conn.execute(query)}


def incident_ids(actor: Actor, tx: Tx, wanted: Incidents) -> sa.Select[Any]:
    """Ids and keys of the open incidents that ``wanted`` means and the actor may see."""
    table = incidents.incident
    query = sa.select(table.c.id, table.c.key).outerjoin(instance, instance.c.id == table.c.instance_id)
    query = query.where(table.c.state == incidents.OPEN, tx.host.sees(actor, table.c.key))
    named = {"kind": table.c.kind, "type": table.c.type, "element": table.c.element, "key": table.c.key}
    for name, column in {**named, "process": instance.c.process}.items():
        value = getattr(wanted, name)
        query = query.where(column == value) if value else query
    if wanted.words:
        words = sa.func.lower(sa.cast(table.c.params, sa.Text) + " " + table.c.message)
        query = query.where(words.contains(wanted.words.lower(), autoescape=True))
    return query


def processes(actor: Actor, tx: Tx) -> list[str]:
    """Names of the processes of the versions in force; among a million instances nobody has to look for them."""
    made = (bundles.get(tx, row["id"]) for row in bundles.listing(actor, tx))
    return sorted({name for one in made for name in one.program.diagrams.processes})


def _waits_at(element: str) -> sa.ColumnElement[bool]:
    """Whether a task, a timer, a subscription, an effect or an incident of the instance stands at an element."""
    open_states = {
        work_rows.task: work_rows.OPEN,
        timers.timer: timers.WAITING,
        incidents.incident: incidents.OPEN,
    }
    found = [
        sa.exists().where(table.c.instance_id == instance.c.id, table.c.element == element, table.c.state == state)
        for table, state in open_states.items()
    ]
    waiting = subscriptions.subscription.c
    found.append(sa.exists().where(waiting.instance_id == instance.c.id, waiting.element == element))
    row = outbox_rows.outbox.c
    unsettled = (outbox_rows.READY, outbox_rows.CLAIMED, outbox_rows.HELD, outbox_rows.FAILED)
    wanted = sa.and_(row.instance_id == instance.c.id, row.element == element, row.kind == "effect")
    found.append(sa.exists().where(wanted, row.state.in_(unsettled)))
    return sa.or_(*found)


def _status(row: Mapping[str, Any]) -> str:
    return SUSPENDED if row["status"] == ACTIVE and row["suspended_at"] is not None else str(row["status"])


def _known(given: Mapping[str, Any], kind: type[Instances] | type[Incidents]) -> None:
    known = {item.name: item.type for item in fields(kind)}
    for name, value in given.items():
        right = value is None or (name in known and type(value).__name__ in str(known[name]))
        if not right:
            text = Phrase("Known are %(known)s.", known=", ".join(known))
            raise Invalid("“%(name)s” cannot be filtered by this.", fields={name: [text]}, name=name)
