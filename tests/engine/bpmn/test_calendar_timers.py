"""Timers in the zone of the house, and cycles of calendar and clock (BPMN 2.0.2 §10.5.5)."""
# ruff: noqa: E501 - one diagram a line reads better

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from loopdesk.tests.engine.bpmn.world import World
from loopdesk.tests.engine.drawing import catch, diagram, flows, timer

START, END = '<bpmn:startEvent id="s"/>', '<bpmn:endEvent id="e"/>'


def test_a_moment_without_a_zone_is_one_of_the_house_and_told() -> None:
    file = diagram(START + catch("c", timer("Date", "2026-03-02T12:00:00")) + END + flows("s > c > e"))
    world = World(file)
    world.zone = ZoneInfo("Asia/Shanghai")
    told = [(item.element, item.rule, item.severity) for item in world.diagrams.findings]
    assert told == [("c", "read.zone", "info")]
    assert list(world.start().due.values()) == [datetime(2026, 3, 2, 4, tzinfo=UTC)]


def test_a_boundary_event_comes_at_each_moment_of_calendar_and_clock() -> None:
    event = f'<bpmn:boundaryEvent id="b" attachedToRef="u" cancelActivity="false">{timer("Cycle", "0 0 9 * * MON-FRI")}</bpmn:boundaryEvent>'
    file = diagram(
        START + '<bpmn:userTask id="u"/>' + event + '<bpmn:userTask id="v"/>' + END + flows("s > u > e", "b > v")
    )
    world = World(file).start().later(days=3)
    assert [world.fire().now.day for _ in range(4)] == [5, 6, 9, 10]
    assert world.waiting == ["b", "u", "v", "v", "v", "v"]
