"""Equality and order in three-valued logic (DMN 1.5 §10.3.2.13, Tables 52-54)."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from loopdesk.engine.feel.temporal import SECOND, Date, DateTime, DayDuration, MonthDuration, Time
from loopdesk.engine.feel.values import Function, Range, feel, kind

SIMPLE = frozenset({Decimal, str, bool})
"""Types whose Python equality is FEEL's."""


def equal(a: Any, b: Any) -> bool | None:
    """Whether two values are equal; null is equal to null only, and different kinds have no answer."""
    type_a = type(a)
    if type_a is type(b):
        if type_a in SIMPLE:
            return bool(a == b)
        return _equal_alike(a, b)
    if a is None or b is None:
        return False
    if kind(a) == "context" == kind(b):
        return _equal_contexts(a, b)
    return None


def _equal_alike(a: Any, b: Any) -> bool | None:
    match a:
        case None:
            return True
        case list():
            return len(a) == len(b) and all(equal(x, y) is True for x, y in zip(a, b, strict=True))
        case Time() | DateTime():
            order = compare(a, b)
            return None if order is None else order == 0
        case Range():
            return _equal_ranges(a, b)
        case Mapping():
            return _equal_contexts(a, b)
        case Function():
            return a is b
    return bool(a == b)


def _equal_contexts(a: Mapping[str, Any], b: Mapping[str, Any]) -> bool:
    return set(a) == set(b) and all(equal(feel(a[key]), feel(b[key])) is True for key in a)


def _equal_ranges(a: Range, b: Range) -> bool:
    if (a.op, a.start_included, a.end_included) != (b.op, b.start_included, b.end_included):
        return False
    return equal(a.start, b.start) is True and equal(a.end, b.end) is True


def same(a: Any, b: Any) -> bool:
    """Equality as lists and sets use it: no answer counts as different."""
    return equal(a, b) is True


def order_key(value: Any) -> Any:
    """What orders values of one kind: a number or text; None for a kind without order.

    Times compare by whole seconds (the DMN's `second` property has no fraction).
    """
    match value:
        case Decimal() | str():
            return value
        case Date():
            return value.ordinal
        case Time() | DateTime():
            return value.instant() // SECOND
        case DayDuration():
            return value.nanos
        case MonthDuration():
            return value.months
    return None


def compare(a: Any, b: Any) -> int | None:
    """-1, 0 or 1 as a is before, at or after b; None when they cannot be ordered."""
    if type(a) is not type(b):
        return None
    if isinstance(a, Time | DateTime) and (a.zone is None) != (b.zone is None):
        return None
    x, y = order_key(a), order_key(b)
    if x is None:
        return None
    return -1 if x < y else int(x > y)


def is_same(a: Any, b: Any) -> bool:
    """The function ``is``: the same value in the semantic domain, zones and kinds included."""
    return type(a) is type(b) and (a == b if isinstance(a, Time | DateTime) else same(a, b))
