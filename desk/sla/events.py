"""What happened to a case, as far as its clocks care; ordered by when it happened, not by when it arrived (SLA-3)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from loopdesk.engine.errors import N_, Invalid

KINDS = frozenset(
    {
        "created", "pause", "resume", "priority", "auto_reply", "internal_note", "agent_reply", "customer_message",
        "resolved", "reopened", "handoff_accepted", "merged", "holiday_added", "policy_removed",
        "diagnosed", "workaround_given", "plan_given", "initial_fix_given",
        "patch_delivered", "answer_given", "rca_delivered", "feedback_received",
        "report_delivered", "archived", "third_party_needed", "third_party_contacted", "department_done",
    }
)  # fmt: skip
"""The kinds that clocks know (see ``policy.CLOCKS`` for what each one moves)."""
TEXTS = ("ticket", "to", "into", "reason", "calendar", "priority", "team")


@dataclass(frozen=True, slots=True)
class ClockEvent:
    """Something that happened ``at`` a zone-aware moment."""

    kind: str
    at: datetime
    ticket: str = ""
    to: str = ""
    """the new priority, or the team that accepted"""
    into: str = ""
    """the ticket that goes on after a merge"""
    reason: str = ""
    calendar: str = ""
    """the calendar that counts from then on"""
    priority: str = ""
    team: str = ""
    day: date | None = None
    number: int = 0
    """place in the order of arrival"""


def read_events(rows: Iterable[Mapping[str, Any]]) -> tuple[list[ClockEvent], list[Invalid]]:
    """The events in the order in which they happened, and what is wrong with those that cannot be used."""
    events, problems = [], []
    for number, row in enumerate(rows, start=1):
        try:
            events.append(_read(row, number))
        except Invalid as error:
            problems.append(error)
    return in_order(events), problems


def in_order(events: Sequence[ClockEvent]) -> list[ClockEvent]:
    """By the time they happened; at one moment a creation comes first, then the order of arrival counts."""
    return sorted(events, key=lambda event: (event.at, event.kind != "created", event.number))


def _read(row: Mapping[str, Any], number: int) -> ClockEvent:
    place = f"events[{number}]"
    kind = str(row.get("type", ""))
    if kind not in KINDS:
        raise Invalid(
            N_("There is no event “%(kind)s”."),
            remedy=N_("Choose one of: %(known)s"),
            place=place,
            kind=kind,
            known=", ".join(sorted(KINDS)),
        )
    at = read_moment(row.get("at"), f"{place}.at")
    text = {
        name: str(row.get(name) or "") for name in ("ticket", "to", "into", "reason", "calendar", "priority", "team")
    }
    day = _day(row.get("date"), f"{place}.date") if kind == "holiday_added" else None
    return ClockEvent(kind, at, day=day, number=_arrival(row.get("arrives"), at, number, place), **text)


def read_moment(value: object, place: str) -> datetime:
    """A zone-aware moment; `Invalid` for anything else."""
    try:
        moment = datetime.fromisoformat(str(value))
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise Invalid(
            N_("“%(text)s” is not a moment with its time zone."),
            remedy=N_("Write it like 2026-03-10T09:00:00+08:00."),
            place=place,
            text=str(value),
        )
    return moment


def _day(value: object, place: str) -> date:
    try:
        return date.fromisoformat(str(value))
    except ValueError as error:
        message, remedy = N_("“%(day)s” is not a date."), N_("Write it as 2026-10-01.")
        raise Invalid(message, remedy=remedy, place=place, day=str(value)) from error


def _arrival(value: object, at: datetime, number: int, place: str) -> int:
    """The order of arrival: a number as it is, a moment or nothing as the place in the file."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if value is not None and at > read_moment(value, f"{place}.arrives"):
        raise Invalid(
            N_("The event “%(kind)s” at %(at)s is from the future: it arrived before it happened."),
            remedy=N_("Correct its time; until then it is not counted."),
            place=place,
            kind=place,
            at=at.isoformat(),
        )
    return number
