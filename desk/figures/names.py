"""What the values of a dimension are called: channels, priorities, types, teams and customers."""

from collections.abc import Collection

import sqlalchemy as sa

from loopdesk.desk import channels, departments
from loopdesk.desk.classification.examples import BUNDLE as CLASSES
from loopdesk.desk.customers import organisation
from loopdesk.desk.figures import days
from loopdesk.desk.figures.asked import CUSTOMER, TEAM, Scope
from loopdesk.desk.figures.rows import case_figure, figure_day
from loopdesk.desk.figures.sums import OPENED
from loopdesk.engine import bundles
from loopdesk.engine.bundle import read_texts
from loopdesk.engine.errors import Missing
from loopdesk.engine.tx import Tx


def of(tx: Tx, dimension: str, values: Collection[str], language: str) -> dict[str, str]:
    """Value -> name, its own code where nobody has named it."""
    if dimension == CUSTOMER:
        rows = tx.ask(sa.select(organisation.c.id, organisation.c.name).where(organisation.c.id.in_(sorted(values))))
        known = {str(row.id): str(row.name) for row in rows}
    elif dimension == "channel":
        known = channels.names(tx, language)
    elif dimension == TEAM:
        known = departments.names(tx, language)
    else:
        known = _types(tx, language) if dimension == "class" else {}
    return {value: known.get(value, value) for value in values}


def _types(tx: Tx, language: str) -> dict[str, str]:
    try:
        files = bundles.current(tx, CLASSES).files
    except Missing:
        return {}
    found = next((name for name in (f"texts.{language}.yaml", "texts.en.yaml") if name in files), "")
    return (
        {key: str(texts.get("name") or key) for key, texts in read_texts(files[found], found).items()} if found else {}
    )


def values(tx: Tx, dimension: str, of: Scope) -> list[str]:
    """The values that cases of a scope have; the rows of a million cases are not gone through for it."""
    if dimension == CUSTOMER:
        return _customers(tx, of(case_figure))
    row = figure_day.c
    column = row.team if dimension == TEAM else row.value
    there = (row.basis == OPENED) & (row.grain == days.MONTH) & (column != "") & of(figure_day)
    there &= row.dimension == (days.ALL if dimension == TEAM else dimension)
    return [str(one) for one in tx.ask(sa.select(column).where(there).distinct()).scalars()]


def _customers(tx: Tx, there: sa.ColumnElement[bool]) -> list[str]:
    """From one customer to the next along the index, which no database does for DISTINCT by itself."""
    column = case_figure.c.customer
    first = sa.select(sa.func.min(column).label("customer")).where(there, column != "").cte("walk", recursive=True)
    further = sa.select(sa.func.min(column)).where(there, column > first.c.customer).scalar_subquery()
    walk = first.union_all(sa.select(further).where(first.c.customer.is_not(None)))
    return [str(one) for one in tx.ask(sa.select(walk.c.customer).where(walk.c.customer.is_not(None))).scalars()]
