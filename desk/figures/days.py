"""The sums of a day, made anew from the rows of its cases: what a dashboard over a million cases adds up."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

import sqlalchemy as sa

from loopdesk.desk.figures.rows import SUMS, case_figure, figure_day, held_time
from loopdesk.desk.figures.sums import CLOSED, OF_BASIS, OPENED, day_of, expression
from loopdesk.engine.tx import Tx

ALL, HELD = "", "held"
DAY, MONTH = "day", "month"
BUCKETS = ("first_buckets", "repair_buckets")
KEPT = ("channel", "level", "class")
"""Dimensions with sums of their own; a team has its own in each row, customers are asked of the cases directly."""
DAYS = 100
"""Days that are added up by one statement."""
EMPTY: Mapping[str, Any] = dict.fromkeys(SUMS, 0) | {"grain": DAY} | {name: {} for name in BUCKETS}
_ROW = case_figure.c
_Key = tuple[Any, ...]


def add_up(tx: Tx, basis: str, days: Collection[date]) -> None:
    """Write the sums of these days anew, and those of their months."""
    wanted = sorted(days)
    for first in range(0, len(wanted), DAYS):
        _some(tx, basis, wanted[first : first + DAYS])
    for month in sorted({day.replace(day=1) for day in wanted}):
        _month(tx, basis, month)


def after(month: date) -> date:
    """The first of the next month."""
    return (month + timedelta(days=31)).replace(day=1)


def _some(tx: Tx, basis: str, days: Sequence[date]) -> None:
    there = (figure_day.c.grain == DAY) & figure_day.c.day.in_(days)
    rows = [row for dimension in (ALL, *KEPT) for row in _sums(tx, basis, dimension, days)]
    _replace(tx, basis, there, rows + (list(_held(tx, days)) if basis == CLOSED else []))


def _replace(tx: Tx, basis: str, there: sa.ColumnElement[bool], rows: Sequence[Mapping[str, Any]]) -> None:
    tx.conn.execute(sa.delete(figure_day).where(figure_day.c.basis == basis, there))
    if rows:
        tx.conn.execute(sa.insert(figure_day), [dict(row) for row in rows])


def _month(tx: Tx, basis: str, month: date) -> None:
    """Add up the days of a month, so that a year is twelve rows and not 365."""
    row = figure_day.c
    there = (row.basis == basis) & (row.grain == DAY) & (row.day >= month) & (row.day < after(month))
    found: dict[_Key, dict[str, Any]] = {}
    for day in tx.ask(sa.select(figure_day).where(there)).mappings():
        key = tuple(day[name] for name in ("dimension", "value", "team", "restricted"))
        if key not in found:
            buckets = {name: Counter[str]() for name in BUCKETS}
            found[key] = {**day, **dict.fromkeys(SUMS, 0), **buckets, "grain": MONTH, "day": month}
        for name in SUMS:
            found[key][name] += day[name]
        for name in BUCKETS:
            found[key][name].update(day[name])
    rows = [one | {name: _sorted(one[name]) for name in BUCKETS} for one in found.values()]
    _replace(tx, basis, (row.grain == MONTH) & (row.day == month), rows)


def _sorted(counted: Mapping[str, int]) -> dict[str, int]:
    """In one order, so that the same cases make the same row."""
    return dict(sorted(counted.items()))


def _sums(tx: Tx, basis: str, dimension: str, days: Sequence[date]) -> Iterator[dict[str, Any]]:
    day = day_of(basis)
    value = _ROW[dimension] if dimension else sa.literal("")
    group = (day.label("day"), value.label("value"), _ROW.team, _ROW.restricted)
    by = (day, value, _ROW.team, _ROW.restricted) if dimension else (day, _ROW.team, _ROW.restricted)
    query = sa.select(*group, *(expression(name).label(name) for name in OF_BASIS[basis])).where(day.in_(days))
    spread = "first" if basis == OPENED else "repair"
    buckets = _buckets(tx, spread, day, group, by, days)
    for row in tx.ask(query.group_by(*by)).mappings():
        key = tuple(row[one.name] for one in group)
        sums = {name: int(row[name]) for name in OF_BASIS[basis]}
        place = {"basis": basis, "dimension": dimension} | dict(zip(_PLACE, key, strict=True))
        yield {**EMPTY, **place, **sums, f"{spread}_buckets": _sorted(buckets[key])}


_PLACE = ("day", "value", "team", "restricted")


def _buckets(
    tx: Tx, spread: str, day: sa.Column[date], group: Sequence[Any], by: Sequence[Any], days: Sequence[date]
) -> dict[_Key, Counter[str]]:
    column = _ROW[f"{spread}_bucket"]
    query = sa.select(*group, column.label("bucket"), sa.func.count().label("n"))
    query = query.where(day.in_(days), column.is_not(None)).group_by(*by, column)
    found: dict[_Key, Counter[str]] = defaultdict(Counter)
    for *key, place, count in tx.ask(query):
        found[tuple(key)][str(place)] += count
    return found


def _held(tx: Tx, days: Sequence[date]) -> Iterator[dict[str, Any]]:
    day = day_of(CLOSED)
    seconds = sa.func.sum(held_time.c.seconds).label("seconds")
    query = sa.select(day, held_time.c.team.label("value"), _ROW.team, _ROW.restricted, sa.func.count(), seconds)
    query = query.join_from(case_figure, held_time, held_time.c.number == _ROW.number).where(day.in_(days))
    for *key, count, total in tx.ask(query.group_by(day, held_time.c.team, _ROW.team, _ROW.restricted)):
        place = {"basis": CLOSED, "dimension": HELD} | dict(zip(_PLACE, key, strict=True))
        yield {**EMPTY, **place, "held_n": count, "held_seconds": int(total)}
