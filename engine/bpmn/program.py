"""A bundle's diagrams made into task specs, once per version."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from loopdesk.engine.bpmn import activities, nodes
from loopdesk.engine.bpmn.model import Diagrams, Element, Process
from loopdesk.engine.bpmn.nodes import Node, ProcessSpec, Way

READER = "1"
"""Version of reading and compiling, stored with each deployment; raised when a diagram would mean something else."""

NODES: Mapping[str, type[Node]] = {
    "startEvent": nodes.StartEvent,
    "endEvent": nodes.ThrowEvent,
    "intermediateThrowEvent": nodes.ThrowEvent,
    "intermediateCatchEvent": activities.CatchEvent,
    "boundaryEvent": activities.BoundaryEvent,
    "task": activities.Activity,
    "manualTask": activities.Activity,
    "userTask": activities.UserTask,
    "serviceTask": activities.ServiceTask,
    "sendTask": activities.ServiceTask,
    "scriptTask": activities.ScriptTask,
    "businessRuleTask": activities.BusinessRuleTask,
    "exclusiveGateway": nodes.ExclusiveGateway,
    "parallelGateway": nodes.ParallelGateway,
    "eventBasedGateway": activities.EventGateway,
    "subProcess": activities.SubProcess,
    "callActivity": activities.CallActivity,
}


@dataclass
class Program:
    """Everything a bundle can run. ``nodes`` is keyed by place (``process/element``); a process by ``process/``."""

    diagrams: Diagrams
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

    def start_of(self, process: str, message: str = "") -> Node | None:
        """The start event that is plain, or that waits for ``message``."""
        for element in self.diagrams.processes[process].within(process):
            if element.kind == "startEvent" and element.trigger.message == message:
                return self.nodes[f"{process}/{element.id}"]
        return None

    def message_starts(self) -> Iterator[Element]:
        """Start events that wait for a message."""
        for process in self.diagrams.processes.values():
            for element in process.within(process.id):
                if element.kind == "startEvent" and element.trigger.kind == "message":
                    yield element


def compile_diagrams(diagrams: Diagrams) -> Program:
    """Task specs of every process; the diagrams must be free of errors."""
    program = Program(diagrams)
    for process in diagrams.processes.values():
        _add(program, process)
    for place, node in program.nodes.items():
        if isinstance(node, activities.CallActivity):
            start = program.start_of(node.element.extras.called)
            assert start is not None, place
            node.first = start
    return program


def _add(program: Program, process: Process) -> None:
    spec = ProcessSpec(process.id, process.file)
    program.specs[process.id] = spec
    root = activities.Root(spec, Element(process.id, "process", process.name, "", process.id))
    program.nodes[f"{process.id}/"] = root
    for element in process.elements.values():
        program.nodes[f"{process.id}/{element.id}"] = _class(element)(spec, element)
    for flow in process.flows.values():
        source, target = (program.nodes[f"{process.id}/{end}"] for end in (flow.source, flow.target))
        source.connect(target)
        source.ways.append(Way(flow, target, f"{process.id}/{flow.id}"))
        target.arriving.append(flow.id)
    for element in process.elements.values():
        node = program.nodes[f"{process.id}/{element.id}"]
        node.boundaries = [program.nodes[f"{process.id}/{event.id}"] for event in process.boundaries(element.id)]
        if element.kind == "subProcess":
            start = next(item for item in process.within(element.id) if item.kind == "startEvent")
            node.first = program.nodes[f"{process.id}/{start.id}"]


def _class(element: Element) -> type[Node]:
    if element.kind == "endEvent" and element.trigger.kind == "terminate":
        return nodes.TerminateEvent
    if element.kind == "sendTask" and element.trigger.kind == "message":
        return activities.MessageTask
    return NODES[element.kind]
