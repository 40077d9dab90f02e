"""When a way to a customer is found, of the letters that were held only what still holds true leaves (COM-1, COM-4)."""

from datetime import timedelta

import pytest
from flask import Flask

from loopdesk.desk import casework, sending
from loopdesk.desk.feedback import survey
from loopdesk.engine import events
from loopdesk.engine.actor import SYSTEM
from loopdesk.engine.clock import VirtualClock
from loopdesk.tests.web.browsers import as_person
from loopdesk.tests.web.test_contacting import Call, complete, letters, looked, prefers, reported
from loopdesk.web.wiring import Loopdesk


@pytest.mark.row("COM-1/preferred", "COM-4/recorded")
def test_of_the_letters_that_were_held_only_those_that_still_hold_true_leave(
    desk: Loopdesk, api: Call, app: Flask, clock: VirtualClock
) -> None:
    """Two notices of progress and a survey whose time is over: the newer notice is the one that is true."""
    number = reported(desk, api)
    clock.advance(timedelta(minutes=1))
    prefers(desk, "hejing@chenxing.example", email=None, phone="")
    looked(desk)
    for pause in (timedelta(hours=5), timedelta(hours=5)):
        with desk.engine.begin() as tx:
            events.record(SYSTEM, tx, "diagnosis.cause", key=number, data={"text": "x"})
        looked(desk)
        clock.advance(pause)
    with desk.engine.begin() as tx:
        asked = survey.ask(SYSTEM, tx, number, kind=survey.SECOND)
        link = {"link": f"https://desk.example/s/{asked['token']}", "expires_at": asked["expires_at"]}
        sending.send(SYSTEM, tx, number, template="survey-again", to="customer", params=link, base_url="")
    clock.advance(timedelta(days=15))
    complete(desk, number, "find_way", outcome="found", way="colleague", said="Asked.", email="he@new.example")
    notices = letters(desk, number, "notice-progress")
    assert [(one["state"], one["note"]) for one in notices] == [("held", "outdated"), ("queued", "")]
    [over] = letters(desk, number, "survey-again")
    assert (over["state"], over["note"]) == ("held", "outdated")
    page = as_person(app, "li.na").get(f"/cases/{number}/communications?state=held&lang=en").text
    assert page.count("It no longer held true when a way to the customer was found") == 2


@pytest.mark.row("COM-1/preferred")
def test_what_was_solved_meanwhile_is_not_announced_any_more(desk: Loopdesk, api: Call, clock: VirtualClock) -> None:
    number = reported(desk, api)
    clock.advance(timedelta(minutes=1))
    prefers(desk, "hejing@chenxing.example", email=None, phone="")
    looked(desk)
    with desk.engine.begin() as tx:
        events.record(SYSTEM, tx, "diagnosis.cause", key=number, data={"text": "x"})
    looked(desk)
    clock.advance(timedelta(hours=1))
    with desk.engine.begin() as tx:
        casework.solve(SYSTEM, tx, number, solution="Restarted.")
    complete(desk, number, "find_way", outcome="found", way="colleague", said="Asked.", email="he@new.example")
    [old] = letters(desk, number, "notice-progress")
    assert (old["state"], old["note"], old["address"]) == ("held", "outdated", "")
