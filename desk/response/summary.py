"""What the review's form begins with, taken from the emergency itself (EMG-7)."""

from typing import Any

from loopdesk.desk import emergency as emergencies
from loopdesk.desk import people, zones
from loopdesk.desk.emergency.rows import Emergency
from loopdesk.desk.response import allhands, measures, words
from loopdesk.engine.tx import Tx

LINES = 200
"""Entries of the timeline that the form begins with at most."""
FORM = 9_000
"""Characters of one answer of the form at most."""


def drafts(tx: Tx, emergency: Emergency) -> dict[str, str]:
    """``course``, ``impact`` and ``handling`` as far as they are known, in the commander's language and zone."""
    return {"course": course(tx, emergency), "impact": impact(emergency), "handling": handling(tx, emergency)}


def course(tx: Tx, emergency: Emergency) -> str:
    """The timeline, one entry a line with its time; long ones are cut at the end."""
    person = people.find(tx, emergency.commander_id)
    zone = zones.of(person.zone if person else "", tx.host.zone)
    said = [one for one in emergencies.entries(tx, emergency.id) if one["text"]][:LINES]
    lines = [f"{one['at'].astimezone(zone):%m-%d %H:%M} {one['text']} ({one['by_name']})" for one in said]
    return "\n".join(lines)[:FORM]


def impact(emergency: Emergency) -> str:
    """What the event record says of place, scope and symptoms."""
    said: dict[str, Any] = dict(emergency.facts)
    return "\n".join(str(said[name]) for name in ("symptoms", "place", "scope") if said.get(name))[:FORM]


def handling(tx: Tx, emergency: Emergency) -> str:
    """The summary of the stand-down, the measures that were taken and how many helped."""
    tongue = words.language(tx, emergency)
    taken = [words.measure(tx, one.measure, tongue) for one in measures.of(tx, emergency.id) if one.taken_at]
    helped = [one.name for one in allhands.of(tx, emergency.id) if one.answered_at and one.state != allhands.DECLINED]
    return "\n".join(filter(None, [emergency.summary, *taken, ", ".join(helped)]))[:FORM]
