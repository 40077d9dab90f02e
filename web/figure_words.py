"""Figures as people read them: values with their unit, bars, groups, how old they are (ANA-1, ANA-2, ANA-8)."""

import math
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Any, NamedTuple

from babel.dates import format_timedelta
from flask_babel import format_decimal, get_locale, gettext, lazy_gettext, ngettext

from loopdesk.desk.figures import OF_CASES
from loopdesk.desk.figures.shapes import Definition, Figure, Fresh
from loopdesk.web.vocabulary import Look

HOUR, DAY = 60, 24 * 60
"""Minutes."""
LONG = 120
"""Seconds; what is older is told in minutes or hours."""
GROUPS = (
    (
        lazy_gettext("First response"),
        (
            *("first_response_attainment", "first_response_score", "response_rate"),
            *("first_response_time", "first_response_median", "cases_opened"),
        ),
    ),
    (
        lazy_gettext("Resolution"),
        ("on_time_closure", "repair_time", "repair_median", "escalated_share", "cases_closed"),
    ),
    (
        lazy_gettext("Satisfaction"),
        ("satisfaction", "satisfied_share", "nps", "reply_rate", "complaint_rate"),
    ),
    (lazy_gettext("Availability"), ("availability", "availability_major")),
)
COLUMNS = (
    *("cases_opened", "first_response_attainment", "first_response_time", "cases_closed", "repair_time"),
    *("repair_median", "on_time_closure", "escalated_share", "satisfaction", "satisfied_share", "nps"),
    *("reply_rate", "complaint_rate"),
)
"""What stands in the table that tells the values of a dimension apart."""
BY: Mapping[str, Any] = {
    "channel": lazy_gettext("Channel"),
    "level": lazy_gettext("Level"),
    "class": lazy_gettext("Kind of problem"),
    "team": lazy_gettext("Team"),
    "customer": lazy_gettext("Customer"),
}
PARTS: Mapping[str, Any] = {
    "all": lazy_gettext("All that count"),
    "counted": lazy_gettext("In the numerator"),
    "missed": lazy_gettext("Not in the numerator"),
}


class Scale(NamedTuple):
    """What the numbers at an axis are divided by, and the unit that stands there."""

    divisor: float
    unit: str


def said(figure: Figure | None) -> str:
    """A value with its unit; `no data` where nothing is known."""
    if figure is None or figure.value is None:
        return str(gettext("no data"))
    return _SAID[figure.unit](figure.value)


def minutes(value: float) -> str:
    """A length in minutes as a person says it."""
    if 0 < value < 1:
        return str(gettext("under 1 min"))
    whole = round(value)
    if whole < 2 * HOUR:
        return str(gettext("%(minutes)s min", minutes=whole))
    if whole < 2 * DAY:
        return str(gettext("%(hours)s h %(minutes)s min", hours=whole // HOUR, minutes=whole % HOUR))
    return str(gettext("%(days)s d %(hours)s h", days=whole // DAY, hours=whole % DAY // HOUR))


def seconds(value: int | None) -> str:
    """A length in seconds as a person says it; nothing for None."""
    return "" if value is None else minutes(value / 60)


def percent(value: float) -> str:
    """A share, cut and not rounded: 99.99 that is not reached must not look as if it were."""
    # The error of binary fractions lies far below a millionth.
    cut = math.floor(value * 100 + 1e-6) / 100
    return f"{format_decimal(cut)} %"


def _stars(value: float) -> str:
    return str(gettext("%(stars)s of 5", stars=format_decimal(round(value, 2))))


def _points(value: float) -> str:
    return f"{'+' if value > 0 else ''}{format_decimal(round(value, 1))}"


def _count(value: float) -> str:
    return str(format_decimal(round(value)))


_SAID = {"minutes": minutes, "percent": percent, "stars": _stars, "points": _points, "cases": _count}


def made_of(figure: Figure) -> str:
    """How much a figure is made of, in words; nothing where the value itself is the count."""
    if figure.unit == "cases" or figure.name.startswith("availability"):
        return ""
    if figure.name in ("satisfaction", "satisfied_share", "nps"):
        return str(ngettext("of %(num)s answer", "of %(num)s answers", figure.n))
    return str(ngettext("of %(num)s case", "of %(num)s cases", figure.n))


def bar(figure: Figure) -> str:
    """The target in words."""
    return "" if figure.target is None else target(figure.target)


def target(value: float) -> str:
    """A bar in words."""
    return str(gettext("Target %(value)s", value=f"≥ {percent(value)}"))


def look(figure: Figure) -> Look | None:
    """Whether the bar is reached, as word, colour and shape; None where there is no bar or no value."""
    if figure.met is None:
        return None
    if figure.met:
        return Look(gettext("Reached"), "green", "check")
    return Look(gettext("Below target"), "red", "octagon")


def is_share(figure: Figure) -> bool:
    """Whether some of its cases are in a numerator and others are not; of a mean all count alike."""
    return figure.unit in ("percent", "points")


def scale(figures: Iterable[Figure]) -> Scale:
    """The unit of an axis for figures of one kind: minutes, hours or days, whichever can be read."""
    known = [one for one in figures if one.value is not None]
    unit = known[0].unit if known else ""
    if unit != "minutes":
        return Scale(1, " %" if unit == "percent" else "")
    most = max(one.value or 0 for one in known)
    if most < 3 * HOUR:
        return Scale(1, gettext(" min"))
    return Scale(HOUR, gettext(" h")) if most < 3 * DAY else Scale(DAY, gettext(" d"))


def drawn(figure: Figure | None, by: Scale) -> str:
    """The number that a chart draws; empty for a hole."""
    return "" if figure is None or figure.value is None else f"{figure.value / by.divisor:.4f}"


def grouped(figures: Mapping[str, Figure], known: Mapping[str, Definition]) -> list[tuple[str, list[dict[str, Any]]]]:
    """Every figure with its words, in groups; one that no group names stands in the last."""
    named = {name for _, names in GROUPS for name in names}
    groups: list[tuple[str, Sequence[str]]] = [(str(title), names) for title, names in GROUPS]
    last, names = groups[-1]
    groups[-1] = (last, [*names, *(name for name in figures if name not in named)])
    return [(title, [card(figures[name], known[name]) for name in names if name in figures]) for title, names in groups]


def card(figure: Figure, means: Definition) -> dict[str, Any]:
    """The values of one card."""
    words = {"value": said(figure), "of": made_of(figure), "bar": bar(figure), "look": look(figure)}
    return {"figure": figure, "means": means, "cases": figure.name in OF_CASES, "share": is_share(figure), **words}


def age(fresh: Fresh) -> str:
    """How long ago the figures were right, in words."""
    if fresh.behind is None:
        return ""
    whole = int(fresh.behind)
    if whole < LONG:
        return str(ngettext("%(num)s second ago", "%(num)s seconds ago", whole))
    return str(format_timedelta(-timedelta(seconds=whole), add_direction=True, locale=get_locale()))
