"""One database, SQLite or PostgreSQL: the metadata every table hangs on, and how a connection is set up."""

import os
import secrets
import select
import sqlite3
import tempfile
import time
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any, cast

import orjson
import psycopg
import sqlalchemy as sa
from sqlalchemy.engine import Dialect
from sqlalchemy.util import LRUCache

metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(column_0_N_label)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)
"""All tables of the product; each is defined in the file of its concept."""

SCHEMA = "loopdesk"
SQLITE = "loopdesk.sqlite"
BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
"""Serial keys: SQLite only numbers rows of a plain INTEGER primary key by itself."""
JSON = sa.JSON()
PATIENCE = 30
"""Seconds that a writer on SQLite waits for the one before it."""
SILENT = 10.0
"""Seconds after which an idle connection to PostgreSQL is asked whether it still answers."""
ASKED = 1000
"""How many different statements are remembered as SQL."""
_USED, _CURSOR = "loopdesk.used", "loopdesk.cursor"


class Moment(sa.types.TypeDecorator[datetime]):
    """A zone-aware instant kept in UTC; a naive value is a bug and refused."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """To UTC; SQLite stores it without a zone."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment needs a zone")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 - SQLAlchemy's
        """Back as an aware instant in UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def new_id() -> str:
    """A time-ordered unique id (UUID version 7, RFC 9562 §5.7) as 32 hex digits."""
    value = (time.time_ns() // 1_000_000) << 80 | secrets.randbits(80)
    value = value & ~(0xF << 76) | 7 << 76
    value = value & ~(0x3 << 62) | 2 << 62
    return f"{value:032x}"


def _dumps(value: Any) -> str:
    return orjson.dumps(value, option=orjson.OPT_NON_STR_KEYS, default=str).decode()


class _Statements(LRUCache[Any, Any]):
    """Statements as SQL, made once for all databases of a kind that a process opens: scenarios and drills play in a new
    one each, and making the SQL would take a quarter of their time. SQLAlchemy's own memory tells databases apart by
    the dialect object of each."""

    def get(self, key: Any, default: Any = None) -> Any:
        """The statement, whichever database it was made for."""
        return super().get(_alike(key), default)

    def __setitem__(self, key: Any, value: Any) -> None:
        super().__setitem__(_alike(key), value)


def _alike(key: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple(part for part in key if not isinstance(part, Dialect))


@cache
def _statements(_kind: str) -> _Statements:
    return _Statements(ASKED)


class Database:
    """A pool of connections to one database; on PostgreSQL everything lives in the schema ``loopdesk``."""

    def __init__(self, url: str) -> None:
        """Take a SQLAlchemy URL; ``postgres://`` and ``postgresql://`` mean psycopg 3."""
        self.url = normalise(url)
        self.is_sqlite = self.url.startswith("sqlite")
        self.engine = sa.create_engine(
            self.url,
            json_serializer=_dumps,
            json_deserializer=orjson.loads,
            connect_args={"timeout": PATIENCE} if self.is_sqlite else {"options": f"-csearch_path={SCHEMA}"},
            execution_options={"compiled_cache": _statements(self.url.partition(":")[0])},
        )
        if self.is_sqlite:
            sa.event.listen(self.engine, "connect", _prepare_sqlite)
            sa.event.listen(self.engine, "begin", _begin_immediate)
        else:
            sa.event.listen(self.engine, "checkout", self._require_living)
            sa.event.listen(self.engine, "checkin", _note_use)

    def _require_living(self, connection: Any, record: Any, _fairy: Any) -> None:
        """Let the pool take another connection for one that the server has ended, or that is silent for ``SILENT``.

        A server that stops says so on the socket, which costs no way there and back to see; a line that was cut
        says nothing, but then it has been idle for a while.
        """
        idle = time.monotonic() - record.info.get(_USED, 0.0)
        if idle < SILENT and not _has_word(connection):
            return
        try:
            self.engine.dialect.do_ping(connection)
        except psycopg.Error as error:
            raise sa.exc.DisconnectionError("The database has ended this connection.") from error

    def close(self) -> None:
        """Give every connection back."""
        self.engine.dispose()


def driven(conn: sa.Connection, statement: str, *parameters: Any) -> tuple[Any, ...] | None:
    """The first row of a statement in PostgreSQL's own words (``$1``), by the driver alone; moments in its zone.

    For the two statements of each step: what SQLAlchemy does around a statement takes a tenth of a millisecond, which
    is a tenth of the step. Errors are SQLAlchemy's, a lost connection leaves the pool, listeners hear of it.
    """
    cursor = conn.info.get(_CURSOR)
    if cursor is None:
        cursor = conn.info[_CURSOR] = psycopg.RawCursor(cast("psycopg.Connection", conn.connection.driver_connection))
    if conn.engine.dispatch.before_cursor_execute:
        conn.engine.dispatch.before_cursor_execute(conn, cursor, statement, parameters, None, False)
    try:
        cursor.execute(statement, parameters)
        return cast("tuple[Any, ...] | None", cursor.fetchone())
    except psycopg.Error as error:
        conn._handle_dbapi_exception(error, statement, parameters, None, None)  # noqa: SLF001 - as of its own


def _has_word(connection: Any) -> bool:
    # Not select(): it knows no file descriptor above 1,023.
    poll = select.poll()
    poll.register(connection.fileno(), select.POLLIN)
    return bool(poll.poll(0))


def _note_use(_connection: Any, record: Any) -> None:
    record.info[_USED] = time.monotonic()


def normalise(url: str) -> str:
    """The URL with the driver that is installed."""
    for prefix in ("postgres://", "postgresql://"):
        if url.startswith(prefix):
            return "postgresql+psycopg://" + url.removeprefix(prefix)
    return url


def default_url(data: str | os.PathLike[str]) -> str:
    """The SQLite file inside the data folder."""
    return f"sqlite:///{os.fspath(data)}/{SQLITE}"


def lay_out(folder: Path) -> None:
    """Put a SQLite file with all tables and no row into ``folder``, where `default_url` looks for it."""
    (folder / SQLITE).write_bytes(_empty(frozenset(metadata.tables)))


@cache
def _empty(_tables: frozenset[str]) -> bytes:
    # Copied, for a scenario lasts little longer than making all tables does.
    with tempfile.TemporaryDirectory(prefix="loopdesk-tables-") as folder:
        database = Database(default_url(folder))
        with database.engine.begin() as conn:
            metadata.create_all(conn)
        database.close()
        return (Path(folder) / SQLITE).read_bytes()


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    # sqlite3's own implicit BEGIN is deferred: two writers would meet as "database is locked" instead of queueing.
    connection.isolation_level = None
    _write_ahead(connection)
    for pragma in ("synchronous=NORMAL", "foreign_keys=ON", f"busy_timeout={PATIENCE * 1000}"):
        connection.execute(f"PRAGMA {pragma}")


def _write_ahead(connection: Any) -> None:
    # While another process turns a new file to write-ahead, SQLite answers "locked" here without waiting.
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
            return
        except sqlite3.OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.01)


def _begin_immediate(connection: sa.Connection) -> None:
    deferred = connection.get_execution_options().get("read_only", False)
    connection.exec_driver_sql("BEGIN DEFERRED" if deferred else "BEGIN IMMEDIATE")
