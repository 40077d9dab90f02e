"""Help where a task writes to a customer: phrases beside the form, jargon flagged before it leaves (COM-3, COM-10)."""

from typing import Any

import pytest
from flask import Flask

from loopdesk.engine import events, work
from loopdesk.engine.actor import SYSTEM
from loopdesk.engine.clock import VirtualClock
from loopdesk.tests.web.browsers import as_person, csrf_of
from loopdesk.tests.web.surveyed import Story
from loopdesk.tests.web.test_contacting import Call
from loopdesk.web.wiring import Loopdesk


def task_of(desk: Loopdesk, number: str, element: str) -> str:
    """The open task of a case that waits there."""
    with desk.engine.read() as tx:
        [found] = [one for one in work.listing(SYSTEM, tx, key=number) if one["element"] == element]
    return str(found["id"])


@pytest.fixture
def asked(app: Flask, desk: Loopdesk, clock: VirtualClock, api: Call) -> tuple[str, str]:
    """A case with a complaint that support has to answer: its number and the task."""
    story = Story(app, desk, clock, api)
    story.post(f"/feedback/add/{story.number}", "tom.baker", source="call", text="Nobody calls back.", kind="complaint")
    story.complete("forward", "customer_success", kind="complaint", department="support")
    return story.number, task_of(desk, story.number, "answer_complaint")


@pytest.mark.row("COM-3/phrases")
def test_phrases_stand_where_a_task_writes_to_the_customer_and_nowhere_else(
    asked: tuple[str, str], desk: Loopdesk, app: Flask
) -> None:
    number, task = asked
    browser = as_person(app, "tom.baker")
    page = browser.get(f"/tasks/{task}").text
    for text in ("非常理解这件事", "由专人负责到底", "免费延长"):
        assert f'data-insert="{text}' in page or text in page, text
    assert "The customer of this case reads Chinese." in browser.get(f"/tasks/{task}?lang=en").text
    triage = browser.get(f"/tasks/{task_of(desk, number, 'triage')}?lang=en").text
    assert "data-insert" not in triage, "the customer does not read the triage"
    assert "of this case reads" not in triage


@pytest.mark.row("COM-10/jargon")
def test_jargon_in_a_task_is_flagged_before_it_is_sent_and_sending_all_the_same_is_noted(
    asked: tuple[str, str], desk: Loopdesk, app: Flask
) -> None:
    number, task = asked
    browser = as_person(app, "tom.baker")
    head = {"X-CSRFToken": csrf_of(app, browser), "Accept": "application/json"}
    typed = {"csrf_token": csrf_of(app, browser), "body": "We roll out a hotfix.", "task": "1"}
    flagged = browser.post(f"/cases/{number}/jargon?lang=en", data=typed).text
    assert ('name="anyway"' in flagged, 'role="alert"' in flagged) == (True, False)
    kept_back = browser.post(f"/cases/{number}/jargon?lang=en", data=typed | {"refused": "1"}).text
    assert ('name="anyway"' in kept_back, 'role="alert"' in kept_back, "Not sent yet" in kept_back) == (True,) * 3
    form: dict[str, Any] = {"data": {"result": "我们先回滚 the hotfix。"}, "beside": {}}
    empty = {"data": {"result": "{时间} 前完成。"}, "beside": {"anyway": "1"}}
    open_: Any = browser.post(f"/tasks/{task}/complete?lang=en", json=empty, headers=head)
    assert (open_.status_code, "{时间}" in str(open_.json)) == (422, True), "a phrase that nobody has filled in"
    refused: Any = browser.post(f"/tasks/{task}/complete?lang=en", json=form, headers=head)
    assert (refused.status_code, refused.json["type"]) == (422, "urn:loopdesk:problem:jargon")
    assert "a quick correction" in str(refused.json["errors"]["result"])
    assert "send it all the same" in refused.json["remedy"]
    with desk.engine.read() as tx:
        assert work.get(SYSTEM, tx, task)["state"] == "open"
    assert (
        browser.post(f"/tasks/{task}/complete", json=form | {"beside": {"anyway": "1"}}, headers=head).status_code
        == 200
    )
    with desk.engine.read() as tx:
        [noted] = [row for row in events.timeline(tx, number) if row["kind"] == "communication.jargon"]
        assert work.get(SYSTEM, tx, task)["state"] != "open"
    assert noted["data"] == {"id": task, "words": "回滚, hotfix"}
