"""Issue 7, evidence: two departments and a handoff that is rejected, offered again, signed, disputed and arbitrated."""

import pytest
from playwright.sync_api import Browser, Page, expect

from loopdesk.desk import arbitration, handoff, record
from loopdesk.engine.actor import SYSTEM
from loopdesk.tests.browser.conftest import report, task_of
from loopdesk.tests.browser.house import Product, choose, complete, open_task, person, tick
from loopdesk.web.wiring import Loopdesk

pytestmark = pytest.mark.browser

THEIRS = "The rates come from the price service, and that is ours no longer."
OURS = "The price service only passes on what the shop sends."
REASONS = "Who sends a wrong rate can correct it for all its callers."


@pytest.mark.row(
    "HND-2/sender-signs",
    "HND-2/receiver-confirms",
    "HND-2/rejected-with-reason",
    "HND-2/offered-again",
    "HND-4/dispute",
    "HND-4/senior-manager",
    "HND-4/customer-first",
    "HND-4/binding",
    "HND-4/precedent",
    "PRO-3/sign-off",
    "PRO-3/arbitration",
)
def test_a_handoff_is_rejected_offered_again_signed_disputed_and_arbitrated(
    chromium: Browser, product: Product, desk: Loopdesk
) -> None:
    number = report(desk, "The tax on invoices is wrong since Monday")
    assert task_of(desk, number)
    _offered(chromium, product, number)
    _rejected(chromium, product, number)
    _offered_again(chromium, product, number)
    _signed_then_disputed(chromium, product, number)
    _answered_and_ruled(chromium, product, number)
    _precedent(chromium, product, number)
    _stored(desk, number)


def _offered(chromium: Browser, product: Product, number: str) -> None:
    with person(chromium, product, "Tom Baker") as tom:
        open_task(tom.page, product.url, number, "Check the report")
        choose(tom.page, "Type of problem", "Fault")
        choose(tom.page, "Department that solves it", "Customer support")
        for words in ("Work is badly hampered", "Several people", "Usual"):
            tick(tom.page, words)
        complete(tom.page)
        open_task(tom.page, product.url, number, "Solve the problem")
        tick(tom.page, "Hand over to another department")
        choose(tom.page, "Hand over to", "R&D")
        tom.page.get_by_role("textbox", name="Why to them?").fill("The price service is theirs.")
        complete(tom.page)
        open_task(tom.page, product.url, number, "Sign the case over")
        _sign_over(tom.page, "All invoices have 19 %.")


def _sign_over(page: Page, summary: str) -> None:
    page.get_by_role("textbox", name="Summary for the receiver").fill(summary)
    tick(page, "I hand this case over")
    complete(page)


def _rejected(chromium: Browser, product: Product, number: str) -> None:
    with person(chromium, product, "Priya Raman") as priya:
        page = priya.open("/handoffs?lang=en&side=to")
        page.locator("li.work-row", has_text=number).get_by_role("link", name="Answer").click()
        page.locator(".fjs-container").wait_for()
        tick(page, "Reject, with a reason")
        page.get_by_role("textbox", name="Why not?").fill("No invoice is attached.")
        tick(page, "I sign for my department")
        complete(page)


def _offered_again(chromium: Browser, product: Product, number: str) -> None:
    with person(chromium, product, "Tom Baker") as tom:
        open_task(tom.page, product.url, number, "Sign the case over")
        expect(tom.page.get_by_label("Why it was sent back")).to_have_value("No invoice is attached.")
        _sign_over(tom.page, "All invoices have 19 %: invoice 4711 as an example.")


def _signed_then_disputed(chromium: Browser, product: Product, number: str) -> None:
    with person(chromium, product, "Priya Raman") as priya:
        open_task(priya.page, product.url, number, "Confirm or reject receipt")
        tick(priya.page, "Confirm receipt")
        tick(priya.page, "I sign for my department")
        complete(priya.page)
        card = priya.open(f"/cases/{number}?lang=en").locator("#handoffs")
        expect(card.locator("li.incident")).to_have_count(2)
        expect(card).to_contain_text("attempt 2")
        expect(card).to_contain_text("No invoice is attached.")
        card.locator("summary", has_text="Dispute it").click()
        card.get_by_label("How your department sees it").fill(THEIRS)
        with priya.page.expect_navigation():
            card.get_by_role("button", name="Dispute").click()
        expect(priya.page.locator("#handoffs")).to_contain_text("In arbitration")


def _answered_and_ruled(chromium: Browser, product: Product, number: str) -> None:
    with person(chromium, product, "Tom Baker") as tom:
        open_task(tom.page, product.url, number, "State your side")
        expect(tom.page.get_by_label("How they see it")).to_have_value(THEIRS)
        tom.page.get_by_role("textbox", name="How your department sees it").fill(OURS)
        complete(tom.page)
    with person(chromium, product, "Daniel Reyes") as daniel:
        open_task(daniel.page, product.url, number, "Rule")
        choose(daniel.page, "Who holds the case?", "Customer support")
        daniel.page.get_by_role("textbox", name="What serves the customer best?").fill("The wrong rate stops today.")
        daniel.page.get_by_role("textbox", name="Reasons").fill(REASONS)
        tick(daniel.page, "I rule so")
        complete(daniel.page)


def _precedent(chromium: Browser, product: Product, number: str) -> None:
    with person(chromium, product, "Priya Raman") as priya:
        page = priya.open("/handoffs/rulings?lang=en")
        page.get_by_role("searchbox").first.fill("wrong rate callers")
        page.get_by_role("searchbox").first.press("Enter")
        page.get_by_text(REASONS).first.wait_for()
        expect(page.get_by_role("main")).to_contain_text(number)
        expect(priya.open(f"/cases/{number}?lang=en").locator("#handoffs")).to_contain_text(
            "By ruling Customer support"
        )
    with person(chromium, product, "Tom Baker") as tom:
        open_task(tom.page, product.url, number, "Solve the problem")


def _stored(desk: Loopdesk, number: str) -> None:
    with desk.engine.read() as tx:
        first, second = handoff.listing(SYSTEM, tx, number)
        [ruled] = arbitration.of_case(SYSTEM, tx, number)
        case = record.get(tx, number)
        made = [row for one in (first, second) for row in one["signatures"]]
        said = [(row["name"], row["side"], row["decision"]) for row in made]
    assert [(one["attempt"], one["round"]) for one in (first, second)] == [(1, first["round"]), (2, first["round"])]
    assert (first["state"], first["answer"]) == ("rejected", "No invoice is attached.")
    tom, priya = ("Tom Baker", "sender", "signed"), ("Priya Raman", "receiver")
    ruling = ("Daniel Reyes", "arbiter", "ruled")
    assert said == [tom, (*priya, "rejected"), tom, (*priya, "accepted"), ruling]
    assert {len(row["digest"]) for row in made} == {64}
    assert ruled.handoff == second["id"]
    assert (ruled.state, ruled.department, ruled.statement, ruled.reply) == ("ruled", "support", THEIRS, OURS)
    assert (ruled.ruled_by_name, ruled.reasoning) == ("Daniel Reyes", REASONS)
    assert (case.department, case.status) == ("support", "open")
