"""A calendar that cannot work says where and what to do, and harms no other (issue 6, bad input)."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from loopdesk.engine.calendar import Calendars, working_length
from loopdesk.engine.errors import Invalid, Missing

HOURS = {"0": [["09:00", "18:00"]]}
GOOD: dict[str, Any] = {"timezone": "UTC", "weekly": HOURS}
NOW = datetime(2026, 3, 9, 9, tzinfo=UTC)
BAD: list[tuple[dict[str, Any], str, str]] = [
    ({"timezone": "UTC", "weekly": {}}, "no working hours", "calendars.bad"),
    ({"timezone": "Mars/Olympus", "weekly": HOURS}, "not a known time zone", "calendars.bad.timezone"),
    ({"timezone": "America", "weekly": HOURS}, "not a known time zone", "calendars.bad.timezone"),
    ({"weekly": HOURS}, "not a known time zone", "calendars.bad.timezone"),
    ({"timezone": "UTC", "weekly": {"7": [["09:00", "18:00"]]}}, "not a weekday", "calendars.bad.weekly.7"),
    ({"timezone": "UTC", "weekly": {"0": [["9", "18:00"]]}}, "not hours", "calendars.bad.weekly.0"),
    ({"timezone": "UTC", "weekly": {"0": [["09:00", "24:30"]]}}, "not hours", "calendars.bad.weekly.0"),
    ({"timezone": "UTC", "weekly": {"0": [["24:00", "06:00"]]}}, "not hours", "calendars.bad.weekly.0"),
    ({"timezone": "UTC", "weekly": {"0": "09:00-18:00"}}, "not hours", "calendars.bad.weekly.0"),
    ({"timezone": "UTC", "weekly": {"0": [540]}}, "not hours", "calendars.bad.weekly.0"),
    ({"timezone": "UTC", "weekly": []}, "no working hours", "calendars.bad"),
    ({"timezone": "UTC", "weekly": ["09:00"]}, "names with values", "calendars.bad.weekly"),
    ({**GOOD, "holidays": ["1 October"]}, "not a date", "calendars.bad.holidays"),
    ({**GOOD, "holidays": 5}, "list of dates", "calendars.bad.holidays"),
    ({**GOOD, "holidays": "XX"}, "No holidays are known for the country", "holiday_sets.XX"),
    ({**GOOD, "holidays": "CN1999"}, "no holiday set", "calendars.bad.holidays"),
    ({**GOOD, "holidays": "years"}, "list of numbers", "holiday_sets.years"),
    ({**GOOD, "day_minutes": 1441}, "1 to 1440", "calendars.bad.day_minutes"),
    ({"union": []}, "names the calendars", "calendars.bad"),
    ({"union": ["good", "nobody"]}, "no calendar “nobody”", "calendars.bad.union"),
    ({"union": ["good", "loop"]}, "circle: bad → loop → bad", "calendars.bad.union"),
    ({"union": ["bad"]}, "circle: bad → bad", "calendars.bad.union"),
]


@pytest.mark.parametrize(("definition", "message", "place"), BAD)
def test_a_bad_calendar_says_where_and_what_to_do(definition: dict[str, Any], message: str, place: str) -> None:
    sets = {"XX": {"country": "XX"}, "years": {"years": ["2026"]}}
    calendars = Calendars(
        {"calendars": {"good": GOOD, "bad": definition, "loop": {"union": ["bad"]}}, "holiday_sets": sets}
    )
    with pytest.raises((Invalid, Missing)) as caught:
        calendars.get("bad")
    assert message in caught.value.text()
    assert place in caught.value.place
    assert caught.value.remedy_text()
    assert calendars.get("good").elapsed(NOW, NOW + timedelta(hours=1)) == timedelta(hours=1)
    assert any(message in problem.text() for problem in calendars.problems())


def test_a_target_that_the_hours_never_reach_is_refused_and_does_not_count_for_ever() -> None:
    calendar = Calendars({"calendars": {"good": GOOD}}).get("good")
    with pytest.raises(Invalid, match="not used up within"):
        calendar.add(NOW, timedelta(days=5_000))


@pytest.mark.parametrize("at", [datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, tzinfo=UTC)])
def test_a_moment_at_the_end_of_time_is_refused(at: datetime) -> None:
    calendar = Calendars({"calendars": {"good": GOOD}}).get("good")
    with pytest.raises(Invalid, match="too far away"):
        calendar.add(at, timedelta(hours=1))
    with pytest.raises(Invalid, match="too far away"):
        calendar.elapsed(NOW, at) if at > NOW else calendar.elapsed(at, NOW)


def test_a_moment_without_zone_and_a_negative_time_are_refused() -> None:
    calendar = Calendars({"calendars": {"good": GOOD}}).get("good")
    with pytest.raises(Invalid, match="no time zone"):
        calendar.add(NOW.replace(tzinfo=None), timedelta(hours=1))
    with pytest.raises(Invalid, match="before its start"):
        calendar.add(NOW, timedelta(hours=-1))


@pytest.mark.parametrize(
    "text", ["P1M", "P1Y", "", "PT", "P", "PT0S", "P0D", "-PT5M", "eight hours", "P1DT", "P9999999999D"]
)
def test_what_is_no_working_time_is_refused(text: str) -> None:
    calendar = Calendars({"calendars": {"good": GOOD}}).get("good")
    with pytest.raises(Invalid) as caught:
        working_length(text, calendar)
    assert caught.value.remedy_text()


def test_a_union_has_no_day_unless_it_says_so() -> None:
    data = {"good": GOOD, "both": {"union": ["good"]}, "said": {"union": ["good"], "day_minutes": 480}}
    calendars = Calendars({"calendars": data})
    assert working_length("P2D", calendars.get("said")) == timedelta(hours=16)
    with pytest.raises(Invalid, match="how long a working day is"):
        working_length("P1D", calendars.get("both"))
