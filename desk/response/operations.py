"""What diagrams may do about measures, helpers, reviews and compensation, by the name their service tasks carry."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from loopdesk.desk import emergency as emergencies
from loopdesk.desk import policy, sending
from loopdesk.desk.receivers import CUSTOMER
from loopdesk.desk.response import allhands, awards, concerned, expectations, measures, reviews, summary, words
from loopdesk.desk.response.reviews import WHYS, Analysis
from loopdesk.desk.steps import Result, Step, operation
from loopdesk.engine.bpmn import read_moment


@operation("measure.plan")
def _plan(step: Step, *, emergency: str, wanted: Sequence[Mapping[str, Any]] | None) -> Result:
    """Want the measures that the table gives, each once for an emergency.

    Gives: measures (list of {id, measure, name, asks} that are not taken yet), options (the same for a form's
    choice), commander (id), hook_limit (how long an answer is waited for).
    """
    found = measures.plan(step.actor, step.tx, emergency, [one for one in wanted or [] if one.get("measure")])
    commander = emergencies.get(step.tx, emergency).commander_id
    limit = str(policy.said(step.tx, words.POLICY, "hook_limit"))
    shown = measures.shown(step.tx, found)
    options = [{"value": one["id"], "label": one["name"]} for one in shown]
    return {"measures": shown, "options": options, "commander": commander, "hook_limit": limit}


@operation("measure.choose")
def _choose(step: Step, *, emergency: str, chosen: Sequence[str] | None, reason: str = "") -> Result:
    """Keep which of the measures the commander wants. Gives: measures (those that are to be taken)."""
    found = measures.choose(step.actor, step.tx, emergency, list(chosen or []), reason or "")
    return {"measures": measures.shown(step.tx, found)}


@operation("measure.ask")
def _ask(step: Step, *, measure: str, undo: bool = False) -> Result:
    """Begin to take a measure, or to undo it. Gives: hook (address, empty for "by hand"), body (what is sent there)."""
    begin = measures.ask_undo if undo else measures.ask
    return begin(step.actor, step.tx, measure)


@operation("measure.answered")
def _answered(step: Step, *, measure: str, status: int, answer: Any = None, undo: bool = False) -> Result:
    """Check what the other side answered. Gives: complete (true when all that was asked for was granted), missing."""
    look = measures.undo_answered if undo else measures.answered
    complete = look(step.actor, step.tx, measure, int(status), answer)
    return {"complete": complete, "missing": dict(measures.get(step.tx, measure).missing)}


@operation("measure.by_hand")
def _by_hand(step: Step, *, measure: str, note: str = "", undo: bool = False) -> Result:
    """Keep that people have taken a measure, or have undone it, and what they wrote about it."""
    keep = measures.undone_by_hand if undo else measures.done_by_hand
    keep(step.actor, step.tx, measure, note or "")
    return None


@operation("measure.to_undo")
def _to_undo(step: Step, *, emergency: str) -> Result:
    """Look what is to be undone now that the emergency is over. Gives: measures (as measure.plan does)."""
    return {"measures": measures.shown(step.tx, measures.to_undo(step.actor, step.tx, emergency))}


@operation("hands.call")
def _call(step: Step, *, emergency: str, departments: Sequence[str] | None, times: float = 1) -> Result:
    """Call people of departments to filter and reassure, as many as the pool allows: with them at most so many times
    the normal pool. Gives: hands (list of {id, person, name, accepted} who help or may yet answer), normal, allowed.
    """
    found = allhands.call(
        step.actor, step.tx, emergency, departments=[str(one) for one in departments or []], times=float(times or 1)
    )
    pool = allhands.pool(step.tx, float(times or 1))
    hands = [
        {"id": one.id, "person": one.person_id, "name": one.name, "accepted": one.state == allhands.ACCEPTED}
        for one in found
    ]
    return {"hands": hands, "normal": pool.normal, "allowed": pool.allowed}


@operation("hands.answer")
def _hand_answers(step: Step, *, hand: str, accepted: bool = False, reason: str = "") -> Result:
    """Keep whether the person helps; whoever does takes part in the emergency."""
    allhands.answer(step.actor, step.tx, hand, accepted=accepted is True, reason=reason or "")
    return None


@operation("hands.report")
def _hand_reports(step: Step, *, hand: str, reached: int, note: str = "") -> Result:
    """Keep how many customers the person has spoken to."""
    allhands.report(step.actor, step.tx, hand, reached=int(reached), note=note or "")
    return None


@operation("hands.release")
def _release(step: Step, *, emergency: str) -> Result:
    """Send everybody who was called back to their own work. Gives: people (ids)."""
    return {"people": [one.person_id for one in allhands.release(step.actor, step.tx, emergency)]}


@operation("review.open")
def _open(step: Step, *, emergency: str, rca_hours: float, report_hours: float) -> Result:
    """Begin the review. Gives: review (id), rca_due and report_due (moments), commander (id), and for the forms: course
    (the timeline), impact, handling and report_draft, and why1 to why5, root_at, improvement, actions, all empty.
    """
    made = reviews.open_(step.actor, step.tx, emergency, rca_hours=float(rca_hours), report_hours=float(report_hours))
    led = emergencies.get(step.tx, emergency)
    due = {"rca_due": made.rca_due_at.isoformat(), "report_due": made.report_due_at.isoformat()}
    asked = {f"why{place}": None for place in range(1, WHYS + 1)}
    empty: dict[str, Any] = {**asked, "root_at": None, "improvement": None, "actions": [], "report_draft": led.summary}
    return {"review": made.id, "commander": led.commander_id, **due, **empty, **summary.drafts(step.tx, led)}


@operation("review.analyse")
def _analyse(
    step: Step,
    *,
    review: str,
    course: str,
    impact: str,
    handling: str,
    improvement: str,
    root_at: int | str = WHYS,
    why1: str = "",
    why2: str = "",
    why3: str = "",
    why4: str = "",
    why5: str = "",
    actions: Sequence[Mapping[str, Any]] | None = None,
) -> Result:
    """Keep the analysis: up to five whys, root_at says at which of them the root was found; actions are a list of
    {text, owner, until}, each followed up until it is done.
    """
    asked = [why1, why2, why3, why4, why5][: int(root_at)]
    said = Analysis(course, impact, handling, [one or "" for one in asked], improvement, stops=len(asked) < WHYS)
    reviews.analyse(step.actor, step.tx, review, said)
    for one in actions or []:
        due = _end_of(step, str(one.get("until") or ""))
        reviews.agree(
            step.actor, step.tx, review, text=str(one.get("text") or ""), owner=str(one.get("owner") or ""), due_at=due
        )
    return None


@operation("review.report")
def _report(step: Step, *, review: str, text: str) -> Result:
    """Send the report to the customers of the emergency, each in their case, and keep it with the review."""
    kept = reviews.reported(step.actor, step.tx, review, text=text or "")
    led = emergencies.get(step.tx, kept.emergency)
    for case in concerned.reporters(step.tx, led):
        params = {"text": kept.report, "emergency": led}
        _tell(step, case.number, "emergency-report", params)
    return None


@operation("review.sign")
def _sign(step: Step, *, review: str, role: str, signed: bool = True, reason: str = "") -> Result:
    """Sign the review as commander or head, or send it back with a reason. Gives: signed."""
    if signed is True:
        reviews.sign(step.actor, step.tx, review, role=role)
    else:
        reviews.send_back(step.actor, step.tx, review, reason=reason or "")
    return {"signed": signed is True}


@operation("expectation.ask")
def _expected(step: Step, *, emergency: str) -> Result:
    """Send the customer a link to say whether the handling met expectations."""
    row = expectations.ask(step.actor, step.tx, emergency)
    params = {"link": f"{step.base_url}/e/{row['token']}", "expires_at": row["expires_at"]}
    _tell(step, step.number, "emergency-expectations", params)
    return None


@operation("compensation.decide")
def _decide(step: Step, *, compensation: str, approved: bool = False, note: str = "", last: bool = False) -> Result:
    """Keep somebody's word on a compensation; last for the second of two.

    Gives: state (half: approved; declined; same: it does not count, since whoever approves
    proposed it, or gave the first of two words).
    """
    yes, final = approved is True, last is True
    return {"state": awards.decide(step.actor, step.tx, compensation, approved=yes, note=note or "", last=final)}


@operation("compensation.grant")
def _grant(step: Step, *, compensation: str) -> Result:
    """All have approved: the customer gets it."""
    awards.grant(step.actor, step.tx, compensation)
    return None


def _tell(step: Step, number: str, template: str, params: Mapping[str, Any]) -> None:
    actor, tx = step.actor, step.tx
    sending.send(actor, tx, number, template=template, to=CUSTOMER, params=params, base_url=step.base_url)


def _end_of(step: Step, day: str) -> datetime:
    """The end of a working day, six in the evening by the clock of the house; now for a day that is none."""
    return read_moment(f"{day}T18:00:00", ZoneInfo(step.tx.host.zone)) if day else step.tx.now
