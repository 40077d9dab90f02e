"""A world around a diagram without a database: remembers what was asked for, and reloads the state at every step."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any

from loopdesk.engine import bpmn
from loopdesk.engine.bpmn import Visit
from loopdesk.engine.calendar import Calendar, Calendars

START = datetime(2026, 3, 2, 9, tzinfo=UTC)


class World:
    """Runs one process; every step loads the stored state and stores it again, as the runner does."""

    def __init__(self, file: bytes, *, process: str = "p", more: Mapping[str, bytes] | None = None) -> None:
        self.diagrams = bpmn.read({"p.bpmn": file, **(more or {})})
        assert [item for item in self.diagrams.findings if item.severity == "error"] == []
        self.program = bpmn.compile_diagrams(self.diagrams)
        self.process = process
        self.now = START
        self.case: dict[str, Any] = {"number": "L-1"}
        self.operations: dict[str, Callable[..., Mapping[str, Any]]] = {}
        self.effects: set[str] = set()
        self.decisions: dict[str, Any] = {}
        self.waits: dict[str, tuple[str, str]] = {}
        self.due: dict[str, datetime] = {}
        self.thrown: list[tuple[str, dict[str, Any]]] = []
        self.signals: list[tuple[str, dict[str, Any]]] = []
        self.called: list[tuple[str, dict[str, Any]]] = []
        self.keys: list[str | None] = []
        """what messages are correlated by, as they are thrown and waited for"""
        self.state = b""
        self.watched: frozenset[str] = frozenset()
        self.heard: list[tuple[str, str]] = []
        """what is heard of watched elements: id and event"""

    # --- what a test does ---------------------------------------------------------------------------------------

    def start(self, message: str = "", **data: Any) -> "World":
        self.state = bpmn.Execution.begin(self.program, self.process, self, data, message=message).dump()
        return self

    @property
    def execution(self) -> bpmn.Execution:
        return bpmn.Execution.load(self.program, self.process, self, self.state)

    def go(self, element: str, **payload: Any) -> "World":
        """Let the oldest token that waits at ``element`` go on."""
        ref = min((ref for ref, (_, at) in self.waits.items() if at == element), key=float)
        return self.resume(ref, **payload)

    def resume(self, ref: str, **payload: Any) -> "World":
        """Let that token go on."""
        self.waits.pop(ref)
        execution = self.execution
        execution.resume(ref, payload)
        self.state = execution.dump()
        return self

    def fire(self) -> "World":
        """Fire the earliest timer, at its moment."""
        ref = min(self.due, key=lambda ref: self.due[ref])
        self.now = max(self.now, self.due.pop(ref))
        return self.go(self.waits[ref][1])

    def later(self, **by: float) -> "World":
        self.now += timedelta(**by)
        return self

    @property
    def waiting(self) -> list[str]:
        return sorted(element for _, element in self.waits.values())

    @property
    def data(self) -> dict[str, Any]:
        return self.execution.data

    @property
    def done(self) -> bool:
        return self.execution.completed

    # --- what the diagram asks ----------------------------------------------------------------------------------

    zone: tzinfo = UTC
    calendars = Calendars({})

    def calendar(self, name: str) -> Calendar:
        return self.calendars.get(name)

    def facts(self) -> Mapping[str, Any]:
        return self.case

    def moved(self, visit: Visit, event: str) -> None:
        self.heard.append((visit.element.id, event))

    def script(self, visit: Visit, source: str, scope: Mapping[str, Any]) -> Mapping[str, Any]:
        raise NotImplementedError

    def is_effect(self, name: str) -> bool:
        return name in self.effects

    def operate(self, visit: Visit, name: str, inputs: Mapping[str, Any]) -> Mapping[str, Any]:
        self.called.append((name, dict(inputs)))
        return self.operations[name](**inputs) if name in self.operations else {}

    def effect(self, visit: Visit, name: str, inputs: Mapping[str, Any]) -> None:
        self.called.append((name, dict(inputs)))
        self.waits[visit.ref] = ("effect", visit.element.id)

    def decide(self, visit: Visit, decision: str, scope: Mapping[str, Any]) -> Any:
        return self.decisions[decision]

    def publish(self, visit: Visit, name: str, payload: Mapping[str, Any], key: str | None = "") -> None:
        self.thrown.append((name, dict(payload)))
        self.keys.append(key)

    def person(self, visit: Visit, scope: Mapping[str, Any]) -> None:
        self.waits[visit.ref] = ("person", visit.element.id)

    def timer(
        self, visit: Visit, due: datetime, text: str, calendar: Calendar | None = None, since: datetime | None = None
    ) -> None:
        self.waits[visit.ref] = ("timer", visit.element.id)
        self.due[visit.ref] = due

    def broadcast(self, visit: Visit, name: str, payload: Mapping[str, Any]) -> None:
        self.signals.append((name, dict(payload)))

    def signal(self, visit: Visit, name: str) -> None:
        self.waits[visit.ref] = ("signal", visit.element.id)

    def message(self, visit: Visit, name: str, key: str | None = "") -> None:
        self.keys.append(key)
        self.waits[visit.ref] = ("message", visit.element.id)

    def gone(self, visit: Visit) -> None:
        self.waits.pop(visit.ref, None)
        self.due.pop(visit.ref, None)
