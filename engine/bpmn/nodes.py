"""The elements of a diagram as task specs of SpiffWorkflow: what a token does when it comes to one."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from SpiffWorkflow.bpmn.specs.defaults import BpmnSpecMixin
from SpiffWorkflow.specs.WorkflowSpec import WorkflowSpec
from SpiffWorkflow.util.task import TaskState

from loopdesk.engine.bpmn.expressions import Scope, evaluate
from loopdesk.engine.bpmn.model import Element, Flow, Mapped
from loopdesk.engine.bpmn.tree import Token, scope_of
from loopdesk.engine.errors import N_, Conflict, Refused


class ProcessSpec(WorkflowSpec):  # type: ignore[misc]
    """A process as SpiffWorkflow knows it."""

    data_objects: Mapping[str, Any] = {}


@dataclass(frozen=True)
class Way:
    """A sequence flow out of a node."""

    flow: Flow
    target: "Node"
    place: str


class Node(BpmnSpecMixin):  # type: ignore[misc]
    """A flow node; a token passes through it unless a subclass says otherwise."""

    is_scope = False
    is_boundary = False
    joins = False
    waits = False
    """Whether a token stays until somebody outside resumes it."""

    def __init__(self, spec: ProcessSpec, element: Element) -> None:
        super().__init__(spec, element.id, bpmn_name=element.name, documentation=element.documentation)
        self.element = element
        self.place = f"{element.process}/{element.id}"
        self.ways: list[Way] = []
        self.arriving: list[str] = []
        self.boundaries: list[Node] = []

    def test(self) -> None:
        """SpiffWorkflow asks at each visit whether the spec is whole; the reader's rules did so at deployment."""

    def _predict(self, my_task: Token, *_: Any, **__: Any) -> None:
        """No future is kept in the tree."""

    def _update_hook(self, my_task: Token) -> bool:
        return True

    def _on_ready_hook(self, my_task: Token) -> None:
        my_task.workflow.ready.append(my_task)

    def _run_hook(self, my_task: Token) -> bool | None:
        return True

    def _on_complete(self, my_task: Token) -> None:
        my_task.workflow.leave(my_task, self.choose(my_task))

    def choose(self, token: Token) -> list[Way]:
        """The ways a token takes: all of them (BPMN 2.0.2 §8.3.13, an implicit fork)."""
        return self.ways

    def resume(self, token: Token, payload: Mapping[str, Any]) -> None:
        """Go on with what the token waited for."""
        raise Conflict(N_("Nothing waits at “%(element)s”."), element=self.element.name or self.element.id)

    def inputs(self, token: Token) -> dict[str, Any]:
        """The element's input mappings, evaluated."""
        local: dict[str, Any] = {}
        for line in self.element.extras.inputs:
            local = assign(local, line, token.workflow.scope(token, **local))
        return local

    def absorb(self, token: Token, result: Mapping[str, Any]) -> None:
        """Write a result into the variables: through the output mappings, or all of it when there are none."""
        token.data = (
            self.outputs(token, result, token.data) if self.element.extras.outputs else {**token.data, **result}
        )

    def outputs(self, token: Token, result: Mapping[str, Any], data: dict[str, Any]) -> dict[str, Any]:
        """``data`` with what the output mappings make of a result."""
        scope = token.workflow.scope(token, **result)
        for line in self.element.extras.outputs:
            data = assign(data, line, scope)
        return data


def assign(data: dict[str, Any], line: Mapped, scope: Scope) -> dict[str, Any]:
    """A copy of ``data`` with the mapping's value at its target; dots nest."""
    *path, name = line.target.split(".")
    data = inside = dict(data)
    for part in path:
        held = inside.get(part)
        inside[part] = dict(held) if isinstance(held, Mapping) else {}
        inside = inside[part]
    inside[name] = evaluate(line.source, scope)
    return data


class StartEvent(Node):
    """Where a token begins."""


class ThrowEvent(Node):
    """An intermediate or end event that may send a message on its way."""

    def _run_hook(self, my_task: Token) -> bool:
        run, trigger = my_task.workflow, self.element.trigger
        if trigger.kind == "message":
            run.outside.publish(run.visit(my_task), trigger.message, self.inputs(my_task))
        return True


class TerminateEvent(Node):
    """Ends its scope at once (BPMN 2.0.2 §10.5.3)."""

    def _on_complete(self, my_task: Token) -> None:
        my_task.workflow.terminate(my_task)


class ExclusiveGateway(Node):
    """Takes the first way whose condition is true, else the default (BPMN 2.0.2 §13.3.2)."""

    def choose(self, token: Token) -> list[Way]:
        """The first way that is open."""
        if len(self.ways) == 1:
            return self.ways
        scope = token.workflow.scope(token)
        for way in self.ways:
            if way.flow.condition and evaluate(way.flow.condition, scope) is True:
                return [way]
        default = [way for way in self.ways if way.flow.id == self.element.default]
        if default:
            return default
        raise Refused(
            N_("No way leads on from the gateway “%(gateway)s”: none of its conditions is true."),
            remedy=N_("Correct the data, or give the gateway a default flow."),
            place=self.place,
            gateway=self.element.name or self.element.id,
        )


class ParallelGateway(Node):
    """Waits for a token on each way in, merges them, and takes every way out (BPMN 2.0.2 §13.3.1)."""

    @property
    def joins(self) -> bool:  # type: ignore[override]
        """Whether several ways lead in."""
        return len(self.arriving) > 1

    def _update_hook(self, my_task: Token) -> bool:
        if not self.joins:
            return True
        my_task._set_state(TaskState.WAITING)
        run, scope = my_task.workflow, scope_of(my_task)
        waiting: dict[str, Token] = {}
        for token in run.tasks.values():
            here = token.task_spec is self and token.state == TaskState.WAITING
            if here and scope_of(token) is scope:
                waiting.setdefault(token.internal_data["flow"], token)
        if len(waiting) == len(self.arriving):
            run.join([waiting[flow] for flow in self.arriving], self)
        return False
