"""The elements of a diagram as task specs of SpiffWorkflow: what a token does when it comes to one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from SpiffWorkflow.bpmn.specs.defaults import BpmnSpecMixin
from SpiffWorkflow.specs.WorkflowSpec import WorkflowSpec
from SpiffWorkflow.util.task import TaskState

from loopdesk.engine.bpmn.expressions import Scope, evaluate
from loopdesk.engine.bpmn.model import Element, Flow, Mapped
from loopdesk.engine.bpmn.tree import Token, scope_of, within
from loopdesk.engine.errors import N_, Conflict, Refused

LOCAL = "local"
"""Key of a waiting token's internal data: its inputs, which its output mappings see."""


class ProcessSpec(WorkflowSpec):  # type: ignore[misc]
    """A process as SpiffWorkflow knows it."""

    data_objects: Mapping[str, Any] = {}


@dataclass(frozen=True)
class Way:
    """A sequence flow out of a node."""

    flow: Flow
    target: "Node"
    place: str


class Repeats(Protocol):
    """A loop around a node."""

    def came_back(self, token: Token) -> None:
        """A round of it is completed."""


class Watches(Protocol):
    """An ad hoc sub-process around a node."""

    def completed(self, token: Token) -> bool:
        """Whether that activity was the last one to go on from, so that its token ends."""


