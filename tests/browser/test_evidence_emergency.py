"""Issue 7, evidence: from a monitoring alert over the API to a signed review, and a promised update that is missed."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from loopdesk.desk import emergency
from loopdesk.desk.response import reviews
from loopdesk.tests.browser.house import Person, choose, complete, person, tick
from loopdesk.tests.browser.moved import Moved, moved

pytestmark = pytest.mark.browser

ALERT = {"source": "grid", "id": "pay-1", "interface": "payment", "text": "71 % of payments fail"}
UPDATE = "Payments fail. We are on it and write again in half an hour."
BACK = "The payment gateway runs on its second line."
WHY = "The certificate of the first line ran out."


@pytest.fixture
def house(tmp_path: Path) -> Iterator[Moved]:
    """A house whose clock the test moves."""
    with moved(tmp_path) as running:
        yield running


@pytest.mark.row(
    "EMG-1/stages",
    "EMG-3/within-30-min",
    "EMG-4/roles",
    "EMG-4/timeline",
    "EMG-4/updates",
    "EMG-4/cadence",
    "EMG-7/event-record",
    "EMG-7/stable",
    "EMG-7/review",
    "EMG-11/warned-first",
    "EMG-11/core-interface",
    "EMG-11/same-alert",
    "PRO-4",
)
def test_from_an_alert_to_a_signed_review(chromium: Browser, house: Moved) -> None:
    monitor = house.api("ivan.link")
    identity = _alarmed(house, monitor)
    found = _seen(monitor, identity)
    leader, number = str(found["commander"]), str(found["case"])
    _first_update(chromium, house, leader, identity)
    _missed(chromium, house, monitor, leader, identity)
    [scribe] = [one["name"] for one in found["roles"] if one["role"] == "scribe"]
    _recorded(chromium, house, scribe, number)
    _back_and_stable(chromium, house, leader, identity)
    _stood_down(chromium, house, leader, number)
    _reviewed(chromium, house, leader, number)
    _stored(house, leader, identity)


def _alarmed(house: Moved, monitor: httpx.Client) -> str:
    """A core interface fails: the emergency begins by itself, and the same alert again begins no other."""
    first = monitor.post("/alerts", json=ALERT)
    assert first.status_code in (200, 201, 202), first.text
    house.rest()
    again = monitor.post("/alerts", json=ALERT).json()
    assert (again["joined"], again["times"], again["case"]) == (True, 2, first.json()["case"])
    [running] = monitor.get("/emergencies").json()
    assert (running["case"], running["kind"], running["severity"]) == (again["case"], "system_fault", "P0")
    return str(running["id"])


def _seen(monitor: httpx.Client, identity: str) -> dict[str, Any]:
    return dict(monitor.get(f"/emergencies/{identity}").json())


def _first_update(chromium: Browser, house: Moved, leader: str, identity: str) -> None:
    """The commander finds in the war room what to do first; those who are hit hardest were warned before."""
    warned = [mail for mail in house.server.mails if "anna@aurora.example" in str(mail["To"])]
    assert warned
    with person(chromium, house, leader) as commander:
        page = commander.open(f"/emergencies/{identity}?lang=en")
        page.locator("#war-head .work-row", has_text="Write the first update").get_by_role("link").click()
        page.locator(".fjs-container").wait_for()
        page.get_by_role("textbox", name="Update to the customers").fill(UPDATE)
        page.get_by_label("Minutes until the next update").fill("30")
        complete(page)
    house.rest()
    assert any(UPDATE in str(mail.get_content()) for mail in house.server.mails if not mail.is_multipart())


def _missed(chromium: Browser, house: Moved, monitor: httpx.Client, leader: str, identity: str) -> None:
    """Nobody writes again in time: it stands on the timeline, and the room is there within its half hour."""
    house.wait(minutes=31)
    found = _seen(monitor, identity)
    missed = [entry for entry in found["entries"] if entry["kind"] == "missed" and entry["audience"] == "external"]
    assert len(missed) == 1, found["entries"]
    assert found["room"] == f"{house.url}/emergencies/{identity}"
    with person(chromium, house, leader) as commander:
        page = commander.open(f"/emergencies/{identity}?lang=en")
        expect(page.locator(f"#entry-{missed[0]['id']}")).to_be_visible()
        page.get_by_role("textbox", name="Text").fill("The first line is down, we try the second.")
        page.get_by_role("button", name="Add to the timeline").click()
        expect(page.locator("#war-timeline")).to_contain_text("we try the second")


def _recorded(chromium: Browser, house: Moved, scribe: str, number: str) -> None:
    with person(chromium, house, scribe) as someone:
        page = _task(someone, number, "Write the event record")
        page.get_by_label("When did it happen?").fill("09:00")
        page.get_by_label("Where?").fill("Data centre 2")
        page.get_by_label("Who and what is affected?").fill("Payments of all shops")
        page.get_by_label("What was seen?").fill("Error 502")
        complete(page)
    house.rest()


def _back_and_stable(chromium: Browser, house: Moved, leader: str, identity: str) -> None:
    """The service is back; it has to stay back before the emergency may end."""
    with person(chromium, house, leader) as commander:
        page = commander.open(f"/emergencies/{identity}?lang=en")
        page.locator("#war-head .work-row", has_text="Restore the service").get_by_role("link").click()
        page.locator(".fjs-container").wait_for()
        page.get_by_role("textbox", name="What brought the service back?").fill(BACK)
        complete(page)
        house.rest()
        expect(commander.open(f"/emergencies/{identity}?lang=en").locator("#war-head")).to_contain_text(
            "Has to stay back until"
        )
        expect(page.locator("#war-head .work-row", has_text="Stand the emergency down")).to_have_count(0)
    house.wait(minutes=31)


def _stood_down(chromium: Browser, house: Moved, leader: str, number: str) -> None:
    with person(chromium, house, leader) as commander:
        page = _task(commander, number, "Stand the emergency down")
        page.get_by_role("textbox", name="Summary").fill(f"{BACK} {WHY}")
        tick(page, "The service is back and stable")
        complete(page)
    house.rest()


def _reviewed(chromium: Browser, house: Moved, leader: str, number: str) -> None:
    """Five whys, or fewer with the root marked; commander and head sign."""
    with person(chromium, house, leader) as commander:
        page = _task(commander, number, "Write the review")
        for name in ("Impact", "Handling", "Improvement"):
            page.get_by_role("textbox", name=name).first.fill(f"{name} of the failure.")
        choose(page, "At which why is the root?", "the second")
        page.get_by_role("textbox", name="1. Why did it happen?").fill("The first line was down.")
        page.get_by_role("textbox", name="2. Why?").fill(WHY)
        complete(page)
        house.rest()
        _sign(_task(commander, number, "Sign as commander"))
        house.rest()
    with person(chromium, house, "郭涛", locale="zh-CN") as head:
        _sign(_task(head, number, "Sign as head"))
    house.rest()


def _sign(page: Page) -> None:
    tick(page, "I sign")
    complete(page)


def _stored(house: Moved, leader: str, identity: str) -> None:
    with house.desk.engine.read() as tx:
        found, told = emergency.get(tx, identity), emergency.told(tx, identity)
        review = reviews.of(tx, identity)
        ended = found.ended_at
    assert (found.state, found.summary) == ("ended", f"{BACK} {WHY}")
    assert found.facts["place"] == "Data centre 2"
    assert told[0].at == found.declared_at
    assert review is not None
    assert (review.state, review.root) == ("signed", WHY)
    assert [(one["role"], one["name"]) for one in review.signatures] == [("commander", leader), ("head", "郭涛")]
    assert ended is not None
    assert review.signed_at is not None
    assert review.signed_at >= ended


def _task(someone: Person, number: str, name: str) -> Page:
    """Open a task of the case from the inbox, in English."""
    page = someone.open("/inbox?box=all&lang=en")
    page.locator("[data-task]", has_text=number).filter(has_text=name).first.click()
    page.locator(".fjs-container").wait_for()
    return page
