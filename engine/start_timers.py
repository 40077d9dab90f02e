"""Timer start events: rows without an instance, which begin one each time that they are due (BPMN 2.0.2 §10.5.2)."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from loopdesk.engine import bpmn, timers
from loopdesk.engine.bundle import Bundle
from loopdesk.engine.calendar import Calendar
from loopdesk.engine.tx import Tx


def replace(tx: Tx, made: Bundle, former: str | None) -> None:
    """Let the timer start events of a deployment take the place of those of the ``former`` one.

    A moment that is over begins nothing; a cycle that began in the past goes on with its next round.
    """
    if former is not None:
        withdraw(tx, former)
    for start in made.program.starts("timer"):
        text = bpmn.words(start.trigger.text, bpmn.Scope({}, dict, tx.now))
        name = start.element.extras.properties.get("calendar", "")
        due, _ = bpmn.first_due(start.trigger.timer, text, tx.now, ZoneInfo(tx.host.zone), _calendar(tx, name))
        if due > tx.now:
            _set(tx, made.id, start.element.process, start.element.id, due, text, name)
        elif start.trigger.timer == "cycle":
            _round(tx, made.id, start.element.process, start.element.id, due, text, name)


def withdraw(tx: Tx, bundle: str) -> None:
    """Let the timer start events of a deployment begin nothing any more."""
    timers.cancel(tx, instance="", ref=bundle)


def take(tx: Tx, timer_id: int) -> dict[str, Any] | None:
    """Mark a timer as fired and set its next round; None when another deployment or worker was quicker.

    The row's ``ref`` is the bundle, its ``name`` the process.
    """
    timer = timers.take(tx, timer_id)
    if timer is not None and is_cycle(timer["expression"]):
        where = timer["ref"], timer["name"], timer["element"]
        _round(tx, *where, timer["due_at"], timer["expression"], timer["calendar"])
    return timer


def start_of(made: Bundle, kind: str, row: Mapping[str, Any], process: str) -> bpmn.Start:
    """The start of a deployed process that a subscription or timer row stands for."""
    starts = [item for item in made.program.starts(kind, process) if item.element.id == row["element"]]
    named = [item for item in starts if row["name"] in (item.trigger.message, item.trigger.name)]
    return (named or starts)[0]


def _calendar(tx: Tx, name: str) -> Calendar | None:
    return tx.host.calendar(tx, name) if name else None


def _round(tx: Tx, bundle: str, process: str, element: str, due: datetime, text: str, calendar: str) -> None:
    """The next round of a cycle that was due at ``due``; none when they are used up."""
    cycle = bpmn.read_cycle(text, ZoneInfo(tx.host.zone), _calendar(tx, calendar))
    since, missed = cycle.latest(due, tx.now)
    following = cycle.every.after(since)
    left = None if cycle.rounds is None else cycle.rounds - 1 - missed
    if not text.startswith("R"):
        _set(tx, bundle, process, element, following, text, calendar, since)
    elif left is None or left > 0:
        interval = text.rpartition("/")[2]
        text = f"R{'' if left is None else left}/{interval}"
        _set(tx, bundle, process, element, following, text, calendar, since)


def is_cycle(text: str) -> bool:
    """Whether a timer that was set comes again: ``R…``, six fields or a nickname."""
    return text.startswith(("R", "@")) or len(text.split()) == 6


def _set(
    tx: Tx,
    bundle: str,
    process: str,
    element: str,
    due: datetime,
    text: str,
    calendar: str,
    since: datetime | None = None,
) -> None:
    timers.set(
        tx,
        instance="",
        key="",
        element=element,
        ref=bundle,
        due_at=due,
        name=process,
        expression=text,
        calendar=_calendar(tx, calendar),
        since=since,
    )
