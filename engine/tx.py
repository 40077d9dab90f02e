"""One step = one transaction: what a verb needs besides its arguments travels in ``Tx``."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime

import sqlalchemy as sa

from loopdesk.engine.clock import Clock
from loopdesk.engine.db import Database
from loopdesk.engine.figures import Figures
from loopdesk.engine.host import Host


@dataclass
class Tx:
    """An open transaction: ``conn`` to run statements on, ``now`` fixed for its whole length."""

    conn: sa.Connection
    engine: "Engine"
    now: datetime
    _after: list[Callable[[], None]] = field(default_factory=list)
    _rescue: list[Callable[["Tx"], None]] = field(default_factory=list)
    _wake: bool = False

    @property
    def host(self) -> Host:
        """What the upper rooms hand down to the engine."""
        return self.engine.host

    def after_commit(self, call: Callable[[], None]) -> None:
        """Run ``call`` once this transaction is durable, never when it is rolled back."""
        self._after.append(call)

    def after_rollback(self, call: Callable[["Tx"], None]) -> None:
        """Run ``call`` in a transaction of its own when this one is rolled back: what must outlive a refusal."""
        self._rescue.append(call)

    def wake_workers(self) -> None:
        """Tell the workers, after the commit, that the outbox has something for them."""
        self._wake = True


@dataclass
class Engine:
    """The running engine: its database, its clock, its host and the way to wake a worker."""

    database: Database
    clock: Clock
    host: Host
    wake: Callable[[], None] = lambda: None
    figures: Figures = field(default_factory=Figures)

    @contextmanager
    def begin(self) -> Iterator[Tx]:
        """Open a writing transaction; commits at the end, rolls back on any error, then runs what waits for either."""
        rescue: list[Callable[[Tx], None]] = []
        try:
            with self.database.engine.begin() as conn:
                tx = Tx(conn, self, self.clock.now(), _rescue=rescue)
                yield tx
        except Exception:
            for save in rescue:
                with self.begin() as later:
                    save(later)
            raise
        for call in tx._after:
            call()
        if tx._wake:
            self.wake()

    @contextmanager
    def read(self) -> Iterator[Tx]:
        """Open a reading transaction: sees one state of the database, takes no write lock on SQLite."""
        with self.database.engine.connect().execution_options(read_only=True) as conn:
            yield Tx(conn, self, self.clock.now())

    @contextmanager
    def snapshot(self) -> Iterator[Tx]:
        """Open a reading transaction all of whose statements see the same state, on PostgreSQL too."""
        options = {"read_only": True}
        if not self.database.is_sqlite:
            options = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}  # type: ignore[dict-item]
        with self.database.engine.connect().execution_options(**options) as conn:
            yield Tx(conn, self, self.clock.now())
