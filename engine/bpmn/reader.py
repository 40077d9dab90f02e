"""Reads the diagrams of a bundle into plain values, with a finding for everything that will not be run."""

from collections.abc import Iterator
from functools import lru_cache
from pathlib import PurePosixPath

from lxml import etree

from loopdesk.engine.bpmn.details import DATA, LOOPS, details_of, variables_of
from loopdesk.engine.bpmn.model import EVENT_SUB_PROCESS, SCOPES, Diagrams, Element, Flow, Process
from loopdesk.engine.bpmn.normal import normalise
from loopdesk.engine.bpmn.rules import check
from loopdesk.engine.bpmn.triggers import NAMED, SUFFIX, Triggers
from loopdesk.engine.bpmn.xml import BPMN, Unreadable, is_bpmn, line_of, local, open_xml
from loopdesk.engine.bpmn.zeebe import extras_of
from loopdesk.engine.errors import N_
from loopdesk.engine.findings import Finding, severity_of
from loopdesk.engine.host import Files

FLOW_NODES = frozenset(
    {
        "startEvent",
        "endEvent",
        "task",
        "userTask",
        "manualTask",
        "serviceTask",
        "sendTask",
        "scriptTask",
        "businessRuleTask",
        "exclusiveGateway",
        "parallelGateway",
        "inclusiveGateway",
        "complexGateway",
        "eventBasedGateway",
        "boundaryEvent",
        "intermediateCatchEvent",
        "intermediateThrowEvent",
        "receiveTask",
        "subProcess",
        "transaction",
        "adHocSubProcess",
        "callActivity",
    }
)
DRAWING_ONLY = frozenset(
    {
        "laneSet",
        "textAnnotation",
        "association",
        "group",
        "documentation",
        "extensionElements",
        "incoming",
        "outgoing",
        "dataObject",
        "dataObjectReference",
        "dataStoreReference",
        "property",
        "category",
        "supports",
        "correlationSubscription",
    }
)
"""Shown on the diagram, without a meaning for the run."""
TOP_LEVEL = frozenset(
    {
        "process",
        "collaboration",
        "extensionElements",
        "documentation",
        "category",
        "itemDefinition",
        "dataStore",
        "resource",
        "interface",
        "endPoint",
        "partnerEntity",
        "partnerRole",
        "relationship",
        "correlationProperty",
        "globalTask",
        "globalUserTask",
        "globalManualTask",
        "globalScriptTask",
        "globalBusinessRuleTask",
        "import",
    }
)
"""Beside the processes; imports and global tasks are told about where they matter."""
PARTS = (
    frozenset(
        {
            "documentation",
            "extensionElements",
            "incoming",
            "outgoing",
            "script",
            "eventDefinitionRef",
            "activationCondition",
            "completionCondition",
            "auditing",
            "monitoring",
            "categoryValueRef",
            "potentialOwner",
            "humanPerformer",
            "performer",
            "resourceRole",
        }
    )
    | LOOPS
    | DATA
)
"""What may stand inside a flow node, besides its event definition and the inside of a sub-process."""
LONGEST = 200
"""Characters of an id."""
SHOWN = 30
"""Characters of an id that is too long, as far as people need it to find it."""


KEPT, KEPT_BYTES = 64, 500_000
"""How many folders' reading is kept, and how long their diagrams may be: a deployment asks four times for the same."""


def read(files: Files) -> Diagrams:
    """All processes of the ``.bpmn`` files of a bundle; what is wrong or not supported stands in ``findings``."""
    # Of other files only the names count.
    seen = {name: content if PurePosixPath(name).suffix == ".bpmn" else b"" for name, content in files.items()}
    reading = _kept if sum(map(len, seen.values())) <= KEPT_BYTES else _read
    found = reading(tuple(sorted(seen.items())))
    return Diagrams({**found.processes}, [*found.findings], {*found.unread})


def _read(pairs: tuple[tuple[str, bytes], ...]) -> Diagrams:
    diagrams, files = Diagrams(), dict(pairs)
    for file in sorted(name for name in files if PurePosixPath(name).suffix == ".bpmn"):
        try:
            root = open_xml(files[file], file)
        except Unreadable as error:
            diagrams.findings.append(error.finding)
            diagrams.unread.add(file)
            continue
        diagrams.findings += normalise(root, file)
        _File(file, root, diagrams).read()
    check(diagrams, files)
    return diagrams


_kept = lru_cache(KEPT)(_read)


