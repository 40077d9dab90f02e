"""What a diagram may do with the clocks of its case (SLA-1, SLA-2); `desk/operations` offers it beside the rest."""

from loopdesk.desk import clocks
from loopdesk.desk.steps import Result, Step, operation


@operation("clock.start")
def _start_clocks(step: Step, *, policy: str = "", level: str = "") -> Result:
    """Start the clocks of the case, counted from its opening, or let them follow its facts once they run.

    The table choice.dmn of the policies chooses policy and level; an input here overrules it. Gives: due (moment that
    the customer is told, null where nothing is promised).
    """
    due = clocks.start(step.actor, step.tx, step.number, policy=policy or "", level=level or "")
    return {"due": due.isoformat() if due else None}


@operation("sla.start")
def _start_sla(step: Step, *, policy: str = "p-levels") -> Result:
    """The name that clock.start had before version 0.3.0. Gives: due (moment)."""
    return _start_clocks(step, policy=policy)


@operation("clock.happened")
def _clock_happened(step: Step, *, event: str) -> Result:
    """Tell the clocks what a step has done: diagnosed, workaround_given, plan_given, or another name in sla.yaml."""
    clocks.tell(step.actor, step.tx, step.number, event)
    return None
