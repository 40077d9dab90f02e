"""Starts instances and moves them on: one step is one transaction (architecture §4).

``actor`` is whoever caused the step; the operations that run in it get the same one.
"""

from collections.abc import Callable, Mapping
from typing import Any

import sqlalchemy as sa

from loopdesk.engine import (
    bpmn,
    bundles,
    events,
    instances,
    messages,
    outbox,
    outbox_rows,
    start_timers,
    subscriptions,
    timers,
    values,
)
from loopdesk.engine.actor import SYSTEM, TIMER, Actor
from loopdesk.engine.db import new_id
from loopdesk.engine.errors import Away, LoopdeskError
from loopdesk.engine.instances import Suspended
from loopdesk.engine.outbox import Row
from loopdesk.engine.outbox_rows import RESULT
from loopdesk.engine.step import Step
from loopdesk.engine.suspension import patient
from loopdesk.engine.tx import Tx


def start(
    actor: Actor, tx: Tx, process: str, *, key: str, data: Mapping[str, Any] = {}, bundle: str | None = None
) -> str:
    """Start ``process`` for the case ``key`` and run it to its first waits; its instance id.

    Several plain start events begin an instance each (BPMN 2.0.2 §10.5.2); the id is that of the first one's.
    The bundle of that name is the current one unless an id is given. Who may start is the calling verb's decision.
    Raises ``Missing`` for an unknown process or one without a plain start event, ``Refused`` for a retired version.
    """
    made = bundles.startable(tx, process, bundle)
    starts = made.program.plain_starts(process)
    first, *_ = [Step.first(actor, tx, made, process, key, data, start) for start in starts]
    return str(first.row["id"])


def local_handlers() -> dict[str, Callable[[Tx, Row], None]]:
    """Outbox kinds that the runner performs in our own database."""
    waiting = {"timer": fire_timer, "signal": hear, "answer": repeat, "receive": receive, RESULT: settle_late}
    return {
        "message": deliver,
        messages.THROWN: deliver,
        **{kind: patient(handler) for kind, handler in waiting.items()},
    }


def fire_timer(tx: Tx, row: Row) -> None:
    """Fire the timer of an outbox row; one that was cancelled meanwhile does nothing.

    A timer start event begins an instance; no case is behind it, so its key is one of its own. A round that was set
    while another version became the current one begins nothing.
    """
    if not row.instance_id:
        if not bundles.begins(tx, row.payload["ref"]):
            start_timers.withdraw(tx, row.payload["ref"])
            return
        timer = start_timers.take(tx, int(row.payload["timer"]))
        if timer is not None:
            made = bundles.get(tx, timer["ref"])
            started = start_timers.start_of(made, "timer", timer, timer["name"])
            Step.first(TIMER, tx, made, timer["name"], new_id(), {}, started)
        return
    step = _opened(TIMER, tx, row, row.instance_id)
    fire(step, int(row.payload["timer"]))


def fire(step: Step, timer_id: int) -> None:
    """Fire an open timer of a locked instance."""
    timer = timers.take(step.tx, timer_id)
    if timer is None or not step.active or not step.execution.is_waiting(timer["ref"]):
        return
    late = max((step.now - timer["due_at"]).total_seconds(), 0.0)
    missed = step.execution.missed(timer["ref"], timer["due_at"])
    data = {"timer": timer_id, "due": timer["due_at"].isoformat(), "late_seconds": late, "missed": missed}
    events.record(
        TIMER,
        step.tx,
        "timer.fired",
        key=timer["key"],
        instance=timer["instance_id"],
        process=step.row["process"],
        element=timer["element"],
        data=data,
    )
    actor, step.actor = step.actor, TIMER
    step.resume(timer["ref"], {})
    step.actor = actor


