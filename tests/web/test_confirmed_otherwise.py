"""A yes without the link: on the portal, and to one of ours on the phone (FIX-4, COM-8)."""

from collections.abc import Callable

import pytest
from flask import Flask

from loopdesk.desk import record
from loopdesk.desk.closure import rounds, verification
from loopdesk.engine.actor import SYSTEM
from loopdesk.engine.clock import VirtualClock
from loopdesk.tests.web.browsers import as_contact, as_person, csrf_of
from loopdesk.tests.web.conftest import Api, settle
from loopdesk.tests.web.surveyed import REPORT
from loopdesk.tests.web.test_closure_pages import Closing
from loopdesk.web.wiring import Loopdesk

ASKS = "Tell us below or through the link in our e-mail whether it works."
CHECKS = "We are checking it; there is nothing you need to do now."


@pytest.fixture
def story(app: Flask, desk: Loopdesk, clock: VirtualClock, api: Callable[..., Api]) -> Closing:
    return Closing(app, desk, clock, api)


def ask(story: Closing) -> None:
    """The team has ticked everything; the customer is asked now."""
    with story.desk.engine.read() as tx:
        one = rounds.open_of(tx, story.number)
    assert one is not None
    for element, part in (("retest", "retest"), ("check_stable", "stable")):
        where = story.waiting()[element].partition("/")[0]
        story.complete(element, where, passed=list(one.items[part]))
        story.rest(days=1)


def status(story: Closing) -> tuple[str, list[bool | None]]:
    with story.desk.engine.read() as tx:
        return record.get(tx, story.number).status, [
            row["confirmed"] for row in verification.listing(SYSTEM, tx, story.number)
        ]


@pytest.mark.row("FIX-4/customer-confirms")
def test_a_customer_confirms_on_the_portal_what_the_letter_asks(story: Closing) -> None:
    browser = as_contact(story.app, REPORT["email"])
    page = f"/portal/cases/{story.number}?lang=en"
    before = browser.get(page).text
    assert (CHECKS in before, "Yes, it works" in before) == (True, False)
    ask(story)
    asked = browser.get(page).text
    assert (ASKS in asked, "Is your problem solved?" in asked, "Yes, it works" in asked) == (True, True, True)
    form = {"wish": "works", "csrf_token": csrf_of(story.app, browser)}
    done = browser.post(f"/portal/cases/{story.number}/reopen", data=form)
    assert (done.status_code, done.location) == (302, f"/portal/cases/{story.number}")
    settle(story.desk)
    assert status(story) == ("closed", [True])
    assert "The customer confirms: it works" in browser.get(page).text
    assert browser.post(f"/portal/cases/{story.number}/reopen", data=form).status_code == 409
    assert status(story) == ("closed", [True])


@pytest.mark.row("FIX-4/customer-confirms")
def test_a_yes_on_the_phone_is_noted_by_whoever_heard_it(story: Closing) -> None:
    agent = as_person(story.app, "wang.fang")
    page = f"/cases/{story.number}?lang=en"
    assert "The customer told me that it works" not in agent.get(page).text
    early = story.post(f"/cases/{story.number}/confirm", who="wang.fang")
    assert (early.status_code, status(story)) == (409, ("solved", []))
    ask(story)
    assert "The customer told me that it works" in agent.get(page).text
    assert story.post(f"/cases/{story.number}/confirm", who="ivan.link").status_code == 403
    done = story.post(f"/cases/{story.number}/confirm", who="wang.fang", confirmation="It prints again.")
    assert (done.status_code, status(story)) == (302, ("closed", [True]))
    with story.desk.engine.read() as tx:
        [kept] = verification.listing(SYSTEM, tx, story.number)
    assert kept["comment"] == "It prints again."
    shown = agent.get(page).text
    assert ("The customer told me that it works" in shown, "The customer told 王芳: it works" in shown) == (False, True)
