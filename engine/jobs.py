"""RQ carries wake-ups, the database is the truth (architecture §2): the only file that knows RQ.

A wake-up is a job that drains the outbox until nothing is ready. Losing Redis, or all that is in it, costs nothing but
time: the poller rings again while rows wait, and a worker without Redis looks for itself.
"""

import gc
import logging
import os
import secrets
import signal
import socket
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from contextvars import ContextVar
from dataclasses import dataclass, field
from threading import Event, Lock, Thread
from types import FrameType

import redis
import sqlalchemy as sa
from rq import Queue, SimpleWorker
from rq.exceptions import StopRequested

from loopdesk.engine import outbox, outbox_rows, timers
from loopdesk.engine.outbox import Handlers
from loopdesk.engine.periodic import Periodic, Schedule
from loopdesk.engine.tx import Engine, Tx

log = logging.getLogger(__name__)

QUEUE = "loopdesk"
PAUSE = 0.5
"""The longest the poller sleeps, and a worker without Redis, in seconds."""
SHORTEST_PAUSE = 0.05
"""The shortest: due timers are gathered for so long, so that a burst does not cost a look for each."""
SLICE = 10.0
"""Seconds after which a drain job ends, so that RQ sees its worker alive."""
_RUNG_KEY = "loopdesk:rung"
_RUNG_SECONDS = 5


class Bell:
    """Wakes a worker through Redis: at most one job waits in the queue, however often it is rung."""

    def __init__(self, url: str) -> None:
        self._redis = redis.Redis.from_url(url, socket_timeout=2, socket_connect_timeout=1)
        self._queue = Queue(QUEUE, connection=self._redis)
        self._away_until = 0.0

    def ring(self) -> None:
        """Enqueue a drain job unless one waits already; without Redis do nothing, the poller makes up for it."""
        if time.monotonic() < self._away_until:
            return
        try:
            if self._redis.set(_RUNG_KEY, "1", nx=True, ex=_RUNG_SECONDS):
                job_id = f"drain-{secrets.token_hex(8)}"
                self._queue.enqueue(drain_job, job_id=job_id, job_timeout=-1, result_ttl=0, failure_ttl=3600)
        except redis.RedisError as error:
            # Everybody who commits comes by here: a Redis that hangs must not hold each of them up.
            self._away_until = time.monotonic() + PAUSE
            log.warning("Redis is away, the poller takes over: %s", error)

    def heard(self) -> None:
        """Say that the waiting job has begun: whoever rings from now on gets a new one."""
        self._redis.delete(_RUNG_KEY)

    def works(self) -> bool:
        """Whether Redis answers."""
        try:
            return bool(self._redis.ping())
        except redis.RedisError:
            return False


def wake(redis_url: str) -> Callable[[], None]:
    """What an ``Engine`` calls after a commit that left something to do."""
    return Bell(redis_url).ring


@dataclass(frozen=True)
class _Worker:
    engine: Engine
    handlers: Handlers
    name: str
    bell: Bell
    stop: Event
    _alone: Lock = field(default_factory=Lock)
    """Who drains: RQ's job or, without Redis, the stand-in; both hold rows under the same name."""

    def drain(self) -> None:
        """Perform what is ready, for one slice of time at most; leave the rest to the next job."""
        with self._alone:
            try:
                self._slice()
            except sa.exc.DBAPIError:
                self.patiently(lambda tx: outbox_rows.release(tx, self.name))
                raise

    def _slice(self) -> None:
        end = time.monotonic() + SLICE
        while outbox.drain(self.engine, self.handlers, worker=self.name):
            if time.monotonic() > end:
                self.bell.ring()
                return

    def patiently(self, do: Callable[[Tx], object]) -> None:
        """Do something as soon as the database answers, unless asked to stop; SQLite is never away, only wrong."""
        while not self.stop.is_set():
            try:
                with self.engine.begin() as tx:
                    do(tx)
                return
            except sa.exc.OperationalError as error:
                if self.engine.database.is_sqlite:
                    raise
                log.warning("The database is away, waiting for it: %s", _first_line(error))
                self.stop.wait(PAUSE)


def _first_line(error: sa.exc.DBAPIError) -> str:
    return str(error.orig).partition("\n")[0]


_worker: ContextVar[_Worker] = ContextVar("loopdesk_worker")


