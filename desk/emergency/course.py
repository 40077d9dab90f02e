"""How an emergency goes on: the service is back, it fails again, its limit passes, its facts are written down."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from loopdesk.desk import record
from loopdesk.desk.emergency import chain, crew, figures, reads, timeline
from loopdesk.desk.emergency.lead import announce, change
from loopdesk.desk.emergency.rows import COMMANDER, Emergency
from loopdesk.desk.emergency.timeline import wrong
from loopdesk.desk.people import Person, by_id
from loopdesk.desk.rights import require, visible_to
from loopdesk.engine import events
from loopdesk.engine.actor import Actor
from loopdesk.engine.errors import Conflict, Phrase
from loopdesk.engine.tx import Tx

RELAPSED = "emergency.relapsed"
FACTS = ("time", "place", "scope", "symptoms")
"""What the event record has to say (EMG-7)."""


def stable(actor: Actor, tx: Tx, emergency_id: str, *, text: str) -> Emergency:
    """The service is back: from now on it is watched for as long as the grade says (EMG-7).

    Raises `Invalid` without words, `Conflict` when it was reported back before.
    """
    require(actor, "emergency.stable")
    running = _seen(actor, tx, emergency_id)
    if not text.strip():
        wrong("text", Phrase("Say what brought the service back."))
    if running.stable_at is not None:
        raise Conflict("The service has been reported back already.")
    change(tx, emergency_id, stable_at=tx.now)
    until = tx.now + figures.time(tx, "grades", running.grade, "stable_for")
    timeline.write(actor, tx, running, "stable", text.strip(), until=until.isoformat())
    data = {"id": emergency_id, "text": text.strip(), "until": until}
    events.record(actor, tx, "emergency.stable", key=running.case, audience="customer", data=data)
    made = reads.get(tx, emergency_id)
    announce(actor, tx, "emergency.stable", made, until=until.isoformat())
    return made


def stable_until(tx: Tx, emergency: Emergency) -> datetime | None:
    """Until when the service has to stay back before the emergency may end; None while it is not back."""
    if emergency.stable_at is None:
        return None
    return emergency.stable_at + figures.time(tx, "grades", emergency.grade, "stable_for")


def relapse(actor: Actor, tx: Tx, emergency_id: str, *, text: str) -> Emergency:
    """It fails again, so handling goes on. Raises `Invalid` without words, `Conflict` while it was not back."""
    require(actor, "emergency.stable")
    running = _seen(actor, tx, emergency_id)
    if not text.strip():
        wrong("text", Phrase("Say what fails again."))
    if running.stable_at is None:
        raise Conflict("The service was not reported back, so it cannot fail again.")
    return fails_again(actor, tx, running, text.strip())


def fails_again(actor: Actor, tx: Tx, running: Emergency, text: str) -> Emergency:
    """Back to handling; the caller has asked for the right and knows that the service was back."""
    change(tx, running.id, stable_at=None)
    timeline.write(actor, tx, running, "relapsed", text)
    events.record(actor, tx, RELAPSED, key=running.case, data={"id": running.id, "text": text})
    made = reads.get(tx, running.id)
    announce(actor, tx, RELAPSED, made)
    return made


@dataclass(frozen=True, slots=True)
class Escalation:
    """The ``word`` of the chain that is called now and who is meant by it; the words before it that nobody answers."""

    word: str = ""
    found: Sequence[Person] = ()
    gaps: Sequence[str] = ()


def escalate(actor: Actor, tx: Tx, emergency_id: str, *, limit: timedelta | None = None) -> Escalation:
    """The limit has passed: the next of the decision chain is called, and gets the open decisions (EMG-12).

    A word of which nobody may see the case is passed over, and the gap is told. The word is empty once the whole
    chain was called, or when the service is back or the emergency over.
    """
    require(actor, "emergency.escalate")
    running = reads.get(tx, emergency_id)
    if running.ended_at or running.stable_at:
        return Escalation()
    calls = [_meant(tx, running, word) for word in running.chain[running.called + 1 :]]
    place = next((place for place, call in enumerate(calls) if call.found), len(calls))
    told = {one["data"].get("team") for one in reads.entries(tx, emergency_id) if one["kind"] == "gap"}
    gaps = [call for call in calls[:place] if call.word not in told]
    for call in gaps:
        crew.say_gap(actor, tx, running, call)
    empty = [call.word for call in gaps]
    if place == len(calls):
        return Escalation(gaps=empty)
    limit_at = tx.now + limit if limit else None
    _call(actor, tx, running, calls[place], running.called + 1 + place, limit_at)
    return Escalation(calls[place].word, calls[place].found, empty)


def _meant(tx: Tx, running: Emergency, word: str) -> crew.Call:
    if word == COMMANDER:
        return crew.Call(word, [by_id(tx, running.commander_id)], gap=False)
    return crew.called(tx, word, record.get(tx, running.case))


def _call(actor: Actor, tx: Tx, running: Emergency, call: crew.Call, place: int, limit_at: datetime | None) -> None:
    word, names = call.word, ", ".join(one.name for one in call.found)
    change(tx, running.id, called=place, limit_at=limit_at)
    chain.pass_on(tx, running, word)
    timeline.happened(actor, tx, running, "escalated", "", to=word, names=names)
    department = word.partition("/")[0]
    if word != COMMANDER:
        record.involve(tx, running.case, department)
    data = {"id": running.id, "to": word, "names": names}
    events.record(actor, tx, "emergency.escalated", key=running.case, data=data)


def keep_facts(actor: Actor, tx: Tx, emergency_id: str, facts: Mapping[str, str]) -> Emergency:
    """Write the event record: time, place, scope and symptoms (EMG-7), also after the stand-down.

    Kept with the minutes that it came after its limit. Raises `Invalid` with each field that is missing.
    """
    require(actor, "emergency.record")
    found = reads.get(tx, emergency_id)
    record.get(tx, found.case, visible=visible_to(actor))
    said = {name: str(facts.get(name) or "").strip() for name in FACTS}
    for name, text in said.items():
        if not text:
            wrong(name, Phrase("This is needed."))
    within = figures.time(tx, "record_within")
    late = max(0, int((tx.now - found.declared_at - within).total_seconds() // 60))
    change(tx, emergency_id, facts=said, facts_at=tx.now)
    timeline.write(actor, tx, found, "record", said["symptoms"], **said, late=late)
    events.record(actor, tx, "emergency.recorded", key=found.case, data={"id": emergency_id, "late": late, **said})
    return reads.get(tx, emergency_id)


def _seen(actor: Actor, tx: Tx, emergency_id: str) -> Emergency:
    running = reads.under_way(tx, emergency_id)
    record.get(tx, running.case, visible=visible_to(actor))
    return running
