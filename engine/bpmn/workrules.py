"""Rules for activities and for the ways between elements: loops, compensation, transactions, conditions, quantities."""

from typing import Protocol

from loopdesk.engine.bpmn.expressions import is_expression
from loopdesk.engine.bpmn.model import EVENT_SUB_PROCESS, Diagrams, Element, Flow, Loop, Process
from loopdesk.engine.bpmn.throwing import THROWS
from loopdesk.engine.errors import N_

ACTIVITIES = frozenset(
    {
        "task",
        "userTask",
        "manualTask",
        "serviceTask",
        "sendTask",
        "receiveTask",
        "scriptTask",
        "businessRuleTask",
        "subProcess",
        "transaction",
        "adHocSubProcess",
        "callActivity",
    }
)
CHOOSING = frozenset({"exclusiveGateway", "inclusiveGateway", "complexGateway"})
"""Gateways whose ways out have conditions."""
ANNOUNCED = frozenset({*THROWS, "compensation", "cancel", "terminate"})
"""What instances of an activity can throw when they complete."""
DEEPEST = 20
"""Called processes inside each other."""


class Checker(Protocol):
    """What a rule needs of the checker."""

    diagrams: Diagrams
    process: Process

    def find(self, item: Element | Flow | None, rule: str, message: str, remedy: str, **params: object) -> None:
        """Add a finding."""

    def feel(self, item: Element | Flow, text: str) -> None:
        """Check that a text is FEEL when it says so."""


def check_condition(checker: Checker, flow: Flow, source: Element) -> None:
    """Conditions are on the ways out of gateways that choose, and of activities beside other ways."""
    alone = len(checker.process.leaving(source.id)) == 1
    default = flow.id == source.default
    if source.kind in ("exclusiveGateway", "inclusiveGateway") and not (flow.condition or default or alone):
        message = N_("The way out of the gateway has no condition and is not its default.")
        checker.find(flow, "draft.condition", message, N_("Write a condition or make it the default flow."))
    if flow.condition and default:
        message = N_("The default flow has a condition, which would never be looked at.")
        checker.find(flow, "style.default", message, N_("Remove the condition."))
    if flow.condition and source.kind not in CHOOSING and (alone or source.kind not in ACTIVITIES):
        message = N_("A condition is only possible where there is a choice: at a gateway, or beside another way out.")
        checker.find(flow, "flow.condition", message, N_("Draw an exclusive gateway."))
    _expression(checker, flow, flow.condition, "draft.condition")


def check_default(checker: Checker, element: Element) -> None:
    """A default flow leaves a gateway that chooses, or an activity with conditions."""
    leaving = checker.process.leaving(element.id)
    if not element.default:
        return
    if element.default not in {flow.id for flow in leaving}:
        message = N_("The default flow does not leave this element.")
        checker.find(element, "flow.default", message, N_("Set it again."))
    elif element.kind not in CHOOSING and not any(flow.condition for flow in leaving):
        message = N_("The default flow stands beside no flow with a condition, so it is always taken.")
        checker.find(element, "style.default", message, N_("Write the conditions, or make it a plain flow."))


def check_work(checker: Checker, element: Element) -> None:
    """The rules of what only some activities and gateways have."""
    details = element.details
    if details.start_quantity < 1 or details.completion_quantity < 1:
        message = N_("The number of tokens that the activity takes or gives is not a whole number from 1.")
        checker.find(element, "task.quantity", message, N_("Set it to 1."))
    _loop(checker, element)
    _compensation(checker, element)
    for line in (*details.reads, *details.writes):
        _expression(checker, element, line.source, "draft.data")
    if element.kind == "complexGateway" and len(checker.process.arriving(element.id)) > 1 and not details.condition:
        message = N_("The complex gateway does not say when it is activated.")
        checker.find(element, "draft.activation", message, N_("Write a condition, such as =activationCount >= 2."))
    _expression(checker, element, details.condition, "draft.condition")
    if details.ad_hoc:
        checker.feel(element, element.extras.activates)
        for item in checker.process.within(element.id):
            if item.kind in ("startEvent", "endEvent"):
                message = N_("An ad hoc sub-process has neither start nor end events.")
                checker.find(item, "event.adhoc", message, N_("Remove the event."))


