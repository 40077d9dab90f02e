"""Small forms for tests, and what is wrong with an answer to them."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from loopdesk.engine.errors import Invalid
from loopdesk.forms.form import Form, read
from loopdesk.forms.validation import validate


def form(*components: Mapping[str, Any]) -> Form:
    """The form with these components, read as if from a file."""
    return read(json.dumps({"id": "f", "type": "default", "schemaVersion": 19, "components": components}).encode())


def wrong(f: Form, data: Mapping[str, Any], **kwargs: Any) -> dict[str, list[str]]:
    """The messages, per field, of an answer that is refused."""
    with pytest.raises(Invalid) as caught:
        validate(f, data, **kwargs)
    return caught.value.fields


DECISION = {"type": "radio", "key": "decision", "values": [{"value": "accept"}, {"value": "reject"}]}
REASON = {
    "type": "textarea",
    "key": "reason",
    "validate": {"required": True},
    "conditional": {"hide": '=decision != "reject"'},
}
