"""Figures of a period with their bars, over time and told apart, and the cases behind each (ANA-1, ANA-2, ANA-8)."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from flask import Blueprint, Response, render_template, request
from flask.typing import ResponseReturnValue

from loopdesk.desk import figures
from loopdesk.desk.figures import CaseLine, CasePage, Definition, Figure, Filter, Period
from loopdesk.desk.figures.formulas import MINUTE, MINUTES
from loopdesk.desk.figures.shapes import FIRST, LAST
from loopdesk.engine.errors import N_, Invalid, Phrase
from loopdesk.engine.tx import Tx
from loopdesk.web import figure_words, vocabulary
from loopdesk.web.context import actor, snapshot_tx
from loopdesk.web.pages.sheets import sheet
from loopdesk.web.pages.shown import NOTHING, Shown, shown

blueprint = Blueprint("pages_figures", __name__, url_prefix="/figures")

PERIODS = (7, 30, 90, 365)
FIRST_SHOWN, FIRST_APART = "first_response_attainment", "channel"
EXPORTED = 10_000
"""Cases of one file."""
PER_FILE_PAGE = 500
WRONG = N_("These figures cannot be shown.")
_FIGURE = ("figure", "name", "value", "unit", "n", "numerator", "denominator", "target", "as_of")
_CASE = (
    *("number", "title", "opened_at", "closed_at", "channel", "level", "class_", "team", "customer"),
    *("first_response_seconds", "repair_seconds", "waiting_seconds", "stars", "counts"),
)


@dataclass(frozen=True)
class Wanted:
    """What the address asks for; ``args`` say the same again in a link."""

    period: Period
    filter: Filter
    days: int

    @property
    def args(self) -> dict[str, Any]:
        """The period and the filter, as the arguments of a link."""
        return {**self.span, **self.filter.given()}

    @property
    def span(self) -> dict[str, Any]:
        """The period alone."""
        if self.days:
            return {"days": self.days}
        return {"since": self.period.since.isoformat(), "until": self.period.until.isoformat()}


@blueprint.get("")
def overview() -> ResponseReturnValue:
    """The cards of a period, one figure over time, and the values of a dimension beside each other."""
    with snapshot_tx() as tx:
        known = figures.definitions(tx, vocabulary.language())
        wanted, wrong = _wanted_or_usual(tx)
        found = figures.overview(actor(), tx, wanted.period, wanted.filter)
        values = {
            **_common(tx, wanted, known, found.fresh),
            "wrong": wrong,
            "groups": figure_words.grouped(found.figures, known),
            **_over_time(tx, wanted, known),
            **_apart(tx, wanted, known),
        }
    return render_template("figures/overview.html", **values), 422 if wrong.message else 200


@blueprint.get("/overview.csv")
def overview_csv() -> Response:
    """The cards as a file."""
    with snapshot_tx() as tx:
        wanted, known = _wanted(tx), figures.definitions(tx, vocabulary.language())
        found = figures.overview(actor(), tx, wanted.period, wanted.filter)
        rows = [_cells(one, known) for one in found.figures.values()]
    return sheet("figures.csv", _FIGURE, rows)


@blueprint.get("/series.csv")
def series_csv() -> Response:
    """The figure over time as a file."""
    with snapshot_tx() as tx:
        wanted, known = _wanted(tx), figures.definitions(tx, vocabulary.language())
        points = figures.series(actor(), tx, _asked("figure", FIRST_SHOWN), wanted.period, wanted.filter)
        rows = [[one.since, one.until, *_cells(one.figure, known)] for one in points]
    return sheet("figures-over-time.csv", ("since", "until", *_FIGURE), rows)


@blueprint.get("/breakdown.csv")
def breakdown_csv() -> Response:
    """The values of a dimension as a file."""
    with snapshot_tx() as tx:
        wanted, known = _wanted(tx), figures.definitions(tx, vocabulary.language())
        by = _asked("by", FIRST_APART)
        parts = figures.breakdown(actor(), tx, wanted.period, by, wanted.filter, vocabulary.language())
        rows = [[one.value, one.name, *_cells(each, known)] for one in parts for each in one.figures.values()]
    return sheet("figures-apart.csv", (by, "called", *_FIGURE), rows)


@blueprint.get("/cases")
def cases() -> ResponseReturnValue:
    """The cases behind a figure; raises `Invalid` for one that there is not, or that has no cases."""
    page = min(max(request.args.get("page", 1, type=int), 1), 100_000)
    with snapshot_tx() as tx:
        (wanted, wrong), known = _wanted_or_usual(tx), figures.definitions(tx, vocabulary.language())
        name = _asked("figure", FIRST_SHOWN)
        found = figures.cases(actor(), tx, name, wanted.period, wanted.filter, part=_part(), page=page)
        whole = figures.overview(actor(), tx, wanted.period, wanted.filter, only=[name])
        values = _common(tx, wanted, known, whole.fresh)
    page_shown = render_template(
        "figures/cases.html",
        **values,
        wrong=wrong,
        figure=name,
        card=figure_words.card(whole.figures[name], known[name]),
        part=_part(),
        parts=figure_words.PARTS,
        found=found,
        pages=(found.total + found.per_page - 1) // found.per_page,
        length=figure_words.seconds,
    )
    return page_shown, 422 if wrong.message else 200


@blueprint.get("/cases.csv")
def cases_csv() -> Response:
    """The same as a file, all pages of it; raises `Invalid` for more than a file holds: a part would look like all."""
    with snapshot_tx() as tx:
        wanted, name = _wanted(tx), _asked("figure", FIRST_SHOWN)
        total = figures.cases(actor(), tx, name, wanted.period, wanted.filter, part=_part(), per_page=1).total
        if total > EXPORTED:
            message, remedy = (
                N_("A file holds %(most)s cases, and these are %(total)s."),
                N_("Choose fewer days, or filter."),
            )
            raise Invalid(message, remedy=remedy, most=EXPORTED, total=total)
        lines = list(_lines(tx, name, wanted))
    return sheet("figure-cases.csv", _CASE, ([getattr(one, column) for column in _CASE] for one in lines))


def _lines(tx: Tx, name: str, wanted: Wanted) -> Iterator[CaseLine]:
    for page in range(1, EXPORTED // PER_FILE_PAGE + 1):
        found: CasePage = figures.cases(
            actor(), tx, name, wanted.period, wanted.filter, part=_part(), page=page, per_page=PER_FILE_PAGE
        )
        yield from found.lines
        if page * PER_FILE_PAGE >= found.total:
            return


def _common(tx: Tx, wanted: Wanted, known: Mapping[str, Definition], fresh: figures.Fresh) -> dict[str, Any]:
    """What each of the pages shows above: the period, the filter, and how far the figures reach."""
    return {
        "wanted": wanted,
        "periods": PERIODS,
        "choices": {
            by: {value: _called(by, value, name) for value, name in found.items()}
            for by, found in figures.choices(actor(), tx, vocabulary.language()).items()
        },
        "by_words": figure_words.BY,
        "fresh": fresh,
        "covered": _covered(),
        "age": figure_words.age(fresh),
        "known": known,
    }


def _covered() -> list[str] | None:
    """The departments whose cases were counted, by name; None for all."""
    codes = figures.coverage(actor()).departments
    return None if codes is None else [vocabulary.department(code) for code in codes]


def _over_time(tx: Tx, wanted: Wanted, known: Mapping[str, Definition]) -> dict[str, Any]:
    name = _figure(known)
    points = figures.series(actor(), tx, name, wanted.period, wanted.filter)
    by = figure_words.scale(one.figure for one in points)
    rows = [
        {
            "since": one.since,
            "until": one.until,
            "said": figure_words.said(one.figure),
            "n": one.figure.n,
            "drawn": figure_words.drawn(one.figure, by),
            "args": {"since": one.since.isoformat(), "until": one.until.isoformat(), **wanted.filter.given()},
        }
        for one in points
    ]
    bar = known[name].target
    text = figure_words.target(bar) if bar is not None else ""
    return {"figure": name, "points": rows, "axis": by, "target": bar, "target_text": text}


def _apart(tx: Tx, wanted: Wanted, known: Mapping[str, Definition]) -> dict[str, Any]:
    by, name = _by(), _figure(known)
    counted = {*figure_words.COLUMNS, name}
    parts = figures.breakdown(actor(), tx, wanted.period, by, wanted.filter, vocabulary.language(), counted)
    columns = [*figure_words.COLUMNS, *(["held_time"] if by == "team" else [])]
    if name not in columns and any(name in one.figures for one in parts):
        columns.append(name)
    axis = figure_words.scale(one.figures[name] for one in parts if name in one.figures)
    rows = [
        {
            "name": _called(by, one.value, one.name),
            "cells": [_cell(one.figures.get(column), axis if column == name else None) for column in columns],
            "args": wanted.args | {by: one.value or figures.NONE},
        }
        for one in parts
    ]
    return {"by": by, "columns": columns, "parts": rows, "apart_axis": axis, "apart_drawn": name in columns}


def _called(by: str, value: str, name: str) -> str:
    """A type that is no class of its own, such as the intake's “other”, is called as the intake calls it."""
    return vocabulary.case_word("type", value) if by == "class" and value == name else name