def _loop(checker: Checker, element: Element) -> None:
    loop = element.details.loop
    if loop is None:
        return
    said = (loop.collection or loop.cardinality) if loop.many else (loop.condition or loop.maximum)
    if not said:
        message = N_("The loop does not say how often it runs.")
        checker.find(element, "draft.loop", message, N_("Enter a collection, a number or a condition."))
    _behavior(checker, element, loop)
    for text in (loop.condition, loop.collection, loop.result):
        _expression(checker, element, text, "draft.loop")
    if not loop.cardinality.isdecimal():
        _expression(checker, element, loop.cardinality, "draft.loop")
    for name in (loop.item, loop.results):
        if name and (not name.isidentifier() or name == "case"):
            message = N_("“%(target)s” cannot be the name of a variable.")
            checker.find(element, "mapping.target", message, N_("Use letters, digits and “_”."), target=name)


def _behavior(checker: Checker, element: Element, loop: Loop) -> None:
    if loop.behavior != "All" and not loop.events:
        message = N_("Instances shall throw an event when they complete, but the loop does not say which.")
        checker.find(element, "draft.behavior", message, N_("Choose the event, or the behavior All."))
    for condition, trigger in loop.events:
        _expression(checker, element, condition, "draft.loop")
        for part in trigger.each:
            if part.kind not in ANNOUNCED:
                message = N_("Instances cannot throw the event “%(trigger)s” when they complete.")
                remedy = N_("Choose a message, signal, escalation, error or compensation.")
                checker.find(element, "loop.event", message, remedy, trigger=part.kind)
            if part.activity:
                _compensated(checker, element, part.activity)
            if part.kind == "cancel":
                _cancel(checker, element)


def _compensation(checker: Checker, element: Element) -> None:
    process, trigger = checker.process, element.trigger
    if element.details.handler and (process.arriving(element.id) or process.leaving(element.id)):
        message = N_("An activity for compensation stands outside the flow.")
        checker.find(element, "compensation.flow", message, N_("Remove its flows."))
    if element.details.handler and element.id not in process.handlers.values():
        message = N_("No compensation event leads to this activity for compensation.")
        checker.find(element, "flow.unreachable", message, N_("Draw an association from the boundary event to it."))
    if trigger.has("compensation") and element.kind == "boundaryEvent" and element.id not in process.handlers:
        message = N_("The compensation event leads to no activity for compensation.")
        checker.find(element, "draft.handler", message, N_("Draw an association to an activity for compensation."))
    if element.kind not in ("boundaryEvent", "startEvent"):
        for name in (part.activity for part in trigger.each if part.activity):
            _compensated(checker, element, name)
    if trigger.has("cancel"):
        _cancel(checker, element)


def _compensated(checker: Checker, element: Element, name: str) -> None:
    """What is compensated by name is an activity beside the event, or beside the event sub-process around it."""
    process = checker.process
    scopes, around = [element.scope], process.elements.get(element.scope)
    while around is not None and around.kind == EVENT_SUB_PROCESS:
        scopes.append(around.scope)
        around = process.elements.get(around.scope)
    found = process.elements.get(name)
    if found is None or found.kind not in ACTIVITIES or found.scope not in scopes:
        message = N_("The activity to compensate, “%(activity)s”, is not beside the event.")
        checker.find(element, "compensation.activity", message, N_("Choose one of the same process."), activity=name)


def _cancel(checker: Checker, element: Element) -> None:
    process = checker.process
    around = process.elements.get(element.attached_to if element.kind == "boundaryEvent" else element.scope)
    if around is None or around.kind != "transaction":
        message = N_("A cancel event belongs to a transaction.")
        checker.find(element, "event.cancel", message, N_("Draw it at the end of a transaction, or on its border."))
    elif not any(event.trigger.has("cancel") for event in process.boundaries(around.id)):
        message = N_("Nothing says how to go on after the transaction “%(name)s” was cancelled, so it ends there.")
        remedy = N_("Draw a cancel event on its border.")
        checker.find(element, "style.cancel", message, remedy, name=around.name or around.id)


def check_depth(checker: Checker) -> None:
    """Called processes lie at most ``DEEPEST`` inside each other; cycles are another rule's matter."""
    level, depth = {checker.process.id}, 0
    while level and depth <= DEEPEST:
        known = [checker.diagrams.processes[name] for name in level if name in checker.diagrams.processes]
        called = [item for process in known for item in process.elements.values() if item.kind == "callActivity"]
        level, depth = {item.extras.called for item in called if item.extras.called}, depth + 1
    if level:
        message = N_("Called processes lie more than %(limit)s inside each other.")
        checker.find(None, "call.depth", message, N_("Let fewer processes call each other."), limit=DEEPEST)


def _expression(checker: Checker, item: Element | Flow, text: str, rule: str) -> None:
    if text and not is_expression(text):
        message = N_("The condition “%(text)s” is written in words or in a language that is not run.")
        checker.find(item, rule, message, N_("Write it in FEEL, beginning with “=”."), text=text)
    checker.feel(item, text)
