"""Dates, times and durations of FEEL (DMN 1.5 §10.3.2.3.5-8): any year, nanoseconds, zones by name.

Python's own ``datetime`` ends at the year 9999 and at microseconds, so these are values of their own; ``values``
converts them at the border.
"""

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

SECOND = 1_000_000_000
"""Nanoseconds of a second; every length of time here is a number of nanoseconds."""
MINUTE, HOUR, DAY = 60 * SECOND, 3600 * SECOND, 86400 * SECOND
MAX_YEAR = 999_999_999
MAX_OFFSET = 18 * 3600


def days_before(year: int, month: int, day: int) -> int:
    """Days from 0000-03-01 of the proleptic calendar to this date; years start in March, so the leap day is last."""
    year -= month <= 2
    era, of_era = divmod(year, 400)
    of_year = (153 * ((month + 9) % 12) + 2) // 5 + day - 1
    return era * 146097 + of_era * 365 + of_era // 4 - of_era // 100 + of_year


def month_length(year: int, month: int) -> int:
    """Days of the month."""
    if month == 2:
        return 29 if year % 4 == 0 and (year % 100 != 0 or year % 400 == 0) else 28
    return 30 if month in (4, 6, 9, 11) else 31


@lru_cache(maxsize=64)
def zone_info(name: str) -> ZoneInfo:
    """The rules of a named zone; ZoneInfoNotFoundError or ValueError when there is none."""
    return ZoneInfo(name)


