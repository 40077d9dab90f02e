"""Moves tokens through a diagram: SpiffWorkflow's workflow with a tree of what is alive only."""

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from SpiffWorkflow.bpmn import BpmnWorkflow
from SpiffWorkflow.util.task import TaskState

from loopdesk.engine.bpmn import events, throwing
from loopdesk.engine.bpmn.expressions import FeelEngine, Scope
from loopdesk.engine.bpmn.model import IMPLICIT, Element
from loopdesk.engine.bpmn.outside import Outside, Visit
from loopdesk.engine.bpmn.readers import READER
from loopdesk.engine.bpmn.records import remember
from loopdesk.engine.bpmn.throwing import Stuck
from loopdesk.engine.bpmn.tree import OUTER, Token, detach, hand_over, join, move, prune, scope_of, subtree
from loopdesk.engine.errors import N_, Conflict

if TYPE_CHECKING:
    from loopdesk.engine.bpmn.nodes import Node, ProcessSpec, Way

MAX_STEPS = 100_000
"""Elements that one step may run through on its own (some seconds); more is taken for an endless loop."""
CROWD = 1_000
"""Tokens up to which conditions are looked at before each element; with more of them only once all wait."""


class Endless(throwing.Uncaught):
    """The process does not come to a wait; nobody's answer is to blame, so an answer counts all the same."""


Follow = Callable[[Element, str], None]
"""Is told each element that a token started, completed or was cancelled at, or whose work was compensated."""


