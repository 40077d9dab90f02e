"""Timers are rows; due ones reach the outbox exactly once (architecture §4)."""

from datetime import timedelta

import sqlalchemy as sa

from loopdesk.engine import outbox, timers
from loopdesk.engine.clock import VirtualClock
from loopdesk.engine.tx import Engine


def wait(engine: Engine, minutes: float, *, instance: str = "i1", ref: str = "t1") -> int:
    with engine.begin() as tx:
        due = tx.now + timedelta(minutes=minutes)
        timers.set(tx, instance=instance, key="L-1", element="chase", ref=ref, due_at=due, expression="PT5M")
        return int(tx.conn.scalar(sa.select(sa.func.max(timers.timer.c.id))) or 0)


def sweep(engine: Engine, limit: int = 500) -> int:
    with engine.begin() as tx:
        return timers.claim_due(tx, limit)


def queued(engine: Engine) -> list[tuple[str, dict[str, object]]]:
    with engine.read() as tx:
        rows = tx.conn.execute(sa.select(outbox.outbox).order_by(outbox.outbox.c.id)).all()
    return [(row.kind, row.payload) for row in rows]


def test_a_timer_fires_when_it_is_due_and_once(engine: Engine, clock: VirtualClock) -> None:
    timer = wait(engine, 5)
    assert sweep(engine) == 0
    clock.advance(timedelta(minutes=5))
    assert [sweep(engine), sweep(engine)] == [1, 0]
    assert queued(engine) == [("timer", {"timer": timer, "ref": "t1"})]
    with engine.begin() as tx:
        row = timers.take(tx, timer)
        assert row is not None
        assert (row["element"], row["expression"]) == ("chase", "PT5M")
        assert timers.take(tx, timer) is None


def test_a_batch_takes_the_earliest_first(engine: Engine, clock: VirtualClock) -> None:
    late, early = wait(engine, 9), wait(engine, 3)
    clock.advance(timedelta(minutes=10))
    assert [sweep(engine, 1), sweep(engine, 1)] == [1, 1]
    assert [payload["timer"] for _, payload in queued(engine)] == [early, late]


def test_a_cancelled_timer_never_fires_even_when_it_is_queued(engine: Engine, clock: VirtualClock) -> None:
    queued_one, waiting = wait(engine, 1), wait(engine, 60)
    other = wait(engine, 1, ref="t2")
    clock.advance(timedelta(minutes=2))
    assert sweep(engine) == 2
    with engine.begin() as tx:
        assert timers.cancel(tx, instance="i1", ref="t1") == 2
        assert timers.take(tx, queued_one) is None
        assert timers.take(tx, waiting) is None
        assert timers.take(tx, other) is not None


def test_open_timers_of_an_instance_and_those_that_are_due(engine: Engine, clock: VirtualClock) -> None:
    first, second = wait(engine, 1), wait(engine, 60)
    wait(engine, 1, instance="i2")
    clock.advance(timedelta(minutes=2))
    with engine.read() as tx:
        assert [row["id"] for row in timers.of_instance(tx, "i1")] == [first, second]
        assert [row["id"] for row in timers.of_instance(tx, "i1", due=True)] == [first]


def test_next_due_is_the_earliest_that_waits(engine: Engine, clock: VirtualClock) -> None:
    with engine.read() as tx:
        assert timers.next_due(tx) is None
    start = clock.now()
    wait(engine, 7)
    wait(engine, 2)
    with engine.read() as tx:
        assert timers.next_due(tx) == start + timedelta(minutes=2)
    clock.advance(timedelta(minutes=2))
    sweep(engine)
    with engine.read() as tx:
        assert timers.next_due(tx) == start + timedelta(minutes=7)


def test_two_pollers_share_what_is_due(engine: Engine, clock: VirtualClock) -> None:
    for number in range(10):
        wait(engine, 1, ref=f"t{number}")
    clock.advance(timedelta(minutes=2))
    with engine.begin() as one:
        first = timers.claim_due(one, 6)
        if not engine.database.is_sqlite:
            with engine.begin() as two:
                assert timers.claim_due(two, 6) == 4
    rest = sweep(engine)
    assert (first, rest) == (6, 4 if engine.database.is_sqlite else 0)
    assert len(queued(engine)) == 10
