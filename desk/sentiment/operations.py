"""What diagrams may do about a service recovery, by the name their service tasks carry (COM-6)."""

from loopdesk.desk import emergency as emergencies
from loopdesk.desk.response import awards
from loopdesk.desk.sentiment import recovery as recoveries
from loopdesk.desk.steps import Result, Step, operation
from loopdesk.engine.errors import Conflict, Invalid


@operation("recovery.propose")
def _propose(step: Step, *, reason: str = "") -> Result:
    """Propose the compensation that the list gives for the last ended emergency of the case; its approval begins.

    Gives: proposed (false where the list gives nothing, then somebody has to do it by hand), why_not.
    """
    ended = [one for one in emergencies.of_case(step.actor, step.tx, step.number) if one.ended_at]
    if not ended:
        return {"proposed": False, "why_not": ""}
    last = ended[-1]
    assert last.ended_at is not None
    wish = awards.Wish([(last.declared_at, last.ended_at)], case=step.number, reason=reason or "")
    try:
        awards.request(step.actor, step.tx, last.id, wish)
    except (Conflict, Invalid) as error:
        return {"proposed": False, "why_not": str(error)}
    return {"proposed": True, "why_not": ""}


@operation("recovery.finish")
def _finish(step: Step, *, recovery: str, result: str, gesture: str = "", note: str = "") -> Result:
    """Keep how a service recovery ended: recovered, unhappy, not_reached or not_needed, and what was given."""
    recoveries.finish(step.actor, step.tx, recovery, result=result or "", gesture=gesture or "", note=note or "")
    return None
