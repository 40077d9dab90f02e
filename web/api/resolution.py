"""Diagnosis and sub-cases of a case, and its record (DIA-2, DIA-3, DIA-7, DIA-10)."""

from typing import Any

import marshmallow as ma
from flask import Response
from flask_smorest import Blueprint

from loopdesk.desk import case, casefile, splitting, subcases
from loopdesk.desk.diagnosis import course, trees
from loopdesk.web import case_record, record_pdf
from loopdesk.web.api.auth import scoped
from loopdesk.web.api.schemas import Strict
from loopdesk.web.context import actor, open_tx, read_tx

blueprint = Blueprint("resolution", __name__, url_prefix="/cases", description="Finding the cause, sharing the work")


class StepOut(ma.Schema):
    """A step that is behind; an empty outcome was left out, and the note says why."""

    step = ma.fields.String()
    outcome = ma.fields.String()
    note = ma.fields.String()
    at = ma.fields.AwareDateTime()
    by_name = ma.fields.String()


class WayOut(ma.Schema):
    """One way through a tree; ``step`` waits for one of ``outcomes`` while the state is running."""

    tree = ma.fields.String()
    state = ma.fields.String(metadata={"enum": ["running", "found", "abandoned"]})
    step = ma.fields.String()
    ask = ma.fields.String()
    outcomes = ma.fields.Dict(keys=ma.fields.String(), values=ma.fields.String())
    may_skip = ma.fields.Boolean()
    result = ma.fields.String()
    reason = ma.fields.String()
    steps = ma.fields.List(ma.fields.Nested(StepOut))


class FindingOut(ma.Schema):
    """The cause, or the draft of a solution."""

    kind = ma.fields.String(metadata={"enum": ["cause", "draft"]})
    text = ma.fields.String()
    at = ma.fields.AwareDateTime()
    by_name = ma.fields.String()


class DiagnosisOut(ma.Schema):
    """All ways and findings, the newest first, and the trees that can be chosen, the fitting ones first."""

    ways = ma.fields.List(ma.fields.Nested(WayOut))
    findings = ma.fields.List(ma.fields.Nested(FindingOut))
    trees = ma.fields.List(ma.fields.String())


class Begin(Strict):
    """Which tree; a reason where another way is given up for it."""

    tree = ma.fields.String(required=True)
    reason = ma.fields.String(load_default="")


class Outcome(Strict):
    """What a step brought: an outcome, or the reason why it is left out."""

    step = ma.fields.String(required=True)
    outcome = ma.fields.String(load_default="")
    note = ma.fields.String(load_default="")
    skip = ma.fields.String(load_default="", metadata={"description": "The reason, when the step is left out."})


class NewFinding(Strict):
    """The cause, or the draft of a solution, in words."""

    kind = ma.fields.String(required=True, validate=ma.validate.OneOf((course.CAUSE, course.DRAFT)))
    text = ma.fields.String(required=True, validate=ma.validate.Length(1, course.LONGEST))


class PartOut(ma.Schema):
    """A sub-case."""

    number = ma.fields.String()
    title = ma.fields.String()
    status = ma.fields.String()
    department = ma.fields.String()
    owner_id = ma.fields.String()
    solution = ma.fields.String()
    cancelled_at = ma.fields.AwareDateTime(allow_none=True)
    reason = ma.fields.String()
    done = ma.fields.Boolean()


class PartsOut(ma.Schema):
    """The sub-cases of a case, and the case that it is a part of itself."""

    parent = ma.fields.String()
    subcases = ma.fields.List(ma.fields.Nested(PartOut))


class NewPart(Strict):
    """A part for somebody else, or the number of a case that becomes one."""

    title = ma.fields.String(load_default="")
    description = ma.fields.String(load_default="")
    department = ma.fields.String(load_default="")
    owner = ma.fields.String(
        load_default="", metadata={"description": "Id, sign-in name or e-mail; else the least busy."}
    )
    child = ma.fields.String(load_default="", metadata={"description": "An existing case; then nothing else is given."})


