"""Bar of issue 6: clock arithmetic over a year takes at most 200 µs; 1,000 running clocks recomputed within 1 s."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from loopdesk.desk.sla.events import ClockEvent
from loopdesk.desk.sla.machine import replay
from loopdesk.desk.sla.policy import Policy
from loopdesk.engine.calendar import Calendars
from loopdesk.tests.bench.bench_feel import best, pure_loop
from loopdesk.tests.bench.report import row

DAY = [["09:00", "12:00"], ["13:30", "18:00"]]
WORKDAYS = {str(day): DAY for day in range(5)}
DATA: dict[str, Any] = {
    "holiday_sets": {"CN": {"country": "CN", "years": [2025, 2026]}},
    "calendars": {
        "cn": {"timezone": "Asia/Shanghai", "weekly": WORKDAYS, "holidays": "CN", "extra_workdays": "CN"},
        "berlin": {"timezone": "Europe/Berlin", "weekly": WORKDAYS},
        "new_york": {"timezone": "America/New_York", "weekly": WORKDAYS},
        "sun": {"union": ["cn", "berlin", "new_york"]},
    },
}
START, END = datetime(2025, 11, 3, 2, tzinfo=UTC), datetime(2026, 11, 3, 2, tzinfo=UTC)
CLOCKS = 1_000


def recomputed() -> None:
    """1,000 clocks that run since a day or more hear of a holiday and say when they are due now."""
    calendar = Calendars(DATA).get("cn").with_holiday(date(2026, 3, 11))
    policy = Policy("resolution", timedelta(hours=16), escalate_percent=(50, 75, 90, 100))
    for number in range(CLOCKS):
        created = datetime(2026, 3, 9, 1, tzinfo=UTC) + timedelta(minutes=number)
        clock = replay(policy, calendar, [ClockEvent("created", created)], created + timedelta(hours=30))
        assert clock.due is not None


def rows() -> list[dict[str, Any]]:
    """Figures of working time over a year, warm and from nothing, beside a calibration of the same run."""
    calendars = Calendars(DATA)
    cn, sun = calendars.get("cn"), calendars.get("sun")
    year = cn.elapsed(START, END)
    assert cn.add(START, year) <= END
    calibration = best(pure_loop, 200)
    added = best(lambda: cn.add(START, year), 2_000)
    measured = best(lambda: cn.elapsed(START, END), 2_000)
    union = best(lambda: sun.elapsed(START, END), 2_000)
    listed = best(lambda: cn.intervals(START, END), 20)
    cold = best(lambda: Calendars(DATA).get("cn").elapsed(START, END), 3)
    return [
        row("calendar: a year of working time added", added, "µs", 200),
        row("calendar: the working time of a year measured", measured, "µs", 200),
        row("calendar: the same of three calendars joined", union, "µs", 200),
        row("calendar: a year added, in calibration loops", added / calibration, "loops"),
        row("calendar: every open time of a year listed", listed, "µs"),
        row("calendar: a year measured in a calendar never used before", cold, "µs"),
        row("SLA: 1,000 running clocks recomputed after a holiday", best(recomputed, 1) / 1e6, "s", 1),
    ]
