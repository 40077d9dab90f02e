"""Processes as they are deployed: list, diagram, files; a new version with what the checker says about it."""

from pathlib import PurePosixPath
from typing import Any

from flask import Blueprint, Response, flash, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext, lazy_gettext
from markupsafe import Markup

from loopdesk.engine import bundles, migration, versions
from loopdesk.engine.bundle import READ, Bundle, Deployment
from loopdesk.engine.errors import N_, Invalid, Missing, Phrase
from loopdesk.engine.findings import Finding
from loopdesk.engine.tx import Tx
from loopdesk.web import element_words, vocabulary
from loopdesk.web.context import actor, open_tx, read_tx
from loopdesk.web.pages.activities import activities_of, notes
from loopdesk.web.pages.shown import NOTHING, Shown, shown
from loopdesk.web.uploads import from_parts, from_zip, to_zip

blueprint = Blueprint("pages_definitions", __name__, url_prefix="/definitions")

SHOWN_CHARACTERS = 200_000
WITHOUT_DIAGRAM = {
    "classification": lazy_gettext("Classification of reports"),
    "diagnosis": lazy_gettext("Diagnosis trees"),
    "drills": lazy_gettext("Drills"),
    "messages": lazy_gettext("Message templates"),
    "policies": lazy_gettext("Policies"),
    "runbooks": lazy_gettext("Runbooks"),
    "sentiment": lazy_gettext("Moods of messages"),
}
"""What people call the shipped folders that hold no diagram, which would say so itself."""
FIRST = (".bpmn", ".dmn", ".form", ".yaml", ".md")
"""Files in the order in which a process owner thinks of them."""
BESIDE = (".md", ".txt")
"""Files that may lie beside them, for people to read."""


@blueprint.get("")
def definitions() -> str:
    """What is deployed now."""
    with read_tx() as tx:
        rows = [row | _looked_at(tx, row["id"]) for row in bundles.listing(actor(), tx)]
    return render_template("definitions/definitions.html", rows=rows, may_deploy=actor().has_role(*bundles.ROLES))


@blueprint.get("/<name>")
def definition(name: str) -> str:
    """One folder: its diagrams, files and versions."""
    return _page(name, [], NOTHING)


@blueprint.get("/<name>/diagram/<path:file>")
def diagram(name: str, file: str) -> ResponseReturnValue:
    """A diagram of the folder, in the reader's language."""
    with read_tx() as tx:
        made = bundles.numbered(tx, name, request.args.get("number", type=int))
    if file not in made.files:
        raise Missing("There is no file %(file)s.", file=file)
    return jsonify(xml=made.drawn(file, vocabulary.language()), notes=notes(made, file))


@blueprint.get("/<name>/zip")
def download(name: str) -> Response:
    """The folder as a zip."""
    with read_tx() as tx:
        files = bundles.export(actor(), tx, name, request.args.get("number", type=int))
    headers = {"Content-Disposition": f'attachment; filename="{name}.zip"'}
    return Response(to_zip(files), mimetype="application/zip", headers=headers)


@blueprint.post("/<name>")
def deploy(name: str) -> ResponseReturnValue:
    """A new version from a zip, or from single files laid over the present ones; findings are shown beside it."""
    note = request.form.get("note", "").strip()
    try:
        with open_tx() as tx:
            before = _number(tx, name)
            files = _files(tx, name)
            made = bundles.deploy(actor(), tx, name, files, note=note, promote=not request.form.get("draft"))
            drafted = bundles.current(tx, name).number != made.number
    except Invalid as error:
        return _page(name, getattr(error, "findings", []), shown(error)), 422
    after_deployment(made, before, drafted=drafted)
    if made.number != before and drafted:
        return redirect(url_for("pages_versions.version", name=name, number=made.number))
    return redirect(url_for("pages_definitions.definition", name=name))


