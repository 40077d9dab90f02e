"""Connections to PostgreSQL that ended while nobody used them, and what a reading transaction leaves behind."""

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
import sqlalchemy as sa

from loopdesk.engine import db, events
from loopdesk.engine.actor import SYSTEM
from loopdesk.engine.clock import SystemClock
from loopdesk.engine.db import Database
from loopdesk.engine.host import Host
from loopdesk.engine.tx import Engine


@pytest.fixture
def engine(postgres_url: str) -> Iterator[Engine]:
    database = Database(postgres_url)
    yield Engine(database, SystemClock(), Host())
    database.close()


def _backend(engine: Engine) -> int:
    with engine.read() as tx:
        return int(tx.conn.scalar(sa.text("SELECT pg_backend_pid()")))


def test_a_connection_that_the_server_ended_is_replaced_before_anybody_meets_it(
    engine: Engine, postgres_url: str
) -> None:
    first = _backend(engine)
    assert _backend(engine) == first
    with psycopg.connect(postgres_url.replace("+psycopg", ""), autocommit=True) as other:
        other.execute("SELECT pg_terminate_backend(%s, 5000)", (first,))
    assert _backend(engine) != first


def test_only_a_connection_that_was_idle_is_asked_whether_it_answers(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[object] = []
    ping = engine.database.engine.dialect.do_ping

    def noted(one: Any) -> bool:
        asked.append(one)
        return ping(one)

    monkeypatch.setattr(engine.database.engine.dialect, "do_ping", noted)
    _backend(engine)
    asked.clear()
    _backend(engine)
    assert asked == []
    monkeypatch.setattr(db, "SILENT", 0.0)
    _backend(engine)
    assert len(asked) == 1


def test_a_reading_transaction_changes_nothing(engine: Engine) -> None:
    with pytest.raises(sa.exc.DBAPIError, match="read-only"), engine.read() as tx:
        events.record(SYSTEM, tx, "note")
        tx.flush()
    with engine.begin() as tx:
        events.record(SYSTEM, tx, "note")


def test_statements_stay_prepared_from_one_transaction_to_the_next(engine: Engine) -> None:
    for _ in range(10):
        _backend(engine)
    with engine.read() as tx:
        assert tx.conn.scalar(sa.text("SELECT count(*) FROM pg_prepared_statements")) >= 1
