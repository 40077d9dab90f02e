"""Erasing a person, looked at first or for good: what the page, the API and the command share."""

from collections.abc import Callable
from contextlib import AbstractContextManager

from loopdesk.connectors import inbound
from loopdesk.desk import erasure
from loopdesk.desk.erasure import Erasure
from loopdesk.engine.actor import Actor
from loopdesk.engine.tx import Tx
from loopdesk.web.stores import stores
from loopdesk.web.wiring import Loopdesk

Begin = Callable[[], AbstractContextManager[Tx]]
"""Opens a writing transaction that an error inside undoes."""


class _Preview(Exception):
    """Rolls back what was only to be looked at."""


def erase(begin: Begin, desk: Loopdesk, actor: Actor, who: str, *, reason: str = "", keep: bool) -> Erasure:
    """What goes when ``who`` is erased; without ``keep`` nothing does. Raises what `erasure.erase` raises."""
    done: list[Erasure] = []
    try:
        with begin() as tx:
            done.append(erasure.erase(actor, tx, stores(desk.settings), who, inbound.empty, reason=reason))
            if not keep:
                raise _Preview
    except _Preview:
        pass
    return done[0]