class Node(BpmnSpecMixin):  # type: ignore[misc]
    """A flow node; a token passes through it unless a subclass says otherwise."""

    is_scope = False
    is_boundary = False
    """Whether it waits beside the flow: a boundary event or the start of an event sub-process."""
    is_seen = True
    """Whether who follows the run is told that a token waits here; an event sub-process only begins with its event."""
    arms = False
    """Whether a token has to wait for that event"""
    conditions: Sequence[tuple[int, str]] = ()
    """Conditions that let a waiting token go on, each with the number of its part"""
    joins = False
    is_patient = False
    """Whether it decides about its waiting tokens only when no other one moves."""
    is_late = False
    """Whether other tokens move first: a signal is thrown to all that can wait for it"""
    throws = False
    """Whether it throws an event, which may end the scope it lies in"""
    waits = False
    """Whether a token stays until somebody outside resumes it."""
    keeps = False
    """Whether what its inner tokens write stays with them until they are completed."""
    forgets = False
    """Whether nothing that was completed inside can be compensated later."""
    handler: "Node | None" = None
    """the activity that compensates it"""
    undo: "Node | None" = None
    """its compensation event sub-process"""
    undone_at: str = ""
    """place of the event that stands for its compensation"""
    body_of: "Repeats | None" = None
    """the loop that this node is one round of"""
    watched_by: "Watches | None" = None
    """the ad hoc sub-process around it, which looks at each completed activity"""

    def __init__(self, spec: ProcessSpec, element: Element, name: str = "") -> None:
        super().__init__(spec, name or element.id, bpmn_name=element.name, documentation=element.documentation)
        self.element = element
        self.place = f"{element.process}/{element.id}"
        self.key = f"{element.process}/{name or element.id}"
        """names the node among those of its bundle; a loop's round has another one than the loop"""
        self.stored_at = self.key if element.kind != "process" else f"{element.process}/"
        """names it in the stored state"""
        self.timed = any(trigger.kind == "timer" for trigger in element.trigger.each)
        self.ways: list[Way] = []
        self.arriving: list[str] = []
        self.before: list[Node] = []
        """where the arriving flows come from, in the same order; the activity of a boundary event"""
        self.boundaries: list[Node] = []
        self.handlers: list[Node] = []
        """starts of the event sub-processes right inside it"""

    def test(self) -> None:
        """SpiffWorkflow asks at each visit whether the spec is whole; the reader's rules did so at deployment."""

    def _predict(self, my_task: Token, *_: Any, **__: Any) -> None:
        """No future is kept in the tree."""

    def _update_hook(self, my_task: Token) -> bool:
        wanted = self.element.details.start_quantity
        if wanted == 1:
            return True
        my_task._set_state(TaskState.WAITING)
        here = [token for token in within(scope_of(my_task)) if token.task_spec is self]
        waiting = [token for token in here if token.state == TaskState.WAITING]
        if len(waiting) >= wanted:
            my_task.workflow.join(waiting[:wanted], self)
        return False

    def _on_ready_hook(self, my_task: Token) -> None:
        my_task.workflow.ready.append(my_task)

    def _run_hook(self, my_task: Token) -> bool | None:
        return True

    def _on_complete(self, my_task: Token) -> None:
        my_task.workflow.leave(my_task, self.choose(my_task))

    def choose(self, token: Token) -> list[Way]:
        """The ways a token takes: all that are open (BPMN 2.0.2 §8.3.13, §13.3.2: an implicit fork), so many times."""
        ways = self.open_ways(token) if any(way.flow.condition for way in self.ways) else self.ways
        return ways * self.element.details.completion_quantity

    def true_ways(self, token: Token, **more: Any) -> list[Way]:
        """The ways whose condition is true."""
        scope = token.workflow.scope(token, **more)
        return [way for way in self.ways if self.has_condition(way) and evaluate(way.flow.condition, scope) is True]

    def has_condition(self, way: Way) -> bool:
        """Whether a condition guards the way; that of the default is never looked at (BPMN 2.0.2 §10.6.2)."""
        return bool(way.flow.condition) and way.flow.id != self.element.default

    def open_ways(self, token: Token, **more: Any) -> list[Way]:
        """The ways without condition and those whose is true; the default when no condition is."""
        true = self.true_ways(token, **more)
        default = self.element.default
        taken = [way for way in self.ways if way in true or not (way.flow.condition or way.flow.id == default)]
        if not true:
            taken += [way for way in self.ways if way.flow.id == default]
        if self.ways and not taken:
            raise self.stuck()
        return taken

    def stuck(self) -> Refused:
        """What to say when no way is open."""
        return Refused(
            N_("No way leads on from “%(gateway)s”: none of its conditions is true."),
            remedy=N_("Correct the data, or give the element a default flow."),
            place=self.place,
            gateway=self.element.name or self.element.id,
        )

    def lets_in(self, changed: dict[str, Any]) -> dict[str, Any]:
        """Which changes of variables outside are seen inside a scope whose variables differ from those outside."""
        return changed

    def handed_over(self, _token: Token, outer: dict[str, Any]) -> dict[str, Any]:
        """The variables outside, ``outer``, with what an interrupted scope has written up to then."""
        return outer

    def resume(self, token: Token, payload: Mapping[str, Any]) -> None:
        """Go on with what the token waited for."""
        raise Conflict(N_("Nothing waits at “%(element)s”."), element=self.element.name or self.element.id)

    def begun(self, token: Token, part: int) -> None:
        """An instance begins here with ``token``, because part ``part`` of what it waits for has come."""

    def come(self, token: Token, part: int, payload: Mapping[str, Any]) -> None:
        """Go on with one part of what the token waited for."""
        self.resume(token, payload)

    def withdraw(self, token: Token) -> None:
        """A cancelled token waits no more."""
        token.workflow.outside.gone(token.workflow.visit(token))

    def inputs(self, token: Token) -> dict[str, Any]:
        """The element's input mappings, evaluated."""
        local = self.reads(token)
        for line in self.element.extras.inputs:
            local = assign(local, line, token.workflow.scope(token, **local))
        if local and self.element.extras.outputs and not self.is_scope and token.workflow.reader != "1":
            token.internal_data = {**token.internal_data, LOCAL: local}
        return local

    def reads(self, token: Token) -> dict[str, Any]:
        """What the data associations into the element bring."""
        local: dict[str, Any] = {}
        for line in self.element.details.reads:
            scope = token.workflow.scope(token, **local)
            if there(line, scope):
                local = assign(local, line, scope)
        return local

    def absorb(self, token: Token, result: Mapping[str, Any]) -> None:
        """Write a result into the variables: through the output mappings, or all of it when there are none."""
        data = self.outputs(token, result, token.data) if self.element.extras.outputs else {**token.data, **result}
        token.data = self.store(token, result, data)

    def store(self, token: Token, result: Mapping[str, Any], data: dict[str, Any]) -> dict[str, Any]:
        """``data`` with what the data associations out of the element write."""
        scope = token.workflow.scope(token, **result)
        for line in self.element.details.writes:
            if there(line, scope):
                data = assign(data, line, scope)
        return data

    def outputs(self, token: Token, result: Mapping[str, Any], data: dict[str, Any]) -> dict[str, Any]:
        """``data`` with what the output mappings make of a result; they see the element's own inputs behind it."""
        scope = token.workflow.scope(token, **{**token.internal_data.get(LOCAL, {}), **result})
        token.internal_data = {name: value for name, value in token.internal_data.items() if name != LOCAL}
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


def there(line: Mapped, scope: Scope) -> bool:
    """Whether a data association has something to move: a drawn one whose source nobody wrote changes nothing."""
    name = line.source.removeprefix("=").strip()
    return not name.isidentifier() or name in scope


class StartEvent(Node):
    """Where a token begins."""


class ExclusiveGateway(Node):
    """Takes the first way whose condition is true or that has none, else the default (BPMN 2.0.2 §13.3.2)."""

    def choose(self, token: Token) -> list[Way]:
        """The first way that is open."""
        if len(self.ways) == 1 and not self.has_condition(self.ways[0]):
            return self.ways
        scope, default = token.workflow.scope(token), self.element.default
        for way in self.ways:
            if way.flow.id != default and (not way.flow.condition or evaluate(way.flow.condition, scope) is True):
                return [way]
        ways = [way for way in self.ways if way.flow.id == default]
        if not ways:
            raise self.stuck()
        return ways


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
