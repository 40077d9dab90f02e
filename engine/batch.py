"""The rows that a worker claimed together: how it keeps them, and gives back what others could do meanwhile."""

import logging
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from threading import Event, Lock, Thread
from types import TracebackType
from typing import Self

import sqlalchemy as sa

from loopdesk.engine import outbox_rows
from loopdesk.engine.outbox_rows import LEASE, READY, Row
from loopdesk.engine.tx import Engine

log = logging.getLogger(__name__)

SLOW = 1.0
"""Seconds after which a worker that still waits for an outside system gives the rest of its batch to others."""
LONGEST = timedelta(minutes=15)
"""For so long the lease of one effect is renewed; a worker that hangs longer loses it."""


class Batch:
    """Hands out rows one by one. Beside a slow effect it gives the others back and renews that one's lease."""

    def __init__(self, engine: Engine, rows: list[Row], claimed_at: datetime) -> None:
        self._engine = engine
        self._todo = deque(rows)
        self._renewed_at = claimed_at
        self._lock = Lock()
        self._over = Event()
        self._beside: Thread | None = None
        self._hand: tuple[Row, float] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self._over.set()
        if self._beside is not None:
            self._beside.join()

    def __iter__(self) -> Iterator[Row]:
        while (row := self._next()) is not None:
            yield row

    def _next(self) -> Row | None:
        with self._lock:
            if self._todo and self._engine.clock.now() - self._renewed_at > LEASE / 4:
                self._renew()
            return self._todo.popleft() if self._todo else None

    def _renew(self) -> None:
        """Renew the lease of the rows still to do, but for those that another worker has taken meanwhile."""
        with self._engine.begin() as tx:
            self._todo = deque(row for row in self._todo if outbox_rows.mark(tx, row, lease_until=tx.now + LEASE))
            self._renewed_at = tx.now

    @contextmanager
    def outside(self, row: Row) -> Iterator[None]:
        """While an effect is performed that may take its time."""
        if self._beside is None:
            self._beside = Thread(target=self._watch, name="lease", daemon=True)
            self._beside.start()
        self._hand = row, time.monotonic()
        try:
            yield
        finally:
            self._hand = None

    def _watch(self) -> None:
        renewed = 0.0
        while not self._over.wait(SLOW):
            hand = self._hand
            if hand is None or time.monotonic() - hand[1] < SLOW:
                continue
            row, since = hand
            try:
                self._give_back()
                held = time.monotonic() - max(since, renewed)
                if held > LEASE.total_seconds() / 3 and time.monotonic() - since < LONGEST.total_seconds():
                    with self._engine.begin() as tx:
                        outbox_rows.mark(tx, row, lease_until=tx.now + LEASE)
                    renewed = time.monotonic()
            except sa.exc.DBAPIError:
                log.exception("The database is away; the lease of row %d is renewed later.", row.id)

    def _give_back(self) -> None:
        """Let others do what waits behind the row in hand."""
        with self._lock:
            if not self._todo:
                return
            with self._engine.begin() as tx:
                for row in self._todo:
                    outbox_rows.mark(tx, row, state=READY, claimed_by="", lease_until=None)
                tx.wake_workers()
            self._todo.clear()
