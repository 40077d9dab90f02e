"""What stands after a dot: entries of contexts, properties of dates, durations and ranges (DMN 1.5 Tables 61-65)."""

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from loopdesk.engine.errors import N_
from loopdesk.engine.feel.errors import Null
from loopdesk.engine.feel.temporal import DAY, HOUR, MINUTE, SECOND, Date, DateTime, DayDuration, MonthDuration, Time
from loopdesk.engine.feel.values import Range, feel, kind

Property = Callable[[Any], Any]


def _offset(value: Time | DateTime) -> DayDuration | None:
    if value.zone is None:
        return None
    if isinstance(value, Time):
        return DayDuration(value.zone.offset_at(Date(2000, 1, 1), value.nanos) * SECOND)
    return DayDuration(value.zone.offset_at(value.date, value.time.nanos) * SECOND)


def _zone_name(value: Time | DateTime) -> str | None:
    return value.zone.name or None if value.zone else None


def _part(amount: int, unit: int, of: int | None = None) -> Decimal:
    """A part of a duration, with the duration's sign."""
    part = abs(amount) // unit if of is None else abs(amount) % of // unit
    return Decimal(-part if amount < 0 else part)


_DATE: dict[str, Property] = {
    "year": lambda v: Decimal(v.year),
    "month": lambda v: Decimal(v.month),
    "day": lambda v: Decimal(v.day),
    "weekday": lambda v: Decimal(v.weekday),
}
_TIME: dict[str, Property] = {
    "hour": lambda v: Decimal(v.hour),
    "minute": lambda v: Decimal(v.minute),
    "second": lambda v: Decimal(v.second),
    "time offset": _offset,
    "timezone": _zone_name,
}


def _of(part: Callable[[Any], Any], read: Property) -> Property:
    return lambda value: read(part(value))


PROPERTIES: dict[type, dict[str, Property]] = {
    Date: _DATE,
    Time: _TIME,
    DateTime: {key: _of(lambda v: v.date, read) for key, read in _DATE.items()}
    | {key: _of(lambda v: v.time, read) for key, read in _TIME.items()}
    | {"time offset": _offset},
    DayDuration: {
        "days": lambda v: _part(v.nanos, DAY),
        "hours": lambda v: _part(v.nanos, HOUR, DAY),
        "minutes": lambda v: _part(v.nanos, MINUTE, HOUR),
        "seconds": lambda v: _part(v.nanos, SECOND, MINUTE),
    },
    MonthDuration: {
        "years": lambda v: _part(v.months, 12),
        "months": lambda v: _part(v.months, 1, 12),
    },
    Range: {
        "start": lambda v: v.start,
        "end": lambda v: v.end,
        "start included": lambda v: v.start_included,
        "end included": lambda v: v.end_included,
    },
}


def member(value: Any, name: str) -> Any:
    """``value.name``; of a list, that of each item. Null when there is none."""
    if isinstance(value, Mapping):
        try:
            return value[name]
        except KeyError:
            raise Null(N_("The context has no entry %(name)s."), name=name) from None
    if isinstance(value, list | tuple):
        return [_member_or_none(item, name) for item in value]
    value = feel(value)
    properties = PROPERTIES.get(type(value))
    if properties and name in properties:
        return properties[name](value)
    raise Null(N_("A value of kind %(kind)s has no %(name)s."), kind=kind(value), name=name)


def _member_or_none(value: Any, name: str) -> Any:
    try:
        return member(value, name)
    except Null:
        return None
