"""What monitoring reports (EMG-11)."""

from typing import Any

import marshmallow as ma
from flask_smorest import Blueprint

from loopdesk.desk.emergency import alerts
from loopdesk.web.api.auth import scoped
from loopdesk.web.api.schemas import Strict
from loopdesk.web.context import actor, open_tx

blueprint = Blueprint("alerts", __name__, url_prefix="/alerts", description="What monitoring reports")


class NewAlert(Strict):
    """What a monitor reports; the same `id` of a `source` is the same alert."""

    source = ma.fields.String(required=True)
    id = ma.fields.String(required=True)
    interface = ma.fields.String(required=True, metadata={"description": "What fails, such as payment."})
    state = ma.fields.String(load_default=alerts.FIRING, metadata={"enum": list(alerts.STATES)})
    text = ma.fields.String(load_default="", validate=ma.validate.Length(max=20_000))
    cause = ma.fields.String(load_default="", validate=ma.validate.Length(max=200))
    kind = ma.fields.String(load_default="")
    scope = ma.fields.String(load_default="")
    severity = ma.fields.String(load_default="")
    language = ma.fields.String(load_default="", validate=ma.validate.OneOf(("", "en", "zh")))


class AlertOut(ma.Schema):
    """What became of it; `emergency` is null until one is declared, or where none starts by itself."""

    case = ma.fields.String()
    emergency = ma.fields.String(allow_none=True)
    starts = ma.fields.Boolean()
    joined = ma.fields.Boolean()
    times = ma.fields.Integer()
    state = ma.fields.String()


@blueprint.post("")
@scoped("cases:write")
@blueprint.arguments(NewAlert)
@blueprint.response(202, AlertOut)
def alert(given: dict[str, Any]) -> alerts.Outcome:
    """Take an alert: a new failure opens a case, that of a core interface an emergency; a known one is joined."""
    with open_tx() as tx:
        return alerts.report(actor(), tx, alerts.Alert(**given))
