"""Prints messages instead of sending them: the twin for a developer's terminal (architecture §6)."""

import sys
from typing import TextIO

from loopdesk.connectors.base import Field, Message, Receipt
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
        mail = compose(message, self._sender)
        heads = [f"{name}: {mail[name]}" for name in ("From", "To", "Subject", "Message-ID")]
        print(*heads, "", message.body, sep="\n", file=self._out or sys.stderr, flush=True)
        return Receipt(self.name, str(mail["Message-ID"]))
