"""The clocks of a live case: its events and the policies they name in, clocks with their segments out (SLA-1 to SLA-3).

Pure: the same replay that `loopdesk sla replay` runs, once for each clock of the case's levels.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from loopdesk.desk.sla.book import Book, Level, Target
from loopdesk.desk.sla.clock import Clock
from loopdesk.desk.sla.events import ClockEvent
from loopdesk.desk.sla.machine import replay
from loopdesk.engine.calendar import Calendar, Calendars

CREATED, LEVEL, CALENDARS, HANDOFF = "created", "level", "calendars", "handoff_accepted"
CUSTOMER, DEPARTMENT = "customer", "department"
"""Whom a level counts for: the customer, or the department that holds the case (SLA-5)."""
HOLDING = "holding"
BETWEEN = timedelta(microseconds=1)
"""A breach is strictly later than the due time."""


@dataclass(frozen=True, slots=True)
class Happened:
    """One row of what moves clocks."""

    number: int
    at: datetime
    kind: str
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Library:
    """Where the policies and the calendars of a deployment come from."""

    book: Callable[[str], Book]
    calendars: Callable[[str], Calendars]


@dataclass(frozen=True)
class Counted:
    """One clock of a case as it stands; ``level`` is the one that counts now."""

    name: str
    kind: str
    department: str
    bundle: str
    calendars: str
    """the deployment whose calendars it runs on"""
    level: Level
    clock: Clock
    marks: Mapping[str, timedelta]

    @property
    def promised(self) -> bool:
        """Whether the case's level has a target for it now, or had one when the clock ended or was late."""
        return self.clock.target is not None or self.clock.breached

    @property
    def round(self) -> int:
        """How often it had ended before it began anew."""
        return len(self.clock.history)

    @property
    def colour(self) -> str:
        """The last warning that has come; empty before the first."""
        fired = [(item.fired, name) for name, item in self.clock.escalations.items() if item.fired is not None]
        return max(fired)[1] if fired else ""

    @property
    def next_at(self) -> datetime | None:
        """When the next warning or the breach comes, if nothing happens before; None for a clock that stands."""
        clock = self.clock
        if clock.state != "running":
            return None
        coming = [item.at for item in clock.escalations.values() if item.fired is None and item.at is not None]
        if clock.due is not None and clock.breached_at is None:
            coming.append(clock.due)
        return min(coming) + BETWEEN if coming else None

    def percent(self, colour: str) -> int:
        """The share of the target at which a warning comes."""
        mark, target = self.marks.get(colour), self.clock.target
        return round(100 * (mark / target)) if mark is not None and target else 100


def ordered(rows: Sequence[Happened]) -> list[Happened]:
    """As things happened; at one moment the creation comes first, then the order of arrival counts."""
    return sorted(rows, key=lambda row: (row.at, row.kind != CREATED, row.number))


def count(rows: Sequence[Happened], library: Library, as_of: datetime | None = None) -> list[Counted]:
    """Every clock of a case at ``as_of``; none before its creation is known."""
    told = ordered(rows)
    if not any(row.kind == CREATED for row in told):
        return []
    history = _History(told, library)
    found = [_one(history, slot, kind, team, as_of) for slot, kind, team in history.clocks()]
    return [one for one in found if one.clock.state]


class _History:
    """A case's events, with the levels that it had one after the other."""

    def __init__(self, rows: Sequence[Happened], library: Library) -> None:
        self.rows = rows
        self.library = library
        self.calendars = next(str(row.data["calendars"]) for row in reversed(rows) if row.data.get("calendars"))
        self._levels: dict[str, Level] = {}

    def level(self, slot: str, row: Happened) -> Level | None:
        """The level that an event gives the case for a slot."""
        said = (row.data.get("levels") or {}).get(slot)
        if not said:
            return None
        key = key_of(said)
        if key not in self._levels:
            self._levels[key] = self.library.book(said["bundle"]).level(said["policy"], said["level"])
        return self._levels[key]

    def clocks(self) -> Iterator[tuple[str, str, str]]:
        """(slot, kind of clock, department) of every clock that the levels of the case ever had."""
        kinds: dict[str, dict[str, None]] = {CUSTOMER: {}, DEPARTMENT: {}}
        for row in self.rows:
            for slot, found in kinds.items():
                level = self.level(slot, row)
                found.update(dict.fromkeys(level.targets if level else ()))
        yield from ((CUSTOMER, kind, "") for kind in kinds[CUSTOMER])
        teams = dict.fromkeys(str(row.data.get("to") or "") for row in self.rows if row.kind == HANDOFF)
        yield from ((DEPARTMENT, kind, team) for team in teams if team for kind in kinds[DEPARTMENT])


