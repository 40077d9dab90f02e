"""A bundle's diagrams made into task specs, once per version."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from loopdesk.engine.bpmn import activities, ad_hoc, compensation, events, gateways, nodes, starts, throwing, weaving
from loopdesk.engine.bpmn.model import EVENT_SUB_PROCESS, Diagrams, Element, Process
from loopdesk.engine.bpmn.nodes import Node, ProcessSpec, Way
from loopdesk.engine.bpmn.readers import READER, require
from loopdesk.engine.bpmn.starts import Start

NODES: Mapping[str, type[Node]] = {
    "startEvent": nodes.StartEvent,
    "endEvent": throwing.ThrowEvent,
    "intermediateThrowEvent": throwing.ThrowEvent,
    "intermediateCatchEvent": events.CatchEvent,
    "boundaryEvent": events.BoundaryEvent,
    "task": activities.Activity,
    "manualTask": activities.Activity,
    "userTask": activities.UserTask,
    "serviceTask": activities.ServiceTask,
    "sendTask": activities.ServiceTask,
    "receiveTask": events.ReceiveTask,
    "scriptTask": activities.ScriptTask,
    "businessRuleTask": activities.BusinessRuleTask,
    "exclusiveGateway": nodes.ExclusiveGateway,
    "parallelGateway": nodes.ParallelGateway,
    "inclusiveGateway": gateways.InclusiveGateway,
    "complexGateway": gateways.ComplexGateway,
    "eventBasedGateway": activities.EventGateway,
    "subProcess": activities.SubProcess,
    "eventSubProcess": activities.EventSubProcess,
    "transaction": compensation.Transaction,
    "adHocSubProcess": ad_hoc.AdHoc,
    "callActivity": activities.CallActivity,
}


@dataclass
class Program:
    """Everything a bundle can run. ``nodes`` is keyed by place (``process/element``); a process by ``process/``."""

    diagrams: Diagrams
    reader: str = READER
    specs: dict[str, ProcessSpec] = field(default_factory=dict)
    nodes: dict[str, Node] = field(default_factory=dict)

    @cached_property
    def places(self) -> list[str]:
        """Every element and flow, in a fixed order: what ``passed`` counts and coverage is measured against."""
        return sorted(
            f"{process.id}/{item}"
            for process in self.diagrams.processes.values()
            for item in (*process.elements, *process.flows)
        )

    @cached_property
    def place_numbers(self) -> Mapping[str, int]:
        """The position of each place among ``places``."""
        return {place: number for number, place in enumerate(self.places)}

    def marked(self, marks: int) -> set[str]:
        """The places whose bits are set."""
        return {place for number, place in enumerate(self.places) if marks >> number & 1}

    def starts_of(self, process: str) -> list[Node]:
        """The nodes that a plain start begins with; none if the process is unknown or has no plain start."""
        known = self.diagrams.processes.get(process)
        found = known.beginnings(process) if known is not None else []
        return [self.nodes[f"{process}/{item.id}"] for item in found]

    def plain_starts(self, process: str) -> list[Start | None]:
        """The start events of a process that each begin an instance when it is plainly started (BPMN 2.0.2 §10.5.2).

        Only None when there are not several: the one instance begins where it has to. Reader 1 took the first of them.
        """
        if self.reader == "1":
            return [None]
        known = self.diagrams.processes.get(process)
        found = known.plain_starts() if known is not None else []
        return [Start(item, 0, item.trigger) for item in found] if len(found) > 1 else [None]

    def starts(self, kind: str = "", process: str = "") -> Iterator[Start]:
        """What can begin an instance when its trigger comes: of a kind, of a process, or all."""
        for item in self.diagrams.processes.values():
            if process in ("", item.id):
                yield from (start for start in starts.starts(item) if kind in ("", start.trigger.kind))


def compile_diagrams(diagrams: Diagrams, reader: str = READER) -> Program:
    """Task specs of every process, with the meaning that ``reader`` gives them; the diagrams must be free of errors.

    Raises ``Refused`` for a reader that this release does not know.
    """
    require(reader)
    program = Program(diagrams, reader)
    for process in diagrams.processes.values():
        _add(program, process)
    for node in program.nodes.values():
        if isinstance(node, activities.CallActivity):
            node.first = program.starts_of(node.element.extras.called)
            if node.first:
                root = program.nodes[f"{node.element.extras.called}/"]
                node.handlers, node.undo = root.handlers, root.undo
                node.undone_at = node.undone_at or root.undone_at
    return program


def _add(program: Program, process: Process) -> None:
    spec = ProcessSpec(process.id, process.file)
    program.specs[process.id] = spec
    root = activities.Root(spec, Element(process.id, "process", process.name, "", process.id))
    program.nodes[f"{process.id}/"] = root
    for element in process.elements.values():
        weaving.add(program.nodes, spec, element, _class(process, element))
    for flow in process.flows.values():
        source, target = (program.nodes[f"{process.id}/{end}"] for end in (flow.source, flow.target))
        source.connect(target)
        source.ways.append(Way(flow, target, f"{process.id}/{flow.id}"))
        target.arriving.append(flow.id)
        target.before.append(source)
    for element in process.elements.values():
        node = program.nodes[f"{process.id}/{element.id}"]
        node.boundaries = [program.nodes[f"{process.id}/{event.id}"] for event in process.boundaries(element.id)]
        for event in node.boundaries:
            event.before = [node]
    _events(program, process)
    weaving.weave(program.nodes, process)


def _events(program: Program, process: Process) -> None:
    """Tie starts of event sub-processes to the scope that they listen for, and links to each other."""
    links = {(item.scope, name): item for item in process.elements.values() for name in _links(item, "Catch")}
    for element in process.elements.values():
        node = program.nodes[f"{process.id}/{element.id}"]
        if isinstance(node, events.EventStart):
            body = process.elements[element.scope]
            node.body = program.nodes[f"{process.id}/{body.id}"]
            scope = "" if body.scope == process.id else body.scope
            program.nodes[f"{process.id}/{scope}"].handlers.append(node)
        for name in _links(element, "Throw"):
            if isinstance(node, throwing.ThrowEvent) and (element.scope, name) in links:
                node.target = program.nodes[f"{process.id}/{links[element.scope, name].id}"]
                node.target.before.append(node)


def _links(element: Element, way: str) -> list[str]:
    """The names of the links that an event throws or catches."""
    if element.kind != f"intermediate{way}Event":
        return []
    return [trigger.name for trigger in element.trigger.each if trigger.kind == "link"]


def _class(process: Process, element: Element) -> type[Node]:
    if element.kind == "startEvent":
        return _start_class(process, element)
    if element.kind == "eventBasedGateway" and element.details.parallel:
        # All of its events have to come, each on its own way: the ways part here (§10.6.6).
        return nodes.Node
    if element.details.answered:
        return activities.ServiceTask
    if element.kind == "sendTask" and element.trigger.kind == "message":
        return activities.MessageTask
    if NODES[element.kind] is throwing.ThrowEvent:
        return compensation.thrower(element.trigger)
    # A link is there as soon as its token is; with other triggers the event takes the first of them.
    linked = element.trigger.has("link") and not element.trigger.together
    return nodes.Node if linked else NODES[element.kind]


def _start_class(process: Process, element: Element) -> type[Node]:
    if element.scope != process.id and process.elements[element.scope].kind == EVENT_SUB_PROCESS:
        return events.EventStart
    return events.CatchEvent if element.trigger.together else nodes.StartEvent