class CancelPart(Strict):
    """Why a sub-case is given up."""

    reason = ma.fields.String(required=True)


@blueprint.get("/<number>/diagnosis")
@scoped("cases:read")
@blueprint.response(200, DiagnosisOut)
def diagnosis(number: str) -> Any:
    """Read how far the diagnosis is."""
    with read_tx() as tx:
        found = case.read(actor(), tx, number)
        return {
            "ways": [_way(way) for way in course.ways(tx, number)],
            "findings": course.findings(tx, number),
            "trees": [tree.key for tree in course.choices(tx, found.type)],
        }


@blueprint.post("/<number>/diagnosis")
@scoped("cases:write")
@blueprint.arguments(Begin)
@blueprint.response(204)
def begin(body: dict[str, Any], number: str) -> None:
    """Begin with a diagnosis tree."""
    with open_tx() as tx:
        course.begin(actor(), tx, number, **body)


@blueprint.post("/<number>/diagnosis/steps")
@scoped("cases:write")
@blueprint.arguments(Outcome)
@blueprint.response(204)
def step(body: dict[str, Any], number: str) -> None:
    """Record the outcome of the step that waits, or leave it out for a reason."""
    with open_tx() as tx:
        reason = body.pop("skip")
        if reason:
            course.skip(actor(), tx, number, step=body["step"], reason=reason)
        else:
            course.answer(actor(), tx, number, **body)


@blueprint.post("/<number>/findings")
@scoped("cases:write")
@blueprint.arguments(NewFinding)
@blueprint.response(201, FindingOut)
def finding(body: dict[str, Any], number: str) -> Any:
    """Write down the cause or the draft of a solution."""
    with open_tx() as tx:
        return course.note_finding(actor(), tx, number, **body)


@blueprint.get("/<number>/subcases")
@scoped("cases:read")
@blueprint.response(200, PartsOut)
def parts(number: str) -> Any:
    """List the sub-cases."""
    with read_tx() as tx:
        case.read(actor(), tx, number)
        return {"parent": subcases.parent_of(tx, number), "subcases": subcases.parts(tx, number)}


@blueprint.post("/<number>/subcases")
@scoped("cases:write")
@blueprint.arguments(NewPart)
@blueprint.response(201, PartOut)
def split(body: dict[str, Any], number: str) -> Any:
    """Split a part off, or make an existing case one."""
    with open_tx() as tx:
        child = body.pop("child")
        if child:
            splitting.join(actor(), tx, number, child=child)
        else:
            child = splitting.split(actor(), tx, number, **body).number
        return next(part for part in subcases.parts(tx, number) if part.number == child)


@blueprint.post("/<number>/cancel")
@scoped("cases:write")
@blueprint.arguments(CancelPart)
@blueprint.response(204)
def cancel(body: dict[str, Any], number: str) -> None:
    """Give the sub-case of this number up."""
    with open_tx() as tx:
        splitting.cancel(actor(), tx, number, **body)


@blueprint.get("/<number>/record.pdf")
@scoped("cases:read")
@blueprint.response(200, content_type="application/pdf")
def printed(number: str) -> Response:
    """The record of the case as a PDF in the token owner's language."""
    with read_tx() as tx:
        sheet = case_record.sheet_of(tx, casefile.read(actor(), tx, number), actor().language, actor().zone)
    return Response(record_pdf.pdf(sheet), content_type="application/pdf")


def _way(way: course.Way) -> dict[str, Any]:
    asked = way.tree.steps.get(way.row["step"])
    language = actor().language
    names = asked.outcomes.items() if asked else ()
    return {
        **way.row,
        "ask": trees.words(asked.ask, language) if asked else "",
        "outcomes": {code: trees.words(one.name, language) for code, one in names},
        "may_skip": bool(asked and asked.skip),
        "result": trees.words(way.tree.results.get(way.row["result"], {}), language),
        "steps": way.steps,
    }
