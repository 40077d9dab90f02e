"""Each convention of working time by an example worked by hand (SLA-2; conventions of the clock cases)."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from loopdesk.engine.calendar import Calendar, Calendars, working_length

EVERY_DAY = {str(day): [["00:00", "24:00"]] for day in range(7)}
WORKDAYS = {str(day): [["09:00", "18:00"]] for day in range(5)}


def one(zone: str, weekly: dict[str, Any], **more: Any) -> Calendar:
    return Calendars({"calendars": {"it": {"timezone": zone, "weekly": weekly, **more}}}).get("it")


def due(calendar: Calendar, start: str, minutes: int) -> datetime:
    return calendar.add(datetime.fromisoformat(start), timedelta(minutes=minutes))


def between(calendar: Calendar, start: str, end: str) -> float:
    return calendar.elapsed(datetime.fromisoformat(start), datetime.fromisoformat(end)) / timedelta(minutes=1)


CASES = [
    # half-open: used up at close is due at close, one second more at the next opening
    ("Asia/Shanghai", WORKDAYS, "2026-03-10T17:00:00+08:00", 60, "2026-03-10T18:00:00+08:00"),
    ("Asia/Shanghai", WORKDAYS, "2026-03-10T18:00:00+08:00", 1, "2026-03-11T09:01:00+08:00"),
    ("Asia/Shanghai", WORKDAYS, "2026-03-13T17:00:00+08:00", 61, "2026-03-16T09:01:00+08:00"),
    # a night belongs to the day on which it opens: Saturday morning is Friday's
    ("Asia/Shanghai", {"4": [["22:00", "06:00"]]}, "2026-03-13T23:00:00+08:00", 420, "2026-03-14T06:00:00+08:00"),
    ("Asia/Shanghai", {"4": [["22:00", "06:00"]]}, "2026-03-14T05:00:00+08:00", 90, "2026-03-20T22:30:00+08:00"),
    # 24:00 is the next day's midnight, close = open is a whole day
    ("Asia/Shanghai", {"0": [["20:00", "24:00"]]}, "2026-03-09T23:00:00+08:00", 60, "2026-03-10T00:00:00+08:00"),
    ("Asia/Shanghai", {"0": [["08:00", "08:00"]]}, "2026-03-09T08:00:00+08:00", 1440, "2026-03-10T08:00:00+08:00"),
    # 23 and 25 hours of a day in New York
    ("America/New_York", EVERY_DAY, "2026-03-08T00:00:00-05:00", 23 * 60, "2026-03-09T00:00:00-04:00"),
    ("America/New_York", EVERY_DAY, "2026-11-01T00:00:00-04:00", 25 * 60, "2026-11-02T00:00:00-05:00"),
    # an opening that does not exist (02:30) begins after the gap, at 03:00 -04:00
    ("America/New_York", {"6": [["02:30", "05:00"]]}, "2026-03-08T00:00:00-05:00", 1, "2026-03-08T03:01:00-04:00"),
    ("America/New_York", {"6": [["02:30", "05:00"]]}, "2026-03-08T00:00:00-05:00", 120, "2026-03-08T05:00:00-04:00"),
    # a close that does not exist ends when the gap begins; all inside the gap is nothing at all
    ("America/New_York", {"6": [["01:00", "02:30"]]}, "2026-03-08T00:00:00-05:00", 60, "2026-03-08T02:00:00-05:00"),
    ("America/New_York", {"6": [["02:10", "02:40"]]}, "2026-03-08T00:00:00-05:00", 10, "2026-03-15T02:20:00-04:00"),
    # 01:30 comes twice: open at the first, close at the last
    ("America/New_York", {"6": [["01:30", "03:00"]]}, "2026-11-01T00:00:00-04:00", 150, "2026-11-01T03:00:00-05:00"),
    ("America/New_York", {"6": [["00:00", "01:30"]]}, "2026-11-01T00:00:00-04:00", 150, "2026-11-01T01:30:00-05:00"),
    # half an hour of daylight saving on Lord Howe Island: 02:00 comes at 01:30 again in April
    ("Australia/Lord_Howe", {"6": [["00:00", "04:00"]]}, "2026-04-05T00:00:00+11:00", 270, "2026-04-05T04:00:00+10:30"),
    ("Australia/Lord_Howe", {"6": [["00:00", "04:00"]]}, "2026-10-04T00:00:00+10:30", 210, "2026-10-04T04:00:00+11:00"),
    # half-hour and three-quarter zones
    ("Asia/Kolkata", WORKDAYS, "2026-03-10T03:30:00+00:00", 30, "2026-03-10T09:30:00+05:30"),
    ("Asia/Kathmandu", WORKDAYS, "2026-03-10T03:00:00+00:00", 45, "2026-03-10T09:45:00+05:45"),
    # a date that Samoa never had
    ("Pacific/Apia", WORKDAYS, "2011-12-29T17:00:00-10:00", 120, "2012-01-02T10:00:00+14:00"),
]  # fmt: skip


@pytest.mark.parametrize(("zone", "weekly", "start", "minutes", "expected"), CASES)
def test_a_deadline_is_the_one_worked_by_hand(
    zone: str, weekly: dict[str, Any], start: str, minutes: int, expected: str
) -> None:
    assert due(one(zone, weekly), start, minutes) == datetime.fromisoformat(expected)


def test_a_holiday_closes_its_date_and_the_night_that_opens_on_it() -> None:
    night = {"0": [["22:00", "06:00"]], "1": [["22:00", "06:00"]]}
    calendar = one("Asia/Shanghai", night, holidays=["2026-03-10"])
    # Monday's night ends on the holiday's morning; Tuesday's does not open.
    assert between(calendar, "2026-03-09T00:00:00+08:00", "2026-03-14T00:00:00+08:00") == 480


def test_a_make_up_day_has_mondays_hours_and_wins_over_weekend_and_holiday() -> None:
    weekly = {"0": [["09:00", "11:00"]], "2": [["09:00", "18:00"]]}
    calendar = one("UTC", weekly, holidays=["2026-03-11"], extra_workdays=["2026-03-11", "2026-03-14"])
    assert between(calendar, "2026-03-10T00:00:00+00:00", "2026-03-15T00:00:00+00:00") == 240


def test_a_union_counts_an_overlap_once_and_a_holiday_closes_every_member_in_its_zone() -> None:
    weekly = {"0": [["09:00", "17:00"]]}
    data = {
        "a": {"timezone": "UTC", "weekly": weekly},
        "b": {"timezone": "Europe/Berlin", "weekly": weekly},
        "ab": {"union": ["a", "b"]},
    }
    union = Calendars({"calendars": data}).get("ab")
    assert between(union, "2026-01-12T00:00:00+00:00", "2026-01-13T00:00:00+00:00") == 540
    closed = union.with_holiday(datetime.fromisoformat("2026-01-12").date())
    assert between(closed, "2026-01-12T00:00:00+00:00", "2026-01-13T00:00:00+00:00") == 0
    assert between(union, "2026-01-12T00:00:00+00:00", "2026-01-13T00:00:00+00:00") == 540


def test_days_and_weeks_of_work_are_those_of_the_calendar() -> None:
    lunch = one(
        "UTC", {str(day): [["09:00", "12:00"], ["13:00", "18:00"]] for day in range(5)} | {"5": [["9:00", "11:00"]]}
    )
    assert working_length("P1D", lunch) == timedelta(hours=8)
    assert working_length("P1W", lunch) == timedelta(hours=42)
    assert working_length("P1DT30M", lunch) == timedelta(hours=8, minutes=30)
    assert working_length("P0.5D", lunch) == timedelta(hours=4)
    assert working_length("PT90M", lunch) == timedelta(minutes=90)


def chinese(**years: Any) -> Calendar:
    sets = {"CN": {"country": "CN", **years}}
    calendar = {"timezone": "Asia/Shanghai", "weekly": WORKDAYS, "holidays": "CN", "extra_workdays": "CN"}
    return Calendars({"calendars": {"cn": calendar}, "holiday_sets": sets}).get("cn")


def test_published_days_count_where_a_set_lists_none() -> None:
    cn = chinese(years=[2026])
    # The spring festival of 2026 with its make-up days: Friday 13 and Saturday 14 February are worked, then rest to 24.
    assert due(cn, "2026-02-13T17:00:00+08:00", 60 + 540 + 60) == datetime.fromisoformat("2026-02-24T10:00:00+08:00")


def test_a_year_without_a_notice_is_guessed_and_said_to_be_so() -> None:
    cn = chinese(years=[2026])
    start, end = (datetime.fromisoformat(text) for text in ("2026-12-31T17:00:00+08:00", "2027-01-04T10:00:00+08:00"))
    assert cn.add(start, timedelta(minutes=120)) == end
    assert cn.unofficial(start, end) == (2027,)
    assert cn.unofficial(start, datetime.fromisoformat("2027-01-01T00:00:00+08:00")) == ()
    assert chinese(years=[2026, 2027]).unofficial(start, end) == ()


def test_own_lists_win_over_published_days_in_their_years() -> None:
    cn = chinese(years=[2026, 2027], holidays=["2027-01-04"])
    assert due(cn, "2026-12-31T17:00:00+08:00", 120) == datetime.fromisoformat("2027-01-01T10:00:00+08:00")
    assert due(cn, "2027-01-01T17:00:00+08:00", 120) == datetime.fromisoformat("2027-01-05T10:00:00+08:00")
