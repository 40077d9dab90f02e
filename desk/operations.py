"""The verbs that a diagram may call, by the name its service and send tasks carry (``zeebe:taskDefinition``).

Process owners read the docstrings and inputs; `steps` makes of each function what the engine calls.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from loopdesk.desk import (
    case_facts,
    casework,
    clock_operations,
    escalation,
    handoff_operations,
    operations_more,
    record,
    sending,
    splitting,
    trace_operations,
)
from loopdesk.desk.acceptance import operations as acceptance_operations
from loopdesk.desk.classification import guess as classification
from loopdesk.desk.closure import operations as closure_operations
from loopdesk.desk.closure import verification as verifications
from loopdesk.desk.closure.rounds import ASKED, CHASED
from loopdesk.desk.contacting import operations as contacting_operations
from loopdesk.desk.duplicates import problems
from loopdesk.desk.emergency import operations as emergency_operations
from loopdesk.desk.feedback import low, recovery
from loopdesk.desk.feedback import operations as feedback_operations
from loopdesk.desk.feedback import survey as surveys
from loopdesk.desk.implementation import operations as implementation_operations
from loopdesk.desk.raci import operations as raci_operations
from loopdesk.desk.receivers import CUSTOMER
from loopdesk.desk.response import operations as response_operations
from loopdesk.desk.sentiment import operations as sentiment_operations
from loopdesk.desk.steps import Result, Step, build, describe, open_parameters, operation, parameters
from loopdesk.desk.team import operations as team_operations
from loopdesk.desk.themes import operations as themes_operations
from loopdesk.desk.war_room import operations as war_room_operations

__all__ = [
    "acceptance_operations",
    "build",
    "clock_operations",
    "contacting_operations",
    "describe",
    "emergency_operations",
    "feedback_operations",
    "handoff_operations",
    "implementation_operations",
    "open_parameters",
    "operations_more",
    "parameters",
    "raci_operations",
    "response_operations",
    "sentiment_operations",
    "team_operations",
    "themes_operations",
    "trace_operations",
    "war_room_operations",
]


@operation("case.classify")
def _classify(step: Step) -> Result:
    """Guess the type of problem from the customer's words.

    Gives: type (empty when it is not sure enough), confidence (0 to 1), ranked (every type with its confidence).
    """
    return classification.classify(step.actor, step.tx, step.number)


@operation("case.learn")
def _learn(step: Step, *, type: str) -> Result:  # noqa: A002 - diagrams call it so
    """Keep the type that a person chose, for the next training. Gives: corrected (true when the guess was another)."""
    return {"corrected": classification.learn(step.actor, step.tx, step.number, kind=type)}


@operation("case.set_type")
def _set_type(step: Step, *, type: str, department: str) -> Result:  # noqa: A002 - diagrams call it so
    """Say what kind of problem the case is and which department holds it. Security cases become restricted."""
    casework.set_type(step.actor, step.tx, step.number, kind=type, department=department)
    return None


@operation("case.set_priority")
def _set_priority(step: Step, *, priority: str, reason: str = "") -> Result:
    """Set the priority and keep the reason on the case."""
    casework.set_priority(step.actor, step.tx, step.number, priority=priority, reason=reason or "")
    return None


@operation("case.set_facts")
def _set_facts(
    step: Step,
    *,
    urgency: str = "",
    scope: str = "",
    complexity: str = "",
    category: str = "",
) -> Result:
    """Keep what triage found out about the case; inputs that are empty change nothing."""
    found = {"urgency": urgency, "scope": scope, "complexity": complexity, "category": category}
    casework.set_facts(step.actor, step.tx, step.number, **{name: str(value) for name, value in found.items() if value})
    return None


@operation("case.name_owner")
def _name_owner(step: Step, *, department: str) -> Result:
    """Name who answers to the customer. Whoever was asked first stays; else the least busy agent of the department.

    Where nobody is there yet the case stays unowned until somebody works on it.
    Gives: owner (id), owner_name; both empty for nobody.
    """
    owner = casework.name_owner(step.actor, step.tx, step.number, department=department)
    return {"owner": owner.id, "owner_name": owner.name} if owner else {"owner": "", "owner_name": ""}


@operation("case.missing_fields")
def _missing_fields(step: Step) -> Result:
    """Look which fields of the report are still empty. Gives: missing (list of field keys)."""
    return {"missing": case_facts.missing_fields(record.get(step.tx, step.number))}


@operation("message.send")
def _send(step: Step, *, template: str, to: str | list[str], channel: str = "email", **further: Any) -> Result:
    """Send a message template to customer, owner, assignee, backup, supervisor, head, a department, department/role,
    or a person; a channel that nothing is connected to goes by e-mail.

    Every further input can be used in the template by its name.
    """
    _tell(step, template, to, further, channel or "email")
    return None


@operation("case.wait")
def _wait(step: Step, *, reason: str = "") -> Result:
    """Wait for the customer: clocks that pause then pause now."""
    casework.wait(step.actor, step.tx, step.number, reason=reason or "")
    return None


@operation("case.resume")
def _resume(step: Step) -> Result:
    """Go on after waiting for the customer."""
    casework.resume(step.actor, step.tx, step.number)
    return None


@operation("case.solve")
def _solve(step: Step, *, solution: str, left_out: str = "") -> Result:
    """Keep the solution; the case is solved and waits for the customer's word.

    left_out says why the rest of a diagnosis that is under way is left out. Refused while a sub-case is open.
    """
    casework.solve(step.actor, step.tx, step.number, solution=solution, left_out=left_out or "")
    problems.solved(step.actor, step.tx, step.number, solution)
    return None


@operation("case.reopen")
def _reopen(step: Step, *, reason: str = "", inside: bool = False) -> Result:
    """Take a solved or closed case up again, with the same owner; inside: without a word to the customer."""
    casework.reopen(step.actor, step.tx, step.number, reason=reason or "", inside=bool(inside))
    closure_operations.settle(step, "failed" if inside else "reopened")
    return None


@operation("case.close")
def _close(step: Step, *, reason: str) -> Result:
    """Close a solved case and keep why."""
    casework.close(step.actor, step.tx, step.number, reason=reason)
    closure_operations.settle(step, "closed")
    return None


@operation("case.escalate")
def _escalate(step: Step, *, reason: str, by: str = "time", skill: str = "") -> Result:
    """Lift the case one tier (L1, L2, L3, supervisor) and give it with its open tasks to a backup person on duty.

    by is time, skill or hand. Gives: before (the tier it had), tier, assignee (id), assignee_name.
    """
    before = record.get(step.tx, step.number).tier
    tier = escalation.escalate(step.actor, step.tx, step.number, reason=reason, by=by, skill=skill or None)
    now = record.get(step.tx, step.number).assignee_id
    return {"before": before, "tier": tier, "assignee": now, "assignee_name": case_facts.name_of(step.tx, now)}


@operation("subcase.finish")
def _finish_part(step: Step) -> Result:
    """Let the result of a solved sub-case stand on its whole; a part that was split off is closed.

    Gives: parent (number of the whole, empty for a case that is no sub-case), parent_owner (whom to tell), left (how
    many parts are still open).
    """
    return splitting.finish(step.actor, step.tx, step.number)


@operation("verification.ask")
def _ask(step: Step, *, within: str = "") -> Result:
    """Send the customer a link to say whether the fix works, or whether there is something else.

    within is how long an answer is waited for before a reminder. Gives: verification (id).
    """
    row = verifications.ask(step.actor, step.tx, step.number)
    _link(step, "verify-fix", "v", row, closure_operations.asked(step, ASKED, within or ""))
    return {"verification": row["id"]}


@operation("verification.chase")
def _chase(step: Step, *, verification: str, within: str = "") -> Result:
    """Ask again when no answer came; nothing happens once it has. within is how long there is until the closing, which
    the template may name: closes_at (moment)."""
    row = verifications.chase(step.actor, step.tx, verification)
    if row is not None:
        _link(step, "verify-chase", "v", row, closure_operations.asked(step, CHASED, within or ""))
    return None


@operation("survey.send")
def _survey(step: Step) -> Result:
    """Send the customer a link to the survey. Gives: survey (id; empty for a case that was answered before), remind_at
    (when to remind first).
    """
    row = surveys.send(step.actor, step.tx, step.number)
    if row is None:
        return {"survey": "", "remind_at": step.tx.now.isoformat()}
    _link(step, "survey", "s", row, low.promised(step.tx))
    return {"survey": row["id"], "remind_at": recovery.next_reminder(step.tx, row).isoformat()}


@operation("survey.call_back")
def _call_back(
    step: Step,
    *,
    survey: str,
    reached: bool,
    root_cause: str,
    improvement: str = "",
) -> Result:
    """Keep what the call-back found: whether somebody was reached, the root cause, what is done about it."""
    found = {"root_cause": root_cause or "", "improvement": improvement or ""}
    surveys.call_back(step.actor, step.tx, survey, reached=bool(reached), **found)
    return None


def _tell(
    step: Step, template: str, to: str | Sequence[str], params: Mapping[str, Any], channel: str = "email"
) -> None:
    sending.send(
        step.actor,
        step.tx,
        step.number,
        template=template,
        to=to,
        params=params,
        base_url=step.base_url,
        channel=channel,
    )


def _link(step: Step, template: str, path: str, row: Mapping[str, Any], more: Mapping[str, Any] | None = None) -> None:
    params = {"link": f"{step.base_url}/{path}/{row['token']}", "expires_at": row["expires_at"], **(more or {})}
    _tell(step, template, CUSTOMER, params)
