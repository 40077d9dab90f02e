"""A clock of a case and how it stands: what it counted, when it is due, what it missed (SLA-2, SLA-3)."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from loopdesk.desk.sla.policy import Policy, Target
from loopdesk.engine.calendar import Calendar
from loopdesk.engine.errors import LoopdeskError, Phrase

State = Literal["", "running", "paused", "met", "cancelled"]
NONE = timedelta()


@dataclass
class Run:
    """A time in which nothing about the clock changed: it ran on one calendar for one team, was paused, or stood."""

    start: datetime
    end: datetime
    state: Literal["running", "paused", "closed"]
    calendar: Calendar
    team: str = ""
    why: Phrase | None = None
    counted: timedelta = NONE


@dataclass
class Escalation:
    """A warning at a share of the target: when it is expected, and when it came."""

    at: datetime | None = None
    fired: datetime | None = None


@dataclass
class Clock:
    """How a clock stands at ``as_of``; moments are zone-aware, lengths are working time."""

    policy: Policy
    calendar: Calendar
    state: State = ""
    target: Target = None
    priority: str = ""
    team: str = ""
    elapsed: timedelta = NONE
    team_elapsed: dict[str, timedelta] = field(default_factory=dict)
    due: datetime | None = None
    due_before: datetime | None = None
    breached_at: datetime | None = None
    met_at: datetime | None = None
    elapsed_at_pause: Target = None
    escalations: dict[str, Escalation] = field(default_factory=dict)
    history: list[datetime | None] = field(default_factory=list)
    """of each round or policy that is over, when it was breached"""
    runs: list[Run] = field(default_factory=list)
    round: int = 0
    """where in ``runs`` the present round begins"""
    problems: list[LoopdeskError] = field(default_factory=list)
    as_of: datetime | None = None

    @property
    def breached(self) -> bool:
        """Whether a breach is recorded; none is ever erased."""
        return self.breached_at is not None

    @property
    def overdue(self) -> Target:
        """Working time counted beyond the target; None without a target."""
        return None if self.target is None else max(self.elapsed - self.target, NONE)

    @property
    def further_escalations(self) -> int:
        """How many warnings are still to come."""
        return sum(item.fired is None and item.at is not None for item in self.escalations.values())

    @property
    def unofficial_years(self) -> tuple[int, ...]:
        """Years without announced holidays on the way to the deadline, which is provisional because of them."""
        years: set[int] = set()
        for run in self.runs[self.round :]:
            if run.state == "running":
                years.update(run.calendar.unofficial(run.start, min(run.end, self.due or run.end)))
        if self.due is not None and self.runs:
            years.update(self.calendar.unofficial(self.runs[-1].start, self.due))
        return tuple(sorted(years))

    def reached(self, target: timedelta) -> datetime | None:
        """When the time counted so far reached a target; None when it did not.

        A target that is used up just when a rest begins is reached when the rest is over: nothing was late before.
        """
        total, reached, rested = NONE, None, False
        for run in self.runs[self.round :]:
            if run.state != "running":
                rested = reached is not None
                continue
            if rested:
                reached, rested = run.start, False
            total += run.counted
            if reached is None and run.counted and total >= target:
                reached = run.calendar.add(run.start, target - (total - run.counted))
            if reached is not None and (total > target or run.end > reached):
                return reached
        return reached
