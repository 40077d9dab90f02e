"""What a chaos run has to leave behind: every case right, every effect once, nothing held, each restart explained."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

import sqlalchemy as sa

from loopdesk.engine import events, incidents, instances, outbox_rows, subscriptions, timers, work_rows
from loopdesk.engine.tx import Engine, Tx
from loopdesk.tests.chaos.crew import State
from loopdesk.tests.chaos.house import House
from loopdesk.tests.chaos.plans import SIGNED, Plan
from loopdesk.tests.chaos.target import Target

TOLD = ("id", "kind", "state", "element", "key", "name", "claimed_by", "deaths", "attempts", "message", "error")
"""Columns of a row that is left over."""


def wrong_cases(engine: Engine, state: State, plans: Sequence[Plan], target: Target) -> list[str]:
    """The cases whose data or ends are not what their plan says."""
    return [f"{plan.title}: {what}" for plan in plans for what in _wrong(engine, state, plan, target)]


def _wrong(engine: Engine, state: State, plan: Plan, target: Target) -> Iterator[str]:
    identity = state.instances.get(plan.number)
    if identity is None or plan.number not in state.ended:
        yield "has not ended"
        return
    with engine.read() as tx:
        data = instances.variables(tx, identity)
        wanted = _effects(tx, identity)
        tasks = _tasks(tx, identity)
    expected: dict[str, Any] = {name: f"{name} of {plan.number}" for name in SIGNED} | {"reply": plan.reply}
    expected |= {element: target.taken.get(key) for element, key in wanted.items()}
    yield from (
        f"{name} is {data.get(name)!r}, not {value!r}" for name, value in expected.items() if data.get(name) != value
    )
    approved, escalated = tasks["approve"] == work_rows.COMPLETED, "escalate" in wanted
    if approved == escalated or (approved and data.get("approve") != f"approve of {plan.number}"):
        yield f"approved: {approved}, escalated: {escalated}"
    if set(wanted) - {"escalate"} != {"call", "tell", "last"}:
        yield f"wanted {sorted(wanted)}"
    last = {"number": state.numbers[plan.number], "a": data["sign_a"], "b": data["sign_b"]}
    last |= {"reply": plan.reply, "call": data["call"]}
    if target.bodies.get(wanted.get("last", "")) != last:
        yield f"the last effect carried {target.bodies.get(wanted.get('last', ''))}"


def _effects(tx: Tx, instance: str) -> dict[str, str]:
    """Element -> idempotency key of the effects of an instance."""
    row = outbox_rows.outbox.c
    query = sa.select(row.element, row.idempotency_key).where(row.instance_id == instance, row.kind == "effect")
    return {found.element: found.idempotency_key for found in tx.conn.execute(query)}


def _tasks(tx: Tx, instance: str) -> dict[str, str]:
    task = work_rows.task.c
    query = sa.select(task.element, task.state).where(task.instance_id == instance)
    return {found.element: found.state for found in tx.conn.execute(query)}


def lost(engine: Engine, target: Target) -> list[str]:
    """Effects that were wanted and never reached their target."""
    with engine.read() as tx:
        row = outbox_rows.outbox.c
        keys = tx.conn.scalars(sa.select(row.idempotency_key).where(row.kind == "effect")).all()
    return [key for key in keys if key not in target.taken]


def duplicated(engine: Engine) -> list[str]:
    """What our own database applied more than once: an effect's result, a timer, a message, a signature."""
    once = ("effect.done", "timer.fired", "message.correlated", "task.completed", "task.created", "effect.wanted")
    row = events.event.c
    with engine.read() as tx:
        query = sa.select(row.kind, row.instance_id, row.element).where(row.kind.in_(once), row.instance_id != "")
        counted = Counter(tuple(found) for found in tx.conn.execute(query))
    return [f"{kind} {element} of {instance}: {n}" for (kind, instance, element), n in counted.items() if n > 1]


def held(engine: Engine) -> list[str]:
    """What still waits or is held although every case has ended, and incidents that would need somebody."""
    looks = {
        "outbox row": (outbox_rows.outbox, outbox_rows.outbox.c.state != outbox_rows.DONE),
        "timer": (timers.timer, timers.timer.c.state.in_((timers.WAITING, timers.QUEUED))),
        "subscription": (subscriptions.subscription, subscriptions.subscription.c.instance_id != ""),
        "task": (work_rows.task, work_rows.task.c.state == work_rows.OPEN),
        "incident": (incidents.incident, incidents.incident.c.state == "open"),
    }
    found = []
    with engine.read() as tx:
        for name, (table, condition) in looks.items():
            for row in tx.conn.execute(sa.select(table).where(condition).limit(20)).mappings():
                kept = (
                    "id",
                    "kind",
                    "state",
                    "element",
                    "key",
                    "name",
                    "claimed_by",
                    "deaths",
                    "attempts",
                    "message",
                    "error",
                )
                found.append(f"{name}: " + ", ".join(f"{key}={row[key]}" for key in kept if key in row))
    return found


def tasks(engine: Engine) -> set[str]:
    """The ids of all human tasks there were."""
    with engine.read() as tx:
        return set(tx.conn.scalars(sa.select(work_rows.task.c.id)))


def unexplained(house: House, done: Counter[str]) -> list[str]:
    """Restarts that the supervisor's log does not tell of: each kill, and for each end a new beginning."""
    wrong = []
    for kind in ("worker", "poller", "web", "redis"):
        names = [name for name in house.names() if name.partition(" ")[0] == kind]
        killed = done["Redis killed" if kind == "redis" else f"{kind} killed"]
        told = sum(house.ended(name).count("SIGKILL") for name in names)
        if told != killed:
            wrong.append(f"{kind}: {killed} kills, but the log tells of {told}")
        wrong += [f"{name} did not begin again" for name in names if len(house.pids(name)) <= len(house.ended(name))]
        others = [how for name in names for how in house.ended(name) if how != "SIGKILL"]
        if kind != "web" and others:
            wrong.append(f"{kind} ended by itself: {others}")
    return wrong


def costs(engine: Engine) -> dict[str, int]:
    """What it cost: effects tried again, rows taken from workers that died, incidents, steps in all."""
    with engine.read() as tx:
        row, event = outbox_rows.outbox.c, events.event.c
        kinds = sa.select(sa.func.count()).select_from(events.event)
        return {
            "retries": tx.conn.scalar(kinds.where(event.kind == "effect.failed")) or 0,
            "reclaimed": tx.conn.scalar(sa.select(sa.func.sum(row.deaths))) or 0,
            "incidents": tx.conn.scalar(sa.select(sa.func.count()).select_from(incidents.incident)) or 0,
            "approved": tx.conn.scalar(_count_tasks("approve", work_rows.COMPLETED)) or 0,
            "escalated": tx.conn.scalar(_count_tasks("approve", work_rows.CANCELLED)) or 0,
            "steps": tx.conn.scalar(sa.select(sa.func.sum(instances.instance.c.version))) or 0,
        }


def _count_tasks(element: str, state: str) -> sa.Select[int]:
    task = work_rows.task
    return sa.select(sa.func.count()).select_from(task).where(task.c.element == element, task.c.state == state)
