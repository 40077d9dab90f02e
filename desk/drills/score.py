"""How well a drill went, as a number from 0 to 100 (EMG-10).

A step that is done within its limit counts its weight. Done later it counts the less the later it is: all of it at
the limit, nothing at ``late_until`` times the limit, evenly in between. One that nobody did counts nothing. The score
is what counted, in percent of all weights, less ``missed_update`` points for each update that was promised and not
given in time; never below 0, rounded to a whole number, a half upwards.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from loopdesk.desk import policy
from loopdesk.desk.runbooks.plans import Text
from loopdesk.engine.errors import N_, Invalid

DONE, LATE, MISSED = "done", "late", "missed"
TASK, STEP = "task", "step"
FILE = "drills.yaml"


@dataclass(frozen=True, slots=True)
class Figures:
    """What the policy ``drills.yaml`` says under ``score``."""

    late_until: float
    missed_update: float


@dataclass(frozen=True, slots=True)
class Line:
    """One expected task or step: ``due`` and ``minute`` (when it was done; None for never) count from the alert."""

    kind: str
    id: str
    name: Text
    due: float
    weight: float
    minute: float | None
    by: str = ""

    @property
    def state(self) -> str:
        """done, late or missed."""
        if self.minute is None:
            return MISSED
        return DONE if self.minute <= self.due else LATE


def figures(said: Mapping[str, Any] | None = None) -> Figures:
    """The figures of a policy's content, of the one that we ship without one; raises `Invalid` for impossible ones."""
    shipped = policy.shipped("drills")["score"]
    own = (said or {}).get("score")
    score = dict(shipped) | (dict(own) if isinstance(own, Mapping) else {})
    try:
        found = Figures(float(score["late_until"]), float(score["missed_update"]))
    except (TypeError, ValueError):
        found = Figures(0, 0)
    if not found.late_until > 1 or found.missed_update < 0:
        raise Invalid(
            N_("%(file)s: the figures of the score are impossible."),
            remedy=N_("late_until has to lie above 1, missed_update must not be negative."),
            file=FILE,
        )
    return found


def credit(line: Line, by: Figures) -> float:
    """How much of its weight a line counts."""
    if line.minute is None:
        return 0.0
    if line.minute <= line.due:
        return line.weight
    over = (line.minute - line.due) / (line.due * (by.late_until - 1)) if line.due else 1.0
    return line.weight * max(0.0, 1 - over)


def score(lines: Sequence[Line], missed_updates: int, by: Figures) -> int:
    """The score of a drill; 0 where nothing was expected."""
    whole = sum(line.weight for line in lines)
    if not whole:
        return 0
    counted = 100 * sum(credit(line, by) for line in lines) / whole - by.missed_update * missed_updates
    return max(0, math.floor(counted + 0.5))
