"""Reads the diagrams of a bundle into plain values, with a finding for everything that will not be run."""

from collections.abc import Iterator
from pathlib import PurePosixPath

from lxml import etree

from loopdesk.engine.bpmn.model import Diagrams, Element, Flow, Process, Trigger
from loopdesk.engine.bpmn.rules import check
from loopdesk.engine.bpmn.xml import BPMN, ZEEBE, Unreadable, is_bpmn, local, open_xml
from loopdesk.engine.bpmn.zeebe import extras_of
from loopdesk.engine.errors import N_, Phrase
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
        "eventBasedGateway",
        "boundaryEvent",
        "intermediateCatchEvent",
        "intermediateThrowEvent",
        "subProcess",
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
    }
)
"""Shown on the diagram, without a meaning for the run."""
TOP_LEVEL = frozenset(
    {"process", "message", "collaboration", "extensionElements", "documentation", "category", "itemDefinition"}
)
PARTS = frozenset({"documentation", "extensionElements", "incoming", "outgoing", "script", "eventDefinitionRef"})
"""What may stand inside a flow node, besides its event definition, a loop and the inside of a sub-process."""
PLAIN = {
    "isForCompensation": "false",
    "startQuantity": "1",
    "completionQuantity": "1",
    "instantiate": "false",
    "eventGatewayType": "Exclusive",
}
"""Attributes of flow nodes that change the run, each with the only value that is run."""
LONGEST = 200
"""Characters of an id or a message's name."""
TRIGGERS = {
    "messageEventDefinition": "message",
    "timerEventDefinition": "timer",
    "terminateEventDefinition": "terminate",
}
LOOPS = {
    "standardLoopCharacteristics": Phrase("a loop"),
    "multiInstanceLoopCharacteristics": Phrase("a multi-instance activity"),
}
TIMERS = {"timeDuration": "duration", "timeDate": "date", "timeCycle": "cycle"}


def read(files: Files) -> Diagrams:
    """All processes of the ``.bpmn`` files of a bundle; what is wrong or not supported stands in ``findings``."""
    diagrams = Diagrams()
    for file in sorted(name for name in files if PurePosixPath(name).suffix == ".bpmn"):
        try:
            root = open_xml(files[file], file)
        except Unreadable as error:
            diagrams.findings.append(error.finding)
            continue
        _File(file, root, diagrams).read()
    check(diagrams, files)
    return diagrams


class _File:
    """One file on its way into the diagrams of the bundle."""

    def __init__(self, file: str, root: etree._Element, diagrams: Diagrams) -> None:
        self.file = file
        self.root = root
        self.diagrams = diagrams
        self.messages = {node.get("id", ""): node for node in root.iterfind(f"{{{BPMN}}}message")}
        self.elements: dict[str, Element] = {}
        self.flows: dict[str, Flow] = {}
        self.process = ""

    def read(self) -> None:
        for node in _children(self.root):
            if local(node) == "process":
                self._process(node)
            elif local(node) not in TOP_LEVEL:
                self._unsupported(node)

    def _process(self, node: etree._Element) -> None:
        identity = node.get("id", "")
        self.elements, self.flows, self.process = {}, {}, identity
        self._scope(node, identity)
        if not identity or identity in self.diagrams.processes:
            message = N_("The process has no id, or another one of this folder has the same: “%(id)s”.")
            self._find(node, "process.id", message, N_("Give every process an id of its own."), id=identity)
            return
        if node.get("isExecutable") == "false" and self.elements:
            message = N_("The process is marked as not executable.")
            self._find(node, "draft.executable", message, N_("Tick “Executable” in the editor."))
        self.diagrams.processes[identity] = Process(
            identity, node.get("name", ""), self.file, self.elements, self.flows, _documentation(node)
        )

    def _scope(self, parent: etree._Element, scope: str) -> None:
        for node in _children(parent):
            tag = local(node)
            if tag == "sequenceFlow":
                self._flow(node, scope)
            elif tag in FLOW_NODES:
                self._element(node, scope)
            elif tag not in DRAWING_ONLY and tag not in LOOPS:
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
            trigger=self._trigger(node),
            attached_to=node.get("attachedToRef", ""),
            interrupting=node.get("cancelActivity", "true") != "false",
            default=node.get("default", ""),
            extras=extras,
        )
        self._inside(node)
        if kind == "subProcess":
            if node.get("triggeredByEvent") == "true":
                self._unsupported(node, Phrase("an event sub-process"))
            self._scope(node, identity)

    def _unique(self, node: etree._Element, identity: str) -> None:
        taken = identity in self.elements or identity in self.flows
        if not identity or taken or len(identity) > LONGEST:
            message = N_("The element has no id, a very long one, or shares it with another one: “%(id)s”.")
            self._find(node, "element.id", message, N_("Give every element an id of its own."), id=identity[:LONGEST])

    def _inside(self, node: etree._Element) -> None:
        """Refuse what would change the run and is not read: loops, data associations, resources, token quantities."""
        for name, plain in PLAIN.items():
            if node.get(name, plain) != plain:
                self._unsupported(node, f"{name}={node.get(name)}")
        for child in _children(node):
            tag = local(child)
            if tag in LOOPS:
                self._unsupported(node, LOOPS[tag])
            elif local(node) != "subProcess" and tag not in PARTS and not tag.endswith("EventDefinition"):
                self._unsupported(node, tag)

    def _trigger(self, node: etree._Element) -> Trigger:
        if local(node) == "sendTask" and node.get("messageRef"):
            return Trigger("message", message=self._message(node))
        definitions = [child for child in _children(node) if local(child).endswith("EventDefinition")]
        if node.find(f"{{{BPMN}}}eventDefinitionRef") is not None:
            self._unsupported(node, Phrase("a shared event definition"))
        if len(definitions) > 1:
            self._unsupported(node, Phrase("an event with several definitions"))
        if not definitions:
            return Trigger()
        definition = definitions[0]
        kind = TRIGGERS.get(local(definition))
        if kind is None:
            self._unsupported(node, local(definition))
            return Trigger()
        if kind == "message":
            return Trigger("message", message=self._message(definition, node))
        return self._timer(definition) if kind == "timer" else Trigger(kind)

    def _message(self, node: etree._Element, element: etree._Element | None = None) -> str:
        element = node if element is None else element
        message = self.messages.get(node.get("messageRef", ""))
        name = message.get("name", "") if message is not None else ""
        if message is None or not name or len(name) > LONGEST:
            text = N_("The event refers to no message with a name.")
            self._find(element, "message.missing", text, N_("Choose or create a message and give it a name."))
            return ""
        subscription = message.find(f"{{{BPMN}}}extensionElements/{{{ZEEBE}}}subscription")
        key = subscription.get("correlationKey", "") if subscription is not None else ""
        if key and key.replace(" ", "") not in ("=case.number", "=key"):
            text = N_("The message “%(called)s” correlates by “%(key)s”; only the case number is possible.")
            self._find(
                element, "message.key", text, N_("Set the correlation key to =case.number."), called=name, key=key
            )
        return name

    def _timer(self, definition: etree._Element) -> Trigger:
        times = [child for child in _children(definition) if local(child) in TIMERS]
        if len(times) != 1:
            return Trigger("timer")
        return Trigger("timer", timer=TIMERS[local(times[0])], text=(times[0].text or "").strip())

    def _unsupported(self, node: etree._Element, what: str = "") -> None:
        message = N_("“%(what)s” cannot be run and would be ignored, so it is refused.")
        remedy = N_(
            "Draw it with tasks, exclusive, parallel and event gateways, message and timer events, sub-processes."
        )
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
