"""A failure that cannot be written down: an incident or a long wait, never a loop without a pause."""

from dataclasses import dataclass
from datetime import timedelta

import pytest
import sqlalchemy as sa

from loopdesk.engine import incidents, outbox
from loopdesk.engine.errors import Invalid
from loopdesk.engine.outbox import Handlers, Row
from loopdesk.engine.tx import Engine, Tx
from loopdesk.tests.engine.test_outbox import ADMIN, Post, drain, put, states

_open = incidents.open


@dataclass
class Unwritable:
    """Breaks the writing down of a failure so many times."""

    times: int

    def __call__(self, tx: Tx, row: Row, error: BaseException) -> str:
        self.times -= 1
        if self.times >= 0:
            raise sa.exc.DataError("INSERT INTO incident", {}, Exception("cannot be stored"))
        return _open(tx, row, error)


@pytest.mark.parametrize(
    ("times", "state", "message"),
    [
        (1, "failed", "wrong"),
        (2, "failed", "It failed, and the failure could not be written down: %(error)s."),
        (9, "ready", ""),
    ],
    ids=["once", "its words", "always"],
)
def test_a_failure_that_cannot_be_written_down_is_an_incident_or_waits_and_never_loops(
    engine: Engine, monkeypatch: pytest.MonkeyPatch, times: int, state: str, message: str
) -> None:
    monkeypatch.setattr(incidents, "open", Unwritable(times))
    put(engine)
    post = Post(answers=iter([Invalid("wrong"), Invalid("wrong")]))
    handlers = Handlers(remote={"note": post})
    assert [drain(engine, handlers) for _ in range(3)] == [1, 0, 0]
    assert states(engine) == {"once": state}
    with engine.read() as tx:
        assert [row["message"] for row in incidents.listing(ADMIN, tx)] == ([message] if message else [])
        row = tx.conn.execute(sa.select(outbox.outbox)).mappings().one()
    assert (row["attempts"], row["lease_until"]) == (1, None)
    assert state == "failed" or row["not_before"] >= engine.clock.now() + timedelta(hours=1)


def test_a_database_that_is_away_and_back_again_puts_nothing_off(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its error goes to the caller: the lease runs out and the row is performed again, not after the longest wait."""
    away = iter(range(2))

    def crashed(tx: Tx, row: Row, error: BaseException) -> str:
        if next(away, None) is not None:
            raise sa.exc.OperationalError("INSERT INTO incident", {}, Exception("the database is starting up"))
        return _open(tx, row, error)

    monkeypatch.setattr(incidents, "open", crashed)
    put(engine)
    handlers = Handlers(remote={"note": Post(answers=iter([Invalid("wrong")]))})
    with pytest.raises(sa.exc.OperationalError):
        drain(engine, handlers)
    assert states(engine) == {"once": "claimed"}
    with engine.read() as tx:
        assert tx.conn.scalar(sa.select(outbox.outbox.c.attempts)) == 0
