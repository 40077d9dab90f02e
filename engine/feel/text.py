"""A value as FEEL's ``string()`` writes it (DMN 1.5 §10.3.4.1, Table 66)."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from loopdesk.engine.feel.temporal import Date, DateTime, DayDuration, MonthDuration, Time
from loopdesk.engine.feel.values import Range, feel


def text_of(value: Any) -> str:
    """The text of a value; texts inside lists and contexts stand in quotes."""
    match value:
        case str():
            return value
        case None | bool():
            return {None: "null", True: "true", False: "false"}[value]
        case Decimal():
            return number_text(value)
        case Date() | Time() | DateTime() | DayDuration() | MonthDuration():
            return value.text()
        case list():
            return "[" + ", ".join(_inner(item) for item in value) + "]"
        case Range():
            return _range_text(value)
        case Mapping():
            return "{" + ", ".join(f"{_key(key)}: {_inner(feel(value[key]))}" for key in value) + "}"
    return f"function {value.name}"


def number_text(value: Decimal) -> str:
    """Digits without exponent and without needless zeros; very long ones keep the exponent."""
    if value == 0:
        return "0"
    if not -40 <= value.adjusted() <= 40:
        return str(value.normalize())
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def _inner(value: Any) -> str:
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return text_of(value)


def _key(key: str) -> str:
    return key if key.replace(" ", "").replace("_", "").isalnum() else _inner(key)


def _range_text(value: Range) -> str:
    if value.op in ("=", "!="):
        return f"({value.op}{_inner(value.start)})"
    if value.op:
        return f"({value.op} {_inner(value.start if value.end is None else value.end)})"
    opening = "[" if value.start_included else "("
    closing = "]" if value.end_included else ")"
    return f"{opening}{_temporal(value.start)}..{_temporal(value.end)}{closing}"


def _temporal(value: Any) -> str:
    if isinstance(value, Date | Time | DateTime | DayDuration | MonthDuration):
        return f'@"{value.text()}"'
    return _inner(value)
