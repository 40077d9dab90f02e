"""Clocks that go back, machines that change their zone, workers of another release, rows that nobody can perform."""

import os
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from loopdesk.engine import events, incidents, instances, jobs, outbox, outbox_rows, runner, timers
from loopdesk.engine.actor import Actor
from loopdesk.engine.clock import SystemClock, VirtualClock
from loopdesk.engine.db import Database
from loopdesk.engine.host import Host
from loopdesk.engine.outbox import Handlers, Row
from loopdesk.engine.tx import Engine, Tx
from loopdesk.tests.engine.drawing import catch, flows, timer
from loopdesk.tests.engine.steps import END, START, deploy, start, status, work_off

ADMIN = Actor(kind="person", id="p1", name="Ada", roles=frozenset({"admin"}))
HOUR = timedelta(hours=1)
WAIT = START + catch("wait", timer("Duration", "PT1H")) + END + flows("s > wait > e")


def fired(engine: Engine) -> int:
    with engine.read() as tx:
        return [row["kind"] for row in events.timeline(tx, "L-1")].count("timer.fired")


def look(engine: Engine) -> None:
    """What poller and worker do."""
    jobs.tick(engine, lambda: None)
    work_off(engine)


def test_a_timer_that_has_fired_does_not_fire_again_when_the_clock_goes_back(
    engine: Engine, clock: VirtualClock
) -> None:
    deploy(engine, WAIT)
    instance = start(engine)
    clock.advance(HOUR)
    look(engine)
    clock.advance(-2 * HOUR)
    for _ in range(5):
        look(engine)
        clock.advance(HOUR)
    assert (status(engine, instance), fired(engine)) == ("completed", 1)


def test_a_timer_that_waits_or_is_queued_is_not_lost_when_the_clock_goes_back(
    engine: Engine, clock: VirtualClock
) -> None:
    deploy(engine, WAIT)
    waiting = start(engine)
    clock.advance(-3 * HOUR)
    look(engine)
    assert status(engine, waiting) == "active"
    clock.advance(4 * HOUR)
    with engine.begin() as tx:
        assert timers.claim_due(tx) == 1
    clock.advance(-2 * HOUR)
    look(engine)
    clock.advance(2 * HOUR)
    look(engine)
    assert (status(engine, waiting), fired(engine)) == ("completed", 1), "at the latest when the clock has caught up"


def test_a_lease_outlives_a_clock_that_goes_back_by_no_more_than_that(engine: Engine, clock: VirtualClock) -> None:
    with engine.begin() as tx:
        outbox.put(tx, "note", {}, idempotency_key="a")
    with engine.begin() as tx:
        assert len(outbox_rows.claim_batch(tx, ["note"], "dead", 10)) == 1
    clock.advance(-HOUR)
    with engine.begin() as tx:
        assert outbox_rows.reclaim(tx) == 0
        assert outbox_rows.take_over(tx, "dead") == 1, "the successor of that name waits for nothing"


@pytest.fixture
def elsewhere() -> Iterator[None]:
    """The machine is moved to another time zone, in which it is tomorrow already."""
    before = os.environ.get("TZ")
    os.environ["TZ"] = "Pacific/Kiritimati"
    time.tzset()
    yield
    os.environ.pop("TZ")
    if before is not None:
        os.environ["TZ"] = before
    time.tzset()


def test_a_time_zone_change_of_the_machine_moves_no_timer(database: Database, request: pytest.FixtureRequest) -> None:
    engine = Engine(database, SystemClock(), Host())
    due = (datetime.now(UTC) + HOUR).replace(microsecond=0)
    with engine.begin() as tx:
        timers.set(tx, instance="i", key="L-1", element="e", ref="r", due_at=due)
        timers.set(tx, instance="i", key="L-1", element="e", ref="s", due_at=due - 2 * HOUR)
    request.getfixturevalue("elsewhere")
    database.engine.dispose()
    with engine.begin() as tx:
        assert timers.next_due(tx) == due - 2 * HOUR
        assert timers.claim_due(tx) == 1
        assert timers.next_due(tx) == due
        assert [row["ref"] for row in timers.of_instance(tx, "i", due=True)] == ["s"]


