"""What a running diagram asks of the world; the runner answers with rows in the step's transaction."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from typing import Any, Protocol

from loopdesk.engine.bpmn.model import Element, Trigger
from loopdesk.engine.calendar import Calendar


@dataclass(frozen=True, slots=True)
class Visit:
    """A token at an element: ``ref`` names the token for as long as it waits there."""

    ref: str
    element: Element
    data: Mapping[str, Any]
    trigger: Trigger = field(default_factory=Trigger)
    """what it waits for there"""


class Outside(Protocol):
    """Everything a step may do besides moving tokens."""

    @property
    def watched(self) -> frozenset[str]:
        """Ids of the activities of whose course the outside wants to hear."""

    def moved(self, visit: Visit, event: str) -> None:
        """A watched activity was started, completed or cancelled."""

    @property
    def now(self) -> datetime:
        """The instant of the step."""

    @property
    def zone(self) -> tzinfo:
        """The zone of moments that name none."""

    def calendar(self, name: str) -> Calendar:
        """The calendar of that name; raises ``Missing`` or ``Invalid`` for one that cannot be used."""

    def facts(self) -> Mapping[str, Any]:
        """``case.*`` as it stands now."""

    def is_effect(self, name: str) -> bool:
        """Whether a task type is performed outside, so that the token has to wait for its result."""

    def operate(self, visit: Visit, name: str, inputs: Mapping[str, Any]) -> Mapping[str, Any]:
        """Call an operation now; its result."""

    def script(self, visit: Visit, source: str, scope: Mapping[str, Any]) -> Mapping[str, Any]:
        """Run a Python script and return what it assigns; raises ``Refused`` where the house allows none."""

    def effect(self, visit: Visit, name: str, inputs: Mapping[str, Any]) -> None:
        """Want an effect; the token waits."""

    def decide(self, visit: Visit, decision: str, scope: Mapping[str, Any]) -> Any:
        """The outcome of a decision table of the bundle."""

    def publish(
        self, visit: Visit, name: str, payload: Mapping[str, Any], key: str | None = ""
    ) -> Mapping[str, Any] | None:
        """Send a message; a result is what a send task has learned by it.

        ``key`` correlates it: empty is the instance's own, None an expression without a value.
        """

    def person(self, visit: Visit, scope: Mapping[str, Any]) -> None:
        """Make a human task; the token waits. ``scope`` holds the task's inputs too."""

    def timer(
        self, visit: Visit, due: datetime, text: str, calendar: Calendar | None = None, since: datetime | None = None
    ) -> None:
        """Wake the token at ``due``; ``text`` is the timer as it was read, in working time of ``calendar``.

        It counts from ``since``, the last round of a cycle, or from now.
        """

    def message(self, visit: Visit, name: str, key: str | None = "") -> None:
        """Wake the token when a message of that name comes for ``key``, which is as in ``publish``."""

    def broadcast(self, visit: Visit, name: str, payload: Mapping[str, Any]) -> None:
        """Throw a signal to everything that waits for it, whatever the key."""

    def signal(self, visit: Visit, name: str) -> None:
        """Wake the token when a signal of that name is thrown."""

    def gone(self, visit: Visit) -> None:
        """The token no longer waits there: take back its task, timer, subscription or effect."""
