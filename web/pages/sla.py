"""Service levels: how the promised times were kept, and changed policies tried on closed cases (SLA-1, SLA-7)."""

from typing import Any

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from loopdesk.desk.rights import require
from loopdesk.desk.sla import attainment, choice, whatif
from loopdesk.desk.sla.book import FILE
from loopdesk.desk.sla.whatif import Change, Line, WhatIf
from loopdesk.engine.bundle import NotDeployable
from loopdesk.engine.errors import N_, Invalid, LoopdeskError
from loopdesk.engine.tx import Tx
from loopdesk.web import clock_words, vocabulary
from loopdesk.web.context import actor, read_tx
from loopdesk.web.pages.clock_section import length
from loopdesk.web.pages.shown import NOTHING, shown

blueprint = Blueprint("pages_sla", __name__, url_prefix="/sla")

LONGEST = 500_000
"""Characters of a policies' file that is tried."""
SHOWN = 200
"""Changes that one page shows."""


@blueprint.get("")
def levels() -> str:
    """The figures that customers see, and the way to try other policies."""
    require(actor(), "sla.try")
    with read_tx() as tx:
        return render_template("sla/levels.html", groups=groups(tx), days=attainment.period(tx).days)


@blueprint.route("/what-if", methods=["GET", "POST"])
def what_if() -> ResponseReturnValue:
    """The present policies to change, and what the changed ones would have made of the closed cases."""
    require(actor(), "sla.try")
    wrong, found, status = NOTHING, None, 200
    with read_tx() as tx:
        present = choice.deployed(tx, choice.current(tx)).files[FILE].decode()
        text = request.form.get("text", present).replace("\r\n", "\n")
        if request.method == "POST":
            try:
                if len(text) > LONGEST:
                    raise Invalid(N_("This text is longer than 500,000 characters."))
                found = whatif.what_if(actor(), tx, {FILE: text.encode()})
            except (NotDeployable, Invalid) as error:
                wrong, status = shown(error), 422
    page = render_template("sla/what_if.html", text=text, wrong=wrong, found=_told(found) if found else None)
    return page, status


def groups(tx: Tx) -> list[dict[str, Any]]:
    """The figures of each level, by policy, as the portal and the staff's page show them."""
    book = choice.library(tx).book(choice.current(tx))
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for figure in attainment.figures(tx):
        key = figure.policy, figure.level
        if key not in found:
            found[key] = {"policy": figure.policy, "level": figure.level, "title": "", "rows": []}
            try:
                found[key]["policy"] = vocabulary.localised(book.said(figure.policy).get("name")) or figure.policy
                found[key]["title"] = vocabulary.localised(book.level(figure.policy, figure.level).name)
            except LoopdeskError:
                pass  # a policy that is not there any more keeps its code
        mean = length(figure.mean) if figure.mean is not None else ""
        row = {"clock": clock_words.clock(figure.clock), "cases": figure.cases, "percent": figure.percent}
        found[key]["rows"].append(row | {"mean": mean, "kept": figure.kept})
    return list(found.values())


def _told(found: WhatIf) -> dict[str, Any]:
    return {
        "cases": found.cases,
        "lines": [_line(line) for line in found.lines],
        "changes": [_change(one) for one in found.changes[:SHOWN]],
        "more": max(len(found.changes) - SHOWN, 0),
        "failed": [(number, shown(error)) for number, error in found.failed.items()],
    }


def _line(line: Line) -> dict[str, Any]:
    before, after = _percent(line.before_kept, line.before), _percent(line.after_kept, line.after)
    better = (after or 0) - (before or 0)
    return {
        "policy": line.policy,
        "level": line.level,
        "clock": clock_words.clock(line.clock),
        "before": before,
        "after": after,
        "counted": (line.before_kept, line.before, line.after_kept, line.after),
        "look": "better" if better > 0 else "worse" if better < 0 else "",
    }


def _percent(kept: int, of: int) -> int | None:
    return round(100 * kept / of) if of else None


def _change(one: Change) -> dict[str, Any]:
    return {
        "number": one.number,
        "clock": clock_words.clock(one.clock),
        "before": one.before,
        "after": one.after,
        "before_due": one.before_due,
        "after_due": one.after_due,
    }
