"""Replays the clock cases of a file: the format and the answers of ``loopdesk sla replay`` (SLA-1 to SLA-3)."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from loopdesk.desk.sla.clock import Clock
from loopdesk.desk.sla.events import ClockEvent, read_events, read_moment
from loopdesk.desk.sla.machine import replay
from loopdesk.desk.sla.merges import of_ticket, tickets_of
from loopdesk.desk.sla.policy import Policy, read_policy
from loopdesk.desk.sla.segments import segments
from loopdesk.engine.calendar import Calendar, Calendars
from loopdesk.engine.calendar.wall import zone_of
from loopdesk.engine.errors import N_, Invalid, LoopdeskError, Missing, Phrase

Show = Callable[[datetime | None], str | None]
NOTHING: Mapping[str, Any] = {
    "due": None, "breached": False, "breached_at": None, "met_at": None, "elapsed_minutes": 0, "overdue_minutes": None,
    "team_elapsed_minutes": {}, "escalations": {}, "state": None, "state_at": {}, "due_while_paused": None,
    "elapsed_minutes_at_pause": None, "elapsed_minutes_at": {}, "due_before": None, "provisional": False,
    "warning": None, "error": None, "history": [], "further_escalations": 0,
}  # fmt: skip
"""What is said of a case whose clock cannot run; ``error`` says why."""


@dataclass(frozen=True)
class Case:
    """One case of a file, read."""

    policy: Policy
    calendar: Calendar
    calendars: Callable[[str], Calendar]
    events: Sequence[ClockEvent]
    moments: Sequence[tuple[str, datetime]]
    show: Show


def replay_file(data: object) -> list[dict[str, Any]]:
    """The answer for each case of a file; `Invalid` when the file is not one of cases at all."""
    if not isinstance(data, Mapping) or not isinstance(data.get("cases"), Sequence):
        raise Invalid(
            N_("The file holds no clock cases."),
            remedy=N_("Write an object with “calendars” and a list “cases”."),
        )
    calendars = Calendars(data, place="calendars")
    return [_answer(row, calendars) for row in data["cases"]]


def _answer(row: object, calendars: Calendars) -> dict[str, Any]:
    if not isinstance(row, Mapping):
        return {"id": None, "actual": {**NOTHING, "error": "The case is not an object."}, "segments": []}
    answer: dict[str, Any] = {"id": row.get("id")}
    try:
        case, problems = _read(row, calendars)
    except (Invalid, Missing) as error:
        return answer | {"actual": {**NOTHING, "error": str(error)}, "segments": []}
    tickets, merged = tickets_of(case.events)
    problems += merged
    if len(tickets) <= 1:
        events = of_ticket(case.events, tickets[0]) if tickets else case.events
        clock = _replay(case, events)
        return answer | {"actual": _actual(case, events, clock, problems), "segments": _segments(case, clock)}
    actuals: dict[str, dict[str, Any]] = {}
    shown: list[dict[str, Any]] = []
    for ticket in tickets:
        events = of_ticket(case.events, ticket)
        clock = _replay(case, events)
        actuals[ticket] = _actual(case, events, clock, problems)
        shown += [{"ticket": ticket, **segment} for segment in _segments(case, clock)]
    by_key = {key: {ticket: actual[key] for ticket, actual in actuals.items()} for key in NOTHING}
    return answer | {"actual": {**by_key, **actuals}, "segments": shown}


def _read(row: Mapping[str, Any], calendars: Calendars) -> tuple[Case, list[LoopdeskError]]:
    policy, events = row.get("policy"), row.get("events")
    if not isinstance(policy, Mapping) or not isinstance(events, Sequence):
        raise Invalid(N_("A case has a policy and a list of events."), remedy=N_("Add them."), place=str(row.get("id")))
    read, problems = read_events(event for event in events if isinstance(event, Mapping))
    zone = zone_of(row.get("timezone", "UTC"), "timezone")
    wanted = row.get("as_of") or ()
    moments = [(str(text), read_moment(text, "as_of")) for text in ([wanted] if isinstance(wanted, str) else wanted)]
    case = Case(
        read_policy(policy, "policy"),
        calendars.get(str(row.get("calendar", ""))),
        calendars.get,
        read,
        moments,
        lambda at: None if at is None else shown(at, zone),
    )
    return case, [*problems]


def shown(at: datetime, zone: ZoneInfo) -> str:
    """ISO 8601 in a zone; ``Z`` for UTC."""
    text = at.astimezone(zone).isoformat()
    return text.removesuffix("+00:00") + "Z" if zone.key in ("UTC", "Etc/UTC", "Zulu") else text


def _replay(case: Case, events: Sequence[ClockEvent], as_of: datetime | None = None) -> Clock:
    known = [event for event in events if as_of is None or event.at <= as_of]
    return replay(case.policy, case.calendar, known, as_of, calendars=case.calendars)


def _actual(
    case: Case, events: Sequence[ClockEvent], clock: Clock, problems: Sequence[LoopdeskError]
) -> dict[str, Any]:
    show, years = case.show, clock.unofficial_years
    then = {text: _replay(case, events, at) for text, at in case.moments}
    errors = "; ".join(str(problem) for problem in [*problems, *clock.problems])
    return {
        "due": show(clock.due),
        "breached": clock.breached,
        "breached_at": show(clock.breached_at),
        "met_at": show(clock.met_at),
        "elapsed_minutes": minutes(clock.elapsed),
        "overdue_minutes": None if clock.overdue is None else minutes(clock.overdue),
        "team_elapsed_minutes": {team: minutes(length) for team, length in clock.team_elapsed.items()},
        "escalations": {key: show(item.fired or item.at) for key, item in clock.escalations.items()},
        "state": clock.state or None,
        "state_at": {text: past.state or None for text, past in then.items()},
        "due_while_paused": None,
        "elapsed_minutes_at_pause": None if clock.elapsed_at_pause is None else minutes(clock.elapsed_at_pause),
        "elapsed_minutes_at": {text: minutes(past.elapsed) for text, past in then.items()},
        "due_before": show(clock.due_before),
        "provisional": bool(years),
        "warning": str(warning(years)) if years else None,
        "error": errors or None,
        "history": [{"breached_at": show(at)} for at in clock.history],
        "further_escalations": clock.further_escalations,
    }


def warning(years: Sequence[int]) -> Phrase:
    """What to tell about a provisional deadline."""
    named = ", ".join(map(str, years))
    return Phrase(N_("no official %(years)s holiday schedule loaded"), years=named)


def minutes(length: timedelta) -> float | int:
    """Minutes; a whole number where it is one."""
    whole, rest = divmod(length, timedelta(minutes=1))
    return whole if not rest else length / timedelta(minutes=1)


def _segments(case: Case, clock: Clock) -> list[dict[str, Any]]:
    rows = []
    for segment in segments(clock):
        row = {
            "from": case.show(segment.start),
            "to": case.show(segment.end),
            "state": segment.state,
            "why": str(segment.why),
            "minutes": minutes(segment.counted),
        }
        if segment.ahead:
            row["ahead"] = minutes(segment.ahead)
        if segment.team:
            row["team"] = segment.team
        rows.append(row)
    return rows
