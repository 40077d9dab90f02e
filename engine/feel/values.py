"""FEEL's values in Python, and the border: what comes in, what goes out (DMN 1.5 §10.3.2).

| kind                          | inside                     | comes in as                          |
| ----------------------------- | -------------------------- | ------------------------------------ |
| number                        | Decimal, 34 digits         | int, float (by its shortest text)    |
| string, boolean, null         | str, bool, None            | the same                             |
| date, time, date and time     | Date, Time, DateTime       | datetime.date, .time, .datetime      |
| days and time duration        | DayDuration                | timedelta                            |
| years and months duration     | MonthDuration              |                                      |
| list, context, range          | list, Mapping, Range       | list, tuple, Mapping                 |
| function                      | Function                   |                                      |
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from decimal import Decimal
from typing import Any

from loopdesk.engine.feel.temporal import DAY, SECOND, Date, DateTime, DayDuration, MonthDuration, Time, Zone, zone_info

NONE_TYPE = type(None)


@dataclass(frozen=True, slots=True)
class Range:
    """``[start..end]``; a side without end is None and ``op`` then says how it was written (``<``, ``>=``, ``=``)."""

    start: Any
    end: Any
    start_included: bool = True
    end_included: bool = True
    op: str = ""


class Function:
    """A function as a value. ``call`` takes the run and the arguments in order; ``types`` are those asked for."""

    __slots__ = ("call", "name", "parameters", "result", "types", "variadic")

    def __init__(
        self,
        name: str,
        parameters: tuple[str, ...],
        call: Callable[..., Any],
        types: tuple[Any, ...] = (),
        result: Any = None,
        variadic: bool = False,
    ) -> None:
        self.name = name
        self.parameters = parameters
        self.call = call
        self.types = types
        self.result = result
        self.variadic = variadic


KINDS: dict[type, str] = {
    NONE_TYPE: "null",
    bool: "boolean",
    Decimal: "number",
    str: "string",
    Date: "date",
    Time: "time",
    DateTime: "date and time",
    DayDuration: "days and time duration",
    MonthDuration: "years and months duration",
    list: "list",
    dict: "context",
    Range: "range",
    Function: "function",
}


def kind(value: Any) -> str:
    """The FEEL type's name of a value inside."""
    found = KINDS.get(type(value))
    if found:
        return found
    return "function" if isinstance(value, Function) else "context"


def _zone_in(info: tzinfo | None, moment: datetime | time) -> Zone | None:
    if info is None:
        return None
    name = getattr(info, "key", None)
    if name and name != "UTC":
        return Zone(name=name)
    offset = moment.utcoffset()
    return Zone(int(offset.total_seconds())) if offset is not None else None


def _time_in(value: time | datetime) -> Time:
    nanos = (value.hour * 3600 + value.minute * 60 + value.second) * SECOND + value.microsecond * 1000
    return Time(nanos, _zone_in(value.tzinfo, value))


def _date_in(value: date) -> Date:
    return Date(value.year, value.month, value.day)


def _float_in(value: float) -> Decimal | None:
    number = Decimal(repr(value))
    return number if number.is_finite() else None


def _list_in(value: Any) -> list[Any]:
    return [item if type(item) in PLAIN else feel(item) for item in value]


def _dict_in(value: Mapping[Any, Any]) -> dict[str, Any]:
    return {str(key): item if type(item) in PLAIN else feel(item) for key, item in value.items()}


PLAIN = frozenset(KINDS) - {list, dict}
"""Types that are the same inside and outside."""

_IN: dict[type, Callable[[Any], Any]] = {
    int: Decimal,
    float: _float_in,
    list: _list_in,
    tuple: _list_in,
    dict: _dict_in,
    date: _date_in,
    time: _time_in,
    datetime: lambda value: DateTime(_date_in(value), _time_in(value)),
    timedelta: lambda value: DayDuration((value.days * 86400 + value.seconds) * SECOND + value.microseconds * 1000),
}


def feel(value: Any) -> Any:
    """A Python value as FEEL has it; a Mapping other than dict stays as it is and is read key by key."""
    if type(value) in PLAIN or isinstance(value, Function):
        return value
    convert = _IN.get(type(value))
    if convert:
        return convert(value)
    if isinstance(value, Mapping):
        return value
    for base in (bool, int, float, str, datetime, date, time, timedelta, list, tuple, dict):
        if isinstance(value, base):
            return str.__str__(value) if base is str else bool(value) if base is bool else _IN[base](value)
    return str(value)


def _zone_out(zone: Zone | None) -> tzinfo | None:
    if zone is None:
        return None
    if zone.name:
        return zone_info(zone.name)
    return timezone(timedelta(seconds=zone.offset)) if zone.offset else UTC


def _date_out(value: Date) -> Any:
    return date(value.year, value.month, value.day) if 1 <= value.year <= 9999 else value


def _time_out(value: Time) -> Any:
    if value.nanos % 1000:
        return value
    return time(value.hour, value.minute, value.second, value.nanos % SECOND // 1000, _zone_out(value.zone))


def _date_time_out(value: DateTime) -> Any:
    day, clock = _date_out(value.date), _time_out(value.time)
    return datetime.combine(day, clock) if isinstance(day, date) and isinstance(clock, time) else value


def _duration_out(value: DayDuration) -> Any:
    if not -999_999_999 * DAY <= value.nanos < 1_000_000_000 * DAY or value.nanos % 1000:
        return value
    return timedelta(microseconds=value.nanos // 1000)


_OUT: dict[type, Callable[[Any], Any]] = {
    Date: _date_out,
    Time: _time_out,
    DateTime: _date_time_out,
    DayDuration: _duration_out,
    list: lambda value: [python(item) for item in value],
    dict: lambda value: {key: python(item) for key, item in value.items()},
}


def python(value: Any) -> Any:
    """A FEEL value with Python's own dates and durations, as far as Python has them (years 1 to 9999, microseconds)."""
    convert = _OUT.get(type(value))
    return convert(value) if convert else value


def _number_to_json(value: Decimal) -> int | float | str:
    if value.adjusted() > 300:
        return str(value)
    return int(value) if value.as_tuple().exponent == 0 or value == value.to_integral_value() else float(value)


def to_json(value: Any) -> Any:
    """A value as JSON has it: whole numbers as int, others as float, dates and durations as ISO texts."""
    value = feel(value)
    match value:
        case None | bool() | str():
            return value
        case Decimal():
            return _number_to_json(value)
        case Date() | Time() | DateTime() | DayDuration() | MonthDuration():
            return value.text()
        case list():
            return [to_json(item) for item in value]
        case Mapping():
            return {str(key): to_json(value[key]) for key in value}
        case Range():
            ends = {"start": value.start, "end": value.end}
            flags = {"start included": value.start_included, "end included": value.end_included}
            return {key: to_json(end) for key, end in ends.items()} | flags
    return f"function {value.name}"
