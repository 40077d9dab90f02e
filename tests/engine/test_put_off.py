"""What a transaction writes late and reads once: nothing that it asks for is stale, nothing undone is written."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import sqlalchemy as sa

from loopdesk.engine import events, messages
from loopdesk.engine.actor import SYSTEM
from loopdesk.engine.errors import Refused
from loopdesk.engine.events import event
from loopdesk.engine.messages import message
from loopdesk.engine.outbox_rows import outbox
from loopdesk.engine.pending import Op
from loopdesk.engine.tx import Engine, Tx
from loopdesk.engine.work_rows import task


@contextmanager
def spoken(engine: Engine) -> Iterator[list[str]]:
    """The first words of the statements that the database gets meanwhile."""
    seen: list[str] = []

    def note(*given: Any) -> None:
        seen.append(given[2].split()[0])

    sa.event.listen(engine.database.engine, "before_cursor_execute", note)
    yield seen
    sa.event.remove(engine.database.engine, "before_cursor_execute", note)


def kinds(tx: Tx) -> list[str]:
    return list(tx.ask(sa.select(event.c.kind).order_by(event.c.id)).scalars())


def test_a_query_of_another_table_writes_nothing_and_makes_no_savepoint(engine: Engine) -> None:
    with engine.begin() as tx, spoken(engine) as seen, tx.attempt():
        events.record(SYSTEM, tx, "first")
        assert tx.ask(sa.select(task.c.id)).all() == []
        assert seen == ["SELECT"]


def test_a_query_sees_the_rows_that_were_put_off_of_its_tables(engine: Engine) -> None:
    with engine.begin() as tx:
        events.record(SYSTEM, tx, "first")
        assert kinds(tx) == ["first"]


@pytest.mark.parametrize("where", ["exists", "in", "text"])
def test_a_table_inside_of_a_condition_counts(engine: Engine, where: str) -> None:
    conditions: dict[str, sa.ColumnExpressionArgument[bool]] = {
        "exists": sa.exists().where(event.c.kind == "first"),
        "in": sa.literal("first").in_(sa.select(event.c.kind)),
        "text": sa.text("EXISTS (SELECT 1 FROM event WHERE kind = 'first')"),
    }
    with engine.begin() as tx:
        events.record(SYSTEM, tx, "first")
        assert tx.ask(sa.select(sa.literal(1)).where(conditions[where])).scalar() == 1


def test_a_statement_on_the_connection_sees_everything(engine: Engine) -> None:
    with engine.begin() as tx:
        events.record(SYSTEM, tx, "first")
        messages.throw(SYSTEM, tx, "paid", key="L-1")
        assert tx.conn.scalar(sa.select(sa.func.count()).select_from(event)) == 2
        assert tx.conn.scalar(sa.select(sa.func.count()).select_from(outbox)) == 1


def test_what_failed_inside_of_an_attempt_is_neither_written_nor_remembered(engine: Engine) -> None:
    with engine.begin() as tx:
        events.record(SYSTEM, tx, "before")
        tx.kept(task)["one"] = "as it was"
        with pytest.raises(Refused), tx.attempt():
            events.record(SYSTEM, tx, "inside")
            messages.throw(SYSTEM, tx, "paid", key="L-1")
            tx.kept(task)["one"] = "changed"
            raise Refused("No.")
        assert tx.kept(task) == {}
        events.record(SYSTEM, tx, "after")
    with engine.read() as tx:
        assert kinds(tx) == ["before", "after"]
        assert tx.ask(sa.select(message.c.id)).all() == []


def test_an_attempt_undoes_what_it_had_to_write(engine: Engine) -> None:
    """A query of the same table inside makes a savepoint after all."""
    with engine.begin() as tx:
        events.record(SYSTEM, tx, "before")
        with pytest.raises(Refused), tx.attempt():
            events.record(SYSTEM, tx, "inside")
            assert kinds(tx) == ["before", "inside"]
            raise Refused("No.")
        assert kinds(tx) == ["before"]


def test_late_rows_follow_from_what_the_database_said(engine: Engine) -> None:
    with engine.begin() as tx:
        tx.late(lambda _conn: [Op("insert", event, _event(tx, "late"))], event)
        assert kinds(tx) == ["late"]


def test_a_message_is_forgotten_and_sent_in_that_order(engine: Engine) -> None:
    """What is sent after the forgetting is found, although both are written at the end."""
    with engine.begin() as tx:
        messages.publish(SYSTEM, tx, "paid", key="L-1", message_id="old")
    with engine.begin() as tx:
        messages.forget(tx, "paid", key="L-1")
        messages.throw(SYSTEM, tx, "paid", key="L-1")
    with engine.read() as tx:
        states = tx.ask(sa.select(message.c.state).order_by(message.c.id)).scalars()
        assert list(states) == [messages.EXPIRED, messages.NEW]


def test_what_the_same_step_sent_before_is_forgotten_too(engine: Engine) -> None:
    """A case that is closed and taken up again in one step: no later emergency hears that it was closed."""
    with engine.begin() as tx:
        messages.throw(SYSTEM, tx, "paid", key="L-1")
        messages.forget(tx, "paid", key="L-1")
    with engine.read() as tx:
        assert tx.ask(sa.select(message.c.state)).scalars().all() == [messages.EXPIRED]


def test_changes_of_one_row_are_written_as_one(engine: Engine) -> None:
    with engine.begin() as tx:
        number = messages.publish(SYSTEM, tx, "paid", key="L-1").id
    with engine.begin() as tx, spoken(engine) as seen:
        tx.change(message, {"id": number, "state": messages.WAITING, "key": "L-2"})
        events.record(SYSTEM, tx, "between")
        tx.change(message, {"id": number, "state": messages.EXPIRED})
        tx.flush()
        assert len(seen) == (2 if engine.database.is_sqlite else 1)
    with engine.read() as tx:
        assert tx.ask(sa.select(message.c.state, message.c.key)).one() == (messages.EXPIRED, "L-2")


def _event(tx: Tx, kind: str) -> dict[str, Any]:
    with_texts = dict.fromkeys(
        ("key", "instance_id", "process", "element", "actor_kind", "actor_id", "actor_name", "on_behalf_of"), ""
    )
    return {**with_texts, "kind": kind, "at": tx.now, "audience": "staff", "data": {}}
