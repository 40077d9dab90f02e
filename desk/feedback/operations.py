"""What diagrams may do about surveys and feedback, by the name their service tasks carry; see `operations`."""

from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

from loopdesk.desk import sending
from loopdesk.desk.feedback import low, paths, praise, quarterly, recovery
from loopdesk.desk.receivers import CUSTOMER
from loopdesk.desk.steps import Result, Step, operation
from loopdesk.engine.bpmn import read_moment


@operation("survey.remind")
def _remind(step: Step, *, survey: str) -> Result:
    """Remind the customer of the survey if no answer came. Gives: open (false once it is answered or over), remind_at
    (when to look again).
    """
    row, due = recovery.remind(step.actor, step.tx, survey)
    if due:
        _link(step, "survey-reminder", "s", row)
    still = row["answered_at"] is None and row["expires_at"] > step.tx.now
    return {"open": still, "remind_at": recovery.next_reminder(step.tx, row).isoformat()}


@operation("survey.not_reached")
def _not_reached(step: Step, *, survey: str, note: str = "") -> Result:
    """Keep that the call-back reached nobody. Gives: again (false: a supervisor takes it), again_at, tries."""
    at, tries = recovery.tried(step.actor, step.tx, survey, note or "")
    return {"again": at is not None, "again_at": (at or step.tx.now).isoformat(), "tries": tries}


@operation("survey.report")
def _report(
    step: Step,
    *,
    survey: str,
    report: str,
    action: str = "",
    action_owner: str = "",
    action_other: str = "",
    action_until: str = "",
) -> Result:
    """Keep the improvement report and send it to the customer; action, with its owner and day, is followed up; other:
    somebody in place of the owner, by sign-in name or e-mail. Gives: ask_at (when to ask the customer again).
    """
    promised = _promise(step, action, action_owner, action_other, action_until)
    recovery.report(step.actor, step.tx, survey, text=report or "", promised=promised)
    _tell(step, "improvement-report", {"report": report})
    return {"ask_at": recovery.ask_at(step.tx).isoformat()}


@operation("survey.ask_again")
def _ask_again(step: Step, *, survey: str, wait: bool = False) -> Result:
    """Ask the customer once more, after the call-back; with wait not while the case is open again. Gives: second (id;
    empty where it waits for the closing), remind_at (when to remind).
    """
    row = recovery.ask_again(step.actor, step.tx, survey, wait=bool(wait))
    if row is None:
        return {"second": "", "remind_at": step.tx.now.isoformat()}
    _link(step, "survey-again", "s", row)
    return {"second": row["id"], "remind_at": recovery.next_reminder(step.tx, row).isoformat()}


@operation("survey.close")
def _close(step: Step, *, survey: str, outcome: str, note: str = "") -> Result:
    """Keep what the call-back came to: recovered, still-low, silent or not-reached."""
    recovery.close(step.actor, step.tx, survey, outcome=outcome, note=note or "")
    return None


@operation("feedback.sort")
def _sort(step: Step, *, feedback: str, kind: str) -> Result:
    """Keep what feedback is: complaint, suggestion, praise or none; its clocks run from when it came.

    Gives: kind (a person's word before the table's), forward_due, result_due (moments; now for none), department (that
    holds the case).
    """
    found = paths.sort(step.actor, step.tx, feedback, kind=kind)
    due = {"forward_due": found.forward_due_at, "result_due": found.result_due_at}
    return {name: (at or step.tx.now).isoformat() for name, at in due.items()} | {
        "kind": found.kind,
        "department": found.department,
    }


@operation("feedback.forward")
def _forward(step: Step, *, feedback: str, kind: str, department: str, note: str = "", known: str = "") -> Result:
    """Give feedback to a department, with a kind that a person may have corrected; known is the one that the form was
    filled with. Gives: kind, result_due.
    """
    said = {"kind": kind, "known": known or "", "department": department, "note": note or ""}
    found = paths.forward(step.actor, step.tx, feedback, **said)
    return {"kind": found.kind, "result_due": (found.result_due_at or step.tx.now).isoformat()}


@operation("feedback.settle")
def _settle(
    step: Step,
    *,
    feedback: str,
    result: str,
    quote: str = "",
    action: str = "",
    action_owner: str = "",
    action_other: str = "",
    action_until: str = "",
) -> Result:
    """Keep what came of feedback; quote: words of praise that may be published; action: what is done about it, by its
    owner, or somebody other by sign-in name or e-mail.
    """
    promised = _promise(step, action, action_owner, action_other, action_until)
    paths.settle(step.actor, step.tx, feedback, result=result or "", quote=quote or "")
    recovery.promise(step.actor, step.tx, step.number, feedback, promised)
    return None


@operation("feedback.ask_consent")
def _consent(step: Step, *, feedback: str) -> Result:
    """Ask the customer by a link whether the words of praise may be published; nothing for praise without words."""
    row = praise.ask(step.actor, step.tx, feedback)
    if row is not None:
        _tell(step, "praise-consent", _linked(step, "p", row) | {"quote": row["quote"]})
    return None


@operation("survey.quarterly")
def _quarterly(step: Step) -> Result:
    """Ask the next active customers who were not asked this quarter, so many at a time as the policy says.

    Gives: asked (how many now), more (true when others wait), quarter (as 2026-Q1).
    """
    rows, more = quarterly.ask(step.actor, step.tx)
    promised = low.promised(step.tx)
    for row in rows:
        _tell(step, "quarterly-survey", _linked(step, "s", row) | promised, number=row["case"])
    return {"asked": len(rows), "more": more, "quarter": quarterly.quarter(step.tx)}


@operation("survey.remind_quarterly")
def _remind_quarterly(step: Step) -> Result:
    """Remind whoever has not answered this quarter. Gives: reminded (how many now), more (true when others wait)."""
    rows, more = quarterly.unanswered(step.actor, step.tx)
    for row in rows:
        _tell(step, "survey-reminder", _linked(step, "s", row), number=row["case"])
    return {"reminded": len(rows), "more": more}


def _promise(step: Step, text: str, owner: str, other: str, day: str) -> recovery.Promise:
    """What a form says about an action; it is due at six in the evening of its day."""
    until = read_moment(f"{day}T18:00:00", ZoneInfo(step.tx.host.zone)) if day else None
    return recovery.Promise(text or "", owner or "", other or "", until)


def _linked(step: Step, path: str, row: Mapping[str, Any]) -> dict[str, Any]:
    return {"link": f"{step.base_url}/{path}/{row['token']}", "expires_at": row["expires_at"]}


def _link(step: Step, template: str, path: str, row: Mapping[str, Any]) -> None:
    _tell(step, template, _linked(step, path, row))


def _tell(step: Step, template: str, params: Mapping[str, Any], number: str = "") -> None:
    where = number or step.number
    sending.send(step.actor, step.tx, where, template=template, to=CUSTOMER, params=params, base_url=step.base_url)
