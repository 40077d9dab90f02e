"""ISO texts to dates, times and durations (DMN 1.5 §10.3.4.1, Table 66; XML Schema lexical forms)."""

import re
from zoneinfo import ZoneInfoNotFoundError

from loopdesk.engine.errors import N_
from loopdesk.engine.feel.errors import Null
from loopdesk.engine.feel.temporal import (
    DAY,
    HOUR,
    MAX_OFFSET,
    MAX_YEAR,
    MINUTE,
    SECOND,
    Date,
    DateTime,
    DayDuration,
    MonthDuration,
    Time,
    Zone,
    month_length,
    zone_info,
)

Temporal = Date | Time | DateTime | DayDuration | MonthDuration

_DATE = r"(-?(?:\d{4}|[1-9]\d{4,8}))-(\d{2})-(\d{2})"
_TIME = r"(\d{2}):(\d{2}):(\d{2})(\.\d+)?([Zz]|[+-]\d{2}:\d{2}(?::\d{2})?|@[A-Za-z][\w+\-/]{0,60})?"
DATE = re.compile(_DATE, re.ASCII)
TIME = re.compile(_TIME, re.ASCII)
DATE_TIME = re.compile(rf"{_DATE}(?:T{_TIME})?", re.ASCII)
MONTHS = re.compile(r"(-)?P(?=\d)(?:(\d{1,20})Y)?(?:(\d{1,20})M)?", re.ASCII)
DAYS = re.compile(
    r"(-)?P(?=[\dT])(?:(\d{1,20})D)?"
    r"(?:T(?=\d)(?:(\d{1,20})H)?(?:(\d{1,20})M)?(?:(\d{1,20})(?:\.(\d*))?S)?)?",
    re.ASCII,
)


def make_date(year: int, month: int, day: int) -> Date:
    """The date, or Null when the calendar has no such day."""
    if abs(year) > MAX_YEAR or not 1 <= month <= 12 or not 1 <= day <= month_length(year, month):
        raise Null(N_("There is no date %(year)d-%(month)d-%(day)d."), year=year, month=month, day=day)
    return Date(year, month, day)


def make_time(hour: int, minute: int, nanos: int, zone: Zone | None) -> Time:
    """The time of day; ``nanos`` holds seconds and their fraction."""
    if not (0 <= hour < 24 and 0 <= minute < 60 and 0 <= nanos < MINUTE):
        raise Null(N_("There is no such time of day."))
    return Time(hour * HOUR + minute * MINUTE + nanos, zone)


def make_zone(text: str | None) -> Zone | None:
    """The zone of a suffix such as ``Z``, ``+02:00``, ``@Europe/Paris``."""
    if not text:
        return None
    if text in ("Z", "z"):  # small in the examples of DMN 1.5 Table 72
        return Zone()
    if text[0] == "@":
        try:
            zone_info(text[1:])
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise Null(N_("There is no time zone %(zone)s."), zone=text[1:]) from error
        return Zone(name=text[1:])
    hours, minutes, *seconds = (int(part) for part in text[1:].split(":"))
    offset = hours * 3600 + minutes * 60 + (seconds[0] if seconds else 0)
    return offset_zone(-offset if text[0] == "-" else offset)


def offset_zone(offset: int) -> Zone:
    """A zone that many seconds east of UTC."""
    if abs(offset) > MAX_OFFSET:
        raise Null(N_("A zone is at most 18 hours from UTC."))
    return Zone(offset)


def _nanos(seconds: str, fraction: str | None) -> int:
    return int(seconds) * SECOND + int((fraction or "").lstrip(".").ljust(9, "0")[:9])


def parse_date(text: str) -> Date:
    """``2024-02-29``, or Null."""
    match = DATE.fullmatch(text)
    if not match:
        raise Null(N_("%(text)r is no date."), text=text)
    return make_date(int(match[1]), int(match[2]), int(match[3]))


def parse_time(text: str) -> Time:
    """``10:30:00+02:00``, ``10:30:00@Europe/Paris``, or Null."""
    match = TIME.fullmatch(text)
    if not match:
        raise Null(N_("%(text)r is no time."), text=text)
    hour, minute, second, fraction, zone = match.groups()
    return make_time(int(hour), int(minute), _nanos(second, fraction), make_zone(zone))


def parse_date_time(text: str) -> DateTime:
    """``2024-02-29T10:30:00Z``; without a time it is midnight; or Null."""
    match = DATE_TIME.fullmatch(text)
    if not match:
        raise Null(N_("%(text)r is no date and time."), text=text)
    year, month, day, hour, minute, second, fraction, zone = match.groups()
    date = make_date(int(year), int(month), int(day))
    if hour is None:
        return DateTime(date, Time(0))
    return DateTime(date, make_time(int(hour), int(minute), _nanos(second, fraction), make_zone(zone)))


def parse_duration(text: str) -> DayDuration | MonthDuration:
    """``P1Y2M`` or ``P1DT2H3M4.5S``, or Null."""
    match = MONTHS.fullmatch(text)
    if match:
        months = int(match[2] or 0) * 12 + int(match[3] or 0)
        return MonthDuration(-months if match[1] else months)
    match = DAYS.fullmatch(text)
    if not match:
        raise Null(N_("%(text)r is no duration."), text=text)
    sign, days, hours, minutes, seconds, fraction = match.groups()
    nanos = int(days or 0) * DAY + int(hours or 0) * HOUR + int(minutes or 0) * MINUTE
    nanos += _nanos(seconds or "0", fraction)
    return DayDuration(-nanos if sign else nanos)


def parse_temporal(text: str) -> Temporal:
    """What ``@"..."`` means, by its form."""
    if text[:1] == "P" or text[:2] == "-P":
        return parse_duration(text)
    if "T" in text and DATE_TIME.fullmatch(text):
        return parse_date_time(text)
    if DATE.fullmatch(text):
        return parse_date(text)
    if TIME.fullmatch(text):
        return parse_time(text)
    raise Null(N_("%(text)r is neither a date, a time nor a duration."), text=text)
