"""Rules about events: which kinds may stand where, and what each kind needs (BPMN 2.0.2 §10.5)."""

from collections.abc import Callable, Mapping
from typing import Protocol

from loopdesk.engine.bpmn.events import AWAITED
from loopdesk.engine.bpmn.expressions import is_expression
from loopdesk.engine.bpmn.model import EVENT_SUB_PROCESS, Element, Flow, Process, Trigger
from loopdesk.engine.bpmn.moments import is_local, read_cycle, read_duration, read_moment
from loopdesk.engine.errors import N_, Invalid

START_INSIDE = "start of an event sub-process"
ALLOWED: Mapping[str, frozenset[str]] = {
    "startEvent": frozenset({"none", *AWAITED}),
    START_INSIDE: AWAITED | {"error", "escalation", "compensation"},
    "boundaryEvent": AWAITED | {"error", "escalation", "compensation", "cancel"},
    "intermediateCatchEvent": AWAITED | {"link"},
    "intermediateThrowEvent": frozenset({"none", "message", "signal", "escalation", "compensation", "link"}),
    "endEvent": frozenset(
        {"none", "message", "signal", "error", "escalation", "compensation", "cancel", "terminate"}
    ),
}  # fmt: skip
"""Kinds of triggers by kind of event (BPMN 2.0.2 table 10.93)."""
TOGETHER = AWAITED | {"error", "escalation", "link"}
"""What can come while others of a parallel multiple event are waited for: an activity that is to be compensated has
ended, and a cancelled transaction ends."""
TIMER_READERS: dict[str, Callable[[str], object]] = {
    "duration": read_duration,
    "date": read_moment,
    "cycle": read_cycle,
}


class Checker(Protocol):
    """The rules over one process, as far as these here need them."""

    process: Process

    def find(self, item: Element | Flow | None, rule: str, message: str, remedy: str, **params: object) -> None:
        """Add a finding at an element or flow, or at the process itself."""

    def feel(self, item: Element | Flow, text: str) -> None:
        """Add a finding when an expression is not FEEL."""


def check_event(checker: Checker, element: Element) -> None:
    """Add what is wrong with an event; all other elements are left alone."""
    if element.kind == EVENT_SUB_PROCESS:
        _event_sub_process(checker, element)
    if element.kind in ("sendTask", "receiveTask"):
        _message(checker, element, element.trigger)
    if element.kind not in ALLOWED:
        return
    _kinds(checker, element)
    for trigger in element.trigger.each:
        if trigger.kind in PARTS:
            PARTS[trigger.kind](checker, element, trigger)


def _kinds(checker: Checker, element: Element) -> None:
    around = checker.process.elements.get(element.scope)
    inside = element.kind == "startEvent" and around is not None and around.kind == EVENT_SUB_PROCESS
    allowed = ALLOWED[START_INSIDE if inside else element.kind]
    for trigger in element.trigger.each:
        if trigger.kind not in allowed or (element.trigger.together and trigger.kind not in TOGETHER):
            message = N_("This event cannot have the trigger “%(trigger)s”.")
            remedy = N_("Choose another kind of event.")
            checker.find(element, "event.trigger", message, remedy, trigger=trigger.kind)
        beside = inside or element.kind == "boundaryEvent"
        if beside and not element.interrupting and trigger.kind in ("error", "cancel"):
            message = N_("An error or a cancellation always interrupts; this event says that it does not.")
            checker.find(element, "event.interrupting", message, N_("Make the event interrupting."))


def _event_sub_process(checker: Checker, element: Element) -> None:
    inner = [item for item in checker.process.within(element.id) if item.kind == "startEvent"]
    if len(inner) != 1:
        message = N_("An event sub-process begins at exactly one start event, with a trigger.")
        checker.find(element, "start.event", message, N_("Draw one start event with a trigger inside."))
    process = checker.process
    if process.arriving(element.id) or process.leaving(element.id) or process.boundaries(element.id):
        message = N_("An event sub-process has no flows and no boundary events: only its event starts it.")
        checker.find(element, "start.flows", message, N_("Remove them."))


def _timer(checker: Checker, element: Element, trigger: Trigger) -> None:
    if not trigger.text:
        remedy = N_("Enter a duration, date or cycle.")
        checker.find(element, "draft.timer", N_("The timer does not say when."), remedy)
    elif is_expression(trigger.text):
        checker.feel(element, trigger.text)
    else:
        try:
            TIMER_READERS[trigger.timer](trigger.text)
        except Invalid as error:
            checker.find(element, "timer.text", error.message, error.remedy, **error.params)
        else:
            check_zone(checker, element, trigger.text)


def check_zone(checker: Checker, element: Element, text: str) -> None:
    """Tell when a moment is read in the zone of the house's settings."""
    if is_local(text):
        message = N_("The moment “%(text)s” names no time zone; it is read in the zone of the settings (ZONE).")
        checker.find(element, "read.zone", message, N_("Add the zone, for example +08:00 or Z."), text=text)


def _condition(checker: Checker, element: Element, trigger: Trigger) -> None:
    remedy = N_("Write it in FEEL, beginning with “=”.")
    if not trigger.text:
        checker.find(element, "draft.condition", N_("The event does not say which condition it waits for."), remedy)
    elif not is_expression(trigger.text):
        message = N_("The condition “%(text)s” is written in words or in a language that is not run.")
        checker.find(element, "draft.condition", message, remedy, text=trigger.text)
    checker.feel(element, trigger.text)
    process = checker.process
    if element.kind == "startEvent" and element.scope == process.id and process.beginnings(process.id):
        message = N_("The process has a plain start event too, so it never begins at this condition.")
        checker.find(element, "style.condition", message, N_("Give the plain start event a condition as well."))


def _message(checker: Checker, element: Element, trigger: Trigger) -> None:
    for text in dict.fromkeys((trigger.key, trigger.sent_key)):
        checker.feel(element, text)


def _link(checker: Checker, element: Element, trigger: Trigger) -> None:
    process, throws = checker.process, element.kind == "intermediateThrowEvent"
    beside = [item for item in process.links(element.scope, trigger.name) if item is not element]
    sources = [item for item in beside if item.kind == "intermediateThrowEvent"]
    targets = [item for item in beside if item.kind == "intermediateCatchEvent"]
    if throws and not targets:
        message = N_("The link “%(link)s” leads nowhere: no catch event of that name is on the same level.")
        checker.find(element, "link.target", message, N_("Draw one, or correct the name."), link=trigger.name)
    if not throws and targets:
        message = N_("Several catch events have the link “%(link)s”; nobody could say where it leads.")
        checker.find(element, "link.double", message, N_("Keep one of them."), link=trigger.name)
    if not throws and not sources:
        message = N_("No event on the same level leads to the link “%(link)s”.")
        checker.find(element, "link.source", message, N_("Draw one, or correct the name."), link=trigger.name)
    if (process.leaving if throws else process.arriving)(element.id):
        message = N_("A link stands for a flow, so no flow leads out of its source or into its target.")
        checker.find(element, "link.flow", message, N_("Remove the flow."))


def _code(checker: Checker, element: Element, trigger: Trigger) -> None:
    if not trigger.name and element.kind in ("endEvent", "intermediateThrowEvent"):
        message = N_("The event does not say which error or escalation it throws; only one that takes all catches it.")
        checker.find(element, f"draft.{trigger.kind}", message, N_("Choose or create one and give it a code."))


PARTS: Mapping[str, Callable[[Checker, Element, Trigger], None]] = {
    "timer": _timer,
    "conditional": _condition,
    "link": _link,
    "message": _message,
    "error": _code,
    "escalation": _code,
}
