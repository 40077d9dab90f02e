"""What several files ask of rows: inserts that both databases spell alike, pages, rows as dataclasses."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from functools import lru_cache
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from loopdesk.engine.tx import Tx

_Kind = TypeVar("_Kind")


def dialect_insert(tx: Tx, table: sa.Table) -> sqlite.Insert | postgresql.Insert:
    """An ``INSERT`` that understands ``ON CONFLICT`` on the database of ``tx``."""
    return sqlite.insert(table) if tx.conn.dialect.name == "sqlite" else postgresql.insert(table)


def insert_new(tx: Tx, table: sa.Table, values: Mapping[str, Any], *, unique: Sequence[str]) -> bool:
    """Insert unless a row with the same ``unique`` columns is there, which another transaction may just be writing.

    On PostgreSQL the statement waits for that transaction; catching the error instead would cost us our own.
    Returns whether the row is new.
    """
    statement = dialect_insert(tx, table).values(**values).on_conflict_do_nothing(index_elements=list(unique))
    return tx.conn.execute(statement.returning(sa.literal(1))).first() is not None


def page_of(page: int, per_page: int) -> tuple[int, int]:
    """(limit, offset) of a page counted from 1, at most 100 rows."""
    limit = min(max(per_page, 1), 100)
    return limit, (max(page, 1) - 1) * limit


def escape_like(text: str) -> str:
    """``text`` for a LIKE pattern with ``escape='\\'``, its own wildcards taken literally."""
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def row_as(kind: Callable[..., _Kind], row: Mapping[Any, Any]) -> _Kind:
    """The row as the dataclass ``kind``, whose fields are named like columns; other columns are left out."""
    return kind(**{name: row[name] for name in _names(kind)})


@lru_cache(maxsize=128)
def _names(kind: Any) -> tuple[str, ...]:
    return tuple(one.name for one in fields(kind))
