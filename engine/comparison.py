"""Two versions of a process folder side by side: elements of the diagrams, and all other files line by line.

Elements are compared as bpmn-js-differ 3.2 does: by id; added, removed, changed (any property) or only moved on the
drawing. What is inside an element - event definitions, mappings, conditions - belongs to it; other elements do not.
"""

import difflib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from lxml import etree

from loopdesk.engine import bpmn
from loopdesk.engine.bpmn.model import SCOPES
from loopdesk.engine.bundle import Bundle
from loopdesk.engine.host import Files
from loopdesk.engine.propertynames import flattened

ADDED, REMOVED, CHANGED, MOVED = "added", "removed", "changed", "moved"
DIFFERENT_LINES = 2000
"""Lines of a file's difference that are kept."""
_BPMN = f"{{{bpmn.NAMESPACE}}}"
_DI = "{http://www.omg.org/spec/BPMN/20100524/DI}"
COMPARED = SCOPES | {
    *("process", "collaboration", "participant", "lane", "messageFlow", "sequenceFlow", "association"),
    *("textAnnotation", "group", "dataObject", "dataObjectReference", "dataStore", "dataStoreReference"),
    *("message", "signal", "error", "escalation", "startEvent", "endEvent", "boundaryEvent"),
    *("intermediateCatchEvent", "intermediateThrowEvent", "task", "userTask", "manualTask", "serviceTask", "sendTask"),
    *("receiveTask", "scriptTask", "businessRuleTask", "callActivity", "exclusiveGateway", "parallelGateway"),
    *("inclusiveGateway", "complexGateway", "eventBasedGateway"),
}
"""Elements with a life of their own; all others belong to the one around them."""


@dataclass(frozen=True, slots=True)
class Property:
    """One property that differs; ``name`` is a path such as ``extensionElements/formDefinition@formId``."""

    name: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class ElementChange:
    """What became of one element; ``what`` is ``ADDED``, ``REMOVED``, ``CHANGED`` or ``MOVED``."""

    file: str
    id: str
    kind: str
    name: str
    what: str
    properties: list[Property] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class FileChange:
    """What became of a file; ``lines`` begin with ``+``, ``-``, a space or ``@@``; none for what is no text."""

    path: str
    what: str
    lines: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Comparison:
    """All that differs between two versions."""

    old: int
    new: int
    elements: list[ElementChange]
    files: list[FileChange]

    @property
    def same(self) -> bool:
        """Whether nothing differs."""
        return not (self.elements or self.files)

    def marks(self, file: str, *, old: bool) -> dict[str, list[str]]:
        """Kind of change -> ids of a diagram to draw it at, on the old or the new drawing."""
        missing = ADDED if old else REMOVED
        found: dict[str, list[str]] = {what: [] for what in (ADDED, REMOVED, CHANGED, MOVED) if what != missing}
        for change in self.elements:
            if change.file == file and change.what in found:
                found[change.what].append(change.id)
        return found


def compare(old: Bundle, new: Bundle) -> Comparison:
    """What ``new`` says otherwise than ``old``."""
    elements = [change for path in _paths(old.files, new.files) for change in _diagram(path, old.files, new.files)]
    return Comparison(old.number, new.number, elements, list(_files(old.files, new.files)))


def _paths(old: Files, new: Files) -> list[str]:
    return sorted(path for path in {*old, *new} if path.endswith(".bpmn") and old.get(path) != new.get(path))


@dataclass(frozen=True, slots=True)
class _Known:
    kind: str
    name: str
    properties: Mapping[str, str]
    drawn: Any
    names: Mapping[str, str]
    """of all elements of its file"""


def _diagram(path: str, old: Files, new: Files) -> Iterator[ElementChange]:
    before, after = _elements(old.get(path)), _elements(new.get(path))
    for identity in [*after, *(one for one in before if one not in after)]:
        was, now = before.get(identity), after.get(identity)
        if was is None or now is None:
            known, what = (now, ADDED) if now is not None else (was, REMOVED)
            assert known is not None
            yield ElementChange(path, identity, known.kind, known.name, what)
            continue
        different = _properties(was, now)
        if different or was.drawn != now.drawn:
            what = CHANGED if different else MOVED
            yield ElementChange(path, identity, now.kind, now.name or was.name, what, different)


def _properties(was: _Known, now: _Known) -> list[Property]:
    one, other = ({"kind": known.kind, **known.properties} for known in (was, now))
    names = dict.fromkeys([*other, *one])
    return [
        _property(name, was, now, one.get(name, ""), other.get(name, ""))
        for name in names
        if one.get(name) != other.get(name)
    ]


def _property(name: str, was: _Known, now: _Known, before: str, after: str) -> Property:
    """What is referred to is called by its name, where that tells both apart."""
    called = was.names.get(before, before), now.names.get(after, after)
    if name.endswith("Ref") and called[0] != called[1]:
        before, after = called
    return Property(name, before, after)


def _elements(content: bytes | None) -> dict[str, _Known]:
    """Id -> what a file says about an element; nothing for a file that is not there."""
    if content is None:
        return {}
    root = etree.fromstring(content, etree.XMLParser(resolve_entities=False, no_network=True))
    drawn = _drawn(root)
    names = {str(node.get("id")): str(node.get("name")) for node in root.iter(f"{_BPMN}*") if node.get("name")}
    found = {}
    for node in root.iter(f"{_BPMN}*"):
        identity, kind = node.get("id"), etree.QName(node).localname
        if identity and kind in COMPARED:
            said = flattened(node, COMPARED)
            found[identity] = _Known(kind, node.get("name", ""), said, drawn.get(identity), names)
    return found


def _drawn(root: etree._Element) -> dict[str, Any]:
    """Id -> where the drawing has it: all coordinates, and whether it is drawn open."""
    found = {}
    for shape in root.iter(f"{_DI}BPMNShape", f"{_DI}BPMNEdge"):
        places = [tuple(sorted(node.attrib.items())) for node in shape.iter() if node is not shape and node.get("x")]
        found[shape.get("bpmnElement", "")] = (places, shape.get("isExpanded"))
    return found


def _files(old: Files, new: Files) -> Iterator[FileChange]:
    for path in sorted({*old, *new}):
        before, after = old.get(path), new.get(path)
        if before == after:
            continue
        what = ADDED if before is None else REMOVED if after is None else CHANGED
        if not path.endswith(".bpmn"):
            yield FileChange(path, what, _lines(before, after))
        elif what != CHANGED:
            yield FileChange(path, what)


def _lines(before: bytes | None, after: bytes | None) -> list[str]:
    try:
        one, other = ((content or b"").decode().splitlines() for content in (before, after))
    except UnicodeDecodeError:
        return []
    found = difflib.unified_diff(one, other, lineterm="", n=2)
    return [line for line in found if not line.startswith(("---", "+++"))][:DIFFERENT_LINES]
