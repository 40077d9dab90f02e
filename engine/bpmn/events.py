"""Events that a token waits at: caught in the flow, at an activity or beside a scope (BPMN 2.0.2 §10.5, §13.5)."""

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

from SpiffWorkflow.util.task import TaskState

from loopdesk.engine.bpmn.activities import Activity, EventGateway
from loopdesk.engine.bpmn.correlation import key_of
from loopdesk.engine.bpmn.expressions import evaluate, words
from loopdesk.engine.bpmn.model import Trigger
from loopdesk.engine.bpmn.moments import first_due, read_cycle
from loopdesk.engine.bpmn.nodes import Node
from loopdesk.engine.bpmn.tree import OUTER, Token, gathered, share, written
from loopdesk.engine.calendar import Calendar

if TYPE_CHECKING:
    from loopdesk.engine.bpmn.run import Run

AWAITED = frozenset({"message", "signal", "timer", "conditional"})
"""Triggers that a token waits for; the others come up from what happens inside an activity."""


class CatchEvent(Node):
    """Waits for a message, a signal, a moment, a condition, or for one or all of several."""

    waits = True

    @property
    def arms(self) -> bool:  # type: ignore[override]
        """Whether a token has to wait for it: something outside or a condition triggers it, or all of several."""
        trigger = self.element.trigger
        return trigger.together or any(part.kind in AWAITED for part in trigger.each)

    @cached_property
    def conditions(self) -> Sequence[tuple[int, str]]:  # type: ignore[override]
        """The conditions it waits for, each with the number of its part."""
        each = enumerate(self.element.trigger.each)
        return [(part, trigger.text) for part, trigger in each if trigger.kind == "conditional"]

    def catches(self, kind: str, code: str) -> Trigger | None:
        """The trigger for an error or escalation with exactly this code; an empty ``code`` asks for one for all."""
        return next((item for item in self.element.trigger.each if item.kind == kind and item.name == code), None)

    def _run_hook(self, my_task: Token) -> bool | None:
        linked = [part for part, trigger in enumerate(self.element.trigger.each) if trigger.kind == "link"]
        if linked:
            my_task.internal_data = {**my_task.internal_data, "came": linked}
        self.wait(my_task)
        return None

    def wait(self, token: Token, only: int | None = None) -> None:
        """Let the outside world wake the token for each part, or for one of them again."""
        run, came = token.workflow, token.internal_data.get("came", [])
        for part, trigger in enumerate(self.element.trigger.each):
            if part in came or only not in (None, part):
                continue
            if trigger.kind == "message":
                run.outside.message(run.visit(token, part), trigger.message, key_of(token, trigger.key))
            elif trigger.kind == "signal":
                run.outside.signal(run.visit(token, part), trigger.name)
            elif trigger.kind == "timer":
                self._set_timer(token, part, trigger)

    def _set_timer(self, token: Token, part: int, trigger: Trigger) -> None:
        run = token.workflow
        text = words(trigger.text, run.scope(token))
        calendar = self.working_time(token)
        due, rounds = first_due(trigger.timer, text, run.outside.now, run.outside.zone, calendar)
        if trigger.timer == "cycle":
            kept = zip(self.cycle_keys(part), (text, due, rounds), strict=True)
            token.internal_data = {**token.internal_data, **dict(kept)}
        run.outside.timer(run.visit(token, part), due, text, calendar)

    def working_time(self, token: Token) -> Calendar | None:
        """The calendar whose working time its timers count; none where it names none."""
        run, text = token.workflow, self.element.extras.properties.get("calendar", "")
        name = words(text, run.scope(token)) if text else ""
        return run.outside.calendar(name) if name else None

    def withdraw(self, token: Token) -> None:
        """Take back everything the token waits for."""
        for part in range(len(self.element.trigger.each)):
            token.workflow.outside.gone(token.workflow.visit(token, part))

    def begun(self, token: Token, part: int) -> None:
        """What it waits for came and began the instance; a parallel multiple start event waits for the rest."""
        if self.element.trigger.together:
            token.internal_data = {"came": [part], "got": token.data}
        else:
            token.complete()

    def resume(self, token: Token, payload: Mapping[str, Any]) -> None:
        """Its only trigger came."""
        self.come(token, 0, payload)

    def come(self, token: Token, part: int, payload: Mapping[str, Any]) -> None:
        """One of its triggers came with ``payload``; a parallel multiple event waits on for the others."""
        if self.element.trigger.together:
            came = sorted({*token.internal_data.get("came", []), part})
            payload = {**token.internal_data.get("got", {}), **payload}
            token.internal_data = {**token.internal_data, "came": came, "got": payload}
            if len(came) < len(self.element.trigger.parts):
                return
        self.happen(token, part, payload)

    def happen(self, token: Token, part: int, payload: Mapping[str, Any]) -> None:
        """The event is complete: the token goes on; other events of its event gateway are over."""
        if self.element.trigger.parts:
            self.withdraw(token)
        decide(token)
        self.absorb(token, payload)
        token.complete()

    def again(self, token: Token, part: int) -> bool:
        """Wait for the next time, beside what this time starts; False when there will be none."""
        trigger = self.element.trigger
        if trigger.together:
            kept = token.internal_data.items()
            token.internal_data = {name: value for name, value in kept if name not in ("came", "got")}
            self.wait(token)
        elif trigger.each[part].kind in ("message", "signal"):
            self.wait(token, part)
        elif trigger.each[part].kind == "timer":
            return self._next_round(token, part) or bool(trigger.parts)
        return True

    def _next_round(self, token: Token, part: int) -> bool:
        run, held, (cycle, last, count) = token.workflow, token.internal_data, self.cycle_keys(part)
        rounds = held.get(count, 1)
        if self.element.trigger.each[part].timer != "cycle" or (rounds is not None and rounds <= 1):
            return False
        calendar = self.working_time(token)
        rounds_of = read_cycle(held[cycle], run.outside.zone, calendar)
        since, missed = rounds_of.latest(held[last], run.outside.now)
        due = rounds_of.every.after(since)
        left = None if rounds is None else max(rounds - 1 - missed, 1)
        token.internal_data = {**held, last: due, count: left}
        run.outside.timer(run.visit(token, part), due, held[cycle], calendar, since)
        return True

    def cycle_keys(self, part: int) -> tuple[str, str, str]:
        """Keys of the internal data of a cycle; the first one's are those of an event with one cycle only."""
        cycles = [number for number, trigger in enumerate(self.element.trigger.each) if trigger.timer == "cycle"]
        mark = "" if part in cycles[:1] else f".{part}"
        return f"cycle{mark}", f"due{mark}", f"rounds{mark}"


