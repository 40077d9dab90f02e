"""What cancelled tokens waited for is taken back with their step, one statement for each kind of wait."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from loopdesk.engine import incidents, subscriptions, timers, work_rows
from loopdesk.engine.bpmn import Visit

if TYPE_CHECKING:
    from loopdesk.engine.step import Step


def end(step: "Step", gone: Sequence[Visit]) -> None:
    """Take back the tasks, effects, timers and subscriptions of the visits."""
    if not gone:
        return
    tx, instance = step.tx, step.row["id"]
    tasks = {visit.ref: visit for visit in gone if visit.element.kind == "userTask"}
    for ref, task in work_rows.cancel(tx, instance, list(tasks)) if tasks else ():
        step.record("task.cancelled", tasks[ref], data={"task": task})
    others = [visit for visit in gone if visit.ref not in tasks]
    for visit in others:
        if visit.element.kind in ("serviceTask", "sendTask"):
            incidents.withdraw(step.actor, tx, instance, f"effect:{instance}:{visit.ref}")
    for kinds, stop in ((("timer",), timers.end), (("message", "signal"), subscriptions.end)):
        refs = [visit.ref for visit in others if visit.trigger.kind in kinds]
        if refs:
            stop(tx, instance, refs)