def key_of(said: Mapping[str, str]) -> str:
    """What names a level of a policy of a deployment."""
    return f"{said['bundle']}/{said['policy']}/{said['level']}"


def _one(history: _History, slot: str, kind: str, team: str, as_of: datetime | None) -> Counted:
    targets: dict[str, Target | None] = {}
    last: tuple[str, Level] | None = None
    for row in history.rows:
        level = history.level(slot, row)
        if level is not None:
            said = row.data["levels"][slot]
            targets[key_of(said)] = level.targets.get(kind)
            last = said["bundle"], level
    assert last is not None
    known = [target for target in targets.values() if target is not None]
    bundle, level = last
    rules = history.library.book(bundle).rules.clocks[kind]
    policy = replace(
        known[-1].policy,
        target=None,
        escalate_before=(),
        pausable=bool(rules.conditions.pauses),
        on_priority_change=str(level.said.get("on_priority_change", rules.on_priority_change)),
        targets={key: target.length if target else None for key, target in targets.items()},
        marks={key: target.marks for key, target in targets.items() if target},
    )
    turned = list(_turned(history, slot, team, targets))
    clock = replay(policy, _first(history, slot, kind, known), turned, as_of, calendars=_by_name(history.library))
    now = level.targets.get(kind)
    name = f"{HOLDING}:{team}" if slot == DEPARTMENT else kind
    return Counted(name, kind, team, bundle, history.calendars, level, clock, now.marks if now else {})


def _first(history: _History, slot: str, kind: str, known: Sequence[Target]) -> Calendar:
    level = next(filter(None, (history.level(slot, row) for row in history.rows)))
    first = level.targets.get(kind)
    return first.calendar if first else known[0].calendar


def _by_name(library: Library) -> Callable[[str], Calendar]:
    def find(name: str) -> Calendar:
        bundle, _, calendar = name.partition("/")
        return library.calendars(bundle).get(calendar)

    return find


def _turned(history: _History, slot: str, team: str, targets: Mapping[str, Target | None]) -> Iterator[ClockEvent]:
    """The events as the replay knows them: levels for priorities, calendars by deployment."""
    calendars, name, key = "", "", ""
    for row in history.rows:
        plain = ClockEvent(row.kind, row.at, reason=str(row.data.get("reason") or ""), number=row.number)
        if row.kind in (CREATED, LEVEL):
            said = (row.data.get("levels") or {}).get(slot)
            before, key = key, key_of(said) if said else key
            calendars = str(row.data.get("calendars") or calendars)
            target = targets.get(key)
            name = target.calendar.name if target else name
            if row.kind == CREATED:
                yield replace(plain, priority=key, team=str(row.data.get("team") or ""))
            elif key != before:
                moved = "policy_moved" if row.data.get("moved") else "priority"
                yield replace(plain, kind=moved, to=key, calendar=f"{calendars}/{name}" if target else "")
        elif row.kind == CALENDARS:
            calendars = str(row.data["calendars"])
            if name in (row.data.get("changed") or ()):
                yield replace(plain, kind="calendar_changed", calendar=f"{calendars}/{name}")
        elif row.kind == HANDOFF:
            to = str(row.data.get("to") or "")
            held = slot == CUSTOMER or to == team
            yield replace(plain, to=to) if held else replace(plain, kind="department_done")
        else:
            yield plain
