"""Customers hear of the end of their case over the channel that they prefer: solved, then closed (COM-1)."""

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from loopdesk.desk import casework
from loopdesk.desk.contacting import calls
from loopdesk.desk.letters import communication
from loopdesk.engine import messages
from loopdesk.engine.actor import SYSTEM
from loopdesk.engine.clock import VirtualClock
from loopdesk.tests.web.browsers import as_person
from loopdesk.tests.web.conftest import Api
from loopdesk.tests.web.surveyed import REPORT, Story
from loopdesk.tests.web.test_contacting import prefers
from loopdesk.web.wiring import Loopdesk


class Solving(Story):
    """A case that is just solved, with its closure before it."""

    def close(self) -> None:
        with self.desk.engine.begin() as tx:
            casework.name_owner(SYSTEM, tx, self.number, department="support")
            casework.solve(SYSTEM, tx, self.number, solution="Restarted the order service.")
            messages.publish(SYSTEM, tx, "closure.requested", key=self.number)
        self.rest()

    def checked(self) -> None:
        """Our own checks are passed, so that the customer is asked."""
        self.hand_in("retest", passed=["retested", "nothing_else"])
        self.rest(hours=5)
        self.hand_in("check_stable", passed=["still_works", "no_alarms"])

    def hand_in(self, element: str, **data: Any) -> None:
        """Complete a task by somebody of the department that has it."""
        self.complete(element, self.waiting()[element].partition("/")[0], **data)

    def told(self, template: str) -> Any:
        """The one letter of a template."""
        mine = (communication.c.case == self.number) & (communication.c.template == template)
        with self.desk.engine.read() as tx:
            return tx.conn.execute(sa.select(communication).where(mine)).mappings().one()


@pytest.fixture
def story(app: Flask, desk: Loopdesk, clock: VirtualClock, api: Callable[..., Api]) -> Solving:
    return Solving(app, desk, clock, api)


@pytest.mark.row("COM-1/solved", "COM-1/closed", "COM-1/preferred", "COM-4/recorded")
@pytest.mark.parametrize("channel", ["email", "sms", "wecom"])
def test_a_customer_hears_that_it_is_solved_and_closed_over_his_own_channel(story: Solving, channel: str) -> None:
    prefers(story.desk, REPORT["email"], channel=channel)
    story.checked()
    solved = story.told("verify-fix")
    assert (solved["direction"], solved["channel"], solved["recipient"]) == ("out", channel, "何静")
    assert "Restarted the order service." in solved["body"]
    assert story.post(story.link("verify-fix", "v"), confirmed="yes").status_code == 200
    closed = story.told("closing-confirmed")
    assert (closed["direction"], closed["channel"], closed["recipient"]) == ("out", channel, "何静")
    assert story.number in closed["subject"] + closed["body"]
    log = as_person(story.app, "li.na").get(f"/cases/{story.number}/communications?lang=en").text
    assert solved["subject"] in log
    assert closed["subject"] in log


@pytest.mark.row("COM-1/solved", "COM-1/closed", "COM-1/strong-reminder")
def test_whom_only_the_phone_reaches_is_called_when_it_is_solved_and_when_it_is_closed(story: Solving) -> None:
    prefers(story.desk, REPORT["email"], channel="phone", email=None, phone="+86 10 1")
    story.checked()
    solved = story.told("verify-fix")
    assert (solved["state"], solved["note"]) == ("held", "by-phone")
    story.hand_in("call_customer", outcome="confirmed", said="It is solved.", feedback="好的")
    solved = story.told("verify-fix")
    assert (solved["state"], solved["carried"], solved["feedback"]) == ("sent", "phone", "好的")
    with story.desk.engine.read() as tx:
        [call], _ = calls.listing(SYSTEM, tx, number=story.number, kind="reminder")
    assert (call.state, call.message) == ("confirmed", solved["id"])
    story.post(story.link("verify-fix", "v"), confirmed="yes")
    closed = story.told("closing-confirmed")
    assert (closed["state"], closed["note"]) == ("held", "by-phone")
    assert "call_customer" in story.waiting()
