"""What diagrams may do for implementations and changes, by the name their service tasks carry; see `operations`."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from loopdesk.desk import people, policy, record
from loopdesk.desk.implementation import alarms, change_rows, course, plans, reviews, signing, tables
from loopdesk.desk.implementation.change_rows import Change
from loopdesk.desk.steps import Result, Step, operation


@operation("implementation.open")
def _open(step: Step, *, implementation: str = "", plan: str = "") -> Result:
    """Take up the implementation, or begin one by a plan of implementation.yaml.

    Gives: implementation (id), lead (id), and empty minutes, attendees and agreed for the first review.
    """
    if implementation:
        found = tables.get(step.tx, implementation, lock=True)
    else:
        chosen = plan or next(iter(plans.plans(step.tx)), "")
        found = course.begin(step.actor, step.tx, step.number, plan=chosen)
    return {"implementation": found.id, "lead": found.lead_id}


@operation("implementation.look")
def _look(step: Step, *, implementation: str) -> Result:
    """Weigh the milestones; a graver alarm than before is told by the message milestone.alarmed.

    Gives: over (true when all are reached or it was stopped), finished, look_at (when the next alarm is due).
    """
    found = course.look(step.actor, step.tx, implementation)
    return {
        "over": found.over,
        "finished": found.state == tables.FINISHED,
        "look_at": found.at.isoformat(),
    }


@operation("milestone.answer")
def _answer(step: Step, *, alarm: str, text: str) -> Result:
    """Keep the plan that answers an alarm."""
    alarms.answer(step.actor, step.tx, alarm, plan=text or "")
    return None


@operation("milestone.unanswered")
def _unanswered(step: Step, *, alarm: str) -> Result:
    """Note that an alarm has no plan in time. Gives: still (false when it just got one)."""
    return {"still": alarms.unanswered(step.actor, step.tx, alarm)}


@operation("customer_review.next")
def _next(step: Step, *, implementation: str) -> Result:
    """When the customer is met next. Gives: over, prepare_at and starts_at (moments)."""
    found = reviews.next_(step.actor, step.tx, implementation)
    times = {"prepare_at": found.prepare_at.isoformat(), "starts_at": found.starts_at.isoformat()}
    return {"over": found.over, **times}


@operation("customer_review.prepare")
def _prepare(step: Step, *, implementation: str, starts_at: str) -> Result:
    """Make the agenda of the milestones.

    Gives: review (id), agenda, representative (to whom its letters go), hold_within (how long until its end), and
    minutes, attendees and agreed, empty.
    """
    starts = datetime.fromisoformat(starts_at)
    found = reviews.open_(step.actor, step.tx, implementation, starts)
    within = max(int((starts - step.tx.now).total_seconds()), 0) + int(
        plans.length(step.tx, "reviews", "minutes_within").total_seconds()
    )
    empty: dict[str, Any] = {"minutes": None, "attendees": None, "agreed": []}
    said = {"review": found.id, "agenda": found.agenda, "hold_within": f"PT{within}S"}
    return said | {"representative": reviews.receiver(step.tx, step.number)} | empty


@operation("customer_review.keep")
def _keep(
    step: Step, *, review: str, minutes: str, attendees: str, agreed: Sequence[Mapping[str, Any]] | None = None
) -> Result:
    """Keep the minutes; what was agreed (a list of {text, owner}) becomes actions within the time of the policy.

    Gives: actions (list of {text, owner, due}), for the letter.
    """
    made = reviews.keep(
        step.actor, step.tx, review, minutes=minutes or "", attendees=attendees or "", agreed=list(agreed or [])
    )
    return {"actions": [{"text": one.text, "owner": one.owner, "due": one.due_at.isoformat()} for one in made]}


@operation("change.read")
def _read(step: Step, *, change: str) -> Result:
    """What the change is now, for the table and the forms.

    Gives: withdrawn, kind, downtime, affects_all, level (of the case), title, text, rollback, seen (what a signature is
    for), proposer, proposed_by, downtime_text, merge_requests (text), files (text), remind_in, refuse_in (how long
    signatures are waited for), and decision and reason, empty.
    """
    found = change_rows.get(step.tx, change, lock=True)
    priority = record.get(step.tx, found.case).priority
    waits = {f"{name}_in": str(policy.said(step.tx, plans.POLICY, "signatures", name)) for name in ("remind", "refuse")}
    facts: dict[str, Any] = {"kind": found.kind, "downtime": found.downtime_minutes, "affects_all": found.affects_all}
    return facts | {"level": priority or "", **_shown(step, found), **waits, "decision": None, "reason": None}


@operation("change.weigh")
def _weigh(step: Step, *, change: str, size: str, reason: str) -> Result:
    """Keep whether the change is small or major, and why."""
    signing.weigh(step.actor, step.tx, change, size=size or "", reason=reason or "")
    return None


@operation("change.sign")
def _sign(step: Step, *, change: str, agreed: bool, reason: str = "", seen: str = "") -> Result:
    """Keep the technical lead's word. Gives: agreed."""
    signing.sign(step.actor, step.tx, change, agreed=agreed is True, reason=reason or "", seen=seen or "")
    return {"agreed": agreed is True}


@operation("change.ask")
def _ask(step: Step, *, change: str) -> Result:
    """Open the link for the customer's representative. Gives: link, expires_at, representative (to whom it goes)."""
    return _asked(step, signing.ask(step.actor, step.tx, change))


@operation("change.remind")
def _remind(step: Step, *, change: str) -> Result:
    """Note the reminder. Gives: waits_for (lead or customer), and for the customer's as change.ask does."""
    found = signing.remind(step.actor, step.tx, change)
    return {"waits_for": found.state, **(_asked(step, found) if found.state == change_rows.CUSTOMER else {})}


@operation("change.settle")
def _settle(step: Step, *, change: str, agreed: bool, reason: str = "") -> Result:
    """Decide the change: it may be made, or may not and why; without a reason, the one at the refused signature.

    Gives: reason, and representative (null when nobody was asked).
    """
    found = signing.settle(step.actor, step.tx, change, agreed=agreed is True, reason=reason or "")
    return {"reason": found.reason, "representative": f"contact:{found.representative_id}" if found.asked_at else None}


def _asked(step: Step, found: Change) -> dict[str, Any]:
    link = f"{step.base_url}/c/{signing.token_of(step.tx, found.id)}"
    expires = found.expires_at.isoformat() if found.expires_at else ""
    return {"link": link, "expires_at": expires, "representative": f"contact:{found.representative_id}"}


def _shown(step: Step, found: Change) -> dict[str, Any]:
    proposer = people.find(step.tx, found.proposed_id)
    return {
        "withdrawn": found.state == change_rows.WITHDRAWN,
        "title": found.title,
        "text": found.text,
        "rollback": found.rollback,
        "seen": change_rows.digest(found),
        "merge_requests": "\n".join(found.links),
        "files": change_rows.names_of(step.tx, found.documents),
        "proposer": proposer.id if proposer else "owner",
        "proposed_by": found.proposed_by,
    }
