"""Carries running instances over to another version of their diagram, one or thousands (issue 4, Operable).

A migration is a job of the outbox: batches of one transaction each, in which every instance moves as a whole or stays
as it was. What was done is marked in the same transaction, so a worker that is killed leaves nothing half done.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from loopdesk.engine import bpmn, bundles, events, messages, migration_rows, outbox, versions
from loopdesk.engine.actor import Actor
from loopdesk.engine.bpmn import Obstacle
from loopdesk.engine.bundle import Bundle
from loopdesk.engine.db import new_id
from loopdesk.engine.errors import N_, Away, Conflict, Invalid, LoopdeskError, Missing, Phrase, Refused
from loopdesk.engine.instances import instance
from loopdesk.engine.migration_one import NotMigratable, migrate, rehearse, standing
from loopdesk.engine.migration_rows import FAILED, FINISHED, MIGRATED, PAUSED, RUNNING, item, migration
from loopdesk.engine.outbox import Row
from loopdesk.engine.tx import Tx

BATCH = 20
"""Instances of one transaction."""
PREVIEWED = 500
"""Instances that a preview looks at unless told otherwise."""


@dataclass(frozen=True, slots=True)
class Look:
    """One instance of a preview: old element -> new one where tokens stand, or the reasons why it cannot move."""

    instance: str
    key: str
    process: str
    moves: Mapping[str, str]
    obstacles: list[Obstacle]


@dataclass(frozen=True)
class Preview:
    """What a migration would do; ``suggested`` are pairs that the mapping does not have yet."""

    source: Bundle
    target: Bundle
    total: int
    looks: list[Look]
    suggested: Mapping[str, str] = field(default_factory=dict)

    @property
    def refused(self) -> int:
        """How many of the instances that were looked at cannot move."""
        return sum(1 for look in self.looks if look.obstacles)


def preview(
    actor: Actor,
    tx: Tx,
    name: str,
    source: int,
    target: int,
    *,
    mapping: Mapping[str, str] = {},
    only: Collection[str] = (),
    recompute: bool = False,
    limit: int = PREVIEWED,
) -> Preview:
    """Look at what ``start`` would do with the first ``limit`` instances, keys and timers included; changes nothing.

    Raises as ``start`` does, except that an instance which cannot move is listed with its reasons.
    """
    versions.require(actor)
    old, new, places = _sides(tx, name, source, target, mapping)
    rows = _chosen(tx, old, only)
    looks = [_look(tx, row, (old, new), places, recompute=recompute) for row in rows[:limit]]
    known = set(mapping) | set(mapping.values())
    more = {was: now for was, now in bpmn.suggest(old.program, new.program).items() if not {was, now} & known}
    return Preview(old, new, len(rows), looks, more)


def _look(
    tx: Tx, row: Mapping[str, Any], sides: tuple[Bundle, Bundle], places: bpmn.Places, *, recompute: bool
) -> Look:
    obstacles = standing(tx, row, sides[0])
    moves: Mapping[str, str] = {}
    if not obstacles:
        moves, obstacles = rehearse(tx, row["id"], sides[1], places, recompute=recompute)
    return Look(row["id"], row["key"], row["process"], moves, obstacles)


def start(
    actor: Actor,
    tx: Tx,
    name: str,
    source: int,
    target: int,
    *,
    mapping: Mapping[str, str] = {},
    only: Collection[str] = (),
    recompute: bool = False,
    note: str = "",
) -> str:
    """Carry instances of version ``source`` over to ``target``: all that run, or ``only`` those; the migration's id.

    ``mapping`` has pairs of element ids; elements of the same id and kind need none. ``only`` names instances or cases.
    Timers keep their moment unless ``recompute`` asks for those whose text has changed to count anew. Raises
    ``Refused`` without the role or into a retired version, ``Missing`` for an unknown version, instance or case,
    ``Invalid`` with ``fields`` for a mapping that cannot be, ``Conflict`` when there is nothing to carry over.
    """
    versions.require(actor)
    old, new, places = _sides(tx, name, source, target, mapping)
    rows = _chosen(tx, old, only)
    if not rows:
        raise Conflict("Nothing runs on version %(number)s of “%(name)s”.", number=source, name=name)
    job = _job(actor, tx, (old, new), places) | {"recompute": recompute, "note": note}
    tx.conn.execute(sa.insert(migration).values(**job))
    migration_rows.add_items(tx, job["id"], rows)
    _queue(tx, job, 1)
    _record(actor, tx, "migration.started", job, {"instances": len(rows), "note": note})
    return str(job["id"])


def _job(actor: Actor, tx: Tx, sides: tuple[Bundle, Bundle], places: bpmn.Places) -> dict[str, Any]:
    old, new = sides
    return {
        "id": new_id(),
        "name": old.name,
        "source_id": old.id,
        "target_id": new.id,
        "source": old.number,
        "target": new.number,
        "mapping": dict(places.given),
        "state": RUNNING,
        "turn": 1,
        "actor": messages.actor_out(actor),
        "author": actor.name,
        "created_at": tx.now,
    }


def pause(actor: Actor, tx: Tx, migration_id: str) -> None:
    """Let a migration rest after the batch in hand; ``Conflict`` when it does not run."""
    versions.require(actor)
    job = migration_rows.get(tx, migration_id, lock=True)
    if job["state"] != RUNNING:
        raise Conflict("This migration does not run.", remedy=N_("Look at how it stands now."))
    migration_rows.change(tx, migration_id, state=PAUSED)
    _record(actor, tx, "migration.paused", job)


def resume(actor: Actor, tx: Tx, migration_id: str) -> None:
    """Let a paused migration go on with what is left; ``Conflict`` when it is not paused."""
    versions.require(actor)
    job = migration_rows.get(tx, migration_id, lock=True)
    if job["state"] != PAUSED:
        raise Conflict("This migration is not paused.", remedy=N_("Look at how it stands now."))
    job["turn"] += 1
    migration_rows.change(tx, migration_id, state=RUNNING, turn=job["turn"])
    _queue(tx, job, 1)
    _record(actor, tx, "migration.resumed", job)


def listing(actor: Actor, tx: Tx, name: str = "", *, limit: int = 100) -> list[dict[str, Any]]:
    """Migrations, newest first, of one name or of all, each with ``waiting``, ``migrated`` and ``failed`` instances."""
    versions.require(actor, scope=versions.READ)
    query = sa.select(migration).order_by(migration.c.id.desc()).limit(limit)
    query = query.where(migration.c.name == name) if name else query
    rows = [dict(row) for row in tx.conn.execute(query).mappings()]
    counts = migration_rows.counts(tx, [row["id"] for row in rows])
    return [row | counts[row["id"]] for row in rows]


def get(actor: Actor, tx: Tx, migration_id: str) -> dict[str, Any]:
    """One migration as ``listing`` has it; ``Missing`` for an unknown id."""
    versions.require(actor, scope=versions.READ)
    row = migration_rows.get(tx, migration_id)
    return row | migration_rows.counts(tx, [migration_id])[migration_id]


def items(
    actor: Actor, tx: Tx, migration_id: str, *, state: str = "", limit: int = 100, after: str = ""
) -> list[dict[str, Any]]:
    """Instances of a migration in the order of their ids, those behind ``after``; ``told`` reads their ``reasons``."""
    versions.require(actor, scope=versions.READ)
    query = sa.select(item).where(item.c.migration_id == migration_id, item.c.instance_id > after)
    query = query.where(item.c.state == state) if state else query
    return [dict(row) for row in tx.conn.execute(query.order_by(item.c.instance_id).limit(limit)).mappings()]


def local_handlers() -> dict[str, Any]:
    """Outbox kind -> what performs it."""
    return {"migrate": run_batch}


def run_batch(tx: Tx, row: Row) -> None:
    """Carry the next instances of a migration over; a batch from before a pause does nothing."""
    job = migration_rows.get(tx, row.payload["migration"], lock=True)
    if job["state"] != RUNNING or job["turn"] != row.payload["turn"]:
        return
    actor = messages.actor_in(job["actor"])
    old, new = bundles.get(tx, job["source_id"]), bundles.get(tx, job["target_id"])
    places = bpmn.Places(old.program, new.program, job["mapping"])
    todo = migration_rows.waiting(tx, job["id"], BATCH)
    for instance_id in todo:
        reasons = _try(actor, tx, instance_id, job, (old, new, places))
        state = FAILED if reasons else MIGRATED
        migration_rows.settle(tx, job["id"], instance_id, state, reasons=[_out(reason) for reason in reasons])
    if len(todo) == BATCH:
        _queue(tx, job, int(row.payload["batch"]) + 1)
    else:
        migration_rows.change(tx, job["id"], state=FINISHED, ended_at=tx.now)
        counts = migration_rows.counts(tx, [job["id"]])[job["id"]]
        _record(actor, tx, "migration.finished", job, dict(counts))


def _try(
    actor: Actor, tx: Tx, instance_id: str, job: Mapping[str, Any], sides: tuple[Bundle, Bundle, bpmn.Places]
) -> list[Obstacle]:
    """Migrate one instance; the reasons why it stays as it was, none when it has moved."""
    try:
        with tx.attempt():
            migrate(actor, tx, instance_id, *sides, recompute=job["recompute"], migration=job["id"])
            tx.flush()
    except NotMigratable as error:
        return error.obstacles
    except (Away, sa.exc.OperationalError, sa.exc.InterfaceError):
        # Nothing of this instance's: the whole batch is tried again.
        raise
    except LoopdeskError as error:
        return [Obstacle("", Phrase(error.message, **error.params))]
    except Exception as error:  # noqa: BLE001 - kept as the instance's result; the others go on
        text = f"{type(error).__name__}: {error}"
        return [Obstacle("", Phrase(N_("An unexpected error: %(error)s"), error=text))]
    return []


def _out(reason: Obstacle) -> dict[str, Any]:
    return {"element": reason.element, **_phrase_out(reason.reason)}


def _phrase_out(phrase: Phrase) -> dict[str, Any]:
    params = {
        name: _phrase_out(value) if isinstance(value, Phrase) else str(value) for name, value in phrase.params.items()
    }
    return {"message": phrase.msgid, "params": params}


def told(reason: Mapping[str, Any]) -> Phrase:
    """A reason of an item as a phrase."""
    params = {name: told(value) if isinstance(value, dict) else value for name, value in reason["params"].items()}
    return Phrase(reason["message"], **params)


def _sides(
    tx: Tx, name: str, source: int, target: int, mapping: Mapping[str, str]
) -> tuple[Bundle, Bundle, bpmn.Places]:
    old, new = bundles.numbered(tx, name, source), bundles.numbered(tx, name, target)
    if old.id == new.id:
        message = N_("Version %(number)s is source and target at once.")
        raise Invalid(message, remedy=N_("Choose two versions."), number=source)
    if versions.state_of(tx, new) == versions.RETIRED:
        remedy = N_("Choose another version, or make this one current again.")
        raise Refused("Version %(number)s is retired: nothing may move to it.", remedy=remedy, number=target)
    return old, new, bpmn.Places(old.program, new.program, mapping)


def _chosen(tx: Tx, old: Bundle, only: Collection[str]) -> list[dict[str, Any]]:
    """The instances that a migration is about; of those that were named, ended ones and those elsewhere too."""
    columns = [column for column in instance.c if column.name != "state"]
    query = sa.select(*columns).order_by(instance.c.id)
    if not only:
        query = query.where(instance.c.bundle_id == old.id, instance.c.ended_at.is_(None))
        return [dict(row) for row in tx.conn.execute(query).mappings()]
    table = bundles.bundle
    query = query.join(table, table.c.id == instance.c.bundle_id).where(table.c.name == old.name)
    named = query.where(instance.c.id.in_(only) | instance.c.key.in_(only))
    rows = [dict(row) for row in tx.conn.execute(named).mappings()]
    for one in only:
        mine = [row for row in rows if one in (row["id"], row["key"])]
        if not mine:
            raise Missing("“%(name)s” has no instance or case %(one)s.", name=old.name, one=one)
        if len(mine) > 1:
            # Of a case those count that run on the version; the others are named only where nothing does.
            there = [row for row in mine if row["bundle_id"] == old.id and row["ended_at"] is None] or mine[-1:]
            rows = [row for row in rows if row not in mine or row in there]
    return rows


def _queue(tx: Tx, job: Mapping[str, Any], batch: int) -> None:
    payload = {"migration": job["id"], "turn": job["turn"], "batch": batch}
    outbox.put(tx, "migrate", payload, idempotency_key=f"migrate:{job['id']}:{job['turn']}:{batch}")


def _record(actor: Actor, tx: Tx, kind: str, job: Mapping[str, Any], more: Mapping[str, Any] = {}) -> None:
    data = {"migration": job["id"], "from": job["source"], "to": job["target"], **more}
    events.record(actor, tx, kind, process=job["name"], data=data)
