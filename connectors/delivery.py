"""Outbox rows that leave the house: messages to people and effects of service tasks (architecture §2, step 4).

Both run outside any transaction and hand the answer back in one of their own, so a slow outside system never holds a
lock. A worker killed between the two performs again with the same idempotency key.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from loopdesk.connectors.base import Connector, Message, Retried, Sends
from loopdesk.connectors.registry import Registry
from loopdesk.engine.clock import Clock
from loopdesk.engine.retries import USUAL, Retries
from loopdesk.engine.tx import Tx


class Wish(Protocol):
    """What is read of an outbox row."""

    @property
    def idempotency_key(self) -> str:
        """The same for every attempt."""

    @property
    def payload(self) -> Mapping[str, Any]:
        """What is wanted."""


Settled = Callable[[Tx, Mapping[str, Any], Mapping[str, Any]], None]
"""(transaction, payload of the row, result): writes down that a message left."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """Handler of outbox kind ``send``: a message to a person, by the channel that the row names."""

    registry: Registry
    clock: Clock
    settled: Settled

    def perform(self, row: Wish) -> dict[str, Any]:
        """Send; the result names connector and message id. Raises ``Away``, ``Refused`` or ``Invalid``."""
        payload = row.payload
        sender = self._sender(row)
        message = Message(
            idempotency_key=row.idempotency_key,
            to=str(payload["to"]),
            to_name=str(payload.get("to_name") or ""),
            subject=str(payload["subject"]),
            body=str(payload["body"]),
            at=self.clock.now(),
            case=str(payload.get("case") or ""),
            message_id=str(payload.get("message_id") or ""),
            language=str(payload.get("language") or ""),
            in_reply_to=str(payload.get("in_reply_to") or ""),
            references=tuple(payload.get("references") or ()),
            automatic=bool(payload.get("automatic", True)),
        )
        receipt = sender.send(message)
        return {"connector": receipt.connector, "message_id": receipt.message_id, **receipt.detail}

    def settle(self, tx: Tx, row: Wish, result: Mapping[str, Any]) -> None:
        """Mark the message sent, in the transaction that marks the row done."""
        self.settled(tx, row.payload, result)

    def retries(self, row: Wish) -> Retries:
        """How the sender of the row's channel wants to be tried again."""
        return retries_of(self._sender(row))

    def _sender(self, row: Wish) -> Sends:
        """A group of a messenger has no e-mail address: its messages go through their channel only."""
        channel = str(row.payload.get("channel") or "email")
        return self.registry.sender(channel, only=bool(row.payload.get("only_channel")))


SettleEffect = Callable[[Tx, Any, dict[str, Any]], None]
"""(transaction, outbox row, result): the runner's ``settle_effect``."""


@dataclass(frozen=True, slots=True)
class Effects:
    """Handler of outbox kind ``effect``: a service task whose type a connector performs."""

    registry: Registry
    settled: SettleEffect

    def perform(self, row: Wish) -> dict[str, Any]:
        """Let the connector do it; raises ``Away``, ``Refused`` or ``Invalid``."""
        effect = str(row.payload["type"])
        return self.registry.performer(effect).perform(effect, row.payload.get("inputs") or {}, row.idempotency_key)

    def settle(self, tx: Tx, row: Wish, result: dict[str, Any]) -> None:
        """Move the process on with ``result``."""
        self.settled(tx, row, result)

    def retries(self, row: Wish) -> Retries:
        """How the connector of the row's effect wants to be tried again."""
        return retries_of(self.registry.performer(str(row.payload["type"])))


def retries_of(connector: Connector) -> Retries:
    """What a connector says about being tried again, else what is usual."""
    return connector.retries if isinstance(connector, Retried) else USUAL
