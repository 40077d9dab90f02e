"""Who may do what, and who may see which case (SEC-1): one table for the verbs, one condition for the reads."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import sqlalchemy as sa

from loopdesk.desk.record import case_, involved
from loopdesk.desk.refusals import ROLES, lacks_role, lacks_scope
from loopdesk.engine.actor import Actor

RESTRICTED_TO = "security"
"""The department that alone sees restricted cases, beside an admin and the case's own people."""

STAFF = frozenset(ROLES)
DESK = frozenset({"agent", "supervisor"})
CASEWORK = DESK | {"integrator"}
"""An integrator's own systems (a CRM) report and write on cases, too (INT-1)."""
DOORS = ("portal", "email", "phone", "subcase", "problem")
"""Channels of our own: what comes in over any other one was reported by a system that an integrator answers for."""
KEPT = 1024
"""Conditions that are kept for those who come back: making one takes longer than the database needs to answer it."""
ADMIN = frozenset({"admin"})
NOBODY: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Who:
    """People by ``roles``, others by ``kinds``; ``own``: everybody for himself; ``scope`` an API token needs.

    ``process``: a deployed diagram may call it, whoever caused the step; its process owner answers for that.
    """

    roles: frozenset[str] = NOBODY
    kinds: frozenset[str] = NOBODY
    scope: str = ""
    own: bool = False
    process: bool = False


_CUSTOMER = frozenset({"customer"})
_CONNECTOR = frozenset({"connector"})
_OUTSIDE = _CUSTOMER | _CONNECTOR
_DIAGRAM = Who(process=True)

