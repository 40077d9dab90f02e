"""One running process of a trial."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from typing import TYPE_CHECKING, Any

from loopdesk.engine.bpmn import ERROR, Element, Execution, Visit
from loopdesk.engine.calendar import Calendar

if TYPE_CHECKING:
    from loopdesk.engine.trial_stage import Stage

KEY = "TRIAL-1"


@dataclass
class Wait:
    """What a token waits for: a person, a message, a signal or a timer."""

    kind: str
    element: Element
    name: str = ""
    due: datetime | None = None
    key: str = ""
    """what a message is correlated by; empty: the case"""


@dataclass
class Message:
    """A message under way; one that comes from outside has no key and is for everybody."""

    name: str
    payload: dict[str, Any]
    key: str = ""


class Instance:
    """One running process of the trial; what its diagram asks for is kept until the trial comes to it."""

    execution: Execution

    def __init__(self, trial: "Stage", process: str) -> None:
        self.trial = trial
        self.process = process
        self.waits: dict[str, Wait] = {}

    watched: frozenset[str] = frozenset()
    """There is no matrix around a trial."""

    def moved(self, visit: Visit, event: str) -> None:
        """Never called, as ``watched`` says."""
        raise NotImplementedError

    @property
    def now(self) -> datetime:
        """The moment on the virtual clock."""
        return self.trial.now

    @property
    def zone(self) -> tzinfo:
        """There is no house around a trial either."""
        return UTC

    def calendar(self, name: str) -> Calendar:
        """One of the files beside the diagram, else of those that are shipped."""
        return self.trial.calendars.get(name)

    def facts(self) -> Mapping[str, Any]:
        """There is no case around a trial, only its key."""
        return {"number": KEY}

    def is_effect(self, _name: str) -> bool:
        """Nothing is performed outside."""
        return False

    def operate(self, visit: Visit, name: str, inputs: Mapping[str, Any]) -> Mapping[str, Any]:
        """The answer given, or nothing."""
        answer = self.trial.answer(visit.element)
        if answer is None:
            self.trial.effect(visit.element, name, inputs)
        return answer or {}

    def script(self, visit: Visit, source: str, scope: Mapping[str, Any]) -> Mapping[str, Any]:
        """The answer given, else what the script says where the house allows it, else nothing."""
        answer = self.trial.answer(visit.element)
        run = self.trial.order.run_script
        if answer is not None or run is not None:
            return run(source, scope) if answer is None and run is not None else answer or {}
        self.trial.effect(visit.element, "python", {})
        return {}

    def effect(self, visit: Visit, name: str, inputs: Mapping[str, Any]) -> None:
        """Never asked for, as ``is_effect`` says."""
        raise NotImplementedError

    def decide(self, visit: Visit, decision: str, scope: Mapping[str, Any]) -> Any:
        """The answer given, else what the table beside the file says."""
        answer = self.trial.answer(visit.element)
        model = self.trial.models.get(decision)
        if answer is not None:
            return answer
        if model is None:
            self.trial.effect(visit.element, decision, {})
            return {}
        return model.decide(decision, scope, now=self.now).value

    def publish(self, visit: Visit, name: str, payload: Mapping[str, Any], key: str | None = "") -> Mapping[str, Any]:
        """Keep the message for who waits for it; a send task may have an answer."""
        answer = self.trial.answer(visit.element) if visit.element.kind == "sendTask" else {}
        if answer is None:
            self.trial.effect(visit.element, name, payload)
        self.trial.messages.append(Message(name, dict(payload), key or ""))
        return answer or {}

    def broadcast(self, _visit: Visit, name: str, payload: Mapping[str, Any]) -> None:
        """Tell everybody once the step is over."""
        self.trial.thrown.append((name, dict(payload), self))

    def person(self, visit: Visit, _scope: Mapping[str, Any]) -> None:
        """Someone has to do it."""
        self.waits[visit.ref] = Wait("person", visit.element)

    def timer(
        self,
        visit: Visit,
        due: datetime,
        _text: str,
        _calendar: Calendar | None = None,
        _since: datetime | None = None,
    ) -> None:
        """Wake the token at ``due``."""
        self.waits[visit.ref] = Wait("timer", visit.element, due=due)

    def message(self, visit: Visit, name: str, key: str | None = "") -> None:
        """Wake the token with a message."""
        self.waits[visit.ref] = Wait("message", visit.element, name, key=key or "")

    def signal(self, visit: Visit, name: str) -> None:
        """Wake the token with a signal."""
        self.waits[visit.ref] = Wait("signal", visit.element, name)

    def gone(self, visit: Visit) -> None:
        """Nobody waits there any more."""
        self.waits.pop(visit.ref, None)

    def go(self, ref: str, payload: Mapping[str, Any]) -> None:
        """Let a token go on."""
        wait = self.waits.pop(ref)
        if wait.kind == "person" and payload.get(ERROR) is not None:
            self.execution.fail(ref, payload)
        else:
            self.execution.resume(ref, payload)

    def first(self, kind: str, name: str = "", key: str = "") -> str:
        """The oldest wait of a kind; empty without one. Of two keys both have to be the same."""
        waits = {ref: wait for ref, wait in self.waits.items() if wait.kind == kind and wait.name == name}
        found = [ref for ref, wait in waits.items() if not (key and wait.key) or wait.key == key]
        return min(found, key=lambda ref: [int(part) for part in ref.split(".")], default="")

    def all(self, kind: str, name: str) -> list[str]:
        """All waits of a kind."""
        return [ref for ref, wait in self.waits.items() if wait.kind == kind and wait.name == name]
