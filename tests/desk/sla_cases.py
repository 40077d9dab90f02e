"""Clock cases for tests: March 2026, Asia/Shanghai, Tuesday the 10th; office from nine to six on five days."""

from typing import Any

from loopdesk.desk.sla.replay import replay_file

WORKDAYS = {str(day): [["09:00", "18:00"]] for day in range(5)}
CALENDARS: dict[str, Any] = {
    "office": {"timezone": "Asia/Shanghai", "weekly": WORKDAYS},
    "always": {"timezone": "Asia/Shanghai", "weekly": {str(day): [["00:00", "24:00"]] for day in range(7)}},
    "empty": {"timezone": "Asia/Shanghai", "weekly": {}},
}
RESOLUTION = {"clock": "resolution", "target_minutes": 480}


def at(text: str) -> str:
    """``10 09:30`` as the moment in March 2026."""
    day, time = text.split()
    return f"2026-03-{int(day):02}T{time}{':00' if time.count(':') == 1 else ''}+08:00"


def event(kind: str, when: str, **more: Any) -> dict[str, Any]:
    """One event of a case."""
    return {"type": kind, "at": at(when), **more}


def replayed(policy: dict[str, Any], *events: dict[str, Any], calendar: str = "office", **more: Any) -> dict[str, Any]:
    """The whole answer for a case of these events."""
    case = {"id": "it", "timezone": "Asia/Shanghai", "calendar": calendar, "policy": policy, "events": list(events)}
    (answer,) = replay_file({"calendars": CALENDARS, "cases": [case | more]})
    return answer


def actual(policy: dict[str, Any], *events: dict[str, Any], **more: Any) -> dict[str, Any]:
    """What the clock says."""
    found: dict[str, Any] = replayed(policy, *events, **more)["actual"]
    return found


def expect(found: dict[str, Any], **wanted: Any) -> None:
    """Compare the keys given, moments in the short form."""
    moments = {"due", "due_before", "breached_at", "met_at"}
    long = {key: at(value) if key in moments and value else value for key, value in wanted.items()}
    assert {key: found[key] for key in long} == long
