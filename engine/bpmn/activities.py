"""Activities and events at which a token may stay: tasks, sub-processes, timers, messages."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from SpiffWorkflow.util.task import TaskState

from loopdesk.engine.bpmn.expressions import evaluate, words
from loopdesk.engine.bpmn.moments import first_due, next_due
from loopdesk.engine.bpmn.nodes import Node, Way
from loopdesk.engine.bpmn.tree import OUTER, Token

if TYPE_CHECKING:
    from loopdesk.engine.bpmn.run import Run


class Activity(Node):
    """A task or sub-process; its boundary events wait as long as it does."""

    def _run_hook(self, my_task: Token) -> bool | None:
        if self.start(my_task):
            return True
        if self.boundaries:
            run = my_task.workflow
            for event in self.boundaries:
                run.enter([event], my_task, my_task.data)
        return None

    def start(self, token: Token) -> bool:
        """Do the work; False when the token has to wait for it."""
        return True

    def resume(self, token: Token, payload: Mapping[str, Any]) -> None:
        """The work is done with ``payload`` as its result."""
        self.absorb(token, payload)
        token.complete()


class UserTask(Activity):
    """A person's task with its form."""

    waits = True

    def start(self, token: Token) -> bool:
        """Ask a person."""
        run = token.workflow
        run.outside.person(run.visit(token), run.scope(token, **self.inputs(token)))
        return False


class ServiceTask(Activity):
    """Calls an operation in the step, or wants an effect outside and waits for it."""

    waits = True

    def start(self, token: Token) -> bool:
        """Call the operation, or want the effect."""
        run, name, inputs = token.workflow, self.element.extras.task, self.inputs(token)
        if run.outside.is_effect(name):
            run.outside.effect(run.visit(token), name, inputs)
            return False
        self.absorb(token, run.outside.operate(run.visit(token), name, inputs))
        return True


class MessageTask(Activity):
    """A send task with a message: its inputs are the payload."""

    def start(self, token: Token) -> bool:
        """Publish the message."""
        run = token.workflow
        run.outside.publish(run.visit(token), self.element.trigger.message, self.inputs(token))
        return True


class ScriptTask(Activity):
    """Evaluates a FEEL expression into a variable; without one a context is spread over the variables."""

    def start(self, token: Token) -> bool:
        """Evaluate the script."""
        scope = token.workflow.scope(token, **self.inputs(token))
        self.keep(token, evaluate(self.element.extras.script, scope))
        return True

    def keep(self, token: Token, value: Any) -> None:
        """Write a value under the result variable."""
        name = self.element.extras.result
        self.absorb(token, {name: value} if name else value if isinstance(value, Mapping) else {})


class BusinessRuleTask(ScriptTask):
    """Asks a decision table."""

    def start(self, token: Token) -> bool:
        """Decide."""
        run = token.workflow
        scope = run.scope(token, **self.inputs(token))
        self.keep(token, run.outside.decide(run.visit(token), self.element.extras.decision, scope))
        return True


class SubProcess(Activity):
    """Runs the elements inside it; done when no token is left there."""

    is_scope = True
    first: Node
    """the start event inside, or that of the called process"""

    def start(self, token: Token) -> bool:
        """Begin inside."""
        inside = self.handed_in(token)
        if inside is not token.data:
            token.internal_data[OUTER] = token.data
            token.data = inside
        token.workflow.enter([self.first], token, inside)
        return False

    def handed_in(self, token: Token) -> dict[str, Any]:
        """The variables inside: those outside, with the inputs before them."""
        inputs = self.inputs(token)
        return {**token.data, **inputs} if inputs else token.data

    def finish(self, token: Token, data: dict[str, Any]) -> None:
        """The last token inside ended with ``data``; inputs stay inside, outputs or everything else goes out."""
        extras = self.element.extras
        outer = token.internal_data.pop(OUTER, None)
        if extras.outputs:
            before = token.data if outer is None else outer
            token.data = data
            token.data = self.outputs(token, {}, before)
        elif outer is None:
            token.data = data
        else:
            local = {line.target.split(".")[0] for line in extras.inputs}
            token.data = outer | {name: value for name, value in self.handed_out(data).items() if name not in local}
        token.complete()

    def handed_out(self, data: dict[str, Any]) -> dict[str, Any]:
        """What goes out without output mappings."""
        return data


