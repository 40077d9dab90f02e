"""Brings a database to the schema that this release of Loopdesk needs."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import sqlalchemy as sa

from loopdesk.engine.db import SCHEMA, Database

if TYPE_CHECKING:
    from alembic.config import Config

_FOLDER = Path(__file__).parent
_LOCK = 0x10_0F_DE_5C
"""Any number will do, as long as it is ours: whoever holds this lock on PostgreSQL migrates, the others wait."""


def upgrade(database: Database) -> None:
    """Create or change what differs from this release; safe to call at each start, by several processes at once."""
    if is_current(database):
        return
    from alembic import command  # takes a third of a second, which a start with nothing to migrate saves

    with database.engine.connect() as conn, tables_replaceable(conn), conn.begin():
        if not database.is_sqlite:
            conn.execute(sa.text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
            conn.execute(sa.text(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}"))
        command.upgrade(config(conn), "head")
        require_whole(conn)


@contextmanager
def tables_replaceable(conn: sa.Connection) -> Iterator[None]:
    """SQLite changes a table by putting another in its place, which it refuses while rows of others refer to it.

    To be entered before the transaction begins; in it, `require_whole` asks afterwards what SQLite has not.
    """
    raw = conn.connection.dbapi_connection
    if conn.dialect.name != "sqlite" or raw is None:
        yield
        return
    raw.execute("PRAGMA foreign_keys=OFF")  # means nothing once a transaction has begun
    try:
        yield
    finally:
        raw.execute("PRAGMA foreign_keys=ON")


def require_whole(conn: sa.Connection) -> None:
    """Raises ``ValueError`` for a row of SQLite that refers to one that is not there."""
    if conn.dialect.name == "sqlite" and (broken := conn.exec_driver_sql("PRAGMA foreign_key_check").first()):
        raise ValueError(f"a row of {broken[0]} refers to one of {broken[2]} that is not there")


def is_current(database: Database) -> bool:
    """Whether the database stands at this release's schema."""
    with database.engine.connect().execution_options(read_only=True) as conn:
        if not sa.inspect(conn).has_table("alembic_version"):
            return False
        return bool(conn.scalar(sa.text("SELECT version_num FROM alembic_version")) == newest())


def newest() -> str:
    """The number of the newest migration: the files in `versions` are named after theirs."""
    return max(path.name.split("_")[0] for path in (_FOLDER / "versions").glob("[0-9]*.py"))


def config(conn: sa.Connection) -> "Config":
    """Alembic's configuration for migrating on ``conn``."""
    from alembic.config import Config

    settings = Config()
    settings.set_main_option("script_location", str(_FOLDER))
    settings.attributes["connection"] = conn
    return settings
