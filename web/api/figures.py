"""The figures of the desk: all of a period, one over time, by a dimension, and the cases behind one (ANA-1, ANA-2)."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any

import marshmallow as ma
from flask_smorest import Blueprint

from loopdesk.desk import figures
from loopdesk.desk.figures import CasePage, Filter, Overview, Part, Period, Point
from loopdesk.desk.figures.formulas import UNITS
from loopdesk.engine.tx import Tx
from loopdesk.web.api.auth import scoped
from loopdesk.web.api.schemas import Page, PageQuery, Query
from loopdesk.web.context import actor, snapshot_tx
from loopdesk.web.vocabulary import language

blueprint = Blueprint("figures", __name__, url_prefix="/figures", description="Figures of the desk")


class FigureQuery(Query):
    """Whole days, both included, in the zone of the house; filters: all that are given must match."""

    since = ma.fields.Date(required=True)
    until = ma.fields.Date(required=True)
    channel = ma.fields.String(load_default="")
    level = ma.fields.String(load_default="", metadata={"description": "The priority; `-`: none."})
    class_ = ma.fields.String(load_default="", data_key="class", metadata={"description": "The type of problem."})
    team = ma.fields.String(load_default="", metadata={"description": "The department that held the case last."})
    customer = ma.fields.String(load_default="", metadata={"description": "The id of the organisation."})


class FigureCasesQuery(FigureQuery, PageQuery):
    """Which of the cases behind a figure: all, those in its numerator, or the others."""

    part = ma.fields.String(load_default="all", validate=ma.validate.OneOf(figures.PARTS))


class FigureOut(ma.Schema):
    """``value`` is null where nothing is known: a rate of nobody is no rate."""

    name = ma.fields.String()
    value = ma.fields.Float(allow_none=True)
    unit = ma.fields.String(metadata={"enum": list(UNITS)})
    n = ma.fields.Integer(metadata={"description": "How many cases, answers or outages it is made of."})
    numerator = ma.fields.Float(
        allow_none=True, metadata={"description": "Of a mean time the sum in seconds, where `value` is in minutes."}
    )
    denominator = ma.fields.Float(allow_none=True)
    target = ma.fields.Float(allow_none=True)
    met = ma.fields.Boolean(allow_none=True)


class FigureFresh(ma.Schema):
    """How far the figures reach; ``late``: the job that keeps them does not run, or old cases are still gathered."""

    as_of = ma.fields.AwareDateTime(allow_none=True)
    behind = ma.fields.Float(allow_none=True, metadata={"description": "Seconds ago."})
    late = ma.fields.Boolean()
    gathered = ma.fields.Integer()
    total = ma.fields.Integer()


class FigureCoverage(ma.Schema):
    """Whose cases were counted: a token sees those of its person."""

    departments = ma.fields.List(
        ma.fields.String(),
        allow_none=True,
        metadata={
            "description": "Codes of the departments whose cases were counted, by the department that held them last; "
            "null: all of the house. A token of a supervisor, process owner or administrator covers all, any other "
            "those of its person: an empty list covers nothing, and every figure is empty."
        },
    )
    restricted = ma.fields.Boolean(metadata={"description": "Whether restricted cases were counted as well."})


class FigureOverview(FigureCoverage):
    """All figures of a period."""

    fresh = ma.fields.Nested(FigureFresh)
    figures = ma.fields.List(ma.fields.Nested(FigureOut))


class FigurePoint(ma.Schema):
    """A day, a week or a month of a series."""

    since = ma.fields.Date()
    until = ma.fields.Date()
    figure = ma.fields.Nested(FigureOut)


class FigurePart(ma.Schema):
    """One value of a dimension; empty where it is not known."""

    value = ma.fields.String()
    name = ma.fields.String()
    figures = ma.fields.List(ma.fields.Nested(FigureOut))


class FigureCase(ma.Schema):
    """One case behind a figure; one that is archived, or that you may not open, is not ``here`` and has no title."""

    number = ma.fields.String()
    title = ma.fields.String()
    here = ma.fields.Boolean()
    counts = ma.fields.Boolean(metadata={"description": "Whether it is in the numerator."})
    opened_at = ma.fields.AwareDateTime()
    closed_at = ma.fields.AwareDateTime(allow_none=True)
    channel = ma.fields.String()
    level = ma.fields.String()
    class_ = ma.fields.String(data_key="class")
    team = ma.fields.String()
    customer = ma.fields.String()
    first_response_seconds = ma.fields.Integer(allow_none=True)
    repair_seconds = ma.fields.Integer(allow_none=True)
    waiting_seconds = ma.fields.Integer()
    stars = ma.fields.Integer(allow_none=True)


class FigureCases(Page, FigureCoverage):
    """A page of the cases behind a figure, newest first."""

    lines = ma.fields.List(ma.fields.Nested(FigureCase))


class FigureDefinition(ma.Schema):
    """What a figure means."""

    name = ma.fields.String()
    title = ma.fields.String()
    text = ma.fields.String()
    unit = ma.fields.String(metadata={"enum": list(UNITS)})
    day = ma.fields.String(metadata={"enum": ["opened", "closed", "none"]})
    target = ma.fields.Float(allow_none=True)


@blueprint.get("")
@scoped("cases:read")
@blueprint.arguments(FigureQuery, location="query")
@blueprint.response(200, FigureOverview)
def overview(query: dict[str, Any]) -> Mapping[str, Any]:
    """All figures of a period, over the cases of your departments; supervisors and process owners over all.

    `departments` and `restricted` say whose cases were counted; the other figures here cover the same.
    """
    with snapshot_tx() as tx:
        found: Overview = figures.overview(actor(), tx, *_asked(tx, query))
    return {**_covered(), "fresh": found.fresh, "figures": list(found.figures.values())}


@blueprint.get("/definitions")
@scoped("cases:read")
@blueprint.response(200, FigureDefinition(many=True))
def definitions() -> Iterable[figures.Definition]:
    """What each figure means, in your language."""
    with snapshot_tx() as tx:
        return list(figures.definitions(tx, language()).values())


@blueprint.get("/by/<by>")
@scoped("cases:read")
@blueprint.arguments(FigureQuery, location="query")
@blueprint.response(200, FigurePart(many=True))
def breakdown(query: dict[str, Any], by: str) -> list[dict[str, Any]]:
    """The figures by channel, level, class, team or customer, those with the most cases first."""
    with snapshot_tx() as tx:
        period, wanted = _asked(tx, query)
        found: list[Part] = figures.breakdown(actor(), tx, period, by, wanted, language())
    return [{"value": one.value, "name": one.name, "figures": list(one.figures.values())} for one in found]


@blueprint.get("/<name>")
@scoped("cases:read")
@blueprint.arguments(FigureQuery, location="query")
@blueprint.response(200, FigurePoint(many=True))
def series(query: dict[str, Any], name: str) -> list[Point]:
    """One figure over the period: by days up to a month, by weeks up to half a year, then by months."""
    with snapshot_tx() as tx:
        return figures.series(actor(), tx, name, *_asked(tx, query))


@blueprint.get("/<name>/cases")
@scoped("cases:read")
@blueprint.arguments(FigureCasesQuery, location="query")
@blueprint.response(200, FigureCases)
def cases(query: dict[str, Any], name: str) -> Mapping[str, Any]:
    """The cases behind a figure."""
    part, page, per_page = (query.pop(key) for key in ("part", "page", "per_page"))
    with snapshot_tx() as tx:
        asked = _asked(tx, query)
        found: CasePage = figures.cases(actor(), tx, name, *asked, part=part, page=page, per_page=per_page)
    counts = {"total": found.total, "page": found.page, "per_page": found.per_page}
    return {**_covered(), **counts, "lines": found.lines}


def _covered() -> dict[str, Any]:
    return asdict(figures.coverage(actor()))


def _asked(tx: Tx, query: Mapping[str, Any]) -> tuple[Period, Filter]:
    wanted = Filter(**{name: value for name, value in query.items() if name not in ("since", "until")})
    figures.check(actor(), tx, wanted)
    return Period(query["since"], query["until"]), wanted
