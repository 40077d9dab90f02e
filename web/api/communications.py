"""What was said with customers, and the calls to them (COM-1, COM-2, COM-4)."""

from collections.abc import Mapping
from typing import Any

import marshmallow as ma
from flask_smorest import Blueprint

from loopdesk.desk import channels
from loopdesk.desk.contacting import calls, log
from loopdesk.desk.contacting import channel as preferred
from loopdesk.desk.contacting.rows import KINDS, STATES, CustomerCall
from loopdesk.engine.errors import Invalid, Phrase
from loopdesk.engine.tx import Tx
from loopdesk.web import contact_words
from loopdesk.web.api.auth import scoped
from loopdesk.web.api.schemas import Moment, PageQuery, Strict
from loopdesk.web.context import actor, open_tx, read_tx

blueprint = Blueprint(
    "communications", __name__, url_prefix="/communications", description="What was said with customers"
)


class CommunicationQuery(PageQuery):
    """Filters; all that are given must match."""

    case = ma.fields.String(load_default="")
    q = ma.fields.String(load_default="", metadata={"description": "Words, names, a case number."})
    channel = ma.fields.String(load_default="")
    state = ma.fields.String(load_default="", validate=ma.validate.OneOf(("", *contact_words.STATES)))
    follow_up = ma.fields.Boolean(load_default=False, metadata={"description": "Only what has a follow-up."})
    since = Moment(load_default=None, metadata={"description": "What was said from this moment on."})
    until = Moment(load_default=None, metadata={"description": "What was said before this moment."})


class FollowUp(Strict):
    """What the customer said to a message, and what follows; what is not named stays as it is."""

    feedback = ma.fields.String(validate=ma.validate.Length(max=log.LONGEST))
    follow_up = ma.fields.String(validate=ma.validate.Length(max=log.LONGEST))


class CommunicationOut(ma.Schema):
    """One message or call; ``wanted``: the channel preferred where it is another, ``carried``: who took it."""

    id = ma.fields.String()
    case = ma.fields.String()
    at = ma.fields.AwareDateTime()
    direction = ma.fields.String(metadata={"enum": ["in", "out"]})
    channel = ma.fields.String()
    wanted = ma.fields.String()
    carried = ma.fields.String()
    author = ma.fields.String()
    recipient = ma.fields.String()
    subject = ma.fields.String()
    body = ma.fields.String()
    template = ma.fields.String()
    state = ma.fields.String(metadata={"enum": list(contact_words.STATES)})
    note = ma.fields.String(metadata={"description": "Why it was held or not delivered."})
    feedback = ma.fields.String()
    follow_up = ma.fields.String()
    confirmed_at = ma.fields.AwareDateTime(allow_none=True)


class CallQuery(PageQuery):
    """Filters; all that are given must match."""

    case = ma.fields.String(load_default="")
    kind = ma.fields.String(load_default="", validate=ma.validate.OneOf(("", *KINDS)))
    state = ma.fields.String(load_default="", validate=ma.validate.OneOf(("", *STATES)))


class CallOut(ma.Schema):
    """One call; ``action``: the id of what was promised."""

    id = ma.fields.String()
    case = ma.fields.String()
    kind = ma.fields.String(metadata={"enum": list(KINDS)})
    attempt = ma.fields.Integer()
    reason = ma.fields.String()
    contact = ma.fields.String()
    phone = ma.fields.String()
    opened_at = ma.fields.AwareDateTime()
    due_at = ma.fields.AwareDateTime(allow_none=True)
    state = ma.fields.String(metadata={"enum": list(STATES)})
    way = ma.fields.String()
    done_at = ma.fields.AwareDateTime(allow_none=True)
    by = ma.fields.String()
    said = ma.fields.String()
    promised = ma.fields.String()
    promised_until = ma.fields.AwareDateTime(allow_none=True)
    action = ma.fields.String()


@blueprint.get("")
@scoped("cases:read")
@blueprint.arguments(CommunicationQuery, location="query")
@blueprint.response(200, CommunicationOut(many=True))
def listing(query: dict[str, Any]) -> list[dict[str, Any]]:
    """What was said with customers, newest first."""
    wanted = {name: query[name] for name in ("q", "channel", "state", "since", "until", "page", "per_page")}
    with read_tx() as tx:
        _check_channel(tx, query["channel"])
        return log.listing(actor(), tx, **wanted, number=query["case"], open_only=query["follow_up"])[0]


def _check_channel(tx: Tx, channel: str) -> None:
    """Raise `Invalid` for a channel that the house does not have and never had."""
    known = {*channels.codes(tx), *preferred.names(tx, "en"), *contact_words.WAYS} - {preferred.AUTO}
    if channel and channel not in known and not log.has(tx, channel):
        there = Phrase("Choose among %(known)s.", known=", ".join(sorted(known)))
        raise Invalid("Please check this filter.", fields={"channel": [there]})


@blueprint.patch("/<communication_id>")
@scoped("cases:write")
@blueprint.arguments(FollowUp)
@blueprint.response(200, CommunicationOut)
def follow(given: dict[str, str], communication_id: str) -> Mapping[str, Any]:
    """Note what the customer said to a message, and what follows."""
    with open_tx() as tx:
        return log.follow(actor(), tx, communication_id, **given)


@blueprint.get("/calls")
@scoped("cases:read")
@blueprint.arguments(CallQuery, location="query")
@blueprint.response(200, CallOut(many=True))
def customer_calls(query: dict[str, Any]) -> list[CustomerCall]:
    """Calls to customers: those to be made first, then the newest."""
    with read_tx() as tx:
        return calls.listing(actor(), tx, number=query.pop("case"), **query)[0]
