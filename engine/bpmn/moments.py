"""Timers as BPMN writes them: ISO 8601 durations, moments and cycles, read by ourselves (BPMN 2.0.2 §10.5.5.12).

SpiffWorkflow 3.2.0 reads ``-PT5M`` as five minutes ahead, takes a moment without zone in the machine's own and fires
every missed round of a late cycle at once; here the first two are refused and a late cycle fires once.
"""

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import datetime, timedelta

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
class Cycle:
    """``rounds`` times (None: without end) every ``every``, the first one at ``first`` or one interval from now."""

    rounds: int | None
    every: Duration
    first: datetime | None = None


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


def read_moment(text: str) -> datetime:
    """An ISO 8601 date and time with its zone; ``Invalid`` without one, for nobody could say when it is."""
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError as error:
        raise Invalid(N_("“%(text)s” is not a moment in time."), remedy=_REMEDY, text=text) from error
    if moment.tzinfo is None:
        raise Invalid(
            N_("The moment “%(text)s” has no time zone."),
            remedy=N_("Add the zone, for example +08:00 or Z."),
            text=text,
        )
    return moment


def read_cycle(text: str) -> Cycle:
    """``R3/PT10M``, ``R/PT30M`` or ``R5/2026-01-01T00:00:00Z/P1D``; ``Invalid`` for anything else."""
    head, *rest = text.strip().split("/")
    found = re.fullmatch(r"R(-1|\d*)", head)
    if not found or len(rest) not in (1, 2) or found[1] == "0":
        raise Invalid(N_("“%(text)s” is not a cycle."), remedy=_REMEDY, text=text)
    rounds = None if found[1] in ("", "-1") else int(found[1])
    return Cycle(rounds, read_duration(rest[-1]), read_moment(rest[0]) if len(rest) == 2 else None)


def first_due(kind: str, text: str, now: datetime) -> tuple[datetime, int | None]:
    """When a timer of ``kind`` (duration, date, cycle) that starts ``now`` is due, and how many rounds it has."""
    try:
        if kind == "duration":
            return read_duration(text).after(now), 1
        if kind == "date":
            return read_moment(text), 1
        cycle = read_cycle(text)
        return cycle.first or cycle.every.after(now), cycle.rounds
    except (OverflowError, ValueError) as error:
        raise Invalid(N_("“%(text)s” is too long a time."), remedy=_REMEDY, text=text) from error


def next_due(text: str, due: datetime, now: datetime) -> tuple[datetime, int]:
    """The next round of a cycle that was due at ``due`` and fires ``now``, and how many rounds were missed between."""
    every = read_cycle(text).every
    missed = 0
    if not every.months and every.rest and now > due:
        missed = (now - due) // every.rest
        due += every.rest * missed
    following = every.after(due)
    while following <= now:
        missed += 1
        following = every.after(following)
    return following, missed
