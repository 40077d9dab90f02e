"""What a diagram may do about a consultation (HND-3), by the name its service task carries."""

from loopdesk.desk.raci import advice as advices
from loopdesk.desk.steps import Result, Step, operation


@operation("advice.keep")
def _keep(step: Step, *, advice: str, text: str) -> Result:
    """Keep what a consulted department advises: it stands at the task that asked, and on the case."""
    advices.keep(step.actor, step.tx, advice, text=text or "")
    return None


@operation("advice.remind")
def _remind(step: Step, *, advice: str) -> Result:
    """Tell the supervisors of a consulted department that its advice is late; nothing happens once it is there."""
    advices.remind(step.actor, step.tx, advice, base_url=step.base_url)
    return None
