"""Which rows of which table belong to a case: for archives, erasures and whatever else takes a case as a whole."""

from collections.abc import Collection, Iterator

import sqlalchemy as sa

from loopdesk.engine.db import metadata

NAMES = ("case", "key")
"""Columns that name a case by its number."""
APART = frozenset({"answered_request", "audit", "audit_head", "audit_house", "audit_tombstone", "archive"})
"""Tables whose rows never belong to a case, though a column is called so, or that outlive it."""


def tables(root: str) -> Iterator[tuple[sa.Table, sa.Column[str] | None]]:
    """Every table, parents first, with the column that names the case; None where rows belong to no case.

    ``root`` is the table of the cases themselves, whose primary key is the number.
    """
    for table in metadata.sorted_tables:
        if table.name not in APART:
            yield table, _named(table, root)


def of(table: sa.Table, root: str, numbers: Collection[str]) -> sa.ColumnElement[bool] | None:
    """The condition on ``table`` for the rows of these cases, also through a parent's key; None where there is none."""
    if table.name in APART:
        return None
    column = _named(table, root)
    if column is not None:
        return column.in_(numbers)
    for key in table.foreign_keys:
        parent = key.column.table
        above = of(parent, root, numbers)
        if above is not None and parent.name != root:
            return key.parent.in_(sa.select(key.column).where(above))
    return None


def _named(table: sa.Table, root: str) -> sa.Column[str] | None:
    if table.name == root:
        return next(iter(table.primary_key))
    return next((table.c[name] for name in NAMES if name in table.c), None)
