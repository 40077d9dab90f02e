"""The rows of migrations: what was asked for, and for each instance what became of it."""

from collections.abc import Collection, Mapping
from typing import Any

import sqlalchemy as sa

from loopdesk.engine.db import JSON, Moment, metadata
from loopdesk.engine.errors import N_, Missing
from loopdesk.engine.instances import instance
from loopdesk.engine.tx import Tx

migration = sa.Table(
    "migration",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("name", sa.String(100), nullable=False),
    sa.Column("source_id", sa.String(32), nullable=False),
    sa.Column("target_id", sa.String(32), nullable=False),
    sa.Column("source", sa.Integer, nullable=False),
    sa.Column("target", sa.Integer, nullable=False),
    sa.Column("mapping", JSON, nullable=False),
    sa.Column("recompute", sa.Boolean, nullable=False),
    sa.Column("note", sa.Text, nullable=False),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("turn", sa.Integer, nullable=False),
    sa.Column("actor", JSON, nullable=False),
    sa.Column("author", sa.String(200), nullable=False),
    sa.Column("created_at", Moment, nullable=False),
    sa.Column("ended_at", Moment),
    sa.Index("ix_migration_name", "name", "id"),
)
"""``turn`` counts its starts: a batch that was queued before a pause is void after it."""
item = sa.Table(
    "migration_item",
    metadata,
    sa.Column("migration_id", sa.String(32), sa.ForeignKey("migration.id"), primary_key=True),
    sa.Column("instance_id", sa.String(32), primary_key=True),
    sa.Column("key", sa.String(64), nullable=False),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("reasons", JSON, nullable=False),
    sa.Column("at", Moment),
    sa.Index("ix_migration_item_state", "migration_id", "state", "instance_id"),
)
_RUNS = instance.c.ended_at.is_(None)
sa.Index("ix_instance_running", instance.c.bundle_id, instance.c.id, postgresql_where=_RUNS, sqlite_where=_RUNS)
RUNNING, PAUSED, FINISHED = "running", "paused", "finished"
"""States of a migration."""
WAITING, MIGRATED, FAILED = "waiting", "migrated", "failed"
"""States of an item."""


def add_items(tx: Tx, migration_id: str, rows: Collection[Mapping[str, Any]]) -> None:
    """Note the instances that a migration is about."""
    blank = {"migration_id": migration_id, "state": WAITING, "reasons": []}
    values = [{**blank, "instance_id": row["id"], "key": row["key"]} for row in rows]
    if values:
        tx.conn.execute(sa.insert(item), values)


def get(tx: Tx, migration_id: str, *, lock: bool = False) -> dict[str, Any]:
    """A migration, held to the end of the transaction with ``lock``; ``Missing`` for an unknown id."""
    query = sa.select(migration).where(migration.c.id == migration_id)
    row = tx.conn.execute(query.with_for_update() if lock else query).mappings().first()
    if row is None:
        raise Missing("There is no such migration.", remedy=N_("Look at the list of migrations."))
    return dict(row)


def change(tx: Tx, migration_id: str, **values: Any) -> None:
    """Write down how a migration stands."""
    tx.conn.execute(sa.update(migration).where(migration.c.id == migration_id).values(**values))


def waiting(tx: Tx, migration_id: str, limit: int) -> list[str]:
    """Ids of the next instances to migrate, in a fixed order, so that two migrations cannot hold each other up."""
    query = sa.select(item.c.instance_id).where(item.c.migration_id == migration_id, item.c.state == WAITING)
    return list(tx.conn.execute(query.order_by(item.c.instance_id).limit(limit)).scalars())


def settle(tx: Tx, migration_id: str, instance_id: str, state: str, **values: Any) -> None:
    """Write down what became of one instance."""
    update = sa.update(item).where(item.c.migration_id == migration_id, item.c.instance_id == instance_id)
    tx.conn.execute(update.values(state=state, at=tx.now, **values))


def counts(tx: Tx, migration_ids: Collection[str]) -> dict[str, dict[str, int]]:
    """Migration id -> how many of its instances are in each state."""
    found = {one: {WAITING: 0, MIGRATED: 0, FAILED: 0} for one in migration_ids}
    query = (
        sa.select(item.c.migration_id, item.c.state, sa.func.count())
        .where(item.c.migration_id.in_(migration_ids))
        .group_by(item.c.migration_id, item.c.state)
    )
    for migration_id, state, count in tx.conn.execute(query):
        found[migration_id][state] = count
    return found
