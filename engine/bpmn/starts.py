"""Where instances begin that an event starts (BPMN 2.0.2 §13.2, §10.6.6)."""

from collections.abc import Iterator
from dataclasses import dataclass

from loopdesk.engine.bpmn.model import Element, Process, Trigger


@dataclass(frozen=True, slots=True)
class Start:
    """An element that begins an instance when its trigger comes, ``part`` of a multiple event."""

    element: Element
    part: int
    trigger: Trigger
    before: tuple[str, ...] = ()
    """the event gateway and the flow behind it, when those lead to the element"""
    beside: tuple[str, ...] = ()
    """events that a parallel event gateway waits for besides"""


def starts(process: Process) -> Iterator[Start]:
    """What can begin an instance of a process besides a plain start, with its triggers."""
    for element in process.within(process.id):
        if element.kind == "startEvent" or (element.kind == "receiveTask" and element.details.instantiate):
            yield from _parts(element)
        elif element.kind == "eventBasedGateway" and element.details.instantiate:
            yield from _behind(process, element)


def _behind(process: Process, gateway: Element) -> Iterator[Start]:
    flows = process.leaving(gateway.id)
    for flow in flows:
        others = tuple(other.target for other in flows if other is not flow) if gateway.details.parallel else ()
        yield from _parts(process.elements[flow.target], (gateway.id, flow.id), others)


def _parts(element: Element, before: tuple[str, ...] = (), beside: tuple[str, ...] = ()) -> Iterator[Start]:
    for part, trigger in enumerate(element.trigger.each):
        if trigger.kind != "none":
            yield Start(element, part, trigger, before, beside)
