"""Who acts: first argument of every verb (architecture §3, Identity)."""

from dataclasses import dataclass, field
from typing import Literal

ActorKind = Literal["person", "customer", "connector", "timer", "system"]


@dataclass(frozen=True, slots=True)
class Actor:
    """A person, a customer's contact, a connector, a timer or the system itself, with what it may do.

    ``roles``: owner (process owner), agent, supervisor, integrator, admin. ``scopes`` limit an API token; empty means
    no limit beyond the roles. ``organisation`` is a customer's organisation id.
    """

    kind: ActorKind
    id: str
    name: str
    roles: frozenset[str] = field(default_factory=frozenset)
    departments: frozenset[str] = field(default_factory=frozenset)
    scopes: frozenset[str] = field(default_factory=frozenset)
    organisation: str = ""
    language: str = "en"
    zone: str = "UTC"
    on_behalf_of: str = ""

    def has_role(self, *roles: str) -> bool:
        """Whether the actor carries one of ``roles``; an admin carries all of them, the system too."""
        return self.kind == "system" or "admin" in self.roles or not self.roles.isdisjoint(roles)


SYSTEM = Actor(kind="system", id="system", name="Loopdesk")
TIMER = Actor(kind="timer", id="timer", name="Timer")
