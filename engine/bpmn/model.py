"""A diagram as we understand it: plain values between reading and running."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TypeVar

from loopdesk.engine.findings import Finding

EVENT_SUB_PROCESS = "eventSubProcess"
"""Kind of a sub-process that an event starts (``triggeredByEvent``)."""
IMPLICIT = "implicitThrowEvent"
"""Kind of what is drawn nowhere: the event that instances of an activity throw when they complete."""
SCOPES = frozenset({"subProcess", EVENT_SUB_PROCESS, "transaction", "adHocSubProcess"})
"""Kinds of elements that other elements lie in."""


@dataclass(frozen=True, slots=True)
class Mapped:
    """One line of an ioMapping: the FEEL ``source`` is written to the variable ``target`` (dots nest)."""

    source: str
    target: str


@dataclass(frozen=True, slots=True)
class Trigger:
    """What an event waits for or throws.

    ``kind`` is none, message, signal, timer, conditional, error, escalation, link, compensate, cancel, terminate, or
    multiple with its ``parts``.
    """

    kind: str = "none"
    message: str = ""
    timer: str = ""
    """duration, date or cycle"""
    text: str = ""
    """the timer or condition as written; FEEL when it begins with ``=``"""
    name: str = ""
    """of a signal or link; the code of an error or escalation, empty at a catch event that takes them all"""
    variable: str = ""
    """where a catch event writes the code of the error or escalation"""
    parts: tuple["Trigger", ...] = ()
    together: bool = False
    """all parts have to come (parallel multiple), else any one"""
    activity: str = ""
    """the only activity that a compensation event compensates"""
    waits: bool = True
    """a compensation event goes on only after the compensation"""
    key: str = ""
    """FEEL whose value correlates the message where it is waited for; empty: the case"""
    sent_key: str = ""
    """the same where it is thrown"""

    @property
    def each(self) -> "tuple[Trigger, ...]":
        """The parts of a multiple event, or the trigger itself."""
        return self.parts or (self,)

    def has(self, kind: str) -> bool:
        """Whether it is of a kind, or one of its parts is."""
        return any(trigger.kind == kind for trigger in self.each)


@dataclass(frozen=True, slots=True)
class Loop:
    """How often an activity runs: again while a condition holds, or once per item (BPMN 2.0.2 §13.3.6, §13.3.7)."""

    many: bool = False
    """multi-instance; else a standard loop"""
    condition: str = ""
    """a standard loop goes on while it is true; a multi-instance activity is completed once it is true"""
    before: bool = False
    """a standard loop looks at its condition before the first round too"""
    maximum: int | None = None
    sequential: bool = False
    cardinality: str = ""
    collection: str = ""
    item: str = ""
    """variable that holds an instance's item of the collection"""
    results: str = ""
    """variable that collects the instances' results"""
    result: str = ""
    behavior: str = "All"
    """which instances throw an event when they complete: All (none does), One (the first), None (each), Complex"""
    events: tuple[tuple[str, Trigger], ...] = ()
    """what they throw, and under which condition"""


@dataclass(frozen=True, slots=True)
class Extras:
    """What the Camunda 8 extension elements say about an element."""

    form: str = ""
    assignee: str = ""
    due: str = ""
    """the moment a task schedule names; goes before the property ``timeLimit``"""
    task: str = ""
    """type of the task definition: name of an operation or effect"""
    decision: str = ""
    script: str = ""
    program: str = ""
    """a script in Python, run only where the house allows it"""
    result: str = ""
    called: str = ""
    all_in: bool = True
    """a call activity hands all its variables to the callee"""
    all_out: bool = True
    """and takes all of the callee's back"""
    inputs: tuple[Mapped, ...] = ()
    outputs: tuple[Mapped, ...] = ()
    properties: Mapping[str, str] = field(default_factory=dict)
    activates: str = ""
    """FEEL list of the ids that an ad hoc sub-process begins with"""
    collection: str = ""
    item: str = ""
    results: str = ""
    """of a multi-instance activity, as is ``result`` there, see ``Loop``"""


