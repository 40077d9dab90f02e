"""Sums and spreads of a period for whoever asks: from the sums of days, or of the cases where no day has them (SEC-1).

The sums of days are kept for each choice of channel, level and class, within each team; customers are asked of the rows
of the cases, which an index of theirs finds.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

import sqlalchemy as sa

from loopdesk.desk.figures import days
from loopdesk.desk.figures.days import HELD
from loopdesk.desk.figures.rows import case_figure, figure_day
from loopdesk.desk.figures.shapes import Filter, Period
from loopdesk.desk.figures.spread import EXACT, Spread
from loopdesk.desk.figures.sums import CLOSED, OF_BASIS, OPENED, day_of, expression
from loopdesk.desk.rights import RESTRICTED_TO, require
from loopdesk.engine.actor import Actor
from loopdesk.engine.errors import Refused
from loopdesk.engine.tx import Tx

DAY, CHANNEL, TEAM, CUSTOMER = "day", "channel", "team", "customer"
Sums = dict[Any, Counter[str]]
Scope = Callable[[sa.Table], sa.ColumnElement[bool]]


@dataclass(frozen=True, slots=True)
class Coverage:
    """Whose cases figures are made of: the codes of departments, None for all, and whether restricted cases count."""

    departments: tuple[str, ...] | None
    restricted: bool


def coverage(actor: Actor) -> Coverage:
    """Which cases ``actor`` gets figures of: supervisors and process owners all, others those of their departments.

    Restricted cases count for the security department and administrators alone, as everywhere (SEC-1). Raises
    `Refused` for a customer.
    """
    require(actor, "figures.read")
    if actor.kind == "customer":
        raise Refused("You may not do this.", verb="figures.read")
    if actor.kind != "person" or actor.has_role("admin"):
        return Coverage(None, True)
    wide = actor.has_role("supervisor", "owner")
    return Coverage(None if wide else tuple(sorted(actor.departments)), RESTRICTED_TO in actor.departments)


def scope(actor: Actor) -> Scope:
    """`coverage` as the condition under every question; raises what it raises."""
    covered = coverage(actor)

    def condition(table: sa.Table) -> sa.ColumnElement[bool]:
        mine = sa.true() if covered.departments is None else table.c.team.in_(covered.departments)
        return mine if covered.restricted else sa.and_(mine, table.c.restricted.is_(sa.false()))

    return condition


@dataclass(frozen=True)
class Asked:
    """One question: whose figures, of which cases, told apart ``by`` a dimension, by `DAY`, or (empty) not at all."""

    tx: Tx
    scope: Scope
    period: Period
    filter: Filter
    by: str = ""
    months: bool = True
    """Whether whole months may be read as such; not where days of them are told apart."""
    only: Sequence[str] | None = None
    """Only cases with one of these values of ``by``."""

    def sums(self, basis: str) -> Sums:
        """The sums of each value, by name."""
        names = OF_BASIS[basis]
        if self.by_days:
            columns = [sa.func.sum(figure_day.c[name]).label(name) for name in names]
            return _sums(self._told_apart(self._value, columns, self._days(basis)), names)
        columns = [expression(name).label(name) for name in names]
        return _sums(self._told_apart(self._value_of_case(basis), columns, self._cases(basis)), names)

    def held(self) -> Sums:
        """How many cases each team held, for how long; empty where a filter asks for what no day has."""
        if set(self.filter.given()) - {TEAM}:
            return {}
        names = ("held_n", "held_seconds")
        row = figure_day.c
        columns = [sa.func.sum(row[name]).label(name) for name in names]
        there = (row.basis == CLOSED) & (row.dimensions == HELD) & self.scope(figure_day) & self._when(HELD)
        if self.filter.team:
            there &= row.holder == self.filter.stored()[TEAM]
        return _sums(self._told_apart(row.holder, columns, there), names)

    def spreads(self, basis: str, many: int) -> dict[Any, Spread]:
        """How the times of each value spread; ``many``: how many there are in all, which decides how they are read."""
        what = "first" if basis == OPENED else "repair"
        found: dict[Any, Spread] = defaultdict(Spread)
        if many <= EXACT and (not self.by_days or self._whole(basis) <= EXACT):
            column = case_figure.c[f"{what}_seconds"]
            query = sa.select(self._value_of_case(basis), column).where(self._cases(basis), column.is_not(None))
            for value, seconds in self.tx.ask(query):
                found[value].seconds.append(seconds)
        elif self.by_days:
            kept = sa.select(self._value, figure_day.c[f"{what}_buckets"]).where(self._days(basis))
            for value, counted in self.tx.ask(kept):
                found[value].take(counted)
        else:
            bucket = case_figure.c[f"{what}_bucket"]
            there = self._cases(basis) & bucket.is_not(None)
            rows = self._told_apart(self._value_of_case(basis), [bucket, sa.func.count()], there, bucket)
            for row in rows:
                found[row[0]].take({str(row[1]): row[2]})
        return found

    def largest(self, most: int) -> list[str]:
        """The customers with the most cases closed, then opened, at most so many: chosen first, for they are many."""
        found: list[str] = []
        for basis in (CLOSED, OPENED):
            if len(found) < most:
                counted = sa.func.count().label("counted")
                query = sa.select(case_figure.c[self.by], counted).where(self._cases(basis))
                query = query.group_by(case_figure.c[self.by]).order_by(counted.desc(), case_figure.c[self.by])
                found += [row[0] for row in self.tx.ask(query.limit(most)) if row[0] not in found]
        return found[:most]

    def _told_apart(
        self,
        value: sa.ColumnElement[Any],
        columns: Sequence[sa.ColumnElement[Any]],
        there: sa.ColumnElement[bool],
        *more: sa.ColumnElement[Any],
    ) -> "sa.CursorResult[*tuple[Any, ...]]":
        # A constant is no group: PostgreSQL would take it for the place of a column.
        groups = [one for one in (value, *more) if not isinstance(one, sa.BindParameter)]
        return self.tx.ask(sa.select(value.label("told_apart"), *columns).where(there).group_by(*groups))

    @property
    def by_days(self) -> bool:
        """Whether the sums of days know the answer."""
        return CUSTOMER not in {*self.filter.given(), self.by}

    @property
    def _dimensions(self) -> str:
        return days.named({*self.filter.given(), self.by})

    @property
    def _value(self) -> sa.ColumnElement[Any]:
        return figure_day.c[self.by] if self.by else sa.literal("")

    def _whole(self, basis: str) -> int:
        """How many cases the period has in all: whoever looks at the times of some of them goes through all of them."""
        known = replace(self, scope=lambda _table: sa.true(), filter=Filter(), by="", months=True).sums(basis)
        return sum(one["cases"] for one in known.values())

    def _days(self, basis: str) -> sa.ColumnElement[bool]:
        row, dimensions = figure_day.c, self._dimensions
        there = (row.basis == basis) & (row.dimensions == dimensions) & self.scope(figure_day)
        there &= self._when(dimensions)
        for name, value in self.filter.stored().items():
            there &= row[name] == value
        return there

    def _when(self, dimensions: str) -> sa.ColumnElement[bool]:
        """Rows that make up the period: those of its whole months, and of the days before and behind them."""
        grain, day = figure_day.c.grain, figure_day.c.day
        single = (grain == days.DAY) & day.between(self.period.since, self.period.until)
        whole = _whole_months(self.period) if self.months and dimensions in days.MONTHLY else []
        if not whole:
            return single
        outside = (day < whole[0]) | (day >= days.after(whole[-1]))
        return ((grain == days.MONTH) & day.in_(whole)) | (single & outside)

    def _value_of_case(self, basis: str) -> sa.ColumnElement[Any]:
        known: dict[str, sa.ColumnElement[Any]] = {"": sa.literal(""), DAY: day_of(basis)}
        return known[self.by] if self.by in known else case_figure.c[self.by]

    def _cases(self, basis: str) -> sa.ColumnElement[bool]:
        there = cases(self.scope, basis, self.period, self.filter)
        return there if self.only is None else there & case_figure.c[self.by].in_(self.only)


def _whole_months(period: Period) -> list[date]:
    """The first days of the months that lie in the period from their first day to their last."""
    month = period.since.replace(day=1)
    month = month if month == period.since else days.after(month)
    found = []
    while days.after(month) <= period.until + timedelta(days=1):
        found.append(month)
        month = days.after(month)
    return found


def cases(of: Scope, basis: str, period: Period, wanted: Filter) -> sa.ColumnElement[bool]:
    """The condition on ``case_figure`` for the cases of a period and a filter."""
    there = day_of(basis).between(period.since, period.until) & of(case_figure)
    for name, value in wanted.stored().items():
        there &= case_figure.c[name] == value
    return there


def _sums(rows: "sa.CursorResult[*tuple[Any, ...]]", names: tuple[str, ...]) -> Sums:
    return {
        row["told_apart"]: Counter({name: int(row[name]) for name in names})
        for row in rows.mappings()
        if row[names[0]] is not None
    }