def drain_job() -> None:
    """The one job there is; RQ calls it by name inside a worker that `work` runs."""
    worker = _worker.get()
    worker.bell.heard()
    worker.drain()


class _RqWorker(SimpleWorker):
    """RQ's in-process worker, quick to come back to a Redis that was away, and asked to stop through an event."""

    max_connection_wait_time = 1.0
    log_job_description = False
    stop: Event

    def request_stop(self, signum: int, frame: FrameType | None) -> None:
        self.stop.set()
        super().request_stop(signum, frame)  # type: ignore[no-untyped-call]  # RQ has no annotation there


def work(engine: Engine, handlers: Handlers, redis_url: str, *, stop: Event, name: str = "") -> None:
    """Work until ``stop`` is set or the process gets SIGTERM or SIGINT; the row in hand is finished first.

    ``name`` is for a supervisor that starts the next worker of a name only when the last one is dead: its rows are
    then taken over at once. Without a name the worker calls itself after machine and process.
    """
    logging.getLogger("rq").setLevel(logging.WARNING)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: stop.set())
    called = (name or f"{socket.gethostname()}-{os.getpid()}")[:64]
    gc.freeze()  # What is loaded by now stays; walking it anew cost a tenth of each step.
    worker = _Worker(engine, handlers, called, Bell(redis_url), stop)
    if name:
        worker.patiently(lambda tx: outbox_rows.take_over(tx, worker.name))
    _worker.set(worker)
    stand_in = Thread(target=_stand_in, args=(worker, stop), name="stand-in")
    stand_in.start()
    try:
        while not stop.is_set():
            with suppress(StopRequested):  # raised by RQ's signal handler, wherever the process is just then
                _work_with_redis(redis_url, stop)
                stop.wait(PAUSE)
    finally:
        stop.set()
        stand_in.join()


def _work_with_redis(url: str, stop: Event) -> None:
    """RQ's loop; returns when RQ gives up, for example because the job's data was wiped under its hands."""
    try:
        rq = _RqWorker(
            [Queue(QUEUE, connection=(connection := redis.Redis.from_url(url)))],
            name=f"worker-{secrets.token_hex(8)}",
            connection=connection,
            worker_ttl=30,
            maintenance_interval=10,
        )
        rq.stop = stop
        rq.work(logging_level="WARNING")
    except redis.RedisError as error:
        log.warning("Redis is away, looking for work without it: %s", error)


def _stand_in(worker: _Worker, stop: Event) -> None:
    """Drain without being woken for as long as Redis is away."""
    while not stop.wait(PAUSE):
        if worker.bell.works():
            continue
        try:
            worker.drain()
        except sa.exc.DBAPIError as error:
            log.warning("The database was away too; the rows waited: %s", _first_line(error))


def tick(engine: Engine, ring: Callable[[], None]) -> float:
    """Look once: move due timers to the outbox, free what dead workers held, wake a worker if anything is ready.

    Returns for how many seconds nothing is due, at most ``PAUSE``.
    """
    with engine.read() as tx:
        due = timers.next_due(tx)
        lost = tx.conn.execute(outbox_rows.expired(tx).limit(1)).first()
        waiting = outbox_rows.ready(tx)
        now = tx.now
    if lost or (due and due <= now):
        with engine.begin() as tx:
            _sweep(tx)
            due = timers.next_due(tx)
    if waiting:
        ring()
    return min(PAUSE, max(SHORTEST_PAUSE, (due - now).total_seconds())) if due else PAUSE


def _sweep(tx: Tx) -> None:
    freed, claimed = outbox_rows.reclaim(tx), timers.claim_due(tx)
    if freed:
        log.warning("%d rows were left behind by a worker that did not come back; they run again.", freed)
    if claimed:
        log.debug("%d timers are due.", claimed)


def poll(engine: Engine, ring: Callable[[], None], *, stop: Event, periodic: Sequence[Periodic] = ()) -> None:
    """The poller's loop until ``stop`` is set; any number of pollers may run at once. ``periodic`` is house-keeping."""
    pause, schedule = 0.0, Schedule(periodic)
    while not stop.wait(pause):
        try:
            pause = tick(engine, ring)
            schedule.tick(engine)
        except sa.exc.DBAPIError as error:
            log.warning("The database is away; looking again in %s s: %s", PAUSE, _first_line(error))
            pause = PAUSE
