"""Gateways that merge only what can still come: inclusive and complex (BPMN 2.0.2 §13.3.3, §13.3.5)."""

from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

from SpiffWorkflow.util.task import TaskState

from loopdesk.engine.bpmn.expressions import evaluate
from loopdesk.engine.bpmn.nodes import Node, Way
from loopdesk.engine.bpmn.tree import Token, join, scope_of, within

if TYPE_CHECKING:
    from loopdesk.engine.bpmn.run import Run

PHASES = "phases"
"""Key of a scope's internal data: the flows that each complex gateway took before it was reset."""


class InclusiveGateway(Node):
    """Takes every way that is open; joins the tokens that came once no other one can come."""

    is_patient = True

    @property
    def joins(self) -> bool:  # type: ignore[override]
        """Whether several ways lead in."""
        return len(self.arriving) > 1

    def _update_hook(self, my_task: Token) -> bool:
        if self.joins:
            my_task._set_state(TaskState.WAITING)
        return not self.joins

    def choose(self, token: Token) -> list[Way]:
        """The ways whose condition is true, else the default."""
        return self.open_ways(token)

    def proceed(self, run: "Run", scope: Token, tokens: list[Token]) -> bool:
        """Join ``tokens``, which wait here in ``scope``, unless others can still come; whether anything moved."""
        waiting = first_of_each(tokens)
        if self.expects(scope, waiting, set(self.arriving)):
            return False
        run.join(list(waiting.values()), self)
        return True

    def expects(self, scope: Token, waiting: Mapping[str, Token], flows: set[str]) -> bool:
        """Whether a token can still reach a way in of ``flows`` that has none, and none that has one (§13.3.3)."""
        for token in within(scope):
            if token.is_fork or token.task_spec.is_boundary or token.task_spec is self:
                continue
            key = token.task_spec.key
            drawn = self.drawn.get(key, frozenset())
            if self.reach.get(key, frozenset()) & flows - waiting.keys() and not drawn & waiting.keys():
                return True
        return False

    @cached_property
    def drawn(self) -> Mapping[str, frozenset[str]]:
        """The ways in that the flows from each element lead to without passing through this gateway."""
        return self._leading(events=False)

    @cached_property
    def reach(self) -> Mapping[str, frozenset[str]]:
        """The same with the ways that an event at an activity may open."""
        return self._leading(events=True)

    def _leading(self, *, events: bool) -> Mapping[str, frozenset[str]]:
        found: dict[str, set[str]] = {}
        for flow, source in zip(self.arriving, self.before, strict=True):
            ahead = [source]
            while ahead:
                node = ahead.pop()
                if node is not self and flow not in found.setdefault(node.key, set()):
                    found[node.key].add(flow)
                    ahead.extend(node.before if events or not node.is_boundary else ())
        return {key: frozenset(flows) for key, flows in found.items()}


class ComplexGateway(InclusiveGateway):
    """Goes on once its condition is true; what comes later is taken without going on, and then it begins anew."""

    def _update_hook(self, my_task: Token) -> bool:
        if not self.joins:
            return True
        my_task._set_state(TaskState.WAITING)
        scope = scope_of(my_task)
        if self.key not in scope.internal_data.get(PHASES, {}):
            here = [token for token in within(scope) if token.task_spec is self and token.state == TaskState.WAITING]
            self.activate(my_task.workflow, scope, first_of_each(here))
        return False

    def activate(self, run: "Run", scope: Token, waiting: Mapping[str, Token]) -> bool:
        """Go on with the waiting tokens when the activation condition is true."""
        tokens = list(waiting.values())
        data = join(tokens)[1] if len(tokens) > 1 else tokens[0].data
        counts = {flow: int(flow in waiting) for flow in self.arriving}
        seen = run.scope(tokens[0], **data, **counts, activationCount=len(waiting))
        if evaluate(self.element.details.condition, seen) is not True:
            return False
        if len(waiting) < len(self.arriving):
            taken = {**scope.internal_data.get(PHASES, {}), self.key: list(waiting)}
            scope.internal_data = {**scope.internal_data, PHASES: taken}
        run.join(tokens, self)
        return True

    def proceed(self, run: "Run", scope: Token, tokens: list[Token]) -> bool:
        """Begin anew once the tokens that were left out have come, or none of them can."""
        phases = scope.internal_data.get(PHASES, {})
        if self.key not in phases:
            return False
        late = set(self.arriving) - set(phases[self.key])
        waiting = first_of_each(tokens)
        if self.expects(scope, waiting, late):
            return False
        scope.internal_data = {**scope.internal_data, PHASES: {k: v for k, v in phases.items() if k != self.key}}
        taken = [token for flow, token in waiting.items() if flow in late]
        if taken:
            run.join(taken, self).internal_data = {"reset": True}
        rest = {flow: token for flow, token in waiting.items() if flow not in late}
        return bool(rest and self.activate(run, scope, rest)) or bool(taken)

    def choose(self, token: Token) -> list[Way]:
        """The open ways; when it begins anew only those whose condition asks for it with ``waitingForStart``."""
        reset = bool(token.internal_data.get("reset"))
        if not reset:
            return self.open_ways(token, waitingForStart=True)
        return self.true_ways(token, waitingForStart=False)


def first_of_each(tokens: list[Token]) -> dict[str, Token]:
    """One token for each way in that has one, the oldest."""
    found: dict[str, Any] = {}
    for token in tokens:
        found.setdefault(token.internal_data["flow"], token)
    return found
