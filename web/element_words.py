"""What people call the elements of a diagram, and how a difference between two versions is marked."""

from collections.abc import Iterable, Mapping
from typing import Any

from flask_babel import gettext, lazy_gettext

from loopdesk.web.vocabulary import Look

KINDS: Mapping[str, Any] = {
    "process": lazy_gettext("process"),
    "participant": lazy_gettext("pool"),
    "collaboration": lazy_gettext("collaboration"),
    "lane": lazy_gettext("lane"),
    "sequenceFlow": lazy_gettext("flow"),
    "messageFlow": lazy_gettext("message flow"),
    "association": lazy_gettext("association"),
    "textAnnotation": lazy_gettext("note on the drawing"),
    "group": lazy_gettext("group"),
    "dataObject": lazy_gettext("data object"),
    "dataObjectReference": lazy_gettext("data object"),
    "dataStore": lazy_gettext("data store"),
    "dataStoreReference": lazy_gettext("data store"),
    "message": lazy_gettext("message"),
    "signal": lazy_gettext("signal"),
    "error": lazy_gettext("error"),
    "escalation": lazy_gettext("escalation"),
    "startEvent": lazy_gettext("start event"),
    "endEvent": lazy_gettext("end event"),
    "boundaryEvent": lazy_gettext("event on the edge"),
    "intermediateCatchEvent": lazy_gettext("event that waits"),
    "intermediateThrowEvent": lazy_gettext("event that sends"),
    "task": lazy_gettext("task"),
    "userTask": lazy_gettext("task for people"),
    "manualTask": lazy_gettext("manual task"),
    "serviceTask": lazy_gettext("service task"),
    "sendTask": lazy_gettext("send task"),
    "receiveTask": lazy_gettext("receive task"),
    "scriptTask": lazy_gettext("script task"),
    "businessRuleTask": lazy_gettext("decision task"),
    "subProcess": lazy_gettext("sub-process"),
    "transaction": lazy_gettext("transaction"),
    "adHocSubProcess": lazy_gettext("ad hoc sub-process"),
    "callActivity": lazy_gettext("called process"),
    "exclusiveGateway": lazy_gettext("gateway (one way)"),
    "inclusiveGateway": lazy_gettext("gateway (one or more ways)"),
    "parallelGateway": lazy_gettext("gateway (all ways)"),
    "complexGateway": lazy_gettext("gateway (by condition)"),
    "eventBasedGateway": lazy_gettext("gateway (first event)"),
}
"""Kind of an element in the file -> what people call it."""

CHANGES: Mapping[str, tuple[str, Look]] = {
    "added": ("+", Look(lazy_gettext("added"), "green", "plus")),
    "removed": ("−", Look(lazy_gettext("removed"), "red", "minus")),
    "changed": ("≠", Look(lazy_gettext("changed"), "yellow", "pen")),
    "moved": ("↔", Look(lazy_gettext("moved on the drawing"), "blue", "arrow")),
}
"""What became of an element -> the sign on the drawing, and the word, colour and shape beside it."""

STATES: Mapping[str, Look] = {
    "current": Look(lazy_gettext("current"), "accent", "check"),
    "draft": Look(lazy_gettext("draft"), "blue", "pen"),
    "former": Look(lazy_gettext("former"), "", "clock"),
    "retired": Look(lazy_gettext("retired"), "yellow", "minus"),
}
"""State of a version -> how it is shown."""

MIGRATIONS: Mapping[str, Look] = {
    "running": Look(lazy_gettext("running"), "accent", "play"),
    "paused": Look(lazy_gettext("paused"), "yellow", "pause"),
    "finished": Look(lazy_gettext("finished"), "green", "check"),
    "waiting": Look(lazy_gettext("waits"), "", "clock"),
    "migrated": Look(lazy_gettext("moved"), "green", "check"),
    "failed": Look(lazy_gettext("stays as it was"), "red", "octagon"),
}
"""State of a migration, or of one instance in it -> how it is shown."""


def kind(name: str) -> str:
    """What people call a kind of element; the kind itself where there is no word."""
    return str(KINDS.get(name, name))


def said(msgid: str) -> str:
    """A property's name in the reader's language; a path stays what it is."""
    return str(gettext(msgid))


def options(rows: Iterable[Mapping[str, Any]], *, running: bool = False) -> list[tuple[int, str]]:
    """Versions to choose from: number, state and, where it matters, how many cases run on each."""
    texts = []
    for row in rows:
        text = f"{row['number']} · {STATES[row['state']].text}"
        more = gettext("%(count)s running", count=row["running"]) if running else ""
        texts.append((row["number"], f"{text} · {more}" if more else text))
    return texts