@dataclass(frozen=True, slots=True)
class Details:
    """What only some kinds of elements have."""

    loop: Loop | None = None
    handler: bool = False
    """runs only to compensate another activity"""
    start_quantity: int = 1
    completion_quantity: int = 1
    instantiate: bool = False
    parallel: bool = False
    """an event gateway waits for all its events; an ad hoc sub-process runs its activities side by side"""
    condition: str = ""
    """when a complex gateway is activated, or an ad hoc sub-process completed"""
    cancels: bool = True
    """a completed ad hoc sub-process ends what still runs in it"""
    ad_hoc: bool = False
    reads: tuple[Mapped, ...] = ()
    writes: tuple[Mapped, ...] = ()
    """data associations into and out of the element"""
    answered: bool = False
    """a plain task whose result is asked for, as that of a service is (in a trial)"""


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
    details: Details = Details()


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
    associations: tuple[tuple[str, str], ...] = ()
    """drawn lines without a flow; one leads from a compensation boundary event to its handler"""

    def leaving(self, element: str) -> list[Flow]:
        """Flows that begin at an element, in the order of the file."""
        return self._leaving.get(element, [])

    def arriving(self, element: str) -> list[Flow]:
        """Flows that end at an element, in the order of the file."""
        return self._arriving.get(element, [])

    def within(self, scope: str) -> list[Element]:
        """Elements that lie directly in a process or sub-process."""
        return self._within.get(scope, [])

    def plain_starts(self) -> list[Element]:
        """The start events of the process without a trigger; each begins an instance of its own (§10.5.2)."""
        return [item for item in self.within(self.id) if item.kind == "startEvent" and item.trigger.kind == "none"]

    def beginnings(self, scope: str) -> list[Element]:
        """Where a plain start of a process or sub-process begins: at its first start event without a trigger.

        Without any start event, everything that nothing leads to begins (BPMN 2.0.2 §10.3.5, §13.2).
        """
        starts = [item for item in self.within(scope) if item.kind == "startEvent"]
        if starts:
            return [item for item in starts if item.trigger.kind == "none"][:1]
        return [item for item in self.within(scope) if self._begins(item)]

    def begins_itself(self, element: Element) -> bool:
        """Whether an element needs no flow that leads to it: its scope has no start event, or it stands apart."""
        apart = element.details.handler or element.kind == EVENT_SUB_PROCESS
        return apart or (element.scope not in self._started and self._begins(element))

    def _begins(self, element: Element) -> bool:
        apart = element.kind in ("boundaryEvent", EVENT_SUB_PROCESS) or element.details.handler
        return not apart and not element.trigger.has("link") and not self.arriving(element.id)

    def boundaries(self, element: str) -> list[Element]:
        """Boundary events attached to an activity."""
        return self._boundaries.get(element, [])

    @cached_property
    def handlers(self) -> Mapping[str, str]:
        """The handler of each compensation boundary event: the activity for compensation that a line ties to it."""
        found = {}
        for source, target in self.associations:
            for event, handler in ((source, target), (target, source)):
                items = self.elements.get(event), self.elements.get(handler)
                if items[0] and items[1] and items[0].trigger.has("compensation") and items[1].details.handler:
                    found[event] = handler
        return found

    def links(self, scope: str, name: str) -> list[Element]:
        """The link events of a name on one level."""
        return self._links.get((scope, name), [])

    @cached_property
    def _links(self) -> Mapping[tuple[str, str], list[Element]]:
        found: dict[tuple[str, str], list[Element]] = {}
        for element in self.elements.values():
            for trigger in element.trigger.each:
                if trigger.kind == "link":
                    found.setdefault((element.scope, trigger.name), []).append(element)
        return found

    @cached_property
    def _started(self) -> set[str]:
        return {item.scope for item in self.elements.values() if item.kind == "startEvent"}

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
    unread: set[str] = field(default_factory=set)
    """files that hold no diagram that can be read; what they would bring is not known"""
