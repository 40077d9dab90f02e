"""The slow way to count working time, minute by minute over wall clocks: what the fast arithmetic has to agree with."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

MINUTE = timedelta(minutes=1)
Definition = Mapping[str, Any]


def is_open(definitions: Mapping[str, Definition], name: str, at: datetime) -> bool:
    """Whether calendar ``name`` is open at a whole minute, looked up on the wall clock of its zone.

    Holds where no interval begins or ends inside a gap or an overlap of daylight saving: those have tests of their own.
    """
    definition = definitions[name]
    if "union" in definition:
        return any(is_open(definitions, member, at) for member in definition["union"])
    local = at.astimezone(ZoneInfo(definition["timezone"]))
    minute = local.hour * 60 + local.minute
    today, yesterday = local.date(), local.date() - timedelta(days=1)
    return any(opens <= minute < closes for opens, closes in _hours(definition, today)) or any(
        opens <= minute + 1440 < closes for opens, closes in _hours(definition, yesterday)
    )


def _hours(definition: Definition, day: date) -> list[tuple[int, int]]:
    text = day.isoformat()
    if text in definition.get("extra_workdays", ()):
        return _read(definition["weekly"].get("0", ()))
    if text in definition.get("holidays", ()):
        return []
    return _read(definition["weekly"].get(str(day.weekday()), ()))


def _read(pairs: Sequence[Sequence[str]]) -> list[tuple[int, int]]:
    found = []
    for pair in pairs:
        opens, closes = (int(text[:2]) * 60 + int(text[3:]) for text in pair)
        found.append((opens, closes if closes > opens else closes + 1440))
    return found


def elapsed(definitions: Mapping[str, Definition], name: str, start: datetime, end: datetime) -> int:
    """Open minutes in ``[start, end)``, both whole minutes."""
    at, count = start.astimezone(UTC), 0
    while at < end:
        count += is_open(definitions, name, at)
        at += MINUTE
    return count


def add(definitions: Mapping[str, Definition], name: str, start: datetime, minutes: int) -> datetime:
    """The first instant by which so many minutes (at least one) were open."""
    at = start.astimezone(UTC)
    while minutes:
        minutes -= is_open(definitions, name, at)
        at += MINUTE
    return at
