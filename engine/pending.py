"""What a step writes is written together at its end: on PostgreSQL as one statement, on SQLite table by table.

Each statement costs a way to the database and back; rows of every kind are therefore collected first (architecture §4).
"""

import itertools
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, Literal

import orjson
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from loopdesk.engine.db import Moment, driven
from loopdesk.engine.errors import Away

Kind = Literal["insert", "once", "change"]
Row = dict[str, Any]
Key = tuple[Kind, sa.Table, tuple[str, ...]]
_POSTGRESQL = postgresql.dialect()  # type: ignore[no-untyped-call]
_PREPARER = _POSTGRESQL.identifier_preparer


class CurrentTransaction(FunctionElement[int]):
    """A column's default: the number of the transaction that inserts the row, 0 on SQLite, which counts none."""

    inherit_cache = True
    type = sa.BigInteger()


@compiles(CurrentTransaction)
def _number(_element: CurrentTransaction, _compiler: SQLCompiler, **_: Any) -> str:
    return _NUMBER


@compiles(CurrentTransaction, "sqlite")
def _no_number(_element: CurrentTransaction, _compiler: SQLCompiler, **_: Any) -> str:
    return "0"


_NUMBER = "pg_current_xact_id()::text::bigint"
_NUL = re.compile(r"((?<!\\)(?:\\\\)*)\\u0000")
"""A NUL in JSON, not behind a backslash that is a character itself; PostgreSQL's texts cannot hold any."""


@dataclass(frozen=True, slots=True)
class Op:
    """One row to write: inserted, inserted unless a unique column has it already, or changed by its primary key."""

    kind: Kind
    table: sa.Table
    row: Row


def write(conn: sa.Connection, ops: Sequence[Op]) -> None:
    """Write the rows in their order within each table.

    A change of a table with a ``version`` counts it up and raises ``Away`` when another one came in between.
    """
    for group in _groups(ops):
        for (kind, table, _), count, wanted in _sent(conn, group):
            if kind == "change" and count != wanted and "version" in table.c:
                raise Away("Another step of this process came in between.")


def _sent(conn: sa.Connection, group: Mapping[Key, list[Row]]) -> Iterator[tuple[Key, int, int]]:
    if conn.dialect.name == "sqlite":
        for key, rows in group.items():
            yield key, conn.execute(_statement(*key), _given(key, rows)).rowcount, len(rows)
    else:
        counts = driven(conn, _together(_shape(group)), *_parameters(group)) or ()
        yield from ((key, count, len(rows)) for (key, rows), count in zip(group.items(), counts, strict=True))


def _given(key: Key, rows: list[Row]) -> list[Row]:
    """The parameters of ``_statement``: where a row stands beside what it becomes."""
    if key[0] != "change":
        return rows
    own = _own(key[1])
    fence = {"its_version": -1} if "version" in key[2] else {}
    return [
        {name: value for name, value in row.items() if name != own}
        | {"its_id": row[own]}
        | {name: row["version"] + less for name, less in fence.items()}
        for row in rows
    ]


def _groups(ops: Sequence[Op]) -> Iterator[dict[Key, list[Row]]]:
    """Rows of one kind side by side; a second change of a row begins another group, for it builds on the first."""
    group: dict[Key, list[Row]] = {}
    rows: dict[tuple[sa.Table, Any], tuple[Kind, Row]] = {}
    for op in _merged(ops):
        row = op.row if op.kind == "change" else {**_defaults(op.table), **op.row}
        place = (op.table, row.get(_own(op.table)))
        kind, known = rows.get(place, ("change", None))
        if op.kind == "change" and known is not None:
            if kind == "insert" and row.keys() <= known.keys():
                known.update(row)
                continue
            yield group
            group, rows = {}, {}
        group.setdefault((op.kind, op.table, tuple(sorted(row))), []).append(row)
        if place[1] is not None:
            rows[place] = (op.kind, row)
    if group:
        yield group


def _merged(ops: Sequence[Op]) -> list[Op]:
    """The changes of one row as one, but for rows with a version, each of whose changes counts."""
    changed: dict[tuple[sa.Table, Any], Row] = {}
    merged: list[Op] = []
    for op in ops:
        if op.kind != "change" or "version" in op.table.c:
            merged.append(op)
            continue
        place = (op.table, op.row[_own(op.table)])
        if place not in changed:
            changed[place] = {}
            merged.append(Op("change", op.table, changed[place]))
        changed[place].update(op.row)
    return merged


@lru_cache(maxsize=128)
def _own(table: sa.Table) -> str:
    """The name of the column that a row is changed by; that of the first where several make up the primary key."""
    return str(next(iter(table.primary_key)).name)


