"""When a case should be solved, by the policy that its contract names (SLA-1, SLA-2)."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from loopdesk.desk import policy, record
from loopdesk.desk.record import Case
from loopdesk.desk.rights import require
from loopdesk.engine import events
from loopdesk.engine.actor import Actor
from loopdesk.engine.errors import N_, Invalid
from loopdesk.engine.tx import Tx

TARGETS = ("resolution", "plan", "answer", "workaround", "response")
"""Which target of a level says when a customer may expect the end, the first that the level has."""


def start(actor: Actor, tx: Tx, number: str, *, policy_name: str) -> datetime:
    """Promise a moment: opening plus the target of the case's priority, and keep the policy's name.

    A target in working time is counted in days of 24 hours and stays *provisional* until a calendar is known.

    Starting again after the priority has changed counts from the opening too (SLA-3). Raises `Missing` for an unknown
    policy and `Invalid` for a level it does not have.
    """
    require(actor, "sla.start")
    case = record.get(tx, number, lock=True)
    levels = policy.read(tx, policy_name)
    target, length = expected(levels, policy_name, case)
    due = case.opened_at + length
    provisional = target in levels["levels"][case.priority].get("working", ())
    record.change(tx, number, due_at=due, policy=policy_name, provisional=provisional)
    if due != case.due_at:
        data = {"policy": policy_name, "target": target, "due": due, "before": case.due_at, "provisional": provisional}
        events.record(actor, tx, "case.due_set", key=number, audience="customer", data=data)
    return due


def expected(levels: Mapping[str, Any], policy_name: str, case: Case) -> tuple[str, timedelta]:
    """(target, length) that the policy gives the case's level, in wall time. Raises `Invalid`."""
    place = f"{policy_name}.yaml"
    level = levels.get("levels", {}).get(case.priority)
    if not isinstance(level, Mapping):
        raise Invalid(
            "Policy %(policy)s has no level %(level)s.",
            remedy=N_("Add the level, or let the priority table give one that the policy has."),
            place=place,
            policy=policy_name,
            level=case.priority or "-",
        )
    for target in TARGETS:
        if target in level:
            return target, policy.duration(level[target], place=f"{place}: {case.priority}.{target}")
    raise Invalid(
        "Level %(level)s of policy %(policy)s names no target.",
        remedy=N_("Give it a resolution time such as PT24H."),
        place=place,
        policy=policy_name,
        level=case.priority,
    )
