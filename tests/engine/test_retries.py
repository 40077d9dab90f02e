"""Faults are tried again as each connector says; who asks for patience is waited for, and loses no attempt."""

from datetime import datetime, timedelta
from threading import Event
from typing import Any

import pytest
import sqlalchemy as sa

from loopdesk.engine import batch, incidents, outbox, outbox_rows
from loopdesk.engine.actor import Actor
from loopdesk.engine.clock import VirtualClock
from loopdesk.engine.errors import Away
from loopdesk.engine.outbox import Handlers, Row
from loopdesk.engine.retries import Retries
from loopdesk.engine.tx import Engine, Tx
from loopdesk.tests.support import eventually

ADMIN = Actor(kind="person", id="p1", name="Ada", roles=frozenset({"admin"}))


class Shop:
    """A remote system with its own idea of being tried again; raises ``error`` while there is one."""

    def __init__(self, retries: Retries, error: Away | None) -> None:
        self.retries = retries
        self.error = error
        self.asked: list[str] = []

    def perform(self, row: Row) -> dict[str, Any]:
        self.asked.append(row.idempotency_key)
        if self.error:
            raise self.error
        return {}

    def settle(self, tx: Tx, row: Row, result: dict[str, Any]) -> None:
        """Nothing comes of it."""

    @property
    def handlers(self) -> Handlers:
        return Handlers(remote={"send": self}, retries={"send": lambda _row: self.retries})


def put(engine: Engine, *keys: str) -> None:
    for key in keys or ("a",):
        with engine.begin() as tx:
            outbox.put(tx, "send", {}, idempotency_key=key)


def the_row(engine: Engine, key: str = "a") -> Any:
    with engine.read() as tx:
        return tx.conn.execute(sa.select(outbox.outbox).where(outbox.outbox.c.idempotency_key == key)).one()


def until_it_rests(engine: Engine, clock: VirtualClock, handlers: Handlers) -> list[float]:
    """Drain at each moment that the row waits for; the seconds between the tries."""
    waits: list[float] = []
    for _ in range(1_000):
        outbox.drain(engine, handlers, worker="w")
        row = the_row(engine)
        if row.state != "ready":
            return waits
        waits.append((row.not_before - clock.now()).total_seconds())
        clock.set(row.not_before)
    raise AssertionError("it never rests")


def test_a_connector_says_how_often_and_how_quickly_a_fault_is_tried_again(engine: Engine, clock: VirtualClock) -> None:
    shop = Shop(Retries(attempts=4, first=60, factor=2, longest=100), Away("Down."))
    put(engine)
    waits = until_it_rests(engine, clock, shop.handlers)
    assert waits == pytest.approx([60, 100, 100], rel=0.11)
    assert (len(shop.asked), the_row(engine).state) == (4, "failed")


def test_who_asks_for_patience_is_waited_for_without_losing_an_attempt(engine: Engine, clock: VirtualClock) -> None:
    shop = Shop(Retries(attempts=2, first=5), Away("Slow down.", limited=True, retry_after=600))
    put(engine)
    for _ in range(20):
        outbox.drain(engine, shop.handlers, worker="w")
        waits = (the_row(engine).not_before - clock.now()).total_seconds()
        assert 600 <= waits <= 660, "at least what was asked for, and not all at the same moment"
        clock.set(the_row(engine).not_before)
    assert the_row(engine).attempts == 0
    shop.error = None
    outbox.drain(engine, shop.handlers, worker="w")
    assert (the_row(engine).state, len(shop.asked)) == ("done", 21)


def test_patience_has_an_end_and_then_a_person_looks(engine: Engine, clock: VirtualClock) -> None:
    shop = Shop(Retries(patience=7200), Away("Slow down.", limited=True))
    put(engine)
    began = clock.now()
    waits = until_it_rests(engine, clock, shop.handlers)
    assert waits[3:] == sorted(waits[3:]), "asked more and more seldom"
    assert timedelta(hours=2) <= clock.now() - began < timedelta(hours=4)
    with engine.read() as tx:
        (incident,) = incidents.listing(ADMIN, tx)
    assert incident["message"] == "Slow down."


def test_a_fault_ends_the_patience_that_was_asked_for(engine: Engine, clock: VirtualClock) -> None:
    shop = Shop(Retries(patience=100), Away("Slow down.", limited=True, retry_after=90))
    put(engine)
    for error in (shop.error, Away("Down."), shop.error, Away("Down.")):
        shop.error = error
        outbox.drain(engine, shop.handlers, worker="w")
        clock.set(the_row(engine).not_before)
    assert (the_row(engine).attempts, the_row(engine).state) == (2, "ready")
    assert the_row(engine).limited_since is None


def test_a_retried_incident_may_ask_for_patience_anew(engine: Engine, clock: VirtualClock) -> None:
    shop = Shop(Retries(patience=10), Away("Slow down.", limited=True, retry_after=60))
    put(engine)
    until_it_rests(engine, clock, shop.handlers)
    with engine.begin() as tx:
        (incident,) = incidents.listing(ADMIN, tx)
        incidents.retry(ADMIN, tx, incident["id"])
    outbox.drain(engine, shop.handlers, worker="w")
    assert the_row(engine).state == "ready"


def test_beside_a_slow_effect_the_rest_goes_to_other_workers(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batch, "SLOW", 0.02)
    put(engine, "slow", "b", "c")
    other, mine = Shop(Retries(), None), Shop(Retries(), None)

    def perform(row: Row) -> dict[str, Any]:
        eventually(lambda: the_row(engine, "c").state == "ready")
        assert outbox.drain(engine, other.handlers, worker="w2") == 2
        return {}

    mine.perform = perform  # type: ignore[method-assign]
    outbox.drain(engine, mine.handlers, worker="w1")
    assert other.asked == ["b", "c"]
    assert {the_row(engine, key).state for key in ("slow", "b", "c")} == {"done"}
    assert the_row(engine, "b").deaths == 0, "its first worker is alive"


def test_the_lease_of_a_long_effect_is_renewed_while_it_runs(
    engine: Engine, clock: VirtualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batch, "SLOW", 0.01)
    monkeypatch.setattr(batch, "LEASE", timedelta(seconds=0.03))
    put(engine)
    shop = Shop(Retries(), None)

    def perform(row: Row) -> dict[str, Any]:
        clock.advance(outbox_rows.LEASE * 3)
        eventually(lambda: _until(engine) > clock.now())
        with engine.begin() as tx:
            assert outbox_rows.reclaim(tx) == 0
        return {}

    shop.perform = perform  # type: ignore[method-assign]
    outbox.drain(engine, shop.handlers, worker="w")
    assert the_row(engine).state == "done"


def test_a_worker_that_hangs_for_too_long_loses_the_lease(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batch, "SLOW", 0.01)
    monkeypatch.setattr(batch, "LEASE", timedelta(seconds=0.03))
    monkeypatch.setattr(batch, "LONGEST", timedelta(0))
    put(engine)
    shop, before = Shop(Retries(), None), []

    def perform(row: Row) -> dict[str, Any]:
        before.append(_until(engine))
        Event().wait(0.2)
        assert _until(engine) == before[0]
        return {}

    shop.perform = perform  # type: ignore[method-assign]
    outbox.drain(engine, shop.handlers, worker="w")
    assert before


def _until(engine: Engine) -> datetime:
    until = the_row(engine).lease_until
    assert isinstance(until, datetime)
    return until