@lru_cache(maxsize=64)
def _defaults(table: sa.Table) -> Mapping[str, Any]:
    scalars = {column.name: column.default for column in table.c if column.default and column.default.is_scalar}
    return {name: default.arg for name, default in scalars.items() if isinstance(default, sa.ColumnDefault)}


@lru_cache(maxsize=512)
def _statement(kind: Kind, table: sa.Table, names: tuple[str, ...]) -> sa.Insert | sa.Update:
    if kind == "change":
        update = sa.update(table).where(table.c[_own(table)] == sa.bindparam("its_id"))
        return update.where(table.c.version == sa.bindparam("its_version")) if "version" in names else update
    return sqlite.insert(table).on_conflict_do_nothing() if kind == "once" else sa.insert(table)


def _shape(group: Mapping[Key, list[Row]]) -> tuple[tuple[Key, int], ...]:
    """What the statement for a group depends on: new rows come as one list, each changed row by itself."""
    return tuple((key, len(rows) if key[0] == "change" else 1) for key, rows in group.items())


def _parameters(group: Mapping[Key, list[Row]]) -> list[Any]:
    """The parameters of ``_together`` in the order of their numbers."""
    given: list[Any] = []
    for (kind, table, _), rows in group.items():
        if kind != "change":
            given.append(_json(table, rows))
            continue
        for row in rows:
            given += (_json(table, row), row[_own(table)])
            if "version" in row:
                given.append(row["version"] - 1)
    return given


@lru_cache(maxsize=512)
def _together(shape: tuple[tuple[Key, int], ...]) -> str:
    """One statement for rows of several tables, each handed over as JSON; it returns how many it wrote of each."""
    parts, counts, number = [], [], itertools.count(1)
    for place, (key, rows) in enumerate(shape):
        names = [f"w{place}_{count}" for count in range(rows)]
        parts += [f"{name} AS ({_part(number, *key)} RETURNING 1)" for name in names]
        counts.append(" + ".join(f"(SELECT count(*) FROM {name})" for name in names))  # noqa: S608 - own names
    return f"WITH {', '.join(parts)} SELECT {', '.join(counts)}"


def _part(number: Iterator[int], kind: Kind, table: sa.Table, names: tuple[str, ...]) -> str:
    target, quoted = _PREPARER.quote(table.name), [_PREPARER.quote(name) for name in names]
    typed = (f"{name} {_type(table.c[own])}" for name, own in zip(quoted, names, strict=True))
    rows = f"(CAST(${next(number)} AS json)) AS r({', '.join(typed)})"
    if kind == "change":
        own = _PREPARER.quote(_own(table))
        where = f"{target}.{own} = ${next(number)}"
        where += f" AND {target}.version = ${next(number)}" if "version" in names else ""
        sets = ", ".join(f"{name} = r.{name}" for name in quoted if name != own)
        return f"UPDATE {target} SET {sets} FROM json_to_record{rows} WHERE {where}"  # noqa: S608 - own names
    computed = {
        _PREPARER.quote(column.name): _NUMBER
        for column in table.c
        if column.default and column.default.is_clause_element
    }
    into, values = [*quoted, *computed], [*(f"r.{name}" for name in quoted), *computed.values()]
    once = " ON CONFLICT DO NOTHING" if kind == "once" else ""
    chosen = f"SELECT {', '.join(values)} FROM json_to_recordset{rows}"  # noqa: S608 - own names
    return f"INSERT INTO {target} ({', '.join(into)}) {chosen}{once}"


def _type(column: sa.Column[Any]) -> str:
    """Its type as PostgreSQL writes it: the row is read with its own columns only, each further one costs time."""
    return str(column.type.compile(_POSTGRESQL))


def _json(table: sa.Table, rows: Row | list[Row]) -> str:
    moments = _moments(table)
    for row in rows if isinstance(rows, list) else [rows]:
        for name in moments & row.keys():
            value: datetime | None = row[name]
            if value is not None and value.tzinfo is None:
                raise ValueError("a moment needs a zone")
    text = orjson.dumps(rows, option=orjson.OPT_NON_STR_KEYS, default=_plain).decode()
    return _NUL.sub(r"\1\\ufffd", text) if "\\u0000" in text else text


@lru_cache(maxsize=64)
def _moments(table: sa.Table) -> frozenset[str]:
    return frozenset(column.name for column in table.c if isinstance(column.type, Moment))


def _plain(value: object) -> str:
    return "\\x" + value.hex() if isinstance(value, bytes) else str(value)