VERBS: Mapping[str, Who] = {
    "case.open": Who(CASEWORK, _OUTSIDE, "cases:write"),
    "case.read": Who(STAFF, _OUTSIDE, "cases:read", process=True),
    "case.comment": Who(CASEWORK, _OUTSIDE, "cases:write"),
    "case.attach": Who(CASEWORK, _OUTSIDE | frozenset({"timer"}), "cases:write"),
    "communications.receive": Who(CASEWORK, _CONNECTOR, "cases:write"),
    "communications.send": _DIAGRAM,
    "communications.follow": Who(DESK, scope="cases:write"),
    "call.plan": _DIAGRAM,
    "call.note": _DIAGRAM,
    "case.classify": _DIAGRAM,
    "case.learn": _DIAGRAM,
    "case.set_type": _DIAGRAM,
    "case.set_priority": _DIAGRAM,
    "case.set_facts": _DIAGRAM,
    "case.name_owner": _DIAGRAM,
    "case.look": _DIAGRAM,
    "case.keep_impact": _DIAGRAM,
    "case.wait": _DIAGRAM,
    "case.resume": _DIAGRAM,
    "negotiation.ask": Who(DESK, _OUTSIDE, "cases:write"),
    "negotiation.offer": Who(DESK, scope="cases:write"),
    "negotiation.answer": Who(DESK, _OUTSIDE, "cases:write"),
    "negotiation.decide": _DIAGRAM,
    "case.link": Who(DESK, scope="cases:write", process=True),
    "case.weigh": Who(CASEWORK, frozenset({"connector"}), "cases:write"),
    "case.diagnose": Who(DESK, scope="cases:write"),
    "case.split": Who(DESK, scope="cases:write", process=True),
    "case.solve": _DIAGRAM,
    "case.reopen": _DIAGRAM,
    "case.close": _DIAGRAM,
    "breach.trace": _DIAGRAM,
    "advice.give": _DIAGRAM,
    "case.escalate": Who(DESK, scope="cases:write", process=True),
    "clock.start": _DIAGRAM,
    "clock.report": Who(DESK, scope="cases:write", process=True),
    "thresholds.decide": Who(frozenset({"owner"})),
    "sla.try": Who(frozenset({"owner", "supervisor", "admin"})),
    "clock.move": Who(frozenset({"supervisor", "owner", "admin"}), scope="cases:write"),
    "handoff.offer": _DIAGRAM,
    "handoff.accept": _DIAGRAM,
    "handoff.reject": _DIAGRAM,
    "handoff.overdue": _DIAGRAM,
    "handoff.recall": Who(DESK, scope="cases:write"),
    "handoff.dispute": Who(DESK, scope="cases:write"),
    "arbitration.read": Who(STAFF, scope="cases:read", process=True),
    "arbitration.open": _DIAGRAM,
    "arbitration.reply": _DIAGRAM,
    "arbitration.overdue": _DIAGRAM,
    "arbitration.rule": _DIAGRAM,
    "emergency.declare": _DIAGRAM,
    "emergency.update": Who(DESK, scope="cases:write", process=True),
    "emergency.remind": _DIAGRAM,
    "emergency.stand_down": _DIAGRAM,
    "emergency.measure": _DIAGRAM,
    "emergency.hands": _DIAGRAM,
    "emergency.review": _DIAGRAM,
    "expectation.answer": Who(kinds=_OUTSIDE),
    "compensation.request": Who(DESK, scope="cases:write"),
    "compensation.decide": _DIAGRAM,
    "emergency.read": Who(STAFF, scope="cases:read", process=True),
    "emergency.note": Who(DESK | {"owner"}, scope="cases:write", process=True),
    "emergency.assign": Who(DESK, scope="cases:write", process=True),
    "emergency.ask_decision": Who(DESK, scope="cases:write", process=True),
    "emergency.decide": Who(DESK | {"owner"}, scope="cases:write", process=True),
    "war_room.run": _DIAGRAM,
    "emergency.stable": Who(DESK, scope="cases:write", process=True),
    "emergency.escalate": _DIAGRAM,
    "emergency.record": Who(DESK, scope="cases:write", process=True),
    "emergency.warn": _DIAGRAM,
    "emergency.alert": Who(CASEWORK, _CONNECTOR, "cases:write"),
    "emergency.regrade": Who(DESK, scope="cases:write", process=True),
    "runbook.tick": Who(DESK, scope="cases:write"),
    "drill.lead": Who(frozenset({"owner", "supervisor"}), scope="cases:write"),
    "drill.take": Who(STAFF, scope="cases:write"),
    "runbook.review": Who(frozenset({"owner", "supervisor"}), scope="cases:write"),
    "acceptance.run": _DIAGRAM,
    "acceptance.ask": Who(CASEWORK, scope="cases:write", process=True),
    "acceptance.sample": Who(frozenset({"integrator", "admin"}), _CONNECTOR, "samples:write"),
    "acceptance.report": Who(CASEWORK, scope="cases:write", process=True),
    "acceptance.answer": Who(kinds=_OUTSIDE),
    "benefit.run": _DIAGRAM,
    "benefit.enter": _DIAGRAM,
    "verification.ask": _DIAGRAM,
    "verification.chase": _DIAGRAM,
    "verification.answer": Who(kinds=_OUTSIDE),
    "verification.confirm": Who(DESK, _CUSTOMER, "cases:write"),
    "closure.run": _DIAGRAM,
    "closure.read": Who(STAFF, scope="cases:read", process=True),
    "case.ask_reopening": Who(CASEWORK, _OUTSIDE, "cases:write"),
    "survey.send": _DIAGRAM,
    "survey.answer": Who(kinds=_OUTSIDE),
    "survey.call_back": _DIAGRAM,
    "feedback.add": Who(CASEWORK, _OUTSIDE, "cases:write", process=True),
    "feedback.read": Who(STAFF, scope="cases:read", process=True),
    "feedback.change": Who(DESK, scope="cases:write", process=True),
    "feedback.run": _DIAGRAM,
    "feedback.consent": Who(kinds=_OUTSIDE),
    "implementation.change": Who(DESK, scope="cases:write", process=True),
    "implementation.read": Who(STAFF, scope="cases:read", process=True),
    "implementation.look": _DIAGRAM,
    "milestone.answer": _DIAGRAM,
    "change.register": Who(CASEWORK, _CONNECTOR, "cases:write"),
    "change.read": Who(STAFF, scope="cases:read", process=True),
    "change.sign": _DIAGRAM,
    "change.run": _DIAGRAM,
    "change.answer": Who(kinds=_OUTSIDE),
    "customers.read": Who(CASEWORK, _CONNECTOR, "cases:read"),
    "customers.change": Who(CASEWORK, _CONNECTOR, "cases:write"),
    "people.list": Who(STAFF, scope="cases:read"),
    "people.change": Who(ADMIN),
    "figures.read": Who(STAFF, scope="cases:read", process=True),
    "actions.read": Who(STAFF, scope="cases:read", process=True),
    "actions.change": Who(DESK | {"owner"}, scope="cases:write", process=True),
    "board.make": _DIAGRAM,
    "board.hold": _DIAGRAM,
    "board.read": Who(STAFF, scope="cases:read"),
    "board.write": Who(DESK, scope="cases:write"),
    "taskforce.start": Who(DESK, scope="cases:write"),
    "taskforce.write": Who(DESK, scope="cases:write"),
    "taskforce.read": Who(STAFF, scope="cases:read"),
    "taskforce.remind": _DIAGRAM,
    "meetings.plan": _DIAGRAM,
    "meetings.read": Who(STAFF, scope="cases:read"),
    "meetings.write": Who(DESK | {"owner"}, scope="cases:write"),
    "scores.rate": Who(STAFF),
    "scores.read": Who(STAFF, scope="cases:read"),
    "risk.weigh": _DIAGRAM,
    "risk.read": Who(STAFF, scope="cases:read"),
    "duty.change": Who(frozenset({"supervisor"}), scope="cases:write"),
    "people.prefer": Who(own=True),
    "people.set_password": Who(ADMIN, own=True),
    "tokens.change": Who(ADMIN, own=True),
    "messages.publish": Who(frozenset({"integrator"}), _CONNECTOR, "instances:write"),
    "holds.change": Who(ADMIN, scope="privacy:write"),
    "erasure.erase": Who(ADMIN, scope="privacy:write"),
    "archive.read": Who(ADMIN),
    "casefile.keep": Who(kinds=frozenset({"timer"})),
    "retention.run": Who(ADMIN, frozenset({"timer"})),
    "classification.train": Who(ADMIN, frozenset({"timer"})),
    "sentiment.correct": Who(DESK, scope="cases:write"),
    "sentiment.read": Who(STAFF, scope="cases:read"),
    "recovery.finish": _DIAGRAM,
    "themes.read": Who(STAFF, scope="cases:read", process=True),
    "themes.find": _DIAGRAM,
    "themes.decide": _DIAGRAM,
    "transcripts.add": Who(CASEWORK, _CONNECTOR, "cases:write"),
    "attachments.sweep": Who(ADMIN, frozenset({"timer"})),
}
"""Verb -> who may do it. The system itself may do everything; a verb that is missing here is refused to all others."""

