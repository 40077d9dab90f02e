"""What a connector is: it describes itself, and each ability is a small protocol (architecture §6).

A connector knows one outside system and nothing of the desk. It raises ``Away`` when the system does not answer (the
outbox tries again), ``Refused`` when it answers no, ``Invalid`` when what was handed to it is wrong.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, Protocol, runtime_checkable

from loopdesk.engine.retries import Retries

FieldKind = Literal["text", "secret", "url", "number", "switch", "choice"]


@dataclass(frozen=True, slots=True)
class Field:
    """One setting of a connector; the settings page is drawn from these. ``label`` and ``hint`` are gettext ids."""

    key: str
    label: str
    kind: FieldKind = "text"
    hint: str = ""
    required: bool = False
    options: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Message:
    """A message to a person, ready to leave.

    ``idempotency_key`` names the wish, not the attempt: the same key again is the same message. ``automatic`` is
    true for what no person wrote, so that mail robots at the other end do not answer it (RFC 3834 §5). ``message_id``
    is what the mail shall be called, if the sender of the wish has to know that beforehand.
    """

    idempotency_key: str
    to: str
    subject: str
    body: str
    at: datetime
    to_name: str = ""
    case: str = ""
    message_id: str = ""
    language: str = "en"
    in_reply_to: str = ""
    references: tuple[str, ...] = ()
    automatic: bool = False


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody who belongs into a room: ``address`` is how the house writes to him, an e-mail address."""

    name: str
    address: str


@dataclass(frozen=True, slots=True)
class Room:
    """A channel of its own in a messaging system, for the people of one emergency (EMG-3).

    ``idempotency_key`` names the wish, not the attempt: the same key again is the same room. ``link`` leads to the
    war-room page, for the channel's first message.
    """

    idempotency_key: str
    name: str
    topic: str
    link: str
    at: datetime
    members: tuple[Member, ...] = ()
    case: str = ""
    language: str = "en"


@dataclass(frozen=True, slots=True)
class OpenRoom:
    """What the messaging system says of a room: its own ``id`` there, and the ``address`` where people enter."""

    connector: str
    id: str
    address: str


@dataclass(frozen=True, slots=True)
class Receipt:
    """What the outside system says it took: its own id of the message, the same for the same idempotency key."""

    connector: str
    message_id: str
    detail: Mapping[str, Any] = field(default_factory=dict)


@runtime_checkable
class Connector(Protocol):
    """An outside system that describes itself; ``title`` and ``hint`` are gettext ids."""

    name: str
    title: str
    hint: str
    fields: tuple[Field, ...]

    def check(self) -> None:
        """Reach the system and come back; raises ``Away`` or ``Refused`` saying what is wrong with the settings."""


@runtime_checkable
class Retried(Protocol):
    """Says how its system wants to be tried again; connectors that do not are tried as usual (`retries.USUAL`)."""

    retries: Retries


@runtime_checkable
class Sends(Connector, Protocol):
    """Can carry a message to a person (COM-1). ``channels`` are the channels of a contact it serves."""

    channels: frozenset[str]

    def send(self, message: Message) -> Receipt:
        """Hand over ``message``; raises ``Away``, ``Refused`` or ``Invalid``."""


@runtime_checkable
class Performs(Connector, Protocol):
    """Can do what a service task asks for outside; ``effects`` are the ``taskDefinition`` types it answers to."""

    effects: frozenset[str]

    def perform(self, effect: str, inputs: Mapping[str, Any], idempotency_key: str) -> dict[str, Any]:
        """Do ``effect``; the result becomes the task's output. Raises ``Away``, ``Refused`` or ``Invalid``."""


@runtime_checkable
class Rooms(Connector, Protocol):
    """Can make a channel for the people of an emergency, and close it afterwards (EMG-3)."""

    def open_room(self, room: Room) -> OpenRoom:
        """Make ``room`` with its members, once for each key; raises ``Away``, ``Refused`` or ``Invalid``."""

    def close_room(self, room_id: str, idempotency_key: str) -> None:
        """Close the room with the system's own id; one that is closed already, or gone, is closed."""
