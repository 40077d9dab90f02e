"""Timers as BPMN writes them: ISO 8601 durations, moments and cycles, read by ourselves (BPMN 2.0.2 §10.5.5.12).

Cycles may also be written as Camunda 8 does: six fields from seconds to days of the week, or ``@daily`` and its kin.
SpiffWorkflow 3.2.0 reads ``-PT5M`` as five minutes ahead, takes a moment without zone in the machine's own and fires
every missed round of a late cycle at once; here the first is refused, the zone is that of the house's settings, and a
late cycle fires once.
"""

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo

from croniter import croniter

from loopdesk.engine.calendar import Calendar, working_length
from loopdesk.engine.errors import N_, Invalid

_DURATION = re.compile(
    r"P(?:(?P<years>\d+)Y)?(?:(?P<months>\d+)M)?(?:(?P<weeks>\d+(?:\.\d+)?)W)?(?:(?P<days>\d+(?:\.\d+)?)D)?"
    r"(?:T(?:(?P<hours>\d+(?:\.\d+)?)H)?(?:(?P<minutes>\d+(?:\.\d+)?)M)?(?:(?P<seconds>\d+(?:\.\d+)?)S)?)?"
)
_CLOCK_UNITS = ("weeks", "days", "hours", "minutes", "seconds")
LONGEST_MONTHS, LONGEST = 12_000, timedelta(days=366_000)
"""A thousand years; what is longer is a slip of the pen."""
_REMEDY = N_(
    "Write a duration such as PT30M or P3D, a moment such as 2026-03-01T09:00:00+08:00, or a cycle such as R/PT30M."
)
_NAMES = "JAN|FEB|MAR|APR|MAY|JUN|JUL|AUG|SEP|OCT|NOV|DEC|SUN|MON|TUE|WED|THU|FRI|SAT"
_FIELD = re.compile(rf"(?:[\d*/,?#-]|L|W|{_NAMES})+", re.IGNORECASE)
"""Of a cron expression; croniter's own letters for random moments are left out."""
_NICKNAMES = frozenset({"@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly"})
MOST_COUNTED = 1000
"""Missed rounds of a cron cycle beyond that are not counted."""


@dataclass(frozen=True, slots=True)
class Duration:
    """A length of time; months and years depend on where they start, so they are kept apart."""

    months: int
    rest: timedelta

    def after(self, start: datetime) -> datetime:
        """The instant this long after ``start``; a day that the month lacks becomes its last."""
        if self.months:
            year, month = divmod(start.year * 12 + start.month - 1 + self.months, 12)
            start = start.replace(year=year, month=month + 1, day=min(start.day, monthrange(year, month + 1)[1]))
        return start + self.rest


@dataclass(frozen=True, slots=True)
class Cron:
    """Moments of a calendar and clock in a zone; all six fields have to fit (the reading of Camunda 8)."""

    text: str
    zone: tzinfo

    def after(self, start: datetime) -> datetime:
        """The first of the moments after ``start``; ``ValueError`` when there is none in fifty years."""
        local = start.astimezone(self.zone)
        found: datetime = croniter(self.text, local, second_at_beginning=True, day_or=False).get_next(datetime)
        return found.astimezone(UTC)


@dataclass(frozen=True, slots=True)
class Working:
    """A length of working time of a calendar."""

    calendar: Calendar
    length: timedelta

    def after(self, start: datetime) -> datetime:
        """The instant by which so much has been worked since ``start``."""
        return self.calendar.add(start, self.length)


@dataclass(frozen=True, slots=True)
class Cycle:
    """``rounds`` times (None: without end) every ``every``, the first one at ``first`` or one interval from now."""

    rounds: int | None
    every: Duration | Cron | Working
    first: datetime | None = None

    def following(self, due: datetime, now: datetime) -> tuple[datetime, int]:
        """The round after ``due`` that comes after ``now``, and how many are missed between."""
        last, missed = self.latest(due, now)
        return self.every.after(last), missed

    def latest(self, due: datetime, now: datetime) -> tuple[datetime, int]:
        """The last round from ``due`` on that is over ``now``, which the next one counts from, and how many were
        missed up to it."""
        missed = 0
        if isinstance(self.every, Duration) and not self.every.months and now > due:
            missed = (now - due) // self.every.rest
            due += self.every.rest * missed
        elif isinstance(self.every, Working) and now > due:
            missed = self.every.calendar.elapsed(due, now) // self.every.length
            due = self.every.calendar.add(due, self.every.length * missed)
        following = self.every.after(due)
        while following <= now:
            missed += 1
            due = now if isinstance(self.every, Cron) and missed >= MOST_COUNTED else following
            following = self.every.after(due)
        return due, missed


