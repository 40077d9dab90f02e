"""What diagrams may do about closing a case and opening it again (FIX-4, FIX-9); see `operations`."""

from collections.abc import Mapping, Sequence
from typing import Any

from loopdesk.desk import casework, people, policy, sending
from loopdesk.desk.acceptance import gates
from loopdesk.desk.closure import reopening as reopenings
from loopdesk.desk.closure import rounds, verification
from loopdesk.desk.receivers import CUSTOMER
from loopdesk.desk.record import get
from loopdesk.desk.steps import Result, Step, operation
from loopdesk.engine import messages

ACCEPTED = "acceptance.finished"


@operation("closure.begin")
def _begin(step: Step) -> Result:
    """Open the verification of a solved case with the checklist of its kind of problem (policy closure.yaml).

    Gives: round (id), retest and stable (the items to tick, as options of a form by language), stability (how long the
    fix is watched, empty for not at all), chase_after, close_after (durations), confirmed (null: nobody has said so).
    """
    found = rounds.begin(step.actor, step.tx, step.number)
    shown = {part: rounds.options(step.tx, found[part]) for part in rounds.PARTS}
    return {**found, **shown, "confirmed": None}


@operation("closure.check")
def _check(step: Step, *, round: str, part: str, passed: Sequence[str] | None, note: str = "") -> Result:  # noqa: A002 - diagrams call it so
    """Keep what somebody ticked of a part of the checklist: retest or stable. What is not ticked has failed.

    Refused when something has failed and the note does not say what.
    Gives: holds (true when everything is ticked), comment (what failed, for whoever goes on).
    """
    failed = rounds.check(step.actor, step.tx, round, part, list(passed or []), note or "")
    return {"holds": not failed, "comment": (note or "").strip() if failed else ""}


@operation("closure.watch")
def _watch(step: Step, *, round: str, within: str) -> Result:  # noqa: A002 - diagrams call it so
    """The fix is watched from now on for so long (a duration)."""
    rounds.watch(step.actor, step.tx, round, within)
    return None


@operation("closure.stage")
def _stage(step: Step, *, stage: str) -> Result:
    """Write where the closure stands: stable (the team ticks again) or gates (acceptance gates are under way)."""
    if stage == rounds.GATES:
        # The answer of an earlier pass must not be taken for that of this one.
        messages.forget(step.tx, ACCEPTED, key=step.number)
    rounds.move(step.tx, step.number, stage)
    return None


@operation("closure.later_word")
def _later_word(step: Step) -> Result:
    """Look whether the customer has said meanwhile that it does not work after all: the later word counts.

    Gives: withdrawn (true or false), comment (the words).
    """
    found = reopenings.waiting(step.tx, step.number)
    return {"withdrawn": found is not None, "comment": found.text if found else ""}


@operation("closure.tell")
def _tell(step: Step, *, round: str, template: str) -> Result:  # noqa: A002 - diagrams call it so
    """Write the closing letter to the customer: a template that may use link (says that it does not work after all, or
    that there is something else, without signing in) and reopen_until (moment)."""
    until = rounds.window(step.tx, get(step.tx, step.number))
    params = {"link": f"{step.base_url}/r/{rounds.token(step.tx, round)}", "reopen_until": until}
    _send(step, template, CUSTOMER, params)
    return None


@operation("reopening.take_up")
def _take_up(step: Step, *, reopening: str) -> Result:
    """Open the case again for what the customer wrote; its clocks count on from the moment of the word.

    Gives: reopened (false when the case is open already), owner (id), owner_name, comment (the words).
    """
    before = reopenings.get(step.tx, reopening)
    one = reopenings.take_up(step.actor, step.tx, reopening)
    reopened = one.state == reopenings.REOPENED and get(step.tx, step.number).status not in casework.OPEN
    if reopened:
        casework.reopen(step.actor, step.tx, step.number, reason=before.text, at=before.at)
        settle(step, "reopened")
    owner = people.find(step.tx, get(step.tx, step.number).owner_id)
    who = {"owner": owner.id, "owner_name": owner.name} if owner else {"owner": "", "owner_name": ""}
    return {"reopened": reopened, "comment": before.text, **who}


@operation("reopening.branch")
def _branch(step: Step, *, reopening: str) -> Result:
    """Open a new case for what the customer wrote, linked to this one. Gives: other (its number)."""
    return {"other": reopenings.branch(step.actor, step.tx, reopening).other}


@operation("reopening.dismiss")
def _dismiss(step: Step, *, reopening: str) -> Result:
    """Keep that the customer's words ask for nothing."""
    reopenings.dismiss(step.actor, step.tx, reopening)
    return None


def settle(step: Step, outcome: str) -> None:
    """The case is open again, or closed: no question to the customer is open any more, no round, no gate goes on."""
    verification.withdraw(step.tx, step.number)
    rounds.end(step.tx, step.number, outcome)
    if outcome != "closed":
        reopenings.taken(step.tx, step.number)
        gates.withdraw(step.actor, step.tx, step.number)
        messages.forget(step.tx, reopenings.WITHDRAWN, key=step.number)


def asked(step: Step, stage: str, within: str) -> dict[str, object]:
    """The customer is asked, or reminded: writes it into the round; what the letter says of the time that is left."""
    length = within or str(
        policy.said(step.tx, rounds.POLICY, "chase_after" if stage == rounds.ASKED else "close_after")
    )
    rounds.move(step.tx, step.number, stage, length)
    return {"closes_at": step.tx.now + policy.duration(length)} if stage == rounds.CHASED else {}


def _send(step: Step, template: str, to: str, params: Mapping[str, Any]) -> None:
    sending.send(step.actor, step.tx, step.number, template=template, to=to, params=params, base_url=step.base_url)
