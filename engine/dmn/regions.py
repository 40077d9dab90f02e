"""A table's input space cut into regions that every rule either covers or does not, where its cells are literal.

Each column's literals cut its values into points and the stretches between them; one value of each stands for all of
it, so a cell is simply asked. Rules are then sets of regions, kept as the bits of one number for each region.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from loopdesk.engine.dmn import model as m
from loopdesk.engine.dmn.tables import ANYTHING
from loopdesk.engine.feel import nodes as n
from loopdesk.engine.feel.arithmetic import calculate, negate
from loopdesk.engine.feel.builtins import BUILTINS
from loopdesk.engine.feel.compare import order_key
from loopdesk.engine.feel.errors import FeelError, Null
from loopdesk.engine.feel.expression import UnaryTests, build_tests
from loopdesk.engine.feel.parser import parse_tests
from loopdesk.engine.feel.reader import Names
from loopdesk.engine.feel.runtime import Run
from loopdesk.engine.feel.temporal import Date, DateTime, DayDuration, MonthDuration, Time
from loopdesk.engine.feel.text import text_of

NAMES = Names(("date and time",))
MAKERS = ("date", "time", "date and time", "duration")
STEP = {Decimal: Decimal(1), Date: DayDuration(86400 * 10**9), DateTime: DayDuration(86400 * 10**9),
        Time: DayDuration(10**9), DayDuration: DayDuration(10**9), MonthDuration: MonthDuration(1)}  # fmt: skip
MAX_LITERALS = 2_000


class Undecidable(Exception):
    """A cell is more than literals, so what it covers cannot be told from the text."""


@dataclass(frozen=True, slots=True)
class Region:
    """Part of a column's values; ``value`` stands for all of it, ``text`` describes it."""

    value: Any
    text: str


def literals(cell: str) -> Iterator[Any]:
    """The literal values of a cell; Undecidable when it holds anything else."""
    try:
        tests = parse_tests(cell, NAMES)
    except FeelError as error:
        raise Undecidable from error
    for test in tests.tests:
        yield from _literal(test.operand, whole=True)


def _literal(node: n.Node, whole: bool = False) -> Iterator[Any]:
    match node:
        case n.Literal():
            yield node.value
        case n.Negate(operand=n.Literal(value=Decimal() as value)):
            yield negate(value)
        case n.RangeNode() if whole:
            yield from (value for end in (node.start, node.end) if end is not None for value in _literal(end))
        case n.ListNode() if whole:
            yield from (value for item in node.items for value in _literal(item, whole=True))
        case n.Call(callee=n.Name(name=name), arguments=(n.Literal(value=value),)) if name in MAKERS:
            yield _made(name, value)
        case _:
            raise Undecidable


def _made(name: str, text: Any) -> Any:
    """``date("2026-01-01")`` is as good as a literal."""
    try:
        return BUILTINS[name].call(Run({}), [text])
    except Null as null:
        raise Undecidable from null


def column_regions(cells: list[str], allowed: str) -> list[Region]:
    """The regions of one column; only those that ``allowed`` lets in. Undecidable when a cell is no literal."""
    values: dict[tuple[type, Any], Any] = {}
    for cell in {*cells, allowed} - set(ANYTHING):
        for value in literals(cell):
            if value is not None:
                values[type(value), order_key(value) if not isinstance(value, bool) else value] = value
    if len(values) > MAX_LITERALS or len({kind for kind, _ in values}) > 1:
        raise Undecidable
    regions = _regions([value for _, value in sorted(values.items(), key=lambda entry: entry[0][1])], cells)
    if allowed in ANYTHING:
        return regions
    tests = _tests(allowed)
    return [region for region in regions if tests(region.value, {}) is True]


def _regions(values: list[Any], cells: list[str]) -> list[Region]:
    if not values:
        return [Region(None, "-")]
    if isinstance(values[0], bool):
        return [Region(False, "false"), Region(True, "true")]
    if isinstance(values[0], str):
        return _texts(values, cells)
    if type(values[0]) not in STEP:
        raise Undecidable
    return _ordered(values)


def _texts(values: list[str], cells: list[str]) -> list[Region]:
    if any(sign in cell for cell in cells for sign in ("<", ">", "..")):
        raise Undecidable
    other = "other"
    while other in values:
        other += "'"
    return [*(Region(value, f'"{value}"') for value in values), Region(other, f"not({_joined(values)})")]


def _joined(values: list[str]) -> str:
    shown = ", ".join(f'"{value}"' for value in values[:5])
    return shown + (", …" if len(values) > 5 else "")


