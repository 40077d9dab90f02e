"""The event log is read in commit order and can be resumed (architecture §3, Events)."""

import pytest

from loopdesk.engine import events
from loopdesk.engine.actor import SYSTEM
from loopdesk.engine.db import Database
from loopdesk.engine.tx import Engine
from loopdesk.tests.support import eventually


def kinds(engine: Engine, cursor: str) -> tuple[list[str], str]:
    with engine.read() as tx:
        rows, cursor = events.since(tx, cursor)
    return [row["kind"] for row in rows], cursor


def test_a_reader_goes_on_where_it_stopped(engine: Engine) -> None:
    for number in range(5):
        with engine.begin() as tx:
            events.record(SYSTEM, tx, f"case.{number}", key="L-1")
    # Readable is what no transaction of the whole server may still precede, also of the databases of other tests.
    eventually(lambda: len(kinds(engine, "")[0]) == 5)
    with engine.read() as tx:
        first, cursor = events.since(tx, "", limit=2)
    assert [row["kind"] for row in first] == ["case.0", "case.1"]
    assert kinds(engine, cursor)[0] == ["case.2", "case.3", "case.4"]
    assert kinds(engine, kinds(engine, cursor)[1])[0] == []


def test_what_is_rolled_back_was_never_an_event(engine: Engine) -> None:
    with pytest.raises(ZeroDivisionError), engine.begin() as tx:
        events.record(SYSTEM, tx, "case.opened", key="L-1")
        raise ZeroDivisionError
    assert kinds(engine, "")[0] == []


def test_a_slow_transaction_is_not_skipped(engine: Engine, database: Database) -> None:
    if database.is_sqlite:
        return  # one writer at a time: two transactions cannot overlap
    with engine.begin() as slow:
        events.record(SYSTEM, slow, "slow", key="L-1")
        slow.flush()
        with engine.begin() as quick:
            events.record(SYSTEM, quick, "quick", key="L-2")
        seen, cursor = kinds(engine, "")
        assert seen == [], "the quick one has the higher number: handing it out now would skip the slow one for ever"
    eventually(lambda: kinds(engine, cursor)[0] == ["slow", "quick"])


def test_latest_stands_behind_everything_readable(engine: Engine) -> None:
    with engine.begin() as tx:
        events.record(SYSTEM, tx, "before", key="L-1")
    eventually(lambda: kinds(engine, "")[0] == ["before"])
    with engine.read() as tx:
        cursor = events.latest(tx)
    with engine.begin() as tx:
        events.record(SYSTEM, tx, "after", key="L-1")
    eventually(lambda: kinds(engine, cursor)[0] == ["after"])


def test_a_customers_timeline_holds_only_what_is_for_customers(engine: Engine) -> None:
    with engine.begin() as tx:
        events.record(SYSTEM, tx, "case.opened", key="L-1", audience="customer")
        events.record(SYSTEM, tx, "task.claimed", key="L-1", data={"by": "Ana"})
        events.record(SYSTEM, tx, "case.opened", key="L-2", audience="customer")
    with engine.read() as tx:
        assert [row["kind"] for row in events.timeline(tx, "L-1")] == ["case.opened", "task.claimed"]
        assert [row["kind"] for row in events.timeline(tx, "L-1", audience="customer")] == ["case.opened"]
        assert events.timeline(tx, "L-1")[1]["data"] == {"by": "Ana"}
