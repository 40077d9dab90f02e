"""What the values of a dimension are called: channels, priorities, types, teams and customers."""

from collections.abc import Collection

import sqlalchemy as sa

from loopdesk.desk import channels, departments, priorities
from loopdesk.desk.classification.examples import BUNDLE as CLASSES
from loopdesk.desk.customers import organisation
from loopdesk.desk.figures import days
from loopdesk.desk.figures.asked import CUSTOMER, TEAM, Scope
from loopdesk.desk.figures.rows import case_figure, figure_day
from loopdesk.desk.figures.shapes import NONE, Filter
from loopdesk.desk.figures.sums import OPENED
from loopdesk.engine import bundles
from loopdesk.engine.bundle import read_texts
from loopdesk.engine.errors import Invalid, Missing, Phrase
from loopdesk.engine.tx import Tx

LEVEL = "level"


def called(tx: Tx, dimension: str, values: Collection[str], language: str) -> dict[str, str]:
    """Value -> name, its own code where nobody has named it."""
    known = _named(tx, dimension, values, language)
    return {value: known.get(value, value) for value in values}


def _named(tx: Tx, dimension: str, values: Collection[str], language: str) -> dict[str, str]:
    """Value -> name of those that the house knows; of customers, those among ``values``."""
    if dimension == CUSTOMER:
        rows = tx.ask(sa.select(organisation.c.id, organisation.c.name).where(organisation.c.id.in_(sorted(values))))
        return {str(row.id): str(row.name) for row in rows}
    if dimension == "channel":
        return channels.names(tx, language)
    if dimension == TEAM:
        return departments.names(tx, language)
    if dimension == LEVEL:
        return {code: f"{code} · {name}" for code, name in priorities.names(tx, language).items()}
    return types(tx, language) if dimension == "class" else {}


def types(tx: Tx, language: str) -> dict[str, str]:
    """The types of problems that the house tells apart: code -> name in ``language``."""
    try:
        files = bundles.current(tx, CLASSES).files
    except Missing:
        return {}
    found = next((name for name in (f"texts.{language}.yaml", "texts.en.yaml") if name in files), "")
    return (
        {key: str(texts.get("name") or key) for key, texts in read_texts(files[found], found).items()} if found else {}
    )


def choices(tx: Tx, dimension: str, of: Scope, language: str) -> dict[str, str]:
    """Value -> name of what cases of a scope have, by name; `NONE` with no name where some have none of it.

    The rows of a million cases are not gone through for it.
    """
    if dimension == CUSTOMER:
        named = _customers(tx, of(case_figure))
    else:
        row = figure_day.c
        there = (row.basis == OPENED) & (row.grain == days.MONTH) & (row.dimensions == days.named({dimension}))
        found = tx.ask(sa.select(row[dimension]).where(there & of(figure_day)).distinct()).scalars()
        named = called(tx, dimension, [str(one) for one in found], language)
    ordered = sorted(named.items(), key=lambda one: (one[1], one[0]))
    return {value or NONE: name for value, name in ordered}


def check(tx: Tx, of: Scope, wanted: Filter) -> None:
    """Raise `Invalid` for a filter that no case can have: neither the house knows its value nor a case of the scope."""
    for dimension, value in wanted.given().items():
        known = _named(tx, dimension, [value], "en")
        if value == NONE or value in known or value in choices(tx, dimension, of, "en"):
            continue
        there = Phrase("Choose among %(known)s.", known=", ".join(sorted(known)))
        none = Phrase("There is none of this name.")
        raise Invalid("Please check this filter.", fields={dimension: [there if known else none]})


def _customers(tx: Tx, there: sa.ColumnElement[bool]) -> dict[str, str]:
    """From one customer to the next along the index, which no database does for DISTINCT by itself."""
    column = case_figure.c.customer
    first = sa.select(sa.func.min(column).label("customer")).where(there).cte("walk", recursive=True)
    further = sa.select(sa.func.min(column)).where(there, column > first.c.customer).scalar_subquery()
    walk = first.union_all(sa.select(further).where(first.c.customer.is_not(None)))
    name = sa.func.coalesce(organisation.c.name, walk.c.customer)
    query = sa.select(walk.c.customer, name).join_from(
        walk, organisation, organisation.c.id == walk.c.customer, isouter=True
    )
    return {str(one): str(text) for one, text in tx.ask(query.where(walk.c.customer.is_not(None)))}