def answer(step: Step, ref: str, element: str, payload: Mapping[str, Any]) -> None:
    """Move a locked instance on with a person's answer, which counts even if the process then fails.

    An error that nothing catches is not the person's: the step is undone but for the answer, and done again by the
    outbox, where it becomes an incident.
    """
    try:
        with step.tx.attempt():
            step.resume(ref, payload)
    except bpmn.Uncaught:
        outbox.put(
            step.tx,
            "answer",
            {"ref": ref, "payload": dict(payload), "actor": messages.actor_out(step.actor)},
            idempotency_key=f"answer:{step.row['id']}:{ref}",
            key=step.row["key"],
            instance=step.row["id"],
            element=element,
        )


def repeat(tx: Tx, row: Row) -> None:
    """Move on with an answer that was given but could not be followed; over when the task was taken back since."""
    step = _opened(messages.actor_in(row.payload["actor"]), tx, row, row.instance_id)
    if step.active and step.execution.is_waiting(row.payload["ref"]):
        step.resume(row.payload["ref"], row.payload["payload"])


def deliver(tx: Tx, row: Row) -> None:
    """Correlate the message of an outbox row: with the instances that wait for it, or with a start event.

    Of each process one waiting instance gets it, the oldest. Without any receiver it waits until its time is over.
    """
    told = row.payload["message"]
    # A thrown message goes by its id; anything but a number elsewhere is a payload that we cannot read: an incident.
    message = messages.open_message(tx, told if row.kind == messages.THROWN else int(told))
    if message is None:
        return
    receivers = subscriptions.waiting(tx, message["name"], message["key"])
    if not receivers:
        receivers = _starts_or_late(tx, message)
    received = [_receive(tx, message, receiver, row, len(receivers)) for receiver in receivers]
    if receivers and not any(received):
        raise Away("What waited for the message has just moved on; the message looks again.")


def _starts_or_late(tx: Tx, message: dict[str, Any]) -> list[dict[str, Any]]:
    """The start events for a message; without any, look once more beside those who just begin to wait for it."""
    starting = subscriptions.starts(tx, message["name"])
    if starting:
        return starting
    with tx.conn.begin_nested() as look:
        messages.meet(tx, message["name"], message["key"])
        late = subscriptions.waiting(tx, message["name"], message["key"])
        if not late:
            messages.settle(tx, message["id"], messages.WAITING)
            return []
        # The lock goes with the savepoint: steps take it after their instance's, so it must not be held before.
        look.rollback()
    return late


def _receive(tx: Tx, message: dict[str, Any], receiver: dict[str, Any], row: Row, receivers: int) -> bool:
    actor = messages.actor_in(message["actor"])
    if receiver["instance_id"]:
        try:
            step = _opened(actor, tx, row, receiver["instance_id"])
        except Suspended:
            return _keep(tx, message, receiver, alone=receivers == 1)
        if not subscriptions.remove(tx, receiver["instance_id"], receiver["ref"]):
            return False
        step.resume(receiver["ref"], message["payload"])
    else:
        made = bundles.get(tx, receiver["bundle_id"])
        began = start_timers.start_of(made, "message", receiver, receiver["ref"])
        step = Step.first(actor, tx, made, receiver["ref"], message["key"], message["payload"], began)
    _correlated(actor, tx, message, step, receiver["element"])
    return True


def _correlated(actor: Actor, tx: Tx, message: dict[str, Any], step: Step, element: str) -> None:
    messages.handed_over(tx, message, step.row["id"])
    events.record(
        actor,
        tx,
        "message.correlated",
        key=step.row["key"],
        instance=step.row["id"],
        process=step.row["process"],
        element=element,
        data={"message": message["name"]},
    )


def _keep(tx: Tx, message: dict[str, Any], receiver: dict[str, Any], *, alone: bool) -> bool:
    """Let a message wait for an instance that is on hold, as the one that came first."""
    messages.settle(tx, message["id"], messages.CORRELATED)
    outbox.put(
        tx,
        "receive",
        {"message": message["id"], "ref": receiver["ref"], "alone": alone},
        idempotency_key=f"receive:{message['id']}:{receiver['instance_id']}:{receiver['ref']}",
        key=message["key"],
        instance=receiver["instance_id"],
        element=receiver["element"],
    )
    return True