class CallActivity(SubProcess):
    """Runs another process of the same bundle, embedded: one state, one lock (architecture §3)."""

    def handed_in(self, token: Token) -> dict[str, Any]:
        """All variables or only the inputs, as the called element says; always a scope of its own."""
        return {**(token.data if self.element.extras.all_in else {}), **self.inputs(token)}

    def handed_out(self, data: dict[str, Any]) -> dict[str, Any]:
        """All of the callee's variables, or none."""
        return data if self.element.extras.all_out else {}


class Root(Node):
    """The process itself: done when no token is left."""

    is_scope = True

    def finish(self, token: Token, data: dict[str, Any]) -> None:
        """The last token ended with ``data``."""
        token.data = data
        token._set_state(TaskState.COMPLETED)
        token.workflow.completed = True


class CatchEvent(Node):
    """Waits for a message or a moment."""

    waits = True

    def _run_hook(self, my_task: Token) -> bool | None:
        run, trigger = my_task.workflow, self.element.trigger
        if trigger.kind == "message":
            run.outside.message(run.visit(my_task), trigger.message)
            return None
        text = words(trigger.text, run.scope(my_task))
        due, rounds = first_due(trigger.timer, text, run.outside.now)
        if trigger.timer == "cycle":
            my_task.internal_data = {"cycle": text, "due": due, "rounds": rounds}
        run.outside.timer(run.visit(my_task), due, text)
        return None

    def resume(self, token: Token, payload: Mapping[str, Any]) -> None:
        """The message came with ``payload``, or the moment."""
        gateway = token.parent
        if isinstance(gateway.task_spec, EventGateway) and not gateway.is_fork:
            token.workflow.passed.update([gateway.task_spec.place, gateway.task_spec.way_to(self).place])
            token.workflow.interrupt(token, gateway)
        self.absorb(token, payload)
        token.complete()


class BoundaryEvent(CatchEvent):
    """Takes the place of its activity, or starts a branch beside it (BPMN 2.0.2 §10.5.4)."""

    is_boundary = True

    def resume(self, token: Token, payload: Mapping[str, Any]) -> None:
        """The message or moment came while the activity was waiting."""
        run, host = token.workflow, token.parent
        outer = host.internal_data.get(OUTER, host.data)
        if self.element.interrupting:
            run.interrupt(token, host)
        else:
            self.again(token, run)
            token = Token(run, self, run.part(host), outer)
        token.data = outer
        self.absorb(token, payload)
        token.complete()

    def again(self, token: Token, run: "Run") -> None:
        """A cycle waits for its next round; a message boundary for its next message; all else is over."""
        if self.element.trigger.kind == "message":
            run.outside.message(run.visit(token), self.element.trigger.message)
            return
        rounds = token.internal_data.get("rounds", 1)
        if rounds is not None and rounds <= 1:
            run.tasks[token.id]._set_state(TaskState.COMPLETED)
            token.parent._children.remove(token.id)
            del run.tasks[token.id]
            return
        text = token.internal_data["cycle"]
        due, missed = next_due(text, token.internal_data["due"], run.outside.now)
        left = None if rounds is None else max(rounds - 1 - missed, 1)
        token.internal_data = {"cycle": text, "due": due, "rounds": left}
        run.outside.timer(run.visit(token), due, text)


class EventGateway(Node):
    """Waits for the first of the events behind it (BPMN 2.0.2 §13.3.5)."""

    def _run_hook(self, my_task: Token) -> bool | None:
        my_task.workflow.enter([way.target for way in self.ways], my_task, my_task.data)
        return None

    def way_to(self, node: Node) -> Way:
        """The flow that leads to one of its events."""
        return next(way for way in self.ways if way.target is node)
