"""Working time agrees with counting minute by minute, and adding is the inverse of measuring (SLA-2)."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loopdesk.engine.calendar import Calendars
from loopdesk.tests.engine.calendar import brute

DAY = [["09:00", "12:00"], ["13:30", "18:00"]]
DEFINITIONS: dict[str, Any] = {
    "office": {
        "timezone": "Asia/Shanghai",
        "weekly": {str(day): DAY for day in range(5)},
        "holidays": ["2026-10-01", "2026-10-02", "2026-10-05"],
        "extra_workdays": ["2026-10-10", "2026-10-02"],
    },
    "night": {"timezone": "Asia/Shanghai", "weekly": {"0": [["22:00", "06:00"]], "4": [["20:00", "04:00"]]}},
    "always": {"timezone": "America/New_York", "weekly": {str(day): [["00:00", "24:00"]] for day in range(7)}},
    "berlin": {"timezone": "Europe/Berlin", "weekly": {str(day): [["08:00", "18:00"]] for day in range(5)}},
    "kathmandu": {"timezone": "Asia/Kathmandu", "weekly": {"6": [["10:00", "17:00"]], "0": [["23:00", "23:00"]]}},
    "overlapping": {
        "timezone": "UTC",
        "weekly": {"2": [["08:00", "12:00"], ["11:00", "02:00"]], "3": [["00:00", "03:00"]]},
    },
    "lord_howe": {"timezone": "Australia/Lord_Howe", "weekly": {"6": [["00:00", "06:00"]], "0": [["07:00", "09:00"]]}},
    "sun": {"union": ["office", "berlin", "night"]},
}  # fmt: skip
CALENDARS = Calendars({"calendars": DEFINITIONS})
NAMES = st.sampled_from(sorted(DEFINITIONS))
FIRST = datetime(2026, 1, 1, tzinfo=UTC)
MINUTES = st.integers(0, 366 * 1440)
MOMENTS = st.builds(lambda seconds: FIRST + timedelta(microseconds=seconds), st.integers(0, 10**6 * 86_400 * 366))
LENGTHS = st.builds(lambda seconds: timedelta(microseconds=seconds), st.integers(0, 10**6 * 3_600 * 500))


@given(NAMES, MINUTES, st.integers(0, 6_000))
@settings(max_examples=40, deadline=None)
def test_the_time_between_is_what_counting_each_minute_gives(name: str, minute: int, length: int) -> None:
    start = FIRST + timedelta(minutes=minute)
    end = start + timedelta(minutes=length)
    counted = brute.elapsed(DEFINITIONS, name, start, end)
    assert CALENDARS.get(name).elapsed(start, end) == timedelta(minutes=counted)


@given(NAMES, MINUTES, st.integers(1, 700))
@settings(max_examples=40, deadline=None)
def test_the_moment_after_working_time_is_what_counting_each_minute_gives(name: str, minute: int, length: int) -> None:
    start = FIRST + timedelta(minutes=minute)
    found = CALENDARS.get(name).add(start, timedelta(minutes=length))
    assert found == brute.add(DEFINITIONS, name, start, length)


@given(NAMES, MOMENTS, LENGTHS)
@settings(deadline=None)
def test_what_was_added_is_what_has_elapsed(name: str, start: datetime, length: timedelta) -> None:
    calendar = CALENDARS.get(name)
    assert calendar.elapsed(start, calendar.add(start, length)) == length


@given(NAMES, MOMENTS, LENGTHS, LENGTHS)
@settings(deadline=None)
def test_more_work_or_a_later_start_is_never_due_earlier(
    name: str, start: datetime, length: timedelta, more: timedelta
) -> None:
    calendar = CALENDARS.get(name)
    assert calendar.add(start, length) <= calendar.add(start, length + more)
    assert calendar.add(start, length) <= calendar.add(start + more, length)


@given(NAMES, MOMENTS, LENGTHS, LENGTHS)
@settings(deadline=None)
def test_two_parts_of_a_time_add_up_to_the_whole(
    name: str, start: datetime, first: timedelta, second: timedelta
) -> None:
    calendar, middle = CALENDARS.get(name), start + first
    whole = calendar.elapsed(start, middle + second)
    assert calendar.elapsed(start, middle) + calendar.elapsed(middle, middle + second) == whole


@given(NAMES, MOMENTS, LENGTHS)
@settings(deadline=None)
def test_open_times_are_in_order_apart_and_add_up(name: str, start: datetime, length: timedelta) -> None:
    calendar, end = CALENDARS.get(name), start + length
    times = calendar.intervals(start, end)
    bounds = [bound for pair in times for bound in pair]
    assert bounds == sorted(set(bounds))
    assert all(start <= bound <= end for bound in bounds)
    assert sum((closes - opens for opens, closes in times), timedelta()) == calendar.elapsed(start, end)


@pytest.mark.parametrize("name", sorted(DEFINITIONS))
def test_a_whole_year_agrees_with_its_minutes(name: str) -> None:
    start, end = datetime(2026, 2, 1, tzinfo=UTC), datetime(2026, 4, 15, tzinfo=UTC)
    counted = brute.elapsed(DEFINITIONS, name, start, end)
    assert CALENDARS.get(name).elapsed(start, end) == timedelta(minutes=counted)


def test_no_time_before_the_start_and_none_backwards() -> None:
    office = CALENDARS.get("office")
    assert office.elapsed(FIRST + timedelta(days=3), FIRST) == timedelta()
    assert office.add(FIRST, timedelta()) == FIRST
    assert office.intervals(FIRST, FIRST) == []
