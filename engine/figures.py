"""Figures that every process counts and one page shows: kept for a moment in memory, then added up in the database.

Workers have no port of their own that Prometheus could ask; the web server answers for all machines of the house. What
a killed process had not handed in yet is lost: that of ``EVERY`` seconds, of a minute in an idle house.
"""

import logging
from bisect import bisect_left
from threading import Lock
from time import monotonic
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from loopdesk.engine.db import metadata

if TYPE_CHECKING:
    from loopdesk.engine.tx import Engine

log = logging.getLogger(__name__)

EVERY = 10.0
"""Seconds between two hand-ins."""
BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 60.0, 300.0, 3600.0)
"""Upper limits in seconds; what is longer only counts."""
STEP, LATE = "loopdesk_step_seconds", "loopdesk_timer_late_seconds"
WAIT, ATTEMPTS = "loopdesk_outbox_wait_seconds", "loopdesk_outbox_attempts"

figure = sa.Table(
    "figure",
    metadata,
    sa.Column("name", sa.String(64), primary_key=True),
    sa.Column("labels", sa.String(250), primary_key=True),
    sa.Column("value", sa.Float, nullable=False),
)
"""``labels`` are ``name=value`` pairs, separated by commas; a bucket's row has one more, ``le``, not cumulative."""


class Figures:
    """What one process has counted and not handed in yet."""

    def __init__(self) -> None:
        self._pending: dict[tuple[str, str], float] = {}
        self._lock = Lock()
        self._handed_in = monotonic()

    def add(self, name: str, amount: float = 1.0, /, **labels: str) -> None:
        """Count."""
        key = (name, ",".join(f"{label}={value}" for label, value in labels.items())[:200])
        with self._lock:
            self._pending[key] = self._pending.get(key, 0.0) + amount

    def observe(self, name: str, seconds: float, **labels: str) -> None:
        """Count one thing that took, or waited for, so many seconds."""
        place = bisect_left(BUCKETS, seconds)
        limit = str(BUCKETS[place]) if place < len(BUCKETS) else "+Inf"
        self.add(name, 1.0, **labels, le=limit)
        self.add(f"{name}_sum", seconds, **labels)

    def hand_in(self, engine: "Engine", *, every: float = EVERY) -> None:
        """Add what was counted to the rows of the house, unless that was done less than ``every`` seconds ago."""
        if not self._pending or monotonic() - self._handed_in < every:
            return
        with self._lock:
            pending, self._pending = self._pending, {}
            self._handed_in = monotonic()
        try:
            with engine.begin() as tx:
                _write(tx.conn, pending)
        except sa.exc.DBAPIError:
            log.warning("The database is away; figures are handed in later.")
            for (name, labels), amount in pending.items():
                with self._lock:
                    self._pending[name, labels] = self._pending.get((name, labels), 0.0) + amount


def _write(conn: sa.Connection, pending: dict[tuple[str, str], float]) -> None:
    # In the order of their keys, so that two processes never wait for each other crosswise.
    rows = [{"name": name, "labels": labels, "value": pending[name, labels]} for name, labels in sorted(pending)]
    insert = sqlite.insert(figure) if conn.dialect.name == "sqlite" else postgresql.insert(figure)
    added = {"value": figure.c.value + insert.excluded.value}
    conn.execute(insert.on_conflict_do_update(index_elements=["name", "labels"], set_=added), rows)
