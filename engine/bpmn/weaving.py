"""Ties together what a diagram's nodes need of each other besides flows: loops, handlers, ad hoc activities."""

from dataclasses import replace

from loopdesk.engine.bpmn.activities import Activity, SubProcess
from loopdesk.engine.bpmn.ad_hoc import AdHoc
from loopdesk.engine.bpmn.compensation import thrower
from loopdesk.engine.bpmn.events import EventStart
from loopdesk.engine.bpmn.loops import MultiInstance, Rounds, StandardLoop
from loopdesk.engine.bpmn.model import IMPLICIT, SCOPES, Element, Process, Trigger
from loopdesk.engine.bpmn.nodes import Node, ProcessSpec
from loopdesk.engine.bpmn.throwing import THROWS, ThrowEvent

Told = tuple[str, Trigger]
Nodes = dict[str, Node]


def add(nodes: Nodes, spec: ProcessSpec, element: Element, kind: type[Node]) -> None:
    """Make the node of an element; a loop is two: its rounds under the element's place, and one round behind it."""
    place, loop = f"{element.process}/{element.id}", element.details.loop
    if loop is None:
        nodes[place] = kind(spec, element)
        return
    outer = nodes[place] = (MultiInstance if loop.many else StandardLoop)(spec, element)
    writes = () if loop.results else element.details.writes
    once = replace(element.details, loop=None, start_quantity=1, completion_quantity=1, writes=writes)
    # SpiffWorkflow keeps the specs of a process by name, so that of the round must not be the loop's.
    outer.body = nodes[f"{place}*"] = kind(spec, replace(element, details=once), f"{element.id}*")
    outer.body.body_of = outer
    if isinstance(outer, MultiInstance):
        outer.announcers = [_announcer(nodes, spec, element, event) for event in enumerate(loop.events)]


def _announcer(nodes: Nodes, spec: ProcessSpec, element: Element, event: tuple[int, Told]) -> ThrowEvent:
    """The node of what instances throw when they complete, so far as it works on the scope around them (§10.3.8)."""
    number, (_, trigger) = event
    around = Trigger("multiple", parts=tuple(part for part in trigger.each if part.kind not in THROWS))
    thrown = Element(element.id, IMPLICIT, element.name, element.scope, element.process, trigger=around)
    node = thrower(around)(spec, thrown, f"{element.id}!{number}")
    nodes[node.key] = node
    return node


def weave(nodes: Nodes, process: Process) -> None:
    """Tie the nodes of a process together, after its flows and events."""
    for element in process.elements.values():
        node = nodes[f"{process.id}/{element.id}"]
        doing = node.body if isinstance(node, Rounds) else node
        if doing is not node:
            doing.handlers, node.handlers = node.handlers, []
        if isinstance(doing, SubProcess) and element.kind in SCOPES:
            doing.first = [nodes[f"{process.id}/{item.id}"] for item in process.beginnings(element.id)]
        if isinstance(doing, AdHoc):
            for item in process.within(element.id):
                inside = nodes[f"{process.id}/{item.id}"]
                inside.watched_by = doing if isinstance(inside, Activity) else None
    _compensation(nodes, process)


def _compensation(nodes: Nodes, process: Process) -> None:
    handlers = process.handlers
    for element in process.elements.values():
        node = nodes[f"{process.id}/{element.id}"]
        doing = node.body if isinstance(node, Rounds) else node
        for event in process.boundaries(element.id):
            if event.id in handlers:
                doing.handler = nodes[f"{process.id}/{handlers[event.id]}"]
                doing.undone_at = f"{process.id}/{event.id}"
        if isinstance(node, EventStart) and element.trigger.has("compensation"):
            body, scope = process.elements[element.scope], node.body
            scope.first = [way.target for way in node.ways]
            parent = nodes[f"{process.id}/{'' if body.scope == process.id else body.scope}"]
            parent = parent.body if isinstance(parent, Rounds) else parent
            parent.undo, parent.undone_at = scope, parent.undone_at or node.place