def _ordered(values: list[Any]) -> list[Region]:
    step = STEP[type(values[0])]
    regions: list[Region] = []
    for value in values:
        if regions:
            between = _between(regions[-1].value, value)
            if between is not None:
                regions.append(Region(between, f"({_shown(regions[-1].value)}..{_shown(value)})"))
        regions.append(Region(value, _shown(value)))
    try:
        below, above = calculate("-", values[0], step), calculate("+", values[-1], step)
    except Null as null:
        raise Undecidable from null
    if isinstance(values[0], Time):  # times run in a circle: below midnight is the evening
        return _day(values, regions)
    return [Region(below, f"< {_shown(values[0])}"), *regions, Region(above, f"> {_shown(values[-1])}")]


def _day(values: list[Any], regions: list[Region]) -> list[Region]:
    first, last = Time(0, values[0].zone), Time(86400 * 10**9 - 10**9, values[0].zone)
    if order_key(first) < order_key(values[0]):
        regions = [Region(first, f"< {_shown(values[0])}"), *regions]
    if order_key(last) > order_key(values[-1]):
        regions = [*regions, Region(last, f"> {_shown(values[-1])}")]
    return regions


def _between(low: Any, high: Any) -> Any:
    """A value strictly between two, or None when there is none (two days in a row)."""
    match low:
        case Decimal():
            return calculate("/", calculate("+", low, high), Decimal(2))
        case Date():
            middle = (low.ordinal + high.ordinal) // 2
            return Date.of_ordinal(middle) if middle != low.ordinal else None
        case MonthDuration():
            middle = (low.months + high.months) // 2
            return MonthDuration(middle) if middle != low.months else None
    gap = order_key(high) - order_key(low)
    unit = 1 if isinstance(low, DayDuration) else 10**9
    return calculate("+", low, DayDuration(gap // 2 * unit)) if gap >= 2 else None


def _shown(value: Any) -> str:
    return text_of(value)


def _tests(cell: str) -> UnaryTests:
    return build_tests(cell, frozenset(), {})


class Regions:
    """A table's rules over the regions of its columns. ``covers[c][r]`` has bit i when rule i covers region r of c."""

    def __init__(self, table: m.Table, allowed: list[str]) -> None:
        self.count = len(table.rules)
        cells = [[self._cell(rule, index) for rule in table.rules] for index in range(len(table.inputs))]
        self.columns = [column_regions(column, values) for column, values in zip(cells, allowed, strict=True)]
        self.covers = [
            [self._mask(column, region) for region in regions]
            for column, regions in zip(cells, self.columns, strict=True)
        ]

    @staticmethod
    def _cell(rule: m.Rule, index: int) -> str:
        return rule.inputs[index] if index < len(rule.inputs) else "-"

    @staticmethod
    def _mask(cells: list[str], region: Region) -> int:
        answers: dict[str, bool] = {}
        mask = 0
        for index, cell in enumerate(cells):
            if cell not in answers:
                answers[cell] = cell in ANYTHING or _tests(cell)(region.value, {}) is True
            if answers[cell]:
                mask |= 1 << index
        return mask

    def overlapping(self, rule: int) -> int:
        """The rules that share a point with this one, as bits."""
        own = 1 << rule
        found = (1 << self.count) - 1
        for covers in self.covers:
            shared = 0
            for mask in covers:
                if mask & own:
                    shared |= mask
            found &= shared
        return found & ~own

    def uncovered(self, within: int | None = None, rules: int | None = None, budget: int = 50_000) -> list[str] | None:
        """One region of each column that none of ``rules`` covers, inside rule ``within``; None when there is none.

        Undecidable when more than ``budget`` places would have to be looked at.
        """
        search = _Search(self, within, (1 << self.count) - 1 if rules is None else rules, budget)
        return search.place(0, search.rules)


class _Search:
    """Looks for a point that no rule covers, never twice in the same situation."""

    def __init__(self, regions: Regions, within: int | None, rules: int, budget: int) -> None:
        self.regions = regions
        self.within = within
        self.rules = rules
        self.budget = budget
        self.done: set[tuple[int, int]] = set()

    def place(self, column: int, rules: int) -> list[str] | None:
        if not rules:
            return ["-"] * (len(self.regions.columns) - column)
        if column == len(self.regions.columns) or (column, rules) in self.done:
            return None
        self.budget -= 1
        if self.budget < 0:
            raise Undecidable
        self.done.add((column, rules))
        for region, mask in zip(self.regions.columns[column], self.regions.covers[column], strict=True):
            if self.within is not None and not mask >> self.within & 1:
                continue
            found = self.place(column + 1, rules & mask)
            if found is not None:
                return [region.text, *found]
        return None
