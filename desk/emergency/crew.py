"""Who leads, writes, speaks and takes part in an emergency; no role that is needed is ever empty (EMG-3, EMG-4)."""

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from loopdesk.desk import duty, people, record
from loopdesk.desk.departments import FIRST_LINE
from loopdesk.desk.emergency import figures, reads, rows, timeline
from loopdesk.desk.emergency.rows import COMMANDER, PARTICIPANT, ROLES, Emergency, emergency_, role
from loopdesk.desk.emergency.timeline import wrong
from loopdesk.desk.people import Person
from loopdesk.desk.record import Case
from loopdesk.desk.rights import DESK, RESTRICTED_TO, require, visible_to
from loopdesk.engine import events, messages, work
from loopdesk.engine.actor import Actor
from loopdesk.engine.db import new_id
from loopdesk.engine.errors import N_, Conflict, Phrase
from loopdesk.engine.tx import Tx

DESK_ROLES = DESK | {"owner", "admin"}
LEFT = "emergency.left"
"""The message that a commander left and a supervisor has to name the next one."""


@dataclass(frozen=True, slots=True)
class Call:
    """What a word of the team such as operations/L2 stands for now; ``gap``: nobody on duty there may see the case."""

    word: str
    found: Sequence[Person]
    gap: bool


def assign(actor: Actor, tx: Tx, emergency_id: str, role: str, person: str) -> rows.Role:
    """Give a role to somebody (id, sign-in name or address); a commander's, scribe's or speaker's passes to them.

    What the former commander had open goes to the new one. Raises `Invalid` with the field, `Conflict` once it is over.
    """
    require(actor, "emergency.assign")
    running = reads.under_way(tx, emergency_id)
    case = record.get(tx, running.case, visible=visible_to(actor))
    if role not in ROLES:
        wrong("role", Phrase("There is no role %(role)s.", role=role or "-"))
    found = people.find(tx, person)
    if found is None:
        wrong("person", Phrase("Nobody here is called %(name)s.", name=person or "-"))
    assert found is not None
    if not DESK_ROLES & set(found.roles):
        wrong("person", Phrase("%(name)s does not work on cases.", name=found.name))
    if not _may_see(case, found):
        wrong("person", Phrase("%(name)s may not see this case.", name=found.name))
    return begin(actor, tx, running, role, found)


def begin(actor: Actor, tx: Tx, emergency: Emergency, role_: str, person: Person, *, called: bool = False) -> rows.Role:
    """The person has the role from now on, ``called`` by the duty list; the caller has asked for the right."""
    before = [one for one in reads.roles(tx, emergency.id) if one.role == role_]
    if any(one.person_id == person.id for one in before):
        return next(one for one in before if one.person_id == person.id)
    if role_ != PARTICIPANT:
        _end(tx, emergency, role_)
    row = {"id": new_id(), "emergency": emergency.id, "role": role_, "person_id": person.id, "name": person.name}
    tx.conn.execute(sa.insert(role).values(**row, since=tx.now, until=None))
    for department in person.departments:
        record.involve(tx, emergency.case, department)
    if role_ == COMMANDER and emergency.commander_id != person.id:
        led = sa.update(emergency_).where(emergency_.c.id == emergency.id)
        tx.conn.execute(led.values(commander_id=person.id, commander=person.name))
    former = before[0] if before and role_ != PARTICIPANT else None
    if former and role_ == COMMANDER:
        work.pass_on(actor, tx, emergency.case, people.actor_of(person), held_by=former.person_id)
    if former or role_ != COMMANDER:
        said = {"role": role_, "person": person.id, "name": person.name, "before": former.name if former else ""}
        (timeline.happened if called else timeline.write)(actor, tx, emergency, "role", "", **said)
        events.record(actor, tx, "emergency.assigned", key=emergency.case, data={"id": emergency.id} | said)
    return rows.Role(role_, person.id, person.name, tx.now)


