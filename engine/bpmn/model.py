"""A diagram as we understand it: plain values between reading and running."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TypeVar

from loopdesk.engine.findings import Finding


@dataclass(frozen=True, slots=True)
class Mapped:
    """One line of an ioMapping: the FEEL ``source`` is written to the variable ``target`` (dots nest)."""

    source: str
    target: str


@dataclass(frozen=True, slots=True)
class Trigger:
    """What an event waits for or throws: ``kind`` is none, message, timer or terminate."""

    kind: str = "none"
    message: str = ""
    timer: str = ""
    """duration, date or cycle"""
    text: str = ""
    """the timer as written; FEEL when it begins with ``=``"""


@dataclass(frozen=True, slots=True)
class Extras:
    """What the Camunda 8 extension elements say about an element."""

    form: str = ""
    assignee: str = ""
    task: str = ""
    """type of the task definition: name of an operation or effect"""
    decision: str = ""
    script: str = ""
    result: str = ""
    called: str = ""
    all_in: bool = True
    """a call activity hands all its variables to the callee"""
    all_out: bool = True
    """and takes all of the callee's back"""
    inputs: tuple[Mapped, ...] = ()
    outputs: tuple[Mapped, ...] = ()
    properties: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Element:
    """A flow node; ``scope`` is the id of the process or sub-process it lies in."""

    id: str
    kind: str
    name: str
    scope: str
    process: str
    documentation: str = ""
    trigger: Trigger = Trigger()
    attached_to: str = ""
    interrupting: bool = True
    default: str = ""
    extras: Extras = Extras()


@dataclass(frozen=True, slots=True)
class Flow:
    """A sequence flow; ``condition`` is FEEL with its leading ``=``."""

    id: str
    source: str
    target: str
    scope: str
    condition: str = ""
    name: str = ""


@dataclass(frozen=True)
class Process:
    """One process of a file with everything in it, sub-processes flat."""

    id: str
    name: str
    file: str
    elements: Mapping[str, Element]
    flows: Mapping[str, Flow]
    documentation: str = ""

    def leaving(self, element: str) -> list[Flow]:
        """Flows that begin at an element, in the order of the file."""
        return self._leaving.get(element, [])

    def arriving(self, element: str) -> list[Flow]:
        """Flows that end at an element, in the order of the file."""
        return self._arriving.get(element, [])

    def within(self, scope: str) -> list[Element]:
        """Elements that lie directly in a process or sub-process."""
        return self._within.get(scope, [])

    def boundaries(self, element: str) -> list[Element]:
        """Boundary events attached to an activity."""
        return self._boundaries.get(element, [])

    @cached_property
    def _leaving(self) -> Mapping[str, list[Flow]]:
        return _grouped(self.flows.values(), lambda flow: flow.source)

    @cached_property
    def _arriving(self) -> Mapping[str, list[Flow]]:
        return _grouped(self.flows.values(), lambda flow: flow.target)

    @cached_property
    def _within(self) -> Mapping[str, list[Element]]:
        return _grouped(self.elements.values(), lambda element: element.scope)

    @cached_property
    def _boundaries(self) -> Mapping[str, list[Element]]:
        return _grouped(self.elements.values(), lambda element: element.attached_to)


Item = TypeVar("Item")


def _grouped(items: Iterable[Item], key: Callable[[Item], str]) -> Mapping[str, list[Item]]:
    groups: dict[str, list[Item]] = {}
    for item in items:
        groups.setdefault(key(item), []).append(item)
    return groups


@dataclass(slots=True)
class Diagrams:
    """All processes of a bundle and what there is to say about them."""

    processes: dict[str, Process] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
