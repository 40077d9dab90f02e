"""Lengths of working time as people write them: days and weeks are those of the calendar (requirements, SLA)."""

import re
from datetime import timedelta

from loopdesk.engine.calendar.base import Calendar
from loopdesk.engine.errors import N_, Invalid

_LENGTH = re.compile(
    r"P(?:(?P<weeks>\d+(?:\.\d+)?)W)?(?:(?P<days>\d+(?:\.\d+)?)D)?"
    r"(?:T(?:(?P<hours>\d+(?:\.\d+)?)H)?(?:(?P<minutes>\d+(?:\.\d+)?)M)?(?:(?P<seconds>\d+(?:\.\d+)?)S)?)?"
)
_CLOCK = ("hours", "minutes", "seconds")


def working_length(text: str, calendar: Calendar) -> timedelta:
    """The working time that an ISO 8601 duration means: ``P1D`` is one ordinary working day, ``PT8H`` eight hours.

    Raises `Invalid` for what is no positive duration, and for months and years, which are no working time.
    """
    found = _LENGTH.fullmatch(text.strip())
    given = {unit: float(number) for unit, number in found.groupdict().items() if number} if found else {}
    if not given or text.strip().endswith("T"):
        raise Invalid(
            N_("“%(text)s” is not a length of working time."),
            remedy=N_("Write weeks, days, hours and minutes, such as P3D or PT8H."),
            text=text,
        )
    try:
        length = timedelta(**{unit: given.get(unit, 0) for unit in _CLOCK})
        if "days" in given:
            length += calendar.day_length() * given["days"]
        if "weeks" in given:
            length += calendar.week_length() * given["weeks"]
    except OverflowError as error:
        raise Invalid(N_("“%(text)s” is too long a time."), remedy=N_("Write a shorter one."), text=text) from error
    if not length:
        raise Invalid(
            N_("“%(text)s” is no time at all in calendar %(calendar)s."),
            remedy=N_("Write a positive time."),
            text=text,
            calendar=calendar.name,
        )
    return length
