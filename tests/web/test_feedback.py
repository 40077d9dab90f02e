"""Surveys by link, call-backs, complaints, suggestions and praise, from mail to answer (FBK-1, FBK-2, FBK-3)."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask

from loopdesk.desk import actions, casework, people
from loopdesk.desk.feedback import quarterly
from loopdesk.engine import events
from loopdesk.engine.actor import SYSTEM
from loopdesk.engine.clock import VirtualClock
from loopdesk.tests.web.browsers import as_contact, as_person, csrf_of
from loopdesk.tests.web.conftest import Api, settle
from loopdesk.tests.web.surveyed import REPORT, Story
from loopdesk.web.wiring import Loopdesk

HTML = "<script>alert(1)</script> <b>slow</b> & rude"


@pytest.fixture
def story(app: Flask, desk: Loopdesk, clock: VirtualClock, api: Callable[..., Api]) -> Story:
    return Story(app, desk, clock, api)


@pytest.mark.row("FBK-1/thirty-minutes", "FBK-1/signed-link", "FBK-1/nps", "FBK-1/stars", "FBK-1/aspects")
def test_the_survey_is_there_at_once_and_takes_the_answer_without_sign_in(story: Story) -> None:
    [asked] = story.surveys()
    assert asked["sent_at"] - story.clock.now() <= timedelta(minutes=30)
    path = story.link("survey", "s")
    assert "How was it?" in story.app.test_client().get(f"{path}?lang=en").text
    sent = story.post(path, stars="4", nps="9", quality="5", speed="3", attitude="4", comment="Quick.")
    assert sent.status_code == 200
    [answered] = story.surveys()
    given = {name: answered[name] for name in ("stars", "nps", "quality", "speed", "attitude", "comment")}
    assert given == {"stars": 4, "nps": 9, "quality": 5, "speed": 3, "attitude": 4, "comment": "Quick."}
    assert story.waiting() == {}


@pytest.mark.row("FBK-1/one-answer", "FBK-1/bad-input", "FBK-1/window")
def test_a_second_answer_and_a_late_one_are_told_and_their_words_are_not_lost(story: Story) -> None:
    path = story.link("survey", "s")
    story.post(path, stars="5", comment="Fine.")
    again = story.post(f"{path}?lang=en", stars="1", comment="No, it is not fine.")
    assert again.status_code == 409
    assert "answered already" in again.text
    assert "No, it is not fine." in again.text
    zh = story.post(f"{path}?lang=zh", stars="1", comment="其实不好。")
    assert "其实不好。" in zh.text
    assert "answered already" not in zh.text
    [row] = story.surveys()
    assert (row["stars"], row["comment"]) == (5, "Fine.")
    story.ask()
    assert len(story.letters("survey")) == 1, "one answer per case, also when it was opened and closed again"


@pytest.mark.row("FBK-1/bad-input", "FBK-1/window", "FBK-1/reminders")
def test_a_silent_customer_is_reminded_and_the_link_ends(story: Story) -> None:
    path = story.link("survey", "s")
    story.rest(days=4)
    assert len(story.letters("survey-reminder")) == 1
    story.rest(days=6)
    assert len(story.letters("survey-reminder")) == 2
    assert story.link("survey-reminder", "s") == path
    story.rest(days=5)
    late = story.post(f"{path}?lang=en", stars="2", comment="Too late?")
    assert late.status_code == 409
    assert "no longer valid" in late.text
    assert "Too late?" in late.text
    assert story.surveys()[0]["answered_at"] is None
    assert len(story.letters("survey-reminder")) == 2


@pytest.mark.row("FBK-1/reminders")
def test_reminders_whose_times_passed_during_an_outage_are_one_letter(story: Story) -> None:
    story.rest(days=10)
    assert len(story.letters("survey-reminder")) == 1
    assert story.surveys()[0]["reminded"] == 2
    story.rest(days=2)
    assert len(story.letters("survey-reminder")) == 1


@pytest.mark.row("FBK-1/reminders")
def test_nobody_is_reminded_of_a_survey_while_the_case_is_open_again(story: Story) -> None:
    with story.desk.engine.begin() as tx:
        casework.reopen(SYSTEM, tx, story.number, reason="It fails again.")
    story.rest(days=10)
    assert story.letters("survey-reminder") == []
    story.close()
    story.rest(days=4)
    assert len(story.letters("survey-reminder")) == 1


@pytest.mark.row("FBK-1/one-answer", "FBK-1/window", "FBK-1/reminders")
def test_a_case_that_is_closed_again_is_asked_anew_with_the_whole_time(story: Story) -> None:
    """The link of the first mail and that of the second are one question: one answer, one path, one call-back."""
    path = story.link("survey", "s")
    story.rest(days=10)
    with story.desk.engine.begin() as tx:
        casework.reopen(SYSTEM, tx, story.number, reason="It fails again.")
    story.close()
    [asked] = story.surveys()
    assert (asked["sent_at"], asked["reminded"]) == (story.clock.now(), 0)
    assert asked["expires_at"] - asked["sent_at"] == timedelta(days=14)
    assert story.link("survey", "s") == path
    before = len(story.letters("survey-reminder"))
    story.rest(days=4)
    assert len(story.letters("survey-reminder")) == before + 1
    story.rest(days=4)
    story.post(path, stars="2", comment="It took two rounds.")
    assert [one.stars for one in story.kept()] == [2]
    assert story.waiting() == {"call_back": "customer_success/agent", "forward": "customer_success/agent"}
    story.rest(days=8)
    assert len(story.letters("survey-reminder")) == before + 1


@pytest.mark.row("FBK-1/bad-input")
def test_html_in_a_comment_is_kept_and_harmless(story: Story) -> None:
    story.post(story.link("survey", "s"), stars="1", comment=HTML)
    [kept] = story.kept()
    assert kept.text == HTML
    for path in ("/feedback", f"/feedback/{kept.id}", "/feedback/surveys", f"/cases/{story.number}"):
        page = as_person(story.app, "petra.owner").get(path).text
        assert "<script>alert(1)" not in page
        assert "&lt;script&gt;alert(1)" in page


@pytest.mark.row("FBK-1/bad-input")
def test_who_answered_by_a_forwarded_link_is_not_taken_for_proven(story: Story) -> None:
    path = story.link("survey", "s")
    assert as_person(story.app, "tom.baker").get(path).status_code == 200
    story.post(path, stars="4", comment="From a colleague of mine.")
    story.post(path, stars="1")
    [kept] = story.kept()
    assert kept.stars == 4
    page = as_person(story.app, "petra.owner").get(f"/feedback/{kept.id}?lang=en").text
    assert "not who that is" in page
    with story.desk.engine.read() as tx:
        [told] = [one for one in events.timeline(tx, story.number) if one["kind"] == "survey.answered"]
    assert told["data"]["through"] == "link"


@pytest.mark.row("FBK-2/call-back", "FBK-2/customer-success", "FBK-2/root-cause", "FBK-2/report", "FBK-2/action")
@pytest.mark.row("FBK-2/second-ask", "PRO-6")
def test_two_stars_are_called_back_reported_and_asked_again(story: Story) -> None:
    story.post(story.link("survey", "s"), stars="2", comment="Too slow.")
    assert story.waiting() == {"call_back": "customer_success/agent", "forward": "customer_success/agent"}
    story.complete("call_back", "customer_success", reached=True, root_cause="The handoff waited a night.")
    promised = {"action": "A night shift", "action_other": "priya.raman", "action_until": "2026-04-01"}
    story.complete("write_report", "customer_success", report="We hand over in the evening now.", **promised)
    assert "We hand over in the evening now." in story.letters("improvement-report")[0]
    first = story.surveys()[0]
    assert (first["reached"], first["root_cause"]) == (True, "The handoff waited a night.")
    with story.desk.engine.read() as tx:
        [action] = actions.of(tx, "feedback", first["id"])
    assert (action.text, action.owner, action.case) == ("A night shift", "Priya Raman", story.number)
    story.rest(days=3, minutes=1)
    story.post(story.link("survey-again", "s"), stars="5", comment="Thank you, much better.")
    first, second = story.surveys()
    assert (first["outcome"], second["first"], second["stars"]) == ("recovered", first["id"], 5)
    page = as_person(story.app, "petra.owner").get("/feedback/surveys?lang=en").text
    assert "Content again" in page
    assert "The handoff waited a night." in page


@pytest.mark.row("FBK-2/second-ask", "FBK-2/not-reached")
def test_not_reached_is_tried_again_and_still_low_goes_to_the_supervisor(story: Story) -> None:
    with story.desk.engine.begin() as tx:
        who = {"login": "boss.cs", "name": "Boss", "email": "", "language": "en", "zone": "UTC"}
        people.create(SYSTEM, tx, **who, roles=("supervisor",), departments=("customer_success",))
    story.post(story.link("survey", "s"), stars="1")
    for pause in ({"hours": 4, "minutes": 1}, {"days": 1, "minutes": 1}):
        story.complete("call_back", "customer_success", reached=False, note="Voice mail.")
        assert "call_back" not in story.waiting()
        story.rest(**pause)
    story.complete("call_back", "customer_success", reached=False)
    assert story.waiting()["take_over"] == "customer_success/supervisor"
    told = {"reached": True, "way": "visit", "root_cause": "Rude.", "note": "Met them."}
    story.complete("take_over", "customer_success", "supervisor", **told)
    story.complete("write_report", "customer_success", report="We trained the team.")
    story.rest(days=3, minutes=1)
    story.post(story.link("survey-again", "s"), stars="2")
    assert story.waiting()["decide"] == "customer_success/supervisor"
    story.complete("decide", "customer_success", "supervisor", decision="The head visits them.")
    assert (story.surveys()[0]["outcome"], story.surveys()[0]["tries"]) == ("still-low", 3)


@pytest.mark.row("FBK-2/call-back")
def test_a_call_back_that_nobody_makes_in_a_day_is_told(story: Story) -> None:
    story.post(story.link("survey", "s"), stars="2")
    story.rest(hours=24, minutes=1)
    assert len(story.letters("call-back-late")) >= 1
    assert "call_back" in story.waiting()


@pytest.mark.row("FBK-3/complaint-first", "FBK-3/department-24h", "FBK-3/result-48h", "FBK-3/told", "FBK-3/corrected")
@pytest.mark.row("PRO-6")
def test_a_complaint_on_the_phone_is_followed_first_and_answered(story: Story) -> None:
    kept = story.post(f"/feedback/add/{story.number}", "tom.baker", source="call", text="It would be nice to be heard.")
    assert kept.status_code == 302
    [one] = story.kept()
    assert (one.kind, one.decided_by, one.source) == ("suggestion", "kind.dmn", "call")
    assert story.post(f"/feedback/{one.id}/kind", "tom.baker", kind="complaint").status_code == 302
    [one] = story.kept()
    assert (one.kind, one.decided_by) == ("complaint", "Tom Baker")
    assert one.forward_due_at is not None
    assert one.forward_due_at - one.at <= timedelta(hours=24)
    assert one.result_due_at is not None
    assert one.result_due_at - one.at <= timedelta(hours=48)
    story.complete("forward", "customer_success", kind="complaint", department="support", note="Please.")
    assert story.waiting() == {"answer_complaint": "support/agent"}
    story.complete("answer_complaint", "support", result="We listen now.")
    [one] = story.kept()
    assert (one.state, one.result, one.department) == ("done", "We listen now.", "support")
    assert "We listen now." in story.letters("feedback-result")[0]
    page = as_person(story.app, "petra.owner").get(f"/feedback/{one.id}?lang=en").text
    assert "Tom Baker made it Complaint instead of Suggestion." in page


@pytest.mark.row("FBK-3/department-24h", "FBK-3/result-48h")
def test_feedback_that_stays_too_long_is_late_and_told(story: Story) -> None:
    story.post(f"/feedback/add/{story.number}", "tom.baker", source="mail", kind="complaint", text="Unacceptable.")
    story.rest(hours=25)
    assert story.letters("feedback-late")
    listed = as_person(story.app, "petra.owner").get("/feedback?lang=en&late=1&kind=complaint").text
    assert "Unacceptable." in listed
    assert "Unacceptable." not in as_person(story.app, "petra.owner").get("/feedback?kind=praise").text


@pytest.mark.row("FBK-3/praise", "FBK-3/consent", "PRO-6")
def test_praise_is_published_only_with_consent_and_without_a_name(story: Story) -> None:
    story.post(story.link("survey", "s"), stars="5", comment="Thank you, Tom was great.")
    story.complete("forward", "customer_success", kind="praise", department="support")
    story.complete("pass_praise", "support", result="Tom has heard it.", quote="Great <b>help</b>.")
    wall = story.app.test_client()
    assert "Great" not in wall.get("/portal/praise").text
    path = story.link("praise-consent", "p")
    assert "Great &lt;b&gt;help" in story.app.test_client().get(path).text
    assert story.post(path, answer="perhaps").status_code == 422
    assert story.post(path, answer="yes").status_code == 200
    assert story.post(path, answer="named").status_code == 409
    page = wall.get("/portal/praise").text
    [kept] = story.kept()
    assert "Great &lt;b&gt;help" in page
    assert kept.customer
    assert kept.customer not in page
    assert story.post(f"/feedback/praise/{kept.id}", "tom.baker", shown="no").status_code == 302
    assert "Great" not in wall.get("/portal/praise").text


@pytest.mark.row("FBK-3/suggestion", "FBK-3/told")
def test_a_customer_suggests_in_the_portal_and_hears_what_becomes_of_it(story: Story) -> None:
    client = as_contact(story.app, REPORT["email"])
    page = client.get(f"/portal/cases/{story.number}?lang=en")
    assert "Tell us how we do" in page.text
    form = {"text": "Please add an export.", "csrf_token": csrf_of(story.app, client)}
    assert client.post(f"/portal/cases/{story.number}/feedback", data=form).status_code == 302
    empty = client.post(f"/portal/cases/{story.number}/feedback", data=form | {"text": " "})
    assert empty.status_code == 422
    settle(story.desk)
    [kept] = story.kept()
    assert (kept.source, kept.kind) == ("portal", "suggestion")
    story.complete("forward", "customer_success", kind="suggestion", department="support")
    promised = {"action": "An export", "action_other": "tom.baker", "action_until": "2026-05-01"}
    story.complete("weigh_suggestion", "support", taken="now", result="It comes in May.", **promised)
    assert "It comes in May." in story.letters("feedback-result")[0]
    with story.desk.engine.read() as tx:
        [action] = actions.of(tx, "feedback", kept.id)
    assert action.text == "An export"


@pytest.mark.row("FBK-4/quarterly")
def test_a_contact_is_asked_once_a_quarter_and_answers_on_the_same_page(story: Story) -> None:
    with story.desk.engine.begin() as tx:
        rows, more = quarterly.ask(SYSTEM, tx)
        assert not more
        assert story.number in [row["case"] for row in rows]
        assert quarterly.ask(SYSTEM, tx) == ([], False)
        mine = next(row for row in rows if row["case"] == story.number)
    assert story.post(f"/s/{mine['token']}", stars="2", comment="Nobody calls.").status_code == 200
    [kept] = story.kept()
    assert (kept.source, kept.kind) == ("quarterly", "complaint")
    assert "call_back" in story.waiting()
    assert story.surveys()[0]["answered_at"] is None, "the survey of the closure still waits for its own answer"
    story.clock.advance(timedelta(days=81))
    with story.desk.engine.begin() as tx:
        assert story.number in [row["case"] for row in quarterly.ask(SYSTEM, tx)[0]]
