"""The figures of the desk: queries over history, each with its definition and its cases (ANA-1, ANA-2, ANA-8)."""

from loopdesk.desk.figures.answers import breakdown, check, choices, definitions, overview, series, today
from loopdesk.desk.figures.asked import Coverage, coverage
from loopdesk.desk.figures.drill import cases
from loopdesk.desk.figures.formulas import OF_CASES, SHOWN
from loopdesk.desk.figures.keep import forget, fresh, local_handlers, run, step
from loopdesk.desk.figures.rows import case_figure, downtime, figure_day, figure_state, held_time
from loopdesk.desk.figures.shapes import (
    DIMENSIONS,
    NONE,
    PARTS,
    CaseLine,
    CasePage,
    Definition,
    Figure,
    Filter,
    Fresh,
    Overview,
    Part,
    Period,
    Point,
)

__all__ = [
    "DIMENSIONS",
    "NONE",
    "OF_CASES",
    "PARTS",
    "SHOWN",
    "TABLES",
    "CaseLine",
    "CasePage",
    "Coverage",
    "Definition",
    "Figure",
    "Filter",
    "Fresh",
    "Overview",
    "Part",
    "Period",
    "Point",
    "breakdown",
    "cases",
    "check",
    "choices",
    "coverage",
    "definitions",
    "forget",
    "fresh",
    "local_handlers",
    "overview",
    "run",
    "series",
    "step",
    "today",
]

TABLES = (case_figure, held_time, downtime, figure_day, figure_state)
