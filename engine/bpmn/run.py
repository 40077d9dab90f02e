"""Moves tokens through a diagram: SpiffWorkflow's workflow with a tree of what is alive only."""

from collections import deque
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from SpiffWorkflow.bpmn import BpmnWorkflow
from SpiffWorkflow.util.task import TaskState

from loopdesk.engine.bpmn.expressions import FeelEngine, Scope
from loopdesk.engine.bpmn.outside import Outside, Visit
from loopdesk.engine.bpmn.tree import Token, detach, hand_over, join, move, prune, scope_of, subtree
from loopdesk.engine.errors import N_, Refused

if TYPE_CHECKING:
    from loopdesk.engine.bpmn.nodes import Node, ProcessSpec, Way

MAX_STEPS = 50_000
"""Elements that one step may run through on its own (about a second); more is taken for an endless loop."""


class Run(BpmnWorkflow):  # type: ignore[misc]
    """One process instance while a step works on it."""

    tasks: dict[int, Token]

    def __init__(self, spec: "ProcessSpec", outside: Outside) -> None:
        super().__init__(spec, script_engine=FeelEngine(), deserializing=True)
        self.outside = outside
        self.ready: deque[Token] = deque()
        self.passed: set[str] = set()
        self.last_id = 0

    def next_id(self) -> int:
        """A number that no other token of this instance has or had."""
        self.last_id += 1
        return self.last_id

    def begin(self, root: "Node", start: "Node", data: Mapping[str, Any]) -> None:
        """Put the first token on a start event."""
        self.task_tree = Token(self, root, None, dict(data))
        self.task_tree._set_state(TaskState.STARTED)
        self.enter([start], self.task_tree, dict(data))

    def scope(self, token: Token, **more: Any) -> Scope:
        """What an expression at the token sees."""
        return Scope({**token.data, **more}, self.outside.facts, self.outside.now)

    def visit(self, token: Token) -> Visit:
        """The token as the outside world knows it."""
        return Visit(str(token.id), token.task_spec.element, token.data)

    def advance(self) -> None:
        """Run until every token waits; ``Refused`` after ``MAX_STEPS`` elements."""
        steps = 0
        while self.ready:
            token = self.ready.popleft()
            if token.state != TaskState.READY:
                continue
            steps += 1
            if steps > MAX_STEPS:
                raise Refused(
                    N_("The process ran through %(limit)s elements in one step and was stopped."),
                    remedy=N_("Look for a loop without a waiting element, and give it an end."),
                    place=token.task_spec.place,
                    limit=MAX_STEPS,
                )
            self._visit(token)

    def _visit(self, token: Token) -> None:
        try:
            token.run()
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

    def join(self, tokens: list[Token], node: "Node") -> None:
        """Replace the waiting tokens of a join by one with their variables merged."""
        common, data = join(tokens)
        parents = [token.parent for token in tokens]
        for token in tokens:
            detach(token)
        merged = Token(self, node, common, data)
        for parent in (*parents, common):
            if parent.id in self.tasks:
                prune(parent)
        merged._ready()

    def drop(self, token: Token) -> None:
        """Cancel a token and everything that runs below it."""
        for item in reversed(subtree(token)):
            waited = item.state == TaskState.STARTED
            item._set_state(TaskState.CANCELLED)
            if waited and item.task_spec.waits:
                self.outside.gone(self.visit(item))
            detach(item)

    def terminate(self, token: Token) -> None:
        """End the token's scope at once, whatever else runs there."""
        scope, data = scope_of(token), token.data
        self.passed.add(token.task_spec.place)
        for child in scope.children:
            self.drop(child)
        scope.task_spec.finish(scope, data)

    def interrupt(self, token: Token, host: Token) -> None:
        """A boundary event takes the place of the activity it is attached to."""
        move(token, host.parent)
        self.drop(host)

    def part(self, host: Token) -> Token:
        """A fork above ``host``, where a second branch with the same variables can begin."""
        fork = Token(self, host.task_spec, host.parent, host.data)
        fork._set_state(TaskState.COMPLETED)
        move(host, fork)
        return fork
