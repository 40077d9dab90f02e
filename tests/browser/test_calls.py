"""What an agent does on the phone: find who calls, take the template that fits; and the customer's page."""

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from loopdesk.desk import customers, record
from loopdesk.desk.crm import assets
from loopdesk.engine.actor import SYSTEM
from loopdesk.tests.browser.house import Person, Product, person
from loopdesk.web.wiring import Loopdesk

pytestmark = pytest.mark.browser
DEVICE = "LP-300-0007"


@pytest.fixture(scope="module")
def printer(desk: Loopdesk) -> str:
    """A device of Aurora, known with model and version."""
    with desk.engine.begin() as tx:
        aurora = customers.by_number(tx, "C-1001")
        assert aurora is not None
        return assets.keep(SYSTEM, tx, aurora, serial=DEVICE, model="LabelJet 300", service_version="4.2.1").id


def fill(page: Page, label: str, text: str) -> None:
    """Type into a field of the form."""
    page.get_by_label(label, exact=False).first.fill(text)


def call(someone: Person) -> Page:
    """Find Anna while typing, and tell what she says."""
    page = someone.open("/calls/new?lang=en")
    page.locator(".fjs-container").wait_for()
    page.locator("#caller-search").press_sequentially("anna", delay=20)
    page.get_by_role("radio", name=re.compile("Anna Berg")).check()
    page.locator(".known", has_text="Aurora Retail").wait_for()
    fill(page, "What is the problem, in one line?", "Labels are not printed")
    fill(page, "What happens?", "The printer blinks red, there is a paper jam.")
    return page


@pytest.mark.row("INT-1/phone", "INT-2/fields", "INT-3/chosen", "INT-3/pre-filled")
def test_a_call_is_entered_with_the_template_that_its_words_choose(
    chromium: Browser, product: Product, desk: Loopdesk, printer: str
) -> None:
    with person(chromium, product, "Tom Baker") as tom:
        page = call(tom)
        page.locator("[data-template-box]", has_text="Printing fails").wait_for()
        expect(page.get_by_label("Device", exact=False).first).to_have_value(DEVICE)
        fill(page, "What does the message say, word for word?", "E-4")
        with page.expect_navigation():
            page.get_by_role("button", name="Open the case").click()
        page.get_by_text("Labels are not printed").first.wait_for()
        number = page.url.rpartition("/")[2].partition("?")[0]
    with desk.engine.read() as tx:
        stored = record.get(tx, number)
    assert (stored.channel, stored.template, stored.asset_id) == ("phone", "printing", printer)
    assert (stored.details, stored.system_version) == ({"error_message": "E-4"}, "4.2.1")


def test_a_template_is_declined_and_its_questions_go(chromium: Browser, product: Product, printer: str) -> None:
    assert printer
    with person(chromium, product, "Tom Baker") as tom:
        page = call(tom)
        page.locator("[data-template-box]", has_text="Printing fails").wait_for()
        page.get_by_role("button", name="Something else").click()
        page.locator("[data-template-box]").wait_for(state="hidden")
        page.get_by_text("What does the message say, word for word?").wait_for(state="hidden")
        expect(page.get_by_label("What happens?", exact=False).first).to_have_value(re.compile("paper jam"))


def test_what_was_typed_stays_when_nobody_calls(chromium: Browser, product: Product) -> None:
    with person(chromium, product, "Tom Baker", expected=(422,)) as tom:
        page = tom.open("/calls/new?lang=en")
        page.locator(".fjs-container").wait_for()
        fill(page, "What is the problem, in one line?", "It hangs")
        fill(page, "What happens?", "Nothing moves.")
        page.get_by_role("button", name="Open the case").click()
        page.locator("[data-problem]", has_text="the customer is missing").wait_for()
        expect(page.get_by_label("What happens?", exact=False).first).to_have_value("Nothing moves.")


@pytest.mark.row("INT-3/chosen")
def test_the_portal_asks_what_the_problem_needs(chromium: Browser, product: Product) -> None:
    with person(chromium, product) as somebody:
        page = somebody.open("/portal/report?lang=en")
        page.locator(".fjs-container").wait_for()
        fill(page, "What is the problem, in one line?", "I cannot sign in")
        page.locator("[data-template-box]", has_text="Sign-in fails").wait_for()


@pytest.mark.row("INT-5/tier")
def test_a_tier_is_changed_on_the_customers_page(chromium: Browser, product: Product, desk: Loopdesk) -> None:
    with person(chromium, product, "Tom Baker") as tom:
        page = tom.open("/customers/C-1003?lang=en")
        page.get_by_role("button", name="Change the tier").first.click()
        page.locator("dialog[open] select").select_option("normal")
        page.locator("dialog[open]").get_by_label("Reason").fill("Signed today")
        page.locator("dialog[open]").get_by_role("button", name="Change the tier").click()
        page.get_by_text("Signed today").wait_for()
    with desk.engine.read() as tx:
        found = customers.by_number(tx, "C-1003")
    assert found is not None
    assert found.tier == "normal"