def read_duration(text: str) -> Duration:
    """A positive ISO 8601 duration; ``Invalid`` for anything else."""
    found = _DURATION.fullmatch(text.strip())
    given = {unit: number for unit, number in found.groupdict().items() if number} if found else {}
    if not given or text.strip().endswith("T"):
        raise Invalid(N_("“%(text)s” is not a duration."), remedy=_REMEDY, text=text)
    months = int(given.get("years", 0)) * 12 + int(given.get("months", 0))
    try:
        duration = Duration(months, timedelta(**{unit: float(given.get(unit, 0)) for unit in _CLOCK_UNITS}))
    except OverflowError as error:
        raise Invalid(N_("“%(text)s” is too long a time."), remedy=_REMEDY, text=text) from error
    if months > LONGEST_MONTHS or duration.rest > LONGEST or not (months or duration.rest):
        raise Invalid(N_("“%(text)s” is not a usable length of time."), remedy=_REMEDY, text=text)
    return duration


def read_length(text: str, calendar: Calendar | None = None) -> Duration | Working:
    """A positive ISO 8601 duration, in working time where a calendar is given; ``Invalid`` for anything else."""
    return Working(calendar, working_length(text, calendar)) if calendar else read_duration(text)


def read_moment(text: str, zone: tzinfo = UTC) -> datetime:
    """An ISO 8601 date and time, in ``zone`` when it names none (see ``is_local``); ``Invalid`` for anything else."""
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError as error:
        raise Invalid(N_("“%(text)s” is not a moment in time."), remedy=_REMEDY, text=text) from error
    return moment if moment.tzinfo else moment.replace(tzinfo=zone)


def is_local(text: str) -> bool:
    """Whether a moment, or the first one of a cycle, names no zone, so that it is the house's own."""
    for part in text.strip().split("/"):
        try:
            if datetime.fromisoformat(part).tzinfo is None:
                return True
        except ValueError:
            continue
    return False


def read_cycle(text: str, zone: tzinfo = UTC, calendar: Calendar | None = None) -> Cycle:
    """``R3/PT10M``, ``R/PT30M``, ``R5/2026-01-01T00:00:00Z/P1D``, ``0 0 9 * * MON-FRI`` or ``@daily``.

    ``zone`` is for what names none; intervals are working time of ``calendar``. ``Invalid`` for anything else.
    """
    if cron := _read_cron(text.strip(), zone):
        return Cycle(None, cron)
    head, *rest = text.strip().split("/")
    found = re.fullmatch(r"R(-1|\d*)", head)
    if not found or len(rest) not in (1, 2) or found[1] == "0":
        raise Invalid(N_("“%(text)s” is not a cycle."), remedy=_REMEDY, text=text)
    rounds = None if found[1] in ("", "-1") else int(found[1])
    return Cycle(rounds, read_length(rest[-1], calendar), read_moment(rest[0], zone) if len(rest) == 2 else None)


def _read_cron(text: str, zone: tzinfo) -> Cron | None:
    fields = text.split()
    if text not in _NICKNAMES and (len(fields) != 6 or not all(_FIELD.fullmatch(field) for field in fields)):
        return None
    cron = Cron(text, zone)
    try:
        cron.after(datetime(2026, 1, 1, tzinfo=UTC))
    except ValueError as error:
        reason = str(error)
        raise Invalid(N_("“%(text)s” is not a cycle: %(reason)s."), remedy=_REMEDY, text=text, reason=reason) from error
    return cron


def first_due(
    kind: str, text: str, now: datetime, zone: tzinfo = UTC, calendar: Calendar | None = None
) -> tuple[datetime, int | None]:
    """When a timer of ``kind`` (duration, date, cycle) that starts ``now`` is due, and how many rounds it has.

    ``zone`` is for a text that names none; durations and intervals are working time of ``calendar``.
    """
    try:
        if kind == "duration":
            return read_length(text, calendar).after(now), 1
        if kind == "date":
            return read_moment(text, zone), 1
        cycle = read_cycle(text, zone, calendar)
        return cycle.first or cycle.every.after(now), cycle.rounds
    except (OverflowError, ValueError) as error:
        raise Invalid(N_("“%(text)s” is too long a time."), remedy=_REMEDY, text=text) from error


def next_due(
    text: str, due: datetime, now: datetime, zone: tzinfo = UTC, calendar: Calendar | None = None
) -> tuple[datetime, int]:
    """The next round of a cycle that was due at ``due`` and fires ``now``, and how many rounds were missed between."""
    return read_cycle(text, zone, calendar).following(due, now)
