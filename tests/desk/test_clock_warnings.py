"""Warnings in three colours and the breach: messages that come once each, at the shares of the policy (SLA-4)."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from loopdesk.desk import clocks
from loopdesk.engine.actor import SYSTEM
from loopdesk.engine.tx import Tx
from loopdesk.tests.desk.clock_house import HOUR, look, rows, sent
from loopdesk.tests.desk.house import House, kinds

Run = Callable[..., dict[str, object]]


@pytest.fixture
def started(tx: Tx, number: str, run: Run) -> str:
    """A P1 case on the shipped p-levels: response 30 min, diagnosis 8 h, patch 3 working days, resolution 72 h."""
    run(SYSTEM, "case.set_priority", number, priority="P1", reason="r")
    run(SYSTEM, "clock.start", number)
    return number


def test_warnings_and_the_breach_are_messages_that_come_once(tx: Tx, started: str) -> None:
    """SLA-4: blue, yellow and red at the shares of the policy, the breach strictly after the due time."""
    opened = tx.now
    look(tx)
    assert sent(tx, "sla.warning") == []
    tx.now = opened + HOUR / 4 + timedelta(seconds=1)
    look(tx)
    (blue,) = sent(tx, "sla.warning")
    assert (blue["name"], blue["colour"], blue["percent"]) == ("first_response", "blue", 50)
    assert (blue["case"], blue["department"], blue["level"]) == (started, "support", "P1")
    assert datetime.fromisoformat(blue["due"]) == opened + HOUR / 2
    tx.now = opened + HOUR / 2
    look(tx)
    assert sent(tx, "sla.breached") == []
    tx.now += timedelta(seconds=1)
    look(tx)
    look(tx)
    assert [one["colour"] for one in sent(tx, "sla.warning")] == ["blue", "yellow", "red"]
    (breach,) = sent(tx, "sla.breached")
    assert (breach["name"], breach["policy"], breach["minutes_over"]) == ("first_response", "p-levels", 0)
    found = rows(tx, started)["first_response"]
    assert (found["breached_at"], found["colour"]) == (opened + HOUR / 2, "red")
    assert kinds(tx, started).count("clock.breached") == 1


def test_a_late_worker_tells_only_the_latest_warning(tx: Tx, started: str) -> None:
    """SLA-4: blue and yellow at once would be noise."""
    tx.now += HOUR / 2 - timedelta(minutes=1)
    look(tx)
    assert [one["colour"] for one in sent(tx, "sla.warning")] == ["yellow"]


def test_what_ends_in_time_warns_nobody(house: House, tx: Tx, started: str) -> None:
    """SLA-4: the look that was planned finds a met clock."""
    clocks.happened(house.people["lina"], tx, started, "agent_reply")
    tx.now += HOUR
    look(tx)
    assert sent(tx, "sla.warning") == sent(tx, "sla.breached") == []


def test_a_range_warns_in_yellow_at_its_lower_bound(tx: Tx, number: str, run: Run) -> None:
    """SLA-4: configuration 2 to 4 hours."""
    run(SYSTEM, "clock.start", number, policy="problem-types", level="configuration")
    tx.now += 2 * HOUR + timedelta(seconds=1)
    look(tx)
    assert [(one["colour"], one["percent"]) for one in sent(tx, "sla.warning")] == [("yellow", 50)]
