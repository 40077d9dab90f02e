"""The fix's link, the closing letter's link, the place Closure and the API (FIX-4, FIX-9, COM-9)."""

from collections.abc import Callable

import pytest
from flask import Flask

from loopdesk.desk import casework
from loopdesk.desk.closure import rounds
from loopdesk.engine import messages
from loopdesk.engine.actor import SYSTEM
from loopdesk.engine.clock import VirtualClock
from loopdesk.tests.web.browsers import as_person
from loopdesk.tests.web.conftest import Api
from loopdesk.tests.web.surveyed import Story
from loopdesk.web.wiring import Loopdesk


class Closing(Story):
    """A case that is just solved."""

    def close(self) -> None:
        with self.desk.engine.begin() as tx:
            casework.name_owner(SYSTEM, tx, self.number, department="support")
            casework.solve(SYSTEM, tx, self.number, solution="Restarted.")
            messages.publish(SYSTEM, tx, "closure.requested", key=self.number)
        self.rest()


@pytest.fixture
def story(app: Flask, desk: Loopdesk, clock: VirtualClock, api: Callable[..., Api]) -> Closing:
    return Closing(app, desk, clock, api)


@pytest.mark.row(
    "FIX-4/re-test", "FIX-4/customer-confirms", "COM-9/asks-for-more", "COM-9/linked-case", "FIX-9/same-owner"
)
def test_from_the_checklist_to_the_link_that_opens_the_case_again(story: Closing, api: Callable[..., Api]) -> None:
    desk_page = as_person(story.app, "wang.fang")
    assert story.number in desk_page.get("/closure?lang=en").text
    assert "Re-test" in desk_page.get(f"/cases/{story.number}?lang=en").text
    with story.desk.engine.read() as tx:
        one = rounds.open_of(tx, story.number)
    assert one is not None
    story.complete("retest", story.waiting()["retest"].partition("/")[0], passed=list(one.items["retest"]))
    if one.items.get("stable"):
        story.rest(days=1)
        story.complete(
            "check_stable", story.waiting()["check_stable"].partition("/")[0], passed=list(one.items["stable"])
        )
    path = story.link("verify-fix", "v")
    assert "There is something else" in story.app.test_client().get(f"{path}?lang=en").text
    assert story.post(path, wish="else", comment=" ").status_code == 422
    more = story.post(f"{path}?lang=en", wish="else", comment="The printer is offline.")
    assert (more.status_code, story.number in more.text) == (200, True)
    assert all(text in more.text for text in ("One question is still open", f'href="{path}"'))
    thanks = story.post(f"{path}?lang=en", confirmed="yes")
    assert (thanks.status_code, "we close it once everything that was agreed is checked" in thanks.text) == (200, True)
    answered = story.post(f"{path}?lang=en", wish="else", comment="The screen is dark.")
    assert (f"{story.number} itself stays closed." in answered.text, "still open" in answered.text) == (True, False)
    again = story.link("closing-confirmed", "r")
    assert "It does not work" in story.app.test_client().get(f"{again}?lang=en").text
    assert story.post(again, wish="maybe", comment="Slow.").status_code == 422
    done = story.post(f"{again}?lang=en", wish="fails", comment="Slow again.")
    assert (done.status_code, "open again" in done.text) == (200, True)
    timeline = desk_page.get(f"/cases/{story.number}?lang=en").text
    told = ("The customer says that there is something else", "The customer says that it is not over")
    assert [timeline.count(sentence) for sentence in told] == [2, 1]
    shown = api("ivan.link").get(f"/cases/{story.number}/closure").json
    assert [(word["wish"], word["state"]) for word in shown["reopenings"]] == [
        ("else", "linked"),
        ("else", "linked"),
        ("fails", "reopened"),
    ]
    assert shown["reopenings"][0]["other"] in more.text
    assert [found["outcome"] for found in shown["rounds"]] == ["closed"]
    assert story.app.test_client().get("/r/unknown").status_code == 404
