"""Whether a value lies in a range (DMN 1.5 §10.3.2.7, Table 43)."""

from typing import Any

from loopdesk.engine.errors import N_
from loopdesk.engine.feel.compare import compare, equal
from loopdesk.engine.feel.errors import Null
from loopdesk.engine.feel.values import Range, kind

OPS = {"<": (None, "end", False), "<=": (None, "end", True), ">": ("start", None, False), ">=": ("start", None, True)}


def op_range(op: str, value: Any) -> Range:
    """``(< 10)`` and its kin as a range."""
    if op == "=":
        return Range(value, value, True, True, op)
    if op == "!=":
        return Range(value, value, False, False, op)
    start, _, included = OPS[op]
    if start:
        return Range(value, None, included, False, op)
    return Range(None, value, False, included, op)


def bracket_range(start: Any, end: Any, start_included: bool, end_included: bool) -> Range:
    """``[a..b]``; Null when the two ends have no order between them."""
    if start is not None and end is not None and compare(start, end) is None:
        raise Null(N_("There is no range from %(start)s to %(end)s."), start=kind(start), end=kind(end))
    return Range(start, end, start_included, end_included)


def holds(range_: Range, value: Any) -> bool | None:
    """Whether the value lies in the range; no answer when it cannot be compared with an end."""
    if range_.op == "!=":
        same = equal(value, range_.start)
        return None if same is None else not same
    if range_.op == "=":
        return equal(value, range_.start)
    if not range_.op and (range_.start is None or range_.end is None):
        return None
    return _above(range_, value) and _below(range_, value)


def _above(range_: Range, value: Any) -> bool | None:
    if range_.start is None:
        return True
    order = compare(value, range_.start)
    return None if order is None else order > 0 or (order == 0 and range_.start_included)


def _below(range_: Range, value: Any) -> bool | None:
    if range_.end is None:
        return True
    order = compare(value, range_.end)
    return None if order is None else order < 0 or (order == 0 and range_.end_included)