def after_deployment(made: Deployment, before: int, *, drafted: bool) -> None:
    """Tell what became of the files that somebody deployed over version ``before``, and lead on to what comes next."""
    if made.number == before:
        flash(gettext("Nothing has changed: version %(number)s stays.", number=made.number))
    elif drafted:
        told = gettext("Version %(number)s is a draft: compare it, then make it current.", number=made.number)
        steps = {
            gettext("Compare"): url_for("pages_versions.compared", name=made.name, old=before, new=made.number),
            gettext("Make current"): url_for("pages_versions.version", name=made.name, number=made.number),
        }
        links = Markup(" · ").join(Markup('<a href="{}">{}</a>').format(path, text) for text, path in steps.items())
        flash(Markup("{}<br>{}").format(told, links))
    else:
        flash(
            gettext(
                "Version %(number)s is deployed. Running cases keep the version they began with.", number=made.number
            )
        )


def _files(tx: Tx, name: str) -> dict[str, bytes]:
    given = {f"{index}": part for index, part in enumerate(request.files.getlist("file")) if part.filename}
    if len(given) == 1 and (part := next(iter(given.values()))) and (part.filename or "").lower().endswith(".zip"):
        return from_zip(part.stream.read())
    files, present = from_parts(given), bundles.current(tx, name).files
    for path in sorted(files):
        if path not in present and not path.lower().endswith((*READ, *BESIDE)):
            raise Invalid(
                "“%(path)s” is no file of a process folder.",
                fields={"file": [Phrase("Known are %(kinds)s.", kinds=", ".join((*READ, *BESIDE)))]},
                remedy=N_("Choose the right file, or pack the whole folder as a zip."),
                path=path,
            )
    return dict(present) | files


def _number(tx: Tx, name: str) -> int:
    try:
        return bundles.current(tx, name).number
    except Missing:
        return 0


def _page(name: str, findings: list[Finding], wrong: Shown) -> str:
    with read_tx() as tx:
        made = bundles.current(tx, name)
        rows = versions.listing(actor(), tx, name)
        jobs = migration.listing(actor(), tx, name, limit=5) if actor().has_role(*bundles.ROLES) else []
    files = [_file(path, made.files[path]) for path in sorted(made.files, key=order)]
    diagrams = [file for file in files if file["path"].endswith(".bpmn")]
    return render_template(
        "definitions/definition.html",
        bundle=made,
        title=title_of(made),
        files=files,
        diagrams=diagrams,
        activities={file["path"]: activities_of(made, file["path"]) for file in diagrams},
        versions=rows,
        state=next((row["state"] for row in rows if row["number"] == made.number), ""),
        jobs=jobs,
        states=element_words.STATES,
        looks=element_words.MIGRATIONS,
        findings=[finding.as_json(gettext) for finding in findings],
        wrong=wrong,
        may_deploy=actor().has_role(*bundles.ROLES),
    )


def _looked_at(tx: Tx, bundle_id: str) -> dict[str, Any]:
    made = bundles.get(tx, bundle_id)
    return {
        "title": title_of(made),
        "diagram": next((path for path in sorted(made.files) if path.endswith(".bpmn")), ""),
    }


def title_of(made: Bundle) -> str:
    """What people call a folder."""
    if not any(path.endswith(".bpmn") for path in made.files):
        return str(WITHOUT_DIAGRAM.get(made.name, made.name))
    return made.text(made.name, "name", vocabulary.language()) or made.name


def order(path: str) -> tuple[int, str]:
    """Where a file stands in a list: as a process owner thinks of them."""
    suffix = PurePosixPath(path).suffix
    return FIRST.index(suffix) if suffix in FIRST else len(FIRST), path


def _file(path: str, content: bytes) -> dict[str, Any]:
    try:
        text = content.decode()
    except UnicodeDecodeError:
        text = ""
    return {"path": path, "size": len(content), "text": text[:SHOWN_CHARACTERS]}
