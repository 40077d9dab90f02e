"""Databases of one kind share what is the same for each: statements as SQL, and how an empty house begins."""

from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa

from loopdesk.desk import tables
from loopdesk.engine.db import Database, default_url, lay_out, metadata
from loopdesk.engine.figures import figure

assert tables.TABLES


def opened(folder: Path) -> Database:
    folder.mkdir()
    lay_out(folder)
    return Database(default_url(folder))


def note(database: Database, value: float) -> list[float]:
    """Write one row; all values that stand there now."""
    with database.engine.begin() as conn:
        conn.execute(sa.insert(figure).values(name="n", labels=str(value), value=value))
        return list(conn.scalars(sa.select(figure.c.value).where(figure.c.name == "n")))


def test_an_empty_house_has_all_tables_and_what_is_written_there_stays_there(tmp_path: Path) -> None:
    one, other = opened(tmp_path / "one"), opened(tmp_path / "other")
    columns = {name: {column.name for column in table.c} for name, table in metadata.tables.items()}
    found = sa.inspect(one.engine)
    assert {name: {column["name"] for column in found.get_columns(name)} for name in columns} == columns
    assert note(one, 1.0) == [1.0]
    assert note(other, 2.0) == [2.0]
    assert note(opened(tmp_path / "third"), 3.0) == [3.0]
    one.close()
    other.close()


def test_a_table_that_comes_later_is_in_the_next_house(tmp_path: Path) -> None:
    opened(tmp_path / "before").close()
    more = sa.Table("of_a_host", metadata, sa.Column("id", sa.Integer, primary_key=True))
    try:
        database = opened(tmp_path / "after")
        assert sa.inspect(database.engine).has_table("of_a_host")
        database.close()
    finally:
        metadata.remove(more)


def test_a_statement_is_made_sql_once_for_all_databases_of_a_kind(
    tmp_path: Path, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[str] = []
    query = sa.select(figure.c.value).where(figure.c.labels == "asked only here", figure.c.value > 7)
    compiler: Callable[..., object] = type(query)._compiler

    def counted(self: sa.Select[tuple[float]], dialect: sa.Dialect, **options: object) -> object:
        made.append(dialect.name)
        return compiler(self, dialect, **options)

    monkeypatch.setattr(type(query), "_compiler", counted)
    for database in (opened(tmp_path / "one"), opened(tmp_path / "other"), Database(postgres_url)):
        with database.engine.connect() as conn:
            assert conn.scalars(query).all() == []
        database.close()
    assert made == ["sqlite", "postgresql"]