def decide(token: Token) -> None:
    """The token's event came first behind an event gateway: what the gateway waits for besides is over."""
    gateway, run = token.parent, token.workflow
    if isinstance(gateway.task_spec, EventGateway) and not gateway.is_fork:
        run.passed.update([gateway.task_spec.place, gateway.task_spec.way_to(token.task_spec).place])
        run.note(gateway, "completed")
        gateway._set_state(TaskState.COMPLETED)
        run.interrupt(token, gateway)


class ReceiveTask(Activity):
    """A task that waits for a message; behind an event gateway it is one of its events."""

    waits = True

    def start(self, token: Token) -> bool:
        """Wait for the message."""
        self.inputs(token)
        run, trigger = token.workflow, self.element.trigger
        run.outside.message(run.visit(token), trigger.message, key_of(token, trigger.key))
        return False

    def begun(self, token: Token, part: int) -> None:
        """The message came and began the instance."""
        token.complete()

    def resume(self, token: Token, payload: Mapping[str, Any]) -> None:
        """The message came with ``payload``."""
        decide(token)
        super().resume(token, payload)


class Listener(CatchEvent):
    """An event beside the flow, which may come as long as what it belongs to is active."""

    is_boundary = True

    def happen(self, token: Token, part: int, payload: Mapping[str, Any]) -> None:
        """The event came: it interrupts, or starts something beside and waits again."""
        belongs, run = token.parent, token.workflow
        if self.element.interrupting:
            self.disarm(belongs)
        elif not self.again(token, part):
            run.remove(token)
        self.caught(belongs, payload, armed=True)
        if token.id in run.tasks and self.is_seen:
            run.note(token, "started")

    def take(self, belongs: Token, trigger: Trigger, payload: Mapping[str, Any]) -> bool:
        """Catch an error or escalation that was thrown inside; False when it has to look for another one.

        Of a parallel multiple event an error can only be the last to come, for it ends what the others are for.
        """
        if not self.element.trigger.together:
            armed = self.disarm(belongs) if self.element.interrupting else self.arms
            self.caught(belongs, payload, armed=armed)
            return True
        waiting = next((child for child in belongs.children if child.task_spec is self), None)
        part = self.element.trigger.parts.index(trigger)
        came = {part, *(waiting.internal_data.get("came", []) if waiting else ())}
        if waiting is None or (trigger.kind == "error" and len(came) < len(self.element.trigger.parts)):
            return False
        self.come(waiting, part, payload)
        return True

    def disarm(self, belongs: Token) -> bool:
        """Let no token wait for the event any more; False when none did."""
        waiting = [child for child in belongs.children if child.task_spec is self]
        for token in waiting:
            self.withdraw(token)
            belongs.workflow.remove(token)
        return bool(waiting)

    def caught(self, belongs: Token, payload: Mapping[str, Any], *, armed: bool) -> None:
        """React for the activity or scope that the event belongs to; ``armed`` when a token had waited for it."""
        raise NotImplementedError


