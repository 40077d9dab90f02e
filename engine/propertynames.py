"""The properties of an element in a diagram's file, as names and values, and what people call them."""

from collections.abc import Collection, Mapping

from lxml import etree

from loopdesk.engine.errors import N_

UNSAID = frozenset({"incoming", "outgoing"})
"""Children that only repeat what the flows say."""
KEYS = ("target", "name", "key", "eventType")
"""Attributes that tell brothers of one kind apart, such as the inputs of a mapping."""
SAID: Mapping[str, str] = {
    "kind": N_("kind"),
    "@name": N_("name"),
    "documentation": N_("documentation"),
    "@sourceRef": N_("comes from"),
    "@targetRef": N_("leads to"),
    "@default": N_("default flow"),
    "@attachedToRef": N_("attached to"),
    "@cancelActivity": N_("interrupts"),
    "@isInterrupting": N_("interrupts"),
    "@calledElement": N_("called process"),
    "conditionExpression": N_("condition"),
    "extensionElements/formDefinition@formId": N_("form"),
    "extensionElements/assignmentDefinition@assignee": N_("person"),
    "extensionElements/taskDefinition@type": N_("operation"),
    "extensionElements/calledDecision@decisionId": N_("decision"),
    "extensionElements/calledDecision@resultVariable": N_("result variable"),
    "extensionElements/script@expression": N_("script"),
    "extensionElements/script@resultVariable": N_("result variable"),
    "extensionElements/properties/property[timeLimit]@value": N_("time limit"),
    "extensionElements/properties/property[calendar]@value": N_("calendar"),
    "extensionElements/properties/property[expectedResult]@value": N_("expected result"),
    "timerEventDefinition/timeDuration": N_("duration"),
    "timerEventDefinition/timeDate": N_("moment"),
    "timerEventDefinition/timeCycle": N_("cycle"),
    "messageEventDefinition@messageRef": N_("message"),
    "@messageRef": N_("message"),
    "signalEventDefinition@signalRef": N_("signal"),
    "flowNodeRef": N_("elements in the lane"),
}
"""Path of a property -> what people call it; others are called by their path."""


def flattened(node: etree._Element, apart: Collection[str]) -> dict[str, str]:
    """Path -> value of all that an element says, without the elements ``apart``, which speak for themselves."""
    found: dict[str, str] = {}
    _walk(node, "", apart, found)
    found.pop("@id", None)
    return found


def said(path: str) -> str:
    """What people call a property, as a gettext id; the path itself where there is no word."""
    return SAID.get(path, path)


def _walk(node: etree._Element, path: str, apart: Collection[str], found: dict[str, str]) -> None:
    for name, value in node.attrib.items():
        local = etree.QName(name).localname
        if local != "id":
            _add(found, f"{path}@{local}", str(value))
    children = [child for child in node.iterchildren() if isinstance(child.tag, str)]
    text = (node.text or "").strip()
    if text and path:
        _add(found, path, text)
    for child in children:
        kind = etree.QName(child).localname
        if kind in UNSAID or kind in apart:
            continue
        _walk(child, f"{path}/{kind}".lstrip("/") + _brother(child, children), apart, found)
    if path and not (children or text or set(node.attrib) - {"id"}):
        _add(found, path, "✓")


def _brother(child: etree._Element, children: list[etree._Element]) -> str:
    if child.tag not in [other.tag for other in children if other is not child] and not _is_listed(child):
        return ""
    key = next((child.get(key) for key in KEYS if child.get(key)), "")
    return f"[{key}]" if key else ""


def _is_listed(child: etree._Element) -> bool:
    """One property alone is named as one of many is."""
    return etree.QName(child).localname in ("property", "input", "output", "header")


def _add(found: dict[str, str], path: str, value: str) -> None:
    """Brothers without a key stand one below the other."""
    found[path] = f"{found[path]}\n{value}" if path in found else value
