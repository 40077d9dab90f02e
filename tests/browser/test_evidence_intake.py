"""The evidence of issue 6: one problem that three customers report over three channels, up to its escalation.

Rows: INT-1, INT-5, INT-6, INT-8, DIA-2, SLA-1, SLA-4. Nothing is replaced: a real mail, real forms, real clocks.
"""

import re
from email.message import EmailMessage
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from loopdesk.tests.browser.house import Product, choose, complete, open_task, person, started, tick
from loopdesk.web.first_start import WORKFLOWS

TITLE = "Order page is slow, every click takes a minute"
TEXT = "Since this morning the order page is very slow: every click takes a minute and saving an order times out."
SHORTER = {
    "first_response: {target: PT15M, by: phone}, workaround": "first_response: {target: PT10S, by: phone}, workaround",
    "{first_response: PT30M, diagnosis: PT8H": "{first_response: PT10S, diagnosis: PT8H",
}
"""What the shipped policy promises for P0 and P1, and what the owner makes of it."""
NUMBER = re.compile(r"L-\d{4}-\d{6}")

pytestmark = pytest.mark.browser


@pytest.mark.timeout(600)
@pytest.mark.row("INT-1/portal", "INT-1/e-mail", "INT-1/phone", "INT-6/technical", "INT-9/recomputed")
@pytest.mark.row("INT-8/parent", "INT-8/raised-impact", "DIA-1/time", "DIA-2/tree", "DIA-2/outcome")
@pytest.mark.row("SLA-1/moved", "SLA-4/red", "SLA-4/escalates", "SLA-4/backup", "SLA-6/trace")
def test_one_problem_of_three_customers_becomes_one_case_that_is_diagnosed_and_escalated(
    chromium: Browser, tmp_path: Path
) -> None:
    with started(tmp_path) as product:
        # In the order of the channels, for the third one makes it a problem of many.
        reports = [_on_the_portal(chromium, product), _by_mail(chromium, product), _on_the_phone(chromium, product)]
        assert len(set(reports)) == 3
        problem = _the_problem_of(chromium, product, reports)
        _checked(chromium, product, problem)
        _weighed(chromium, product, problem)
        _diagnosed(chromium, product, problem)
        _overdue(chromium, product, problem)
        _escalated(chromium, product, problem)


def _on_the_portal(chromium: Browser, product: Product) -> str:
    with person(chromium, product) as paul:
        page = paul.open("/portal/report")
        page.get_by_label("What is the problem, in one line?").fill(TITLE)
        page.get_by_role("textbox", name="What happens?").fill(TEXT)
        tick(page, "One person")
        tick(page, "Work is badly hampered")
        page.get_by_role("button", name="Continue").click()
        page.get_by_role("button", name="Continue").click()
        page.get_by_label("Your e-mail address").fill("paul@delta.example")
        page.get_by_role("button", name="Send the report").click()
        page.get_by_role("heading", name="We have your report").wait_for()
        return _number(page)


def _by_mail(chromium: Browser, product: Product) -> str:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "何静 <hejing@chenxing.example>", "support@loopdesk.example", TITLE
    mail["Message-ID"] = "<evidence-1@chenxing.example>"
    mail.set_content(TEXT)
    product.post_mail(mail)
    letter = product.mail("hejing@chenxing.example", TITLE)
    found = NUMBER.search(letter["subject"] + letter["text"])
    assert found
    return found[0]


def _on_the_phone(chromium: Browser, product: Product) -> str:
    with person(chromium, product, "Tom Baker") as tom:
        page = tom.open("/calls/new")
        page.get_by_role("searchbox", name="Name, customer number, phone or e-mail").fill("anna")
        page.get_by_role("radio", name="Anna Berg").check()
        page.get_by_label("What is the problem, in one line?").fill(TITLE)
        page.get_by_role("textbox", name="What happens?").fill(TEXT)
        tick(page, "One person")
        tick(page, "Work is badly hampered")
        with page.expect_navigation():
            page.get_by_role("button", name="Open the case").click()
        return _number(page)


def _number(page: Page) -> str:
    expect(page.locator("main")).to_contain_text(NUMBER)
    found = NUMBER.search(page.locator("main").inner_text())
    assert found
    return found[0]


