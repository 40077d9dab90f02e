"""One report form for everybody who fills it in: the customer on the portal, the agent on the phone (INT-2, INT-3)."""

from collections.abc import Mapping
from dataclasses import fields
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

import orjson
from flask import request

from loopdesk.desk import report_templates
from loopdesk.desk.case import Report
from loopdesk.desk.crm import history
from loopdesk.desk.customers import Contact
from loopdesk.engine import bundles
from loopdesk.engine.errors import Invalid, Missing
from loopdesk.engine.tx import Tx
from loopdesk.forms import form, validation
from loopdesk.forms.form import Form
from loopdesk.forms.translation import translate
from loopdesk.web import portal_steps, vocabulary

BUNDLE, FORM = "intake", "report"
ASKS = "asks"
"""What conditions of the form look at: the fields that the chosen template asks for."""


def schema(tx: Tx) -> dict[str, Any]:
    """The report form in the reader's language."""
    made = bundles.current(tx, BUNDLE)
    return translate(orjson.loads(made.form(FORM)), made.texts.get(vocabulary.language(), {}))


def checked(tx: Tx, data: dict[str, Any], files: Mapping[str, list[str]], *, known: bool) -> dict[str, Any]:
    """The answers, held against the form; ``known`` when nobody has to say who reports. Raises `Invalid`."""
    asked = portal_steps.asked(_form(tx), known=known)
    template = report_templates.get(tx, sent_beside().get("template", ""))
    scope = {ASKS: list(template.asks) if template else []}
    return validation.validate(asked, data, scope=scope, files=files)


def report(tx: Tx, cleaned: Mapping[str, Any], **told: Any) -> Report:
    """The answers as a report; those that an owner's own questions got are its details.

    ``told`` is what the page knows besides: the channel, the contact. The same page is the same report, however often
    it is sent.
    """
    own = {field.name for field in fields(Report)}
    values = {key: value for key, value in cleaned.items() if key in own}
    files = {field.key for field in _form(tx).fields if field.type == "filepicker"}
    details = {key: cleaned[key] for key in cleaned.keys() - own - files if cleaned[key] not in ("", None, [])}
    zone = str(request.args.get("zone") or "")
    zone = zone if zone in available_timezones() else "UTC"
    if values.get("occurred_at"):
        at = datetime.fromisoformat(str(values["occurred_at"]))
        values["occurred_at"] = at if at.tzinfo else at.replace(tzinfo=ZoneInfo(zone))
    once = request.args.get("once", "")
    template = report_templates.get(tx, sent_beside().get("template", ""))
    given = {"details": details, "zone": zone, "external_id": f"form:{once}" if once else ""}
    return Report(**{**values, **given, "template": template.key if template else "", **told})


def _form(tx: Tx) -> Form:
    return form.read(bundles.current(tx, BUNDLE).form(FORM))


def labels(tx: Tx) -> dict[str, str]:
    """Key of each field of the form -> its label in the reader's language."""
    try:
        found = vocabulary.components(schema(tx))
    except Missing:
        return {}
    return {str(one["key"]): str(one.get("label") or one["key"]) for one in found if one.get("key")}


def suggestion(tx: Tx, contact: Contact | None) -> dict[str, Any]:
    """The template for what somebody types, with what is known of ``contact`` to fill it; nothing of nobody.

    Body of the request: ``text``, and ``declined``, the keys that were not wanted. Raises `Invalid` for another body.
    """
    body = request.get_json()
    text = body.get("text") if isinstance(body, dict) else None
    declined = body.get("declined", []) if isinstance(body, dict) else None
    if not isinstance(text, str) or not isinstance(declined, list):
        raise Invalid("The form's values cannot be read.")
    found = report_templates.match(tx, text, declined=frozenset(str(key) for key in declined))
    if found is None:
        return {"template": None}
    facts = history.known_facts(tx, contact) if contact else {}
    chosen = found.template
    name = chosen.called(vocabulary.language())
    fill = report_templates.filled(chosen, facts)
    return {"template": {"key": chosen.key, "name": name, "asks": list(chosen.asks), "fill": fill}}


def sent_beside() -> dict[str, str]:
    """What stood beside the form when it was sent: the chosen template, and on the phone who calls."""
    if request.is_json:
        body = request.get_json()
        given = body.get("beside") if isinstance(body, dict) else None
    else:
        try:
            given = orjson.loads(request.form.get("beside", "{}"))
        except orjson.JSONDecodeError:
            given = None
    return {str(key): str(value).strip() for key, value in given.items()} if isinstance(given, dict) else {}
