"""The second ask after a call-back waits while the case is open again, and comes once it is closed (FBK-2, FIX-9)."""

from collections.abc import Callable

import pytest
from flask import Flask

from loopdesk.desk import casework
from loopdesk.desk.feedback import survey
from loopdesk.desk.feedback.tables import QUARTERLY
from loopdesk.engine.actor import SYSTEM
from loopdesk.engine.clock import VirtualClock
from loopdesk.tests.web.browsers import as_person
from loopdesk.tests.web.conftest import Api
from loopdesk.tests.web.surveyed import Story
from loopdesk.web.wiring import Loopdesk


@pytest.fixture
def story(app: Flask, desk: Loopdesk, clock: VirtualClock, api: Callable[..., Api]) -> Story:
    return Story(app, desk, clock, api)


def reopened(story: Story) -> None:
    with story.desk.engine.begin() as tx:
        casework.reopen(SYSTEM, tx, story.number, reason="It fails again.")


def called(story: Story) -> None:
    """The call-back and its report."""
    story.complete("call_back", "customer_success", reached=True, root_cause="A night lost.")
    story.complete("write_report", "customer_success", report="We hand over in the evening now.")


@pytest.mark.row("FBK-2/second-ask", "FBK-1/one-answer")
def test_nobody_is_asked_again_while_the_case_is_open_again_but_as_soon_as_it_is_closed(story: Story) -> None:
    story.post(story.link("survey", "s"), stars="2", comment="Too slow.")
    called(story)
    reopened(story)
    story.rest(days=10)
    assert story.letters("survey-again") == []
    page = as_person(story.app, "petra.owner").get(f"/cases/{story.number}?lang=en").text
    assert "Open again: the customer is asked how it was once the case is closed" in page
    story.close()
    assert len(story.letters("survey-again")) == 1
    assert len(story.letters("survey")) == 1, "the second ask takes the place of a survey of the new closure"
    story.rest(days=4)
    assert len(story.letters("survey-reminder")) == 1
    story.post(story.link("survey-again", "s"), stars="5", comment="Now it works.")
    assert story.surveys()[0]["outcome"] == "recovered"
    page = as_person(story.app, "petra.owner").get(f"/cases/{story.number}?lang=en").text
    assert "The call-back is over: the customer is content again" in page


@pytest.mark.row("FBK-2/second-ask")
def test_a_case_that_is_opened_and_closed_before_the_time_is_asked_at_its_time(story: Story) -> None:
    story.post(story.link("survey", "s"), stars="2")
    called(story)
    reopened(story)
    story.rest(days=1)
    story.close()
    assert story.letters("survey-again") == []
    story.rest(days=2, minutes=1)
    assert len(story.letters("survey-again")) == 1


@pytest.mark.row("FBK-2/second-ask", "FBK-4/quarterly")
def test_the_call_back_of_a_quarter_asks_whatever_case_is_open(story: Story) -> None:
    """It is about us, not about how one case ended."""
    with story.desk.engine.begin() as tx:
        token = survey.ask(SYSTEM, tx, story.number, kind=QUARTERLY)["token"]
    story.post(f"/s/{token}", stars="2", comment="Nobody calls.")
    reopened(story)
    called(story)
    story.rest(days=3, minutes=1)
    assert len(story.letters("survey-again")) == 1
    story.rest(days=4)
    assert len(story.letters("survey-reminder")) == 1
