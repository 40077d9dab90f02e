"""Whoever calls a customer and writes to them: the number, the language, and words that are flagged once."""

import pytest
import sqlalchemy as sa
from playwright.sync_api import Browser, Page, expect

from loopdesk.desk.customers import contact_
from loopdesk.desk.feedback import survey
from loopdesk.engine import messages
from loopdesk.engine.actor import SYSTEM
from loopdesk.tests.browser.conftest import report, task_of
from loopdesk.tests.browser.house import Product, complete, open_task, person, tick
from loopdesk.web.wiring import Loopdesk

pytestmark = pytest.mark.browser
PHONE, FLAGGED = "+49 30 5550 1234", "Words that the customer may not know"


@pytest.fixture(scope="module")
def low(desk: Loopdesk) -> str:
    """A case of Anna's whose answer had few stars: somebody calls her back."""
    number = report(desk, "Labels come out twice")
    task_of(desk, number)
    with desk.engine.begin() as tx:
        tx.conn.execute(sa.update(contact_).where(contact_.c.email == "anna@aurora.example").values(phone=PHONE))
        asked = survey.send(SYSTEM, tx, number)
        assert asked
        said = {"first": asked["id"], "feedback": "", "stars": 2, "words": "Too slow.", "content_from": 3}
        messages.publish(SYSTEM, tx, "recovery.requested", key=number, payload=said | {"within": "PT24H"})
    task_of(desk, number, "call_back")
    return number


@pytest.mark.row("FBK-2/call-back", "FBK-2/report", "COM-10/jargon")
def test_the_task_says_whom_to_call_the_report_in_which_language_and_jargon_is_told_once(
    chromium: Browser, product: Product, desk: Loopdesk, low: str
) -> None:
    with person(chromium, product, "周敏", expected=(422,)) as min_:
        page = _called(min_.page, product, low)
        task_of(desk, low, "write_report")
        open_task(page, f"{product.url}", low, "Write the improvement report")
        page.get_by_text("The customer of this case reads English.").wait_for()
        field = page.get_by_role("textbox", name="Report to the customer")
        field.fill("We roll out a hotfix.")
        page.get_by_role("button", name="Complete").click()
        refused = page.get_by_role("alert").filter(has_text=FLAGGED)
        expect(refused).to_contain_text("Not sent yet")
        expect(page.get_by_text(FLAGGED)).to_have_count(1)
        expect(page.locator("[data-jargon-box]")).to_be_focused()
        field.press_sequentially(" The cache was full.")
        expect(page.get_by_role("status").filter(has_text=FLAGGED)).to_contain_text("cache")
        expect(page.get_by_text(FLAGGED)).to_have_count(1)
        page.get_by_role("checkbox", name="Send it all the same").check()
        complete(page)


def _called(page: Page, product: Product, number: str) -> Page:
    page.goto(f"{product.url}/me?lang=en")
    open_task(page, product.url, number, "Call the customer back")
    expect(page.locator(".fjs-container")).to_contain_text(f"Anna Berg (Aurora Retail) · {PHONE}")
    tick(page, "Yes, we talked")
    page.get_by_role("textbox", name="Root cause").fill("A night lost.")
    complete(page)
    return page
