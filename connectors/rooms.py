"""Rooms that leave the house: outbox rows of kind ``room`` open or close a channel for an emergency (EMG-3)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from loopdesk.connectors.base import Member, Room, Rooms
from loopdesk.connectors.delivery import Wish, retries_of
from loopdesk.connectors.registry import Registry
from loopdesk.engine.clock import Clock
from loopdesk.engine.errors import N_, Refused
from loopdesk.engine.retries import USUAL, Retries
from loopdesk.engine.tx import Tx

OPEN, CLOSE = "open", "close"
"""What a row's ``do`` says."""

Settled = Callable[[Tx, Mapping[str, Any], Mapping[str, Any]], None]
"""(transaction, payload of the row, result): writes down what became of the room."""


@dataclass(frozen=True, slots=True)
class RoomWishes:
    """Handler of outbox kind ``room``: lets the connector that makes rooms open or close one."""

    registry: Registry
    clock: Clock
    settled: Settled

    def perform(self, row: Wish) -> dict[str, Any]:
        """Open or close; the result of opening names connector, room and address, all empty where none makes rooms.

        Raises ``Away``, ``Refused`` or ``Invalid``; the same row again is the same room.
        """
        maker = self._maker(row)
        if maker is None:
            return {"connector": "", "room": "", "address": ""}
        if row.payload["do"] == CLOSE:
            maker.close_room(str(row.payload["room"]), row.idempotency_key)
            return {}
        opened = maker.open_room(self._room(row))
        return {"connector": opened.connector, "room": opened.id, "address": opened.address}

    def settle(self, tx: Tx, row: Wish, result: Mapping[str, Any]) -> None:
        """Write it down, in the transaction that marks the row done."""
        self.settled(tx, row.payload, result)

    def retries(self, row: Wish) -> Retries:
        """How the maker of rooms wants to be tried again."""
        maker = self._maker(row)
        return USUAL if maker is None else retries_of(maker)

    def _maker(self, row: Wish) -> Rooms | None:
        name = str(row.payload.get("connector") or "")
        maker = self.registry.room_maker(name)
        if maker is None and row.payload["do"] == CLOSE:
            raise Refused(
                "No connector makes rooms any more.",
                remedy=N_("Close the room in the messaging system by hand, then cancel the incident."),
            )
        return maker

    def _room(self, row: Wish) -> Room:
        given = row.payload
        return Room(
            idempotency_key=row.idempotency_key,
            name=str(given["name"]),
            topic=str(given["topic"]),
            link=str(given["link"]),
            at=self.clock.now(),
            members=tuple(Member(str(one["name"]), str(one["address"])) for one in given.get("members") or ()),
            case=str(given.get("case") or ""),
            language=str(given.get("language") or ""),
        )
