"""Signals: one reaches every instance and start event that waits for it then, of any case (BPMN 2.0.2 §10.5.5)."""

from collections.abc import Mapping
from typing import Any

from loopdesk.engine import events, messages, outbox, subscriptions
from loopdesk.engine.actor import Actor
from loopdesk.engine.db import new_id
from loopdesk.engine.tx import Tx


def throw(
    actor: Actor,
    tx: Tx,
    name: str,
    *,
    key: str,
    payload: Mapping[str, Any] = {},
    instance: str = "",
    process: str = "",
    element: str = "",
) -> None:
    """Throw a signal: one outbox row for each that waits for it now; who comes later has missed it.

    Who may throw is the calling verb's decision. Instances that it starts get the case ``key``; ``instance``,
    ``process`` and ``element`` say which diagram throws it, for the timeline.
    """
    thrown = new_id()
    wanted = [
        outbox.Wanted(
            kind="signal",
            payload={
                "signal": name,
                "payload": dict(payload),
                "actor": messages.actor_out(actor),
                "key": key,
                **{column: row[column] for column in ("bundle_id", "process", "ref")},
            },
            idempotency_key=f"signal:{thrown}:{row['id']}",
            key=key,
            instance=row["instance_id"],
            element=row["element"],
        )
        for row in subscriptions.of_signal(tx, name)
        # The instance that throws it tells its own tokens itself.
        if not instance or row["instance_id"] != instance
    ]
    outbox.put_many(tx, wanted)
    data = {"signal": name, "payload": dict(payload), "receivers": len(wanted)}
    events.record(actor, tx, "signal.thrown", key=key, instance=instance, process=process, element=element, data=data)
