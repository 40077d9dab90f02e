"""Carries one instance over to another version, in the transaction that is open."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from loopdesk.engine import bpmn, bundles, instances, migration_waits
from loopdesk.engine.actor import Actor
from loopdesk.engine.bpmn import Obstacle
from loopdesk.engine.bundle import Bundle
from loopdesk.engine.calendar import Calendar
from loopdesk.engine.errors import N_, Conflict, LoopdeskError, Phrase
from loopdesk.engine.step import Step
from loopdesk.engine.tx import Tx


class NotMigratable(Conflict):
    """An instance has to stay with its version; ``obstacles`` say why."""

    def __init__(self, obstacles: list[Obstacle]) -> None:
        first = obstacles[0].reason
        super().__init__(N_("This process cannot change its version: %(reason)s."), reason=first)
        self.obstacles = obstacles


def standing(tx: Tx, row: Mapping[str, Any], source: Bundle) -> list[Obstacle]:
    """Why an instance cannot be migrated from ``source`` now, wherever its tokens are."""
    if row["ended_at"] is not None or row["status"] != instances.ACTIVE:
        reason = Phrase(N_("it has ended"))
    elif row["suspended_at"] is not None:
        reason = Phrase(N_("it is on hold: let it go on first"))
    elif row["bundle_id"] != source.id:
        number = bundles.get(tx, row["bundle_id"]).number
        reason = Phrase(N_("it runs on version %(number)s, not on %(source)s"), number=number, source=source.number)
    else:
        return []
    return [Obstacle("", reason)]


class _Rehearsal(Step):
    """An instance on which a migration is tried: keys and moments are worked out, nothing is written."""

    def gone(self, visit: bpmn.Visit) -> None:
        """What waits no more stays where it is."""

    def timer(
        self,
        visit: bpmn.Visit,
        due: datetime,
        text: str,
        calendar: Calendar | None = None,
        since: datetime | None = None,
    ) -> None:
        """Its moment could be worked out."""

    def message(self, visit: bpmn.Visit, name: str, key: str | None = "") -> None:
        """Its key has to have a value."""
        self.key_of(visit, name, key)

    def signal(self, visit: bpmn.Visit, name: str) -> None:
        """There is nothing that could be wrong with it."""

    def record(self, kind: str, visit: bpmn.Visit | None = None, *, data: Mapping[str, Any] = {}) -> None:
        """Nothing has happened."""


def rehearse(
    tx: Tx, instance_id: str, target: Bundle, places: bpmn.Places, *, recompute: bool = False
) -> tuple[Mapping[str, str], list[Obstacle]]:
    """Where the tokens of an instance would stand, and what ``migrate`` would stumble over; changes nothing.

    Keys of messages, moments of timers, and who is to do a task are worked out as they will be.
    """
    before = _Rehearsal.look(tx, instance_id)
    found = bpmn.Transplant(before.execution, places)
    moves = found.moves
    if found.obstacles:
        return moves, found.obstacles
    after = _Rehearsal(before.actor, tx, {**before.row, "bundle_id": target.id})
    try:
        moved = found.perform(after)
        after.execution = moved.execution
        for _ in migration_waits.changes(before, after, moved, recompute=recompute):
            continue
    except LoopdeskError as error:
        element = error.place.rpartition("/")[2]
        return moves, [Obstacle(element, Phrase(error.message, **error.params))]
    return moves, []


def migrate(
    actor: Actor,
    tx: Tx,
    instance_id: str,
    source: Bundle,
    target: Bundle,
    places: bpmn.Places,
    *,
    recompute: bool = False,
    migration: str = "",
) -> None:
    """Let one instance go on with ``target``; who may is the caller's decision. Raises ``NotMigratable``."""
    before = Step.open(actor, tx, instance_id, held=True)
    obstacles = standing(tx, before.row, source)
    if obstacles:
        raise NotMigratable(obstacles)
    found = bpmn.Transplant(before.execution, places)
    if found.obstacles:
        raise NotMigratable(found.obstacles)
    table = instances.instance
    tx.conn.execute(sa.update(table).where(table.c.id == instance_id).values(bundle_id=target.id))
    after = Step(actor, tx, {**before.row, "bundle_id": target.id})
    moves = {was: now for was, now in found.moves.items() if was != now}
    moved = found.perform(after)
    before.take_back()
    after.execution = moved.execution
    migration_waits.follow(before, after, moved, recompute=recompute)
    data = {"migration": migration, "from": source.number, "to": target.number, "moved": moves}
    after.record("instance.migrated", data={**data, "armed": moved.armed, "disarmed": moved.disarmed})
    after.close()
