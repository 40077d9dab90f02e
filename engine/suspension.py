"""Putting instances on hold, letting them go on, and ending them by hand.

An instance on hold takes no step. Timers that become due, messages, signals, answers and results of effects for it
wait in the outbox in the order in which they came, and go on when it is resumed.
"""

from collections.abc import Callable

import sqlalchemy as sa

from loopdesk.engine import bpmn, incidents, instances, outbox_rows, subscriptions, timers
from loopdesk.engine.actor import Actor
from loopdesk.engine.errors import N_, Conflict
from loopdesk.engine.instances import Suspended, instance
from loopdesk.engine.operators import reason_of, require, require_key
from loopdesk.engine.outbox_rows import Row
from loopdesk.engine.step import Step
from loopdesk.engine.tx import Tx

Handler = Callable[[Tx, Row], None]


def patient(handler: Handler) -> Handler:
    """A handler whose row waits as long as its instance is on hold.

    The instance is locked when it is found to be on hold, so it cannot be resumed before the row waits.
    """

    def perform(tx: Tx, row: Row) -> None:
        try:
            handler(tx, row)
        except Suspended:
            outbox_rows.hold(tx, row)

    return perform


def suspend(actor: Actor, tx: Tx, instance_id: str, reason: str) -> None:
    """Put a running instance on hold. ``Conflict`` when it has ended or is on hold already."""
    require(actor)
    reason = reason_of(reason)
    step = opened(actor, tx, instance_id)
    if step.row["suspended_at"] is not None:
        remedy = N_("Resume it when it shall go on.")
        raise Conflict("This process is on hold already, since %(at)s.", remedy=remedy, at=step.row["suspended_at"])
    _hold(tx, instance_id, since=True)
    outbox_rows.hold_all(tx, instance_id)
    step.record("instance.suspended", data={"before": "active", "after": "suspended", "reason": reason})


def resume(actor: Actor, tx: Tx, instance_id: str, reason: str = "") -> None:
    """Let an instance go on, with everything that came meanwhile. ``Conflict`` when it is not on hold."""
    require(actor)
    reason = reason_of(reason, needed=False)
    step = opened(actor, tx, instance_id)
    since = step.row["suspended_at"]
    if since is None:
        raise Conflict("This process is not on hold.", remedy=N_("Load the page again to see how it stands."))
    _hold(tx, instance_id, since=False)
    waiting = outbox_rows.let_go(tx, instance_id)
    data = {"before": "suspended", "after": "active", "since": since.isoformat(), "waiting": waiting, "reason": reason}
    step.record("instance.resumed", data=data)
    step.execution.wake()
    step.close()


def terminate(actor: Actor, tx: Tx, instance_id: str, reason: str) -> None:
    """End an instance for good: its tasks, timers, subscriptions and unperformed effects are over.

    ``Conflict`` when it has ended already. An effect that is under way just now is not called back.
    """
    require(actor)
    end(opened(actor, tx, instance_id), reason_of(reason))


def end(step: Step, reason: str) -> None:
    """End a locked instance that runs; who may do so is the calling verb's decision."""
    tx, instance_id = step.tx, step.row["id"]
    surgery = bpmn.Surgery(step.execution)
    stood = [one.element for one in surgery.standing()]
    step.record("instance.terminated", data={"before": stood, "after": [], "reason": reason})
    surgery.end()
    incidents.withdraw(step.actor, tx, instance_id)
    timers.cancel(tx, instance=instance_id)
    subscriptions.remove(tx, instance_id)
    _hold(tx, instance_id, since=False)
    step.close(cancelled=True)


def opened(actor: Actor, tx: Tx, instance_id: str) -> Step:
    """An instance that the actor may see and that has not ended, locked, on hold or not."""
    require_key(actor, tx, instances.get(tx, instance_id)["key"])
    step = Step.open(actor, tx, instance_id, held=True)
    if not step.active:
        raise Conflict("This process has ended.", remedy=N_("Load the page again to see how it ended."))
    return step


def _hold(tx: Tx, instance_id: str, *, since: bool) -> None:
    update = sa.update(instance).where(instance.c.id == instance_id)
    tx.conn.execute(update.values(suspended_at=tx.now if since else None))
