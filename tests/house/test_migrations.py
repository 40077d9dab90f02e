"""A migrated database is exactly what the tables of the code say, on both databases."""

from collections.abc import Iterator
from pathlib import Path
from threading import Thread

import psycopg
import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

from loopdesk import migrations
from loopdesk.engine.db import Database, default_url, metadata
from loopdesk.scripts.migration import load_tables


@pytest.fixture(params=["sqlite", "postgres"])
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A database without any table."""
    if request.param == "sqlite":
        database = Database(default_url(tmp_path))
    else:
        url = request.getfixturevalue("postgres_url")
        with psycopg.connect(url, autocommit=True) as conn:
            conn.execute("DROP SCHEMA loopdesk CASCADE")
        database = Database(url)
    yield database
    database.close()


def test_a_migrated_database_is_what_the_code_expects(empty: Database) -> None:
    load_tables()
    assert not migrations.is_current(empty)
    migrations.upgrade(empty)
    assert migrations.is_current(empty)
    with empty.engine.connect() as conn:
        options = {"compare_type": True, "include_name": lambda name, _kind, _parents: not _by_hand(name)}
        context = MigrationContext.configure(conn, opts=options)
        assert compare_metadata(context, metadata) == []
        created = {name for name in sa.inspect(conn).get_table_names() if not _by_hand(name)}
    assert created == {*metadata.tables, "alembic_version"}


def _by_hand(name: str | None) -> bool:
    """Full-text indexes are made by hand-written statements, which SQLAlchemy has no words for."""
    return bool(name) and str(name).startswith(("searched_fts", "searched_words"))


def test_partial_indexes_are_partial_on_both_databases(empty: Database) -> None:
    """Autogenerate does not compare their conditions."""
    load_tables()
    migrations.upgrade(empty)
    partial = {
        index.name
        for table in metadata.tables.values()
        for index in table.indexes
        if index.dialect_options["sqlite" if empty.is_sqlite else "postgresql"]["where"] is not None
    }
    query = "SELECT name FROM sqlite_master WHERE type = 'index' AND sql LIKE '% WHERE %'"
    if not empty.is_sqlite:
        query = "SELECT indexname FROM pg_indexes WHERE schemaname = 'loopdesk' AND indexdef LIKE '%% WHERE %%'"
    with empty.engine.connect() as conn:
        assert {row[0] for row in conn.exec_driver_sql(query)} == partial


def test_migrating_twice_or_by_several_processes_at_once_is_one_migration(empty: Database) -> None:
    errors: list[BaseException] = []

    def upgrade() -> None:
        database = Database(empty.engine.url.render_as_string(hide_password=False))
        try:
            migrations.upgrade(database)
        except BaseException as error:
            errors.append(error)
            raise
        finally:
            database.close()

    threads = [Thread(target=upgrade) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    migrations.upgrade(empty)
    assert errors == []
    assert migrations.is_current(empty)


def test_everything_can_be_taken_back(empty: Database) -> None:
    from alembic import command

    migrations.upgrade(empty)
    with empty.engine.begin() as conn:
        command.downgrade(migrations.config(conn), "base")
    with empty.engine.connect() as conn:
        assert sa.inspect(conn).get_table_names() == ["alembic_version"]
