"""The connectors of one running product, found by name, by channel or by effect."""

from collections.abc import Iterable
from typing import TypeVar

from loopdesk.connectors.base import Connector, Performs, Rooms, Sends
from loopdesk.engine.errors import N_, Invalid, Missing, Refused

T = TypeVar("T")


class Registry:
    """Connectors by name; two of one name, or two for one channel or effect, are refused at start-up."""

    def __init__(self, connectors: Iterable[Connector], *, fallback: str = "email") -> None:
        """``fallback`` names the connector of channels that have none of their own (portal, API, phone)."""
        self._by_name: dict[str, Connector] = {}
        self._senders: dict[str, Sends] = {}
        self._performers: dict[str, Performs] = {}
        self._fallback = fallback
        for connector in connectors:
            self._add(connector)

    def _add(self, connector: Connector) -> None:
        _claim(self._by_name, connector.name, connector)
        if isinstance(connector, Sends):
            for channel in sorted(connector.channels):
                _claim(self._senders, channel, connector)
        if isinstance(connector, Performs):
            for effect in sorted(connector.effects):
                _claim(self._performers, effect, connector)

    @property
    def effects(self) -> frozenset[str]:
        """Types of service tasks that leave through a connector (the engine's ``Host.effects``)."""
        return frozenset(self._performers)

    def all(self) -> list[Connector]:
        """Every connector, by name."""
        return [self._by_name[name] for name in sorted(self._by_name)]

    def get(self, name: str) -> Connector:
        """The connector called ``name``, or ``Missing``."""
        if name not in self._by_name:
            raise Missing("There is no connector “%(name)s”.", name=name)
        return self._by_name[name]

    @property
    def channels(self) -> frozenset[str]:
        """Channels that a connector of their own carries."""
        return frozenset(self._senders)

    def sender(self, channel: str, *, only: bool = False) -> Sends:
        """Who carries messages of ``channel``: its own connector, else the fallback unless ``only`` it will do.

        ``Refused`` when there is none.
        """
        sender = self._senders.get(channel) or (None if only else self._senders.get(self._fallback))
        if sender is None:
            raise Refused(
                "No connector sends messages by “%(channel)s”.",
                remedy=N_("Connect e-mail (SMTP_URL) or this channel, then retry the incident."),
                channel=channel,
            )
        return sender

    def performer(self, effect: str) -> Performs:
        """Who performs service tasks of type ``effect``; ``Refused`` when its connector is no longer there."""
        if effect not in self._performers:
            raise Refused(
                "No connector performs “%(effect)s”.",
                remedy=N_("Connect the system that offers it, then retry the incident."),
                effect=effect,
            )
        return self._performers[effect]

    def room_maker(self, name: str = "") -> Rooms | None:
        """The connector ``name`` that makes rooms; without a name the first that can, None where none can (EMG-3).

        Raises `Missing` for a name that there is not, `Refused` for a connector that makes no rooms.
        """
        if not name:
            return next((one for one in self.all() if isinstance(one, Rooms)), None)
        maker = self.get(name)
        if not isinstance(maker, Rooms):
            raise Refused(
                "The connector “%(name)s” makes no rooms.",
                remedy=N_("Name one that does in the policy emergency-rooms.yaml, then retry the incident."),
                name=name,
            )
        return maker


def _claim(table: dict[str, T], key: str, connector: T) -> None:
    if key in table:
        raise Invalid("Two connectors claim “%(key)s”.", key=key)
    table[key] = connector
