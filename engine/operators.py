"""Who may step into running processes by hand, and into whose (issue 4, Operable)."""

from collections.abc import Collection

import sqlalchemy as sa

from loopdesk.engine.actor import Actor
from loopdesk.engine.errors import N_, Invalid, Missing, Phrase, Refused
from loopdesk.engine.tx import Tx

ROLES = ("owner", "supervisor", "admin")
"""Who moves timers, changes, suspends, resumes and terminates instances."""
REPAIRERS = (*ROLES, "integrator")
"""Who sees incidents and handles them."""
READ, WRITE = "instances:read", "instances:write"
"""Scopes of an API token that these verbs need."""
LONGEST_REASON = 2000
"""Characters."""


def require(actor: Actor, roles: Collection[str] = ROLES, *, scope: str = WRITE) -> None:
    """Raise ``Refused`` for who has none of ``roles``, or whose token was made for something else."""
    if actor.scopes and scope not in actor.scopes:
        remedy = N_("Make a token with scope %(scope)s.")
        raise Refused("This token lacks the scope %(scope)s.", remedy=remedy, scope=scope)
    if (actor.kind != "person" and actor.kind != "system") or not actor.has_role(*roles):
        raise Refused(
            "You may not step into running processes.",
            remedy=N_("Ask a supervisor or a process owner to do it."),
        )


def require_key(actor: Actor, tx: Tx, key: str) -> None:
    """Raise ``Missing`` when the instance belongs to a case that the actor may not see."""
    seen = tx.conn.execute(sa.select(tx.host.sees(actor, sa.literal(key, sa.String(64))))).scalar()
    if not seen:
        raise Missing("There is no such process instance.")


def reason_of(text: str, *, needed: bool = True) -> str:
    """The reason as it is kept; ``Invalid`` when it is missing or too long."""
    reason = text.strip()
    if needed and not reason:
        raise Invalid("A reason is needed.", fields={"reason": [Phrase("Say why; it stands on the case.")]})
    if len(reason) > LONGEST_REASON:
        limit = Phrase("At most %(limit)s characters.", limit=LONGEST_REASON)
        raise Invalid("The reason is too long.", fields={"reason": [limit]})
    return reason
