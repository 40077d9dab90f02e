"""One step = one transaction: what a verb needs besides its arguments travels in ``Tx``."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVarTuple

import sqlalchemy as sa
from sqlalchemy.sql import visitors

from loopdesk.engine import pending
from loopdesk.engine.clock import Clock
from loopdesk.engine.db import Database
from loopdesk.engine.figures import Figures
from loopdesk.engine.host import Host

_Columns = TypeVarTuple("_Columns")
_Around = Callable[[sa.Connection], AbstractContextManager[object]]
Late = Callable[[sa.Connection], Sequence[pending.Op]]
"""What is done only when the transaction is written; it returns the rows that follow from it."""


@dataclass(frozen=True, slots=True)
class _PutOff:
    """A row, a statement or a ``Late``, with the tables that it will change."""

    what: pending.Op | sa.Executable | Late
    tables: frozenset[sa.FromClause]


@dataclass
class _Attempt:
    """How much had been put off before it, and its savepoint once there is one."""

    put_off: int
    after: int
    savepoint: sa.NestedTransaction | None = None


@dataclass
class Tx:
    """An open transaction: ``conn`` to run statements on, ``now`` fixed for its whole length.

    Rows that nobody reads back at once go through ``insert`` and ``change``: they are written together, before the
    commit. Whoever asks through ``ask`` sees them without having them written for his sake unless he must.
    """

    _conn: sa.Connection
    engine: "Engine"
    now: datetime
    writes: bool = False
    """whether it may write, and lock what it reads"""
    _put_off: list[_PutOff] = field(default_factory=list)
    _attempts: "list[_Attempt]" = field(default_factory=list)
    _kept: dict[sa.Table, dict[Any, Any]] = field(default_factory=dict)
    _after: list[Callable[[], None]] = field(default_factory=list)
    _rescue: list[Callable[["Tx"], None]] = field(default_factory=list)
    _wake: bool = False

    @property
    def conn(self) -> sa.Connection:
        """To run statements on; each sees all that was written before."""
        if self._put_off or self._attempts:
            for attempt in self._attempts:
                if attempt.savepoint is None:
                    self._write(attempt.put_off)
                    attempt.savepoint = self._conn.begin_nested()
            self._write(len(self._put_off))
        return self._conn

    def ask(self, query: sa.Select[*_Columns]) -> sa.CursorResult[*_Columns]:
        """Run a query; what was put off stays so, unless it concerns a table that the query reads.

        Unlike a statement on ``conn`` it makes no savepoint, so inside an ``attempt`` only queries belong here that
        the database answers for any values: those by keys.
        """
        asked = _tables(query) if self._put_off else None
        if self._put_off and (asked is None or any(not asked.isdisjoint(one.tables) for one in self._put_off)):
            return self.conn.execute(query)
        return self._conn.execute(query)

    def kept(self, table: sa.Table) -> dict[Any, Any]:
        """What this transaction remembers of a table, by keys of the reader's choice; empty at first.

        Whoever changes the table in the same transaction brings it up to date or clears it.
        """
        return self._kept.setdefault(table, {})

    def _write(self, count: int) -> None:
        """Write the first so many things that were put off: what is late, then rows, then statements."""
        now, self._put_off = self._put_off[:count], self._put_off[count:]
        for attempt in self._attempts:
            attempt.put_off = max(0, attempt.put_off - count)
        rows: list[pending.Op] = []
        for one in now:
            if isinstance(one.what, pending.Op):
                rows.append(one.what)
            elif not isinstance(one.what, sa.Executable):
                rows += one.what(self._conn)
        pending.write(self._conn, rows)
        for one in now:
            if isinstance(one.what, sa.Executable):
                self._conn.execute(one.what)

    def insert(self, table: sa.Table, row: dict[str, Any], *, once: bool = False) -> None:
        """Put a row off; with ``once`` one whose unique column stands there already is left as it is."""
        self._put_off.append(_PutOff(pending.Op("once" if once else "insert", table, row), frozenset((table,))))

    def change(self, table: sa.Table, row: dict[str, Any]) -> None:
        """Put off the change of the row whose primary key stands in ``row``; changes of one row become one.

        A ``version`` has to be the one after the stored one.
        """
        self._put_off.append(_PutOff(pending.Op("change", table, row), frozenset((table,))))

    def later(self, statement: sa.Update | sa.Delete) -> None:
        """Put a statement off whose outcome does not matter; it runs after the rows put off so far."""
        self._put_off.append(_PutOff(statement, frozenset((statement.table,))))

    def late(self, call: Late, *tables: sa.Table) -> None:
        """Put off what writes into ``tables`` and makes rows of the outcome, such as of a number given to a row."""
        self._put_off.append(_PutOff(call, frozenset(tables)))

    def puts_off(self, table: sa.Table) -> bool:
        """Whether a row of ``table`` still has to be written: what is late would come before it."""
        return any(isinstance(one.what, pending.Op) and one.what.table is table for one in self._put_off)

    def flush(self) -> sa.Connection:
        """Write what was put off."""
        return self.conn

    @contextmanager
    def attempt(self) -> Iterator[None]:
        """What fails inside is undone without the rest; a savepoint is made only if the database is spoken to."""
        attempt = _Attempt(len(self._put_off), len(self._after))
        self._attempts.append(attempt)
        try:
            yield
        except Exception:
            del self._put_off[attempt.put_off :], self._after[attempt.after :]
            self._kept.clear()
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
    def begin(self, around: _Around = nullcontext) -> Iterator[Tx]:
        """Open a writing transaction; commits at the end, rolls back on any error, then runs what waits for either.

        ``around`` is entered with the connection before the transaction begins, and left when it is over.
        """
        rescue: list[Callable[[Tx], None]] = []
        try:
            with self.database.engine.connect() as conn, around(conn), conn.begin():
                tx = Tx(conn, self, self.clock.now(), writes=True, _rescue=rescue)
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


def _tables(query: sa.ClauseElement) -> set[sa.FromClause] | None:
    """The tables that a query reads, also inside of its conditions; None where a text of its own may name others."""
    parts = list(visitors.iterate(query))
    if any(isinstance(part, sa.TextClause) for part in parts):
        return None
    return {part for part in parts if isinstance(part, sa.Table)}