def receive(tx: Tx, row: Row) -> None:
    """Hand an instance that goes on again the message that came meanwhile.

    When it has moved on by another way, the message looks for a receiver anew, unless others have got it.
    """
    message = messages.whole(tx, int(row.payload["message"]))
    actor = messages.actor_in(message["actor"])
    step = _opened(actor, tx, row, row.instance_id)
    if subscriptions.remove(tx, row.instance_id, row.payload["ref"]):
        step.resume(row.payload["ref"], message["payload"])
        _correlated(actor, tx, message, step, row.element)
    elif row.payload["alone"]:
        messages.settle(tx, message["id"], messages.WAITING)
        again = f"message:{message['id']}:again:{row.id}"
        outbox.put(tx, "message", {"message": message["id"]}, idempotency_key=again, key=message["key"])


def hear(tx: Tx, row: Row) -> None:
    """Let the instance or start event of an outbox row hear a signal; an instance that moved on has missed it."""
    given = row.payload
    actor = messages.actor_in(given["actor"])
    if not row.instance_id:
        made = bundles.get(tx, given["bundle_id"])
        place = {"element": row.element, "name": given["signal"]}
        began = start_timers.start_of(made, "signal", place, given["ref"])
        Step.first(actor, tx, made, given["ref"], given["key"] or new_id(), given["payload"], began)
        return
    step = _opened(actor, tx, row, row.instance_id)
    if subscriptions.remove(tx, row.instance_id, given["ref"]) and step.active:
        step.record("signal.heard", data={"signal": given["signal"]})
        step.resume(given["ref"], given["payload"])


def settle_effect(tx: Tx, row: Row, result: Mapping[str, Any]) -> None:
    """Move on the instance whose service task a connector has performed, with its ``result``.

    The result for an instance that is on hold waits for it. One that cannot be followed, because an element behind
    it fails, is kept too: what is tried again, and becomes an incident there, is to follow it, not the effect.
    """
    try:
        with tx.attempt():
            _settle(tx, row, row.payload, result)
    except (sa.exc.OperationalError, sa.exc.InterfaceError):
        raise
    except Exception:  # noqa: BLE001 - happens again in the row of the result, which keeps it as an incident
        payload = {name: value for name, value in row.payload.items() if name != "inputs"} | {"result": dict(result)}
        name = outbox_rows.result_key(row.idempotency_key)
        wanted = outbox_rows.Wanted(RESULT, payload, name, row.key, row.instance_id, row.element)
        outbox_rows.put_many(tx, [wanted])


def still_wanted(tx: Tx, row: Row) -> bool:
    """Whether the instance of an effect still waits for its result; its activity may have been cancelled.

    What no instance has asked for is wanted until somebody says otherwise.
    """
    if not row.instance_id:
        return True
    found = instances.lock(tx, row.instance_id)
    if found["status"] != instances.ACTIVE:
        return False
    try:
        return Step.of(SYSTEM, tx, found).execution.is_waiting(row.payload["ref"])
    except LoopdeskError:
        return True  # A newer release has stored it: whoever loads it there will see.


def settle_late(tx: Tx, row: Row) -> None:
    """Move on an instance that goes on again with the result of an effect that came meanwhile."""
    _settle(tx, row, row.payload, row.payload["result"])


def _settle(tx: Tx, row: Row, payload: Mapping[str, Any], result: Mapping[str, Any]) -> None:
    actor = messages.actor_in(payload["actor"]) if "actor" in payload else SYSTEM
    step = _opened(actor, tx, row, row.instance_id)
    data = {"type": payload["type"], "result": values.excerpt(result)}
    where = {"key": row.key, "instance": row.instance_id, "process": step.row["process"], "element": row.element}
    events.record(actor, tx, "effect.done", data=data, **where)
    if step.active and step.execution.is_waiting(payload["ref"]):
        step.resume(payload["ref"], result)


def _opened(actor: Actor, tx: Tx, row: Row, instance: str) -> Step:
    """The instance, locked, with the elements that a person lets it skip in this step."""
    step = Step.open(actor, tx, instance)
    for place, result in row.payload.get("skip", {}).items():
        step.execution.skip(place, result)
    return step
