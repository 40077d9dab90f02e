"""More verbs that a diagram may call: about repeats and parent problems, impact, and agreements with the customer."""

from loopdesk.desk import impact, record
from loopdesk.desk import negotiation as negotiations
from loopdesk.desk.duplicates import look
from loopdesk.desk.steps import Result, Step, operation


@operation("case.look")
def _look(step: Step) -> Result:
    """Look whether the case repeats another one, or is one report of a problem that many customers have.

    Gives: problem (number of the parent problem, null without one), similar (numbers of the cases that it repeats).
    """
    return look.at_opening(step.actor, step.tx, step.number)


@operation("case.keep_impact")
def _keep_impact(step: Step, *, level: str, score: float) -> Result:
    """Keep how much the problem hurts, as the decision table says.

    Gives: changed (true for another level), before (the priority that the case has until now).
    """
    before = record.get(step.tx, step.number).priority
    return {"changed": impact.keep(step.actor, step.tx, step.number, level=level, score=float(score)), "before": before}


@operation("negotiation.decide")
def _decide_wish(
    step: Step, *, negotiation: str, decision: str, terms: str = "", kind: str = "", priority: str = ""
) -> Result:
    """Keep our answer to a customer's wish: agree, decline (terms say why) or offer something else.

    Gives: state (agreed, declined, offered), terms, priority (empty where none is meant).
    """
    said = {"terms": terms or "", "kind": kind or "", "priority": priority or ""}
    done = negotiations.decide(step.actor, step.tx, negotiation, decision=decision or "", **said)
    return {"state": done.state, "terms": done.terms, "priority": done.priority}


@operation("negotiation.lapse")
def _lapse(step: Step, *, negotiation: str) -> Result:
    """Take an offer back that the customer has not answered in time."""
    negotiations.lapse(step.actor, step.tx, negotiation)
    return None
