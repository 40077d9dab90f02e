"""Moves the live tokens of an instance to another version of its diagram, or says why that cannot be."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from SpiffWorkflow.util.task import TaskState

from loopdesk.engine.bpmn import carried, obstacles
from loopdesk.engine.bpmn.activities import EventGateway
from loopdesk.engine.bpmn.events import EventStart, Listener
from loopdesk.engine.bpmn.execution import Execution
from loopdesk.engine.bpmn.mapping import Places
from loopdesk.engine.bpmn.nodes import Node
from loopdesk.engine.bpmn.obstacles import Obstacle
from loopdesk.engine.bpmn.outside import Outside, Visit
from loopdesk.engine.bpmn.tree import Token, scope_of, subtree


@dataclass(frozen=True, slots=True)
class Wait:
    """Something that waits before and after: a task, a timer, a message, an effect. ``ref`` stays."""

    was: Visit
    now: Visit
    token: Token


@dataclass
class Moved:
    """An instance that now runs on another version."""

    execution: Execution
    waits: list[Wait]
    armed: list[str]
    """ids of events that wait now and did not before"""
    disarmed: list[str]


@dataclass
class Transplant:
    """A stored instance looked at with the eyes of another version."""

    execution: Execution
    places: Places
    obstacles: list[Obstacle] = field(default_factory=list)
    nodes: dict[int, Node] = field(default_factory=dict)
    """token -> its node in the new version"""
    dropped: list[Token] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Find a node for each token, and what stands against it."""
        for token in subtree(self.execution.run.task_tree):
            self._look(token)
        live = [token for token in self.live() if token.id in self.nodes]
        self.obstacles += obstacles.of_joins(self.places, live, self.nodes)
        self.obstacles += obstacles.of_meetings(live, self.nodes)

    def live(self) -> Iterator[Token]:
        """Tokens that stand at an element; events beside it not counted."""
        tokens = subtree(self.execution.run.task_tree)[1:]
        return (token for token in tokens if not token.is_fork and not token.task_spec.is_boundary)

    @property
    def moves(self) -> dict[str, str]:
        """Old element id -> new one, for all that a token stands at."""
        found = {}
        for token in self.live():
            node = self.nodes.get(token.id)
            if node is not None:
                found[token.task_spec.element.id] = node.element.id
        return found

    def _look(self, token: Token) -> None:
        node = self._node(token)
        if token.is_fork:
            # Where branches parted is only a place in the tree; any element of the scope may stand for it.
            scope = self.nodes.get(scope_of(token).id)
            if scope is not None:
                self.nodes[token.id] = node or scope
            return
        if self._is_beside(token):
            if node is not None and self._still_beside(token, node):
                self.nodes[token.id] = node
            else:
                self.dropped.append(token)
            return
        self.obstacles += obstacles.of_token(self.places, token, node, self._around(token))
        if node is not None:
            self.nodes[token.id] = node

    def _node(self, token: Token) -> Node | None:
        key = self.places.node_key(token.task_spec.key if token.parent is not None else f"{self.execution.process}/")
        return self.places.new.nodes[key] if key else None

    def _around(self, token: Token) -> Node | None:
        """The new node of the scope that a token lies in; None for the process itself, or where that has no place."""
        return self.nodes.get(scope_of(token).id) if token.parent is not None else None

    def _is_beside(self, token: Token) -> bool:
        """Whether it waits beside something: it may be gone in the new version, and no harm is done."""
        above = token.parent
        return token.task_spec.is_boundary or (
            above is not None and not above.is_fork and isinstance(above.task_spec, EventGateway)
        )

    def _still_beside(self, token: Token, node: Node) -> bool:
        host = self.nodes.get(token.parent.id) if token.parent is not None else None
        return host is not None and node in beside(host) and carried.same_triggers(token.task_spec, node)

    # --- moving ---------------------------------------------------------------------------------------------------

    def perform(self, outside: Outside) -> Moved:
        """Move the tokens; ``outside`` of the old execution takes back what waits no more, the new one what begins.

        There must be no obstacles.
        """
        old = self.execution.run
        before = {token.id: set(beside(token.task_spec)) for token in self.live()}
        before[old.task_tree.id] = set(beside(old.task_tree.task_spec))
        handling = {token.id for token in subtree(old.task_tree) if _is_interrupted(token)}
        for token in self.dropped:
            old.drop(token)
        moved = Execution(self.places.new, self.execution.process, outside)
        moved.large = self.execution.large
        waits = self._copy(moved)
        armed = [event for token in subtree(moved.run.task_tree) for event in self._fresh(token, before, handling)]
        _arm(moved, armed)
        disarmed = sorted({token.task_spec.element.id for token in self.dropped})
        return Moved(moved, waits, sorted({node.element.id for _, node in armed}), disarmed)

    def _copy(self, moved: Execution) -> list[Wait]:
        old, run = self.execution.run, moved.run
        waits = []
        for token in subtree(old.task_tree):
            parent = run.tasks[token.parent.id] if token.parent is not None else None
            copy = Token(run, self.nodes[token.id], parent, token.data, token.id)
            copy.internal_data = carried.internal(self.places, token)
            copy._set_state(token.state)
            if parent is None:
                run.task_tree = copy
            if token.state == TaskState.STARTED and token.task_spec.waits:
                waits += [Wait(old.visit(token, part), run.visit(copy, part), copy) for part in _parts(token)]
        run.last_id = old.last_id
        run.passed = self.places.passed(self.execution.passed)
        return waits

    def _fresh(self, token: Token, before: Mapping[int, set[Node]], handling: set[int]) -> list[tuple[Token, Node]]:
        """Events that have to wait beside a token, and that it did not have before."""
        if token.is_fork or token.state != TaskState.STARTED or token.task_spec.is_boundary:
            return []
        had = {self.places.node_key(node.key): node for node in before.get(token.id, set())}
        events = [node for node in beside(token.task_spec) if node.arms or not node.is_boundary]
        new = [node for node in events if node.key not in had or not carried.same_triggers(had[node.key], node)]
        # A scope that an event has interrupted listens for no other one.
        return [(token, node) for node in new if not (isinstance(node, EventStart) and token.id in handling)]


def beside(node: Node) -> list[Node]:
    """What may wait beside a token at ``node``: boundary events, event sub-processes, events behind its gateway."""
    if isinstance(node, EventGateway):
        return [way.target for way in node.ways]
    return [item for item in (*node.boundaries, *node.handlers) if isinstance(item, Listener)]


def _is_interrupted(token: Token) -> bool:
    starts = [node for node in token.task_spec.handlers if isinstance(node, EventStart) and node.element.interrupting]
    bodies = [start.body for start in starts]
    return not token.is_fork and any(child.task_spec in bodies for child in token.inner)


def _parts(token: Token) -> range:
    return range(len(token.task_spec.element.trigger.each))


def _arm(moved: Execution, events: list[tuple[Token, Node]]) -> None:
    """Let events wait from now on; nothing else moves."""
    run = moved.run
    for token, node in events:
        run.enter([node], token, token.data)
    while run.ready:
        run._visit(run.ready.popleft())
