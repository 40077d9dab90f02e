"""Staff see moods at messages, in the head of a case and week by week; customers never do (COM-6)."""

from datetime import timedelta

import pytest
from flask import Flask

from loopdesk.engine.clock import VirtualClock
from loopdesk.tests.web.browsers import as_contact, as_person, csrf_of
from loopdesk.tests.web.test_sentiment import ANGRY, look, moods_of, reported, says
from loopdesk.web.wiring import Loopdesk


@pytest.mark.row("COM-6/correction")
def test_staff_see_the_mood_at_the_message_and_in_the_head_and_correct_it_there(
    app: Flask, desk: Loopdesk, clock: VirtualClock
) -> None:
    number = reported(desk)
    clock.advance(timedelta(minutes=1))
    about = says(desk, number, ANGRY)
    look(desk)
    browser = as_person(app, "li.na")
    page = browser.get(f"/cases/{number}?lang=en").get_data(as_text=True)
    assert page.count("Negative mood") >= 2, "at the message and in the head"
    data = {"label": "neutral", "csrf_token": csrf_of(app, browser), "next": f"/cases/{number}"}
    assert browser.post(f"/feedback/sentiment/of/{about}", data=data).status_code == 302
    assert moods_of(desk, number)[about].corrected
    assert "said by a person" in browser.get(f"/cases/{number}?lang=en").get_data(as_text=True)
    customer = as_contact(app, "anna@aurora.example")
    assert "mood" not in customer.get(f"/portal/cases/{number}?lang=en").get_data(as_text=True)


def test_the_page_of_moods_counts_each_week_and_leads_to_the_messages(app: Flask, desk: Loopdesk) -> None:
    number = reported(desk)
    says(desk, number, ANGRY)
    look(desk)
    browser = as_person(app, "wang.fang")
    page = browser.get("/feedback/sentiment?lang=en").get_data(as_text=True)
    assert "2026-03-02" in page
    assert "1 / 2 (50 %)" in page
    assert number in browser.get("/feedback/sentiment/2026-03-02?lang=en").get_data(as_text=True)
    assert browser.get("/feedback/sentiment/soon").status_code == 404
    lines = browser.get("/feedback/sentiment.csv").get_data(as_text=True).splitlines()
    assert lines[0].endswith("monday,kind,count,mean,negative")
    assert lines[1].startswith("2026-03-02,,2,")
