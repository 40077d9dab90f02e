"""Prints messages and rooms instead of making them: the twin for a developer's terminal (architecture §6)."""

import sys
from typing import TextIO

from loopdesk.connectors.base import Field, Message, OpenRoom, Receipt, Room
from loopdesk.connectors.mail_compose import compose
from loopdesk.engine.errors import N_


class Console:
    """Writes each message to a text stream, standard error by default."""

    title = N_("Console")
    hint = N_("Prints messages instead of sending them; for development.")
    fields: tuple[Field, ...] = ()

    def __init__(
        self,
        sender: str,
        *,
        name: str = "console",
        channels: frozenset[str] = frozenset({"email"}),
        out: TextIO | None = None,
    ) -> None:
        """Print to ``out`` what ``sender`` would send on ``channels``."""
        self.name = name
        self.channels = channels
        self._sender = sender
        self._out = out

    def check(self) -> None:
        """Always there."""

    def send(self, message: Message) -> Receipt:
        """Print the mail as its reader would see it."""
        if "email" not in self.channels:
            # The groups of a messenger have no e-mail address, and its messages no Message-ID.
            self._print(f"To: {message.to}", message.subject, "", message.body)
            return Receipt(self.name, f"{self.name}:{message.idempotency_key}")
        mail = compose(message, self._sender)
        heads = [f"{name}: {mail[name]}" for name in ("From", "To", "Subject", "Message-ID")]
        self._print(*heads, "", message.body)
        return Receipt(self.name, str(mail["Message-ID"]))

    def open_room(self, room: Room) -> OpenRoom:
        """Print the room with its members; its address is the war-room page."""
        members = ", ".join(f"{one.name} <{one.address}>" for one in room.members)
        self._print(f"Room: {room.name}", f"Topic: {room.topic}", f"Members: {members}", "", room.link)
        return OpenRoom(self.name, room.idempotency_key, room.link)

    def close_room(self, room_id: str, idempotency_key: str) -> None:  # noqa: ARG002 - closing twice is closing once
        """Print that it is closed."""
        self._print(f"Room closed: {room_id}")

    def _print(self, *lines: str) -> None:
        print(*lines, sep="\n", file=self._out or sys.stderr, flush=True)