@dataclass(frozen=True, slots=True)
class Zone:
    """A fixed ``offset`` in seconds, or a named zone whose offset depends on the day."""

    offset: int = 0
    name: str = ""

    def text(self) -> str:
        """ISO 8601, zones by name after ``@``."""
        if self.name:
            return "@" + self.name
        if not self.offset:
            return "Z"
        hours, rest = divmod(abs(self.offset), 3600)
        minutes, seconds = divmod(rest, 60)
        text = f"{'-' if self.offset < 0 else '+'}{hours:02}:{minutes:02}"
        return f"{text}:{seconds:02}" if seconds else text

    def offset_at(self, date: "Date", nanos: int) -> int:
        """Seconds east of UTC at this local time; a named zone outside Python's years keeps its outermost rule."""
        if not self.name:
            return self.offset
        year = min(max(date.year, 1), 9999)
        hour, minute = divmod(nanos // MINUTE, 60)
        day = min(date.day, month_length(year, date.month))
        local = datetime(year, date.month, day, hour, minute, tzinfo=zone_info(self.name))
        offset = local.utcoffset()
        return int(offset.total_seconds()) if offset is not None else 0


@dataclass(frozen=True, slots=True)
class Date:
    """A day of the calendar; years may be negative."""

    year: int
    month: int
    day: int

    @property
    def ordinal(self) -> int:
        """Days since 0000-03-01."""
        return days_before(self.year, self.month, self.day)

    @staticmethod
    def of_ordinal(ordinal: int) -> "Date":
        """The date that many days after 0000-03-01."""
        era, of_era = divmod(ordinal, 146097)
        year = (of_era - of_era // 1460 + of_era // 36524 - of_era // 146096) // 365
        of_year = of_era - (365 * year + year // 4 - year // 100)
        month = (5 * of_year + 2) // 153
        day = of_year - (153 * month + 2) // 5 + 1
        year += era * 400 + (month >= 10)
        return Date(year, month - 9 if month >= 10 else month + 3, day)

    @property
    def weekday(self) -> int:
        """Monday is 1; 0000-03-01 was a Wednesday."""
        return (self.ordinal + 2) % 7 + 1

    @property
    def day_of_year(self) -> int:
        """1 for the first of January."""
        return self.ordinal - days_before(self.year, 1, 1) + 1

    def plus_months(self, months: int) -> "Date":
        """The same day that many months later, or the month's last day when there is no such day."""
        year, month = divmod(self.year * 12 + self.month - 1 + months, 12)
        return Date(year, month + 1, min(self.day, month_length(year, month + 1)))

    def text(self) -> str:
        """ISO 8601, zones by name after ``@``."""
        return f"{'-' if self.year < 0 else ''}{abs(self.year):04}-{self.month:02}-{self.day:02}"


@dataclass(frozen=True, slots=True)
class Time:
    """A time of day: ``nanos`` since midnight, and its zone when it has one."""

    nanos: int
    zone: Zone | None = None

    @property
    def hour(self) -> int:
        """Whole hours since midnight."""
        return self.nanos // HOUR

    @property
    def minute(self) -> int:
        """Whole minutes since the full hour."""
        return self.nanos // MINUTE % 60

    @property
    def second(self) -> int:
        """Whole seconds since the full minute."""
        return self.nanos // SECOND % 60

    def text(self) -> str:
        """ISO 8601, zones by name after ``@``."""
        fraction = f".{self.nanos % SECOND:09}".rstrip("0").rstrip(".")
        zone = self.zone.text() if self.zone else ""
        return f"{self.hour:02}:{self.minute:02}:{self.second:02}{fraction}{zone}"

    def instant(self) -> int:
        """Nanoseconds that order times: the offset taken off (a named zone counts as of the year 2000)."""
        offset = self.zone.offset_at(Date(2000, 1, 1), self.nanos) if self.zone else 0
        return self.nanos - offset * SECOND


@dataclass(frozen=True, slots=True)
class DateTime:
    """A day with a time of day and, if any, its zone."""

    date: Date
    time: Time

    @property
    def zone(self) -> Zone | None:
        """The time's zone."""
        return self.time.zone

    def instant(self) -> int:
        """Nanoseconds that order date-times: local ones among themselves, zoned ones by UTC."""
        offset = self.zone.offset_at(self.date, self.time.nanos) if self.zone else 0
        return self.date.ordinal * DAY + self.time.nanos - offset * SECOND

    def plus(self, nanos: int) -> "DateTime":
        """This much later on the time line; a named zone's offset is that of the new moment."""
        days, rest = divmod(self.date.ordinal * DAY + self.time.nanos + nanos, DAY)
        moved = DateTime(Date.of_ordinal(days), Time(rest, self.zone))
        if self.zone is None or not self.zone.name:
            return moved
        shift = self.instant() + nanos - moved.instant()
        if not shift:
            return moved
        days, rest = divmod(moved.date.ordinal * DAY + moved.time.nanos + shift, DAY)
        return DateTime(Date.of_ordinal(days), Time(rest, self.zone))

    def plus_months(self, months: int) -> "DateTime":
        """The same time of day that many months later."""
        return DateTime(self.date.plus_months(months), self.time)

    def text(self) -> str:
        """ISO 8601, zones by name after ``@``."""
        return f"{self.date.text()}T{self.time.text()}"


@dataclass(frozen=True, slots=True)
class DayDuration:
    """A days and time duration."""

    nanos: int

    def text(self) -> str:
        """ISO 8601, zones by name after ``@``."""
        days, rest = divmod(abs(self.nanos), DAY)
        hours, rest = divmod(rest, HOUR)
        minutes, rest = divmod(rest, MINUTE)
        seconds = f"{rest // SECOND}" + f".{rest % SECOND:09}".rstrip("0").rstrip(".")
        clock = "".join(f"{n}{unit}" for n, unit in ((hours, "H"), (minutes, "M")) if n)
        clock += f"{seconds}S" if rest else ""
        text = (f"{days}D" if days else "") + (f"T{clock}" if clock else "")
        return ("-" if self.nanos < 0 else "") + "P" + (text or "T0S")


@dataclass(frozen=True, slots=True)
class MonthDuration:
    """A years and months duration."""

    months: int

    def text(self) -> str:
        """ISO 8601, zones by name after ``@``."""
        years, months = divmod(abs(self.months), 12)
        text = (f"{years}Y" if years else "") + (f"{months}M" if months else "")
        return ("-" if self.months < 0 else "") + "P" + (text or "0M")
