"""How each figure is made of sums, and which cases stand behind it (ANA-1, ANA-2, ANA-8, FBK-4)."""

from collections.abc import Mapping
from dataclasses import dataclass

from loopdesk.desk.figures.sums import CLOSED, OPENED

MINUTES, PERCENT, STARS, POINTS, CASES = UNITS = ("minutes", "percent", "stars", "points", "cases")
MINUTE = 60


@dataclass(frozen=True, slots=True)
class Formula:
    """``above`` over ``below``, names of sums, times ``times``; ``less`` is taken from ``above``.

    ``spread``: not a mean but the median of these times. ``special``: computed by a rule of its own. ``held``: of the
    time that each team held its cases, so only where teams are told apart.
    """

    name: str
    unit: str
    basis: str = ""
    above: str = ""
    below: str = ""
    less: str = ""
    times: float = 1.0
    spread: bool = False
    special: bool = False
    held: bool = False


def _share(name: str, basis: str, above: str, below: str, *, less: str = "") -> Formula:
    return Formula(name, POINTS if less else PERCENT, basis, above, below, less, times=100)


def _time(name: str, basis: str, what: str, *, spread: bool = False) -> Formula:
    return Formula(name, MINUTES, basis, f"{what}_seconds", f"{what}_n", times=1 / MINUTE, spread=spread)


FORMULAS: Mapping[str, Formula] = {
    one.name: one
    for one in (
        Formula("cases_opened", CASES, OPENED, "cases"),
        _time("first_response_time", OPENED, "first"),
        _time("first_response_median", OPENED, "first", spread=True),
        _share("first_response_attainment", OPENED, "first_kept", "first_promised"),
        Formula("first_response_score", PERCENT, OPENED, "first_kept", "first_promised", special=True),
        _share("response_rate", OPENED, "responded", "first_promised"),
        Formula("cases_closed", CASES, CLOSED, "cases"),
        _time("repair_time", CLOSED, "repair"),
        _time("repair_median", CLOSED, "repair", spread=True),
        _share("on_time_closure", CLOSED, "on_time", "promised"),
        _share("escalated_share", CLOSED, "escalated", "cases"),
        Formula("satisfaction", STARS, CLOSED, "stars", "answers"),
        _share("satisfied_share", CLOSED, "satisfied", "answers"),
        _share("nps", CLOSED, "promoters", "nps_n", less="detractors"),
        _share("reply_rate", CLOSED, "answers", "asked"),
        _share("complaint_rate", CLOSED, "complaints", "cases"),
        Formula("availability", PERCENT, special=True),
        Formula("availability_major", PERCENT, special=True),
        Formula("held_time", MINUTES, CLOSED, "held_seconds", "held_n", times=1 / MINUTE, held=True),
    )
}
"""In the order in which they are shown."""
SHOWN = tuple(name for name, one in FORMULAS.items() if not one.held)
PLAIN = tuple(name for name, one in FORMULAS.items() if not one.special and not one.held)
"""Figures that are one sum over another, or a median."""
OF_CASES = tuple(name for name, one in FORMULAS.items() if one.basis and not one.held)
"""Figures that cases stand behind."""
SCORE, MAJOR = "first_response_score", "availability_major"
