"""Running cases go on with another version: choose, look, start, and see how it goes."""

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext, ngettext

from loopdesk.engine import migration, versions
from loopdesk.engine.bundle import Bundle
from loopdesk.engine.errors import Conflict, Invalid, LoopdeskError
from loopdesk.engine.migration import Preview
from loopdesk.engine.tx import Tx
from loopdesk.web import element_words, version_words, vocabulary
from loopdesk.web.context import actor, open_tx, read_tx
from loopdesk.web.pages.definitions import title_of
from loopdesk.web.pages.shown import NOTHING, Shown, shown

blueprint = Blueprint("pages_migrations", __name__, url_prefix="/definitions")

SHOWN = 100
"""Instances of a list on one page."""
PAIR = "map:"
"""Begins the name of a field that says what takes an element's place."""


@blueprint.get("/<name>/migrate")
def choose(name: str) -> str:
    """Which instances, from which version to which; what would become of each."""
    return _page(name, {}, NOTHING)


@blueprint.post("/<name>/migrate")
def decide(name: str) -> ResponseReturnValue:
    """Look again with another mapping, or start."""
    mapping = _mapping()
    if request.form.get("act") != "start":
        return _page(name, mapping, NOTHING)
    source, target = (request.form.get(side, 0, type=int) for side in ("source", "target"))
    try:
        with open_tx() as tx:
            job = migration.start(
                actor(),
                tx,
                name,
                source,
                target,
                mapping=mapping,
                only=_only(),
                recompute=request.form.get("recompute") == "1",
                note=request.form.get("note", "").strip()[:2000],
            )
    except (Invalid, Conflict) as error:
        return _page(name, mapping, shown(error)), 422
    return redirect(url_for("pages_migrations.one", name=name, migration_id=job))


@blueprint.get("/<name>/migrations/<migration_id>")
def one(name: str, migration_id: str) -> str:
    """How a migration goes, and what became of each instance."""
    with read_tx() as tx:
        return render_template("definitions/migration.html", **_standing(tx, name, migration_id))


@blueprint.get("/<name>/migrations/<migration_id>/progress")
def progress(name: str, migration_id: str) -> str:
    """The same without the page around it, for the page to keep itself up to date."""
    with read_tx() as tx:
        return render_template("definitions/progress.html", **_standing(tx, name, migration_id))


@blueprint.post("/<name>/migrations/<migration_id>/<any(pause, resume):act>")
def pause_or_resume(name: str, migration_id: str, act: str) -> ResponseReturnValue:
    """Let it rest after the batch in hand, or go on."""
    verb = migration.pause if act == "pause" else migration.resume
    try:
        with open_tx() as tx:
            verb(actor(), tx, migration_id)
    except Conflict as error:
        flash(shown(error).message, "error")
    return redirect(url_for("pages_migrations.one", name=name, migration_id=migration_id))


def _standing(tx: Tx, name: str, migration_id: str) -> dict[str, Any]:
    row = migration.get(actor(), tx, migration_id)
    failed = migration.items(actor(), tx, migration_id, state="failed", limit=SHOWN)
    others = [
        item
        for state in ("waiting", "migrated")
        for item in migration.items(actor(), tx, migration_id, state=state, limit=SHOWN)
    ]
    total = row["waiting"] + row["migrated"] + row["failed"]
    items = [version_words.item(item, gettext) for item in (failed + others)[:SHOWN]]
    return {"name": name, "row": row, "total": total, "items": items, "looks": element_words.MIGRATIONS}


def _page(name: str, mapping: Mapping[str, str], wrong: Shown) -> str:
    with read_tx() as tx:
        versions.require(actor())
        rows = versions.listing(actor(), tx, name)
        source, target = _sides(rows)
        seen, wrong = _seen(tx, name, source, target, mapping, wrong)
    values = _view(seen, mapping) if seen is not None else {}
    return render_template(
        "definitions/migrate.html",
        name=name,
        options=element_words.options(rows, running=True),
        source=source,
        target=target,
        typed=request.form,
        only=" ".join(_only()),
        wrong=wrong,
        seen=seen,
        **values,
    )


def _seen(
    tx: Tx, name: str, source: int, target: int, mapping: Mapping[str, str], wrong: Shown
) -> tuple[Preview | None, Shown]:
    """The preview, or why there is none; what was wrong before stays said."""
    if source == target:
        return None, wrong
    try:
        wish: dict[str, Any] = {"only": _only(), "recompute": request.values.get("recompute") == "1", "limit": SHOWN}
        return migration.preview(actor(), tx, name, source, target, mapping=mapping, **wish), wrong
    except LoopdeskError as error:
        return None, wrong if wrong.message else shown(error)


def _sides(rows: list[dict[str, Any]]) -> tuple[int, int]:
    """The versions asked for; without, the one that most runs on beside the current one, and that."""
    now = next((row["number"] for row in rows if row["current"]), rows[0]["number"])
    others = [row for row in rows if row["number"] != now]
    most = max(others, key=lambda row: (row["running"], row["number"]), default={"number": now})["number"]
    given = request.form if request.method == "POST" else request.args
    return given.get("source", most, type=int), given.get("target", now, type=int)


def _mapping() -> dict[str, str]:
    return {field.removeprefix(PAIR): to for field, to in request.form.items() if field.startswith(PAIR) and to}


def _only() -> list[str]:
    given = request.form.get("only") or request.args.get("only") or ""
    return given.replace(",", " ").split()


def _view(seen: Preview, mapping: Mapping[str, str]) -> dict[str, Any]:
    language = vocabulary.language()
    looks = [
        {
            "key": look.key,
            "instance": look.instance,
            "stands": [
                (_name(seen.source, old, language), _name(seen.target, new, language))
                for old, new in look.moves.items()
            ],
            "reasons": [one.reason.text(gettext) for one in look.obstacles],
        }
        for look in sorted(seen.looks, key=lambda look: not look.obstacles)
    ]
    fine = len(seen.looks) - seen.refused
    return {
        "title": title_of(seen.target),
        "looks": looks,
        "fine": fine,
        "summary": ngettext("%(num)s case can move", "%(num)s cases can move", fine),
        "pairs": _pairs(seen, mapping, language),
    }


def _pairs(seen: Preview, mapping: Mapping[str, str], language: str) -> list[dict[str, Any]]:
    """Elements that need a place in the new version: those where something stands, and what could take theirs."""
    old = {
        item.id: item
        for process in seen.source.program.diagrams.processes.values()
        for item in process.elements.values()
    }
    new = [item for process in seen.target.program.diagrams.processes.values() for item in process.elements.values()]
    there = {item.id for item in new}
    stand = {one.element for look in seen.looks for one in look.obstacles if one.element in old} - there
    found = []
    for identity in sorted(stand | {one for one in mapping if one in old}):
        item = old[identity]
        alike = [other for other in new if (other.kind, other.process) == (item.kind, item.process)]
        chosen = mapping.get(identity, seen.suggested.get(identity, ""))
        options = [(other.id, _name(seen.target, other.id, language)) for other in alike]
        found.append(
            {
                "field": PAIR + identity,
                "name": _name(seen.source, identity, language),
                "kind": element_words.kind(item.kind),
                "chosen": chosen,
                "suggested": identity in seen.suggested and identity not in mapping,
                "options": [("", gettext("– nothing: the case stays –")), *options],
            }
        )
    return found


def _name(made: Bundle, identity: str, language: str) -> str:
    return made.text(identity, "name", language) or identity
