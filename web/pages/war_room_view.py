"""What the people in a war room see: read once for each change, drawn once for all who see the same (EMG-3, EMG-4).

Two hundred people may watch one emergency. What changed is told to their pages by the live stream; each then asks for
the fragments anew. Only the first of them causes reading and drawing; the others get what was made for it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from flask import current_app, render_template, request
from flask_babel import get_timezone, gettext
from markupsafe import Markup

from loopdesk.desk import emergency as emergencies
from loopdesk.desk import policy, record, runbooks
from loopdesk.desk.emergency.course import stable_until
from loopdesk.desk.emergency.rows import Emergency
from loopdesk.desk.response import allhands, measures, reviews
from loopdesk.desk.runbooks import plans
from loopdesk.desk.war_room import packs, rooms
from loopdesk.engine import work
from loopdesk.engine.actor import SYSTEM, TIMER
from loopdesk.engine.events import event
from loopdesk.engine.tx import Tx
from loopdesk.web import emergency_words, vocabulary
from loopdesk.web.context import actor, loopdesk, read_tx
from loopdesk.web.shared import Shared

SHOWN = 60
"""Entries of the timeline, the newest; the page has a link to all of them."""
KEPT = 200
_EXTENSION = "loopdesk_war_rooms"
_VERSION = sa.select(sa.func.count(), sa.func.coalesce(sa.func.max(event.c.id), 0)).where(
    event.c.key == sa.bindparam("number")
)
_FRAGMENTS = ("head", "timeline", "aside")


@dataclass(frozen=True)
class Mine:
    """What of a page depends on who reads it; those for whom it is the same get the same page."""

    writes: bool
    leads: bool
    tasks: frozenset[str]
    decides: frozenset[str]


@dataclass(frozen=True)
class View:
    """Everything that a war room shows, as of ``version``; ``values`` are those of its templates."""

    emergency: Emergency
    version: tuple[int, int, int]
    values: Mapping[str, Any]


def version(tx: Tx, number: str) -> tuple[int, int, int]:
    """Changes with whatever happens on the case, and each minute, since limits pass by themselves.

    How many events there are counts beside the last id: ids are not in commit order.
    """
    count, last = tx.conn.execute(_VERSION, {"number": number}).one()
    return int(count), int(last), int(tx.now.timestamp() // 60)


def view(emergency_id: str, *, everything: bool = False) -> View:
    """What the war room of an emergency shows now, in the reader's language. Raises `Missing` for who may not see it.

    Nobody waits for what another one makes while holding a connection: many at once would use them up, and none would
    be left to make it with.
    """
    with read_tx() as tx:
        emergency = emergencies.see(actor(), tx, emergency_id)
        found = version(tx, emergency.case)
    # Lines of the timeline hold moments in words, so readers of two zones do not see the same.
    key = ("view", emergency.id, found, vocabulary.language(), str(get_timezone()), everything)
    return _shared().get(key, lambda: _made(emergency, found, everything))


def _made(emergency: Emergency, found: tuple[int, int, int], everything: bool) -> View:
    vocabulary.department_names()  # read before, so that one connection is enough
    with read_tx() as tx:
        return View(emergency, found, _read(tx, emergency, everything))


def fragments(shown: View, mine: Mine, *, everything: bool = False) -> dict[str, Markup]:
    """The parts of the page that follow what happens by name, as HTML that takes the place of what stands there."""
    zone, script = str(get_timezone()), request.script_root
    key = ("html", shown.emergency.id, shown.version, vocabulary.language(), zone, script, mine, everything)
    return _shared().get(key, lambda: _drawn(shown, mine, everything))


def mine(shown: View) -> Mine:
    """What the reader of this request may do."""
    me, may_work = actor(), loopdesk().engine.host.may_work
    waiting = [one for one in shown.values["decisions"] if one.state == "open"]
    return Mine(
        writes=me.has_role("agent", "supervisor", "owner"),
        leads=me.id == shown.emergency.commander_id,
        tasks=frozenset(task["id"] for task in shown.values["tasks"] if may_work(me, task)),
        decides=frozenset(one.id for one in waiting if emergencies.may_decide(me, shown.emergency, one)),
    )


def _shared() -> Shared:
    found: Shared = current_app.extensions.setdefault(_EXTENSION, Shared(KEPT))
    return found


def _drawn(shown: View, mine_: Mine, everything: bool) -> dict[str, Markup]:
    words = {"who": emergency_words.who, "told_word": emergency_words.told}
    todo = {"own": [one for one in shown.values["tasks"] if one["id"] in mine_.tasks], "others": _others(shown, mine_)}
    values = {**shown.values, **words, **todo, "mine": mine_, "everything": everything}
    return {name: Markup(render_template(f"emergencies/_{name}.html", **values)) for name in _FRAGMENTS}


def _others(shown: View, mine_: Mine) -> list[dict[str, Any]]:
    """What others have to do: the same for several people is one line with how many, and the time of the first."""
    found: dict[tuple[str, str, str], dict[str, Any]] = {}
    for task in shown.values["tasks"]:
        if task["id"] not in mine_.tasks:
            line = found.setdefault((task["title"], task["department"], task["role"]), task | {"times": 0})
            line["times"] += 1
    return list(found.values())


def _read(tx: Tx, emergency: Emergency, everything: bool) -> dict[str, Any]:
    language = vocabulary.language()
    case = record.get(tx, emergency.case)
    entries = emergencies.entries(tx, emergency.id)
    told = emergencies.told(tx, emergency.id)
    return {
        "emergency": emergency,
        "case": case,
        "state": emergency_words.STATES[emergency.state],
        "kind_name": emergencies.names(tx, "kinds", language).get(emergency.kind, emergency.kind),
        "grade_name": emergencies.names(tx, "grades", language).get(emergency.grade, emergency.grade),
        "scope_name": emergency_words.SCOPES.get(emergency.scope, ""),
        "stable_until": stable_until(tx, emergency),
        "cases": emergencies.cases(tx, emergency.id)[1:],
        "tasks": [_task(one) for one in work.listing(SYSTEM, tx, key=emergency.case)],
        "entries": [_entry(one) for one in reversed(entries if everything else entries[-SHOWN:])],
        "earlier": 0 if everything else max(0, len(entries) - SHOWN),
        "crew": _crew(emergencies.roles(tx, emergency.id, former=emergency.ended_at is not None)),
        "decisions": list(reversed(emergencies.decisions(tx, emergency.id))),
        "runbook": _runbook(tx, emergency, language),
        "told": told,
        "told_customers": len({one.customer for one in told}),
        "pack": packs.of(tx, emergency, case, language),
        "room": rooms.find(tx, emergency.id),
        **_response(tx, emergency),
    }


def _response(tx: Tx, emergency: Emergency) -> dict[str, Any]:
    hands = [one for one in allhands.of(tx, emergency.id) if one.state in (allhands.CALLED, allhands.ACCEPTED)]
    named, language = policy.value(tx, "measures", "measures", default={}), vocabulary.language()
    return {
        "measures": [
            (policy.name_in(named.get(one.measure), language) or one.measure, emergency_words.MEASURES[one.state])
            for one in measures.of(tx, emergency.id)
        ],
        "hands": len(hands),
        "hands_accepted": sum(one.state == allhands.ACCEPTED for one in hands),
        "review": reviews.of(tx, emergency.id),
    }


def _task(task: dict[str, Any]) -> dict[str, Any]:
    return task | {"title": vocabulary.localised(task["name"]) or task["element"]}


def _entry(entry: dict[str, Any]) -> dict[str, Any]:
    by_machine = entry["by_id"] in ("", SYSTEM.id, TIMER.id)
    words = {"line": emergency_words.line(entry), "text": emergency_words.words(entry)}
    return entry | words | {"who": "" if by_machine else entry["by_name"]}


def _crew(found: list[emergencies.Role]) -> list[tuple[str, Any, list[emergencies.Role]]]:
    """Role, its word and who has it; those that one person has to hold stand there also while nobody does."""
    held = {name: [one for one in found if one.role == name] for name in emergencies.ROLES}
    return [(name, emergency_words.ROLES[name], held[name]) for name in emergencies.ROLES]


def _runbook(tx: Tx, emergency: Emergency, language: str) -> dict[str, Any] | None:
    progress = runbooks.progress(tx, emergency.id)
    if progress is None:
        return None
    steps = [
        {"state": one, "text": plans.words(one.step.text, language), "role": _role_of(one.step.role)}
        for one in progress.steps
    ]
    name = plans.words(progress.plan.name, language)
    contacts = [
        {"purpose": plans.words(one.purpose, language), "who": _contact(one, language), "reach": one.reach}
        for one in progress.plan.contacts
    ]
    return {"name": name, "number": progress.plan.number, "done": progress.done, "steps": steps, "contacts": contacts}


def _role_of(role: str) -> str:
    return str(emergency_words.ROLES.get(role) or emergency_words.who(role))


def _contact(contact: plans.Contact, language: str) -> str:
    return plans.words(contact.name, language) or (
        emergency_words.who(contact.who) if contact.who else gettext("nobody")
    )
