"""RQ is only the doorbell: whatever happens to Redis or to a worker, the rows are performed (architecture §2, §4)."""

import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from threading import Event, Thread

import pytest
import redis
import sqlalchemy as sa

from loopdesk.engine import events, jobs, outbox, outbox_rows, timers
from loopdesk.engine.clock import SystemClock, VirtualClock
from loopdesk.engine.db import Database
from loopdesk.engine.host import Host
from loopdesk.engine.tx import Engine
from loopdesk.tests.support import eventually, free_port, start_redis

Start = Callable[..., subprocess.Popen[bytes]]


@pytest.fixture
def real(database: Database) -> Engine:
    """An engine on the machine's clock, as the processes have."""
    return Engine(database, SystemClock(), Host())


@pytest.fixture
def start(database: Database) -> Iterator[Start]:
    """Starts worker processes and leaves none behind."""
    processes = []

    def start(redis_url: str, *more: Path | str) -> subprocess.Popen[bytes]:
        script = Path(__file__).with_name("worker_process.py")
        url = database.engine.url.render_as_string(hide_password=False)
        processes.append(subprocess.Popen([sys.executable, script, url, redis_url, *more]))
        return processes[-1]

    yield start
    for process in processes:
        process.kill()
        process.wait()


def put(engine: Engine, key: str) -> None:
    with engine.begin() as tx:
        outbox.put(tx, "note", {}, idempotency_key=key)


def noted(engine: Engine, key: str) -> int:
    with engine.read() as tx:
        return len(events.timeline(tx, key))


def queue(url: str) -> list[str]:
    with redis.Redis.from_url(url, decode_responses=True) as client:
        return [str(job) for job in client.lrange(f"rq:queue:{jobs.QUEUE}", 0, -1)]


def test_however_often_the_bell_is_rung_one_job_waits(redis_url: str) -> None:
    bell = jobs.Bell(redis_url)
    bell.ring()
    bell.ring()
    (job,) = queue(redis_url)
    assert re.fullmatch(r"[A-Za-z0-9_-]+", job)
    bell.heard()
    bell.ring()
    assert len(queue(redis_url)) == 2, "what commits after a job has begun gets a job of its own"


def test_ringing_without_redis_is_no_error() -> None:
    bell = jobs.Bell(f"redis://127.0.0.1:{free_port()}/0")
    assert not bell.works()
    bell.ring()
    bell.ring()


def test_a_worker_does_what_it_is_woken_for_and_ends_when_told(real: Engine, redis_url: str, start: Start) -> None:
    real.wake = jobs.wake(redis_url)
    worker = start(redis_url)
    put(real, "a")
    eventually(lambda: noted(real, "a"))
    put(real, "b")
    eventually(lambda: noted(real, "b"))
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(15) == 0


def test_the_row_in_hand_is_finished_before_the_worker_ends(
    real: Engine, redis_url: str, start: Start, tmp_path: Path
) -> None:
    real.wake = jobs.wake(redis_url)
    busy = tmp_path / "busy"
    worker = start(redis_url, busy)
    put(real, "a")
    eventually(busy.exists)
    worker.send_signal(signal.SIGTERM)
    busy.unlink()
    assert worker.wait(15) == 0
    assert noted(real, "a") == 1


def test_wiped_redis_costs_a_moment(real: Engine, redis_url: str, start: Start) -> None:
    start(redis_url)
    put(real, "a")
    jobs.tick(real, jobs.Bell(redis_url).ring)
    eventually(lambda: noted(real, "a"))
    with redis.Redis.from_url(redis_url) as client:
        client.flushall()
    put(real, "b")
    jobs.tick(real, jobs.Bell(redis_url).ring)
    eventually(lambda: noted(real, "b"))


def test_without_redis_a_worker_looks_for_itself_and_comes_back_to_it(
    real: Engine, start: Start, tmp_path: Path
) -> None:
    url = f"redis://:secret@127.0.0.1:{free_port()}/0"
    start(url)
    put(real, "a")
    eventually(lambda: noted(real, "a"))
    server = start_redis(url, tmp_path)
    try:
        with redis.Redis.from_url(url) as client:
            eventually(lambda: client.smembers("rq:workers"))
        put(real, "b")
        jobs.tick(real, jobs.wake(url))
        eventually(lambda: noted(real, "b"))
    finally:
        server.terminate()
        server.wait()
    put(real, "c")
    eventually(lambda: noted(real, "c"))


def test_a_killed_workers_row_is_performed_by_the_next(
    real: Engine, redis_url: str, start: Start, tmp_path: Path, database: Database
) -> None:
    busy = tmp_path / "busy"
    worker = start(redis_url, busy)
    put(real, "a")
    jobs.tick(real, jobs.wake(redis_url))
    eventually(busy.exists)
    worker.kill()
    worker.wait()
    assert noted(real, "a") == 0
    start(redis_url)
    later = VirtualClock(real.clock.now() + outbox_rows.LEASE + timedelta(seconds=1))
    eventually(lambda: jobs.tick(Engine(database, later, Host()), jobs.wake(redis_url)) and noted(real, "a"))
    assert noted(real, "a") == 1


def test_the_successor_of_a_killed_worker_need_not_wait_for_its_lease(
    real: Engine, redis_url: str, start: Start, tmp_path: Path
) -> None:
    real.wake = jobs.wake(redis_url)
    busy = tmp_path / "busy"
    worker = start(redis_url, busy, "house-0")
    put(real, "a")
    eventually(busy.exists)
    worker.kill()
    worker.wait()
    busy.unlink()
    start(redis_url, "", "house-1")
    put(real, "b")
    eventually(lambda: noted(real, "b"))
    assert noted(real, "a") == 0, "a worker of another name leaves it alone: its holder may only be slow"
    start(redis_url, "", "house-0")
    eventually(lambda: noted(real, "a"))


def test_the_poller_sleeps_until_something_is_due(engine: Engine, clock: VirtualClock) -> None:
    rung: list[str] = []
    assert jobs.tick(engine, lambda: rung.append("x")) == jobs.PAUSE
    with engine.begin() as tx:
        due = tx.now + timedelta(seconds=60.3)
        timers.set(tx, instance="i", key="L-1", element="e", ref="r", due_at=due)
    assert jobs.tick(engine, lambda: rung.append("x")) == jobs.PAUSE
    clock.advance(timedelta(seconds=60))
    assert jobs.tick(engine, lambda: rung.append("x")) == pytest.approx(0.3)
    assert rung == []
    clock.advance(timedelta(seconds=0.3))
    engine.wake = lambda: rung.append("woken after the commit")
    jobs.tick(engine, lambda: rung.append("x"))
    assert rung == ["woken after the commit"]
    jobs.tick(engine, lambda: rung.append("still waiting"))
    assert rung[1:] == ["still waiting"]


def test_the_poller_survives_a_database_that_is_away(engine: Engine) -> None:
    stop, looked = Event(), []

    class Away:
        """A database whose connections are refused."""

        def connect(self) -> None:
            looked.append(1)
            if len(looked) == 2:
                stop.set()
            raise sa.exc.OperationalError("connect", {}, Exception("refused"))

    engine.database.engine = Away()  # type: ignore[assignment]
    engine.database.close = lambda: None  # type: ignore[method-assign]
    poller = Thread(target=jobs.poll, args=(engine, lambda: None), kwargs={"stop": stop})
    poller.start()
    poller.join(10)
    assert len(looked) == 2
