"""Cases: report, read, find, comment, attach (INT-1, INT-2, CON-10)."""

from dataclasses import asdict
from typing import Any

import marshmallow as ma
from flask import request, url_for
from flask_smorest import Blueprint

from loopdesk.desk import attachments, case, channels, choices, communications, wording
from loopdesk.desk.crm.scope import REASONS
from loopdesk.engine.errors import N_, Invalid, Phrase
from loopdesk.engine.tx import Tx
from loopdesk.web.api.auth import scoped
from loopdesk.web.api.filters import Chosen, Somebody
from loopdesk.web.api.schemas import Entries, Moment, Page, PageQuery, Strict, some_words
from loopdesk.web.context import actor, loopdesk, open_tx, read_tx
from loopdesk.web.vocabulary import STATUSES

blueprint = Blueprint("cases", __name__, url_prefix="/cases", description="Customers' problems")


class NewCase(Strict):
    """What is reported; missing fields are asked for later, but somebody must be there to answer."""

    description = ma.fields.String(required=True, validate=[ma.validate.Length(1, case.TEXT), some_words])
    title = ma.fields.String(validate=ma.validate.Length(max=case.TITLE))
    customer_number = ma.fields.String(metadata={"example": "C-1001"})
    email = ma.fields.Email()
    name = ma.fields.String(validate=ma.validate.Length(max=200))
    channel = ma.fields.String(
        load_default="api",
        metadata={"description": "How it came in: a channel that `channels.yaml` opens to the API.", "example": "chat"},
    )
    phone = ma.fields.String(validate=ma.validate.Length(max=40))
    occurred_at = Moment()
    steps = ma.fields.String(validate=ma.validate.Length(max=case.TEXT))
    expected = ma.fields.String(validate=ma.validate.Length(max=case.TEXT))
    system_version = ma.fields.String(validate=ma.validate.Length(max=200))
    scope = ma.fields.String(validate=ma.validate.Length(max=60))
    urgency = ma.fields.String(validate=ma.validate.Length(max=30))
    category = ma.fields.String(validate=ma.validate.Length(max=60))
    device = ma.fields.String(
        validate=ma.validate.Length(max=200), metadata={"description": "Serial number or model of a device."}
    )
    template = ma.fields.String(
        validate=ma.validate.Length(max=60), metadata={"description": "The template for a frequent problem."}
    )
    details = ma.fields.Dict(
        keys=ma.fields.String(validate=ma.validate.Length(max=60)),
        values=ma.fields.String(validate=ma.validate.Length(max=5000)),
        validate=Entries(max=50),
        metadata={"description": "What else you know, by name."},
    )
    language = ma.fields.String(validate=ma.validate.OneOf(("en", "zh")))
    zone = ma.fields.String(validate=ma.validate.Length(max=60), metadata={"example": "Asia/Shanghai"})
    external_id = ma.fields.String(
        validate=ma.validate.Length(max=500),
        metadata={"description": "Your own id; the same one again is the same case."},
    )


class CaseOut(ma.Schema):
    """One case as it stands."""

    number = ma.fields.String()
    title = ma.fields.String()
    description = ma.fields.String()
    status = ma.fields.String(metadata={"enum": list(STATUSES)})
    category = ma.fields.String()
    type = ma.fields.String()
    urgency = ma.fields.String()
    scope = ma.fields.String()
    complexity = ma.fields.String()
    priority = ma.fields.String()
    priority_reason = ma.fields.String()
    department = ma.fields.String()
    owner_id = ma.fields.String()
    assignee_id = ma.fields.String()
    organisation_id = ma.fields.String(allow_none=True)
    contact_id = ma.fields.String(allow_none=True)
    channel = ma.fields.String()
    language = ma.fields.String()
    restricted = ma.fields.Boolean()
    occurred_at = ma.fields.AwareDateTime(allow_none=True)
    steps = ma.fields.String()
    expected = ma.fields.String()
    system_version = ma.fields.String()
    solution = ma.fields.String()
    due_at = ma.fields.AwareDateTime(allow_none=True)
    opened_at = ma.fields.AwareDateTime()
    solved_at = ma.fields.AwareDateTime(allow_none=True)
    closed_at = ma.fields.AwareDateTime(allow_none=True)
    close_reason = ma.fields.String()
    external_id = ma.fields.String(allow_none=True)
    template = ma.fields.String()
    details = ma.fields.Dict()
    service = ma.fields.String(metadata={"description": "What of the customer's contract answers for it."})
    out_of_scope = ma.fields.String(metadata={"enum": ["", *REASONS]})


class CasePage(Page):
    """One page of cases, newest first."""

    cases = ma.fields.List(ma.fields.Nested(CaseOut))


class CaseQuery(PageQuery):
    """Filters; all that are given must match."""

    q = ma.fields.String(load_default="", metadata={"description": "In number, title or description."})
    status = ma.fields.String(load_default="", validate=ma.validate.OneOf(("", *STATUSES)))
    priority = Chosen(choices.PRIORITY, load_default="")
    department = Chosen(choices.DEPARTMENT, load_default="")
    owner = Somebody(load_default="", metadata={"description": "Id, sign-in name or e-mail address."})


class NewComment(Strict):
    """A message to the customer, or an internal note."""

    body = ma.fields.String(required=True, validate=ma.validate.Length(1, case.TEXT))
    internal = ma.fields.Boolean(load_default=False)


