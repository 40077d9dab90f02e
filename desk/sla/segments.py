"""The explanation of a clock that a person can check: what was counted, what was not, and why (SLA-2, SLA-3).

The case page shows the same list that `loopdesk sla replay` prints.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from loopdesk.desk.sla.clock import NONE, Clock, Run
from loopdesk.engine.calendar import Calendar
from loopdesk.engine.errors import N_, Phrase

DAY, MOMENT = timedelta(days=1), timedelta(microseconds=1)


@dataclass(frozen=True)
class Segment:
    """A time ``[start, end)``; ``counted`` is what it added, ``ahead`` what it will add until the clock is due."""

    start: datetime
    end: datetime
    state: str
    """``running``, ``paused`` or ``closed``"""
    why: Phrase
    counted: timedelta = NONE
    ahead: timedelta = NONE
    team: str = ""


def segments(clock: Clock) -> list[Segment]:
    """All segments, oldest first; behind ``as_of`` those that lead to the deadline of a running clock."""
    found = [segment for run in clock.runs for segment in _of_run(run)]
    last = clock.runs[-1] if clock.runs else None
    if last is not None and clock.state == "running" and clock.due is not None and clock.due > last.end:
        found += _split(clock.calendar, last.end, clock.due, clock.team, ahead=True)
    return found


def _of_run(run: Run) -> Iterator[Segment]:
    if run.state == "running":
        yield from _split(run.calendar, run.start, run.end, run.team)
    elif run.end > run.start:
        yield Segment(run.start, run.end, run.state, run.why or Phrase(N_("paused")), team=run.team)


def _split(calendar: Calendar, start: datetime, end: datetime, team: str, *, ahead: bool = False) -> Iterator[Segment]:
    """Open and closed times of ``[start, end)``."""
    reached = start
    for opens, closes in calendar.intervals(start, end):
        if opens > reached:
            yield Segment(reached, opens, "closed", _closed(calendar, reached, opens), team=team)
        message = N_("within the hours of %(calendar)s, until due") if ahead else N_("within the hours of %(calendar)s")
        why, length = Phrase(message, calendar=calendar.name), closes - opens
        counted, coming = (NONE, length) if ahead else (length, NONE)
        yield Segment(opens, closes, "running", why, counted, coming, team)
        reached = closes
    if end > reached:
        yield Segment(reached, end, "closed", _closed(calendar, reached, end), team=team)


def _closed(calendar: Calendar, start: datetime, end: datetime) -> Phrase:
    at = start
    while at < end:
        if calendar.is_holiday(at):
            return Phrase(N_("outside the hours of %(calendar)s, on a holiday"), calendar=calendar.name)
        at = min(at + DAY, end - MOMENT) if at + MOMENT < end else end
    return Phrase(N_("outside the hours of %(calendar)s"), calendar=calendar.name)
