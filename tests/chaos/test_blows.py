"""One blow at a time: what is in hand when a worker dies or stalls, and a Redis that loses its jobs (issue 4)."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from threading import Event

import pytest
import sqlalchemy as sa

from loopdesk.engine import instances, jobs, outbox_rows
from loopdesk.engine.clock import VirtualClock
from loopdesk.engine.host import Host
from loopdesk.engine.tx import Engine
from loopdesk.tests.chaos.crew import Crew
from loopdesk.tests.chaos.scene import PATIENCE, Scene, finish
from loopdesk.tests.support import eventually

pytestmark = pytest.mark.timeout(600)  # a few seconds each, unless the machine has much else to do


@contextmanager
def silent(scene: Scene) -> Iterator[None]:
    """The target takes requests and answers none before the end of the block."""
    scene.target.held = Event()
    try:
        yield
    finally:
        scene.target.held.set()
        scene.target.held = None


def until_called(scene: Scene, crew: Crew, number: int) -> str:
    """Let the case go on until its first effect is on its way; the effect's key."""

    def called() -> str:
        crew.turn()
        instance = crew.state.instances.get(number, "?")
        return next((key for key in scene.target.deliveries if f":{instance}:" in key), "")

    eventually(called, within=PATIENCE)
    return called()


def row_of(scene: Scene, key: str) -> dict[str, str]:
    """The outbox row of a key."""
    row = outbox_rows.outbox.c
    with scene.desk.engine.read() as tx:
        return dict(tx.conn.execute(sa.select(outbox_rows.outbox).where(row.idempotency_key == key)).mappings().one())


def holder(scene: Scene, key: str) -> str:
    """The worker that holds the row of a key, as the house calls it."""
    return row_of(scene, key)["claimed_by"].replace("-", " ")


def assert_applied_once(scene: Scene, crew: Crew, number: int, key: str) -> None:
    finish(crew, number)
    assert scene.target.deliveries[key] == 2, "delivered again, with the same key"
    assert scene.data(crew, number)[row_of(scene, key)["element"]] == scene.target.taken[key]
    for element in ("call", "tell", "last"):
        assert scene.times(crew, number, "effect.done", element) == 1


def test_a_worker_killed_in_the_middle_of_a_call_delivers_again_under_the_same_key(struck: Scene) -> None:
    crew = struck.crew(1)
    with silent(struck):
        key = until_called(struck, crew, 1)
        struck.house.kill(holder(struck, key))
    assert_applied_once(struck, crew, 1, key)


def test_a_worker_killed_between_a_call_and_its_result_delivers_again_under_the_same_key(struck: Scene) -> None:
    crew = struck.crew(2)
    with silent(struck):
        key = until_called(struck, crew, 2)
        name = holder(struck, key)
        with struck.desk.engine.begin() as tx:
            instances.lock(tx, crew.state.instances[2])
            assert struck.target.held is not None
            struck.target.held.set()
            eventually(lambda: key in struck.target.taken, within=PATIENCE)
            struck.house.kill(name)
    assert_applied_once(struck, crew, 2, key)


def test_a_stalled_workers_late_result_loses_against_its_successors(struck: Scene) -> None:
    crew = struck.crew(3)
    with silent(struck):
        key = until_called(struck, crew, 3)
        stalled = holder(struck, key)
        struck.signal(stalled, signal.SIGSTOP)
    try:
        eventually(lambda: key in struck.target.taken, within=PATIENCE)
        later = VirtualClock(struck.desk.engine.clock.now() + outbox_rows.LEASE + timedelta(seconds=1))
        jobs.tick(Engine(struck.desk.engine.database, later, Host()), jobs.wake(struck.house.settings.redis_url))
        eventually(lambda: struck.times(crew, 3, "effect.done", row_of(struck, key)["element"]) == 1, within=PATIENCE)
    finally:
        struck.signal(stalled, signal.SIGCONT)
    assert_applied_once(struck, crew, 3, key)


def test_jobs_that_are_wiped_with_their_redis_are_rung_for_again(struck: Scene) -> None:
    crew = struck.crew(4)
    workers = [name for name in struck.house.names() if name.startswith("worker")]
    for name in workers:
        struck.signal(name, signal.SIGSTOP)
    try:
        eventually(lambda: crew.turn() is not None and 4 in crew.state.instances, within=PATIENCE)
        with struck.house.redis() as client:
            eventually(lambda: client.llen(f"rq:queue:{jobs.QUEUE}"), within=PATIENCE)
            client.flushall()
    finally:
        for name in workers:
            struck.signal(name, signal.SIGCONT)
    finish(crew, 4)


def test_the_log_tells_how_each_process_ended_and_that_it_began_again(struck: Scene) -> None:
    for name in ("poller 1", "worker 1", "web", "redis"):
        ends, starts = len(struck.house.ended(name)), len(struck.house.pids(name))
        assert struck.house.kill(name)
        eventually(lambda name=name, ends=ends: struck.house.ended(name)[ends:] == ["SIGKILL"], within=PATIENCE)  # type: ignore[misc]
        eventually(lambda name=name, n=starts: len(struck.house.pids(name)) == n + 1, within=PATIENCE)  # type: ignore[misc]
    eventually(struck.house.answers, within=PATIENCE)
    finish(struck.crew(5), 5)