def test_beside_a_worker_of_the_new_release_the_old_one_leaves_its_kinds_alone(engine: Engine) -> None:
    done: list[str] = []
    old = Handlers(local={"note": lambda _tx, row: done.append(f"old {row.idempotency_key}")})
    new = Handlers(
        local={kind: lambda _tx, row: done.append(f"new {row.idempotency_key}") for kind in ("note", "page")}
    )
    with engine.begin() as tx:
        outbox.put(tx, "page", {}, idempotency_key="a")
        outbox.put(tx, "note", {}, idempotency_key="b")
    assert [outbox.drain(engine, old, worker="old"), outbox.drain(engine, old, worker="old")] == [1, 0]
    assert outbox.drain(engine, new, worker="new") == 1
    assert done == ["old b", "new a"]


def test_a_payload_that_a_worker_cannot_read_is_an_incident_and_stops_nobody(engine: Engine) -> None:
    deploy(engine, WAIT)
    instance = start(engine)
    with engine.begin() as tx:
        outbox.put(tx, "timer", {"of": "a release to come"}, idempotency_key="a", instance=instance, element="wait")
        outbox.put(tx, "message", {"message": "no number"}, idempotency_key="b")
    work_off(engine)
    with engine.read() as tx:
        opened = incidents.listing(ADMIN, tx)
        assert instances.get(tx, instance)["status"] == "active", "what waits goes on waiting"
    assert sorted(row["kind"] for row in opened) == ["message", "timer"]
    look(engine)


def test_a_poisoned_row_is_given_up_after_eight_workers_and_blocks_none_of_the_others(
    engine: Engine, clock: VirtualClock
) -> None:
    class Killed(BaseException):
        """Stands for SIGKILL: nothing after it runs."""

    done: list[str] = []

    def handler(_tx: Tx, row: Row) -> None:
        if row.idempotency_key == "poison":
            raise Killed
        done.append(row.idempotency_key)

    handlers, died = Handlers(local={"note": handler}), 0
    with engine.begin() as tx:
        for key in ("poison", *(f"row-{number}" for number in range(39))):
            outbox.put(tx, "note", {}, idempotency_key=key)
    for number in range(20):
        try:
            while outbox.drain(engine, handlers, worker=f"w{number}"):
                pass
        except Killed:
            died += 1
            clock.advance(outbox_rows.LEASE + timedelta(seconds=1))
            with engine.begin() as tx:
                outbox_rows.reclaim(tx)
    assert died == outbox.DEATHS
    assert len(done) == 39
    with engine.read() as tx:
        (incident,) = incidents.listing(ADMIN, tx)
        states = tx.conn.execute(sa.select(outbox.outbox.c.state).distinct()).scalars().all()
    assert incident["params"] == {"deaths": 8}
    assert sorted(states) == ["done", "failed"]


def test_a_handler_that_fails_each_time_is_one_incident_and_the_rows_behind_it_are_performed(engine: Engine) -> None:
    def handler(_tx: Tx, row: Row) -> None:
        raise ZeroDivisionError(row.idempotency_key)

    good: list[Any] = []
    handlers = Handlers(local={"bad": handler, "good": lambda _tx, row: good.append(row.id), **runner.local_handlers()})
    with engine.begin() as tx:
        outbox.put(tx, "bad", {}, idempotency_key="a")
        outbox.put(tx, "good", {}, idempotency_key="b")
    for _ in range(3):
        outbox.drain(engine, handlers, worker="w")
    assert len(good) == 1
    with engine.read() as tx:
        (incident,) = incidents.listing(ADMIN, tx)
    assert "ZeroDivisionError" in incident["trace"]
