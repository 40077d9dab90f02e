"""Files of a case: upload, and download under headers that keep a browser from running anything."""

from flask import Blueprint, Response, flash, redirect, request, send_file
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from werkzeug.datastructures import FileStorage

from loopdesk.desk import attachments
from loopdesk.engine.actor import Actor
from loopdesk.engine.errors import Invalid, Phrase
from loopdesk.engine.tx import Tx
from loopdesk.web.context import actor, loopdesk, open_tx, read_tx
from loopdesk.web.looks import own_path
from loopdesk.web.pages.shown import at_fields, shown

blueprint = Blueprint("pages_files", __name__)

SHOWN_INLINE = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})


@blueprint.get("/attachments/<attachment_id>")
def download(attachment_id: str) -> Response:
    """One file; pictures open in the page, everything else is saved."""
    with read_tx() as tx:
        found = attachments.read(actor(), tx, loopdesk().store, attachment_id)
    inline = found.type in SHOWN_INLINE and request.args.get("inline") == "1"
    response = send_file(
        found.stream, mimetype=found.type, as_attachment=not inline, download_name=found.name, max_age=0
    )
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response.headers["Content-Length"] = str(found.size)
    return response


@blueprint.post("/cases/<number>/attach")
def attach(number: str) -> ResponseReturnValue:
    """Add files to a case; one that is refused keeps the others out too, and says which it is."""
    given = chosen_files()
    with open_tx() as tx:
        add_all(tx, number, given, request.form.get("visibility", attachments.STAFF))
    flash(gettext("Attached: %(names)s", names=", ".join(one.filename or "" for one in given)))
    return redirect(own_path(request.form.get("next", "") or f"/cases/{number}"))


def chosen_files() -> list[FileStorage]:
    """The files of this request's part ``file``. Raises `Invalid` when there is none."""
    given = [one for one in request.files.getlist("file") if one.filename]
    if not given:
        raise Invalid("Choose a file first.", fields={"file": [Phrase("Choose a file first.")]})
    return given


def add_all(tx: Tx, number: str, given: list[FileStorage], visibility: str, *, who: Actor | None = None) -> list[str]:
    """Attach each file to the case and return their ids; ``who`` attaches where the request's actor is nobody yet.

    Raises `Invalid`, whose field ``file`` names the file and says why.
    """
    ids = []
    for one in given:
        name = one.filename or ""
        try:
            made = attachments.attach(
                who or actor(), tx, loopdesk().store, number, name, one.stream, visibility=visibility
            )
        except Invalid as error:
            raise at_fields(error, {"file": _reasons(error, name)}) from error
        ids.append(made.id)
    return ids


def _reasons(error: Invalid, name: str) -> list[str]:
    said = shown(error)
    reason = said.fields.get("file") or said.message
    return [reason if name in reason else f"{name}: {reason}"]
