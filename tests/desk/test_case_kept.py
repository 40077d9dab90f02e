"""A transaction reads a case once and writes it once; whoever looks in between sees it as it stands (issue 4)."""

from threading import Event, Thread
from typing import Any

import pytest
import sqlalchemy as sa

from loopdesk.desk import case as cases
from loopdesk.desk import facts, record
from loopdesk.desk.record import case_, involved
from loopdesk.engine.actor import SYSTEM
from loopdesk.engine.errors import Refused
from loopdesk.engine.tx import Engine
from loopdesk.tests.desk.house import settle_in


@pytest.fixture
def number(engine: Engine) -> str:
    with engine.begin() as tx:
        number = record.next_number(tx)
        row = dict(record.EMPTY) | {"number": number, "title": "Down", "status": "open", "opened_at": tx.now}
        tx.conn.execute(sa.insert(case_).values(**row))
    return number


def test_a_case_is_read_once_and_written_once(engine: Engine, number: str) -> None:
    seen: list[str] = []
    with engine.begin() as tx:
        sa.event.listen(tx._conn, "before_cursor_execute", lambda *given: seen.append(given[2].split()[0]))
        for priority in ("P3", "P2", "P1"):
            assert record.get(tx, number, lock=True).title == "Down"
            record.change(tx, number, priority=priority)
            assert facts.facts(tx, number)["priority"] == priority
        record.involve(tx, number, "rnd")
        assert seen == ["SELECT"]
    with engine.read() as tx:
        assert record.get(tx, number).priority == "P1"
        assert tx.ask(sa.select(involved.c.department)).scalars().all() == ["rnd"]


def test_lists_see_what_was_just_changed(engine: Engine, number: str) -> None:
    with engine.begin() as tx:
        record.get(tx, number, lock=True)
        record.change(tx, number, title="Up again", status="waiting")
        assert [one.title for one in cases.listing(SYSTEM, tx, status="waiting").cases] == ["Up again"]
        assert cases.read(SYSTEM, tx, number).title == "Up again"


def test_what_an_attempt_changed_is_forgotten_with_it(engine: Engine, number: str) -> None:
    with engine.begin() as tx:
        with pytest.raises(Refused), tx.attempt():
            record.get(tx, number, lock=True)
            record.change(tx, number, title="Wrong")
            raise Refused("No.")
        assert record.get(tx, number).title == "Down"
    with engine.read() as tx:
        assert record.get(tx, number).title == "Down"


def test_a_case_that_was_only_read_is_read_again_under_lock(engine: Engine, number: str) -> None:
    """Somebody else may have changed it in between."""
    if engine.database.is_sqlite:
        pytest.skip("one writer at a time")
    with engine.begin() as tx:
        assert record.get(tx, number).priority == ""
        with engine.begin() as other:
            record.change(other, number, priority="P1")
        assert record.get(tx, number).priority == ""
        assert record.get(tx, number, lock=True).priority == "P1"


def test_two_transactions_add_up_their_changes_of_one_case(engine: Engine, number: str) -> None:
    """The second waits for the first, and decides by what it left."""
    began, seen = Event(), []

    def second() -> None:
        began.wait(10)
        with engine.begin() as tx:
            seen.append(record.get(tx, number, lock=True).title)
            record.change(tx, number, scope="all")

    other = Thread(target=second)
    other.start()
    with engine.begin() as tx:
        title = record.get(tx, number, lock=True).title
        began.set()
        record.change(tx, number, title=title + " since nine")
    other.join(10)
    assert seen == ["Down since nine"]
    with engine.read() as tx:
        case = record.get(tx, number)
    assert (case.title, case.scope) == ("Down since nine", "all")


def test_rows_that_refer_to_a_locked_case_need_not_wait(engine: Engine, number: str) -> None:
    """A customer's letter comes in while a step holds the case."""
    if engine.database.is_sqlite:
        pytest.skip("one writer at a time")
    row: dict[str, Any] = {"case": number, "department": "rnd"}
    with engine.begin() as tx:
        record.get(tx, number, lock=True)
        with engine.begin() as other:
            other.conn.execute(sa.text("SET LOCAL lock_timeout = '2s'"))
            other.insert(involved, row | {"since": other.now})
        assert tx.ask(sa.select(involved.c.department)).scalars().all() == ["rnd"]


def test_nothing_is_involved_in_what_is_no_case(engine: Engine) -> None:
    with engine.begin() as tx:
        settle_in(tx)
        record.involve(tx, "L-nothing", "rnd")
    with engine.read() as tx:
        assert tx.ask(sa.select(involved)).all() == []
