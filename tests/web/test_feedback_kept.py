"""What is corrected, noted twice, or named by nobody: nothing is late that nobody follows, nothing is lost
(FBK-3, COM-3, COM-4, COM-6)."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from loopdesk.desk import feedback
from loopdesk.desk.contacting import calls
from loopdesk.engine import bundles
from loopdesk.engine.actor import SYSTEM
from loopdesk.engine.clock import VirtualClock
from loopdesk.engine.errors import Conflict
from loopdesk.tests.web.browsers import as_contact, as_person, csrf_of
from loopdesk.tests.web.conftest import Api, settle
from loopdesk.tests.web.surveyed import REPORT, Story
from loopdesk.tests.web.test_contacting import letters
from loopdesk.web.wiring import Loopdesk


@pytest.fixture
def story(app: Flask, desk: Loopdesk, clock: VirtualClock, api: Callable[..., Api]) -> Story:
    return Story(app, desk, clock, api)


def said(story: Story, **form: str) -> feedback.Feedback:
    story.post(f"/feedback/add/{story.number}", "tom.baker", **({"source": "call", "text": "Unacceptable."} | form))
    [one] = story.kept()
    return one


def late(story: Story) -> list[str]:
    with story.desk.engine.read() as tx:
        return [one.text for one in feedback.listing(SYSTEM, tx, late=True)]


@pytest.mark.row("FBK-3/corrected", "FBK-3/department-24h")
def test_what_turns_out_to_be_nothing_is_never_late(story: Story) -> None:
    said(story, kind="complaint")
    story.complete("forward", "customer_success", kind="none", department="support")
    story.rest(days=3)
    [one] = story.kept()
    assert (one.kind, one.state, one.forward_due_at, one.result_due_at) == ("none", "done", None, None)
    assert late(story) == []
    assert "Unacceptable." not in as_person(story.app, "petra.owner").get("/feedback?lang=en&late=1").text


@pytest.mark.row("FBK-3/corrected", "FBK-3/result-48h")
def test_what_was_nothing_and_is_a_complaint_after_all_has_no_answer_yet(story: Story) -> None:
    one = said(story, kind="complaint")
    story.complete("forward", "customer_success", kind="none", department="support")
    story.post(f"/feedback/{one.id}/kind", "tom.baker", kind="complaint")
    [one] = story.kept()
    assert (one.kind, one.state, one.result_at, one.result_by) == ("complaint", "sorted", None, "")
    story.complete("forward", "customer_success", kind="complaint", department="support")
    story.rest(hours=25)
    assert late(story) == ["Unacceptable."]


@pytest.mark.row("FBK-3/told", "PRO-6")
def test_the_portal_promises_an_answer_in_the_time_of_the_policy(story: Story) -> None:
    with story.desk.engine.begin() as tx:
        files = dict(bundles.current(tx, "policies").files)
        figures = files["feedback.yaml"].replace(b"result: PT48H", b"result: PT30H")
        assert figures != files["feedback.yaml"]
        bundles.deploy(SYSTEM, tx, "policies", files | {"feedback.yaml": figures})
    client = as_contact(story.app, REPORT["email"])
    path = f"/portal/cases/{story.number}"
    assert "you hear within 30 hours" in client.get(f"{path}?lang=en").text
    form = {"text": "Please add an export.", "csrf_token": csrf_of(story.app, client)}
    told = client.post(f"{path}/feedback", data=form, follow_redirects=True).text
    assert "You hear within 30 hours" in told
    assert [one.text for one in story.kept()] == ["Please add an export."]


@pytest.mark.row("COM-4/feedback", "COM-4/follow-up")
def test_noting_one_thing_of_a_message_leaves_the_other(desk: Loopdesk, api: Callable[..., Any], story: Story) -> None:
    [told] = letters(desk, story.number, "acknowledgement")
    path = f"/communications/{told['id']}"
    assert api("li.na").patch(path, json={"follow_up": "Call on Friday."}).status_code == 200
    noted = api("li.na").patch(path, json={"feedback": "She is glad."})
    assert (noted.json["feedback"], noted.json["follow_up"]) == ("She is glad.", "Call on Friday.")
    assert api("li.na").patch(path, json={}).json["feedback"] == "She is glad."
    [kept] = letters(desk, story.number, "acknowledgement")
    assert (kept["feedback"], kept["follow_up"]) == ("She is glad.", "Call on Friday.")


@pytest.mark.row("COM-4/feedback", "COM-1/strong-reminder")
def test_a_call_in_which_the_customer_said_nothing_leaves_what_was_noted_before(desk: Loopdesk, story: Story) -> None:
    [told] = letters(desk, story.number, "acknowledgement")
    story.post(f"/cases/communications/{told['id']}/follow", "li.na", feedback="She is glad.", follow_up="")
    with desk.engine.begin() as tx:
        wish = calls.Wish("reminder", "key-step", timedelta(hours=1), message=str(told["id"]))
        made = calls.plan(SYSTEM, tx, story.number, wish)
        assert made
        calls.note(SYSTEM, tx, made.id, calls.Heard("confirmed", said="It is done."))
    [kept] = letters(desk, story.number, "acknowledgement")
    assert kept["feedback"] == "She is glad."
    assert kept["confirmed_at"] is not None
    with pytest.raises(Conflict), desk.engine.begin() as tx:
        calls.note(SYSTEM, tx, made.id, calls.Heard("missed"))


@pytest.mark.parametrize("day", ["9999-12-31", "0001-01-01", "tomorrow"])
def test_a_week_there_cannot_be_is_said_so(app: Flask, day: str) -> None:
    assert as_person(app, "petra.owner").get(f"/feedback/sentiment/{day}").status_code in (200, 404)


@pytest.mark.row("FBK-3/complaint-first")
def test_the_timeline_says_in_words_what_the_tables_decided(story: Story) -> None:
    story.post(story.link("survey", "s"), stars="2", comment="Too slow.")
    page = as_person(story.app, "li.na").get(f"/cases/{story.number}?lang=en").text
    assert "decides: yes" in page
    assert "True" not in page
    zh = as_person(story.app, "li.na").get(f"/cases/{story.number}?lang=zh").text
    assert "判定：投诉" in zh


@pytest.mark.row("FBK-3/complaint-first")
def test_other_systems_tell_and_read_feedback(story: Story, api: Callable[..., Api]) -> None:
    crm: Any = api("ivan.link")
    told = {"case": story.number, "source": "call", "text": "I want a refund.", "external_id": "crm-7"}
    first, again = crm.post("/feedback", json=told), crm.post("/feedback", json=told)
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json["id"] == again.json["id"]
    settle(story.desk)
    assert crm.post("/feedback", json=told | {"source": "fax"}).status_code == 422
    assert crm.post("/feedback", json=told | {"case": "L-1999-000001"}).status_code == 404
    listed = crm.get("/feedback?kind=complaint").json
    assert [(one["text"], one["kind"]) for one in listed["feedback"]] == [("I want a refund.", "complaint")]
    assert crm.get(f"/feedback/{first.json['id']}").json["state"] == "sorted"


def test_feedback_that_is_sent_again_under_its_key_is_kept_once(story: Story, api: Callable[..., Api]) -> None:
    """FBK-3: a program that lost the answer and has no id of its own for it."""
    crm: Any = api("ivan.link")
    told = {"case": story.number, "source": "call", "text": "I want a refund."}
    first, again, other = (
        crm.post("/feedback", json=told | more, headers={"Idempotency-Key": "k-1"})
        for more in ({}, {}, {"text": "Never mind."})
    )
    assert [answer.status_code for answer in (first, again, other)] == [201, 201, 422]
    assert (again.json["id"], again.headers["Idempotency-Replayed"]) == (first.json["id"], "true")
    assert len(crm.get("/feedback").json["feedback"]) == 1
