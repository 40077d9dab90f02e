"""What the API says of a customer's contracts and purchases (SLA-9, EMG-8)."""

import marshmallow as ma

from loopdesk.desk.crm.contracts import KINDS
from loopdesk.web.api.schemas import Strict


class ContractIn(Strict):
    """A contract or purchase, or what changes of one."""

    kind = ma.fields.String(validate=ma.validate.OneOf(KINDS))
    number = ma.fields.String(validate=ma.validate.Length(max=60))
    title = ma.fields.String(validate=ma.validate.Length(1, 200))
    catalogue = ma.fields.String(metadata={"description": "A service catalogue of the policies; empty for none."})
    starts_on = ma.fields.Date(allow_none=True)
    ends_on = ma.fields.Date(allow_none=True)
    base_fee = ma.fields.Integer(
        allow_none=True, strict=True, metadata={"description": "Of one month, in minor units (cents, fen)."}
    )
    currency = ma.fields.String(validate=ma.validate.Length(max=3), metadata={"description": "ISO 4217."})


class ContractOut(ContractIn):
    """A contract or purchase of a customer."""

    id = ma.fields.String()
