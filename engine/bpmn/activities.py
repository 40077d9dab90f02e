"""Activities at which a token may stay: tasks, sub-processes, called processes."""

from collections.abc import Mapping
from typing import Any

from SpiffWorkflow.util.task import TaskState

from loopdesk.engine.bpmn.correlation import key_of
from loopdesk.engine.bpmn.expressions import evaluate, is_expression
from loopdesk.engine.bpmn.nodes import LOCAL, Node, Way
from loopdesk.engine.bpmn.records import keep_snapshot
from loopdesk.engine.bpmn.tree import OUTER, Token, gathered

ERROR, REASON = "$error", "$message"
"""Keys of a result that is a BPMN error: its code, and why in words."""


class Activity(Node):
    """A task or sub-process; its boundary events wait as long as it does."""

    def _run_hook(self, my_task: Token) -> bool | None:
        if self.start(my_task):
            return True
        if my_task.state == TaskState.READY:
            my_task.workflow.arm(self.boundaries, my_task)
        return None

    def start(self, token: Token) -> bool:
        """Do the work; False when the token has to wait for it."""
        if self.element.extras.outputs or self.element.details.writes:
            self.inputs(token)
            self.absorb(token, {})
        return True

    def resume(self, token: Token, payload: Mapping[str, Any]) -> None:
        """The work is done with ``payload`` as its result."""
        self.absorb(token, payload)
        token.complete()

    def settled(self, token: Token, result: Mapping[str, Any]) -> bool:
        """Write the result; False when it is an error (``{"$error": code}``), which is thrown with the rest of it."""
        if result.get(ERROR) is None:
            self.absorb(token, result)
            return True
        payload = {name: value for name, value in result.items() if name not in (ERROR, REASON)}
        token.workflow.fail(token, str(result[ERROR]), payload, str(result.get(REASON) or ""))
        return False


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
        return self.settled(token, run.outside.operate(run.visit(token), name, inputs))

    def resume(self, token: Token, payload: Mapping[str, Any]) -> None:
        """The effect is performed with ``payload`` as its result."""
        if self.settled(token, payload):
            token.complete()


class MessageTask(Activity):
    """A send task with a message: its inputs are the payload."""

    def start(self, token: Token) -> bool:
        """Publish the message."""
        run, trigger, payload = token.workflow, self.element.trigger, self.inputs(token)
        key = key_of(token, trigger.sent_key, payload)
        return self.settled(token, run.outside.publish(run.visit(token), trigger.message, payload, key) or {})


class ScriptTask(Activity):
    """Evaluates a FEEL expression into a variable; without one a context is spread over the variables."""

    def start(self, token: Token) -> bool:
        """Evaluate the script; one in another language that a draft has is asked for outside."""
        if self.element.extras.program:
            return self.program(token)
        if not is_expression(self.element.extras.script):
            run = token.workflow
            return self.settled(token, run.outside.operate(run.visit(token), "", self.inputs(token)))
        scope = token.workflow.scope(token, **self.inputs(token))
        self.keep(token, evaluate(self.element.extras.script, scope))
        return True

    def program(self, token: Token) -> bool:
        """Run a Python script: what it assigns are variables, or ``result`` is the result variable."""
        run, extras = token.workflow, self.element.extras
        found = run.outside.script(run.visit(token), extras.program, run.scope(token, **self.inputs(token)))
        self.keep(token, found.get("result") if extras.result else found)
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
        value = run.outside.decide(run.visit(token), self.element.extras.decision, scope)
        if isinstance(value, Mapping) and ERROR in value:
            return self.settled(token, value)
        self.keep(token, value)
        return True


