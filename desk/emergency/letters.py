"""What goes out about an emergency: warnings, updates, the end, to customers and to the team (EMG-4, EMG-11)."""

from collections.abc import Callable, Mapping
from typing import Any

from loopdesk.desk import sending
from loopdesk.desk.emergency import affected, figures, reads
from loopdesk.desk.emergency.rows import EXTERNAL, Emergency
from loopdesk.engine import outbox
from loopdesk.engine.actor import SYSTEM, Actor
from loopdesk.engine.outbox import Row, Wanted
from loopdesk.engine.tx import Tx

UPDATE = "emergency_update"
"""The outbox kind of an update that somebody wrote outside of a process's task."""


def warn(actor: Actor, tx: Tx, emergency: Emergency, *, base_url: str) -> int:
    """Warn the customers who are likely affected, the hardest hit first, each once; how many were written to."""
    found = affected.predicted(tx, emergency)
    params = {"emergency": emergency, "next_at": emergency.next_update_at}
    said: dict[str, Any] = {"template": "emergency-warning", "about": affected.WARNING, "params": params}
    return affected.tell(actor, tx, emergency, found, **said, base_url=base_url)


def update(
    actor: Actor, tx: Tx, emergency: Emergency, audience: str, text: str, *, base_url: str, entry: int = 0
) -> None:
    """Send an update to the customers who reported or were warned, or to the team; each customer gets it once.

    ``entry`` is its place on the timeline, without one that which was written last.
    """
    params: dict[str, Any] = {"text": text, "next_at": figures.promised(emergency, audience), "emergency": emergency}
    if audience != EXTERNAL:
        team = list(dict.fromkeys(one.person_id for one in reads.roles(tx, emergency.id)))
        to = team or [emergency.commander_id]
        sent: dict[str, Any] = {"template": "emergency-internal", "to": to, "params": params}
        sending.send(actor, tx, emergency.case, **sent, base_url=base_url)
        return
    said: dict[str, Any] = {"template": "emergency-update", "params": params, "base_url": base_url}
    about = f"update:{entry or reads.last_update(tx, emergency.id)}"
    affected.tell(actor, tx, emergency, affected.listeners(tx, emergency), about=about, **said)


def over(actor: Actor, tx: Tx, emergency: Emergency, *, base_url: str) -> None:
    """Tell everybody who heard of it that it is over."""
    params = {"summary": emergency.summary, "emergency": emergency}
    said: dict[str, Any] = {"template": "emergency-over", "about": "over", "params": params, "base_url": base_url}
    affected.tell(actor, tx, emergency, affected.listeners(tx, emergency), **said)


def soon(actor: Actor, tx: Tx, emergency: Emergency, audience: str, text: str) -> None:
    """Let the worker send an update that was written on a page or over the API."""
    entry = reads.last_update(tx, emergency.id)
    payload = {"emergency": emergency.id, "audience": audience, "text": text, "by": actor.name, "entry": entry}
    outbox.put_many(tx, [Wanted(UPDATE, payload, f"{UPDATE}:{entry}", emergency.case)])


def local_handlers(base_url: str) -> dict[str, Callable[[Tx, Row], None]]:
    """The outbox kind that sends updates; links in letters begin with ``base_url``."""
    return {UPDATE: lambda tx, row: _send(tx, row.payload, base_url)}


def _send(tx: Tx, payload: Mapping[str, Any], base_url: str) -> None:
    emergency = reads.get(tx, payload["emergency"])
    about = {"base_url": base_url, "entry": payload["entry"]}
    update(SYSTEM, tx, emergency, payload["audience"], payload["text"], **about)
