"""Effects are performed at least once, applied once, retried when the other side is away (architecture §3, §4)."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from loopdesk.engine import events, incidents, outbox, outbox_rows
from loopdesk.engine.actor import SYSTEM, Actor
from loopdesk.engine.clock import VirtualClock
from loopdesk.engine.errors import Away, Invalid, Missing, Refused
from loopdesk.engine.outbox import Handlers, Row
from loopdesk.engine.retries import USUAL
from loopdesk.engine.tx import Engine, Tx

ADMIN = Actor(kind="person", id="p1", name="Ada", roles=frozenset({"admin"}))
AGENT = Actor(kind="person", id="p2", name="Ben", roles=frozenset({"agent"}))


def put(engine: Engine, key: str = "once", kind: str = "note", **more: Any) -> int:
    with engine.begin() as tx:
        return outbox.put(tx, kind, {"text": "hello"}, idempotency_key=key, key="L-1", **more)


def states(engine: Engine) -> dict[str, str]:
    table = outbox.outbox
    with engine.read() as tx:
        return {row.idempotency_key: row.state for row in tx.conn.execute(sa.select(table))}


def drain(engine: Engine, handlers: Handlers, worker: str = "w1") -> int:
    return outbox.drain(engine, handlers, worker=worker)


def local(handler: Callable[[Tx, Row], None]) -> Handlers:
    return Handlers(local={"note": handler})


def note(tx: Tx, row: Row) -> None:
    """A handler that leaves a trace in the same transaction."""
    events.record(SYSTEM, tx, f"noted.{row.idempotency_key}", key=row.key)


def noted(engine: Engine) -> list[str]:
    with engine.read() as tx:
        return [row["kind"] for row in events.timeline(tx, "L-1") if row["kind"].startswith("noted")]


@dataclass
class Post:
    """A remote system that says what it is told to and keeps what it was given."""

    answers: Iterator[Any] | None = None
    got: list[str] = field(default_factory=list)
    meanwhile: Callable[[], object] = lambda: None

    def perform(self, row: Row) -> dict[str, Any]:
        self.got.append(row.idempotency_key)
        self.meanwhile()
        answer = next(self.answers) if self.answers else {"number": 1}
        if isinstance(answer, Exception):
            raise answer
        return dict(answer)

    def settle(self, tx: Tx, row: Row, result: dict[str, Any]) -> None:
        events.record(SYSTEM, tx, f"noted.{row.idempotency_key}.{result['number']}", key=row.key)


def test_the_same_key_is_put_once(engine: Engine) -> None:
    assert put(engine, "a") == put(engine, "a")
    assert drain(engine, local(note)) == 1
    assert put(engine, "a") > 0
    assert drain(engine, local(note)) == 0
    assert noted(engine) == ["noted.a"]


def test_workers_are_woken_after_the_commit_and_only_for_what_is_due(engine: Engine) -> None:
    rung: list[int] = []
    engine.wake = lambda: rung.append(len(states(engine)))
    put(engine, "now")
    assert rung == [1], "woken once, when the row could be seen"
    put(engine, "later", not_before=engine.clock.now() + timedelta(hours=1))
    with pytest.raises(ZeroDivisionError), engine.begin() as tx:
        outbox.put(tx, "note", {}, idempotency_key="never")
        raise ZeroDivisionError
    assert rung == [1]


def test_a_local_handler_and_its_mark_stand_or_fall_together(engine: Engine) -> None:
    put(engine, "a")

    def half(tx: Tx, row: Row) -> None:
        note(tx, row)
        raise Away("The mail server is away.")

    drain(engine, local(half))
    assert noted(engine) == []
    assert states(engine) == {"a": "ready"}


def test_not_before_is_respected(engine: Engine, clock: VirtualClock) -> None:
    put(engine, "later", not_before=clock.now() + timedelta(minutes=10))
    assert drain(engine, local(note)) == 0
    clock.advance(timedelta(minutes=10))
    assert drain(engine, local(note)) == 1


def test_away_is_tried_again_later_and_at_last_an_incident(engine: Engine, clock: VirtualClock) -> None:
    put(engine, "a", kind="send", instance="i1", element="ack")
    post = Post(answers=iter([Away("Gone.")] * 20))
    waits = []
    for _ in range(USUAL.attempts):
        assert drain(engine, Handlers(remote={"send": post})) == 1
        assert drain(engine, Handlers(remote={"send": post})) == 0, "never at once"
        with engine.read() as tx:
            later = tx.conn.scalar(sa.select(outbox.outbox.c.not_before))
        assert later is not None
        waits.append((later - clock.now()).total_seconds())
        clock.set(max(later, clock.now()))
    assert waits[:4] == pytest.approx([5, 15, 45, 135], rel=0.11)
    assert states(engine) == {"a": "failed"}
    with engine.read() as tx:
        (incident,) = incidents.listing(ADMIN, tx)
        assert (incident["message"], incident["element"]) == ("Gone.", "ack")
        assert [row["id"] for row in incidents.of_instance(tx, "i1")] == [incident["id"]]


def test_retry_after_is_honoured(engine: Engine, clock: VirtualClock) -> None:
    put(engine, "a", kind="send")
    post = Post(answers=iter([Away("Slow down.", retry_after=600), {"number": 7}]))
    drain(engine, Handlers(remote={"send": post}))
    clock.advance(timedelta(seconds=599))
    assert drain(engine, Handlers(remote={"send": post})) == 0
    clock.advance(timedelta(seconds=1))
    assert drain(engine, Handlers(remote={"send": post})) == 1
    assert noted(engine) == ["noted.a.7"]


@pytest.mark.parametrize("error", [Invalid("No such address: %(to)s", to="x"), ValueError("boom"), Refused("No.")])
def test_any_other_error_is_an_incident_at_once(engine: Engine, error: Exception) -> None:
    put(engine, "bad")
    put(engine, "good")

    def handler(tx: Tx, row: Row) -> None:
        if row.idempotency_key == "bad":
            raise error
        note(tx, row)

    drain(engine, local(handler))
    assert states(engine) == {"bad": "failed", "good": "done"}, "one bad row never stops the others"
    with engine.read() as tx:
        (incident,) = incidents.listing(ADMIN, tx)
    assert type(error).__name__ in incident["trace"]
    assert "incident.opened" in [row["kind"] for row in timeline(engine)]


def timeline(engine: Engine) -> list[dict[str, Any]]:
    with engine.read() as tx:
        return events.timeline(tx, "L-1")


def test_an_incident_is_tried_again_once_by_who_may(engine: Engine) -> None:
    put(engine, "a", kind="send")
    post = Post(answers=iter([ValueError("boom"), {"number": 2}]))
    drain(engine, Handlers(remote={"send": post}))
    with engine.read() as tx:
        (incident,) = incidents.listing(ADMIN, tx)
    with pytest.raises(Refused), engine.begin() as tx:
        incidents.retry(AGENT, tx, incident["id"])
    with pytest.raises(Refused), engine.read() as tx:
        incidents.listing(AGENT, tx)
    with pytest.raises(Missing), engine.begin() as tx:
        incidents.retry(ADMIN, tx, "nonsense")
    with engine.begin() as tx:
        incidents.retry(ADMIN, tx, incident["id"])
    with pytest.raises(Refused, match="already"), engine.begin() as tx:
        incidents.retry(ADMIN, tx, incident["id"])
    assert drain(engine, Handlers(remote={"send": post})) == 1
    assert noted(engine) == ["noted.a.2"]
    assert timeline(engine)[-2]["actor_name"] == "Ada"


def test_a_stalled_worker_that_settles_late_loses(engine: Engine, clock: VirtualClock) -> None:
    put(engine, "a", kind="send")
    quick = Post(answers=iter([{"number": 2}]))

    def others_take_over() -> None:
        clock.advance(outbox_rows.LEASE + timedelta(seconds=1))
        with engine.begin() as tx:
            assert outbox_rows.reclaim(tx) == 1
        assert drain(engine, Handlers(remote={"send": quick}), "w2") == 1

    stalled = Post(answers=iter([{"number": 1}]), meanwhile=others_take_over)
    drain(engine, Handlers(remote={"send": stalled}), "w1")
    assert noted(engine) == ["noted.a.2"], "performed twice under one key, written down once"
    assert states(engine) == {"a": "done"}


def test_a_stalled_workers_late_failure_loses_too(engine: Engine, clock: VirtualClock) -> None:
    put(engine, "a", kind="send")

    def others_take_over() -> None:
        clock.advance(outbox_rows.LEASE + timedelta(seconds=1))
        with engine.begin() as tx:
            outbox_rows.reclaim(tx)
        drain(engine, Handlers(remote={"send": Post()}), "w2")

    drain(engine, Handlers(remote={"send": Post(answers=iter([ValueError()]), meanwhile=others_take_over)}), "w1")
    assert states(engine) == {"a": "done"}


def test_a_batch_whose_lease_was_lost_performs_nothing_more(engine: Engine, clock: VirtualClock) -> None:
    put(engine, "a", kind="send")
    put(engine, "b", kind="send")

    def others_take_over() -> None:
        if clock.now() - start < outbox_rows.LEASE:
            clock.advance(outbox_rows.LEASE + timedelta(seconds=1))
            with engine.begin() as tx:
                outbox_rows.reclaim(tx)
            drain(engine, Handlers(remote={"send": quick}), "w2")

    start, quick = clock.now(), Post()
    stalled = Post(meanwhile=others_take_over)
    drain(engine, Handlers(remote={"send": stalled}), "w1")
    assert (stalled.got, quick.got) == (["a"], ["a", "b"])


def test_a_long_batch_keeps_its_lease(engine: Engine, clock: VirtualClock) -> None:
    for name in "abcd":
        put(engine, name, kind="send")

    def slow() -> None:
        clock.advance(outbox_rows.LEASE * 0.6)
        with engine.begin() as tx:
            assert outbox_rows.reclaim(tx) == 0, "the worker is alive: nobody takes its rows"

    drain(engine, Handlers(remote={"send": Post(meanwhile=slow)}))
    assert set(states(engine).values()) == {"done"}


def test_what_kills_its_worker_is_run_alone_and_then_given_up(engine: Engine, clock: VirtualClock) -> None:
    put(engine, "poison")
    put(engine, "innocent")

    class Killed(BaseException):
        """Stands for SIGKILL: nothing after it runs."""

    def handler(tx: Tx, row: Row) -> None:
        if row.idempotency_key == "poison":
            raise Killed
        note(tx, row)

    for _ in range(20):
        try:
            drain(engine, local(handler))
        except Killed:
            clock.advance(outbox_rows.LEASE + timedelta(seconds=1))
            with engine.begin() as tx:
                outbox_rows.reclaim(tx)
    assert states(engine) == {"poison": "failed", "innocent": "done"}


def test_a_worker_leaves_kinds_it_does_not_know_to_a_newer_one(engine: Engine) -> None:
    put(engine, "new", kind="invented-later")
    assert drain(engine, local(note)) == 0
    assert states(engine) == {"new": "ready"}


def test_two_workers_never_claim_the_same_row(engine: Engine) -> None:
    for number in range(20):
        put(engine, f"row-{number}")
    with both_claim(engine) as (first, second):
        assert len(first) == 10
        assert not set(first) & set(second)


@contextmanager
def both_claim(engine: Engine) -> Iterator[tuple[list[int], list[int]]]:
    with engine.begin() as one:
        first = outbox_rows.claim_batch(one, ["note"], "w1", 10)
        if not engine.database.is_sqlite:  # there one writer waits for the other
            with engine.begin() as two:
                second = outbox_rows.claim_batch(two, ["note"], "w2", 10)
    if engine.database.is_sqlite:
        with engine.begin() as two:
            second = outbox_rows.claim_batch(two, ["note"], "w2", 10)
    assert len(second) == 10
    yield [row.id for row in first], [row.id for row in second]
