"""Changing a running instance by hand: move, cancel or start tokens, edit variables; preview first, then all at once.

A plan is a list of changes, carried out in their order and then run on in one transaction::

    {"do": "move", "token": "7", "to": "review"}       "element": "triage" instead of "token" where only one is there
    {"do": "cancel", "element": "review"}
    {"do": "start", "to": "review"}
    {"do": "set", "name": "amount", "value": 12.5}     or "feel": "= date(\"2026-03-01\")"; "token" narrows the scope
    {"do": "remove", "name": "amount"}

What was changed, by whom and why is the event ``instance.modified``.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import sqlalchemy as sa

from loopdesk.engine import bpmn, events, instances, operators, variables
from loopdesk.engine.actor import Actor
from loopdesk.engine.errors import N_, Conflict, Invalid, Phrase, Refused
from loopdesk.engine.step import Step
from loopdesk.engine.suspension import opened
from loopdesk.engine.tx import Tx

Plan = Sequence[Mapping[str, Any]]
BY_HAND = (
    "instance.modified",
    "instance.suspended",
    "instance.resumed",
    "instance.terminated",
    "instance.migrated",
    "incident.resolved",
    "timer.moved",
    "timer.forced",
)
"""Kinds of events that people cause by stepping in."""
MOST = 100
"""Changes of one plan."""
FIELDS: Mapping[str, frozenset[str]] = {
    "move": frozenset({"token", "element", "to"}),
    "cancel": frozenset({"token", "element"}),
    "start": frozenset({"to"}),
    "set": frozenset({"name", "value", "feel", "token", "element", "retype"}),
    "remove": frozenset({"name", "token", "element"}),
}
"""What each kind of change takes besides ``do``."""


class _Rehearsal(Step):
    """An instance on which changes are tried; nothing is written."""

    def gone(self, visit: bpmn.Visit) -> None:
        """What a cancelled token waited for stays where it is."""


def standing(actor: Actor, tx: Tx, instance_id: str) -> dict[str, Any]:
    """Where the tokens of an instance are, its variables, and its ``version``, which every step raises."""
    row = _readable(actor, tx, instance_id)
    surgery = bpmn.Surgery(Step.look(tx, instance_id).execution)
    tokens = [asdict(one) | {"data": variables.plain(surgery.data_of(one.ref))} for one in surgery.standing()]
    return {"version": row["version"], "tokens": tokens, "variables": variables.plain(surgery.data_of())}


def preview(actor: Actor, tx: Tx, instance_id: str, plan: Plan) -> dict[str, Any]:
    """What a plan would change: ``tokens`` and ``variables`` before and after. Raises what ``apply`` would raise.

    What runs on from there is not part of it: operations and effects are not tried.
    """
    operators.require(actor)
    row = _readable(actor, tx, instance_id)
    if row["status"] != instances.ACTIVE:
        raise Conflict("This process has ended.", remedy=N_("Load the page again to see how it ended."))
    step = _Rehearsal.look(tx, instance_id)
    return {"version": row["version"], **_carried_out(step, plan)}


def apply(
    actor: Actor, tx: Tx, instance_id: str, plan: Plan, reason: str, *, version: int | None = None
) -> dict[str, Any]:
    """Carry out a plan and let the instance run on; what ``preview`` says of it.

    ``Conflict`` when the instance is not at ``version`` any more, ``Refused`` for a change that makes no sense there,
    ``Invalid`` for one that is no change. What an element refuses on the way undoes everything.
    """
    operators.require(actor)
    reason = operators.reason_of(reason)
    step = opened(actor, tx, instance_id)
    if version is not None and version != step.row["version"]:
        remedy = N_("Look at it again, and change it from there.")
        raise Conflict("The process has moved on since you looked at it.", remedy=remedy)
    changed = _carried_out(step, plan)
    data = {"plan": [dict(one) for one in plan], "before": changed["before"], "after": changed["after"]}
    step.record("instance.modified", data={**data, "reason": reason})
    if step.row["suspended_at"] is None:
        step.execution.wake()
    step.close()
    return {"version": step.row["version"], **changed}


def changes(actor: Actor, tx: Tx, instance_id: str) -> list[dict[str, Any]]:
    """What people did to an instance by hand, newest first: events with who, when, before, after and reason."""
    _readable(actor, tx, instance_id)
    row = events.event
    query = sa.select(row).where(row.c.instance_id == instance_id, row.c.kind.in_(BY_HAND)).order_by(row.c.id.desc())
    return [dict(found) for found in tx.conn.execute(query).mappings()]


def _readable(actor: Actor, tx: Tx, instance_id: str) -> dict[str, Any]:
    operators.require(actor, scope=operators.READ)
    row = instances.get(tx, instance_id)
    operators.require_key(actor, tx, row["key"])
    return row


def _carried_out(step: Step, plan: Plan) -> dict[str, Any]:
    if not plan or len(plan) > MOST:
        raise Invalid("A plan has 1 to %(limit)s changes.", limit=MOST)
    surgery = bpmn.Surgery(step.execution)
    before = [asdict(one) for one in surgery.standing()]
    names, held = [str(one.get("name")) for one in plan if "name" in one], surgery.data_of()
    was = {name: held[name] for name in names if name in held}
    for change in plan:
        _change(step, surgery, change)
    if not surgery.sweep():
        remedy = N_("To end the process, terminate it.")
        raise Refused("Nothing would be left of this process.", remedy=remedy)
    held = surgery.data_of()
    now = {name: held[name] for name in names if name in held}
    return {
        "before": {"tokens": before, "variables": variables.plain(was)},
        "after": {"tokens": [asdict(one) for one in surgery.standing()], "variables": variables.plain(now)},
    }


def _change(step: Step, surgery: bpmn.Surgery, change: Mapping[str, Any]) -> None:
    do = str(change.get("do", ""))
    known = FIELDS.get(do)
    texts = ("token", "element", "to", "name", "feel")
    wrong = known is None or set(change) - known - {"do"}
    if wrong or any(not isinstance(change.get(field, ""), str) for field in texts):
        raise Invalid(
            "“%(change)s” is no change of a process.",
            fields={"changes": [Phrase("A change is one of: %(known)s.", known=", ".join(FIELDS))]},
            change=str(dict(change))[:200],
        )
    if do in ("set", "remove"):
        _edit(step, surgery, do, change)
    elif do == "move":
        surgery.move(_token(surgery, change), change.get("to", ""))
    elif do == "cancel":
        surgery.cancel(_token(surgery, change))
    else:
        surgery.start(change.get("to", ""))


def _token(surgery: bpmn.Surgery, change: Mapping[str, Any]) -> str:
    return str(change.get("token") or surgery.find(change.get("element", "")))


def _edit(step: Step, surgery: bpmn.Surgery, do: str, change: Mapping[str, Any]) -> None:
    ref = _token(surgery, change) if change.get("token") or change.get("element") else ""
    name, held = variables.name_of(change.get("name", "")), surgery.data_of(ref)
    if do == "remove":
        if name not in held:
            raise Invalid("There is no variable “%(name)s”.", name=name)
        surgery.remove(name, ref)
        return
    if "feel" in change:
        value = variables.from_feel(change["feel"], bpmn.Scope(held, step.facts, step.now))
    elif "value" in change:
        value = variables.from_json(change["value"], name)
    else:
        raise Invalid("The variable “%(name)s” needs a value.", name=name)
    if not change.get("retype"):
        variables.require_kind(name, held.get(name), value)
    surgery.write({name: value}, ref)
