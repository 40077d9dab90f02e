"""Two surveys at once, two corrections at once, words that came twice: each is followed once (FBK-1, FBK-2, FBK-3)."""

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from loopdesk.desk import feedback
from loopdesk.desk.feedback import survey
from loopdesk.desk.feedback.tables import QUARTERLY, feedback_
from loopdesk.engine import work
from loopdesk.engine.actor import SYSTEM
from loopdesk.engine.clock import VirtualClock
from loopdesk.engine.redaction import ERASED
from loopdesk.tests.web.conftest import Api, settle
from loopdesk.tests.web.surveyed import Story
from loopdesk.web.wiring import Loopdesk


@pytest.fixture
def story(app: Flask, desk: Loopdesk, clock: VirtualClock, api: Callable[..., Api]) -> Story:
    return Story(app, desk, clock, api)


def quarter(story: Story) -> str:
    """The path of the link of a quarterly survey that goes out now."""
    with story.desk.engine.begin() as tx:
        return f"/s/{survey.ask(SYSTEM, tx, story.number, kind=QUARTERLY)['token']}"


def called(story: Story) -> None:
    """The call-back, its report, and the time until the second ask."""
    story.complete("call_back", "customer_success", reached=True, root_cause="A night lost.")
    story.complete("write_report", "customer_success", report="We hand over in the evening now.")
    story.rest(days=3, minutes=1)


@pytest.mark.row("FBK-1/one-answer", "FBK-2/call-back")
def test_a_case_closed_twice_before_the_answer_is_called_back_once(story: Story) -> None:
    story.ask()
    story.post(story.link("survey", "s"), stars="1", comment="Too slow.")
    with story.desk.engine.read() as tx:
        found = [one["element"] for one in work.listing(SYSTEM, tx, key=story.number)]
    assert found.count("call_back") == 1
    assert found.count("forward") == 1


@pytest.mark.row("FBK-2/second-ask")
def test_the_second_answer_of_one_call_back_is_not_the_answer_of_another_survey(story: Story) -> None:
    first = story.link("survey", "s")
    story.post(quarter(story), stars="1", comment="Too slow.")
    called(story)
    second = story.link("survey-again", "s")
    story.post(first, stars="5", comment="That one was fine.")
    assert [one["outcome"] for one in story.surveys()] == ["", "", ""], "the call-back waits for its own second answer"
    story.post(second, stars="2")
    assert story.waiting()["decide"] == "customer_success/supervisor"
    assert "call_back" not in story.waiting()


@pytest.mark.row("FBK-2/second-ask")
def test_a_low_second_answer_begins_no_call_back_for_a_survey_still_open(story: Story) -> None:
    story.post(quarter(story), stars="1", comment="Too slow.")
    called(story)
    story.post(story.link("survey-again", "s"), stars="1")
    assert "decide" in story.waiting()
    assert "call_back" not in story.waiting()


@pytest.mark.row("FBK-3/corrected")
def test_what_a_person_corrected_on_the_page_stays_when_the_task_is_handed_in_as_it_was(story: Story) -> None:
    story.post(f"/feedback/add/{story.number}", "tom.baker", source="call", text="It would be nice to be heard.")
    [one] = story.kept()
    story.post(f"/feedback/{one.id}/kind", "tom.baker", kind="complaint")
    story.complete("forward", "customer_success", kind="suggestion", department="support")
    [one] = story.kept()
    assert (one.kind, one.decided_by) == ("complaint", "Tom Baker")
    assert story.waiting() == {"answer_complaint": "support/agent"}


@pytest.mark.row("FBK-3/corrected")
def test_whoever_forwards_feedback_corrects_it_in_the_form(story: Story) -> None:
    story.post(f"/feedback/add/{story.number}", "tom.baker", source="call", text="It would be nice to be heard.")
    story.complete("forward", "customer_success", kind="complaint", department="support")
    [one] = story.kept()
    assert (one.kind, one.state) == ("complaint", "forwarded")
    assert story.waiting() == {"answer_complaint": "support/agent"}


@pytest.mark.row("FBK-3/corrected")
def test_a_correction_before_the_table_has_looked_is_followed_once(story: Story) -> None:
    with story.desk.engine.begin() as tx:
        kept = feedback.add(SYSTEM, tx, story.number, feedback.Words("It would be nice to be heard.", "call"))
    with story.desk.engine.begin() as tx:
        feedback.correct(story.actor("support", "agent"), tx, kept.id, "complaint")
    settle(story.desk)
    [one] = story.kept()
    assert (one.kind, one.state) == ("complaint", "sorted")
    with story.desk.engine.read() as tx:
        found = [row["element"] for row in work.listing(SYSTEM, tx, key=story.number)]
    assert found.count("forward") == 1


@pytest.mark.row("FBK-3/complaint-first")
@pytest.mark.parametrize("stars", ["²", "9" * 5000, "three"])
def test_stars_that_are_no_number_are_said_and_the_words_are_kept(story: Story, stars: str) -> None:
    sent: Any = story.post(
        f"/feedback/add/{story.number}", "tom.baker", source="call", text="Rude.", stars=stars, kind="complaint"
    )
    assert sent.status_code in (302, 422)


@pytest.mark.row("FBK-3/consent")
def test_praise_that_was_erased_with_its_customer_is_shown_no_more(story: Story) -> None:
    with story.desk.engine.begin() as tx:
        kept = feedback.add(
            SYSTEM, tx, story.number, feedback.Words("Great help.", "call", kind="praise"), follow=False
        )
        shown = sa.update(feedback_).where(feedback_.c.id == kept.id)
        tx.conn.execute(shown.values(quote="Great help.", consent="named", published_at=tx.now))
    wall = story.app.test_client()
    assert "Great help." in wall.get("/portal/praise").text
    with story.desk.engine.begin() as tx:
        tx.conn.execute(sa.update(feedback_).values(quote=ERASED, text=ERASED))
    assert ERASED not in wall.get("/portal/praise").text
