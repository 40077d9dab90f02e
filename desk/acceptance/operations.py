"""What diagrams may do about acceptance, by the name their service tasks carry (FIX-5 to FIX-8)."""

from collections.abc import Mapping, Sequence
from typing import Any

from loopdesk.desk import links, record, sending, templates
from loopdesk.desk.acceptance import attainment, bars, benefits, gates, load_tests, users, words
from loopdesk.desk.letters import queue
from loopdesk.desk.receivers import CUSTOMER, Receiver
from loopdesk.desk.steps import Result, Step, operation


@operation("acceptance.open")
def _open(step: Step, *, asked: Sequence[str] | None) -> Result:
    """Begin the acceptance of the case; asked for can be monitoring, load_test, users, benefit.

    Gives: acceptance (id), gates (list of {gate, kind} to pass now), benefit (true when finance is asked later on).
    """
    made = gates.open_(step.actor, step.tx, step.number, list(asked or []))
    found = [{"gate": one.id, "kind": one.kind} for one in made.gates]
    return {"acceptance": made.id, "gates": found, "benefit": gates.BENEFIT in gates.wanted(asked or [])}


@operation("acceptance.begin")
def _begin(step: Step, *, gate: str) -> Result:
    """Begin the next round of a gate.

    Gives: round (from 1), until (for monitoring: when the window and the time for its last samples are over).
    """
    begun = gates.begin(step.actor, step.tx, gate)
    until = None
    if begun.until_at is not None:
        until = (begun.until_at + bars.of_kept(begun.bars).grace).isoformat()
    return {"round": begun.round, "until": until}


