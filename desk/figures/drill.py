"""From a number to its cases: those in the denominator, those in the numerator, those that are not (ANA-1, ANA-2)."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from loopdesk.desk.figures import asked
from loopdesk.desk.figures.answers import ANYTHING, known
from loopdesk.desk.figures.formulas import FORMULAS, OF_CASES, Formula
from loopdesk.desk.figures.rows import case_figure
from loopdesk.desk.figures.shapes import PARTS, CaseLine, CasePage, Filter, Period
from loopdesk.desk.figures.sums import CONDITIONS, day_of
from loopdesk.desk.record import case_
from loopdesk.desk.rights import visible_to
from loopdesk.desk.sql import page_of
from loopdesk.engine.actor import Actor
from loopdesk.engine.tx import Tx

ALL, COUNTED, MISSED = PARTS
_ROW = case_figure.c


def cases(
    actor: Actor,
    tx: Tx,
    name: str,
    period: Period,
    wanted: Filter = ANYTHING,
    part: str = ALL,
    page: int = 1,
    per_page: int = 25,
) -> CasePage:
    """A page of the cases behind a figure, newest first; ``part`` is one of `shapes.PARTS`.

    Of a mean or a median all cases count. Raises `Invalid` for a figure without cases or an unknown part.
    """
    formula = FORMULAS[known(name, OF_CASES)]
    question = asked.Asked(tx, asked.scope(actor), period, wanted)
    limit, offset = page_of(page, per_page)
    total = _total(question, formula, known(part, PARTS))
    rows = _rows(question, formula, part, limit, offset) if total else []
    titles = _titles(actor, tx, [str(row["number"]) for row in rows])
    return CasePage([_line(row, titles) for row in rows], total, max(page, 1), limit)


def _total(question: asked.Asked, formula: Formula, part: str) -> int:
    """As the figure counts them: a million cases are not gone through to write how many pages there are."""
    sums = question.sums(formula.basis).get("", Counter())
    whole = sums[formula.below or formula.above]
    counted = sums[formula.above] if formula.above in CONDITIONS else whole
    return {ALL: whole, COUNTED: counted}.get(part, whole - counted)


def _rows(question: asked.Asked, formula: Formula, part: str, limit: int, offset: int) -> Sequence[Mapping[Any, Any]]:
    above, below = _above(formula), CONDITIONS[formula.below or formula.above]
    there = asked.cases(question.scope, formula.basis, question.period, question.filter) & below
    if part != ALL:
        there &= above if part == COUNTED else ~above
    newest = (day_of(formula.basis).desc(), _ROW.number.desc())
    chosen = sa.select(case_figure, above.label("counts")).where(there).order_by(*newest).limit(limit).offset(offset)
    return question.tx.ask(chosen).mappings().all()


def _above(formula: Formula) -> sa.ColumnElement[bool]:
    return sa.func.coalesce(CONDITIONS.get(formula.above, sa.true()), sa.false())


def _titles(actor: Actor, tx: Tx, numbers: list[str]) -> dict[str, str]:
    """Those that still stand in the tables and may be opened."""
    query = sa.select(case_.c.number, case_.c.title).where(case_.c.number.in_(numbers), visible_to(actor))
    return {str(row.number): str(row.title) for row in tx.ask(query)}


def _line(row: Mapping[Any, Any], titles: Mapping[str, str]) -> CaseLine:
    same = ("number", "opened_at", "closed_at", "channel", "level", "team", "customer", "stars")
    seconds = ("first_response_seconds", row["first_seconds"]), ("repair_seconds", row["repair_seconds"])
    return CaseLine(
        **{name: row[name] for name in same},
        **dict(seconds),
        class_=row["class"],
        waiting_seconds=row["waiting_seconds"],
        counts=bool(row["counts"]),
        title=titles.get(row["number"], ""),
        here=row["number"] in titles,
    )
