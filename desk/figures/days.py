"""The sums of a day, made anew from the rows of its cases: what a dashboard over a million cases adds up."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from itertools import chain, combinations
from typing import Any

import sqlalchemy as sa

from loopdesk.desk.figures.rows import SUMS, case_figure, figure_day, held_time
from loopdesk.desk.figures.sums import CLOSED, OF_BASIS, OPENED, day_of, expression
from loopdesk.engine.tx import Tx

HELD = "held"
DAY, MONTH = "day", "month"
BUCKETS = ("first_buckets", "repair_buckets")
KEPT = ("channel", "level", "class")
"""Dimensions with sums of their own; a team has its own in each row, customers are asked of the cases directly."""
SETS = tuple(chain.from_iterable(combinations(KEPT, many) for many in range(len(KEPT) + 1)))
"""Each choice of these dimensions has sums of its own, so that filters at once need few rows."""
DAYS = 100
"""Days that are added up by one statement."""
_ROW = case_figure.c
_APART = ("day", *KEPT, "team", "restricted")
_PLACE = tuple(column.name for column in figure_day.primary_key)
EMPTY: Mapping[str, Any] = dict.fromkeys((*KEPT, "holder"), "") | dict.fromkeys(SUMS, 0) | {n: {} for n in BUCKETS}
Row = Mapping[Any, Any]
_Key = tuple[Any, ...]


def named(dimensions: Collection[str]) -> str:
    """How a set of dimensions is called in the rows."""
    return " ".join(one for one in KEPT if one in dimensions)


MONTHLY = frozenset({HELD, *(named(one) for one in SETS if len(one) <= 1)})
"""Sets with sums of whole months as well; of the others, which always have a filter, a year of days is few enough."""


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
    finest = list(_finest(tx, basis, days))
    rows = [
        row for apart in SETS for row in _merged(basis, finest, ("day", *apart, "team", "restricted"), named(apart))
    ]
    held = list(_held(tx, days)) if basis == CLOSED else []
    _replace(tx, basis, DAY, figure_day.c.day.in_(days), rows + held)


def _month(tx: Tx, basis: str, month: date) -> None:
    """Add up the days of a month, so that a year is twelve rows and not 365."""
    row = figure_day.c
    there = (row.basis == basis) & (row.grain == DAY) & (row.day >= month) & (row.day < after(month))
    days = tx.ask(sa.select(figure_day).where(there, row.dimensions.in_(MONTHLY))).mappings().all()
    whole = _merged(basis, days, ("dimensions", *KEPT, "holder", "team", "restricted"))
    _replace(tx, basis, MONTH, row.day == month, [one | {"day": month} for one in whole])


def _merged(basis: str, rows: Iterable[Row], by: Sequence[str], dimensions: str = "") -> list[dict[str, Any]]:
    """The rows with the same values of ``by`` added up."""
    names = (*OF_BASIS[basis], "held_n", "held_seconds")
    found: dict[_Key, dict[str, Any]] = {}
    for row in rows:
        key = tuple(row[name] for name in by)
        one = found.get(key)
        if one is None:
            buckets = {name: Counter[str]() for name in BUCKETS}
            one = found[key] = {**EMPTY, "dimensions": dimensions, **dict(zip(by, key, strict=True)), **buckets}
        for name in names:
            one[name] += row[name]
        for name in BUCKETS:
            one[name].update(row[name])
    # In one order, so that the same cases make the same row.
    return [one | {name: dict(sorted(one[name].items())) for name in BUCKETS} for one in found.values()]


def _replace(tx: Tx, basis: str, grain: str, there: sa.ColumnElement[bool], rows: Sequence[Row]) -> None:
    """Leave these rows, and no others, in their place; what is the same already is not written again."""
    whole = {"basis": basis, "grain": grain}
    there &= (figure_day.c.basis == basis) & (figure_day.c.grain == grain)
    before = {_key(row): dict(row) for row in tx.ask(sa.select(figure_day).where(there)).mappings()}
    now = {_key(row): row for row in ({**row, **whole} for row in rows)}
    gone = [key for key, row in before.items() if now.get(key) != row]
    if gone:
        here = sa.and_(*(figure_day.c[name] == sa.bindparam(f"its_{name}") for name in _PLACE))
        its = [{f"its_{name}": one for name, one in zip(_PLACE, key, strict=True)} for key in gone]
        tx.conn.execute(sa.delete(figure_day).where(here), its)
    new = [row for key, row in now.items() if before.get(key) != row]
    if new:
        tx.conn.execute(sa.insert(figure_day), new)


def _key(row: Row) -> _Key:
    return tuple(row[name] for name in _PLACE)


def _finest(tx: Tx, basis: str, days: Sequence[date]) -> Iterator[dict[str, Any]]:
    day = day_of(basis)
    group = (day.label("day"), *(_ROW[name] for name in KEPT), _ROW.team, _ROW.restricted)
    by = (day, *group[1:])
    query = sa.select(*group, *(expression(name).label(name) for name in OF_BASIS[basis])).where(day.in_(days))
    spread = "first" if basis == OPENED else "repair"
    buckets = _buckets(tx, spread, day, group, by, days)
    for row in tx.ask(query.group_by(*by)).mappings():
        key = tuple(row[name] for name in _APART)
        sums = {name: int(row[name]) for name in OF_BASIS[basis]}
        yield {**EMPTY, **dict(zip(_APART, key, strict=True)), **sums, f"{spread}_buckets": buckets[key]}


def _buckets(
    tx: Tx, spread: str, day: sa.Column[date], group: Sequence[Any], by: Sequence[Any], days: Sequence[date]
) -> dict[_Key, dict[str, int]]:
    column = _ROW[f"{spread}_bucket"]
    query = sa.select(*group, column.label("bucket"), sa.func.count().label("n"))
    query = query.where(day.in_(days), column.is_not(None)).group_by(*by, column)
    found: dict[_Key, dict[str, int]] = defaultdict(dict)
    for *key, place, count in tx.ask(query):
        found[tuple(key)][str(place)] = count
    return found


def _held(tx: Tx, days: Sequence[date]) -> Iterator[dict[str, Any]]:
    day = day_of(CLOSED)
    seconds = sa.func.sum(held_time.c.seconds).label("seconds")
    query = sa.select(day, held_time.c.team.label("holder"), _ROW.team, _ROW.restricted, sa.func.count(), seconds)
    query = query.join_from(case_figure, held_time, held_time.c.number == _ROW.number).where(day.in_(days))
    for *key, count, total in tx.ask(query.group_by(day, held_time.c.team, _ROW.team, _ROW.restricted)):
        place = dict(zip(("day", "holder", "team", "restricted"), key, strict=True))
        yield {**EMPTY, **place, "dimensions": HELD, "held_n": count, "held_seconds": int(total)}