def _the_problem_of(chromium: Browser, product: Product, reports: list[str]) -> str:
    """The parent problem of the reports: it is more urgent than a plain one of them."""
    with person(chromium, product, "Tom Baker") as tom:
        page = tom.open(f"/cases/{reports[0]}")
        expect(_priority(page)).to_contain_text("P3")
        related = page.locator("#related")
        expect(related).to_contain_text("One report of the problem")
        found = NUMBER.search(related.inner_text())
        assert found
        page = tom.open(f"/cases/{found[0]}")
        # What happens at the busiest hours weighs more (impact.dmn), and this runs by the real clock.
        expect(_priority(page)).to_contain_text(re.compile("P[12]"))
        for number in reports:
            expect(page.locator("#related")).to_contain_text(number)
        return found[0]


def _priority(page: Page) -> Locator:
    return page.locator("#case-head .badge", has_text=re.compile(r"P\d"))


def _checked(chromium: Browser, product: Product, number: str) -> None:
    with person(chromium, product, "Tom Baker") as tom:
        open_task(tom.page, product.url, number, "Check the report")
        choose(tom.page, "Department that solves it", "Customer support")
        tick(tom.page, "Usual")
        complete(tom.page)


def _weighed(chromium: Browser, product: Product, number: str) -> None:
    """Figures come in: the impact rises, and with it the priority."""
    with person(chromium, product, "Tom Baker") as tom:
        page = tom.open(f"/cases/{number}")
        impact = page.locator("#impact")
        impact.get_by_text("Note figures").click()
        impact.get_by_label("Business lost, in per cent").fill("10")
        impact.get_by_role("button", name="Keep the figures").click()
        expect(_priority(page)).to_contain_text(re.compile("P[01]"))  # by day it weighs more than at night


def _diagnosed(chromium: Browser, product: Product, number: str) -> None:
    """Step by step; each outcome stands with the name of who found it."""
    with person(chromium, product, "Tom Baker") as tom:
        page = tom.open(f"/cases/{number}")
        diagnosis = page.locator("#diagnosis")
        diagnosis.get_by_text("Look for the cause step by step").click()
        diagnosis.get_by_label("Diagnosis tree").select_option(label="Performance")
        diagnosis.get_by_role("button", name="Begin").click()
        for outcome in ("Suddenly without a change", "Yes"):
            diagnosis.get_by_label(outcome).check()
            diagnosis.get_by_role("button", name="Record the outcome").click()
        expect(diagnosis).to_contain_text("Too little capacity for the load")
        expect(diagnosis.get_by_text("Tom Baker").first).to_be_visible()


def _overdue(chromium: Browser, product: Product, number: str) -> None:
    """The owner shortens a promise, and a supervisor lets the case count by it: a clock is overdue."""
    with person(chromium, product, "Petra Lang") as petra:
        page = petra.open("/definitions/policies")
        page.get_by_role("button", name="New version").click()
        policies = (WORKFLOWS / "policies" / "sla.yaml").read_text("utf-8")
        for promise, shorter in SHORTER.items():
            assert policies.count(promise) == 1
            policies = policies.replace(promise, shorter)
        file = {"name": "sla.yaml", "mimeType": "text/yaml", "buffer": policies.encode()}
        page.locator("#deploy input[type=file]").set_input_files(file)  # type: ignore[arg-type]
        page.get_by_role("button", name="Check and deploy").click()
        expect(page.get_by_text("is deployed")).to_be_visible()
    with person(chromium, product, "王芳") as fang:
        page = fang.open(f"/cases/{number}?lang=en")
        clocks = page.locator("#clocks")
        clocks.get_by_text("Count by another policy").click()
        clocks.get_by_label("Reason").fill("We promise more now.")
        clocks.get_by_role("button", name="Count by it").click()
        expect(page.get_by_text("The case counts by this policy now")).to_be_visible()


def _escalated(chromium: Browser, product: Product, number: str) -> None:
    """One tier up to a backup person with the open task; the owner and the supervisor hear of it, a trace is opened."""
    with person(chromium, product, "王芳") as fang:
        page = fang.open(f"/cases/{number}?lang=en")
        expect(page.locator("#stream")).to_contain_text("The time for this is over: First response", timeout=30_000)
        expect(page.locator("#stream")).to_contain_text("Escalated from L1 to L2: 王芳 takes over", timeout=30_000)
        expect(page.locator("#case-head")).to_contain_text("Works on it")
        open_task(page, product.url, number, "Find the cause")
    assert number in product.mail("wang.fang@loopdesk.example", "已超时")["subject"]
