"""Tries a diagram in memory, on a virtual clock, without touching anything outside (``loopdesk try``).

Messages go between the processes of the files, timers fire at their moment, people answer at once: with the answers
given, else with nothing. What a service, send or call task would do outside is answered too, or is told as an effect.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import PurePosixPath
from typing import Any

from loopdesk.engine import bpmn, dmn, feel
from loopdesk.engine.bpmn import Diagrams, Element, Execution, Process, Program, Visit
from loopdesk.engine.errors import N_, LoopdeskError, Translate
from loopdesk.engine.findings import Finding, errors_of
from loopdesk.engine.host import Files

MONDAY = datetime(2026, 1, 5, 9, tzinfo=UTC)
KEY = "TRIAL-1"
LONGEST = timedelta(days=366)
MAX_ROUNDS = 10_000
"""Things that may happen in a trial; more is a process that never rests."""
MAX_ANSWERS = 1_000
"""Times that one human task is completed; after that it stays."""


@dataclass(frozen=True)
class Order:
    """What to try: the ``process`` (else the first of the file), others beside it, and everything that comes in."""

    process: str = ""
    also: Sequence[str] = ()
    data: Mapping[str, Any] = field(default_factory=dict)
    messages: Sequence[tuple[str, Mapping[str, Any]]] = ()
    signals: Sequence[str] = ()
    answers: Mapping[str, Sequence[Mapping[str, Any]]] = field(default_factory=dict)
    """Per element one answer per visit; the last one repeats."""
    until: bpmn.Duration | None = None


@dataclass
class Outcome:
    """How it went; ``status`` is completed, waiting, failed or refused."""

    status: str = "waiting"
    trace: list[dict[str, Any]] = field(default_factory=list)
    data: dict[str, Any] = field(default_factory=dict)
    waiting: list[dict[str, Any]] = field(default_factory=list)
    effects: list[dict[str, Any]] = field(default_factory=list)
    error: Exception | None = None
    findings: list[Finding] = field(default_factory=list)
    """why it was refused"""

    def as_json(self, translate: Translate = str) -> dict[str, Any]:
        """As ``loopdesk try --json`` prints it, texts in the language of ``translate``."""
        names = ("status", "trace", "data", "waiting", "effects")
        shown: dict[str, Any] = {name: feel.to_json(getattr(self, name)) for name in names}
        return shown | {"error": self._error(translate)}

    def _error(self, translate: Translate) -> dict[str, Any] | None:
        if self.findings:
            findings = [finding.as_json(translate) for finding in self.findings]
            return findings[0] | {"findings": findings}
        if self.error is None:
            return None
        process, _, element = str(getattr(self.error, "place", "")).partition("/")
        if not isinstance(self.error, LoopdeskError):
            return {"process": process, "element": element, "message": repr(self.error), "remedy": ""}
        texts = {"message": self.error.text(translate), "remedy": self.error.remedy_text(translate)}
        return {"process": process, "element": element, **texts}


def run(files: Files, main: str, order: Order) -> Outcome:
    """Try the process of the file ``main`` that ``order`` names, as far as it goes."""
    diagrams = bpmn.read(files)
    outcome = Outcome(findings=[item for item in errors_of(diagrams.findings) if item.file == main])
    process = order.process or _first(diagrams, main)
    for name in (process, *order.also):
        if name not in diagrams.processes:
            message, remedy = N_("There is no process “%(process)s” in the file."), N_("Choose one of: %(known)s")
            params: dict[str, object] = {"process": name, "known": ", ".join(diagrams.processes)}
            outcome.findings.append(Finding(main, name, "", "process.unknown", "error", message, remedy, params))
    if outcome.findings:
        outcome.status = "refused"
        return outcome
    trial = _Trial(_answered(diagrams, order), files, order, outcome)
    try:
        trial.play(process)
    except Exception as error:  # noqa: BLE001 - whatever fails is what the trial was to find out, and is told in it
        outcome.error = error
        outcome.status = "failed"
        trial.failed(error)
    trial.close()
    return outcome


def _first(diagrams: Diagrams, main: str) -> str:
    known = [process for process in diagrams.processes.values() if process.file == main and process.elements]
    return known[0].id if known else ""


def _answered(diagrams: Diagrams, order: Order) -> Diagrams:
    """The diagrams, where a call with an answer calls nothing."""
    processes = {}
    for process in diagrams.processes.values():
        elements = {
            item.id: replace(item, extras=replace(item.extras, called=""))
            if item.kind == "callActivity" and item.id in order.answers
            else item
            for item in process.elements.values()
        }
        processes[process.id] = replace(process, elements=elements)
    return Diagrams(processes, diagrams.findings)


@dataclass
class _Wait:
    kind: str
    element: Element
    name: str = ""
    due: datetime | None = None


class _Instance:
    """One running process of the trial; what its diagram asks for is kept until the trial comes to it."""

    execution: Execution

    def __init__(self, trial: "_Trial", process: str) -> None:
        self.trial = trial
        self.process = process
        self.waits: dict[str, _Wait] = {}

    @property
    def now(self) -> datetime:
        """The moment on the virtual clock."""
        return self.trial.now

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

    def publish(self, visit: Visit, name: str, payload: Mapping[str, Any]) -> Mapping[str, Any]:
        """Keep the message for who waits for it; a send task may have an answer."""
        answer = self.trial.answer(visit.element) if visit.element.kind == "sendTask" else {}
        if answer is None:
            self.trial.effect(visit.element, name, payload)
        self.trial.messages.append((name, dict(payload)))
        return answer or {}

    def broadcast(self, _visit: Visit, name: str, payload: Mapping[str, Any]) -> None:
        """Tell everybody once the step is over."""
        self.trial.thrown.append((name, dict(payload)))

    def person(self, visit: Visit, _scope: Mapping[str, Any]) -> None:
        """Someone has to do it."""
        self.waits[visit.ref] = _Wait("person", visit.element)

    def timer(self, visit: Visit, due: datetime, _text: str) -> None:
        """Wake the token at ``due``."""
        self.waits[visit.ref] = _Wait("timer", visit.element, due=due)

    def message(self, visit: Visit, name: str) -> None:
        """Wake the token with a message."""
        self.waits[visit.ref] = _Wait("message", visit.element, name)

    def signal(self, visit: Visit, name: str) -> None:
        """Wake the token with a signal."""
        self.waits[visit.ref] = _Wait("signal", visit.element, name)

    def gone(self, visit: Visit) -> None:
        """Nobody waits there any more."""
        self.waits.pop(visit.ref, None)

    def go(self, ref: str, payload: Mapping[str, Any]) -> None:
        """Let a token go on."""
        del self.waits[ref]
        self.execution.resume(ref, payload)

    def first(self, kind: str, name: str = "") -> str:
        """The oldest wait of a kind; empty without one."""
        found = [ref for ref, wait in self.waits.items() if wait.kind == kind and wait.name == name]
        return min(found, key=lambda ref: [int(part) for part in ref.split(".")], default="")


class _Trial:
    """All instances of a trial, and the time."""

    def __init__(self, diagrams: Diagrams, files: Files, order: Order, outcome: Outcome) -> None:
        self.program: Program = bpmn.compile_diagrams(diagrams)
        self.order = order
        self.outcome = outcome
        self.now = MONDAY
        self.end = order.until.after(MONDAY) if order.until else MONDAY + LONGEST
        self.instances: list[_Instance] = []
        self.messages: list[tuple[str, dict[str, Any]]] = [(name, dict(data)) for name, data in order.messages]
        self.signals = list(order.signals)
        self.thrown: list[tuple[str, dict[str, Any]]] = []
        self.models = _models(files)
        self._asked: dict[str, int] = {}

    # --- what instances ask ------------------------------------------------------------------------------------

    def answer(self, element: Element) -> Mapping[str, Any] | None:
        """The next answer for an element; None when none is given."""
        given = self.order.answers.get(element.id)
        number = self._asked.get(element.id, 0)
        self._asked[element.id] = number + 1
        return given[min(number, len(given) - 1)] if given else None

    def effect(self, element: Element, name: str, inputs: Mapping[str, Any]) -> None:
        """Something outside would have been done."""
        row = {"at": self.now.isoformat(), **_where(element), "effect": name, "inputs": dict(inputs)}
        self.outcome.effects.append(row)

    def note(self, element: Element, event: str) -> None:
        """One line of the trace."""
        self.outcome.trace.append({"at": self.now.isoformat(), **_where(element), "event": event})

    def failed(self, error: Exception) -> None:
        """The element where it ended is the last one of the trace."""
        process, _, element = str(getattr(error, "place", "")).partition("/")
        known = self.program.diagrams.processes.get(process)
        if known is not None and element in known.elements:
            self.note(known.elements[element], "failed")

    # --- what happens ------------------------------------------------------------------------------------------

    def play(self, process: str) -> None:
        """Start the process and let everything happen that can."""
        for name in (process, *self.order.also):
            self._begin(self.program.diagrams.processes[name])
        for _ in range(MAX_ROUNDS):
            if not (self._tell() or self._deliver() or self._work() or self._pass()):
                return

    def close(self) -> None:
        """Write down how things stand."""
        if not self.instances:
            return
        if self.outcome.status != "failed" and self.instances[0].execution.completed:
            self.outcome.status = "completed"
        running = [item for item in self.instances if hasattr(item, "execution")]
        self.outcome.data = running[0].execution.data if running else {}
        for instance in running:
            for place in instance.execution.waiting:
                self.outcome.waiting.append(_where(self.program.nodes[place].element))

    def _begin(self, process: Process) -> None:
        """At the start event that something given triggers, else at the plain one, else at the first."""
        starts = [item for item in process.within(process.id) if item.kind == "startEvent"]
        for message in self.messages:
            for item in starts:
                if any(trigger.kind == "message" and trigger.message == message[0] for trigger in item.trigger.each):
                    self.messages.remove(message)
                    self._start(process, item.id, {**self.order.data, **message[1]})
                    return
        for item in starts:
            named = {trigger.name for trigger in item.trigger.each if trigger.kind == "signal"} & {*self.signals}
            if named:
                self.signals.remove(named.pop())
                self._start(process, item.id, self.order.data)
                return
        plain = any(item.trigger.kind == "none" for item in starts) or not starts
        self._start(process, "" if plain else starts[0].id, self.order.data)

    def _start(self, process: Process, start: str, data: Mapping[str, Any]) -> None:
        instance = _Instance(self, process.id)
        self.instances.append(instance)
        instance.execution = Execution.begin(self.program, process.id, instance, data, start=start, follow=self.note)

    def _tell(self) -> bool:
        """A signal that was thrown reaches all who wait for it, and is over; one from outside waits for the first."""
        given = [(name, dict[str, Any]()) for name in self.signals]
        for name, payload in [*self.thrown, *given]:
            waiting = [(item, ref) for item in self.instances for ref in _all(item, "signal", name)]
            starting = self._starts("signal", name)
            if (name, payload) in self.thrown:
                self.thrown.remove((name, payload))
            elif waiting or starting:
                self.signals.remove(name)
            else:
                continue
            for instance, ref in waiting:
                if ref in instance.waits:
                    instance.go(ref, payload)
            for process, element in starting:
                self._start(process, element, payload)
            return True
        return False

    def _deliver(self) -> bool:
        """A message reaches the oldest wait in each process, or starts the processes that begin with it."""
        for message in self.messages:
            name, payload = message
            first: dict[str, tuple[_Instance, str]] = {}
            for instance in self.instances:
                if ref := instance.first("message", name):
                    first.setdefault(instance.process, (instance, ref))
            starting = [] if first else self._starts("message", name)
            if not first and not starting:
                continue
            self.messages.remove(message)
            for instance, ref in first.values():
                instance.go(ref, payload)
            for process, element in starting:
                self._start(process, element, payload)
            return True
        return False

    def _starts(self, kind: str, name: str) -> list[tuple[Process, str]]:
        found = []
        for process in self.program.diagrams.processes.values():
            for item in process.within(process.id):
                named = any(
                    trigger.kind == kind and name in (trigger.message, trigger.name) for trigger in item.trigger.each
                )
                if item.kind == "startEvent" and named:
                    found.append((process, item.id))
        return found

    def _work(self) -> bool:
        """A person completes the oldest task."""
        for instance in self.instances:
            ref = instance.first("person")
            if ref and self._asked.get(instance.waits[ref].element.id, 0) < MAX_ANSWERS:
                instance.go(ref, self.answer(instance.waits[ref].element) or {})
                return True
        return False

    def _pass(self) -> bool:
        """Time passes until the next timer is due."""
        waits = [
            (wait.due, number, ref)
            for number, item in enumerate(self.instances)
            for ref, wait in item.waits.items()
            if wait.due is not None
        ]
        due, number, ref = min(waits, default=(None, 0, ""))
        if due is None or due > self.end:
            return False
        self.now = max(self.now, due)
        self.instances[number].go(ref, {})
        return True


def _all(instance: _Instance, kind: str, name: str) -> list[str]:
    return [ref for ref, wait in instance.waits.items() if wait.kind == kind and wait.name == name]


def _where(element: Element) -> dict[str, Any]:
    return {"process": element.process, "element": element.id, "name": element.name, "type": element.kind}


def _models(files: Files) -> dict[str, dmn.Model]:
    """The decision models of the files by decision; one with errors decides nothing."""
    models: dict[str, dmn.Model] = {}
    for file in sorted(name for name in files if PurePosixPath(name).suffix == ".dmn"):
        if not errors_of(dmn.check(files[file], file=file)):
            model = dmn.read(files[file], file=file)
            models |= dict.fromkeys(model.decisions, model)
    return models
