"""What whoever may not do something is told: the role or the scope that it takes (SEC-1)."""

from collections.abc import Collection, Mapping
from functools import reduce

from loopdesk.engine.actor import Actor
from loopdesk.engine.errors import N_, Phrase, Refused

ROLES: Mapping[str, Phrase] = {
    "agent": Phrase("Agent"),
    "supervisor": Phrase("Supervisor"),
    "owner": Phrase("Process owner"),
    "integrator": Phrase("Integrator"),
    "admin": Phrase("Administrator"),
}
"""The roles of people with their names."""


def lacks_role(actor: Actor, verb: str, roles: Collection[str], *, for_tokens: bool) -> Refused:
    """The refusal of a verb, with the roles that it takes where a role is what ``actor`` lacks.

    ``for_tokens`` says whether there is a scope for it, so that a token may do it at all.
    """
    if actor.kind != "person":
        remedy = N_("Ask a supervisor or an administrator for the role that it needs.")
    elif actor.scopes and not for_tokens:
        remedy = N_("No token does this: sign in and do it there.")
    elif not roles:
        remedy = N_("No role is enough for this: a process does it, the customer, or whom it is about.")
    else:
        remedy = N_("It takes the role %(roles)s. Ask somebody who has it to do it, or an administrator for the role.")
    return Refused("You may not do this.", remedy=remedy, verb=verb, roles=_names(roles))


def lacks_scope(scope: str) -> Refused:
    """The refusal of an API token that was made for something else."""
    remedy = N_("Make a token with scope %(scope)s.")
    return Refused("This token lacks the scope %(scope)s.", remedy=remedy, scope=scope)


def _names(roles: Collection[str]) -> str:
    """The roles in the reader's words, in the order of `ROLES`; empty for none."""
    named = [name for code, name in ROLES.items() if code in roles]
    return reduce(lambda first, next_: Phrase("%(first)s or %(next)s", first=first, next=next_), named) if named else ""
