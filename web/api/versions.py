"""Versions of process definitions: which one counts, and what differs between two."""

from typing import Any

import marshmallow as ma
from flask_babel import gettext
from flask_smorest import Blueprint

from loopdesk.engine import bundles, versions
from loopdesk.engine.bundle import Bundle
from loopdesk.engine.comparison import compare
from loopdesk.engine.tx import Tx
from loopdesk.web import version_words
from loopdesk.web.api.auth import scoped
from loopdesk.web.api.schemas import Query, Strict
from loopdesk.web.context import actor, open_tx, read_tx

blueprint = Blueprint("versions", __name__, url_prefix="/definitions", description="Versions of process folders")

STATES = (versions.CURRENT, versions.DRAFT, versions.FORMER, versions.RETIRED)
CHANGES = ("added", "removed", "changed", "moved")


class VersionOut(ma.Schema):
    """One version of a process folder."""

    id = ma.fields.String()
    number = ma.fields.Integer()
    hash = ma.fields.String()
    author = ma.fields.String()
    note = ma.fields.String()
    at = ma.fields.AwareDateTime()
    state = ma.fields.String(metadata={"enum": list(STATES)})
    running = ma.fields.Integer(metadata={"description": "Instances that run on it."})


class Versions(ma.Schema):
    """All versions, newest first."""

    versions = ma.fields.List(ma.fields.Nested(VersionOut))


class Chosen(ma.Schema):
    """How a version stands now."""

    name = ma.fields.String()
    number = ma.fields.Integer()
    state = ma.fields.String(metadata={"enum": list(STATES)})


class Noted(Strict):
    """Why."""

    note = ma.fields.String(load_default="", validate=ma.validate.Length(max=2000))


class Numbered(Noted):
    """Which version, and why."""

    number = ma.fields.Integer(required=True, validate=ma.validate.Range(1))


class PerhapsNumbered(Noted):
    """Which version (the current one when left out), and why."""

    number = ma.fields.Integer(load_default=None, validate=ma.validate.Range(1))


class Two(Query):
    """Which versions to compare."""

    old = ma.fields.Integer(required=True, validate=ma.validate.Range(1))
    new = ma.fields.Integer(required=True, validate=ma.validate.Range(1))


class PropertyOut(ma.Schema):
    """One property that differs."""

    property = ma.fields.String()
    label = ma.fields.String(metadata={"description": "What people call it."})
    before = ma.fields.String()
    after = ma.fields.String()


class ElementOut(ma.Schema):
    """One element that differs."""

    file = ma.fields.String()
    id = ma.fields.String()
    kind = ma.fields.String()
    name = ma.fields.String()
    what = ma.fields.String(metadata={"enum": list(CHANGES)})
    properties = ma.fields.List(ma.fields.Nested(PropertyOut))


class FileOut(ma.Schema):
    """One file that differs; the lines as a unified diff."""

    path = ma.fields.String()
    what = ma.fields.String(metadata={"enum": list(CHANGES[:3])})
    lines = ma.fields.List(ma.fields.String())


class Compared(ma.Schema):
    """All that differs."""

    old = ma.fields.Integer()
    new = ma.fields.Integer()
    same = ma.fields.Boolean()
    elements = ma.fields.List(ma.fields.Nested(ElementOut))
    files = ma.fields.List(ma.fields.Nested(FileOut))


@blueprint.get("/<name>/versions")
@scoped("definitions:read")
@blueprint.response(200, Versions)
def listing(name: str) -> Any:
    """List the versions of a folder, with how many instances run on each."""
    with read_tx() as tx:
        return {"versions": versions.listing(actor(), tx, name)}


@blueprint.get("/<name>/compare")
@scoped("definitions:read")
@blueprint.arguments(Two, location="query")
@blueprint.response(200, Compared)
def compared(query: dict[str, Any], name: str) -> Any:
    """Compare two versions: elements added, removed, changed or only moved, and all other files line by line."""
    with read_tx() as tx:
        found = compare(bundles.numbered(tx, name, query["old"]), bundles.numbered(tx, name, query["new"]))
    return version_words.comparison(found, gettext)


@blueprint.post("/<name>/promote")
@scoped("definitions:write")
@blueprint.arguments(Numbered)
@blueprint.response(200, Chosen)
def promote(body: dict[str, Any], name: str) -> Any:
    """Make a version current: new instances begin with it, running ones keep theirs."""
    with open_tx() as tx:
        return _told(tx, versions.promote(actor(), tx, name, body["number"], note=body["note"]))


@blueprint.post("/<name>/retire")
@scoped("definitions:write")
@blueprint.arguments(PerhapsNumbered)
@blueprint.response(200, Chosen)
def retire(body: dict[str, Any], name: str) -> Any:
    """Let nothing new begin with a version, the current one without a number; running instances go on."""
    with open_tx() as tx:
        return _told(tx, versions.retire(actor(), tx, name, body["number"], note=body["note"]))


@blueprint.post("/<name>/rollback")
@scoped("definitions:write")
@blueprint.arguments(Noted)
@blueprint.response(200, Chosen)
def rollback(body: dict[str, Any], name: str) -> Any:
    """Make the version before the current one current again; retired ones are passed over."""
    with open_tx() as tx:
        return _told(tx, versions.roll_back(actor(), tx, name, note=body["note"]))


def _told(tx: Tx, made: Bundle) -> dict[str, Any]:
    return {"name": made.name, "number": made.number, "state": versions.state_of(tx, made)}
