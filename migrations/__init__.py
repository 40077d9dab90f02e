"""Brings a database to the schema that this release of Loopdesk needs."""

from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from loopdesk.engine.db import SCHEMA, Database

_FOLDER = Path(__file__).parent
_LOCK = 0x10_0F_DE_5C
"""Any number will do, as long as it is ours: whoever holds this lock on PostgreSQL migrates, the others wait."""


def upgrade(database: Database) -> None:
    """Create or change what differs from this release; safe to call at each start, by several processes at once."""
    with database.engine.begin() as conn:
        if not database.is_sqlite:
            conn.execute(sa.text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
            conn.execute(sa.text(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}"))
        if _head() is None:
            _until_the_first_migration(conn)
        else:
            command.upgrade(config(conn), "head")


def is_current(database: Database) -> bool:
    """Whether the database stands at this release's schema."""
    if _head() is None:
        return True
    with database.engine.connect().execution_options(read_only=True) as conn:
        return MigrationContext.configure(conn).get_current_revision() == _head()


def config(conn: sa.Connection | None = None) -> Config:
    """Alembic's configuration; `conn` is the connection to migrate on."""
    settings = Config()
    settings.set_main_option("script_location", str(_FOLDER))
    settings.attributes["connection"] = conn
    return settings


def _head() -> str | None:
    return ScriptDirectory(str(_FOLDER)).get_current_head()


def _until_the_first_migration(conn: sa.Connection) -> None:
    import contextlib
    import importlib

    from loopdesk.engine.db import metadata

    for room in ("engine", "desk", "connectors", "web"):
        for path in sorted((_FOLDER.parent / room).glob("*.py")):
            if "sa.Table(" in path.read_text():
                with contextlib.suppress(Exception):
                    importlib.import_module(f"loopdesk.{room}.{path.stem}")
    tables = list(metadata.tables.values())
    names = {table.name for table in tables}
    whole = [t for t in tables if all(k.target_fullname.split(".")[0] in names for k in t.foreign_keys)]
    metadata.create_all(conn, tables=whole)
