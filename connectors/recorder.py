"""Keeps what it is given in memory: the twin for tests and scenarios (architecture §6)."""

from loopdesk.connectors.base import Field, Message, Receipt
from loopdesk.connectors.mail_compose import compose
from loopdesk.engine.errors import N_, LoopdeskError

_SENDER = "Recorder <recorder@loopdesk.example>"


class Recorder:
    """Records messages instead of sending them; ``fail_with`` is raised for the next message, once."""

    title = N_("Recorder")
    hint = N_("Keeps messages in memory; for tests.")
    fields: tuple[Field, ...] = ()

    def __init__(self, name: str = "recorder", channels: frozenset[str] = frozenset({"email"})) -> None:
        """Stand in for the connector ``name`` on ``channels``."""
        self.name = name
        self.channels = channels
        self.sent: dict[str, Message] = {}
        self.fail_with: LoopdeskError | None = None

    def check(self) -> None:
        """Always there."""

    def send(self, message: Message) -> Receipt:
        """Keep ``message`` under its id; the same idempotency key is kept once."""
        if self.fail_with is not None:
            error, self.fail_with = self.fail_with, None
            raise error
        message_id = str(compose(message, _SENDER)["Message-ID"])
        self.sent.setdefault(message_id, message)
        return Receipt(self.name, message_id)
