"""Calendars by name, read from their definitions: the format of ``calendars.yaml`` and of `loopdesk sla replay`."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from loopdesk.engine.calendar.base import Calendar
from loopdesk.engine.calendar.hours import Hours, SpecialDays, Union, Week, WeekCalendar
from loopdesk.engine.calendar.specialdays import NONE, Days, HolidaySet, read_days
from loopdesk.engine.calendar.wall import zone_of
from loopdesk.engine.errors import N_, Invalid, LoopdeskError, Missing

_TIME = re.compile(r"(?P<hour>[01]?\d|2[0-4]):(?P<minute>[0-5]\d)")
_DAY = 24 * 60


class Calendars:
    """The calendars of one file; each is read when it is asked for, so that a bad one harms only its users."""

    def __init__(self, data: Mapping[str, Any], place: str = "calendars.yaml") -> None:
        self._definitions = _mapping(data.get("calendars", {}), f"{place}: calendars")
        self._sets = _mapping(data.get("holiday_sets", {}), f"{place}: holiday_sets")
        self._place = place
        self._made: dict[str, Calendar] = {}

    @property
    def names(self) -> list[str]:
        """The names, in the order of the file."""
        return [str(name) for name in self._definitions]

    def get(self, name: str) -> Calendar:
        """The calendar of that name.

        Raises `Missing` for an unknown one, `Invalid` with place and remedy for one that is wrong or never opens.
        """
        calendar = self._make(name, ())
        if not calendar.has_hours:
            raise Invalid(
                N_("Calendar %(calendar)s has no working hours, so no time ever passes in it."),
                remedy=N_('Give at least one weekday hours, such as "0": [["09:00", "18:00"]].'),
                place=f"{self._place}: calendars.{name}",
                calendar=name,
            )
        return calendar

    def definition(self, name: str) -> Mapping[str, Any]:
        """All that says what a calendar counts: its own lines, those of its members, and their holiday sets.

        Two calendars with the same definition count alike; empty for an unknown name.
        """
        waiting, found = [name], {}
        while waiting:
            part = waiting.pop()
            said = self._definitions.get(part)
            if part in found or not isinstance(said, Mapping):
                continue
            sets = [said.get("holidays"), said.get("extra_workdays")]
            found[part] = [said, *(self._sets.get(days) for days in sets if isinstance(days, str))]
            joined = said.get("union") or ()
            waiting += [str(member) for member in joined] if isinstance(joined, list | tuple) else []
        return found

    def problems(self) -> list[LoopdeskError]:
        """What is wrong with each calendar that cannot be used."""
        found: list[LoopdeskError] = []
        for name in self.names:
            try:
                self.get(name)
            except (Invalid, Missing) as error:
                found.append(error)
        return found

    def _make(self, name: str, above: tuple[str, ...]) -> Calendar:
        if name in above:
            raise Invalid(
                N_("The calendars join each other in a circle: %(circle)s."),
                remedy=N_("Take one of them out of its union."),
                place=f"{self._place}: calendars.{name}.union",
                circle=" → ".join((*above[above.index(name) :], name)),
            )
        if name not in self._definitions:
            raise Missing(
                N_("There is no calendar “%(calendar)s”."),
                remedy=N_("Choose one of: %(known)s"),
                place=f"{self._place}: calendars.{above[-1]}.union" if above else self._place,
                calendar=name,
                known=", ".join(self.names),
            )
        if name not in self._made:
            place = f"{self._place}: calendars.{name}"
            definition = _mapping(self._definitions[name], place)
            self._made[name] = (
                self._union(name, definition, above, place)
                if "union" in definition
                else self._week(name, definition, place)
            )
        return self._made[name]

    def _union(self, name: str, definition: Mapping[str, Any], above: tuple[str, ...], place: str) -> Union:
        members = definition["union"]
        if not isinstance(members, Sequence) or isinstance(members, str) or not members:
            raise Invalid(
                N_("A union names the calendars that it joins."),
                remedy=N_("Write it like union: [berlin, shanghai]."),
                place=place,
            )
        made = [self._make(str(member), (*above, name)) for member in members]
        return Union(name, made, _day_minutes(definition, place))

    def _week(self, name: str, definition: Mapping[str, Any], place: str) -> WeekCalendar:
        zone = zone_of(definition.get("timezone"), f"{place}.timezone")
        weekly = _mapping(definition.get("weekly") or {}, f"{place}.weekly")
        hours = {}
        for weekday, times in weekly.items():
            here = f"{place}.weekly.{weekday}"
            if str(weekday) not in set("0123456"):
                raise Invalid(
                    N_("“%(weekday)s” is not a weekday."),
                    remedy=N_("Write 0 for Monday to 6 for Sunday."),
                    place=here,
                    weekday=str(weekday),
                )
            hours[int(weekday)] = _hours(times, here)
        closing, holidays = self._days(definition.get("holidays"), f"{place}.holidays")
        opening, extra = self._days(definition.get("extra_workdays"), f"{place}.extra_workdays")
        week = Week(hours, _day_minutes(definition, place))
        return WeekCalendar(name, zone, week, SpecialDays(holidays, extra, closing, opening))

    def _days(self, given: object, place: str) -> tuple[HolidaySet | None, Days]:
        if given is None:
            return None, NONE
        if isinstance(given, str):
            return self._set(given, place), NONE
        if not isinstance(given, Sequence):
            raise Invalid(
                N_("Special days are a list of dates or the name of a holiday set."),
                remedy=N_("Write it like [2026-10-01, 2026-10-02]."),
                place=place,
            )
        return None, read_days(given, place)

    def _set(self, name: str, place: str) -> HolidaySet:
        if name not in self._sets:
            raise Missing(
                N_("There is no holiday set “%(name)s”."),
                remedy=N_("Choose one of: %(known)s"),
                place=place,
                name=name,
                known=", ".join(map(str, self._sets)) or "-",
            )
        here = f"{self._place}: holiday_sets.{name}"
        given = _mapping(self._sets[name], here)
        years = given.get("years") or []
        if not isinstance(years, Sequence) or not all(isinstance(year, int) for year in years):
            raise Invalid(
                N_("The years of a holiday set are a list of numbers."),
                remedy=N_("Write it like years: [2025, 2026]."),
                place=here,
            )
        made = HolidaySet(
            name,
            str(given.get("country") or ""),
            frozenset(years),
            read_days(given.get("holidays") or (), f"{here}.holidays"),
            read_days(given.get("extra_workdays") or (), f"{here}.extra_workdays"),
            place=here,
        )
        made.check()
        return made


def _mapping(value: object, place: str) -> Mapping[Any, Any]:
    if not isinstance(value, Mapping):
        raise Invalid(N_("Here have to stand names with values."), remedy=N_("Correct the file."), place=place)
    return value


def _hours(times: object, place: str) -> Hours:
    """Open and close in minutes; a close that is not after its open is one of the next day."""
    found = []
    for pair in times if isinstance(times, Sequence) and not isinstance(times, str) else [times]:
        if not isinstance(pair, Sequence) or isinstance(pair, str) or len(pair) != 2:
            raise _no_hours(pair, place)
        opens, closes = (_minute(text, place) for text in pair)
        if opens == _DAY:
            raise _no_hours(pair, place)
        found.append((opens, closes if closes > opens else closes + _DAY))
    return tuple(found)


def _minute(text: object, place: str) -> int:
    match = _TIME.fullmatch(str(text).strip())
    minute = int(match["hour"]) * 60 + int(match["minute"]) if match else _DAY + 1
    if minute > _DAY:
        raise _no_hours(text, place)
    return minute


def _no_hours(given: object, place: str) -> Invalid:
    return Invalid(
        N_("“%(hours)s” are not hours of work."),
        remedy=N_('Write open and close in quotes, such as ["09:00", "18:00"], at most to "24:00".'),
        place=place,
        hours=str(given),
    )


def _day_minutes(definition: Mapping[str, Any], place: str) -> int | None:
    given = definition.get("day_minutes")
    if given is None:
        return None
    if not isinstance(given, int) or isinstance(given, bool) or not 0 < given <= _DAY:
        raise Invalid(
            N_("A working day has 1 to 1440 minutes."),
            remedy=N_("Write it like day_minutes: 480."),
            place=f"{place}.day_minutes",
        )
    return given