class SubProcess(Activity):
    """Runs the elements inside it; done when no token is left there."""

    is_scope = True
    first: list[Node]
    """where tokens begin inside, or in the called process"""

    def start(self, token: Token) -> bool:
        """Begin inside; an empty sub-process is done at once."""
        if not self.first:
            return True
        inside = self.handed_in(token)
        if inside is not token.data:
            token.internal_data[OUTER] = token.data
            token.data = inside
        self.inside(token, inside)
        token.workflow.listen(token)
        return False

    def inside(self, token: Token, data: dict[str, Any]) -> None:
        """Let the elements inside begin."""
        token.workflow.enter(self.first, token, data)

    def lets_in(self, changed: dict[str, Any]) -> dict[str, Any]:
        """All but the variables that its inputs made."""
        return self.not_local(changed)

    def not_local(self, data: dict[str, Any]) -> dict[str, Any]:
        """The variables of ``data`` that inputs did not make."""
        local = {line.target.split(".")[0] for line in self.element.extras.inputs}
        return {name: value for name, value in data.items() if name not in local}

    def handed_in(self, token: Token) -> dict[str, Any]:
        """The variables inside: those outside, with the inputs before them."""
        inputs = self.inputs(token)
        return {**token.data, **inputs} if inputs else token.data

    def finish(self, token: Token, data: dict[str, Any]) -> None:
        """The last token inside ended with ``data``."""
        self.settle(token, data)
        token.complete()

    def settle(self, token: Token, data: dict[str, Any]) -> None:
        """Take over what was written inside: inputs stay there, outputs or everything else goes out."""
        extras = self.element.extras
        outer = token.internal_data.pop(OUTER, None)
        keep_snapshot(token, data)
        if extras.outputs:
            before = token.data if outer is None else outer
            token.data = data
            token.data = self.outputs(token, {}, before)
        elif outer is None:
            token.data = data
        else:
            token.data = outer | self.not_local(self.handed_out(data))

    def handed_out(self, data: dict[str, Any]) -> dict[str, Any]:
        """What goes out without output mappings."""
        return data

    def handed_over(self, token: Token, outer: dict[str, Any]) -> dict[str, Any]:
        """What an interruption leaves: as at the end, except that output mappings are for a completed scope only."""
        if self.element.extras.outputs or token.workflow.reader == "1":
            return outer
        return outer | self.not_local(self.handed_out(gathered(token)))


class EventSubProcess(SubProcess):
    """Runs in its scope each time that its start event comes (see ``events.EventStart``)."""

    def start(self, token: Token) -> bool:
        """Begin as a compensation, for which no token waited at its start event."""
        nodes, follow = token.workflow.nodes, token.workflow.follow
        if follow is not None:
            for place in {node.undone_at for node in nodes.values() if node.undo is self}:
                follow(nodes[place].element, "started")
                follow(nodes[place].element, "completed")
        return super().start(token)


class CallActivity(SubProcess):
    """Runs another process of the same bundle, embedded: one state, one lock (architecture §3)."""

    def start(self, token: Token) -> bool:
        """Begin in the called process; one that a draft does not have yet is asked for outside."""
        if self.first:
            return super().start(token)
        run, inputs = token.workflow, self.inputs(token)
        token.internal_data = {**token.internal_data, LOCAL: inputs}
        called = run.outside.operate(run.visit(token), self.element.extras.called, inputs)
        return self.settled(token, called)

    def lets_in(self, changed: dict[str, Any]) -> dict[str, Any]:
        """Nothing, where only the inputs are handed over."""
        return super().lets_in(changed) if self.element.extras.all_in else {}

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
        for listener in token.children:
            token.workflow.drop(listener)
        token.data = data
        token._set_state(TaskState.COMPLETED)
        token.workflow.completed = True


class EventGateway(Node):
    """Waits for the first of the events behind it (BPMN 2.0.2 §13.3.5)."""

    def _run_hook(self, my_task: Token) -> bool | None:
        my_task.workflow.enter([way.target for way in self.ways], my_task, my_task.data)
        return None

    def way_to(self, node: Node) -> Way:
        """The flow that leads to one of its events."""
        return next(way for way in self.ways if way.target is node)
