"""Rows by the hundred thousand, written by the database itself: what a large desk holds while nothing happens."""

from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from loopdesk.engine.db import Database, Moment
from loopdesk.engine.instances import instance
from loopdesk.engine.outbox_rows import outbox
from loopdesk.engine.subscriptions import subscription
from loopdesk.engine.timers import timer

G: sa.ColumnClause[int] = sa.column("g", sa.Integer)
"""The number of the row that is being written, from 1."""


def fill(database: Database, table: sa.Table, number: int, /, **values: Any) -> None:
    """Insert ``number`` rows; a value is a constant or an expression over ``G``."""
    numbers = sa.select(sa.literal(1).label("g")).cte("numbers", recursive=True)
    numbers = numbers.union_all(sa.select(numbers.c.g + 1).where(numbers.c.g < number))
    columns = [_expression(table.c[name], value) for name, value in values.items()]
    with database.engine.begin() as conn:
        if not database.is_sqlite:  # A check of each foreign key would take longer than all the rest.
            conn.exec_driver_sql("SET LOCAL session_replication_role = replica")
        for index in table.indexes:
            index.drop(conn)
        conn.execute(sa.insert(table).from_select(list(values), sa.select(*columns).select_from(numbers)))
        for index in table.indexes:
            index.create(conn)


def _expression(column: sa.Column[Any], value: Any) -> sa.ColumnElement[Any]:
    return value if isinstance(value, sa.ColumnElement) else sa.literal(value, column.type)


def spread(database: Database, start: datetime, every: timedelta, over: int) -> sa.ColumnElement[Any]:
    """Moments from ``start`` on, ``every`` apart, beginning again after ``over`` rows."""
    seconds = (G % over) * every.total_seconds()
    if database.is_sqlite:
        text = start.replace(tzinfo=None).isoformat(" ")
        moment = sa.func.strftime("%Y-%m-%d %H:%M:%f", text, sa.cast(seconds, sa.Text) + " seconds") + "000"
        return sa.type_coerce(moment, sa.Text)
    return sa.literal(start, Moment) + seconds * sa.literal_column("interval '1 second'")


def text(prefix: str, number: sa.ColumnElement[Any] = G) -> sa.ColumnElement[str]:
    """``prefix`` with a number behind it."""
    return sa.literal(prefix) + sa.cast(number, sa.Text)


def waiting_timers(database: Database, number: int, start: datetime) -> None:
    """Timers that are due from ``start`` on, over a week, in random order."""
    due = spread(database, start, timedelta(seconds=7 * 86400 / number), number)
    values = {"instance_id": text("filler-"), "key": text("F-"), "element": "wait", "name": "", "ref": "1"}
    fill(database, timer, number, **values, due_at=due, expression="P7D", state="waiting", created_at=start)


def open_cases(database: Database, number: int, bundle: str, start: datetime) -> None:
    """Instances that wait for a message and for a moment a week away, each with five effects behind it."""
    ids, keys = text("idle-"), text("I-")
    state = {"state": b"x" * 600, "version": 6, "status": "active"}
    fill(database, instance, number, id=ids, bundle_id=bundle, process="p", key=keys, **state, started_at=start)
    place = {"bundle_id": bundle, "process": "p", "element": "wait", "ref": "1"}
    fill(database, subscription, number, name="reply", key=keys, instance_id=ids, **place, created_at=start)
    waiting_timers(database, number, start + timedelta(days=1))
    done = {"state": "done", "attempts": 0, "claims": 1, "deaths": 0, "claimed_by": "w", "error": ""}
    whose = {"key": text("I-", G // 5), "instance_id": text("idle-", G // 5), "element": "t"}
    row = {"kind": "effect", "payload": {}, "idempotency_key": text("idle-"), **whose}
    fill(database, outbox, number * 5, **row, **done, not_before=start, created_at=start, done_at=start)
