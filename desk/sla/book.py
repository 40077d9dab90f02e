"""The SLA policies that a process owner edits as ``sla.yaml``: which clocks a level has, what each counts (SLA-1)."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from loopdesk.desk.sla import rules
from loopdesk.desk.sla.policy import UNPAUSED, Policy
from loopdesk.desk.sla.rules import Rules, mapping
from loopdesk.engine.calendar import Calendar, Calendars, working_length
from loopdesk.engine.errors import N_, Invalid, Missing

FILE = "sla.yaml"


@dataclass(frozen=True)
class Target:
    """One clock of a level: its ``policy`` for ``machine.replay`` on ``calendar``."""

    clock: str
    policy: Policy
    calendar: Calendar
    length: timedelta
    """the target in time of the calendar"""
    warn: timedelta | None = None
    """the lower bound of a range, at which the clock warns"""
    text: str = ""
    said: Mapping[str, Any] = field(default_factory=dict)
    """whatever else the file says of the target"""
    marks: Mapping[str, timedelta] = field(default_factory=dict)
    """colour of each warning -> the counted time at which it is due"""


@dataclass(frozen=True)
class Level:
    """One level of a policy, with its targets by clock."""

    policy: str
    value: str
    name: Mapping[str, str]
    targets: Mapping[str, Target]
    needs: tuple[str, ...]
    """clocks that need a target before the level can be published"""
    said: Mapping[str, Any]


class Book:
    """The policies of one file; each is read when it is asked for, so that a bad one harms only its users."""

    def __init__(self, data: Mapping[str, Any], calendars: Calendars, file: str = FILE) -> None:
        self._data = mapping(data.get("policies", {}), f"{file}: policies")
        self._calendars = calendars
        self._file = file
        self.rules: Rules = rules.read(data, file)
        self._levels: dict[tuple[str, str], Level] = {}

    @property
    def names(self) -> list[str]:
        """The names, in the order of the file."""
        return [str(name) for name in self._data]

    def said(self, policy: str) -> Mapping[str, Any]:
        """All that the file says of a policy; `Missing` for an unknown one."""
        if policy not in self._data:
            raise Missing(
                N_("There is no SLA policy “%(policy)s”."),
                remedy=N_("Choose one of: %(known)s"),
                place=self._file,
                policy=policy,
                known=", ".join(self.names) or "-",
            )
        return mapping(self._data[policy], self.place(policy))

    def place(self, policy: str, *parts: str) -> str:
        """Where in the file something stands."""
        return ".".join((f"{self._file}: policies.{policy}", *parts))

    def values(self, policy: str) -> list[str]:
        """The values of the picking fact that have a level."""
        levels = self.said(policy).get("levels") or {}
        return [str(value) for value in mapping(levels, self.place(policy, "levels"))]

    def level(self, policy: str, value: str) -> Level:
        """A level with its clocks, the common ones of the policy too.

        Raises `Missing` for a policy that does not exist and `Invalid`, with place and remedy, for the rest.
        """
        if (policy, value) not in self._levels:
            self._levels[policy, value] = self._level(policy, value)
        return self._levels[policy, value]

    def _level(self, policy: str, value: str) -> Level:
        said = self.said(policy)
        levels = {
            str(key): item for key, item in mapping(said.get("levels") or {}, self.place(policy, "levels")).items()
        }
        place = self.place(policy, "levels", value)
        if value not in levels:
            raise Invalid(
                N_("Policy %(policy)s has no level “%(level)s”."),
                remedy=N_("Add the level, or let the fact that picks it be one of: %(known)s"),
                place=self.place(policy, "levels"),
                policy=policy,
                level=value or "-",
                known=", ".join(levels) or "-",
            )
        level = mapping(levels[value], place)
        own = mapping(level.get("targets") or {}, f"{place}.targets")
        always = mapping(said.get("always") or {}, self.place(policy, "always"))
        default = str(said.get("calendar", ""))
        targets = {
            str(clock): self._target(str(clock), given, default, f"{where}.{clock}")
            for where, part in ((f"{place}.targets", own), (self.place(policy, "always"), always))
            for clock, given in part.items()
        }
        return Level(policy, value, level.get("name") or {}, targets, tuple(level.get("needs") or ()), level)

    def levels(self) -> Iterator[Level]:
        """All levels of all policies."""
        for policy in self.names:
            for value in self.values(policy):
                yield self.level(policy, value)

    def _target(self, clock: str, given: object, default: str, place: str) -> Target:
        if clock not in self.rules.clocks:
            message, remedy = N_("There is no clock “%(clock)s”."), N_("Choose one of: %(known)s")
            raise Invalid(message, remedy=remedy, place=place, clock=clock, known=", ".join(self.rules.clocks))
        said = given if isinstance(given, Mapping) else {"target": given}
        calendar = self._calendars.get(str(said.get("calendar", default)))
        length = _length(said.get("target"), calendar, place)
        warn = _length(said["warn"], calendar, f"{place}.warn") if "warn" in said else None
        if warn is not None and warn >= length:
            raise Invalid(
                N_("The warning at %(warn)s does not come before the target %(target)s."),
                remedy=N_("Write the lower bound of the range as warn, the upper one as target."),
                place=place,
                warn=str(said["warn"]),
                target=str(said["target"]),
            )
        policy = Policy(
            clock,
            length,
            pausable=clock not in UNPAUSED,
            escalate_before=() if warn is None else (length - warn,),
            rules=self.rules.clocks[clock].conditions,
        )
        shares = rules.warnings(said["warnings"], f"{place}.warnings") if "warnings" in said else self.rules.warnings
        marks = rules.marks(shares, self.rules.lower_bound, length, warn)
        return Target(clock, policy, calendar, length, warn, str(said.get("target")), said, marks)


def _length(text: object, calendar: Calendar, place: str) -> timedelta:
    try:
        return working_length(str(text or ""), calendar)
    except Invalid as error:
        error.place = place
        raise
