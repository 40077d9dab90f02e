"""What a diagram may call about an emergency (PRO-4)."""

from collections.abc import Mapping, Sequence
from typing import Any

from loopdesk.desk import policy, sending
from loopdesk.desk.emergency import crew, figures, lead, reads
from loopdesk.desk.emergency.rows import EXTERNAL, INTERNAL, Emergency
from loopdesk.desk.receivers import CUSTOMER
from loopdesk.desk.steps import Result, Step, operation


@operation("emergency.declare")
def _declare(
    step: Step,
    *,
    commander: str,
    grade: str,
    kind: str,
    scope: str = "",
    severity: str = "",
    cause: str = "",
    team: Sequence[str] = (),
    chain: Sequence[str] = (),
    limit: str = "",
    watched: bool = False,
) -> Result:
    """Start the emergency response under a commander (id, sign-in name or e-mail).

    Team and chain are words such as operations/L2 or operations/supervisor, limit is a duration; watched lets the
    process hear by when updates are promised. Gives: emergency (id), commander (id), joined (true when one of the
    same case, cause or parent problem runs, which the case now belongs to), grade.
    """
    before = {one.id for one in reads.running(step.tx)}
    within = policy.duration(limit, place="limit") if limit else None
    facts = (scope or "", severity or "", cause or "", list(team or ()), list(chain or ()), within)
    named = {"commander": commander or "", "grade": grade, "kind": kind}
    started = lead.declare(step.actor, step.tx, step.number, **named, response=lead.Response(*facts))
    if watched and started.id not in before:
        for audience in (EXTERNAL, INTERNAL):
            lead.promise(step.actor, step.tx, started, audience, figures.promised(started, audience))
    told = {"emergency": started.id, "commander": started.commander_id, "grade": started.grade}
    return told | {"joined": started.id in before}


@operation("emergency.update")
def _update(
    step: Step,
    *,
    emergency: str,
    text: str,
    next_minutes: int | None = 30,
    audience: str = EXTERNAL,
    watched: bool = False,
) -> Result:
    """Tell an audience (external: the customers, internal: the team) how it stands and when the next word comes."""
    minutes = None if next_minutes is None else int(next_minutes)
    said: dict[str, Any] = {"text": text or "", "next_minutes": minutes, "audience": audience, "watched": watched}
    running = lead.update(step.actor, step.tx, emergency, **said)
    if audience == EXTERNAL:
        for number in reads.cases(step.tx, emergency):
            told = {"text": text, "next_at": running.next_update_at, "emergency": running}
            _tell(step, "emergency-update", CUSTOMER, told, number)
    else:
        told = {"text": text, "next_at": running.internal_due_at, "emergency": running}
        _tell(step, "emergency-internal", _team(step, running), told)
    return None


@operation("emergency.remind")
def _remind(step: Step, *, emergency: str, audience: str = EXTERNAL, due: str = "") -> Result:
    """Remind the commander when the promised update is late; nothing happens while it is not."""
    late = lead.remind(step.actor, step.tx, emergency, audience=audience, due=due or "")
    if late is not None:
        template = "emergency-reminder" if audience == EXTERNAL else "emergency-reminder-internal"
        _tell(step, template, late.commander_id, {"emergency": late})
    return None


@operation("emergency.stand_down")
def _stand_down(step: Step, *, emergency: str, summary: str, stable: bool = False, forced: bool = False) -> Result:
    """End the emergency with a summary of what happened.

    With stable it has to have been reported back and stayed so; forced, since the case was closed, waits for nothing.
    """
    lead.stand_down(step.actor, step.tx, emergency, summary=summary or "", stable=stable, forced=forced)
    return None


@operation("emergency.assemble")
def _assemble(step: Step, *, emergency: str) -> Result:
    """Call the team of the matrix by the duty list, and tell each of them.

    Gives: called (ids of the people), gaps (words of the team for which nobody is on duty).
    """
    calls = crew.assemble(step.actor, step.tx, emergency)
    running = reads.get(step.tx, emergency)
    found = list(dict.fromkeys(one.id for call in calls for one in call.found))
    gaps = [call.word for call in calls if call.gap]
    if found:
        _tell(step, "emergency-called", found, {"emergency": running})
    if gaps:
        _tell(step, "emergency-gap", running.commander_id, {"emergency": running, "gaps": ", ".join(gaps)})
    return {"called": found, "gaps": gaps}


def _team(step: Step, running: Emergency) -> list[str]:
    found = [one.person_id for one in reads.roles(step.tx, running.id)]
    return list(dict.fromkeys([running.commander_id, *found]))


def _tell(step: Step, template: str, to: str | Sequence[str], params: Mapping[str, Any], number: str = "") -> None:
    sending.send(
        step.actor,
        step.tx,
        number or step.number,
        template=template,
        to=to,
        params=params,
        base_url=step.base_url,
    )
