"""What became of the time of a case: worked on by which team, waiting for the customer, or done (ANA-2)."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

WORK, WAITING, DONE = "work", "waiting", "done"
PHASES = {"pause": WAITING, "resume": WORK, "resolved": DONE, "reopened": WORK}
"""The events of clocks that begin another phase."""
HELD = "held"
"""Another team holds the case from now on."""
SECOND = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Turn:
    """Something that moved the time of a case: a key of `PHASES`, or `HELD` with the team."""

    at: datetime
    order: int
    kind: str
    team: str = ""


@dataclass(slots=True)
class Course:
    """Whole seconds: ``waiting`` for the customer, worked on by each of the ``teams``; ``done``: the fix is there."""

    waiting: int = 0
    teams: dict[str, int] = field(default_factory=dict)
    done: bool = False

    @property
    def repair(self) -> int | None:
        """From the opening to the last fix without what does not count; None while there is no fix."""
        return sum(self.teams.values()) if self.done else None


def course(opened_at: datetime, team: str, turns: Iterable[Turn], until: datetime) -> Course:
    """Follow a case from its opening by ``team``.

    The time between a fix and a reopening is nobody's: the case lay with the customer, as on its clocks (SLA-3).
    """
    found, phase, reached = Course(), WORK, opened_at
    for turn in [*sorted(turns, key=lambda one: (one.at, one.order)), Turn(until, 0, "")]:
        at = max(turn.at, reached)
        passed = int((at - reached) / SECOND)
        if phase == WORK:
            found.teams[team] = found.teams.get(team, 0) + passed
        elif phase == WAITING:
            found.waiting += passed
        team = turn.team if turn.kind == HELD else team
        phase, reached = PHASES.get(turn.kind, phase), at
    found.done = phase == DONE
    return found
