"""Undoing what was completed: compensation events, transactions that are cancelled (BPMN 2.0.2 §10.6, §13.5.5)."""

from typing import Any

from SpiffWorkflow.util.task import TaskState

from loopdesk.engine.bpmn.activities import EventSubProcess, SubProcess
from loopdesk.engine.bpmn.events import Listener
from loopdesk.engine.bpmn.merge import ABSENT, changes, merge
from loopdesk.engine.bpmn.model import Trigger
from loopdesk.engine.bpmn.nodes import Node
from loopdesk.engine.bpmn.records import DONE, Record, opened, take
from loopdesk.engine.bpmn.throwing import ThrowEvent
from loopdesk.engine.bpmn.tree import OUTER, Token, scope_of
from loopdesk.engine.errors import Conflict

PLAN = "plan"
"""Key of a compensating token's internal data: handlers still to run, ``[node key, variables, inner records]``."""

BESIDE = "beside"


class CompensationEvent(ThrowEvent):
    """Runs the handlers of completed activities one after the other, the latest first; then the token goes on."""

    is_scope = True
    keeps = True
    forgets = True

    @property
    def wanted(self) -> list[Trigger]:
        """What it compensates, in the order of the diagram."""
        return [trigger for trigger in self.element.trigger.each if trigger.kind == "compensation"]

    def undone(self, token: Token) -> bool:
        """Whether nothing is to be compensated, or the token need not wait for it."""
        plan = self.plan(token)
        if not plan:
            return True
        if not self.wanted or any(trigger.waits for trigger in self.wanted):
            self.carry_out(token, plan)
            return False
        # The token goes on at once; a second one compensates beside it.
        run = token.workflow
        second = Token(run, self, run.part(token), token.data)
        second._set_state(TaskState.STARTED)
        second.internal_data = {BESIDE: True}
        self.carry_out(second, plan)
        return True

    def plan(self, token: Token) -> list[Record]:
        """The handlers to run for the token's scope, each once; an event sub-process undoes what its parent did."""
        taken: list[Record] = []
        for activity in [trigger.activity for trigger in self.wanted] or [""]:
            scope = scope_of(token)
            taken += take(scope, activity)
            while isinstance(scope.task_spec, EventSubProcess):
                scope = scope_of(scope)
                taken += take(scope, activity)
        return [step for record in taken for step in steps(token, record, {})]

    def carry_out(self, token: Token, plan: list[Record]) -> None:
        """Run the handlers of the plan."""
        token.internal_data = {**token.internal_data, PLAN: plan}
        self.undo_next(token)

    def undo_next(self, token: Token) -> None:
        """Let the next handler run, with the variables that its activity left before the current ones."""
        key, written, inner = token.internal_data[PLAN][0]
        run, data = token.workflow, {**token.data, **written}
        before = {child.id for child in token.children}
        run.enter([run.nodes[key]], token, data)
        (begun,) = (child for child in token.children if child.id not in before)
        if inner:
            begun.internal_data = {**begun.internal_data, DONE: inner}

    def finish(self, token: Token, data: dict[str, Any]) -> None:
        """A handler ended with ``data``: the next one, or on."""
        key, written, _ = token.internal_data[PLAN][0]
        self.tell(token, token.workflow.nodes[key])
        token.data = after(token.data, {**token.data, **written}, data)
        token.internal_data = {**token.internal_data, PLAN: token.internal_data[PLAN][1:]}
        if token.internal_data[PLAN]:
            self.undo_next(token)
        elif token.internal_data.get(BESIDE):
            token._set_state(TaskState.COMPLETED)
            token.workflow.end(token)
        elif self.over(token):
            token.complete()

    def tell(self, token: Token, handler: Node) -> None:
        """Whoever follows the run is told what was undone."""
        run = token.workflow
        if run.follow is None:
            return
        undone = (node.place for node in run.nodes.values() if handler in (node.handler, node.undo))
        for place in dict.fromkeys(undone):
            run.follow(run.nodes[place].element, "compensated")


class CancelEvent(CompensationEvent):
    """The end event that cancels its transaction: the rest stops, all is compensated, the boundary event goes on.

    Without a cancel boundary event nothing goes on: the token has ended with the transaction (§10.5.3).
    """

    @property
    def wanted(self) -> list[Trigger]:
        """All that the transaction has done, whatever else is named."""
        return []

    def plan(self, token: Token) -> list[Record]:
        """The handlers of everything completed in the transaction."""
        token.workflow.only(token, scope_of(token))
        return super().plan(token)

    def over(self, token: Token) -> bool | None:
        """Its transaction is over by being cancelled."""
        return True

    def _on_complete(self, my_task: Token) -> None:
        run, transaction = my_task.workflow, scope_of(my_task)
        run.note(my_task, "completed")
        run.passed.add(self.place)
        transaction.task_spec.settle(transaction, my_task.data)
        host, data = transaction, transaction.data
        if transaction.task_spec.body_of is not None:
            host = transaction.parent
            data = host.internal_data.get(OUTER, host.data)
        boundary = cancelling(host)
        if boundary is None:
            run.give_up(host, data)
            return
        armed = boundary.disarm(host)
        token = Token(run, boundary, host.parent, data)
        run.drop(host)
        if not armed:
            run.note(token, "started")
        token.complete()


def cancelling(host: Token) -> Listener | None:
    """The boundary event at which a cancelled transaction is left."""
    for event in host.task_spec.boundaries:
        if isinstance(event, Listener) and event.element.trigger.has("cancel"):
            return event
    return None


def thrower(trigger: Trigger) -> type[ThrowEvent]:
    """The kind of node that throws a trigger, or all the parts of it."""
    if trigger.has("cancel"):
        return CancelEvent
    return CompensationEvent if trigger.has("compensation") else ThrowEvent


class Transaction(SubProcess):
    """A sub-process that a cancel end event can undo (BPMN 2.0.2 §10.3.5)."""


def steps(token: Token, record: Record, seen: dict[str, Any]) -> list[Record]:
    """The handlers that undo one completed activity: its own, or those of what was done inside it."""
    key, written, inner = record
    node, seen = token.workflow.nodes[key], {**seen, **written}
    if node.undone_at:
        token.workflow.passed.add(node.undone_at)
    if node.handler is not None:
        return [[node.handler.key, seen, []]]
    if node.undo is not None:
        return [[node.undo.key, seen, inner]]
    return [step for inside in reversed(list(opened(inner))) for step in steps(token, inside, seen)]


def after(current: dict[str, Any], base: dict[str, Any], data: dict[str, Any]) -> dict[str, Any]:
    """The current variables with what a handler made of ``base``: lists and contexts grow, else its value counts."""
    result = dict(current)
    for name, value in changes(base, data).items():
        result.pop(name, None)
        if value is ABSENT:
            continue
        now = {name: current[name]} if name in current else {}
        was = {name: base[name]} if name in base else {}
        try:
            result |= merge(was, [now, {name: value}])
        except Conflict:
            result[name] = value
    return result
