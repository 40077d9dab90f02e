"""The responsibilities of a process as a table (HND-1): marks changed in the browser, checked at once, deployed."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from loopdesk.desk import departments
from loopdesk.desk.raci import table
from loopdesk.desk.raci.matrix import ALL, ANY, FILE, LETTERS, Row, row_of
from loopdesk.desk.rights import STAFF
from loopdesk.engine import bundles
from loopdesk.engine.bundle import Bundle, NotDeployable
from loopdesk.engine.errors import Conflict, Invalid
from loopdesk.engine.findings import Finding, errors_of
from loopdesk.engine.tx import Tx
from loopdesk.web import vocabulary
from loopdesk.web.context import actor, open_tx, read_tx
from loopdesk.web.pages.activities import side_in_words
from loopdesk.web.pages.definitions import after_deployment, title_of
from loopdesk.web.pages.shown import NOTHING, Shown, shown

blueprint = Blueprint("pages_raci", __name__, url_prefix="/definitions")

HOLDER = "{case.department}"
Matrix = Mapping[str, Row]


@blueprint.get("/<name>/raci")
def matrix(name: str) -> str:
    """The table of the current version, or of the one asked for."""
    with read_tx() as tx:
        made = bundles.numbered(tx, name, request.args.get("number", type=int))
        return _page(tx, made, {line.activity: line.row for line in table.lines(made.files)})


@blueprint.post("/<name>/raci/check")
def check(name: str) -> str:
    """What is wrong with the marks as they are now, and what they change: shown while they are set."""
    with read_tx() as tx:
        values = _values(tx, _edited(tx, name), _typed(), NOTHING)
    return render_template("definitions/raci_state.html", **values, notes=True)


@blueprint.post("/<name>/raci")
def deploy(name: str) -> ResponseReturnValue:
    """Add a column, or deploy the marks as a new version or draft; a refusal keeps them and says what is wrong."""
    with read_tx() as tx:
        made = _edited(tx, name)
        if request.form.get("do") == "add":
            return _page(tx, made, _typed())
        before = bundles.current(tx, name).number
    try:
        with open_tx() as tx:
            draft = request.form.get("do") == "draft"
            note = request.form.get("note", "").strip()[:2000]
            seen = request.form.get("current", type=int)
            new = table.deploy(actor(), tx, made, _typed(), note=note, promote=not draft, current=seen)
            drafted = bundles.current(tx, name).number != new.number
    except (Invalid, Conflict) as error:
        with read_tx() as tx:
            wrong = shown(error)
            if isinstance(error, NotDeployable):
                # The findings stand at their marks; what is wrong with the rest of the folder is said here.
                others = [one for one in error.findings if one.file != FILE]
                said = gettext("Not deployed; version %(number)s stays.", number=before)
                wrong = Shown(said, " ".join(str(one.as_json(gettext)["message"]) for one in errors_of(others)))
            if isinstance(error, Conflict):
                # From here on it is the version of now that is changed, or the other's work would be overwritten.
                return _page(tx, bundles.current(tx, name), _typed(), wrong, again=True), 409
            return _page(tx, made, _typed(), wrong), 422
    after_deployment(new, before, drafted=drafted)
    if drafted:
        return redirect(url_for("pages_versions.version", name=name, number=new.number))
    return redirect(url_for("pages_raci.matrix", name=name))


def _edited(tx: Tx, name: str) -> Bundle:
    return bundles.numbered(tx, name, request.form.get("number", type=int))


def _typed() -> dict[str, Row]:
    """The marks of the form; a line that its author drops is gone."""
    form, parties = request.form, request.form.getlist("party")
    found = {}
    for number, activity in enumerate(form.getlist("activity")):
        if form.get(f"drop-{number}"):
            continue
        sides = {letter: list(_sides(form, parties, number, letter)) for letter in LETTERS}
        found[activity] = row_of(sides, form.get(f"together-{number}", ALL))
    return found


def _sides(form: Mapping[str, str], parties: Sequence[str], number: int, letter: str) -> Iterator[str]:
    for column, party in enumerate(parties):
        if form.get(f"m-{number}-{column}-{letter}"):
            role = form.get(f"r-{number}-{column}-{letter}", "")
            yield f"{party}/{role}" if role else party


def _page(tx: Tx, made: Bundle, marks: Matrix, wrong: Shown = NOTHING, *, again: bool = False) -> str:
    values = _values(tx, made, marks, wrong)
    if again:
        values["seen"] = made.number
    return render_template("definitions/raci.html", **values)


def _values(tx: Tx, made: Bundle, marks: Matrix, wrong: Shown) -> dict[str, Any]:
    live = bundles.current(tx, made.name)
    files = table.changed(made.files, marks)
    found = [_named(made, one) for one in table.check(tx, files)]
    columns = _columns(marks)
    rows = [_row(made, line, columns, found) for line in table.lines(made.files, marks)]
    named = {row["id"]: row["name"] for row in rows}
    return {
        "bundle": made,
        "live": live,
        "title": title_of(made),
        "columns": [(party, side_in_words(party)) for party in columns],
        "more": [(code, side_in_words(code)) for code in (HOLDER, *departments.codes(tx))],
        "rows": rows,
        "letters": vocabulary.RACI,
        "roles": [("", gettext("anybody")), *((role, vocabulary.ROLES[role]) for role in sorted(STAFF))],
        "together": ((ALL, gettext("all have to")), (ANY, gettext("one is enough"))),
        "findings": [one.as_json(gettext) for one in found],
        "changes": [_change(one, named) for one in table.changes(table.present(live.files), table.present(files))],
        "wrong": wrong,
        "note": request.form.get("note", ""),
        "seen": request.form.get("current", type=int) or live.number,
        "may": actor().has_role(*bundles.ROLES),
    }


def _named(made: Bundle, one: Finding) -> Finding:
    """The finding with the activity's name in the reader's language."""
    name = made.text(one.element, "name", vocabulary.language()) if one.element else ""
    return replace(one, params={**one.params, "activity": name}) if name else one


def _columns(marks: Matrix) -> list[str]:
    """The parties that the marks name, each so often as one line names it for one letter; those of the form first."""
    named = [*request.form.getlist("party"), request.form.get("add", "") if request.form.get("do") == "add" else ""]
    wanted: dict[str, int] = dict.fromkeys((party for party in named if party), 1)
    for row in marks.values():
        for letter in LETTERS:
            parties = [side.partition("/")[0] for side in getattr(row, letter)]
            wanted |= {party: max(wanted.get(party, 0), parties.count(party)) for party in parties}
    return [party for party, times in wanted.items() for _ in range(times)]


def _row(made: Bundle, line: table.Line, columns: Sequence[str], found: Sequence[Finding]) -> dict[str, Any]:
    mine = [one for one in found if one.element == line.activity]
    return {
        "id": line.activity,
        "name": made.text(line.activity, "name", vocabulary.language()) or line.activity,
        "human": line.human,
        "drawn": line.drawn,
        "together": line.row.together,
        "several": len(line.row.R) > 1,
        "cells": _cells(line.row, columns, mine),
        "notes": [one.as_json(gettext) for one in mine],
    }


def _cells(row: Row, columns: Sequence[str], mine: Sequence[Finding]) -> list[list[dict[str, Any]]]:
    """For each column its four marks: set or not, with which role, and whether that is what a finding is about."""
    left = {letter: list(getattr(row, letter)) for letter in LETTERS}
    cells = []
    for party in columns:
        cell = []
        for letter in LETTERS:
            side = next((one for one in left[letter] if one.partition("/")[0] == party), None)
            if side is not None:
                left[letter].remove(side)
            role = side.partition("/")[2] if side else ""
            wrong = side is not None and _is_wrong(letter, side, mine)
            cell.append({"set": side is not None, "role": role, "wrong": wrong})
        cells.append(cell)
    return cells


def _is_wrong(letter: str, side: str, mine: Sequence[Finding]) -> bool:
    for one in mine:
        if one.rule == "raci.side" and one.params.get("letter") == letter:
            parts = {one.params.get(name) for name in ("side", "department", "role")}
            if parts & {side, *side.split("/")}:
                return True
        if (one.rule, letter) in (("raci.accountable", "A"), ("raci.consulted", "C")):
            return True
    return False


def _change(one: table.Change, named: Mapping[str, str]) -> dict[str, Any]:
    words = {ALL: gettext("all have to"), ANY: gettext("one is enough")} if one.letter == "together" else {}
    return {
        "activity": named.get(one.activity, one.activity),
        "letter": gettext("Several responsible") if one.letter == "together" else one.letter,
        "gone": [words.get(side) or side_in_words(side) for side in one.gone],
        "come": [words.get(side) or side_in_words(side) for side in one.come],
    }