def step_back(actor: Actor, tx: Tx, emergency_id: str, *, successor: str = "", reason: str = "") -> str:
    """The commander leaves: to the ``successor``, else to whoever stands in until a supervisor names one.

    Returns the id of who leads now. Raises `Invalid` for an unknown successor, `Conflict` for nobody to stand in.
    """
    require(actor, "emergency.assign")
    running = reads.under_way(tx, emergency_id)
    record.get(tx, running.case, visible=visible_to(actor))
    _say_left(actor, tx, running, running.commander_id, COMMANDER, reason.strip())
    if successor:
        return assign(actor, tx, emergency_id, COMMANDER, successor).person_id
    stands_in = _stand_in(tx, running)
    if stands_in is None:
        raise Conflict(
            "There is nobody to lead instead of %(name)s.", remedy=N_("Name a successor."), name=running.commander
        )
    begin(actor, tx, running, COMMANDER, stands_in)
    _ask_for_successor(actor, tx, running, stands_in)
    return stands_in.id


def leaves(actor: Actor, tx: Tx, person_id: str) -> None:
    """Somebody no longer works here: what they lead passes on, their other roles end and are told of."""
    held = sa.select(role.c.emergency, role.c.role).where(role.c.person_id == person_id, role.c.until.is_(None))
    for one in tx.conn.execute(held).all():
        running = reads.get(tx, one.emergency)
        _say_left(actor, tx, running, person_id, one.role)
        stands_in = None if one.role == PARTICIPANT else _stand_in(tx, running)
        if stands_in is not None:
            begin(actor, tx, running, one.role, stands_in)
        if one.role == COMMANDER:
            _ask_for_successor(actor, tx, running, stands_in)
        elif stands_in is None:
            _end(tx, running, one.role, person=person_id)


people.when_leaving(leaves)


def _say_left(actor: Actor, tx: Tx, running: Emergency, person_id: str, role_: str, reason: str = "") -> None:
    name = next((one.name for one in reads.roles(tx, running.id) if one.person_id == person_id), running.commander)
    timeline.write(actor, tx, running, "left", reason, person=person_id, name=name, role=role_)
    data = {"id": running.id, "name": name, "role": role_, "reason": reason}
    events.record(actor, tx, "emergency.left", key=running.case, data=data)


def _ask_for_successor(actor: Actor, tx: Tx, running: Emergency, stands_in: Person | None) -> None:
    """Let a supervisor get the task to say who leads from now on."""
    said = {"emergency": running.id, "left": running.commander_id, "left_name": running.commander}
    said["stands_in"] = stands_in.id if stands_in else ""
    messages.throw(actor, tx, LEFT, key=running.case, payload=said)


def assemble(actor: Actor, tx: Tx, emergency_id: str) -> list[Call]:
    """Call the team of the matrix: whoever is on duty for each word, else its supervisors, and the gap is told.

    Whoever may not see the case is not called.
    The first two called who do not lead become scribe and communications where nobody is; all others take part.
    """
    require(actor, "emergency.assign")
    running = reads.under_way(tx, emergency_id)
    case = record.get(tx, running.case)
    calls = [called(tx, word, case) for word in running.team]
    taken = {one.role: one.person_id for one in reads.roles(tx, emergency_id)}
    for one in dict.fromkeys(person for call in calls for person in call.found):
        if one.id == running.commander_id or one.id in taken.values():
            continue
        free = next((name for name in (rows.SCRIBE, rows.COMMUNICATIONS) if name not in taken), PARTICIPANT)
        begin(actor, tx, running, free, one, called=True)
        taken.setdefault(free, one.id)
    for call in calls:
        if call.gap:
            say_gap(actor, tx, running, call)
    return calls


def say_gap(actor: Actor, tx: Tx, running: Emergency, call: Call) -> None:
    """Keep that nobody on duty could be called for a word, and who was called instead."""
    instead = [one.name for one in call.found]
    timeline.happened(actor, tx, running, "gap", "", team=call.word, instead=instead)
    data = {"id": running.id, "team": call.word, "instead": ", ".join(instead)}
    events.record(actor, tx, "emergency.gap", key=running.case, data=data)


