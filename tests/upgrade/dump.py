"""Dumps: every row of a house with open work, as a release leaves it, in a file that any database takes in.

``python -m loopdesk.tests.upgrade.dump`` (``make dump``) writes the one of the present version; see README.md.
"""

import base64
import gzip
import itertools
import os
import random
import secrets
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from unittest.mock import patch

import orjson
import sqlalchemy as sa
from alembic import command

from loopdesk import __version__, migrations
from loopdesk.engine.clock import VirtualClock
from loopdesk.engine.db import SCHEMA, Database, Moment, default_url, metadata
from loopdesk.scripts.migration import load_tables
from loopdesk.tests.peers.smtp import SmtpPeer
from loopdesk.tests.scenarios.stage import build
from loopdesk.tests.upgrade import open_work

HERE = Path(__file__).parent
START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
TYPES: dict[str, sa.types.TypeEngine[Any]] = {"moment": Moment(), "bytes": sa.LargeBinary(), "": sa.types.NullType()}
"""What a value in a file stands for, when it is not simply itself."""


@dataclass(frozen=True)
class Table:
    """The rows of one table in the order of its key; ``kinds`` beside ``columns`` names one of ``TYPES``."""

    columns: list[str]
    kinds: list[str]
    rows: list[list[Any]]


@dataclass(frozen=True)
class Dump:
    """One release's house: its migration, the moment it stood at, its cases by what they wait for, its attachments."""

    version: str
    revision: str
    at: str
    cases: dict[str, str]
    files: dict[str, str]
    tables: dict[str, Table]


def read(path: Path) -> Dump:
    """The dump of a release."""
    found = orjson.loads(gzip.decompress(path.read_bytes()))
    tables = {name: Table(**table) for name, table in found.pop("tables").items()}
    return Dump(**found, tables=tables)


def write(dump: Dump, folder: Path = HERE) -> Path:
    """Keep a dump; the same dump makes the same bytes."""
    path = folder / f"{dump.version}.json.gz"
    path.write_bytes(gzip.compress(orjson.dumps(asdict(dump), option=orjson.OPT_INDENT_2), mtime=0))
    return path


def restore(dump: Dump, database: Database, folder: Path) -> None:
    """Bring an empty database to the release's own schema and its rows in, and its attachments into ``folder``."""
    with database.engine.begin() as conn:
        if not database.is_sqlite:
            conn.execute(sa.text(f"CREATE SCHEMA {SCHEMA}"))
        command.upgrade(migrations.config(conn), dump.revision)
        for name, table in dump.tables.items():
            _insert(conn, name, table)
        if not database.is_sqlite:
            _count_on(conn)
    for place, content in dump.files.items():
        (folder / place).parent.mkdir(parents=True, exist_ok=True)
        (folder / place).write_bytes(base64.b64decode(content))


def _insert(conn: sa.Connection, name: str, table: Table) -> None:
    # Lightweight columns: the tables of today's code may have others.
    columns = zip(table.columns, table.kinds, strict=True)
    target = sa.table(name, *(sa.column(column, TYPES[kind]) for column, kind in columns))
    rows = [
        {
            column: _decode(value, kind)
            for column, kind, value in zip(table.columns, table.kinds, row, strict=True)
        }
        for row in table.rows
    ]  # fmt: skip
    if rows:
        conn.execute(sa.insert(target), rows)


def _count_on(conn: sa.Connection) -> None:
    """PostgreSQL's serial keys go on after the rows brought in."""
    serials = """SELECT table_name, column_name, sequence FROM (
        SELECT table_name, column_name,
               pg_get_serial_sequence(quote_ident(table_schema) || '.' || quote_ident(table_name), column_name) sequence
        FROM information_schema.columns WHERE table_schema = :schema) AS serial WHERE sequence IS NOT NULL"""
    for table, column, sequence in conn.execute(sa.text(serials), {"schema": SCHEMA}).all():
        last = sa.select(sa.func.max(sa.column(column))).select_from(sa.table(table)).scalar_subquery()
        conn.execute(sa.select(sa.func.setval(sequence, last)))


def take(database: Database, at: datetime, cases: dict[str, str], folder: Path) -> Dump:
    """All rows of a SQLite database at today's schema, and the attachments below ``folder``."""
    with database.engine.connect() as conn:
        revision = str(conn.scalar(sa.text("SELECT version_num FROM alembic_version")))
        tables = {str(table.name): _rows(conn, table) for table in metadata.sorted_tables}
        # SQLite keeps its index over words in tables of its own and fills it as rows come in.
        there = {name for name in sa.inspect(conn).get_table_names() if not name.startswith("searched_fts")}
        missing = there - {*tables, "alembic_version"}
    assert not missing, f"tables that nothing imports: {missing}"
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    files = {path.relative_to(folder).as_posix(): base64.b64encode(path.read_bytes()).decode() for path in paths}
    return Dump(__version__, revision, at.isoformat(), cases, files, tables)


def _rows(conn: sa.Connection, table: sa.Table) -> Table:
    # JSON stays the text that it is stored as: an empty value and the JSON value null are two things.
    chosen = [sa.type_coerce(column, sa.Text) if isinstance(column.type, sa.JSON) else column for column in table.c]
    rows = [[_encode(value) for value in row] for row in conn.execute(sa.select(*chosen).order_by(*table.primary_key))]
    return Table([str(column.name) for column in table.c], [_kind(column) for column in table.c], rows)


def _kind(column: sa.Column[Any]) -> str:
    if isinstance(column.type, Moment):
        return "moment"
    return "bytes" if isinstance(column.type, sa.LargeBinary) else ""


def _encode(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    return base64.b64encode(value).decode() if isinstance(value, bytes) else value


def _decode(value: Any, kind: str) -> Any:
    if value is None or not kind:
        return value
    return datetime.fromisoformat(value) if kind == "moment" else base64.b64decode(value)


@contextmanager
def _repeatable() -> Iterator[None]:
    """Let ids and link tokens come out the same each time, so that a dump only differs where the product does."""
    chance = random.Random(1)
    ticks = itertools.count(int(START.timestamp() * 1e9), 1_000_000)
    with ExitStack() as stack:
        stack.enter_context(patch.object(time, "time_ns", lambda: next(ticks)))
        stack.enter_context(patch.object(secrets, "randbits", chance.getrandbits))
        stack.enter_context(patch.object(secrets, "token_bytes", lambda size=32: chance.randbytes(size)))
        stack.enter_context(patch.object(os, "urandom", chance.randbytes))
        yield


def main() -> None:
    """Write the dump of the present version."""
    load_tables()
    clock = VirtualClock(START)
    with tempfile.TemporaryDirectory() as name, SmtpPeer() as server, _repeatable():
        folder = Path(name)
        database = Database(default_url(folder))
        migrations.upgrade(database)
        stage = build(database.url, clock, folder, smtp_url=f"smtp://127.0.0.1:{server.port}")
        cases = open_work.leave(stage, server)
        path = write(take(database, clock.now(), cases, stage.desk.settings.attachments))
        stage.desk.close()
        database.close()
    print(path)  # noqa: T201 - a command tells what it wrote


if __name__ == "__main__":
    main()
