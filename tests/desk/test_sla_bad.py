"""Bad clocks, calendars and events get a stated answer, and nothing else is lost (issue 6, bad input)."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from loopdesk.desk.sla.events import ClockEvent
from loopdesk.desk.sla.machine import replay
from loopdesk.desk.sla.policy import Policy
from loopdesk.desk.sla.replay import NOTHING, replay_file
from loopdesk.engine.calendar import Calendars
from loopdesk.engine.errors import Invalid
from loopdesk.tests.desk.sla_cases import CALENDARS, RESOLUTION, actual, at, event, expect

CREATED = event("created", "10 09:00")


@pytest.mark.parametrize(
    ("calendar", "message"), [("empty", "no working hours"), ("nobody", "no calendar “nobody”"), ("", "no calendar")]
)
def test_a_calendar_without_hours_or_name_stops_only_its_case(calendar: str, message: str) -> None:
    case = {"id": 1, "timezone": "UTC", "calendar": calendar, "policy": RESOLUTION, "events": [CREATED]}
    bad, good = replay_file({"calendars": CALENDARS, "cases": [case, case | {"calendar": "office"}]})
    assert message in bad["actual"]["error"]
    assert bad["actual"].keys() == good["actual"].keys() == NOTHING.keys()
    assert bad["actual"]["due"] is None
    assert good["actual"]["error"] is None


@pytest.mark.parametrize(
    ("policy", "message"),
    [
        ({"clock": "sundial"}, "no clock “sundial”"),
        ({"clock": "resolution", "target_minutes": 0}, "not a positive number"),
        ({"clock": "resolution", "target_minutes": "eight"}, "not a positive number"),
        ({"clock": "resolution", "target_minutes": 1e300}, "not a positive number"),
        ({"clock": "resolution", "targets_minutes": {"P1": -5}}, "not a positive number"),
        ({"clock": "resolution", "targets_minutes": [5]}, "not a positive number"),
        ({"clock": "resolution", "target_minutes": 5, "on_priority_change": "restart"}, "changed priority"),
        ({"clock": "resolution", "target_minutes": 5, "escalate_percent": ["half"]}, "not a positive number"),
        ({"clock": "resolution", "target_minutes": 90_000_000}, "not used up within"),
    ],
)
def test_a_policy_that_cannot_be_counted_says_why(policy: dict[str, Any], message: str) -> None:
    assert message in actual(policy, CREATED)["error"]


def test_an_event_before_the_creation_is_not_counted_and_said() -> None:
    found = actual(RESOLUTION, event("pause", "10 08:00"), CREATED)
    expect(found, due="10 17:00", state="running")
    assert "“pause” at 2026-03-10T08:00:00+08:00 is before the case was created" in found["error"]


def test_an_event_that_arrived_before_it_happened_is_not_counted_and_said() -> None:
    found = actual(RESOLUTION, CREATED, event("pause", "10 12:00", arrives=at("10 10:00")))
    expect(found, due="10 17:00", state="running")
    assert "from the future" in found["error"]


def test_a_live_clock_does_not_believe_events_after_now() -> None:
    created = datetime(2026, 3, 10, 1, tzinfo=UTC)
    office = Calendars({"calendars": CALENDARS}).get("office")
    events = [ClockEvent("created", created), ClockEvent("resolved", created + timedelta(hours=9))]
    clock = replay(Policy("resolution", timedelta(hours=8)), office, events, created + timedelta(hours=3))
    assert (clock.state, clock.elapsed) == ("running", timedelta(hours=3))
    assert "from the future" in str(clock.problems[0])


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({"type": "exploded", "at": at("10 10:00")}, "no event “exploded”"),
        ({"type": "pause"}, "not a moment with its time zone"),
        ({"type": "pause", "at": "2026-03-10T10:00:00"}, "not a moment with its time zone"),
        ({"type": "pause", "at": "soon"}, "not a moment with its time zone"),
        ({"type": "holiday_added", "at": at("10 10:00"), "date": "tomorrow"}, "not a date"),
        ({"type": "priority", "at": at("10 10:00"), "to": "P1", "calendar": "nobody"}, "no calendar “nobody”"),
        ({"type": "created", "at": at("10 10:00")}, "created once more"),
    ],
)
def test_a_wrong_event_is_said_and_the_others_count(row: dict[str, Any], message: str) -> None:
    found = actual(RESOLUTION, CREATED, row, event("resolved", "10 12:00"))
    expect(found, met_at="10 12:00", elapsed_minutes=180)
    assert message in found["error"]


def test_a_case_that_was_never_created_has_no_clock() -> None:
    assert "never created" in actual(RESOLUTION)["error"]
    assert actual(RESOLUTION, event("resolved", "10 12:00"))["state"] is None


@pytest.mark.parametrize("data", [[], "text", {}, {"cases": 5}, None])
def test_a_file_of_something_else_is_refused(data: object) -> None:
    with pytest.raises(Invalid, match="no clock cases"):
        replay_file(data)


@pytest.mark.parametrize("row", [5, {"id": 1}, {"id": 1, "policy": RESOLUTION}, {"id": 1, "policy": 3, "events": []}])
def test_a_case_of_something_else_gets_an_error_of_its_own(row: object) -> None:
    (answer,) = replay_file({"calendars": CALENDARS, "cases": [row]})
    assert answer["actual"]["error"]


def test_a_zone_that_nobody_knows_is_said() -> None:
    assert "not a known time zone" in actual(RESOLUTION, CREATED, timezone="Mars")["error"]
