"""Keeps what it is given in memory: the twin for tests and scenarios (architecture §6)."""

from loopdesk.connectors.base import Field, Message, OpenRoom, Receipt, Room
from loopdesk.connectors.mail_compose import compose
from loopdesk.engine.errors import N_, LoopdeskError

_SENDER = "Recorder <recorder@loopdesk.example>"


class Recorder:
    """Records messages and rooms instead of making them; ``fail_with`` is raised for the next of either, once.

    ``rooms`` are those that were opened by the id given to them, ``closed`` the ids of those that were closed.
    """

    title = N_("Recorder")
    hint = N_("Keeps messages and rooms in memory; for tests.")
    fields: tuple[Field, ...] = ()

    def __init__(self, name: str = "recorder", channels: frozenset[str] = frozenset({"email"})) -> None:
        """Stand in for the connector ``name`` on ``channels``."""
        self.name = name
        self.channels = channels
        self.sent: dict[str, Message] = {}
        self.rooms: dict[str, Room] = {}
        self.closed: list[str] = []
        self.fail_with: LoopdeskError | None = None

    def check(self) -> None:
        """Always there."""

    def send(self, message: Message) -> Receipt:
        """Keep ``message`` under its id; the same idempotency key is kept once."""
        self._fail()
        # The groups of a messenger have no e-mail address, and its messages no Message-ID.
        mail = "email" in self.channels
        message_id = str(compose(message, _SENDER)["Message-ID"]) if mail else f"{self.name}:{message.idempotency_key}"
        self.sent.setdefault(message_id, message)
        return Receipt(self.name, message_id)

    def open_room(self, room: Room) -> OpenRoom:
        """Keep ``room``; the same idempotency key is one room."""
        self._fail()
        number = f"room-{room.idempotency_key}"
        self.rooms.setdefault(number, room)
        return OpenRoom(self.name, number, f"https://{self.name}.example/{number}")

    def close_room(self, room_id: str, idempotency_key: str) -> None:  # noqa: ARG002 - closing twice is closing once
        """Note that it is closed; a second time changes nothing."""
        self._fail()
        if room_id not in self.closed:
            self.closed.append(room_id)

    def _fail(self) -> None:
        if self.fail_with is not None:
            error, self.fail_with = self.fail_with, None
            raise error
