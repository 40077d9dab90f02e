"""The stage of a trial: instances in memory, the virtual clock, and who answers what."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import PurePosixPath
from typing import Any

from loopdesk.engine import bpmn, dmn
from loopdesk.engine.bpmn import Diagrams, Element, Execution, Program, Start
from loopdesk.engine.bpmn.model import EVENT_SUB_PROCESS
from loopdesk.engine.calendar import Calendars
from loopdesk.engine.findings import errors_of
from loopdesk.engine.host import Files
from loopdesk.engine.trial_instance import Instance, Message

MONDAY = datetime(2026, 1, 5, 9, tzinfo=UTC)
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
    run_script: Callable[[str, Mapping[str, Any]], Mapping[str, Any]] | None = None
    """the sandbox of Python scripts, where the house allows them"""
    calendars: Calendars = field(default_factory=lambda: Calendars({}))


@dataclass
class Told:
    """What a trial tells so far; ``done`` when the process has ended."""

    trace: list[dict[str, Any]] = field(default_factory=list)
    effects: list[dict[str, Any]] = field(default_factory=list)
    waiting: list[dict[str, Any]] = field(default_factory=list)
    data: dict[str, Any] = field(default_factory=dict)
    done: bool = False


@dataclass(frozen=True)
class Alarm:
    """A timer start event that begins an instance at ``due``; ``rounds`` times, None without end."""

    start: Start
    text: str
    due: datetime
    rounds: int | None


class Stage:
    """All instances of a trial, and the time."""

    def __init__(self, diagrams: Diagrams, files: Files, order: Order, told: Told) -> None:
        self.program: Program = bpmn.compile_diagrams(diagrams)
        self.order = order
        self.calendars = order.calendars
        self.told = told
        self.now = MONDAY
        self.end = order.until.after(MONDAY) if order.until else MONDAY + LONGEST
        self.instances: list[Instance] = []
        self.messages = [Message(name, dict(data)) for name, data in order.messages]
        self.signals = list(order.signals)
        self.thrown: list[tuple[str, dict[str, Any], Instance | None]] = []
        self.alarms: list[Alarm] = []
        self.asked_for = 1
        """instances at the front that have to end for the trial to be completed"""
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
        self.told.effects.append(row)

    def note(self, element: Element, event: str) -> None:
        """One line of the trace."""
        self.told.trace.append({"at": self.now.isoformat(), **_where(element), "event": event})

    def failed(self, error: Exception) -> None:
        """The element where it ended is the last one of the trace."""
        process, _, element = str(getattr(error, "place", "")).partition("/")
        known = self.program.diagrams.processes.get(process)
        if known is not None and element in known.elements:
            self.note(known.elements[element], "failed")

    # --- what happens ------------------------------------------------------------------------------------------

    def play(self, process: str) -> None:
        """Start the process and let everything happen that can."""
        self._begin(process)
        self.asked_for = max(len(self.instances), 1)
        for name in self.order.also:
            self._begin(name)
        for _ in range(MAX_ROUNDS):
            if not (self._tell() or self._deliver() or self._work() or self._pass()):
                return

    def close(self) -> None:
        """Write down how things stand."""
        self.told.waiting += [_where(alarm.start.element) for alarm in self.alarms if not self.instances]
        if not self.instances:
            return
        self.told.done = all(item.execution.completed for item in self.instances[: self.asked_for])
        self.told.data = self.instances[0].execution.data
        for instance in self.instances:
            for place in instance.execution.waiting:
                self.told.waiting.append(_where(self.program.nodes[place].element))

    def _begin(self, process: str) -> None:
        """At the start that something given triggers, else at the plain one, else at the first."""
        starts = list(self.program.starts(process=process))
        for start in starts:
            kind, name = start.trigger.kind, start.trigger.message or start.trigger.name
            given = [item for item in self.messages if kind == "message" and item.name == name]
            if given:
                self.messages.remove(given[0])
                self._start(start, {**self.order.data, **given[0].payload})
                return
            if kind == "signal" and name in self.signals:
                self.signals.remove(name)
                self._start(start, self.order.data)
                return
        if self.program.starts_of(process) or not starts:
            for plain in self.program.plain_starts(process):
                self._place(process, self.order.data, plain.element.id if plain else "")
        elif starts[0].trigger.kind == "timer":
            self.alarms += [self._alarm(start) for start in starts if start.trigger.kind == "timer"]
        else:
            self._start(starts[0], self.order.data)

    def _alarm(self, start: Start) -> Alarm:
        text = bpmn.words(start.trigger.text, bpmn.Scope(self.order.data, dict, self.now))
        due, rounds = bpmn.first_due(start.trigger.timer, text, self.now)
        # A cycle without end begins once, unless the order says how long to look.
        return Alarm(start, text, due, rounds if rounds or self.order.until else 1)

    def _ring(self) -> bool:
        """The earliest timer start event begins an instance at its moment, each time that it comes."""
        alarm = min(self.alarms, key=lambda item: item.due)
        self.now = max(self.now, alarm.due).astimezone(UTC)
        self.alarms.remove(alarm)
        if alarm.rounds is None or alarm.rounds > 1:
            due, _ = bpmn.next_due(alarm.text, alarm.due, self.now)
            self.alarms.append(replace(alarm, due=due, rounds=alarm.rounds and alarm.rounds - 1))
        self._start(alarm.start, self.order.data)
        return True

    def _start(self, start: Start, data: Mapping[str, Any]) -> None:
        self._place(start.element.process, data, start.element.id, start.part)

    def _place(self, process: str, data: Mapping[str, Any], start: str = "", part: int = 0) -> None:
        instance = Instance(self, process)
        instance.execution = Execution.place(
            self.program, process, instance, data, start=start, part=part, follow=self.note
        )
        self.instances.append(instance)
        instance.execution.advance()

    def _tell(self) -> bool:
        """A signal that was thrown reaches all who wait for it, and is over; one from outside waits for the first."""
        given: list[tuple[str, dict[str, Any], Instance | None]] = [(name, {}, None) for name in self.signals]
        for number, (name, payload, thrower) in enumerate([*self.thrown, *given]):
            # In the instance that threw it everybody has heard it already.
            hearing = [item for item in self.instances if item is not thrower]
            waiting = [(item, ref) for item in hearing for ref in item.all("signal", name)]
            starting = self._starts("signal", name)
            if number < len(self.thrown):
                del self.thrown[number]
            elif waiting or starting:
                self.signals.remove(name)
            else:
                continue
            for instance, ref in waiting:
                if ref in instance.waits:
                    instance.go(ref, payload)
            for start in starting:
                self._start(start, payload)
            return True
        return False

    def _deliver(self) -> bool:
        """A message reaches the oldest wait in each process, or starts the processes that begin with it."""
        for message in self.messages:
            name, payload = message.name, message.payload
            first: dict[str, tuple[Instance, str]] = {}
            for instance in self.instances:
                if ref := instance.first("message", name, message.key):
                    first.setdefault(instance.process, (instance, ref))
            starting = [] if first else self._starts("message", name)
            if not first and not starting:
                continue
            self.messages.remove(message)
            for instance, ref in first.values():
                instance.go(ref, payload)
            for start in starting:
                self._start(start, payload)
            return True
        return False

    def _starts(self, kind: str, name: str) -> list[Start]:
        return [item for item in self.program.starts(kind) if name in (item.trigger.message, item.trigger.name)]

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
        alarm = min((item.due for item in self.alarms), default=None)
        if alarm is not None and alarm <= self.end and (due is None or alarm <= due):
            return self._ring()
        if due is None or due > self.end:
            return False
        self.now = max(self.now, due).astimezone(UTC)
        self.instances[number].go(ref, {})
        return True


def _where(element: Element) -> dict[str, Any]:
    kind = "subProcess" if element.kind == EVENT_SUB_PROCESS else element.kind
    return {"process": element.process, "element": element.id, "name": element.name, "type": kind}


def _models(files: Files) -> dict[str, dmn.Model]:
    """The decision models of the files by decision; one with errors decides nothing."""
    models: dict[str, dmn.Model] = {}
    for file in sorted(name for name in files if PurePosixPath(name).suffix == ".dmn"):
        if not errors_of(dmn.check(files[file], file=file)):
            model = dmn.read(files[file], file=file)
            models |= dict.fromkeys(model.decisions, model)
    return models