class BoundaryEvent(Listener):
    """Takes the place of its activity, or starts a branch beside it (BPMN 2.0.2 §10.5.4)."""

    def caught(self, belongs: Token, payload: Mapping[str, Any], *, armed: bool) -> None:
        """The event came while the activity was active."""
        run = belongs.workflow
        if self.element.interrupting:
            token = Token(run, self, belongs.parent, written(belongs))
            run.drop(belongs)
        else:
            token = Token(run, self, run.part(belongs), belongs.internal_data.get(OUTER, belongs.data))
        if not armed:
            run.note(token, "started")
        self.absorb(token, payload)
        token.complete()


class EventStart(Listener):
    """The start event of an event sub-process (BPMN 2.0.2 §10.3.5, §13.3.4)."""

    is_seen = False
    body: Node
    """the event sub-process"""

    def caught(self, belongs: Token, payload: Mapping[str, Any], *, armed: bool) -> None:
        """The event came while the scope was active: its variables are the event sub-process's too."""
        run = belongs.workflow
        if self.element.interrupting:
            data, parent = gathered(belongs), belongs
            for child in belongs.children:
                if child.task_spec not in belongs.task_spec.boundaries:
                    run.drop(child)
        else:
            share(belongs)
            top = belongs.inner[0]
            data, parent = top.internal_data.get(OUTER, top.data), run.part(top)
        body = Token(run, self.body, parent, data)
        body._set_state(TaskState.STARTED)
        if self.body.element.extras.outputs:
            # Only what they name goes out: several that run side by side would write into each other's variables.
            body.internal_data[OUTER] = data
        token = Token(run, self, body, data)
        for begun in (body, token):
            run.note(begun, "started")
        self.absorb(token, payload)
        run.listen(body)
        token.complete()


def look(run: "Run") -> bool:
    """Fire one waiting event whose condition has become true since the last look; False when there is none.

    What parallel branches wrote is shared before, for a condition is about the variables of the whole scope.
    """
    waiting = [item for item in run.watching if item.state == TaskState.STARTED and item.id in run.tasks]
    run.watching = [item for item in run.watching if item.id in run.tasks]
    if not waiting:
        return False
    share(run.task_tree)
    for token in waiting:
        for part, text in token.task_spec.conditions:
            held, came = (token.internal_data.get(name, []) for name in ("held", "came"))
            true = evaluate(text, run.scope(token)) is True
            if true == (part in held):
                continue
            held = sorted({*held, part} if true else {*held} - {part})
            token.internal_data = {**token.internal_data, "held": held}
            if true and part not in came:
                token.task_spec.come(token, part, {})
                return True
    return False
