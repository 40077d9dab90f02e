"""Two people in one war room: each sees what the other does, without loading the page again (EMG-3, EMG-4)."""

import pytest
from playwright.sync_api import Browser, Page, expect

from loopdesk.desk import emergency
from loopdesk.engine.actor import SYSTEM
from loopdesk.tests.browser.conftest import report
from loopdesk.tests.browser.house import Product, person
from loopdesk.web.wiring import Loopdesk

SOON = 10_000
PHONE = {"width": 390, "height": 844}


@pytest.fixture
def room(desk: Loopdesk) -> str:
    """The path of the war room of an emergency that Wang Fang leads."""
    number = report(desk, "Payments fail")
    with desk.engine.begin() as tx:
        # A cause of its own: one that runs already would be joined.
        wide = emergency.Response("global", "P0", f"payment {number}")
        led = {"commander": "wang.fang", "grade": "I", "kind": "system_fault"}
        made = emergency.declare(SYSTEM, tx, number, **led, response=wide)
        emergency.assign(SYSTEM, tx, made.id, "scribe", "tom.baker")
    return f"/emergencies/{made.id}"


def never_loaded_again(page: Page) -> None:
    """Whatever stands in the window would be gone after another load."""
    page.evaluate("window.same = true")


@pytest.mark.row("EMG-3/channel", "EMG-4/timeline")
def test_two_people_see_each_others_entries_without_reload(product: Product, chromium: Browser, room: str) -> None:
    with person(chromium, product, "Tom Baker") as tom, person(chromium, product, "Emma Stone", viewport=PHONE) as emma:
        for one in (tom, emma):
            one.open(room)
            never_loaded_again(one.page)
        emma.page.get_by_role("textbox", name="Text").fill("half a sentence")
        write(tom.page, "Entry", "The queue of the payment service is full.")
        expect(tom.page.locator("#war-timeline")).to_contain_text("The queue of the payment service", timeout=SOON)
        expect(emma.page.locator("#war-timeline")).to_contain_text("The queue of the payment service", timeout=SOON)
        expect(emma.page.get_by_role("textbox", name="Text")).to_have_value("half a sentence")
        write(emma.page, "Question", "Switch to the second provider?")
        expect(tom.page.locator("#decisions")).to_contain_text("Switch to the second provider?", timeout=SOON)
        tom.page.locator("#runbook button.box").first.click()
        expect(emma.page.locator("#runbook")).to_contain_text("Tom Baker", timeout=SOON)
        assert all(one.page.evaluate("window.same") for one in (tom, emma))


def test_a_decision_is_made_on_the_page_and_everybody_reads_it(product: Product, chromium: Browser, room: str) -> None:
    with person(chromium, product, "王芳", locale="zh-CN") as leader, person(chromium, product, "Tom Baker") as tom:
        tom.open(room)
        leader.open(f"{room}?lang=zh")
        write(tom.page, "Question", "May we switch off the old queue?")
        decisions = leader.page.locator("#decisions")
        expect(decisions).to_contain_text("May we switch off", timeout=SOON)
        decisions.locator("a.button").click()
        box = leader.page.locator("#war-write")
        expect(box).to_contain_text("May we switch off", timeout=SOON)
        box.locator("textarea").fill("可以，十点整。")
        box.locator("button[type=submit]").click()
        expect(tom.page.locator("#decisions")).to_contain_text("可以，十点整。", timeout=SOON)


def write(page: Page, kind: str, text: str) -> None:
    """Write something into the room."""
    page.locator("#war-write").get_by_text(kind, exact=True).click()
    page.locator("#war-write textarea").fill(text)
    page.locator("#war-write button[type=submit]").click()