def _cell(figure: Figure | None, axis: figure_words.Scale | None) -> dict[str, Any]:
    drawn = figure_words.drawn(figure, axis) if axis else ""
    return {"figure": figure, "said": figure_words.said(figure), "drawn": drawn}


def _cells(one: Figure, known: Mapping[str, Definition]) -> list[Any]:
    title, above = known[one.name].title, one.numerator
    if above is not None and one.unit == MINUTES:  # The sum is of seconds; a line of a file is in its one unit.
        above /= MINUTE
    return [one.name, title, one.value, one.unit, one.n, above, one.denominator, one.target, one.as_of]


def _wanted_or_usual(tx: Tx) -> tuple[Wanted, Shown]:
    """What the address asks for, or the usual period with what is wrong."""
    try:
        return _wanted(tx), NOTHING
    except Invalid as error:
        return _usual(tx, PERIODS[1]), shown(error)


def _wanted(tx: Tx) -> Wanted:
    """Period and filter of the address; raises `Invalid` for days that are none."""
    given = Filter(*(request.args.get(name, "").strip()[:100] for name in figures.DIMENSIONS))
    if not (request.args.get("since") or request.args.get("until")):
        days = request.args.get("days", PERIODS[1], type=int)
        return _usual(tx, days if days in PERIODS else PERIODS[1], given)
    today = figures.today(tx)
    until = _day("until") or today
    since = _day("since") or until - timedelta(days=PERIODS[1] - 1)
    return Wanted(Period(since, until), given, 0)


def _usual(tx: Tx, days: int, given: Filter | None = None) -> Wanted:
    today = figures.today(tx)
    return Wanted(Period(today - timedelta(days=days - 1), today), given or Filter(), days)


def _day(name: str) -> date | None:
    text = request.args.get(name, "").strip()
    try:
        day = date.fromisoformat(text) if text else None
    except ValueError:
        raise Invalid(WRONG, fields={name: [Phrase("Give a day.")]}) from None
    if day is None or FIRST <= day <= LAST:
        return day
    raise Invalid(WRONG, fields={name: [Phrase("There are no figures of this day.")]})


def _figure(known: Mapping[str, Definition]) -> str:
    name = request.args.get("figure", "")
    return name if name in known and name in figures.SHOWN else FIRST_SHOWN


def _asked(name: str, usual: str) -> str:
    """What the address names; whoever counts it refuses what there is not, so that no other is taken for it."""
    return request.args.get(name, "").strip()[:100] or usual


def _by() -> str:
    by = request.args.get("by", "")
    return by if by in figures.DIMENSIONS else FIRST_APART


def _part() -> str:
    part = request.args.get("part", "")
    return part if part in figure_words.PARTS else next(iter(figure_words.PARTS))