@operation("acceptance.count")
def _count(step: Step, *, gate: str) -> Result:
    """Count the samples of the round. Gives: fails (attainment, recovery, or none), attainment (per cent), due, passed,
    missing, outage (the longest, in minutes), days (the failing ones: "2026-03-12: 44/288").
    """
    found = gates.one(step.tx, gate)
    standing = attainment.standing(step.tx, found)
    if standing is None or found.until_at is None:
        return {"fails": [attainment.ATTAINMENT]}
    # Before the end only what came counts against it: the rest may be on its way.
    early = step.tx.now < found.until_at
    failed = [(day, day.seen if early else day.failed) for day in standing.days]
    outage = standing.seen if early else standing.outage
    return {
        "fails": [*(standing.certain if early else standing.fails)],
        "attainment": standing.percent,
        "due": standing.due,
        "passed": standing.passed,
        "missing": standing.missing,
        "outage": int(outage.total_seconds() // 60),
        "days": ", ".join(f"{day.begins.date().isoformat()}: {count}/{day.due}" for day, count in failed if count),
    }


@operation("acceptance.report")
def _report(
    step: Step, *, gate: str, peak: float, hours: float, success: float, swing: float, file: str = ""
) -> Result:
    """Keep a load-test report. Gives: stored (true when a file of that name is attached to the case)."""
    said = {"peak": peak, "hours": hours, "success": success, "swing": swing}
    kept = load_tests.keep(step.actor, step.tx, gate, figures=load_tests.numbers(said), file=file or "")
    return {"stored": bool(kept.file)}


@operation("acceptance.ask_users")
def _ask_users(step: Step, *, gate: str, people: str) -> Result:
    """Send each key user a link to the survey; people are lines "Name <address>". Who has one keeps it.

    Gives: asked, answers, missing (how many answers there have to be until it is decided), remind_at, reminders.
    """
    for row in users.invite(step.actor, step.tx, gate, users.people(people or "")):
        _write_to(step, "key-user-survey", row)
    return _survey(step, gate)


@operation("acceptance.remind_users")
def _remind_users(step: Step, *, gate: str) -> Result:
    """Remind the key users who have not answered. Gives the same as acceptance.ask_users."""
    for row in users.remind(step.actor, step.tx, gate):
        _write_to(step, "key-user-reminder", row)
    return _survey(step, gate)


@operation("acceptance.score_users")
def _score_users(step: Step, *, gate: str) -> Result:
    """Score the survey. Gives: answers, missing, overall (0 to 100), lowest (score), dimension (code of the lowest)."""
    score = users.score(step.tx, gates.one(step.tx, gate))
    found = {"answers": score.answers, "missing": score.missing, "dimension": score.lowest}
    overall = None if score.overall is None else float(score.overall)
    return {**found, "overall": overall, "lowest": float(score.of[score.lowest]) if score.of else None}


@operation("acceptance.decide")
def _decide(step: Step, *, gate: str, fails: Sequence[str] | None, figures: Mapping[str, Any] | None = None) -> Result:
    """Keep what the round came to; nothing in fails means that the gate is passed. Gives: met."""
    kept = gates.decide(step.actor, step.tx, gate, fails=list(fails or []), figures=dict(figures or {}))
    return {"met": kept.state == gates.MET}


@operation("acceptance.approve")
def _approve(step: Step, *, gate: str, reason: str) -> Result:
    """Keep a supervisor's word that it may be accepted, with the reason, and ask the customer by a signed link."""
    row = words.approve(step.actor, step.tx, gate, reason=reason or "")
    params = {"link": f"{step.base_url}/a/{row['token']}", "expires_at": row["expires_at"], "reason": reason}
    sending.send(
        step.actor,
        step.tx,
        step.number,
        template="acceptance-exception",
        to=CUSTOMER,
        params=params,
        base_url=step.base_url,
    )
    return {"expires_at": row["expires_at"].isoformat()}


@operation("acceptance.except")
def _except(step: Step, *, gate: str) -> Result:
    """Count the gate as passed: supervisor and customer have both accepted it."""
    words.except_(step.actor, step.tx, gate)
    return None


@operation("acceptance.withdraw")
def _withdraw(step: Step, *, gate: str) -> Result:
    """Take the question to the customer back: its link stops working."""
    words.withdraw(step.actor, step.tx, gate)
    return None


@operation("acceptance.give_up")
def _give_up(step: Step, *, gate: str, reason: str) -> Result:
    """Keep that the owner takes the case back to the repair, and why."""
    gates.give_up(step.actor, step.tx, gate, reason=reason or "")
    return None


@operation("acceptance.finish")
def _finish(step: Step, *, acceptance: str) -> Result:
    """End the acceptance. Gives: accepted, reason (empty when it is accepted)."""
    ended = gates.finish(step.actor, step.tx, acceptance)
    return {"accepted": ended.state == gates.ACCEPTED, "reason": ended.reason}


@operation("benefit.open")
def _benefit_open(step: Step) -> Result:
    """Note when finance is asked for benefit and cost. Gives: benefit (id), due (when), currency."""
    found = benefits.open_(step.actor, step.tx, step.number)
    return {"benefit": found.id, "due": found.due_at.isoformat(), "currency": found.currency}


@operation("benefit.ask")
def _benefit_ask(step: Step, *, benefit: str) -> Result:
    """The time has come to enter the figures."""
    benefits.ask(step.actor, step.tx, benefit)
    return None


@operation("benefit.keep")
def _benefit_keep(
    step: Step, *, benefit: str, labour: str, outage: str, cost: str, currency: str = "", note: str = ""
) -> Result:
    """Keep what finance entered. Gives: percent, the return: (labour + outage − cost) ÷ cost in per cent.

    Refused for a cost of zero or less.
    """
    entry = benefits.Entry(str(labour), str(outage), str(cost), currency or "", note or "")
    return {"percent": float(benefits.keep(step.actor, step.tx, benefit, entry).percent)}


@operation("benefit.judge")
def _benefit_judge(step: Step, *, benefit: str, met: bool) -> Result:
    """Keep whether the return is enough, as the table says."""
    benefits.judge(step.actor, step.tx, benefit, met=met is True)
    return None


def _survey(step: Step, gate: str) -> dict[str, Any]:
    score = users.score(step.tx, gates.one(step.tx, gate))
    figures = {"asked": score.asked, "answers": score.answers, "missing": score.missing}
    reminders = bars.figure(step.tx, "users", "reminders")
    return {**figures, "remind_at": users.remind_at(step.tx).isoformat(), "reminders": reminders}


def _write_to(step: Step, template: str, row: Mapping[str, Any]) -> None:
    """A letter to a key user, who need not be a contact of ours."""
    case = record.get(step.tx, step.number)
    found = links.public(step.tx, {**row, "answered_at": None})
    receiver = Receiver(
        CUSTOMER, f"key:{row['id'][:28]}", row["name"], row["address"], case.language, found["actor"].zone
    )
    scope = {
        "case": {"number": case.number, "title": case.title},
        "receiver": {"name": row["name"]},
        "link": f"{step.base_url}/k/{row['token']}",
        "expires_at": row["expires_at"],
    }
    text = templates.render(step.tx, template, language=case.language, zone=receiver.zone, scope=scope)
    queue(step.actor, step.tx, case, receiver, subject=text.subject, body=text.body, template=template)
