"""What the values of a dimension are called: channels, priorities, types, teams and customers."""

from collections.abc import Collection

import sqlalchemy as sa

from loopdesk.desk import channels, departments
from loopdesk.desk.classification.examples import BUNDLE as CLASSES
from loopdesk.desk.customers import organisation
from loopdesk.desk.figures.rows import case_figure
from loopdesk.engine import bundles
from loopdesk.engine.bundle import read_texts
from loopdesk.engine.errors import Missing
from loopdesk.engine.tx import Tx


def of(tx: Tx, dimension: str, values: Collection[str], language: str) -> dict[str, str]:
    """Value -> name, its own code where nobody has named it."""
    if dimension == "customer":
        rows = tx.ask(sa.select(organisation.c.id, organisation.c.name).where(organisation.c.id.in_(sorted(values))))
        known = {str(row.id): str(row.name) for row in rows}
    elif dimension == "channel":
        known = channels.names(tx, language)
    elif dimension == "team":
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


def values(tx: Tx, dimension: str, there: sa.ColumnElement[bool]) -> list[str]:
    """The values that cases have, in order."""
    column = case_figure.c[dimension]
    return [str(one) for one in tx.ask(sa.select(column).where(there, column != "").distinct()).scalars()]