_BY_PROCESS = "process:"


def by_process(instance: str) -> str:
    """What `Actor.on_behalf_of` holds while a diagram's operation runs; only `operations` sets it."""
    return _BY_PROCESS + instance


def _allowed(actor: Actor, who: Who, subject: object) -> bool:
    if actor.scopes and (not who.scope or who.scope not in actor.scopes):
        return False
    if who.own and subject == actor.id:
        return True
    return actor.kind in who.kinds or (actor.kind == "person" and actor.has_role(*who.roles) and bool(who.roles))


def require(actor: Actor, verb: str, subject: object = None) -> None:
    """Let ``actor`` do ``verb`` (on ``subject``: a person's id where ``own`` counts), or raise `Refused` (SEC-1)."""
    who = VERBS.get(verb, Who())
    if actor.kind == "system" or (who.process and actor.on_behalf_of.startswith(_BY_PROCESS)):
        return
    if actor.scopes and who.scope and who.scope not in actor.scopes:
        raise lacks_scope(who.scope)
    if not _allowed(actor, who, subject):
        raise lacks_role(actor, verb, who.roles, for_tokens=bool(who.scope))


@lru_cache(KEPT)
def visible_to(actor: Actor) -> sa.ColumnElement[bool]:
    """The condition on ``case_`` under every read (architecture §3, Identity).

    A customer sees the cases of his organisation, or his own without one. Admins and the system see all. Everybody
    sees what he owns or is assigned. Restricted cases go to the security department only; of the others, supervisors
    and process owners see all, agents those that their departments take part in, and integrators besides those that
    their systems reported.
    """
    if actor.kind == "customer":
        mine = case_.c.organisation_id == actor.organisation if actor.organisation else sa.false()
        return mine | (case_.c.contact_id == actor.id)
    if actor.kind != "person" or actor.has_role("admin"):
        return sa.true()
    own = (case_.c.owner_id == actor.id) | (case_.c.assignee_id == actor.id)
    takes_part = sa.exists().where(
        involved.c.case == case_.c.number, involved.c.department.in_(sorted(actor.departments))
    )
    ordinary: sa.ColumnElement[bool] = sa.true() if actor.has_role("supervisor", "owner") else takes_part
    if actor.has_role("integrator"):
        ordinary |= case_.c.channel.not_in(DOORS)
    restricted = sa.true() if RESTRICTED_TO in actor.departments else sa.false()
    return own | sa.and_(~case_.c.restricted, ordinary) | sa.and_(case_.c.restricted, restricted)


def sees(actor: Actor, key: sa.ColumnElement[str]) -> sa.ColumnElement[bool]:
    """The condition that ``key`` is no number of a case hidden from ``actor``; processes without a case are not."""
    of_case = sa.exists().where(case_.c.number == key)
    return ~of_case | sa.exists().where(case_.c.number == key, visible_to(actor))


def readable(actor: Actor) -> sa.ColumnElement[bool]:
    """`visible_to` for whoever may read cases at all; raises `Refused`, say for a token without that scope."""
    require(actor, "case.read")
    return visible_to(actor)


def may_work(actor: Actor, task: Mapping[str, Any]) -> bool:
    """Whether ``actor`` may claim and complete the task row given: its department and role, or its one candidate.

    Supervisors may take over any task of their own departments; admins and the system any task (HND-1).
    """
    if actor.kind == "system" or "admin" in actor.roles:
        return True
    if actor.kind != "person" or (actor.scopes and "tasks:write" not in actor.scopes):
        return False
    if task.get("person"):
        return bool(task["person"] == actor.id) or _supervises(actor, task)
    if task["department"] and task["department"] not in actor.departments:
        return False
    return not task["role"] or actor.has_role(str(task["role"])) or _supervises(actor, task)


def _supervises(actor: Actor, task: Mapping[str, Any]) -> bool:
    return actor.has_role("supervisor") and task["department"] in actor.departments
