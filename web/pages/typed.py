"""Days and moments as people type them into a form, in their own zone; pages of lists as addresses name them."""

from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from flask import request
from flask_babel import get_timezone

from loopdesk.engine.errors import N_, Invalid, Phrase

LAST = 100_000
"""The last page that anybody can ask for: a database counts no further than its integers."""
EARLIEST, LATEST = 1900, 9000
"""Years of the days that an address may ask for."""


def zone() -> ZoneInfo:
    """The reader's own zone."""
    return ZoneInfo(str(get_timezone()))


def day(field: str, wrong: str) -> date:
    """The day in ``field``; raises `Invalid` with the message ``wrong`` where there is none."""
    try:
        return date.fromisoformat(request.form.get(field, ""))
    except ValueError:
        raise Invalid(wrong, fields={field: [Phrase("Give a day.")]}) from None


def end_of_day(field: str, wrong: str) -> datetime:
    """The last minute of the day in ``field``: until when something is promised for that day."""
    return datetime.combine(day(field, wrong), time(23, 59), ZoneInfo(str(get_timezone())))


def moment(field: str, wrong: str) -> datetime:
    """Day and time in ``field``; raises `Invalid` with the message ``wrong``."""
    try:
        return datetime.fromisoformat(request.form.get(field, "")).replace(tzinfo=ZoneInfo(str(get_timezone())))
    except ValueError:
        raise Invalid(wrong, fields={field: [Phrase("Give day and time.")]}) from None


def asked_day(name: str) -> datetime | None:
    """When the day begins that the address asks for as ``name``, None without one; raises `Invalid` for no day."""
    text = request.args.get(name, "").strip()
    try:
        found = datetime.combine(date.fromisoformat(text), time(), zone()) if text else None
        if found and not EARLIEST <= found.year <= LATEST:
            raise ValueError(text)  # a moment there is beyond what calendars and databases count
        return found
    except ValueError:
        raise Invalid(N_("“%(day)s” is no day."), fields={name: [Phrase("Give a day.")]}, day=text[:40]) from None


def page(name: str = "page") -> int:
    """The page of a list that the address asks for, from 1; whatever is no such number is the first."""
    return min(max(request.args.get(name, 1, type=int), 1), LAST)
