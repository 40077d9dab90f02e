"""A clock of a live case warns and runs out: who is told, who takes over, what is made of it (SLA-4, SLA-6, DIA-1)."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from loopdesk.desk import breach, duty, escalation, people, record, skills
from loopdesk.desk.letters import communication
from loopdesk.engine import work
from loopdesk.engine.actor import SYSTEM
from loopdesk.engine.clock import VirtualClock
from loopdesk.tests.web.conftest import Api, settle
from loopdesk.web.wiring import Loopdesk

REPORT = {
    "title": "Orders stand still",
    "description": "Nobody can order since nine, error 500 on every page.",
    "email": "anna@aurora.example",
    "customer_number": "C-1001",
    "urgency": "critical",
    "scope": "several",
    "category": "fault",
}


def reported(api: Callable[..., Api], desk: Loopdesk) -> str:
    """A case over the API, with its intake done as far as it goes alone."""
    made: Any = api("ivan.link").post("/cases", json=REPORT)  # type: ignore[operator]
    assert made.status_code == 201, made.json
    settle(desk)
    return str(made.json["number"])


def second_line(desk: Loopdesk, number: str) -> str:
    """Somebody of the second line who is on duty in the case's department for a week: the id."""
    with desk.engine.begin() as tx:
        place = record.get(tx, number).department
        one = people.create(SYSTEM, tx, login="second", name="Second Line", roles=["agent"], departments=[place])
        people.edit(SYSTEM, tx, one.id, email="second@loopdesk.example")
        skills.set_(SYSTEM, tx, one.id, tier="L2", skills=[])
        times = {"starts_at": tx.now, "ends_at": tx.now + timedelta(days=7)}
        duty.add(SYSTEM, tx, person=one.id, department=place, tier="L2", **times)
    return one.id


def told(desk: Loopdesk, number: str, template: str) -> list[str]:
    """Who got letters of a template, by name."""
    wanted = (communication.c.case == number) & (communication.c.template == template)
    with desk.engine.read() as tx:
        return list(tx.conn.scalars(sa.select(communication.c.recipient).where(wanted).order_by(communication.c.at)))


@pytest.mark.row("SLA-4/escalates", "SLA-4/backup", "SLA-6/trace", "DIA-1/time", "DIA-1/tiers")
def test_an_overdue_clock_lifts_the_case_to_the_backup_and_leaves_a_trace(
    api: Callable[..., Api], desk: Loopdesk, clock: VirtualClock
) -> None:
    number = reported(api, desk)
    second = second_line(desk, number)
    with desk.engine.read() as tx:
        before = record.get(tx, number)
    clock.advance(timedelta(hours=1))
    settle(desk)
    with desk.engine.read() as tx:
        now = record.get(tx, number)
        (trace,) = breach.of_case(SYSTEM, tx, number)
        (up,) = escalation.listing(SYSTEM, tx, number)
        open_ = {task["element"]: task for task in work.listing(SYSTEM, tx, key=number)}
    assert (now.tier, now.assignee_id, now.owner_id) == ("L2", second, before.owner_id)
    assert (trace.name, trace.state, trace.department) == ("first_response", "opened", before.department)
    assert (up["way"], up["from_tier"], up["to_tier"], up["to_id"]) == ("time", "L1", "L2", second)
    assert "find_cause" in open_
    assert "Second Line" in told(desk, number, "sla-breach")
    settle(desk)
    with desk.engine.read() as tx:
        assert len(breach.of_case(SYSTEM, tx, number)) == 1
