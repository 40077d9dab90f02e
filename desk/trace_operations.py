"""What diagrams may do about a breach, by the name their service tasks carry (SLA-6); see `operations`."""

from datetime import datetime
from zoneinfo import ZoneInfo

from loopdesk.desk import breach as breaches
from loopdesk.desk.breach import Breach
from loopdesk.desk.steps import Result, Step, operation
from loopdesk.engine.bpmn import read_moment


@operation("breach.open")
def _open(
    step: Step,
    *,
    clock: str,
    name: str,
    round: int = 0,  # noqa: A002 - the message calls it so
    due: str = "",
    minutes_over: int = 0,
    department: str = "",
    level: str = "",
    policy: str = "",
) -> Result:
    """Open the trace of a breach. Gives: trace (id; empty when this round of the clock has one already)."""
    happened = Breach(
        clock=str(clock or ""),
        round=int(round or 0),
        name=name or "",
        policy=policy or "",
        level=level or "",
        department=department or "",
        due_at=_moment(step, due),
        minutes_over=int(minutes_over or 0),
    )
    return {"trace": breaches.open_(step.actor, step.tx, step.number, happened)}


@operation("breach.plan")
def _plan(
    step: Step, *, trace: str, cause: str, action: str, responsible: str, follow_up_at: str, explanation: str = ""
) -> Result:
    """Keep the cause (of breach-causes.yaml), the action, who does it and until when.

    Gives: responsible (id), responsible_name, follow_up_at (moment).
    """
    at = read_moment(follow_up_at, ZoneInfo(step.tx.host.zone))
    words = {"cause": cause, "explanation": explanation or "", "action": action or "", "responsible": responsible}
    kept = breaches.plan(step.actor, step.tx, trace, **words, follow_up_at=at)
    return {"responsible": kept.responsible_id, "responsible_name": kept.responsible, "follow_up_at": at.isoformat()}


@operation("breach.done")
def _done(step: Step, *, trace: str, result: str) -> Result:
    """Close the trace with what came of the action."""
    breaches.finish(step.actor, step.tx, trace, result=result or "")
    return None


def _moment(step: Step, text: str) -> datetime | None:
    return read_moment(text, ZoneInfo(step.tx.host.zone)) if text else None
