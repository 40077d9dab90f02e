"""What customer and house said to each other elsewhere, brought onto the case: chat, app, on site (INT-1, CON-10)."""

from typing import Any

import marshmallow as ma
from flask_smorest import Blueprint

from loopdesk.desk import case, exchanges
from loopdesk.desk.exchanges import Said
from loopdesk.web.api.auth import scoped
from loopdesk.web.api.schemas import Strict
from loopdesk.web.context import actor, open_tx

blueprint = Blueprint("messages", __name__, url_prefix="/cases", description="Exchanges that happened elsewhere")


class NewMessage(Strict):
    """One message of an exchange; nothing is sent to anybody."""

    channel = ma.fields.String(required=True, metadata={"example": "chat"})
    side = ma.fields.String(load_default=exchanges.CUSTOMER, validate=ma.validate.OneOf(exchanges.SIDES))
    author = ma.fields.String(load_default="", validate=ma.validate.Length(max=200))
    body = ma.fields.String(required=True, validate=ma.validate.Length(1, case.TEXT))
    automatic = ma.fields.Boolean(load_default=False, metadata={"description": "A machine wrote it."})
    message_id = ma.fields.String(
        load_default="",
        validate=ma.validate.Length(max=400),
        metadata={"description": "Your own id; the same one again is the same message."},
    )


class MessageOut(ma.Schema):
    """The communication that it became."""

    id = ma.fields.String()


@blueprint.post("/<number>/messages")
@scoped("cases:write")
@blueprint.arguments(NewMessage)
@blueprint.response(201, MessageOut, description="The message; 200 when this id was sent before.")
def say(body: dict[str, Any], number: str) -> tuple[Any, int]:
    """Keep a message of a chat, an app or a visit on its case."""
    with open_tx() as tx:
        kept = exchanges.say(actor(), tx, number, Said(**body))
    return kept, 201 if kept.new else 200
