"""Timers and due moments that name no zone are in the zone of the house's settings: on both databases."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa

from loopdesk.engine import work
from loopdesk.engine.clock import VirtualClock
from loopdesk.engine.timers import timer as timer_rows
from loopdesk.engine.tx import Engine
from loopdesk.tests.engine.drawing import catch, extended, flows, timer
from loopdesk.tests.engine.test_event_starts import ANN, END, START, all_of, deploy, start, work_off


def next_due(engine: Engine) -> datetime:
    with engine.read() as tx:
        due: datetime = tx.conn.execute(
            sa.select(sa.func.min(timer_rows.c.due_at)).where(timer_rows.c.state == "waiting")
        ).scalar_one()
    return due


def test_a_start_event_comes_each_working_day_at_nine_in_the_house(engine: Engine, clock: VirtualClock) -> None:
    engine.host = replace(engine.host, zone="Asia/Shanghai")
    deploy(
        engine,
        f'<bpmn:startEvent id="s">{timer("Cycle", "0 0 9 * * *")}</bpmn:startEvent><bpmn:userTask id="u"/>'
        + END
        + flows("s > u > e"),
    )
    assert next_due(engine).astimezone(UTC).hour == 1
    for expected in (1, 2, 3):
        clock.advance(timedelta(days=1))
        work_off(engine)
        assert len(all_of(engine, "p")) == expected


def test_moments_in_the_flow_and_of_tasks_are_in_the_house(engine: Engine, clock: VirtualClock) -> None:
    engine.host = replace(engine.host, zone="Asia/Shanghai")
    task = (
        f"""<bpmn:userTask id="u">{extended('<zeebe:taskSchedule dueDate="2030-01-01T09:00:00"/>')}</bpmn:userTask>"""
    )
    fork = '<bpmn:parallelGateway id="f"/>'
    deploy(
        engine,
        START
        + fork
        + task
        + catch("c", timer("Date", "2030-01-01T10:00:00"))
        + END
        + flows("s > f > u > e", "f > c > e"),
    )
    start(engine)
    assert next_due(engine) == datetime(2030, 1, 1, 2, tzinfo=UTC)
    with engine.read() as tx:
        assert [item["due_at"] for item in work.listing(ANN, tx)] == [datetime(2030, 1, 1, 1, tzinfo=UTC)]
