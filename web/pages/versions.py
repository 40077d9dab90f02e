"""Versions of a process: one version with what can be done with it, and two versions side by side."""

from typing import Any

from flask import Blueprint, flash, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from loopdesk.desk import case
from loopdesk.engine import bundles, versions
from loopdesk.engine.bundle import Bundle
from loopdesk.engine.comparison import Comparison, ElementChange, compare
from loopdesk.engine.errors import LoopdeskError, Missing, Refused
from loopdesk.engine.propertynames import said
from loopdesk.web import element_words, vocabulary
from loopdesk.web.context import actor, open_tx, read_tx
from loopdesk.web.pages.definitions import order, title_of
from loopdesk.web.pages.shown import shown

blueprint = Blueprint("pages_versions", __name__, url_prefix="/definitions")


@blueprint.get("/<name>/versions/<int:number>")
def version(name: str, number: int) -> str:
    """One version: who made it and why, what runs on it, and what its owner can do with it."""
    with read_tx() as tx:
        made = bundles.numbered(tx, name, number)
        rows = versions.listing(actor(), tx, name)
    (row,) = [one for one in rows if one["number"] == number]
    return render_template(
        "definitions/version.html",
        bundle=made,
        title=title_of(made),
        row=row,
        look=element_words.STATES[row["state"]],
        files=[(path, len(made.files[path])) for path in sorted(made.files, key=order)],
        others=[one for one in rows if one["number"] != number],
        options=element_words.options(one for one in rows if one["number"] != number),
        current=next((one["number"] for one in rows if one["current"]), None),
        entrances=name == case.PROCESS,
        may_retire=bool(made.program.specs) and row["state"] != versions.RETIRED,
        may_deploy=actor().has_role(*bundles.ROLES),
    )


@blueprint.post("/<name>/versions/<int:number>/promote")
def promote(name: str, number: int) -> ResponseReturnValue:
    """Make it current."""
    with open_tx() as tx:
        versions.promote(actor(), tx, name, number, note=_note())
    flash(gettext("Version %(number)s is current: new cases begin with it.", number=number))
    return redirect(url_for("pages_definitions.definition", name=name))


@blueprint.post("/<name>/versions/<int:number>/retire")
def retire(name: str, number: int) -> ResponseReturnValue:
    """Let nothing new begin with it."""
    with open_tx() as tx:
        versions.retire(actor(), tx, name, number, note=_note())
    flash(gettext("Version %(number)s is retired: nothing new begins with it, what runs goes on.", number=number))
    return redirect(url_for("pages_versions.version", name=name, number=number))


@blueprint.post("/<name>/rollback")
def rollback(name: str) -> ResponseReturnValue:
    """Make the version before current again; the page says why it cannot be."""
    try:
        with open_tx() as tx:
            made = versions.roll_back(actor(), tx, name, note=_note())
    except Refused as error:
        if error.code != "conflict":
            raise
        flash(_told(error), "error")
    else:
        flash(gettext("Version %(number)s is current: new cases begin with it.", number=made.number))
    return redirect(url_for("pages_definitions.definition", name=name))


@blueprint.get("/<name>/compare")
def compared(name: str) -> str:
    """Two versions: in words, drawn on both diagrams, and line by line for all other files."""
    with read_tx() as tx:
        rows = versions.listing(actor(), tx, name)
        old, new = _two(rows)
        before, after = bundles.numbered(tx, name, old), bundles.numbered(tx, name, new)
    found = compare(before, after)
    return render_template(
        "definitions/compare.html",
        name=name,
        title=title_of(after),
        rows=rows,
        old=old,
        new=new,
        found=found,
        groups=_groups(found, before, after),
        drawings=_drawings(found, before, after),
        looks=element_words.CHANGES,
        kind=element_words.kind,
        may_deploy=actor().has_role(*bundles.ROLES),
    )


@blueprint.get("/<name>/compared/<path:file>")
def drawing(name: str, file: str) -> ResponseReturnValue:
    """A diagram of one of two versions with all that differs marked on it."""
    old, new = (request.args.get(side, type=int) for side in ("old", "new"))
    on_old = request.args.get("side") == "old"
    with read_tx() as tx:
        before, after = bundles.numbered(tx, name, old), bundles.numbered(tx, name, new)
    made = before if on_old else after
    if file not in made.files:
        raise Missing("There is no file %(file)s.", file=file)
    marks = compare(before, after).marks(file, old=on_old)
    changes = [
        {
            "id": one,
            "what": what,
            "sign": element_words.CHANGES[what][0],
            "label": str(element_words.CHANGES[what][1].text),
        }
        for what, ids in marks.items()
        for one in ids
    ]
    return jsonify(xml=made.drawn(file, vocabulary.language()), changes=changes)


def _two(rows: list[dict[str, Any]]) -> tuple[int, int]:
    """The versions asked for; without, the current one and the newest other one."""
    numbers = [row["number"] for row in rows]
    now = next((row["number"] for row in rows if row["current"]), numbers[0])
    other = next((number for number in numbers if number != now), now)
    old, new = request.args.get("old", min(now, other), type=int), request.args.get("new", max(now, other), type=int)
    return old, new


def _groups(found: Comparison, before: Bundle, after: Bundle) -> list[tuple[str, list[dict[str, Any]]]]:
    """Elements by what became of them, named in the reader's language."""
    rows = [(change, _row(change, before if change.what == "removed" else after)) for change in found.elements]
    kinds = [(what, [row for change, row in rows if change.what == what]) for what in element_words.CHANGES]
    return [(what, members) for what, members in kinds if members]


def _row(change: ElementChange, made: Bundle) -> dict[str, Any]:
    return {
        "name": made.text(change.id, "name", vocabulary.language()) or change.name,
        "id": change.id,
        "kind": change.kind,
        "file": change.file,
        "properties": [
            (element_words.said(said(one.name)), one.before, one.after, one.name == "kind") for one in change.properties
        ],
    }


def _drawings(found: Comparison, before: Bundle, after: Bundle) -> list[tuple[str, bool, bool]]:
    """Diagrams that differ, each with whether the old and the new version have it."""
    paths = dict.fromkeys(change.file for change in found.elements)
    return [(path, path in before.files, path in after.files) for path in paths]


def _note() -> str:
    return request.form.get("note", "").strip()[:2000]


def _told(error: LoopdeskError) -> str:
    told = shown(error)
    return f"{told.message} {told.remedy}".strip()
