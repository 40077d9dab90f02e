"""Who does what in a process: its RACI matrix, read and changed as a table (HND-1)."""

from collections.abc import Mapping
from typing import Any

import marshmallow as ma
from flask_babel import gettext
from flask_smorest import Blueprint

from loopdesk.desk.raci import table
from loopdesk.desk.raci.matrix import ALL, ANY, LETTERS, row_of
from loopdesk.engine import bundles
from loopdesk.web.api.auth import scoped
from loopdesk.web.api.definitions import Deployed, Which
from loopdesk.web.api.schemas import Strict
from loopdesk.web.context import actor, open_tx, read_tx

blueprint = Blueprint("raci", __name__, url_prefix="/raci", description="Who does what in a process")

_SIDES = {"description": "department or department/role; {name} and {case.name} are filled when the case gets there."}


class LineIn(Strict):
    """One activity's line."""

    R = ma.fields.List(ma.fields.String(), load_default=list, metadata=_SIDES)
    A = ma.fields.List(ma.fields.String(), load_default=list, metadata=_SIDES)
    C = ma.fields.List(ma.fields.String(), load_default=list, metadata=_SIDES)
    I = ma.fields.List(ma.fields.String(), load_default=list, metadata=_SIDES)  # noqa: E741 - the letter of RACI
    together = ma.fields.String(
        load_default=ALL,
        validate=ma.validate.OneOf((ALL, ANY)),
        metadata={"description": "Of several R: all have to complete their task, or any one."},
    )


class LineOut(LineIn):
    """One activity's line as it stands."""

    id = ma.fields.String()
    name = ma.fields.String()
    person = ma.fields.Boolean(metadata={"description": "Whether a person does it."})
    drawn = ma.fields.Boolean(metadata={"description": "Whether the diagram has such an activity."})


class Matrix(ma.Schema):
    """The matrix of one version, and what is wrong with it."""

    process = ma.fields.String()
    number = ma.fields.Integer()
    activities = ma.fields.List(ma.fields.Nested(LineOut))
    findings = ma.fields.List(ma.fields.Dict())


class NewMatrix(Strict):
    """A whole matrix: an activity that is left out has no line."""

    activities = ma.fields.Dict(keys=ma.fields.String(), values=ma.fields.Nested(LineIn), required=True)
    note = ma.fields.String(load_default="", validate=ma.validate.Length(max=2000))
    promote = ma.fields.Boolean(load_default=True, metadata={"description": "false: only a draft."})
    number = ma.fields.Integer(
        load_default=None,
        validate=ma.validate.Range(1),
        metadata={"description": "The current version as you read it; another one by now is a conflict (409)."},
    )


@blueprint.get("/<process>")
@scoped("definitions:read")
@blueprint.arguments(Which, location="query")
@blueprint.response(200, Matrix)
def read(query: dict[str, Any], process: str) -> dict[str, Any]:
    """Read the matrix of a process."""
    with read_tx() as tx:
        made = bundles.numbered(tx, process, query["number"])
        found = table.lines(made.files)
        findings = [one.as_json(gettext) for one in table.check(tx, made.files)]
    shown = [
        {letter: getattr(line.row, letter) for letter in LETTERS}
        | {"id": line.activity, "name": made.text(line.activity, "name", actor().language) or line.activity}
        | {"together": line.row.together, "person": line.human, "drawn": line.drawn}
        for line in found
    ]
    return {"process": made.name, "number": made.number, "activities": shown, "findings": findings}


@blueprint.put("/<process>")
@scoped("definitions:write")
@blueprint.arguments(NewMatrix)
@blueprint.response(201, Deployed)
def write(given: Mapping[str, Any], process: str) -> dict[str, Any]:
    """Deploy the process with this matrix as a new version; errors refuse it (422 with `findings`)."""
    matrix = {name: row_of(line, line["together"]) for name, line in given["activities"].items()}
    with open_tx() as tx:
        made = table.deploy(
            actor(),
            tx,
            bundles.current(tx, process),
            matrix,
            note=given["note"],
            promote=given["promote"],
            current=given["number"],
        )
    found = [finding.as_json(gettext) for finding in made.findings]
    return {"id": made.id, "name": made.name, "number": made.number, "hash": made.hash, "findings": found}
