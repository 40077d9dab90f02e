"""Process definitions: whole folders of diagrams, tables, forms and texts, deployed and read back."""

from typing import Any

import marshmallow as ma
from flask import Response, request
from flask_babel import gettext
from flask_smorest import Blueprint
from webargs.flaskparser import parser

from loopdesk.engine import bundles
from loopdesk.web.api.auth import JSON, scoped
from loopdesk.web.api.schemas import Query, Strict
from loopdesk.web.context import actor, open_tx, read_tx
from loopdesk.web.uploads import from_parts, from_texts, from_zip, to_zip

blueprint = Blueprint("definitions", __name__, url_prefix="/definitions", description="Deployed process folders")

ZIP = "application/zip"
MULTIPART = "multipart/form-data"
CONTENT = {
    JSON: {
        "schema": {
            "type": "object",
            "required": ["files"],
            "properties": {
                "files": {"type": "object", "additionalProperties": {"type": "string"}},
                "note": {"type": "string"},
                "promote": {"type": "boolean", "default": True},
            },
        }
    },
    ZIP: {"schema": {"type": "string", "contentMediaType": ZIP}},
    MULTIPART: {"schema": {"type": "object", "description": "Each file as a part whose file name is its path."}},
}


class DefinitionOut(ma.Schema):
    """One deployment; each change of a folder is a new number."""

    id = ma.fields.String()
    name = ma.fields.String()
    number = ma.fields.Integer()
    hash = ma.fields.String()
    author = ma.fields.String()
    note = ma.fields.String()
    at = ma.fields.AwareDateTime()


class Deployed(ma.Schema):
    """What was deployed, and what the checker has to say about it."""

    id = ma.fields.String()
    name = ma.fields.String()
    number = ma.fields.Integer()
    hash = ma.fields.String()
    findings = ma.fields.List(ma.fields.Dict())


class Definitions(ma.Schema):
    """The current deployment of each folder."""

    definitions = ma.fields.List(ma.fields.Nested(DefinitionOut))


class Source(ma.Schema):
    """The files of one deployment, as text; ask for a zip where one of them is none."""

    name = ma.fields.String()
    files = ma.fields.Dict(keys=ma.fields.String(), values=ma.fields.String())


class Files(Strict):
    """A folder as JSON."""

    files = ma.fields.Dict(keys=ma.fields.String(), values=ma.fields.String(), required=True)
    note = ma.fields.String(load_default="")
    promote = ma.fields.Boolean(load_default=True)


class Which(Query):
    """Which deployment; the current one when left out."""

    number = ma.fields.Integer(load_default=None, validate=ma.validate.Range(1))


class Deploying(Query):
    """What a zip or its parts cannot say; JSON says it in its body."""

    note = ma.fields.String(load_default="")
    promote = ma.fields.Boolean(load_default=True)


@blueprint.get("")
@scoped("definitions:read")
@blueprint.response(200, Definitions)
def listing() -> Any:
    """List what is deployed."""
    with read_tx() as tx:
        return {"definitions": bundles.listing(actor(), tx)}


@blueprint.post("/<name>")
@scoped("definitions:write", takes=(JSON, ZIP, MULTIPART))
@blueprint.arguments(Deploying, location="query")
@blueprint.response(201, Deployed)
@blueprint.doc(requestBody={"required": True, "content": CONTENT})
def deploy(query: dict[str, Any], name: str) -> Any:
    """Deploy a whole process folder; errors refuse it (422 with `findings`), unchanged files do nothing.

    With `promote=false` it only gets its number, and is made current later.
    """
    note, promote = query["note"], query["promote"]
    if request.mimetype == ZIP:
        files = from_zip(request.get_data())
    elif request.mimetype == MULTIPART:
        files = from_parts(request.files)
    else:
        body = parser.parse(Files(), request, location="json")
        files, note, promote = from_texts(body["files"]), body["note"], body["promote"]
    with open_tx() as tx:
        made = bundles.deploy(actor(), tx, name, files, note=note, promote=promote)
    found = [finding.as_json(gettext) for finding in made.findings]
    return {"id": made.id, "name": made.name, "number": made.number, "hash": made.hash, "findings": found}


@blueprint.get("/<name>/source")
@scoped("definitions:read")
@blueprint.arguments(Which, location="query")
@blueprint.response(200, Source)
def source(query: dict[str, Any], name: str) -> Any:
    """Read the files of a deployment, as JSON or, with `Accept: application/zip`, as a zip."""
    with read_tx() as tx:
        files = bundles.export(actor(), tx, name, query["number"])
    if request.accept_mimetypes.best_match([JSON, ZIP]) == ZIP:
        headers = {"Content-Disposition": f'attachment; filename="{name}.zip"'}
        return Response(to_zip(files), content_type=ZIP, headers=headers)
    return {"name": name, "files": {path: content.decode(errors="replace") for path, content in files.items()}}
