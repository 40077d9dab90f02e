"""Functions that make and take apart dates, times and durations (DMN 1.5 §10.3.4.1, §10.3.4.8, §10.3.4.9)."""

from datetime import date as calendar_date
from decimal import Decimal
from typing import Any

from loopdesk.engine.errors import N_
from loopdesk.engine.feel.arithmetic import UTC_ZONE
from loopdesk.engine.feel.builtins.numbers import whole
from loopdesk.engine.feel.builtins.registry import builtin
from loopdesk.engine.feel.compare import is_same
from loopdesk.engine.feel.errors import Null
from loopdesk.engine.feel.runtime import Run
from loopdesk.engine.feel.temporal import SECOND, Date, DateTime, DayDuration, MonthDuration, Time, Zone
from loopdesk.engine.feel.temporal_text import (
    make_date,
    make_time,
    make_zone,
    offset_zone,
    parse_date,
    parse_date_time,
    parse_duration,
    parse_time,
)
from loopdesk.engine.feel.values import feel

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
MOMENT = "date: date|date and time"
CLOCK = "hour: number, minute: number, second: number"
CALENDAR = "year: number, month: number, day: number"


@builtin("date", "from: string|date|date and time")
def date(from_: Any) -> Date:
    """A date from its text, or that of a date and time."""
    if isinstance(from_, str):
        return parse_date(from_)
    return from_.date if isinstance(from_, DateTime) else from_


@builtin("date", CALENDAR)
def date_of(year: Decimal, month: Decimal, day: Decimal) -> Date:
    """A date from year, month and day."""
    return make_date(whole(year, "year"), whole(month, "month"), whole(day, "day"))


@builtin("time", "from: string|time|date and time|date")
def time(from_: Any) -> Time:
    """A time from its text, or that of a date and time; midnight UTC of a date."""
    match from_:
        case str():
            return parse_time(from_)
        case DateTime():
            return from_.time
        case Date():
            return Time(0, UTC_ZONE)
    return from_  # type: ignore[no-any-return]


@builtin("time", f"{CLOCK}, [offset: days and time duration?]")
def time_of(hour: Decimal, minute: Decimal, second: Decimal, offset: DayDuration | None = None) -> Time:
    """A time from hour, minute, second and, if given, offset."""
    return make_time(whole(hour, "hour"), whole(minute, "minute"), int(second * SECOND), _zone(offset))


def _zone(offset: DayDuration | None) -> Zone | None:
    return None if offset is None else offset_zone(offset.nanos // SECOND)


@builtin("date and time", "from: string|date and time|date")
def date_and_time(from_: Any) -> DateTime:
    """A date and time from its text; midnight UTC of a date."""
    match from_:
        case str():
            return parse_date_time(from_)
        case Date():
            return DateTime(from_, Time(0, UTC_ZONE))
    return from_  # type: ignore[no-any-return]


@builtin("date and time", "date: date|date and time, time: time")
def date_with_time(date_: Date | DateTime, time_: Time) -> DateTime:
    """A date and a time put together."""
    return DateTime(date_.date if isinstance(date_, DateTime) else date_, time_)


@builtin("date and time", "date: date|date and time, time: time, timezone: string")
def date_with_zone(date_: Date | DateTime, time_: Time, timezone: str) -> DateTime:
    """A date and a time put together, in a zone."""
    moved = Time(time_.nanos, _named(timezone))
    return date_with_time(date_, moved)


@builtin("date and time", f"{CALENDAR}, {CLOCK}, [offset: days and time duration?]")
def date_and_time_of(*parts: Any) -> DateTime:
    """A date and time from its numbers and, if given, offset."""
    return DateTime(date_of(*parts[:3]), time_of(*parts[3:]))


@builtin("date and time", f"{CALENDAR}, {CLOCK}, timezone: string")
def date_and_time_in(*parts: Any) -> DateTime:
    """A date and time from its numbers, in a zone."""
    clock = time_of(*parts[3:6])
    return DateTime(date_of(*parts[:3]), Time(clock.nanos, _named(parts[6])))


def _named(timezone: str) -> Zone | None:
    return make_zone(timezone if timezone[:1] in ("Z", "+", "-", "@") else "@" + timezone)


@builtin("duration", "from: string|days and time duration|years and months duration")
def duration(from_: Any) -> DayDuration | MonthDuration:
    """A duration from its text."""
    return parse_duration(from_) if isinstance(from_, str) else from_


@builtin("years and months duration", "from: date|date and time, to: date|date and time")
def years_and_months(from_: Date | DateTime, to: Date | DateTime) -> MonthDuration:
    """The whole months between two days, towards zero; times of day do not count."""
    start, end = _wall(from_), _wall(to)
    if end.ordinal < start.ordinal:
        return MonthDuration(-years_and_months(to, from_).months)
    return MonthDuration((end.year - start.year) * 12 + end.month - start.month - (start.day > end.day))


def _wall(moment: Date | DateTime) -> Date:
    return moment.date if isinstance(moment, DateTime) else moment


@builtin("is", "value1: any, value2: any")
def is_(value1: Any, value2: Any) -> bool:
    """Whether two values are the same, zone and kind included."""
    return is_same(value1, value2)


@builtin("now", "", run=True)
def now(run: Run) -> Any:
    """The moment handed in with the evaluation."""
    if run.now is None:
        raise Null(N_("No time was handed in with this evaluation."))
    return feel(run.now)


@builtin("today", "", run=True)
def today(run: Run) -> Any:
    """The day of the moment handed in, in its own zone."""
    return now(run).date


@builtin("day of year", MOMENT)
def day_of_year(moment: Date | DateTime) -> Decimal:
    """1 for the first of January."""
    return Decimal(_wall(moment).day_of_year)


@builtin("day of week", MOMENT)
def day_of_week(moment: Date | DateTime) -> str:
    """The English name of the weekday."""
    return DAYS[_wall(moment).weekday - 1]


@builtin("month of year", MOMENT)
def month_of_year(moment: Date | DateTime) -> str:
    """The English name of the month."""
    return MONTHS[_wall(moment).month - 1]


@builtin("week of year", MOMENT)
def week_of_year(moment: Date | DateTime) -> Decimal:
    """The ISO week; the calendar repeats every 400 years."""
    day = _wall(moment)
    return Decimal(calendar_date(day.year % 400 + 2000, day.month, day.day).isocalendar().week)
