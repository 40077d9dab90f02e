"""The few statements that SQLAlchemy spells differently on SQLite and PostgreSQL."""

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from loopdesk.engine.tx import Tx

OLDEST_RUNNING = sa.literal_column("pg_snapshot_xmin(pg_current_snapshot())::text::bigint", sa.BigInteger())


def constant(word: str) -> sa.ColumnClause[str]:
    """A word of ours written into the statement: with a parameter no database can use a partial index."""
    assert word.isidentifier()
    return sa.literal_column(f"'{word}'", sa.String())


def is_sqlite(tx: Tx) -> bool:
    """Whether the transaction runs on SQLite, where writers queue and transactions have no number."""
    return tx.engine.database.is_sqlite


def insert_new(tx: Tx, table: sa.Table, rows: Sequence[Mapping[str, Any]], *, unique: str) -> None:
    """Insert ``rows``; one whose ``unique`` column already stands in ``table`` is left as it is."""
    if not rows:
        return
    if is_sqlite(tx):
        tx.conn.execute(sqlite.insert(table).on_conflict_do_nothing(index_elements=[unique]), list(rows))
    else:
        tx.conn.execute(postgresql.insert(table).on_conflict_do_nothing(index_elements=[unique]), list(rows))


def claim(tx: Tx, table: sa.Table, chosen: sa.Select[Any], values: Mapping[str, Any]) -> list[sa.RowMapping]:
    """Update the rows whose ids ``chosen`` selects, skipping those that another transaction holds, and return them.

    The selection is a CTE: inside ``IN (...)`` PostgreSQL may evaluate it again and lock more than its limit.
    """
    ids = chosen.with_for_update(skip_locked=True).cte("chosen")
    update = sa.update(table).where(table.c.id.in_(sa.select(ids.c.id))).values(**values).returning(*table.c)
    return sorted(tx.conn.execute(update).mappings().all(), key=lambda row: row["id"])


def hold(tx: Tx, name: str) -> None:
    """Let transactions that name the same thing follow one another on PostgreSQL, where no row stands for it yet.

    Held to the end of the transaction, or of the savepoint it was taken in. SQLite has one writer anyway.
    """
    hold_on(tx.conn, name)


def hold_on(conn: sa.Connection, name: str) -> None:
    """`hold`, where a transaction is just being written."""
    if conn.dialect.name != "sqlite":
        conn.execute(sa.select(sa.func.pg_advisory_xact_lock(sa.func.hashtextextended(name, 0))))


def upsert(tx: Tx, table: sa.Table, rows: Sequence[Mapping[str, Any]], *, unique: str) -> None:
    """Insert ``rows``; one whose ``unique`` column already stands in ``table`` takes the new values."""
    if not rows:
        return
    insert = sqlite.insert(table) if is_sqlite(tx) else postgresql.insert(table)
    changed = {name: insert.excluded[name] for name in rows[0] if name != unique}
    tx.conn.execute(insert.on_conflict_do_update(index_elements=[unique], set_=changed), list(rows))
