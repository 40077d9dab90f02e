"""What a step answers a diagram about the house that it runs in; it is the same for every instance."""

from collections.abc import Mapping
from datetime import datetime, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

from loopdesk.engine.bpmn import Visit
from loopdesk.engine.calendar import Calendar
from loopdesk.engine.tx import Tx


class Housed:
    """The house's time, zone, calendars, connectors and sandbox, as its ``Host`` knows them."""

    tx: Tx

    @property
    def now(self) -> datetime:
        """The instant of the step."""
        return self.tx.now

    @property
    def zone(self) -> tzinfo:
        """The house's zone."""
        return ZoneInfo(self.tx.host.zone)

    def calendar(self, name: str) -> Calendar:
        """A calendar of the house."""
        return self.tx.host.calendar(self.tx, name)

    def is_effect(self, name: str) -> bool:
        """Whether a connector performs it."""
        return name in self.tx.host.effects

    def script(self, _visit: Visit, source: str, scope: Mapping[str, Any]) -> Mapping[str, Any]:
        """Run a Python script in the house's sandbox."""
        return self.tx.host.run_script(source, scope)
