"""A clock counted the slow way, minute by minute from the written conventions: what the fast one has to agree with."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from loopdesk.tests.engine.calendar import brute

MINUTE = timedelta(minutes=1)
Event = Mapping[str, Any]
STARTS = {"resolution": "created", "first_response": "created", "next_response": "customer_message"}
STOPS = {"resolution": "resolved", "first_response": "agent_reply", "next_response": "agent_reply"}


class Slowly:
    """One clock of one case; all moments are whole minutes."""

    def __init__(self, definitions: Mapping[str, Any], calendar: str, clock: str, targets: Mapping[str, int]) -> None:
        self.definitions, self.calendar, self.clock, self.targets = definitions, calendar, clock, targets
        self.closed: dict[str, set[str]] = {}
        self.now: datetime | None = None
        self.rested: datetime | None = None
        self.state: str | None = None
        self.over = False
        self.target, self.team = 0, ""
        self.teams: dict[str, int] = {}
        self.history: list[datetime | None] = []
        self._begin()

    def _begin(self) -> None:
        self.worked: list[datetime] = []
        """when each minute of work was complete"""
        self.rests: dict[datetime, datetime] = {}
        self.breached_at: datetime | None = None
        self.met_at: datetime | None = None
        self.ended_due: datetime | None = None

    def play(self, events: Sequence[Event]) -> dict[str, Any]:
        """How the clock stands after the last event."""
        for event in sorted(events, key=lambda event: (event["at"], event["type"] != "created")):
            self._wait(event["at"])
            getattr(self, f"_{event['type']}", lambda _: None)(event)
            if not self.over:
                self._move(event["type"])
        return {
            "state": self.state,
            "due": self._due() if self.state == "running" else self.ended_due if self.state == "met" else None,
            "breached_at": self.breached_at,
            "met_at": self.met_at,
            "elapsed_minutes": len(self.worked),
            "team_elapsed_minutes": self.teams,
            "history": self.history,
        }

    # --- time ----------------------------------------------------------------------------------------------------

    def _open(self, at: datetime) -> bool:
        days = self.closed.get(self.calendar, set())
        known = self.definitions
        if days:
            known = {name: {**one, "holidays": [*one.get("holidays", ()), *days]} for name, one in known.items()}
        return brute.is_open(known, self.calendar, at)

    def _wait(self, until: datetime) -> None:
        while self.now is not None and self.now < until:
            if self.state == "running":
                if self._open(self.now):
                    self.worked.append(self.now + MINUTE)
                    if self.team:
                        self.teams[self.team] = self.teams.get(self.team, 0) + 1
                used_up = self._used_up()
                if self.breached_at is None and used_up is not None and used_up < self.now + MINUTE:
                    self.breached_at = used_up
            self.now += MINUTE
        self.now = until

    def _used_up(self) -> datetime | None:
        """When the target was; a rest that began just then puts it off to its end."""
        if len(self.worked) < self.target:
            return None
        at = self.worked[self.target - 1]
        while self.rests.get(at, at) > at:
            at = self.rests[at]
        return at

    def _due(self) -> datetime:
        used_up = self._used_up()
        if used_up is not None:
            return used_up
        assert self.now is not None
        at, left = self.now, self.target - len(self.worked)
        while left:
            left -= self._open(at)
            at += MINUTE
        return at

    # --- events --------------------------------------------------------------------------------------------------

    def _created(self, event: Event) -> None:
        self.target, self.team = self.targets[event["priority"]], event["team"]

    def _pause(self, _event: Event) -> None:
        if self.state == "running" and self.clock != "first_response":
            self.state, self.rested = "paused", self.now

    def _resume(self, _event: Event) -> None:
        if self.state == "paused":
            self._go_on()

    def _go_on(self) -> None:
        assert self.rested is not None
        assert self.now is not None
        self.rests[self.rested] = self.now
        self.state = "running"
        self._late()

    def _late(self) -> None:
        """A change that puts the deadline into the past is the breach."""
        used_up = self._used_up()
        if self.state == "running" and self.breached_at is None and used_up is not None:
            assert self.now is not None
            self.breached_at = self.now if used_up < self.now else None

    def _priority(self, event: Event) -> None:
        self.target = self.targets[event["to"]]
        self.calendar = event.get("calendar", self.calendar)
        self._late()

    def _holiday_added(self, event: Event) -> None:
        self.closed.setdefault(self.calendar, set()).add(event["date"])

    def _handoff_accepted(self, event: Event) -> None:
        self.team = event["to"]

    def _policy_removed(self, _event: Event) -> None:
        if self.state in ("running", "paused"):
            self.history.append(self.breached_at)
        if self.state in (None, "running", "paused"):
            self.state = "cancelled"
        self.over = True

    def _move(self, kind: str) -> None:
        active = self.state in ("running", "paused")
        if active and kind == STOPS[self.clock]:
            self.ended_due = self._due() if self.state == "running" else None
            self.state, self.met_at, self.rested = "met", self.now, self.now
        elif active and kind == "resolved" and self.clock == "next_response":
            self.state = "cancelled"
        elif self.state == "met" and kind == "reopened" and self.clock == "resolution":
            self.met_at = self.ended_due = None
            self._go_on()
        elif not active and kind == STARTS[self.clock] and (self.state is None or self.clock == "next_response"):
            if self.state is not None:
                self.history.append(self.breached_at)
                self._begin()
            self.state = "running"


def instant(text: str | None) -> datetime | None:
    """A moment of an answer as it is counted here."""
    return datetime.fromisoformat(text).astimezone(UTC) if text else None
