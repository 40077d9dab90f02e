"""Timers and time limits in working time of a named calendar, on both databases (issue 4, SLA-2)."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from loopdesk.engine import bundles, events, timers, timing, work_rows, worktime
from loopdesk.engine.actor import SYSTEM
from loopdesk.engine.bundle import NotDeployable
from loopdesk.engine.calendar import Calendar, Calendars
from loopdesk.engine.clock import VirtualClock
from loopdesk.engine.tx import Engine
from loopdesk.tests.engine.drawing import diagram, extended, flows
from loopdesk.tests.engine.steps import ANN, END, START, deploy, start, status, work_off

OFFICE = {"timezone": "UTC", "weekly": {str(day): [["09:00", "12:00"], ["13:00", "18:00"]] for day in range(5)}}
SETS = {"CN": {"country": "CN", "years": [2026]}}
CHINA = {**OFFICE, "timezone": "Asia/Shanghai", "holidays": "CN", "extra_workdays": "CN"}
PROPERTY = '<zeebe:properties><zeebe:property name="calendar" value="{}"/>{}</zeebe:properties>'
FRIDAY = datetime(2026, 3, 6, 16, tzinfo=UTC)


class House:
    """The calendars of a house that a test may change."""

    def __init__(self) -> None:
        self.calendars = Calendars({"calendars": {"office": OFFICE, "china": CHINA}, "holiday_sets": SETS})
        self.changed: dict[str, Calendar] = {}

    def get(self, _tx: Any, name: str) -> Calendar:
        return self.changed.get(name) or self.calendars.get(name)


@pytest.fixture
def house(engine: Engine, clock: VirtualClock) -> House:
    house = House()
    engine.host.calendar = house.get
    engine.host.calendar_names = lambda tx: house.calendars.names
    clock.set(FRIDAY)
    return house


def marked(calendar: str, more: str = "") -> str:
    return extended(PROPERTY.format(calendar, more))


def wait(text: str, kind: str = "timeDuration", calendar: str = "office") -> str:
    timer = f"<bpmn:timerEventDefinition><bpmn:{kind}>{text}</bpmn:{kind}></bpmn:timerEventDefinition>"
    event = f'<bpmn:intermediateCatchEvent id="t">{marked(calendar)}{timer}</bpmn:intermediateCatchEvent>'
    return START + event + END + flows("s > t > e")


def row(engine: Engine, instance: str) -> dict[str, Any]:
    with engine.read() as tx:
        (found,) = timers.of_instance(tx, instance)
        return found


@pytest.mark.parametrize(
    ("text", "due"),
    [
        ("PT3H", datetime(2026, 3, 9, 10, tzinfo=UTC)),
        ("P1D", datetime(2026, 3, 9, 16, tzinfo=UTC)),
        ("P1W", datetime(2026, 3, 13, 16, tzinfo=UTC)),
        ('="PT" + string(hours) + "H"', datetime(2026, 3, 9, 9, tzinfo=UTC) + timedelta(hours=2)),
    ],
)
def test_a_timer_counts_the_working_time_of_its_calendar(
    engine: Engine, house: House, clock: VirtualClock, text: str, due: datetime
) -> None:
    deploy(engine, wait(text.replace('"', "&quot;")))
    instance = start(engine, hours=4)
    found = row(engine, instance)
    assert (found["due_at"], found["calendar"], found["provisional"]) == (due, "office", False)
    clock.set(due - timedelta(seconds=1))
    work_off(engine)
    assert status(engine, instance) == "active"
    clock.set(due)
    work_off(engine)
    assert status(engine, instance) == "completed"


def test_the_calendar_may_be_a_fact_of_the_instance(engine: Engine, house: House) -> None:
    deploy(engine, wait("PT1H", calendar="=place"))
    found = row(engine, start(engine, place="china"))
    assert (found["calendar"], found["due_at"]) == ("china", datetime(2026, 3, 9, 2, tzinfo=UTC))


def boundary(text: str) -> str:
    timer = f"<bpmn:timerEventDefinition><bpmn:timeCycle>{text}</bpmn:timeCycle></bpmn:timerEventDefinition>"
    return (
        START
        + '<bpmn:userTask id="a"/><bpmn:boundaryEvent id="b" attachedToRef="a" cancelActivity="false">'
        + f"{marked('office')}{timer}</bpmn:boundaryEvent>"
        + '<bpmn:endEvent id="e2"/>'
        + END
        + flows("s > a > e")
        + flows("b > e2")
    )


def test_a_late_cycle_in_working_time_fires_once_and_says_how_many_rounds_it_missed(
    engine: Engine, house: House, clock: VirtualClock
) -> None:
    deploy(engine, boundary("R/PT2H"))
    instance = start(engine)
    assert row(engine, instance)["due_at"] == datetime(2026, 3, 6, 18, tzinfo=UTC)
    clock.set(datetime(2026, 3, 9, 15, 30, tzinfo=UTC))
    work_off(engine)
    # Rounds of Friday 18:00 fired late; of Monday 11:00 and 14:00 nobody heard; the next is at 16:00.
    assert row(engine, instance)["due_at"] == datetime(2026, 3, 9, 16, tzinfo=UTC)
    with engine.read() as tx:
        fired = [event for event in events.timeline(tx, "L-1") if event["kind"] == "timer.fired"]
    assert [event["data"].get("missed") for event in fired] == [2]
    with engine.begin() as tx:
        assert worktime.recompute(SYSTEM, tx, "office") == worktime.Recomputed(), "it counts from 14:00, not from 15:30"


def test_a_time_limit_of_a_task_counts_working_days(engine: Engine, house: House) -> None:
    limit = '<zeebe:property name="timeLimit" value="P1D"/>'
    deploy(
        engine, START + f'<bpmn:userTask id="a">{marked("office", limit)}</bpmn:userTask>' + END + flows("s > a > e")
    )
    start(engine)
    with engine.read() as tx:
        (task,) = tx.conn.execute(work_rows.task.select()).mappings()
    assert (task["due_at"], task["calendar"]) == (datetime(2026, 3, 9, 16, tzinfo=UTC), "office")


def test_a_start_timer_counts_working_time_and_keeps_its_calendar(
    engine: Engine, house: House, clock: VirtualClock
) -> None:
    timer = "<bpmn:timerEventDefinition><bpmn:timeCycle>R2/PT8H</bpmn:timeCycle></bpmn:timerEventDefinition>"
    began = f'<bpmn:startEvent id="s">{marked("office")}{timer}</bpmn:startEvent>' + END + flows("s > e")
    deploy(engine, began)
    assert row(engine, "")["due_at"] == datetime(2026, 3, 9, 16, tzinfo=UTC)
    clock.set(datetime(2026, 3, 9, 16, tzinfo=UTC))
    work_off(engine)
    again = row(engine, "")
    assert (again["due_at"], again["calendar"]) == (datetime(2026, 3, 10, 16, tzinfo=UTC), "office")


def test_a_holiday_moves_what_waits_and_the_case_says_so(engine: Engine, house: House, clock: VirtualClock) -> None:
    deploy(engine, wait("P1D"))
    instance = start(engine)
    house.changed["office"] = house.calendars.get("office").with_holiday(date(2026, 3, 9))
    clock.advance(timedelta(hours=1))
    with engine.begin() as tx:
        assert worktime.recompute(SYSTEM, tx, "office") == worktime.Recomputed(timers=1)
        assert worktime.recompute(SYSTEM, tx, "office") == worktime.Recomputed()
    assert row(engine, instance)["due_at"] == datetime(2026, 3, 10, 16, tzinfo=UTC)
    with engine.read() as tx:
        (event,) = [event for event in events.timeline(tx, "L-1") if event["kind"] == "timer.recomputed"]
    assert event["data"]["before"] == "2026-03-09T16:00:00+00:00"
    assert event["data"]["after"] == "2026-03-10T16:00:00+00:00"


def test_a_year_without_a_notice_is_provisional_until_it_is_loaded(
    engine: Engine, house: House, clock: VirtualClock
) -> None:
    clock.set(datetime(2026, 12, 31, 9, tzinfo=UTC))
    deploy(engine, wait("PT2H", calendar="china"))
    instance = start(engine)
    assert (row(engine, instance)["provisional"], row(engine, instance)["due_at"]) == (
        True,
        datetime(2027, 1, 4, 2, tzinfo=UTC),
    )
    noticed = {"CN": {"country": "CN", "years": [2026, 2027], "holidays": ["2027-01-01", "2027-01-04"]}}
    house.calendars = Calendars({"calendars": {"china": CHINA}, "holiday_sets": noticed})
    with engine.begin() as tx:
        worktime.recompute(SYSTEM, tx, "china")
    found = row(engine, instance)
    assert (found["provisional"], found["due_at"]) == (False, datetime(2027, 1, 5, 2, tzinfo=UTC))


def test_a_calendar_that_became_unusable_leaves_its_timers_where_they_are(engine: Engine, house: House) -> None:
    deploy(engine, wait("P1D"))
    before = row(engine, start(engine))["due_at"]
    house.calendars = Calendars({"calendars": {"office": {"timezone": "UTC", "weekly": {}}}})
    with engine.begin() as tx:
        assert worktime.recompute(SYSTEM, tx, "office") == worktime.Recomputed(left=1)
        assert tx.conn.execute(timers.timer.select()).mappings().one()["due_at"] == before


@pytest.mark.parametrize(("text", "calendar"), [("PT1H", "nobody"), ("P1M", "office"), ("P1Y2M", "office")])
def test_an_unknown_calendar_or_months_of_work_are_refused_with_a_remedy(
    engine: Engine, house: House, text: str, calendar: str
) -> None:
    with engine.begin() as tx, pytest.raises(NotDeployable) as caught:
        bundles.deploy(SYSTEM, tx, "p", {"p.bpmn": diagram(wait(text, calendar=calendar), process="p")})
    (finding,) = [found for found in caught.value.findings if found.severity == "error"]
    assert (finding.rule, finding.element) == ("timer.calendar", "t")
    assert finding.remedy


def test_a_timer_that_a_person_moved_stays_there_when_the_calendar_changes(engine: Engine, house: House) -> None:
    deploy(engine, wait("PT3H"))
    instance = start(engine)
    chosen = datetime(2026, 3, 12, 9, tzinfo=UTC)
    with engine.begin() as tx:
        timing.move(ANN, tx, row(engine, instance)["id"], due_at=chosen, reason="customer is away")
    short = {**OFFICE, "weekly": {"0": [["09:00", "12:00"]]}}
    house.changed["office"] = Calendars({"calendars": {"office": short}}).get("office")
    with engine.begin() as tx:
        assert worktime.recompute(SYSTEM, tx, "office") == worktime.Recomputed()
    assert (row(engine, instance)["due_at"], row(engine, instance)["calendar"]) == (chosen, "")


def test_the_rounds_after_one_that_a_person_moved_count_from_there_whatever_the_calendar_becomes(
    engine: Engine, house: House, clock: VirtualClock
) -> None:
    deploy(engine, boundary("R/PT2H"))
    instance = start(engine)
    moved = datetime(2026, 3, 9, 10, tzinfo=UTC)
    with engine.begin() as tx:
        timing.move(ANN, tx, row(engine, instance)["id"], due_at=moved, reason="customer is away")
    clock.set(moved + timedelta(minutes=40))
    work_off(engine)
    assert row(engine, instance)["due_at"] == datetime(2026, 3, 9, 12, tzinfo=UTC)
    early = {**OFFICE, "weekly": {"0": [["09:00", "11:00"], ["15:00", "18:00"]]}}
    house.changed["office"] = Calendars({"calendars": {"office": early}}).get("office")
    with engine.begin() as tx:
        assert worktime.recompute(SYSTEM, tx, "office") == worktime.Recomputed(timers=1)
    assert row(engine, instance)["due_at"] == datetime(2026, 3, 9, 16, tzinfo=UTC), (
        "an hour until 11:00, one from 15:00"
    )


def test_the_round_after_a_given_first_moment_is_counted_again_too(
    engine: Engine, house: House, clock: VirtualClock
) -> None:
    deploy(engine, boundary("R/2026-03-09T10:00:00Z/PT2H"))
    instance = start(engine)
    first = datetime(2026, 3, 9, 10, tzinfo=UTC)
    early = {**OFFICE, "weekly": {"0": [["09:00", "11:00"], ["15:00", "18:00"]]}}
    house.changed["office"] = Calendars({"calendars": {"office": early}}).get("office")
    with engine.begin() as tx:
        assert worktime.recompute(SYSTEM, tx, "office") == worktime.Recomputed(), "a moment is a moment"
    house.changed.clear()
    clock.set(first)
    work_off(engine)
    assert row(engine, instance)["due_at"] == datetime(2026, 3, 9, 12, tzinfo=UTC)
    house.changed["office"] = Calendars({"calendars": {"office": early}}).get("office")
    with engine.begin() as tx:
        worktime.recompute(SYSTEM, tx, "office")
    assert row(engine, instance)["due_at"] == datetime(2026, 3, 9, 16, tzinfo=UTC)
