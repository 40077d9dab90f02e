"""Why an instance cannot go on with another version of its diagram."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from SpiffWorkflow.util.task import TaskState

from loopdesk.engine.bpmn import carried
from loopdesk.engine.bpmn.activities import CallActivity, Root, ServiceTask
from loopdesk.engine.bpmn.compensation import CompensationEvent
from loopdesk.engine.bpmn.events import CatchEvent
from loopdesk.engine.bpmn.loops import Rounds
from loopdesk.engine.bpmn.mapping import Places, called, difference
from loopdesk.engine.bpmn.nodes import Node, ParallelGateway
from loopdesk.engine.bpmn.tree import Token, path_up
from loopdesk.engine.errors import N_, Phrase


@dataclass(frozen=True, slots=True)
class Obstacle:
    """``element`` is the id in the old version."""

    element: str
    reason: Phrase


def of_token(places: Places, token: Token, node: Node | None, around: Node | None) -> list[Obstacle]:
    """What stands against one token at ``node``, whose scope is at ``around`` (None: the process itself)."""
    was = token.task_spec
    reason = next(_reasons(places, token, node, around), None)
    return [Obstacle(was.element.id, reason)] if reason is not None else []


def _reasons(places: Places, token: Token, node: Node | None, around: Node | None) -> Iterator[Phrase]:
    was = token.task_spec
    name = called(was.element)
    if node is None:
        yield _gone(places, was)
        return
    if type(node) is not type(was):
        yield Phrase(N_("“%(element)s” does something of another kind than before"), element=name)
    if token.parent is not None and not (around is not None and _lies_in(node, around)):
        yield Phrase(N_("“%(element)s” lies in another sub-process or process than before"), element=name)
    yield from _doing(was, node, name)
    if token.state == TaskState.WAITING:
        yield from _joining(places, token, node)
    for place in carried.lost(places, token):
        message = N_("“%(element)s” may have to be undone later, and the new version cannot do that")
        yield Phrase(message, element=_name(places, place))


def _doing(was: Node, node: Node, name: str) -> Iterator[Phrase]:
    """What is under way has to be what the new element asks for."""
    if isinstance(node, CatchEvent) and not carried.same_triggers(was, node):
        yield Phrase(N_("“%(element)s” waits for something of another kind"), element=name)
    if isinstance(node, ServiceTask) and node.element.extras.task != was.element.extras.task:
        yield Phrase(N_("“%(element)s” has asked an outside system and would now ask for something else"), element=name)
    if isinstance(node, CallActivity) and node.element.extras.called != was.element.extras.called:
        yield Phrase(N_("“%(element)s” calls another process than the one that runs"), element=name)


def _gone(places: Places, was: Node) -> Phrase:
    process = places.new.diagrams.processes.get(was.element.process)
    if process is None:
        return Phrase(N_("the process “%(process)s” is gone"), process=was.element.process)
    now = process.elements.get(was.element.id)
    reason = difference(was.element, now) if now is not None else None
    return reason or Phrase(N_("“%(element)s” is gone: map it to another element"), element=called(was.element))


def _name(places: Places, place: str) -> str:
    return called(places.old.nodes[place].element)


def _lies_in(node: Node, around: Node) -> bool:
    if isinstance(around, CompensationEvent):
        # What compensates lies beside what it compensates; that each of them has its place is looked at elsewhere.
        return True
    if isinstance(around, Rounds):
        return node.body_of is around
    if isinstance(around, CallActivity):
        inside = around.element.extras.called
        return node.element.process == inside == node.element.scope
    scope = around.element.process if isinstance(around, Root) else around.element.id
    return node.element.process == around.element.process and node.element.scope == scope


def _joining(places: Places, token: Token, node: Node) -> Iterator[Phrase]:
    """A token that waits for others has to be able to meet them."""
    was, name = token.task_spec, called(token.task_spec.element)
    flow = token.internal_data.get(carried.FLOW)
    if was.element.details.start_quantity != node.element.details.start_quantity:
        yield Phrase(N_("“%(element)s” waits for another number of branches"), element=name)
    elif flow and places.flow_id(was.element.process, flow) not in node.arriving:
        yield Phrase(N_("the way by which “%(element)s” was reached is gone"), element=name)
    elif isinstance(node, ParallelGateway) and _ways_in(places, was) != set(node.arriving):
        yield Phrase(N_("other ways than before lead into “%(element)s”, and a branch waits there"), element=name)


def _ways_in(places: Places, node: Node) -> set[str | None]:
    return {places.flow_id(node.element.process, flow) for flow in node.arriving}


def of_joins(places: Places, live: list[Token], nodes: Mapping[int, Node]) -> list[Obstacle]:
    """Parallel joins ahead of parted branches that wait for other branches than those that are under way."""
    changed = {
        key
        for key, node in places.old.nodes.items()
        if isinstance(node, ParallelGateway) and node.joins and _is_changed(places, node)
    }
    fresh = {key for key, node in places.new.nodes.items() if isinstance(node, ParallelGateway) and node.joins}
    fresh -= {places.node_key(key) or "" for key, node in places.old.nodes.items() if isinstance(node, ParallelGateway)}
    awaited = {places.node_key(key) or "" for key in changed} | fresh
    found = []
    for token in live:
        parted = any(above.is_fork for above in path_up(token))
        ahead = _ahead(nodes[token.id]) & awaited if parted and awaited else set()
        if ahead and token.state != TaskState.WAITING:
            join = places.new.nodes[min(ahead)]
            message = N_("branches are under way to “%(element)s”, which other ways lead into than before")
            found.append(Obstacle(token.task_spec.element.id, Phrase(message, element=called(join.element))))
    return found


def _is_changed(places: Places, was: Node) -> bool:
    key = places.node_key(was.key)
    return key is not None and _ways_in(places, was) != set(places.new.nodes[key].arriving)


def _ahead(node: Node) -> set[str]:
    """Keys of the nodes that flows lead to from one, on its own level."""
    found: set[str] = set()
    open_ = [node]
    while open_:
        for way in open_.pop().ways:
            if way.target.key not in found:
                found.add(way.target.key)
                open_.append(way.target)
    return found


def of_meetings(live: list[Token], nodes: Mapping[int, Node]) -> list[Obstacle]:
    """Tokens of two elements that would stand at one."""
    first: dict[str, Token] = {}
    found = []
    for token in live:
        other = first.setdefault(nodes[token.id].key, token)
        if other.task_spec is not token.task_spec:
            message = N_("“%(one)s” and “%(other)s” are both under way and would become one element")
            names = {"one": called(other.task_spec.element), "other": called(token.task_spec.element)}
            found.append(Obstacle(token.task_spec.element.id, Phrase(message, **names)))
    return found