class Run(BpmnWorkflow):  # type: ignore[misc]
    """One process instance while a step works on it."""

    tasks: dict[int, Token]
    nodes: "Mapping[str, Node]"
    """every node of the bundle by its key"""

    def __init__(self, spec: "ProcessSpec", outside: Outside) -> None:
        super().__init__(spec, script_engine=FeelEngine(), deserializing=True)
        self.outside = outside
        self.ready: deque[Token] = deque()
        self.marks = 0
        """one bit for each of the program's places that was passed in earlier steps"""
        self.passed: set[str] = set()
        """the places passed in this one"""
        self.last_id = 0
        self.follow: Follow | None = None
        self.visited: Token | None = None
        self.watching: list[Token] = []  # tokens that wait for a condition, or have
        self.reader = READER
        """the reader that the instance was deployed with, where its meaning differs"""
        self.skips: dict[str, Mapping[str, Any]] = {}
        """place -> the result with which a person lets the next token there go on, instead of its work"""

    def note(self, token: Token, event: str) -> None:
        """Tell who follows the run what came to an element; of a loop only its rounds are told, outside all its end."""
        node = token.task_spec
        if node.element.id in self.outside.watched and (event == "started" or node.body_of is None):
            self.outside.moved(self.visit(token), event)
        if event == "completed" and token is self.visited:
            self.visited = None
        told = node.element.kind not in ("process", IMPLICIT)
        if self.follow is not None and node.element.details.loop is None and told:
            self.follow(node.element, event)

    def next_id(self) -> int:
        """A number that no other token of this instance has or had."""
        self.last_id += 1
        return self.last_id

    def begin(self, root: "Node", starts: "Sequence[Node]", data: Mapping[str, Any]) -> None:
        """Put the first tokens where the process begins."""
        self.task_tree = Token(self, root, None, dict(data))
        self.task_tree._set_state(TaskState.STARTED)
        self.enter(starts, self.task_tree, dict(data))
        self.listen(self.task_tree)

    def scope(self, token: Token, /, **more: Any) -> Scope:
        """What an expression at the token sees."""
        return Scope({**token.data, **more}, self.outside.facts, self.outside.now)

    def visit(self, token: Token, part: int = 0) -> Visit:
        """The token as the outside world knows it; each part of a multiple event is a visit of its own."""
        element = token.task_spec.element
        ref = f"{token.id}.{part}" if element.trigger.parts else str(token.id)
        return Visit(ref, element, token.data, element.trigger.each[part])

    def advance(self) -> None:
        """Run until every token waits; ``Endless`` after ``MAX_STEPS`` elements."""
        steps = 0
        while self.ready or self._proceed() or events.look(self):
            if not self.ready:
                continue
            token = self.ready.popleft()
            if token.state != TaskState.READY:
                continue
            if self._look_between():
                self.ready.appendleft(token)
                continue
            if self.ready and token.task_spec.is_late and not all(item.task_spec.is_late for item in self.ready):
                self.ready.append(token)
                continue
            steps += 1
            if steps > MAX_STEPS:
                raise Endless(
                    N_("The process ran through %(limit)s elements in one step and was stopped."),
                    remedy=N_("Look for a loop without a waiting element, and give it an end."),
                    place=token.task_spec.place,
                    limit=MAX_STEPS,
                )
            self._visit(token)
        if not self.completed:
            self._require_a_wait()

    def _require_a_wait(self) -> None:
        """Raise ``Stuck`` when tokens wait only for each other: nothing from outside could ever move one."""
        tokens = self.tasks.values()
        if any(token.state == TaskState.STARTED and token.task_spec.waits for token in tokens):
            return
        held = {token.task_spec.place: token.task_spec.element for token in tokens if token.state == TaskState.WAITING}
        raise Stuck(
            N_("The process is stuck: at %(elements)s tokens wait for others that can never come."),
            remedy=N_("Correct the diagram, or put the tokens where they can go on."),
            place=next(iter(held), ""),
            elements=", ".join(f"“{element.name or element.id}”" for element in held.values()),
        )

    def _proceed(self) -> bool:
        """Let one join that had to see all other tokens at rest go on."""
        groups: dict[tuple[str, int], list[Token]] = {}
        for token in self.tasks.values():
            if token.task_spec.is_patient and token.state == TaskState.WAITING:
                groups.setdefault((token.task_spec.key, scope_of(token).id), []).append(token)
        return any(held[0].task_spec.proceed(self, self.tasks[scope], held) for (_, scope), held in groups.items())

    def _look_between(self) -> bool:
        """Let an event come whose condition is true before the next element; it may not stay so (BPMN 2.0.2 §10.5)."""
        return bool(self.watching) and len(self.tasks) <= CROWD and self.reader != "1" and events.look(self)

    def fail(self, token: Token, code: str, payload: Mapping[str, Any], reason: str = "") -> None:
        """Throw an error at a token; see ``throwing.fail``."""
        throwing.fail(token, code, payload, reason)

    def _visit(self, token: Token) -> None:
        self.visited = token
        if token.task_spec.is_seen:
            self.note(token, "started")
        skipped = self.skips.pop(token.task_spec.place, None)
        try:
            if skipped is None:
                token.run()
            else:
                token.task_spec.absorb(token, skipped)
                token.complete()
        except Exception as error:
            # Whatever fails, the incident has to stand at the element where it did.
            if "/" not in getattr(error, "place", ""):
                error.place = token.task_spec.place  # type: ignore[attr-defined]
            raise

    def enter(self, nodes: "Sequence[Node]", parent: Token, data: dict[str, Any], flows: Sequence[str] = ()) -> None:
        """New tokens at ``nodes``; all exist before the first one moves, so that a join sees its branches."""
        tokens = [Token(self, node, parent, data) for node in nodes]
        for token, flow in zip(tokens, flows or [""] * len(tokens), strict=True):
            token.internal_data = {"flow": flow} if token.task_spec.joins else {}
        for token in tokens:
            token.task_spec._update(token)

    def leave(self, token: Token, ways: "Sequence[Way]") -> None:
        """A completed token goes on along ``ways``; without any it ends."""
        for child in token.children:
            self.drop(child)
        node = token.task_spec
        self.note(token, "completed")
        remember(token)
        if node.body_of is not None:
            node.body_of.came_back(token)
            return
        if node.watched_by is not None and node.watched_by.completed(token):
            ways = ()
        self.passed.update([token.task_spec.place, *(way.place for way in ways)])
        if not ways:
            self.end(token)
            return
        parent = token
        if len(ways) == 1:
            parent = token.parent
            detach(token)
        self.enter([way.target for way in ways], parent, token.data, [way.flow.id for way in ways])

    def end(self, token: Token) -> None:
        """A token has nowhere to go: its scope is done when it was the last one there."""
        parent = token.parent
        # A fork has two children or more, so the last token of a scope is the only one right below it.
        if parent.is_scope and parent.inner == [token]:
            detach(token)
            parent.task_spec.finish(parent, token.data)
            return
        hand_over(token)
        detach(token)
        prune(parent)

    def join(self, tokens: list[Token], node: "Node") -> Token:
        """Replace the waiting tokens of a join by one with their variables merged."""
        if len(tokens) == 1:
            tokens[0]._ready()
            return tokens[0]
        try:
            common, data = join(tokens)
        except Conflict as error:
            error.place = node.place
            raise
        parents = [token.parent for token in tokens]
        for token in tokens:
            detach(token)
        merged = Token(self, node, common, data)
        for parent in (*parents, common):
            if parent.id in self.tasks:
                prune(parent)
        merged._ready()
        return merged

    def drop(self, token: Token) -> None:
        """Cancel a token and everything that runs below it."""
        for item in reversed(subtree(token)):
            waited = item.state == TaskState.STARTED
            item._set_state(TaskState.CANCELLED)
            if (waited or item is self.visited) and item.task_spec.is_seen and not item.is_fork:
                # What threw the event that ends its own scope has done so.
                self.note(item, "completed" if item is self.visited and item.task_spec.throws else "cancelled")
            if waited and item.task_spec.waits:
                item.task_spec.withdraw(item)
            detach(item)

    def listen(self, scope: Token) -> None:
        """Let the event sub-processes of a scope wait for their events."""
        self.arm(scope.task_spec.handlers, scope)

    def arm(self, events: "Sequence[Node]", token: Token) -> None:
        """Let events beside a token wait, before anything inside it moves that could throw them."""
        armed = [event for event in events if event.arms]
        self.enter(armed, token, token.data)
        self.ready.rotate(len(armed))

    def jump(self, token: Token, node: "Node") -> None:
        """A completed token goes on elsewhere without a flow."""
        self.note(token, "completed")
        self.passed.add(token.task_spec.place)
        parent, data = token.parent, token.data
        detach(token)
        self.enter([node], parent, data)

    def remove(self, token: Token) -> None:
        """A token that listened has nothing more to wait for."""
        token._set_state(TaskState.COMPLETED)
        detach(token)

    def only(self, token: Token, scope: Token) -> None:
        """Cancel all that runs in a scope but ``token``; boundary events go on waiting."""
        move(token, scope)
        for child in scope.inner:
            if child is not token:
                self.drop(child)

    def terminate(self, token: Token) -> None:
        """End the token's scope at once, whatever else runs there."""
        scope, data = scope_of(token), token.data
        self.note(token, "completed")
        self.passed.add(token.task_spec.place)
        for child in scope.children:
            self.drop(child)
        scope.task_spec.finish(scope, data)

    def interrupt(self, token: Token, host: Token) -> None:
        """A boundary event takes the place of the activity it is attached to."""
        move(token, host.parent)
        self.drop(host)

    def give_up(self, host: Token, data: dict[str, Any]) -> None:
        """An activity ends without going on anywhere."""
        for child in host.children:
            self.drop(child)
        self.note(host, "cancelled")
        host.data = data
        host._set_state(TaskState.COMPLETED)
        self.end(host)

    def part(self, host: Token) -> Token:
        """A fork above ``host``, where a second branch with the same variables can begin."""
        fork = Token(self, host.task_spec, host.parent, host.internal_data.get(OUTER, host.data))
        fork._set_state(TaskState.COMPLETED)
        move(host, fork)
        return fork
