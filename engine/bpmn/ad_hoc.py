"""Ad hoc sub-processes: activities without a fixed order (BPMN 2.0.2 §10.3.5, §13.3.5)."""

from typing import Any

from loopdesk.engine.bpmn.activities import SubProcess
from loopdesk.engine.bpmn.expressions import evaluate
from loopdesk.engine.bpmn.nodes import Node
from loopdesk.engine.bpmn.tree import OUTER, Token, scope_of
from loopdesk.engine.errors import N_, Invalid

LEFT, CLOSING = "left", "closing"
"""Keys of its internal data: ids still to be begun, and whether it only waits for what runs."""


class AdHoc(SubProcess):
    """Begins the activities that nothing leads to, or those it is told to; completed by its condition.

    Without a condition each activity runs once. A condition that is not true when all have run begins them anew:
    an activity may run any number of times.
    """

    def start(self, token: Token) -> bool:
        """Begin inside; what its outputs are written to is kept apart from what changes there."""
        if not self.chosen(token):
            return True
        if self.element.extras.outputs:
            token.internal_data = {**token.internal_data, OUTER: token.data}
        return super().start(token)

    def inside(self, token: Token, data: dict[str, Any]) -> None:
        """Begin its activities: all, or the first of them."""
        names = [node.element.id for node in self.chosen(token)]
        if self.element.details.parallel:
            token.workflow.enter([self.named(name) for name in names], token, data)
        else:
            self.next(token, names, data)

    def chosen(self, token: Token) -> list[Node]:
        """The activities to begin with, in their order."""
        text = self.element.extras.activates
        if not text:
            return self.first
        names = evaluate(text, token.workflow.scope(token))
        known = {node.element.id for node in self.first}
        if not isinstance(names, list) or not all(isinstance(name, str) and name in known for name in names):
            raise Invalid(
                N_("The activities that “%(name)s” shall begin with are not ids of activities inside: %(value)s."),
                remedy=N_("Name activities that no flow leads to."),
                place=self.place,
                name=self.element.name or self.element.id,
                value=names,
            )
        return [self.named(name) for name in names]

    def named(self, identity: str) -> Node:
        """The activity with that id."""
        return next(node for node in self.first if node.element.id == identity)

    def next(self, token: Token, names: list[str], data: dict[str, Any]) -> None:
        """Begin the first of the activities that are left."""
        token.internal_data = {**token.internal_data, LEFT: names[1:]}
        token.workflow.enter([self.named(names[0])], token, data)

    def is_complete(self, token: Token, data: dict[str, Any]) -> bool:
        """Whether the completion condition is true."""
        run, text = token.workflow, self.element.details.condition
        seen = run.scope(token).with_data(data)
        return bool(text) and evaluate(text, seen) is True

    def completed(self, token: Token) -> bool:
        """Whether nothing follows the activity that ``token`` completed, for the sub-process is (nearly) completed."""
        scope = scope_of(token)
        if scope.internal_data.get(CLOSING):
            return True
        if not self.is_complete(scope, token.data):
            return False
        scope.internal_data = {**scope.internal_data, CLOSING: True, LEFT: []}
        if self.element.details.cancels:
            token.workflow.only(token, scope)
        return True

    def finish(self, token: Token, data: dict[str, Any]) -> None:
        """Nothing runs inside: begin what is left, or begin anew until the condition is true."""
        left = token.internal_data.get(LEFT, [])
        token.data = data
        if left:
            self.next(token, left, data)
            return
        state = token.internal_data
        waits_on = bool(self.element.details.condition) and bool(self.first) and not state.get(CLOSING)
        if waits_on and not self.is_complete(token, data):
            if self.chosen(token):
                self.inside(token, data)
                return
            raise Invalid(
                N_("“%(name)s” has nothing left to do, and its completion condition is not true."),
                remedy=N_("Correct the data or the condition."),
                place=self.place,
                name=self.element.name or self.element.id,
            )
        token.internal_data = {name: value for name, value in state.items() if name not in (LEFT, CLOSING)}
        super().finish(token, data)
