"""When the departments meet: weekly and monthly series of the policy ``meetings.yaml`` (HND-9)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from loopdesk.desk import calendars, policy
from loopdesk.engine.calendar import Calendar
from loopdesk.engine.errors import N_, Invalid
from loopdesk.engine.tx import Tx

POLICY = "meetings"
WEEK, MONTH = "week", "month"
LONGEST_BREAK = 30
"""Days after which a calendar that is never open is given up."""


@dataclass(frozen=True, slots=True)
class Series:
    """Who meets how often: ``day`` is a weekday from 0 (Monday) for a week, a day of the month for a month.

    ``minutes`` is how long it takes; the ``chair`` is one of the departments.
    """

    id: str
    every: str
    day: int
    at: time
    minutes: int
    departments: tuple[str, ...]
    chair: str
    calendar: str

    def next(self, tx: Tx, after: datetime) -> datetime:
        """The first date after a moment; one that is no working day moves to the next."""
        zone, calendar = ZoneInfo(tx.host.zone), calendars.get(tx, self.calendar)
        day = after.astimezone(zone).date()
        for ahead in range(366):
            wanted = day + timedelta(days=ahead)
            if self._falls_on(wanted):
                begins = _working(calendar, wanted, self.at, zone)
                if begins > after:
                    return begins
        raise Invalid("Series %(series)s of meetings.yaml has no date within a year.", series=self.id)

    def _falls_on(self, day: date) -> bool:
        return day.weekday() == self.day if self.every == WEEK else day.day == self.day


def _working(calendar: Calendar, day: date, at: time, zone: ZoneInfo) -> datetime:
    for ahead in range(LONGEST_BREAK):
        begin = datetime.combine(day + timedelta(days=ahead), time(), zone)
        if calendar.intervals(begin, begin + timedelta(days=1)):
            return datetime.combine(begin.date(), at, zone)
    return datetime.combine(day, at, zone)


def all_(tx: Tx) -> list[Series]:
    """The series of the policy, in its order; none where the house has no such policy. Raises `Invalid`."""
    said = policy.value(tx, POLICY, "series", default={})
    return [read(str(code), entry) for code, entry in said.items()]


def names(tx: Tx, language: str) -> dict[str, str]:
    """Code -> name in ``language``, else in English, else the code."""
    said = policy.value(tx, POLICY, "series", default={})
    return {str(code): policy.name_in(entry, language) or str(code) for code, entry in said.items()}


def read(code: str, entry: Mapping[str, Any]) -> Series:
    """One entry of the policy; raises `Invalid`."""
    try:
        departments = tuple(str(one) for one in entry["departments"])
        found = Series(
            id=code,
            every=str(entry["every"]),
            day=int(entry["day"]),
            at=time.fromisoformat(str(entry["at"])),
            minutes=int(entry.get("minutes", 60)),
            departments=departments,
            chair=str(entry.get("chair") or departments[0]),
            calendar=str(entry.get("calendar", "24/7")),
        )
    except (KeyError, TypeError, ValueError, IndexError) as error:
        raise Invalid(
            "Series %(series)s of meetings.yaml cannot be read: %(error)s",
            remedy=N_('It needs every (week or month), day, at such as "10:00" and departments.'),
            series=code,
            error=str(error),
        ) from error
    if found.every not in (WEEK, MONTH) or not (0 <= found.day <= 6 if found.every == WEEK else 1 <= found.day <= 28):
        raise Invalid(
            "Series %(series)s of meetings.yaml has no day that comes again.",
            remedy=N_("For every: week the day is 0 (Monday) to 6, for every: month it is 1 to 28."),
            series=code,
        )
    return found
