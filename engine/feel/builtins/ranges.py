"""How points and ranges lie to each other (DMN 1.5 §10.3.4.6, Table 77). A point counts as a range of one value."""

from typing import Any

from loopdesk.engine.errors import N_
from loopdesk.engine.feel.builtins.registry import builtin
from loopdesk.engine.feel.compare import compare
from loopdesk.engine.feel.errors import Null
from loopdesk.engine.feel.values import Range

PAIRS = ("point1: any, point2: any", "point: any, range: range", "range: range, point: any",
         "range1: range, range2: range")  # fmt: skip
RANGES = ("range1: range, range2: range",)
POINT_IN_RANGE = ("point: any, range: range", "range1: range, range2: range")
RANGE_OF_POINT = ("range: range, point: any", "range1: range, range2: range")


def as_range(value: Any) -> Range:
    """A point as a closed range."""
    if isinstance(value, Range):
        return value
    if compare(value, value) is None:
        raise Null(N_("Only values with an order have a place in a range."))
    return Range(value, value)


def order(a: Any, b: Any, a_open: int, b_open: int) -> int:
    """-1, 0 or 1 as end ``a`` lies to end ``b``; an absent end lies as far out as ``a_open`` / ``b_open`` say."""
    if a is None or b is None:
        left, right = (a_open if a is None else 0), (b_open if b is None else 0)
        return (left > right) - (left < right)
    result = compare(a, b)
    if result is None:
        raise Null(N_("The two cannot be compared."))
    return result


def starts_order(a: Range, b: Range) -> int:
    """How the starts lie: an open start lies after a closed one at the same value."""
    return order(a.start, b.start, -1, -1) or (not a.start_included) - (not b.start_included)


def ends_order(a: Range, b: Range) -> int:
    """How the ends lie: an open end lies before a closed one at the same value."""
    return order(a.end, b.end, 1, 1) or a.end_included - b.end_included


def reaches(a: Range, b: Range) -> bool:
    """Whether a's end lies at or after b's start, so that they share a value there."""
    between = order(a.end, b.start, 1, -1)
    return between > 0 or (between == 0 and a.end_included and b.start_included)


@builtin("before", *PAIRS)
def before(a: Any, b: Any) -> bool:
    """Whether a ends before b starts."""
    return not reaches(as_range(a), as_range(b))


@builtin("after", *PAIRS)
def after(a: Any, b: Any) -> bool:
    """Whether a starts after b ends."""
    return before(b, a)


@builtin("meets", *RANGES)
def meets(a: Range, b: Range) -> bool:
    """Whether a ends exactly where b starts, both ends included."""
    return a.end_included and b.start_included and order(a.end, b.start, 1, -1) == 0


@builtin("met by", *RANGES)
def met_by(a: Range, b: Range) -> bool:
    """Whether b meets a."""
    return meets(b, a)


@builtin("overlaps", *RANGES)
def overlaps(a: Range, b: Range) -> bool:
    """Whether the two share a value."""
    return reaches(a, b) and reaches(b, a)


@builtin("overlaps before", *RANGES)
def overlaps_before(a: Range, b: Range) -> bool:
    """Whether a starts before b and ends inside it."""
    return starts_order(a, b) < 0 and reaches(a, b) and _ends_within(a, b)


@builtin("overlaps after", *RANGES)
def overlaps_after(a: Range, b: Range) -> bool:
    """Whether b overlaps a before."""
    return overlaps_before(b, a)


def _ends_within(a: Range, b: Range) -> bool:
    return ends_order(a, b) <= 0


@builtin("finishes", *POINT_IN_RANGE)
def finishes(a: Any, b: Range) -> bool:
    """Whether a lies in b and ends with it."""
    inner = as_range(a)
    return ends_order(inner, b) == 0 and starts_order(inner, b) >= 0


@builtin("finished by", *RANGE_OF_POINT)
def finished_by(a: Range, b: Any) -> bool:
    """Whether b finishes a."""
    return finishes(b, a)


@builtin("includes", *RANGE_OF_POINT)
def includes(a: Range, b: Any) -> bool:
    """Whether all of b lies in a."""
    inner = as_range(b)
    return starts_order(a, inner) <= 0 <= ends_order(a, inner)


@builtin("during", *POINT_IN_RANGE)
def during(a: Any, b: Range) -> bool:
    """Whether all of a lies in b."""
    return includes(b, a)


@builtin("starts", *POINT_IN_RANGE)
def starts(a: Any, b: Range) -> bool:
    """Whether a lies in b and starts with it."""
    inner = as_range(a)
    return starts_order(inner, b) == 0 and ends_order(inner, b) <= 0


@builtin("started by", *RANGE_OF_POINT)
def started_by(a: Range, b: Any) -> bool:
    """Whether b starts a."""
    return starts(b, a)


@builtin("coincides", *PAIRS)
def coincides(a: Any, b: Any) -> bool:
    """Whether the two are the same."""
    one, other = as_range(a), as_range(b)
    return starts_order(one, other) == 0 == ends_order(one, other)
