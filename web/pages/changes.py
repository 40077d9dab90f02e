"""Changes of a process by hand, as a form gives them and as people read them."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import orjson
from flask_babel import get_timezone, gettext

from loopdesk.engine.bundle import Bundle
from loopdesk.engine.errors import Invalid, Phrase
from loopdesk.web import vocabulary
from loopdesk.web.pages import plain
from loopdesk.web.sentences import filled, sentence_of

Names = Mapping[str, str]


def change_of(given: Mapping[str, str]) -> dict[str, Any]:
    """One change from the fields of the form. Raises ``Invalid`` for a value that is no JSON."""
    do = given.get("do", "")
    change: dict[str, Any] = {"do": do}
    if do in ("move", "cancel"):
        change["token"] = given.get("token", "")
    if do in ("move", "start"):
        change["to"] = given.get("to", "")
    if do in ("set", "remove"):
        change["name"] = given.get("name", "").strip()
        if given.get("scope"):
            change["token"] = given["scope"]
    if do == "set":
        text = given.get("value", "").strip()
        change |= {"feel": text} if given.get("as") == "feel" else {"value": json_of(text, "value")}
        if given.get("retype"):
            change["retype"] = True
    return change


def json_of(text: str, field: str) -> Any:
    """The JSON in a field. Raises ``Invalid`` that says where it is wrong."""
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as error:
        reason = Phrase(
            "Line %(line)s, column %(column)s: %(reason)s", line=error.lineno, column=error.colno, reason=error.msg
        )
        raise Invalid("This is no JSON.", fields={field: [reason]}) from error


def plan_of(text: str) -> list[dict[str, Any]]:
    """The changes that the page remembers."""
    plan = json_of(text, "plan") if text else []
    if not isinstance(plan, list) or not all(isinstance(one, dict) for one in plan):
        raise Invalid("This is no plan of changes.")
    return plan


def packed(plan: Sequence[Mapping[str, Any]]) -> str:
    """The plan for a hidden field."""
    return orjson.dumps(list(plan)).decode()


def moment_of(text: str) -> datetime | None:
    """A moment as a date-time field gives it, in the reader's zone; None for an empty one."""
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise Invalid("This is no moment.", fields={"due_at": [Phrase("Choose a date and a time.")]}) from error
    if moment.tzinfo is None:
        zone: Any = get_timezone()
        # pytz's zones must be asked; those of zoneinfo are simply set.
        moment = zone.localize(moment) if hasattr(zone, "localize") else moment.replace(tzinfo=zone)
    return moment


def names(made: Bundle, process: str) -> dict[str, str]:
    """Id -> name of every element of the process and those it calls, in the reader's language."""
    language = vocabulary.language()
    found: dict[str, str] = {}
    processes = made.program.diagrams.processes
    for one in (processes[process], *(other for name, other in processes.items() if name != process)):
        for element in one.elements.values():
            found.setdefault(element.id, made.text(element.id, "name", language) or element.name or element.id)
    return found


def sentence(change: Mapping[str, Any], known: Names, tokens: Sequence[Mapping[str, Any]]) -> str:
    """A change of the plan in words."""
    at = {one["ref"]: known.get(one["element"], one["element"]) for one in tokens}
    source = at.get(str(change.get("token", "")), str(change.get("element") or change.get("token", "")))
    target, name = known.get(str(change.get("to")), str(change.get("to", ""))), change.get("name", "")
    value = change["feel"] if "feel" in change else plain.pretty(change.get("value"))
    texts: dict[str, str] = {
        "move": gettext("Move from “%(source)s” to “%(target)s”", source=source, target=target),
        "cancel": gettext("Cancel “%(source)s”", source=source),
        "start": gettext("Start “%(target)s”", target=target),
        "set": gettext("Set %(name)s to %(value)s", name=name, value=value),
        "remove": gettext("Remove %(name)s", name=name),
    }
    return texts.get(str(change.get("do")), str(change.get("do")))


def told(event: Mapping[str, Any], known: Names) -> dict[str, Any]:
    """One thing that a person did to a process by hand: sentence, reason, before and after."""
    data = event["data"] or {}
    said = sentence_of(event["kind"], data, technical=True)
    element = known.get(event["element"], event["element"])
    text = filled(said, {"element": element, "process": event["process"], **data}) if said else event["kind"]
    plan = [sentence(one, known, _tokens(data)) for one in data.get("plan", ())]
    return {
        "at": event["at"],
        "who": event["actor_name"],
        "icon": said.icon if said else "pen",
        "text": text,
        "reason": data.get("reason") or "",
        "plan": plan,
        "before": _side(data.get("before"), known),
        "after": _side(data.get("after"), known),
    }


def _tokens(data: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    before = data.get("before")
    return before.get("tokens", ()) if isinstance(before, Mapping) else ()


def _side(value: Any, known: Names) -> str:
    """Before or after in words: elements by name, moments in the reader's zone, the rest as JSON."""
    if isinstance(value, Mapping) and "tokens" in value:
        stood = ", ".join(known.get(one["element"], one["element"]) for one in value["tokens"])
        held = ", ".join(f"{name} = {plain.pretty(one)}" for name, one in value.get("variables", {}).items())
        return " · ".join(part for part in (stood, held) if part)
    if isinstance(value, list):
        return ", ".join(known.get(str(one), str(one)) for one in value)
    if isinstance(value, str):
        try:
            return str(vocabulary.moment(value))
        except ValueError:
            return str(gettext("runs") if value == "active" else gettext("on hold") if value == "suspended" else value)
    return plain.pretty(value) if value else ""
