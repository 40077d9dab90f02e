"""A column's values cut into regions that every cell either lets in or does not, where the cells are literal.

The literals cut the values into points and the stretches between them; one value of each stands for all of it, so a
cell is simply asked.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise
from typing import Any

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
MAX_LITERALS = 30_000


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


@dataclass(slots=True)
class Column:
    """A column's regions in their order, and where each literal's own region is."""

    regions: list[Region]
    places: dict[tuple[type, Any], int]
    ordered: bool

    def covered(self, cell: str) -> list[tuple[int, int]]:
        """The regions a cell lets in, as stretches from ... to (the end not included).

        Between a cell's own literals its answer does not change, so one region of each stretch is asked.
        """
        if cell in ANYTHING:
            return [(0, len(self.regions))]
        own = sorted({self.places[_key(value)] for value in literals(cell) if _key(value) in self.places})
        tests = _tests(cell)
        stretches = self._stretches(own)
        return [stretch for stretch in stretches if tests(self.regions[stretch[0]].value, {}) is True]

    def _stretches(self, own: list[int]) -> list[tuple[int, int]]:
        if not self.ordered:
            return [(place, place + 1) for place in range(len(self.regions))]
        cuts = sorted({0, len(self.regions), *own, *(place + 1 for place in own)})
        return list(pairwise(cuts))


def _key(value: Any) -> tuple[type, Any]:
    return type(value), value if isinstance(value, bool) else order_key(value)


def column_of(cells: list[str], allowed: str) -> Column:
    """The regions of one column; only those that ``allowed`` lets in. Undecidable when a cell is no literal."""
    values = {_key(value): value for cell in {*cells, allowed} - set(ANYTHING) for value in literals(cell)}
    values.pop(_key(None), None)
    if len(values) > MAX_LITERALS or len({kind for kind, _ in values}) > 1:
        raise Undecidable
    regions = _regions([values[key] for key in sorted(values, key=lambda key: key[1])], cells)
    if allowed not in ANYTHING:
        tests = _tests(allowed)
        regions = [region for region in regions if tests(region.value, {}) is True]
    ordered = bool(values) and next(iter(values))[0] in STEP
    return Column(regions, {_key(region.value): place for place, region in enumerate(regions)}, ordered)


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
