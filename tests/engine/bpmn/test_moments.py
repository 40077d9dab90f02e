"""Timers as written: ISO 8601 durations, moments, cycles (BPMN 2.0.2 §10.5.5.12)."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from loopdesk.engine.bpmn.moments import first_due, is_local, next_due, read_cycle, read_duration, read_moment
from loopdesk.engine.errors import Invalid

BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 1, 31, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "due"),
    [
        ("PT30M", NOW + timedelta(minutes=30)),
        ("P1DT2H", NOW + timedelta(hours=26)),
        ("P1W2D", NOW + timedelta(days=9)),
        ("PT1.5M30S", NOW + timedelta(seconds=120)),
        ("PT0.5S", NOW + timedelta(milliseconds=500)),
        ("P1M", datetime(2026, 2, 28, 12, tzinfo=UTC)),
        ("P1Y1M", datetime(2027, 2, 28, 12, tzinfo=UTC)),
    ],
)
def test_durations(text: str, due: datetime) -> None:
    assert read_duration(text).after(NOW) == due


@pytest.mark.parametrize(
    "text", ["-PT5M", "PT", "P", "", "5 minutes", "P0.5M", "PT5", "PT0S", "P1S", "P99999999D", "P99999Y"]
)
def test_what_is_no_usable_duration_is_refused(text: str) -> None:
    """Trap "durations": ``-PT5M`` was read as five minutes ahead."""
    with pytest.raises(Invalid):
        read_duration(text)


def test_a_moment_without_a_zone_is_in_the_one_that_is_handed_in() -> None:
    """Trap "time zones": naive times took the zone of the machine."""
    assert read_moment("2026-03-01T09:00:00+08:00", BERLIN) == datetime(2026, 3, 1, 1, tzinfo=UTC)
    assert read_moment("2026-03-01T09:00:00", BERLIN) == datetime(2026, 3, 1, 8, tzinfo=UTC)
    assert read_moment("2026-07-01", BERLIN) == datetime(2026, 6, 30, 22, tzinfo=UTC)
    assert [is_local(text) for text in ("2026-03-01", "R/2026-03-01T00:00:00/P1D", "P1D", "2026-03-01T00:00:00Z")] == [
        True,
        True,
        False,
        False,
    ]
    for text in ("tomorrow", "2026-13-01T00:00:00Z"):
        with pytest.raises(Invalid):
            read_moment(text)


@pytest.mark.parametrize(
    ("text", "due"),
    [
        ("0 0 9 * * *", "2026-02-01T08:00"),
        ("@daily", "2026-01-31T23:00"),
        ("0 30 8-10 ? * MON-FRI", "2026-02-02T07:30"),
        ("*/10 * * * * *", "2026-01-31T12:00:10"),
        ("0 0 0 L * *", "2026-02-27T23:00"),
        ("0 0 9 13 * FRI", "2026-02-13T08:00"),
    ],
)
def test_cycles_of_calendar_and_clock_are_in_the_zone_of_the_house(text: str, due: str) -> None:
    """As Camunda 8 writes them, with seconds first; day of the month and of the week have both to fit."""
    assert first_due("cycle", text, NOW, BERLIN) == (datetime.fromisoformat(due).replace(tzinfo=UTC), None)


def test_a_daily_cycle_keeps_its_hour_when_the_clocks_change() -> None:
    saturday = datetime(2026, 3, 28, 8, tzinfo=UTC)
    assert next_due("0 0 9 * * *", saturday, saturday, BERLIN) == (saturday + timedelta(hours=23), 0)


def test_a_late_calendar_cycle_goes_on_at_once_and_counts_what_it_missed() -> None:
    assert next_due("0 0 9 * * *", NOW, NOW + timedelta(days=3), UTC) == (datetime(2026, 2, 4, 9, tzinfo=UTC), 3)
    assert next_due("* * * * * *", NOW, NOW + timedelta(days=3650), UTC)[0] == NOW + timedelta(days=3650, seconds=1)


@pytest.mark.parametrize(
    "text", ["0 9 * * *", "H H H * * *", "R R R * * *", "0 0 25 * * *", "@never", "0 0 9 30 2 *", "* * * * * * *"]
)
def test_what_is_no_cycle_of_calendar_and_clock_is_refused(text: str) -> None:
    with pytest.raises(Invalid):
        read_cycle(text)


def test_cycles() -> None:
    assert read_cycle("R3/PT10M").rounds == 3
    assert read_cycle("R/PT10M").rounds is None
    assert first_due("cycle", "R2/2026-02-01T00:00:00Z/P1D", NOW) == (datetime(2026, 2, 1, tzinfo=UTC), 2)
    for text in ("R0/PT1M", "R3", "PT10M", "R3/PT10M/PT1M/x", "0 0 * * *", "Rx/PT1M"):
        with pytest.raises(Invalid):
            read_cycle(text)


def test_a_late_cycle_says_how_many_rounds_it_missed() -> None:
    due = NOW
    assert next_due("R/PT30M", due, NOW) == (NOW + timedelta(minutes=30), 0)
    assert next_due("R/PT30M", due, NOW + timedelta(minutes=100)) == (NOW + timedelta(minutes=120), 3)
    assert next_due("R/P1M", due, datetime(2026, 5, 1, tzinfo=UTC)) == (datetime(2026, 5, 28, 12, tzinfo=UTC), 3)


def test_a_cycle_of_seconds_that_is_a_year_late_is_found_at_once() -> None:
    following, missed = next_due("R/PT1S", NOW, NOW + timedelta(days=365))
    assert following == NOW + timedelta(days=365, seconds=1)
    assert missed == 365 * 86400
