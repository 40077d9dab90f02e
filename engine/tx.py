"""One step = one transaction: what a verb needs besides its arguments travels in ``Tx``."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from loopdesk.engine import pending
from loopdesk.engine.clock import Clock
from loopdesk.engine.db import Database
from loopdesk.engine.figures import Figures
from loopdesk.engine.host import Host


@dataclass
class _Attempt:
    """How much had been put off before it, and its savepoint once there is one."""

    ops: int
    last: int
    after: int
    savepoint: sa.NestedTransaction | None = None


@dataclass
class Tx:
    """An open transaction: ``conn`` to run statements on, ``now`` fixed for its whole length.

    Rows that nobody reads back at once go through ``insert`` and ``change``: they are written together, before the
    commit, and before anything else is asked of the database.
    """

    _conn: sa.Connection
    engine: "Engine"
    now: datetime
    _ops: list[pending.Op] = field(default_factory=list)
    _last: list[sa.Executable] = field(default_factory=list)
    _attempts: "list[_Attempt]" = field(default_factory=list)
    _after: list[Callable[[], None]] = field(default_factory=list)
    _rescue: list[Callable[["Tx"], None]] = field(default_factory=list)
    _wake: bool = False

    @property
    def conn(self) -> sa.Connection:
        """To run statements on; each sees all that was written before."""
        if self._ops or self._last or self._attempts:
            for attempt in self._attempts:
                if attempt.savepoint is None:
                    self._write(attempt.ops, attempt.last)
                    attempt.savepoint = self._conn.begin_nested()
            self._write(len(self._ops), len(self._last))
        return self._conn

    def _write(self, ops: int, last: int) -> None:
        """Write the first so many rows and statements that were put off."""
        rows, self._ops = self._ops[:ops], self._ops[ops:]
        statements, self._last = self._last[:last], self._last[last:]
        for attempt in self._attempts:
            attempt.ops, attempt.last = max(0, attempt.ops - ops), max(0, attempt.last - last)
        pending.write(self._conn, rows)
        for statement in statements:
            self._conn.execute(statement)

    def insert(self, table: sa.Table, row: dict[str, Any], *, once: bool = False) -> None:
        """Put a row off; with ``once`` one whose unique column stands there already is left as it is."""
        self._ops.append(pending.Op("once" if once else "insert", table, row))

    def change(self, table: sa.Table, row: dict[str, Any]) -> None:
        """Put off the change of the row with the ``id`` given; a ``version`` has to be the one after the stored one."""
        self._ops.append(pending.Op("change", table, row))

    def later(self, statement: sa.Executable) -> None:
        """Put a statement off whose outcome does not matter; it runs after the rows put off so far."""
        self._last.append(statement)

    def flush(self) -> sa.Connection:
        """Write what was put off."""
        return self.conn

    @contextmanager
    def attempt(self) -> Iterator[None]:
        """What fails inside is undone without the rest; a savepoint is made only if the database is spoken to."""
        attempt = _Attempt(len(self._ops), len(self._last), len(self._after))
        self._attempts.append(attempt)
        try:
            yield
        except Exception:
            del self._ops[attempt.ops :], self._last[attempt.last :], self._after[attempt.after :]
            if attempt.savepoint is not None:
                attempt.savepoint.rollback()
            raise
        finally:
            self._attempts.pop()
        if attempt.savepoint is not None:
            attempt.savepoint.commit()

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
                tx.flush()
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
        options = {"read_only": True} | ({} if self.database.is_sqlite else {"postgresql_readonly": True})
        with self.database.engine.connect().execution_options(**options) as conn:
            yield Tx(conn, self, self.clock.now())
            conn.commit()

    @contextmanager
    def snapshot(self) -> Iterator[Tx]:
        """Open a reading transaction all of whose statements see the same state, on PostgreSQL too."""
        options = {"read_only": True}
        if not self.database.is_sqlite:
            options = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}  # type: ignore[dict-item]
        with self.database.engine.connect().execution_options(**options) as conn:
            yield Tx(conn, self, self.clock.now())
