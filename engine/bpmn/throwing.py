"""Events that a token throws, and how errors and escalations find who catches them (BPMN 2.0.2 §10.5.7, §13.5).

Of a multiple event all are thrown (§10.5.3, table 10.90): what only tells comes first, then compensation, then what
takes the token away. A link goes on at the link of the same name on the same level (§10.5.5).
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from SpiffWorkflow.util.task import TaskState

from loopdesk.engine.bpmn.correlation import key_of
from loopdesk.engine.bpmn.events import CatchEvent, EventStart, Listener
from loopdesk.engine.bpmn.model import Trigger
from loopdesk.engine.bpmn.nodes import Node
from loopdesk.engine.bpmn.tree import Token, scope_of
from loopdesk.engine.errors import N_, Refused


class Uncaught(Refused):
    """An error was thrown that nothing in the diagram catches."""


class Stuck(Uncaught):
    """No token can move any more and none waits for anything: a person has to look, as for an error."""


def fail(token: Token, code: str, payload: Mapping[str, Any], reason: str = "") -> None:
    """Throw the error ``code`` at ``token``: who catches it interrupts everything between.

    Raises ``Uncaught`` when nobody does: the step is undone and a person has to look (an incident).
    """
    if _catch(token, "error", code, payload):
        return
    why = N_("The error “%(code)s” was thrown and nothing catches it. %(reason)s")
    raise Uncaught(
        why if reason else N_("The error “%(code)s” was thrown and nothing catches it."),
        remedy=N_("Draw an error boundary event or an event sub-process for it, or remove its cause and try again."),
        place=token.task_spec.place,
        code=code,
        reason=reason,
    )


def escalate(token: Token, code: str, payload: Mapping[str, Any]) -> None:
    """Throw the escalation ``code``; when nobody catches it everything goes on."""
    _catch(token, "escalation", code, payload)


def _catch(token: Token, kind: str, code: str, payload: Mapping[str, Any]) -> bool:
    for belongs, listeners in _levels(token):
        # One that names the code comes before one that takes every code (§10.5.7).
        for wanted in dict.fromkeys((code, "")):
            for listener in listeners:
                trigger = listener.catches(kind, wanted)
                more = {trigger.variable: code} if trigger and trigger.variable else {}
                if trigger and listener.take(belongs, trigger, {**payload, **more}):
                    return True
    return False


def _levels(token: Token) -> Iterator[tuple[Token, list[Listener]]]:
    """What could catch, from the inside out: the activity's boundary events, its scope's event sub-processes."""
    at = token
    while True:
        if not at.is_fork:
            yield at, [node for node in at.task_spec.boundaries if isinstance(node, Listener)]
        if at.parent is None:
            return
        scope = scope_of(at)
        starts = [node for node in scope.task_spec.handlers if isinstance(node, EventStart)]
        handling = next((node for node in starts if node.body is at.task_spec), None)
        if handling is None:
            yield scope, starts
        elif not handling.element.interrupting:
            # The scope is still active beside this handler, which does not catch what it throws itself.
            yield scope, [node for node in starts if node is not handling]
        at = scope


class ThrowEvent(Node):
    """An intermediate or end event: throws all that it names, the last what ends its scope or leads elsewhere."""

    throws = True
    target: Node | None = None
    """where its link leads"""

    @property
    def is_late(self) -> bool:  # type: ignore[override]
        """Whether it throws a signal."""
        return self.element.trigger.has("signal")

    def _run_hook(self, my_task: Token) -> bool | None:
        for trigger in sorted(self.element.trigger.each, key=lambda item: item.kind == "escalation"):
            # An escalation may be caught by who ends the scope; what only tells has then been told.
            if trigger.kind in ("message", "signal") or (
                trigger.kind == "escalation" and my_task.state != TaskState.CANCELLED
            ):
                THROWS[trigger.kind](self, my_task, trigger)
        if my_task.state == TaskState.CANCELLED or not self.undone(my_task):
            return None
        return self.over(my_task)

    def undone(self, _token: Token) -> bool:
        """Whether nothing has to be compensated before the token goes on."""
        return True

    def over(self, token: Token) -> bool | None:
        """Throw the error after all else; None when it has ended the token's scope, where no other can be thrown."""
        token.workflow.visited = token
        errors = [trigger for trigger in self.element.trigger.each if trigger.kind == "error"]
        for trigger in errors[:1]:
            THROWS["error"](self, token, trigger)
        return None if token.state == TaskState.CANCELLED else True

    def _on_complete(self, my_task: Token) -> None:
        if self.element.trigger.has("terminate"):
            my_task.workflow.terminate(my_task)
        elif self.target is not None:
            my_task.workflow.jump(my_task, self.target)
        else:
            super()._on_complete(my_task)


def _publish(node: Node, token: Token, trigger: Trigger) -> None:
    run, payload = token.workflow, node.inputs(token)
    key = key_of(token, trigger.sent_key, payload)
    run.outside.publish(run.visit(token), trigger.message, payload, key)


def _broadcast(node: Node, token: Token, trigger: Trigger) -> None:
    run = token.workflow
    payload = node.inputs(token)
    run.outside.broadcast(run.visit(token), trigger.name, payload)
    # Who waits in the same instance hears it at once, even where that ends the scope that threw it.
    hears = [item for item in run.tasks.values() if item.state == TaskState.STARTED and _parts(item, trigger.name)]
    for item in hears:
        if item.state == TaskState.STARTED:
            item.task_spec.come(item, _parts(item, trigger.name)[0], payload)


def _parts(token: Token, signal: str) -> list[int]:
    """The parts of what a token waits for that are this signal."""
    if not isinstance(token.task_spec, CatchEvent):
        return []
    each = enumerate(token.task_spec.element.trigger.each)
    return [part for part, trigger in each if trigger.kind == "signal" and trigger.name == signal]


THROWS: dict[str, Callable[[Node, Token, Trigger], None]] = {
    "message": _publish,
    "signal": _broadcast,
    "escalation": lambda node, token, trigger: escalate(token, trigger.name, node.inputs(token)),
    "error": lambda node, token, trigger: fail(token, trigger.name, node.inputs(token)),
}
