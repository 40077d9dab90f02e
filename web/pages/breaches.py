"""Breaches and what became of them, and the share of cases that went up (SLA-6, DIA-1)."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from flask import Blueprint, Response, render_template, request
from flask_babel import gettext

from loopdesk.desk import breach, causes, escalation
from loopdesk.desk.breach import Trace
from loopdesk.engine.tx import Tx
from loopdesk.web import clock_words, vocabulary
from loopdesk.web.context import actor, read_tx
from loopdesk.web.pages.sheets import MOST, sheet

blueprint = Blueprint("pages_breaches", __name__, url_prefix="/sla")

PERIODS = (7, 30, 90, 365)
PER_PAGE, PER_FILE_PAGE = 25, 100
STATES = ("open", "done")
_COLUMNS = (
    *("case", "clock", "level", "department", "due_at", "minutes_over", "opened_at", "state", "cause"),
    *("explanation", "action", "responsible", "follow_up_at", "done_at", "result"),
)


@blueprint.get("/breaches")
def breaches() -> str:
    """The traces, newest first, below the figures of a period."""
    wanted = _wanted()
    days = request.args.get("days", PERIODS[1], type=int)
    days = days if days in PERIODS else PERIODS[1]
    page = min(max(request.args.get("page", 1, type=int), 1), 100_000)
    with read_tx() as tx:
        found, total = breach.listing(actor(), tx, **wanted, page=page, per_page=PER_PAGE)
        known = causes.names(tx, vocabulary.language())
        since = tx.now - timedelta(days=days)
        figures = escalation.share(actor(), tx, since, tx.now + timedelta(microseconds=1))
        by_cause = breach.by_cause(actor(), tx, since, tx.now + timedelta(microseconds=1))
    return render_template(
        "sla/breaches.html",
        found=[told(one, known) for one in found],
        total=total,
        page=page,
        pages=(total + PER_PAGE - 1) // PER_PAGE,
        wanted=wanted,
        causes=known,
        days=days,
        periods=PERIODS,
        figures=figures,
        by_cause=[(known.get(code, code) or gettext("No cause yet"), count) for code, count in by_cause.items()],
        ways=vocabulary.ESCALATED_BY,
        support_tiers=vocabulary.SUPPORT_TIERS,
    )


@blueprint.get("/breaches.csv")
def as_csv() -> Response:
    """The same list as a file for a spreadsheet; all pages of it."""
    with read_tx() as tx:
        return sheet("breaches.csv", _COLUMNS, ([_cell(one, column) for column in _COLUMNS] for one in _all(tx)))


def told(one: Trace, known: dict[str, str]) -> dict[str, Any]:
    """A trace with its codes in the reader's words."""
    return {"trace": one, "clock": clock_words.clock(one.name), "cause": known.get(one.cause, one.cause)}


def _wanted() -> dict[str, str]:
    state = request.args.get("state", "")
    return {"state": state if state in STATES else "", "cause": request.args.get("cause", "")[:60]}


def _all(tx: Tx) -> Iterator[Trace]:
    for page in range(1, MOST // PER_FILE_PAGE + 2):
        rows, total = breach.listing(actor(), tx, **_wanted(), page=page, per_page=PER_FILE_PAGE)
        yield from rows
        if page * PER_FILE_PAGE >= total:
            return


def _cell(one: Trace, column: str) -> object:
    return getattr(one, "name" if column == "clock" else column)