def minders(tx: Tx, running: Emergency) -> list[str]:
    """Who is told of a gap, as ids: the commander; of a restricted case also the supervisors who may see it."""
    restricted = record.get(tx, running.case).restricted
    bosses = people.in_department(tx, RESTRICTED_TO, "supervisor") if restricted else []
    return list(dict.fromkeys([running.commander_id, *(one.id for one in bosses)]))


def called(tx: Tx, word: str, case: Case) -> Call:
    """Who a word department/tier or department/role stands for: whoever is on duty there, else the supervisors.

    Only those who may see the case, which may be nobody for a restricted one (SEC-1).
    """
    department, _, place = word.partition("/")
    tier = place if place in record.TIERS else None
    there = [people.by_id(tx, one) for one in dict.fromkeys(duty.on_duty(tx, tier=tier, department=department))]
    if place and tier is None:
        there = [one for one in there if place in one.roles]
    there = [one for one in there if _may_see(case, one)]
    bosses = [one for one in people.in_department(tx, department, "supervisor") if _may_see(case, one)]
    return Call(word, there or bosses, gap=not there)


def leader(tx: Tx, case: Case, team: Sequence[str]) -> Person | None:
    """Who leads when nobody was named: the first of the team on duty who may, else its first supervisor who may, else
    the first of all who may be chosen."""
    may = {one.id: one for one in commanders(tx, case)}
    calls = sorted((called(tx, word, case) for word in team), key=lambda call: call.gap)
    there = [one.id for call in calls for one in call.found]
    return next((may[one] for one in there if one in may), None) or next(iter(may.values()), None)


def end(tx: Tx, emergency: Emergency) -> None:
    """Nobody has a role any more: the emergency is over."""
    _end(tx, emergency, *ROLES)


def commanders(tx: Tx, case: Case) -> list[Person]:
    """Who may be chosen to lead: supervisors first, then agents, each by name (EMG-1).

    They come from the department that holds the case and those that the policy ``emergency.yaml`` lists under
    ``commanders``; for a restricted case from the security department only, with the case's own people.
    """
    listed = figures.said(tx, "commanders") or [FIRST_LINE]
    wanted = [RESTRICTED_TO] if case.restricted else [case.department, *listed]
    own = [people.find(tx, one) for one in (case.owner_id, case.assignee_id)]
    members = [one for name in dict.fromkeys(wanted) for one in people.in_department(tx, name)]
    found = {one.id: one for one in [*members, *filter(None, own)] if DESK & set(one.roles)}
    return sorted(found.values(), key=lambda one: ("supervisor" not in one.roles, one.name, one.id))


def _may_see(case: Case, one: Person) -> bool:
    """Whether somebody who is called may see the case (`rights.visible_to`); its department takes part by the call."""
    inside = RESTRICTED_TO in one.departments or "admin" in one.roles
    return not case.restricted or inside or one.id in (case.owner_id, case.assignee_id)


def _end(tx: Tx, emergency: Emergency, *names: str, person: str = "") -> None:
    mine = (role.c.emergency == emergency.id) & role.c.until.is_(None) & role.c.role.in_(names)
    if person:
        mine &= role.c.person_id == person
    tx.conn.execute(sa.update(role).where(mine).values(until=tx.now))


def _stand_in(tx: Tx, running: Emergency) -> Person | None:
    """Who does it for the time being: a supervisor who may lead, the first by name; else anybody who may.

    Where nobody else may lead, a supervisor of any department, unless the case is restricted.
    """
    case = record.get(tx, running.case)
    busy = {one.person_id for one in reads.roles(tx, running.id) if one.role != PARTICIPANT}
    others = [] if case.restricted else people.with_role(tx, "supervisor")
    return next((one for one in [*commanders(tx, case), *others] if one.id not in {*busy, running.commander_id}), None)
