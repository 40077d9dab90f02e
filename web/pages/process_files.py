"""One file of a process folder: its text in any version, and an edited text deployed as an upload would be."""

import codecs
from io import BytesIO

from flask import Blueprint, Response, flash, redirect, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext, ngettext
from markupsafe import Markup

from loopdesk.engine import bundles
from loopdesk.engine.bundle import Bundle, Deployment
from loopdesk.engine.errors import N_, Conflict, Invalid, LoopdeskError, Missing
from loopdesk.engine.findings import Finding
from loopdesk.engine.tx import Tx
from loopdesk.web.context import actor, open_tx, read_tx
from loopdesk.web.pages.definitions import after_deployment, title_of
from loopdesk.web.pages.shown import shown

blueprint = Blueprint("pages_process_files", __name__, url_prefix="/definitions")

WARNINGS_SHOWN, WARNING_SHOWN = 3, 300
"""How many warnings, and how many characters of each: they travel in a cookie."""
LARGEST = 1_000_000
"""Bytes of a file that a page shows whole and lets people edit."""


@blueprint.get("/<name>/files/<path:file>")
def show(name: str, file: str) -> str:
    """The text of a file, in the current version or the one asked for; to edit where the address says so."""
    with read_tx() as tx:
        made = bundles.numbered(tx, name, request.args.get("number", type=int))
        return _page(tx, made, file)


@blueprint.get("/<name>/raw/<path:file>")
def download(name: str, file: str) -> Response:
    """The file as it is, to save."""
    with read_tx() as tx:
        content = _content(bundles.numbered(tx, name, request.args.get("number", type=int)), file)
    saved = file.rpartition("/")[2]
    return send_file(BytesIO(content), "application/octet-stream", as_attachment=True, download_name=saved, max_age=0)


@blueprint.post("/<name>/files/<path:file>")
def save(name: str, file: str) -> ResponseReturnValue:
    """The version that was shown with this text in the file, deployed or kept as a draft; a refusal keeps the text."""
    try:
        with open_tx() as tx:
            before = bundles.current(tx, name).number
            made = _deploy(tx, name, file)
            drafted = bundles.current(tx, name).number != made.number
    except (Invalid, Conflict) as error:
        return _refused(name, file, error), 422 if isinstance(error, Invalid) else 409
    after_deployment(made, before, drafted=drafted)
    number = made.number if drafted else None
    warnings = [one for one in made.findings if one.file == file and one.severity == "warning"]
    if made.number != before and warnings:
        flash(
            _warned(warnings, url_for("pages_process_files.show", name=name, file=file, number=number, edit=1)),
            "warning",
        )
    return redirect(url_for("pages_process_files.show", name=name, file=file, number=number))


def _warned(warnings: list[Finding], editing: str) -> Markup:
    """What is odd about the file that nevertheless went through, the first of it in words, and the way back to it."""
    head = ngettext("%(num)s warning about this file", "%(num)s warnings about this file", len(warnings))
    rows = [one.as_json(gettext) for one in warnings[:WARNINGS_SHOWN]]
    lines = [head, *(f"{row['message']} {row['remedy']}"[:WARNING_SHOWN] for row in rows)]
    link = Markup('<a href="{}">{}</a>').format(editing, gettext("Edit"))
    return Markup("<br>").join([*lines, link])


def _deploy(tx: Tx, name: str, file: str) -> Deployment:
    base = bundles.numbered(tx, name, request.form.get("number", type=int))
    now = bundles.current(tx, name).number
    if request.form.get("current", type=int) == base.number != now:
        raise Conflict(
            "Version %(number)s has become current since you opened this page.",
            remedy=N_("Look at what it changes, then save again: your text stands below, beside the files of now."),
            number=now,
        )
    files = {**base.files, file: _typed(_content(base, file))}
    note, draft = request.form.get("note", "").strip()[:2000], request.form.get("do") == "draft"
    return bundles.deploy(actor(), tx, name, files, note=note, promote=not draft)


def _content(made: Bundle, file: str) -> bytes:
    if file not in made.files:
        raise Missing("There is no file %(file)s.", file=file)
    return made.files[file]


def _typed(before: bytes) -> bytes:
    """The text of the form with the ends of lines that the file had; browsers send their own."""
    text = request.form.get("text", "").replace("\r\n", "\n")
    return text.replace("\n", "\r\n" if b"\r\n" in before else "\n").encode()


def _refused(name: str, file: str, error: LoopdeskError) -> str:
    """The text as it was typed below what is wrong; after a conflict it goes on from what is current now."""
    with read_tx() as tx:
        number = None if isinstance(error, Conflict) else request.form.get("number", type=int)
        return _page(tx, bundles.numbered(tx, name, number), file, error)


def _page(tx: Tx, made: Bundle, file: str, error: LoopdeskError | None = None) -> str:
    content, live = _content(made, file), bundles.current(tx, made.name)
    text = _text(content[:LARGEST])
    may = actor().has_role(*bundles.ROLES)
    editable = may and text is not None and len(content) <= LARGEST
    wrong = request.form if error else {}
    return render_template(
        "definitions/file.html",
        bundle=made,
        live=live.number,
        title=title_of(made),
        file=file,
        size=len(content),
        cut=len(content) > LARGEST,
        text=wrong.get("text", text),
        note=wrong.get("note", ""),
        editable=editable,
        editing=editable and (error is not None or "edit" in request.args),
        findings=[one.as_json(gettext) for one in getattr(error, "findings", [])],
        wrong=shown(error) if error else None,
        conflict=isinstance(error, Conflict),
        opened=request.form.get("number", type=int),
    )


def _text(content: bytes) -> str | None:
    """The content as people read it, None where it is no text; a letter that is cut in two is left out."""
    try:
        return codecs.getincrementaldecoder("utf-8")().decode(content, final=len(content) < LARGEST)
    except UnicodeDecodeError:
        return None
