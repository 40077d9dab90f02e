"""The figures as a dashboard asks for them: all of a period, one over time, by a dimension (ANA-1, ANA-2, ANA-8)."""

from collections import Counter, defaultdict
from collections.abc import Collection, Sequence
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from loopdesk.desk.figures import asked, names, rules
from loopdesk.desk.figures.asked import DAY, TEAM, Asked
from loopdesk.desk.figures.formulas import FORMULAS, PLAIN, SHOWN
from loopdesk.desk.figures.making import Figures, maker
from loopdesk.desk.figures.shapes import DIMENSIONS, Definition, Filter, Overview, Part, Period, Point
from loopdesk.desk.figures.spread import Spread
from loopdesk.engine.actor import Actor
from loopdesk.engine.errors import N_, Invalid
from loopdesk.engine.tx import Tx

ANYTHING = Filter()
DAYS, WEEKS = 31, 26
"""A series goes by days up to so many, then by weeks up to so many, then by months."""
HELD = "held_time"
MOST = ("cases_closed", "cases_opened")
"""By the larger of these the values of a dimension are ordered."""
Span = tuple[date, date]


def overview(actor: Actor, tx: Tx, period: Period, wanted: Filter = ANYTHING, only: Sequence[str] = SHOWN) -> Overview:
    """All figures of a period, or ``only`` some; raises `Refused` for whoever may read none (SEC-1)."""
    question = Asked(tx, asked.scope(actor), period, wanted)
    make = maker(tx)
    figures = make.several(question, only).get("") or make.none()
    figures |= {name: make.special(question, name) for name in only if FORMULAS[name].special}
    return Overview({name: figures[name] for name in only}, period, wanted, make.fresh)


def series(actor: Actor, tx: Tx, name: str, period: Period, wanted: Filter = ANYTHING) -> list[Point]:
    """One figure over the period: by days, weeks or months, whichever gives a readable number of points.

    Raises `Invalid` for an unknown figure, `Refused` for whoever may read none.
    """
    of = asked.scope(actor)
    formula = FORMULAS[known(name, SHOWN)]
    make, spans = maker(tx), _spans(period)
    if formula.special:
        parts = [Asked(tx, of, Period(*span), wanted) for span in spans]
        return [Point(one.period.since, one.period.until, make.special(one, name)) for one in parts]
    question = Asked(tx, of, period, wanted, DAY, months=_days(period) > WEEKS * 7)
    starts = {day: since for since, until in spans for day in _each(since, until)}
    by_day = question.sums(formula.basis)
    sums: dict[date, Counter[str]] = defaultdict(Counter)
    for day, counted in by_day.items():
        sums[starts[day]].update(counted)
    spread: dict[date, Spread] = defaultdict(Spread)
    if formula.spread:
        for day, times in question.spreads(formula.basis, sum(one[formula.below] for one in by_day.values())).items():
            spread[starts[day]].add(times)
    return [Point(since, until, make.one(formula, sums[since], spread[since])) for since, until in spans]


def breakdown(
    actor: Actor,
    tx: Tx,
    period: Period,
    by: str,
    wanted: Filter = ANYTHING,
    language: str = "en",
    only: Collection[str] = PLAIN,
) -> list[Part]:
    """The figures for each value of a dimension, those with the most cases first; of customers the largest alone.

    ``only`` some figures are counted where not all are shown: a median takes as long as the rest. Of a team also for
    how long it held its cases on average. Raises `Invalid` for an unknown dimension.
    """
    question = Asked(tx, asked.scope(actor), period, wanted, known(by, DIMENSIONS))
    make = maker(tx)
    found = make.several(question, {*only, *MOST})
    if by == TEAM:
        for team, sums in question.held().items():
            found.setdefault(team, make.none())[HELD] = make.one(FORMULAS[HELD], sums)
    called = names.called(tx, by, found, language)
    return [
        Part(value, called[value], found[value]) for value in sorted(found, key=lambda one: _order(found[one], one))
    ]


def choices(actor: Actor, tx: Tx, language: str) -> dict[str, dict[str, str]]:
    """Dimension -> value -> name of what may be filtered by: the values that cases have, `NONE` for having none."""
    of = asked.scope(actor)
    return {name: names.choices(tx, name, of, language) for name in DIMENSIONS}


def check(actor: Actor, tx: Tx, wanted: Filter) -> None:
    """Raise `Invalid`, naming the dimension and what there is, for a value that no case can have."""
    names.check(tx, asked.scope(actor), wanted)


def definitions(tx: Tx, language: str) -> dict[str, Definition]:
    """What each figure means, by name, in the order in which they are shown."""
    targets, found = rules.targets(tx), {}
    for name, one in FORMULAS.items():
        title, text = rules.words(tx, name, language)
        found[name] = Definition(name, title, text, one.unit, one.basis or "none", targets.get(name))
    return found


def today(tx: Tx) -> date:
    """The day that it is in the zone of the house."""
    return tx.now.astimezone(ZoneInfo(tx.host.zone)).date()


def known(name: str, names_: Collection[str]) -> str:
    """The name, if it is one of these; raises `Invalid`."""
    if name not in names_:
        message, remedy = N_("There is no figure or part of one called %(name)s."), N_("Known are %(names)s.")
        raise Invalid(message, remedy=remedy, name=name[:60], names=", ".join(names_))
    return name


def _order(figures: Figures, value: str) -> tuple[int, str]:
    return -max(figures[name].n for name in MOST), value


def _spans(period: Period) -> list[Span]:
    days = _days(period)
    found, since = [], period.since
    while since <= period.until:
        until = min(_end(since, days), period.until)
        found.append((since, until))
        since = until + timedelta(days=1)
    return found


def _days(period: Period) -> int:
    return (period.until - period.since).days + 1


def _end(since: date, days: int) -> date:
    """The last day of the day, week or month that ``since`` lies in."""
    if days <= DAYS:
        return since
    if days <= WEEKS * 7:
        return since + timedelta(days=6 - since.weekday())
    return (since.replace(day=1) + timedelta(days=32)).replace(day=1) - timedelta(days=1)


def _each(since: date, until: date) -> list[date]:
    return [since + timedelta(days=place) for place in range((until - since).days + 1)]
