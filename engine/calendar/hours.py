"""The two kinds of calendars: weekly hours of one zone, and several calendars joined (follow-the-sun)."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from loopdesk.engine.calendar.base import Calendar
from loopdesk.engine.calendar.blocks import DAY, MICROSECOND, MINUTE, Stretch, moment
from loopdesk.engine.calendar.specialdays import NONE, Days, HolidaySet
from loopdesk.engine.calendar.wall import instant, local_date, midnight, offset
from loopdesk.engine.errors import N_, Invalid

Hours = tuple[tuple[int, int], ...]
"""``(open, close)`` in minutes after midnight; one that crosses midnight closes after 1440."""
MONDAY = 0


@dataclass(frozen=True)
class SpecialDays:
    """What makes a date differ from its weekday: own lists beside named sets."""

    holidays: Days = NONE
    extra_workdays: Days = NONE
    closing: HolidaySet | None = None
    opening: HolidaySet | None = None

    def closes(self, day: date) -> bool:
        """Whether the date is a holiday."""
        return day in self.holidays or (self.closing is not None and self.closing.holiday(day))

    def opens(self, day: date) -> bool:
        """Whether the date is a make-up day, which wins over weekend and holiday."""
        return day in self.extra_workdays or (self.opening is not None and self.opening.extra_workday(day))

    def is_official(self, year: int) -> bool:
        """Whether all sets have announced days for the year."""
        return all(one.is_official(year) for one in (self.closing, self.opening) if one is not None)


@dataclass(frozen=True)
class Week:
    """The hours of each weekday (0 is Monday) and how long a day's work is where it is not obvious."""

    hours: Mapping[int, Hours]
    day_minutes: int | None = None
    lengths: Sequence[int] = field(init=False)

    def __post_init__(self) -> None:
        lengths = [_minutes(self.hours.get(weekday, ())) for weekday in range(7)]
        object.__setattr__(self, "lengths", lengths)


class WeekCalendar(Calendar):
    """Weekly hours in an IANA zone, with holidays and make-up days."""

    def __init__(self, name: str, zone: ZoneInfo, week: Week, special: SpecialDays = SpecialDays()) -> None:
        super().__init__(name)
        self.zone = zone
        self.week = week
        self.special = special

    def hours_of(self, day: date) -> Hours:
        """The hours that open on a date; a make-up day has Monday's."""
        if self.special.opens(day):
            return self.week.hours.get(MONDAY, ())
        if self.special.closes(day):
            return ()
        return self.week.hours.get(day.weekday(), ())

    def stretches(self, low: int, high: int) -> Iterator[Stretch]:
        """Opened from three days before, for nights and far zones, to a day after."""
        day = moment(low).date() - timedelta(days=3)
        count = (high - low) // DAY + 5
        ahead = [offset(self.zone, day + timedelta(days=number)) for number in range(count + 2)]
        for number in range(count):
            hours = self.hours_of(day)
            if hours and ahead[number] == ahead[number + 1] == ahead[number + 2]:
                base = midnight(day) - ahead[number]
                yield from ((base + opens * MINUTE, base + closes * MINUTE) for opens, closes in hours)
            elif hours:
                # Clocks change between here and the day after tomorrow: each bound is looked up.
                for opens, closes in hours:
                    yield instant(self.zone, day, opens, last=False), instant(self.zone, day, closes, last=True)
            day += timedelta(days=1)

    @property
    def has_hours(self) -> bool:
        """Whether any weekday has hours."""
        return any(self.week.lengths)

    def day_length(self) -> timedelta:
        """Most frequent length of its working days, the longer one of two."""
        if self.week.day_minutes:
            return timedelta(minutes=self.week.day_minutes)
        counted = Counter(length for length in self.week.lengths if length)
        return timedelta(minutes=max(counted, key=lambda length: (counted[length], length), default=0))

    def week_length(self) -> timedelta:
        """All hours of the week."""
        return timedelta(minutes=sum(self.week.lengths))

    def unofficial(self, start: datetime, end: datetime) -> tuple[int, ...]:
        """Years of its own zone."""
        if end <= start:
            return ()
        first, last = local_date(self.zone, start), local_date(self.zone, end - MICROSECOND)
        return tuple(year for year in range(first.year, last.year + 1) if not self.special.is_official(year))

    def with_holiday(self, day: date) -> "WeekCalendar":
        """Closed on one more day."""
        special = replace(self.special, holidays=self.special.holidays | {day})
        return WeekCalendar(self.name, self.zone, self.week, special)

    def is_holiday(self, at: datetime) -> bool:
        """Whether the local date is one, and no make-up day."""
        day = local_date(self.zone, at)
        return self.special.closes(day) and not self.special.opens(day)


class Union(Calendar):
    """Open when any of its members is; an overlap counts once."""

    def __init__(self, name: str, members: Sequence[Calendar], day_minutes: int | None = None) -> None:
        super().__init__(name)
        self.members = members
        self.day_minutes = day_minutes

    def stretches(self, low: int, high: int) -> Iterable[Stretch]:
        """Those of all members."""
        return [stretch for member in self.members for stretch in member.stretches(low, high)]

    @property
    def has_hours(self) -> bool:
        """Whether one member opens."""
        return any(member.has_hours for member in self.members)

    def day_length(self) -> timedelta:
        """As its definition says; members in several zones do not have one day."""
        if self.day_minutes is None:
            raise self._unknown()
        return timedelta(minutes=self.day_minutes)

    def week_length(self) -> timedelta:
        """Nobody can say: members in several zones overlap differently in summer and winter."""
        raise self._unknown()

    def unofficial(self, start: datetime, end: datetime) -> tuple[int, ...]:
        """Years of any member."""
        return tuple(sorted({year for member in self.members for year in member.unofficial(start, end)}))

    def with_holiday(self, day: date) -> "Union":
        """All members are closed on that day, each in its own zone."""
        return Union(self.name, [member.with_holiday(day) for member in self.members], self.day_minutes)

    def is_holiday(self, at: datetime) -> bool:
        """Whether one closes all members."""
        return all(member.is_holiday(at) for member in self.members)

    def _unknown(self) -> Invalid:
        return Invalid(
            N_("Calendar %(calendar)s joins several and does not say how long a working day is."),
            remedy=N_("Write the time in hours, or give the calendar day_minutes."),
            place=self.name,
            calendar=self.name,
        )


def _minutes(hours: Hours) -> int:
    """Minutes of a day's hours on paper; those that overlap count once."""
    total, reached = 0, 0
    for opens, closes in sorted(hours):
        total += max(closes - max(opens, reached), 0)
        reached = max(reached, closes)
    return total
