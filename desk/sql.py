"""What several files ask of rows: inserts that both databases spell alike, pages, rows as dataclasses."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from functools import lru_cache
from typing import Any, Generic, TypeVar

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from loopdesk.engine.tx import Tx

_Kind = TypeVar("_Kind")


@dataclass(frozen=True, slots=True)
class Page(Generic[_Kind]):
    """One page of a list, counted from 1; ``total`` counts all that match and may be seen."""

    rows: list[_Kind]
    total: int
    page: int
    per_page: int

    @property
    def pages(self) -> int:
        """How many pages there are; one for an empty list."""
        return max(-(-self.total // self.per_page), 1)


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


def paged(
    tx: Tx, query: sa.Select[Any], read: Callable[[Mapping[Any, Any]], _Kind], page: int, per_page: int
) -> Page[_Kind]:
    """One page of what an ordered query of rows finds, each as ``read`` makes it; two statements."""
    limit, offset = page_of(page, per_page)
    total = tx.conn.scalar(sa.select(sa.func.count()).select_from(query.order_by(None).subquery())) or 0
    found = tx.conn.execute(query.limit(limit).offset(offset)).mappings()
    return Page([read(row) for row in found], total, max(page, 1), limit)


def escape_like(text: str) -> str:
    """``text`` for a LIKE pattern with ``escape='\\'``, its own wildcards taken literally."""
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def row_as(kind: Callable[..., _Kind], row: Mapping[Any, Any]) -> _Kind:
    """The row as the dataclass ``kind``, whose fields are named like columns; other columns are left out."""
    return kind(**{name: row[name] for name in _names(kind)})


@lru_cache(maxsize=128)
def _names(kind: Any) -> tuple[str, ...]:
    return tuple(one.name for one in fields(kind))
