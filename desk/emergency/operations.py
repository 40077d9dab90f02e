"""What a diagram may call about an emergency (PRO-4)."""

from collections.abc import Mapping, Sequence
from typing import Any

from loopdesk.desk import policy, record, sending
from loopdesk.desk.emergency import causes, course, crew, figures, lead, letters, reads
from loopdesk.desk.emergency.rows import AUDIENCES, EXTERNAL, SCRIBE, Emergency
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
    process hear by when updates are promised. Without a commander the first of the team on duty leads. Gives:
    emergency (id), commander (id), grade, kind, scope, severity, cause, joined (true when one of the same case, cause
    or parent problem runs, to which the case now belongs).
    """
    causes.hold(step.tx, step.number, cause or "")  # else one declared at the same moment would count as our own
    before = {one.id for one in reads.running(step.tx)}
    within = policy.duration(limit, place="limit") if limit else None
    facts = (scope or "", severity or "", cause or "", list(team or ()), list(chain or ()), within)
    first = crew.leader(step.tx, record.get(step.tx, step.number), team) if team and not commander else None
    named = {"commander": first.id if first else commander or "", "grade": grade, "kind": kind}
    started = lead.declare(step.actor, step.tx, step.number, **named, response=lead.Response(*facts))
    if watched and started.id not in before:
        for audience in AUDIENCES:
            if (due := figures.promised(started, audience)) is not None:
                lead.promise(step.actor, step.tx, started, audience, due)
    return {**_known(started), "joined": started.id in before}


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
    letters.update(step.actor, step.tx, running, audience, text or "", base_url=step.base_url)
    return None


@operation("emergency.remind")
def _remind(step: Step, *, emergency: str, audience: str = EXTERNAL, due: str = "") -> Result:
    """Remind the commander when the promised update is late; nothing happens while it is not.

    Gives: missed (true when it is), again_at (when to look again, by the cadence since the promise).
    """
    late = lead.remind(step.actor, step.tx, emergency, audience=audience, due=due or "")
    if late is None:
        return {"missed": False, "again_at": None}
    template = "emergency-reminder" if audience == EXTERNAL else "emergency-reminder-internal"
    _tell(step, template, late.commander_id, {"emergency": late})
    return {"missed": True, "again_at": lead.again_at(step.tx, late, audience).isoformat()}


@operation("emergency.stand_down")
def _stand_down(step: Step, *, emergency: str, summary: str, stable: bool = False, forced: bool = False) -> Result:
    """End the emergency with a summary of what happened.

    With stable it has to have been reported back and stayed so; forced, since the case was closed, waits for nothing.
    Gives: what it was in the end: emergency, kind, grade, scope, severity, cause, commander.
    """
    how = {"stable": stable, "forced": forced}
    return _known(lead.stand_down(step.actor, step.tx, emergency, summary=summary or "", **how))


@operation("emergency.assemble")
def _assemble(step: Step, *, emergency: str) -> Result:
    """Call the team of the matrix by the duty list, and tell each of them.

    Gives: called (ids of the people), gaps (words of the team for which nobody is on duty), scribe (id, null for
    nobody).
    """
    calls = crew.assemble(step.actor, step.tx, emergency)
    running = reads.get(step.tx, emergency)
    found = list(dict.fromkeys(one.id for call in calls for one in call.found))
    gaps = [call.word for call in calls if call.gap]
    if found:
        _tell(step, "emergency-called", found, {"emergency": running})
    _tell_gaps(step, running, gaps)
    scribe = next((one.person_id for one in reads.roles(step.tx, emergency) if one.role == SCRIBE), None)
    return {"called": found, "gaps": gaps, "scribe": scribe}


@operation("emergency.join")
def _join(step: Step, *, cause: str = "") -> Result:
    """Attach the case to the emergency that runs on it, for its cause or for its parent problem.

    Gives: joined (true when there is one), emergency (its id, null without one).
    """
    causes.hold(step.tx, step.number, cause or "")
    found = causes.join(step.actor, step.tx, step.number, cause=cause or "")
    return {"joined": found is not None, "emergency": found.id if found else None}


@operation("emergency.warn")
def _warn(step: Step, *, emergency: str) -> Result:
    """Warn the customers who are likely affected, those hit hardest first, each once. Gives: warned (how many)."""
    running = reads.get(step.tx, emergency)
    return {"warned": letters.warn(step.actor, step.tx, running, base_url=step.base_url)}


@operation("emergency.stable")
def _stable(step: Step, *, emergency: str, text: str) -> Result:
    """Report the service back. Gives: stable_until (by when the emergency may end if it stays back)."""
    running = course.stable(step.actor, step.tx, emergency, text=text or "")
    until = course.stable_until(step.tx, running)
    return {"stable_until": until.isoformat() if until else None}


@operation("emergency.escalate")
def _escalate(step: Step, *, emergency: str, limit: str = "") -> Result:
    """Call the next of the decision chain who may see the case, because the limit has passed.

    Gives: called (the word, empty for nobody).
    """
    within = policy.duration(limit, place="limit") if limit else None
    made = course.escalate(step.actor, step.tx, emergency, limit=within)
    running = reads.get(step.tx, emergency)
    if made.found:
        _tell(step, "emergency-escalated", [one.id for one in made.found], {"emergency": running})
    _tell_gaps(step, running, made.gaps)
    return {"called": made.word}


@operation("emergency.record")
def _record(step: Step, *, emergency: str, time: str, place: str, scope: str, symptoms: str) -> Result:
    """Keep the event record: time, place, scope and symptoms."""
    said = {"time": time, "place": place, "scope": scope, "symptoms": symptoms}
    course.keep_facts(step.actor, step.tx, emergency, said)
    return None


@operation("emergency.assign")
def _assign(step: Step, *, emergency: str, role: str, person: str) -> Result:
    """Give a role (commander, scribe, communications, participant) to somebody; open tasks of a commander move on."""
    crew.assign(step.actor, step.tx, emergency, role or "", person or "")
    return None


@operation("emergency.tell_over")
def _tell_over(step: Step, *, emergency: str) -> Result:
    """Tell everybody who heard of the emergency that it is over, with its summary."""
    letters.over(step.actor, step.tx, reads.get(step.tx, emergency), base_url=step.base_url)
    return None


def _known(emergency: Emergency) -> dict[str, Any]:
    """What messages to other processes tell, as variables of this one."""
    told = lead.payload(emergency)
    return {name: told[name] for name in ("emergency", "commander", "kind", "grade", "scope", "severity", "cause")}


def _tell_gaps(step: Step, running: Emergency, gaps: Sequence[str]) -> None:
    """Tell commander and supervisors for which words nobody could be called."""
    if gaps:
        params = {"emergency": running, "gaps": ", ".join(gaps)}
        _tell(step, "emergency-gap", crew.minders(step.tx, running), params)


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
