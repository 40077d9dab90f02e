"""The statements of a step that go to PostgreSQL by the driver alone fail like all others (issue 4)."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import cast

import pytest
import sqlalchemy as sa

from loopdesk.engine import work
from loopdesk.engine.clock import VirtualClock
from loopdesk.engine.db import Database, driven
from loopdesk.engine.host import Host
from loopdesk.engine.instances import Suspended, instance
from loopdesk.engine.tx import Engine
from loopdesk.engine.work_rows import task
from loopdesk.tests.engine.drawing import flows
from loopdesk.tests.engine.steps import ANN, deploy, start

ONE = '<bpmn:startEvent id="s"/><bpmn:userTask id="t"/><bpmn:endEvent id="e"/>' + flows("s > t > e")


@pytest.fixture
def database(postgres_url: str) -> Iterator[Database]:
    database = Database(postgres_url)
    yield database
    database.close()


def test_an_error_is_one_of_sqlalchemy_and_the_connection_goes_on(database: Database) -> None:
    with database.engine.connect() as conn:
        with pytest.raises(sa.exc.ProgrammingError, match="no_such_table"):
            driven(conn, "SELECT $1::int FROM no_such_table", 1)
        conn.rollback()
        assert driven(conn, "SELECT $1::int + 1", 1) == (2,)
        assert driven(conn, "SELECT 1 WHERE $1::boolean", False) is None


def test_a_lock_that_is_not_given_is_an_operational_error(database: Database) -> None:
    """As a deadlock is: whoever repeats what the database could not do looks for these."""
    with database.engine.connect() as first, database.engine.connect() as second:
        driven(first, "SELECT pg_advisory_xact_lock($1::int)", 7)
        driven(second, "SELECT set_config('lock_timeout', $1, true)", "50ms")
        with pytest.raises(sa.exc.OperationalError):
            driven(second, "SELECT pg_advisory_xact_lock($1::int)", 7)


def test_a_connection_that_the_server_ended_leaves_the_pool(database: Database) -> None:
    with database.engine.connect() as conn, database.engine.connect() as killer:
        row = driven(conn, "SELECT pg_backend_pid() + $1", 0)
        assert row is not None
        killer.execute(sa.select(sa.func.pg_terminate_backend(row[0])))
        with pytest.raises(sa.exc.OperationalError) as caught:
            driven(conn, "SELECT $1::int", 1)
        assert caught.value.connection_invalidated
        assert conn.invalidated


def test_listeners_count_it(database: Database) -> None:
    seen: list[str] = []
    sa.event.listen(database.engine, "before_cursor_execute", lambda *given: seen.append(given[2]))
    with database.engine.connect() as conn:
        driven(conn, "SELECT $1::int", 1)
    assert seen == ["SELECT $1::int"]


def test_moments_of_a_task_are_utc_whatever_the_session_says(database: Database, clock: VirtualClock) -> None:
    engine = Engine(database, clock, Host())
    deploy(engine, ONE)
    start(engine)
    with engine.begin() as tx:
        tx.conn.execute(sa.update(instance).values(suspended_at=tx.now))
        name = tx.conn.execute(sa.text("SELECT current_database()")).scalar()
        identity = str(tx.conn.scalar(sa.select(task.c.id)))
        tx.conn.execute(sa.text(f"ALTER DATABASE {name} SET timezone = 'Asia/Shanghai'"))
    engine.database.engine.dispose()
    with pytest.raises(Suspended) as caught, engine.begin() as tx:
        work.complete(ANN, tx, identity, {})
    assert cast(datetime, caught.value.params["at"]).tzinfo is UTC