class _File:
    """One file on its way into the diagrams of the bundle."""

    def __init__(self, file: str, root: etree._Element, diagrams: Diagrams) -> None:
        self.file = file
        self.root = root
        self.diagrams = diagrams
        self.triggers = Triggers(root, self._find)
        self.variables = variables_of(root)
        self.elements: dict[str, Element] = {}
        self.flows: dict[str, Flow] = {}
        self.process = ""
        self.lines: dict[str, int] = {}
        """where each id of the process stands"""

    def read(self) -> None:
        if self.root.find(f"{{{BPMN}}}process") is None:
            message = N_("The file holds no process.")
            self._find(self.root, "process.missing", message, N_("Draw one, or take the file out of the folder."))
        for node in _children(self.root):
            if local(node) == "process":
                self._process(node)
            elif local(node) not in TOP_LEVEL | NAMED and not local(node).endswith(SUFFIX):
                self._unsupported(node)

    def _process(self, node: etree._Element) -> None:
        identity = node.get("id", "")
        self.elements, self.flows, self.lines, self.process = {}, {}, {}, identity
        self._scope(node, identity)
        if not identity:
            message = N_("The process at line %(line)s has no id.")
            self._find(node, "process.id", message, N_("Give every process an id of its own."), line=line_of(node))
            return
        if identity in self.diagrams.processes:
            message = N_("The process “%(id)s” is in this folder twice; the other one is in %(other)s.")
            other, remedy = self.diagrams.processes[identity].file, N_("Give every process an id of its own.")
            self._find(node, "process.id", message, remedy, id=identity, other=other)
            return
        if node.get("isExecutable") == "false" and self.elements:
            message = N_("The process is marked as not executable.")
            self._find(node, "draft.executable", message, N_("Tick “Executable” in the editor."))
        self.diagrams.processes[identity] = Process(
            identity,
            node.get("name", ""),
            self.file,
            self.elements,
            self.flows,
            _documentation(node),
            _associations(node),
        )

    def _scope(self, parent: etree._Element, scope: str) -> None:
        for node in _children(parent):
            tag = local(node)
            if tag == "sequenceFlow":
                self._flow(node, scope)
            elif tag in FLOW_NODES:
                self._element(node, scope)
            elif tag not in DRAWING_ONLY and tag not in PARTS:
                self._unsupported(node)

    def _flow(self, node: etree._Element, scope: str) -> None:
        condition = node.find(f"{{{BPMN}}}conditionExpression")
        # The id is optional in BPMN (§8.3.1); SpiffWorkflow 3.2.0 drops a flow without one and stops there.
        identity = node.get("id") or f"flow-{scope}-{len(self.flows) + 1}"
        self._unique(node, identity)
        text = (condition.text or "").strip() if condition is not None else ""
        self.flows[identity] = Flow(
            identity, node.get("sourceRef", ""), node.get("targetRef", ""), scope, text, node.get("name", "")
        )

    def _element(self, node: etree._Element, scope: str) -> None:
        identity, kind = node.get("id", ""), local(node)
        if kind == "subProcess" and node.get("triggeredByEvent") == "true":
            kind = EVENT_SUB_PROCESS
        self._unique(node, identity)
        extras, unknown = extras_of(node)
        for tag in unknown:
            message = N_("The extension “zeebe:%(tag)s” is not supported.")
            self._find(node, "extension.unsupported", message, N_("Remove it in the editor."), tag=tag)
        self.elements[identity] = Element(
            id=identity,
            kind=kind,
            name=node.get("name", ""),
            scope=scope,
            process=self.process,
            documentation=_documentation(node),
            trigger=self.triggers.of(node),
            attached_to=node.get("attachedToRef", ""),
            interrupting="false" not in (node.get("cancelActivity"), node.get("isInterrupting")),
            default=node.get("default", ""),
            extras=extras,
            details=details_of(node, self._variable, self.triggers),
        )
        self._inside(node)
        if kind in SCOPES:
            self._scope(node, identity)

    def _unique(self, node: etree._Element, identity: str) -> None:
        tag, line, remedy = local(node), line_of(node), N_("Give every element an id of its own.")
        if not identity:
            message = N_("The element <%(tag)s> at line %(line)s has no id.")
            self._find(node, "element.id", message, remedy, tag=tag, line=line)
        elif identity in self.lines:
            message = N_("The id “%(id)s” stands twice: at line %(line)s and at line %(other)s.")
            params = {"id": identity[:LONGEST], "line": self.lines[identity], "other": line}
            self._find(node, "element.id", message, remedy, **params)
        elif len(identity) > LONGEST:
            message = N_("The id at line %(line)s has %(length)s characters, more than %(limit)s: “%(id)s…”.")
            params = {"line": line, "length": len(identity), "limit": LONGEST, "id": identity[:SHOWN]}
            self._find(node, "element.id", message, N_("Give the element a shorter id."), **params)
        self.lines.setdefault(identity, line)

    def _inside(self, node: etree._Element) -> None:
        """Refuse what would change the run and is not read, such as resources."""
        for child in _children(node):
            tag = local(child)
            if local(node) not in SCOPES and tag not in PARTS and not tag.endswith("EventDefinition"):
                self._unsupported(node, tag)

    def _variable(self, identity: str) -> str:
        """The variable of a data object, input or output of this file."""
        return self.variables.get(identity, "")

    def _unsupported(self, node: etree._Element, what: str = "") -> None:
        message = N_("“%(what)s” cannot be run and would be ignored, so it is refused.")
        remedy = N_("Remove it, or draw it with the elements that docs/bpmn-support.md names.")
        self._find(node, "element.unsupported", message, remedy, what=what or local(node))

    def _find(self, node: etree._Element, rule: str, message: str, remedy: str, **params: object) -> None:
        identity, name = node.get("id", ""), node.get("name", "")
        finding = Finding(self.file, identity, name, rule, severity_of(rule), message, remedy, params)
        self.diagrams.findings.append(finding)


def _children(node: etree._Element) -> Iterator[etree._Element]:
    return (child for child in node.iterchildren() if is_bpmn(child))


def _documentation(node: etree._Element) -> str:
    found = node.find(f"{{{BPMN}}}documentation")
    return (found.text or "").strip() if found is not None else ""


def _associations(node: etree._Element) -> tuple[tuple[str, str], ...]:
    lines = node.iter(f"{{{BPMN}}}association")
    return tuple((line.get("sourceRef", ""), line.get("targetRef", "")) for line in lines)
