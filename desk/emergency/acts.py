"""What people and programs do in an emergency outside of its tasks: updates, and what its process waits for."""

from collections.abc import Mapping
from typing import Any

from loopdesk.desk.emergency import lead, letters, reads
from loopdesk.desk.emergency.rows import EXTERNAL, Emergency
from loopdesk.engine import work
from loopdesk.engine.actor import SYSTEM, Actor
from loopdesk.engine.errors import N_, Conflict
from loopdesk.engine.tx import Tx

RESTORE, STAND_DOWN = "restore", "stand_down"
"""The tasks of the shipped process in which the service is reported back, and the emergency ended."""


def update(
    actor: Actor, tx: Tx, emergency_id: str, *, text: str, audience: str = EXTERNAL, next_minutes: int | None = None
) -> Emergency:
    """Write an update, send it, and let the process watch the promise of the next one. Raises what `lead.update` does,
    `Missing` for somebody who may not see the case.
    """
    reads.see(actor, tx, emergency_id)
    said: dict[str, Any] = {"text": text, "audience": audience, "next_minutes": next_minutes}
    running = lead.update(actor, tx, emergency_id, **said, watched=True)
    letters.soon(actor, tx, running, audience, text.strip())
    return running


def report_back(actor: Actor, tx: Tx, emergency_id: str, *, text: str) -> Emergency:
    """The service is back: complete the task that waits for it. Raises `Conflict` where none does, `Missing`."""
    return _finish(actor, tx, emergency_id, RESTORE, {"restored": text})


def end(actor: Actor, tx: Tx, emergency_id: str, *, summary: str) -> Emergency:
    """Stand the emergency down by its task; raises `Conflict` before the service was stable, `Missing`."""
    return _finish(actor, tx, emergency_id, STAND_DOWN, {"summary": summary, "stable": True})


def _finish(actor: Actor, tx: Tx, emergency_id: str, element: str, answers: Mapping[str, Any]) -> Emergency:
    emergency = reads.see(actor, tx, emergency_id)
    running = reads.under_way(tx, emergency.id)
    if element == STAND_DOWN:
        lead.refuse_while_open(tx, running)
        lead.require_stable(tx, running, reported=True)
    waiting = [one for one in work.listing(SYSTEM, tx, key=running.case) if one["element"] == element]
    if not waiting:
        raise Conflict(
            "The emergency does not wait for this now.", remedy=N_("Look at its diagram to see where it stands.")
        )
    work.complete(actor, tx, waiting[0]["id"], answers)
    return reads.get(tx, emergency_id)
