"""A house with its shipped processes, deployed once for each database and copied for each test that plays on it."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

import psycopg
import pytest

from loopdesk.engine.clock import VirtualClock
from loopdesk.engine.db import default_url
from loopdesk.tests.scenarios.stage import Stage, build, furnish

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
"""When people and processes came: where the ``clock`` of every test begins."""
_numbers = count()


@pytest.fixture(scope="session")
def staged_sqlite(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Stage]:
    """A SQLite file to copy, and who is in it."""
    folder = tmp_path_factory.mktemp("staged")
    shutil.copy(sqlite_template, folder / "loopdesk.sqlite")
    stage = build(default_url(folder), VirtualClock(START), folder)
    stage.desk.close()
    return folder / "loopdesk.sqlite", stage


@pytest.fixture(scope="session")
def staged_postgres(
    postgres_server: str, postgres_template: str, tmp_path_factory: pytest.TempPathFactory
) -> tuple[str, Stage]:
    """The same as a PostgreSQL database: its name, and who is in it."""
    name = f"staged_{os.getpid()}"
    url = _copied(postgres_server, name, postgres_template)
    stage = build(url, VirtualClock(START), tmp_path_factory.mktemp("staged"))
    stage.desk.close()
    return name, stage


@pytest.fixture(params=["sqlite", "postgres"])
def stage(request: pytest.FixtureRequest, clock: VirtualClock, tmp_path: Path) -> Iterator[Stage]:
    """A house of its own for a test, on SQLite and on PostgreSQL."""
    with _database(request, tmp_path) as (url, known):
        stage = replace(known, desk=furnish(url, clock, tmp_path), clock=clock)
        yield stage
        stage.desk.close()


@contextmanager
def _database(request: pytest.FixtureRequest, folder: Path) -> Iterator[tuple[str, Stage]]:
    if request.param == "sqlite":
        file, known = request.getfixturevalue("staged_sqlite")
        shutil.copy(file, folder / "loopdesk.sqlite")
        yield default_url(folder), known
        return
    template, known = request.getfixturevalue("staged_postgres")
    server, name = request.getfixturevalue("postgres_server"), f"stage_{os.getpid()}_{next(_numbers)}"
    yield _copied(server, name, template), known
    with psycopg.connect(server, autocommit=True) as conn:
        conn.execute(f"DROP DATABASE {name} WITH (FORCE)")


def _copied(server: str, name: str, template: str) -> str:
    with psycopg.connect(server, autocommit=True) as conn:
        conn.execute(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY")
    return server.replace("/postgres?", f"/{name}?")
