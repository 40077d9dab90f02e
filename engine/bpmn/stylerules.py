"""What is well to know or better drawn otherwise, without a change of the run: branches without a gateway, names."""

from loopdesk.engine.bpmn.eventrules import Checker
from loopdesk.engine.bpmn.model import Element
from loopdesk.engine.errors import N_

DECIDES = frozenset({"exclusiveGateway", "inclusiveGateway", "complexGateway"})


def check_style(checker: Checker, element: Element) -> None:
    """Tell how branches without a gateway are read (BPMN 2.0.2 §8.3.13, §13.2.1); warn of unnamed gateways."""
    leaving, arriving = checker.process.leaving(element.id), checker.process.arriving(element.id)
    if element.kind in DECIDES and len(leaving) > 1 and not element.name.strip():
        message = N_("The gateway has no name, so nobody reads what it decides.")
        checker.find(element, "style.name", message, N_("Name it with the question that it answers."))
    if "Gateway" in element.kind:
        return
    if len(leaving) > 1:
        message = N_("%(count)s flows leave the element; all whose condition is true, or that have none, are taken.")
        remedy = N_("Draw a gateway if you mean something else.")
        checker.find(element, "read.fork", message, remedy, count=len(leaving))
    if len(arriving) > 1:
        message = N_("%(count)s flows lead to the element; each token that comes starts it once more.")
        remedy = N_("Draw a parallel gateway before it if it has to wait for all of them.")
        checker.find(element, "read.merge", message, remedy, count=len(arriving))