class CommentOut(ma.Schema):
    """Something that was said on a case."""

    id = ma.fields.String()
    at = ma.fields.AwareDateTime()
    direction = ma.fields.String(metadata={"enum": ["in", "out", "internal"]})
    channel = ma.fields.String()
    author = ma.fields.String()
    subject = ma.fields.String()
    body = ma.fields.String()
    state = ma.fields.String()


class Comments(ma.Schema):
    """All that was said, oldest first."""

    comments = ma.fields.List(ma.fields.Nested(CommentOut))


class PlainWord(ma.Schema):
    """A word that the customer may not know, and a plain one."""

    word = ma.fields.String()
    plain = ma.fields.String()


class Made(ma.Schema):
    """The id of what was made."""

    id = ma.fields.String()


class Said(Made):
    """The id of what was said; ``jargon``: words that the customer may not know. It was sent all the same."""

    jargon = ma.fields.List(ma.fields.Nested(PlainWord))


class AttachmentOut(ma.Schema):
    """A file on a case."""

    id = ma.fields.String()
    name = ma.fields.String()
    kind = ma.fields.String(metadata={"description": "What its content really is."})
    size = ma.fields.Integer(metadata={"description": "Bytes."})
    sha256 = ma.fields.String()
    visibility = ma.fields.String(metadata={"enum": ["customer", "staff"]})
    at = ma.fields.AwareDateTime()


@blueprint.post("")
@scoped("cases:write")
@blueprint.arguments(NewCase)
@blueprint.response(201, CaseOut, description="The case; 200 when this external id made it before.")
def report(body: dict[str, Any]) -> tuple[Any, int, dict[str, str]]:
    """Report a problem."""
    with open_tx() as tx:
        _check_channel(tx, body["channel"])
        opened = case.open(actor(), tx, case.Report(**body))
        new = opened.opened_at == tx.now
        made = case.reported(actor(), tx, opened.number, new=new)
    return made, 201 if new else 200, {"Location": url_for("cases.read", number=made.number)}


def _check_channel(tx: Tx, channel: str) -> None:
    """Raise `Invalid` for a channel that has a door of its own, such as the mail server."""
    known = channels.codes(tx, channels.API)
    if channel not in known:
        raise Invalid(
            "This channel is not open to the API.",
            remedy=N_("Use one of: %(channels)s."),
            fields={"channel": [Phrase("Not open to the API.")]},
            channels=", ".join(known),
        )


@blueprint.get("")
@scoped("cases:read")
@blueprint.arguments(CaseQuery, location="query")
@blueprint.response(200, CasePage)
def listing(query: dict[str, Any]) -> Any:
    """List the cases that you may see."""
    with read_tx() as tx:
        return asdict(case.listing(actor(), tx, **query))


@blueprint.get("/<number>")
@scoped("cases:read")
@blueprint.response(200, CaseOut)
def read(number: str) -> Any:
    """Read one case."""
    with read_tx() as tx:
        return case.read(actor(), tx, number)


@blueprint.get("/<number>/comments")
@scoped("cases:read")
@blueprint.response(200, Comments)
def comments(number: str) -> Any:
    """Read what was said on a case."""
    with read_tx() as tx:
        return {"comments": communications.listing(actor(), tx, number)}


@blueprint.post("/<number>/comments")
@scoped("cases:write")
@blueprint.arguments(NewComment)
@blueprint.response(201, Said)
def comment(body: dict[str, Any], number: str) -> dict[str, Any]:
    """Say something on a case; words that a customer may not know are told with the answer."""
    with open_tx() as tx:
        if body["internal"]:
            return {"id": communications.comment(actor(), tx, number, body["body"], internal=True), "jargon": []}
        written, hits = wording.tell(actor(), tx, number, body["body"])
    return {"id": written, "jargon": [asdict(hit) for hit in hits]}


UPLOAD = {
    "content": {
        "multipart/form-data": {
            "schema": {
                "type": "object",
                "required": ["file"],
                "properties": {
                    "file": {"type": "string", "contentMediaType": "application/octet-stream"},
                    "visibility": {"type": "string", "enum": ["customer", "staff"]},
                },
            }
        }
    }
}


@blueprint.post("/<number>/attachments")
@scoped("cases:write", takes=("multipart/form-data",))
@blueprint.response(201, AttachmentOut)
@blueprint.doc(requestBody=UPLOAD)
def attach(number: str) -> Any:
    """Attach a file of at most 25 MB; what it is is looked at, not believed."""
    given = request.files.get("file")
    if given is None:
        raise Invalid(
            "There is no file in this request.",
            remedy=N_("Send it as multipart/form-data in the part `file`."),
            fields={"file": [Phrase("This part is missing.")]},
        )
    visibility = request.form.get("visibility", "customer")
    with open_tx() as tx:
        return attachments.attach(
            actor(), tx, loopdesk().store, number, given.filename or "", given.stream, visibility=visibility
        )


@blueprint.get("/<number>/attachments")
@scoped("cases:read")
@blueprint.response(200, AttachmentOut(many=True))
def attached(number: str) -> Any:
    """List the files of a case."""
    with read_tx() as tx:
        return attachments.listing(actor(), tx, number)
