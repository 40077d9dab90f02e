"""The tour of issue 2 with nothing replaced: real mail in, real mails out, real people in a browser, a worker killed.

Rows: INT-1, INT-2, INT-5, INT-7, HND-1, HND-2, EMG-1, EMG-4, FIX-4, FBK-1, FBK-2, COM-8, OPS-4.
"""

import re
from email.message import EmailMessage
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from loopdesk.tests.browser.house import Person, Product, choose, complete, open_task, person, started, tick

CUSTOMER = "anna@aurora.example"
NUMBER = re.compile(r"L-\d{4}-\d{6}")

pytestmark = pytest.mark.browser


@pytest.mark.timeout(600)
@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
@pytest.mark.row("INT-1/e-mail", "HND-2", "EMG-1", "EMG-4", "FIX-4", "FBK-1", "FBK-2", "COM-8")
def test_a_problem_travels_from_mail_to_signed_off_closure(
    kind: str, chromium: Browser, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    environ = {"DATABASE_URL": request.getfixturevalue("postgres_url")} if kind == "postgres" else {}
    with started(tmp_path, **environ) as product:
        number = _mail_becomes_a_case_in_an_open_inbox(chromium, product)
        _acknowledged(product, number)
        _triage_while_the_worker_dies(chromium, product, number)
        _emergency(chromium, product, number)
        _handed_over_with_two_signatures(chromium, product, number)
        _customer_does_not_confirm_then_does(chromium, product, number)
        _few_stars_are_called_back(chromium, product, number)
        _the_case_tells_everything(chromium, product, number)
        _the_customer_sees_it_too(chromium, product, number)
        _nothing_was_sent_twice(product, number)


def _mail_becomes_a_case_in_an_open_inbox(chromium: Browser, product: Product) -> str:
    with person(chromium, product, "Tom Baker") as tom:
        page = tom.open("/inbox?box=all")
        page.get_by_text("No open work here").wait_for()
        page.evaluate("window.notReloaded = true")
        product.post_mail(_mail())
        row = page.locator("[data-task]", has_text="Nobody can sign in")
        row.wait_for()
        assert page.evaluate("window.notReloaded"), "the inbox was reloaded"
        found = NUMBER.search(row.inner_text())
        assert found
        page = tom.open(f"/cases/{found[0]}")
        expect(page.get_by_role("link", name="gateway.log")).to_be_visible()
        with page.expect_download() as download:
            page.get_by_role("link", name="gateway.log").click()
        assert download.value.path().read_bytes().startswith(b"09:00:01 token expired")
        return found[0]


def _mail() -> EmailMessage:
    mail = EmailMessage()
    mail["From"] = f"Anna Berg <{CUSTOMER}>"
    mail["To"] = "support@loopdesk.example"
    mail["Subject"] = "Nobody can sign in since the update"
    mail["Message-ID"] = "<tour-1@aurora.example>"
    mail.set_content("Since nine o'clock every branch sees 'token expired'. 所有分店都无法登录。\nThe log is attached.")
    mail.add_attachment("09:00:01 token expired\n" * 200, filename="gateway.log")
    return mail


def _acknowledged(product: Product, number: str) -> None:
    mail = product.mail(CUSTOMER, f"We have your report {number}")
    for line in ("Category:", "Priority:", "Your contact:", "Expected by:"):
        assert re.search(rf"{line}\s+\S+", mail["text"]), f"{line} is missing in {mail['text']}"


def _triage_while_the_worker_dies(chromium: Browser, product: Product, number: str) -> None:
    with person(chromium, product, "Tom Baker") as tom:
        open_task(tom.page, product.url, number, "Check the report")
        expect(tom.page.get_by_text("Who does what (RACI)")).to_be_visible()
        choose(tom.page, "Department that solves it", "Customer support")
        tick(tom.page, "Work stands still")
        tick(tom.page, "Everyone")
        tick(tom.page, "Usual")
        product.kill_worker()
        complete(tom.page)
        page = tom.open(f"/cases/{number}")
        expect(page.locator("#case-head .badge", has_text="P0")).to_be_visible()


def _emergency(chromium: Browser, product: Product, number: str) -> None:
    with person(chromium, product, "王芳", locale="zh-CN") as fang:
        fang.open("/inbox?lang=en")
        open_task(fang.page, product.url, number, "Name a commander")
        tick(fang.page, "Service interruption")
        tick(fang.page, "Everywhere: all or most customers")
        choose(fang.page, "Commander", "(wang.fang)")
        complete(fang.page)
        open_task(fang.page, product.url, number, "Write the first update")
        fang.page.get_by_role("textbox", name="Update to the customer").fill(
            "We know the cause: an expired certificate."
        )
        fang.page.get_by_label("Minutes until the next update").fill("30")
        complete(fang.page)
        assert "an expired certificate" in product.mail(CUSTOMER, "an expired certificate")["text"]
        open_task(fang.page, product.url, number, "Restore the service")
        fang.page.get_by_role("textbox", name="What brought the service back?").fill("The certificate was renewed.")
        complete(fang.page)


def _handed_over_with_two_signatures(chromium: Browser, product: Product, number: str) -> None:
    with person(chromium, product, "Tom Baker") as tom:
        open_task(tom.page, product.url, number, "Solve the problem")
        tick(tom.page, "Hand over to another department")
        choose(tom.page, "Hand over to", "R&D")
        tom.page.get_by_role("textbox", name="Why to them?").fill("The gateway is theirs.")
        complete(tom.page)
    _sign_over(chromium, product, number, "Certificate chain in the gateway.")
    with person(chromium, product, "Priya Raman", expected=(422,)) as priya:
        open_task(priya.page, product.url, number, "Confirm or reject receipt")
        tick(priya.page, "Reject, with a reason")
        tick(priya.page, "I sign for my department")
        priya.page.get_by_role("button", name="Complete").click()
        expect(priya.page.get_by_text("Field is required.")).to_be_visible()
        priya.page.get_by_role("textbox", name="Why not?").fill("The log of the gateway is missing.")
        complete(priya.page)
    _sign_over(chromium, product, number, "Here is the log of the gateway.")
    with person(chromium, product, "Priya Raman") as priya:
        open_task(priya.page, product.url, number, "Confirm or reject receipt")
        tick(priya.page, "Confirm receipt")
        tick(priya.page, "I sign for my department")
        complete(priya.page)
        page = priya.open(f"/cases/{number}")
        signatures = page.locator(".signature")
        expect(signatures).to_have_count(4)
        for name in ("Tom Baker", "Priya Raman"):
            expect(signatures.filter(has_text=name)).to_have_count(2)
        expect(signatures.filter(has_text="The log of the gateway is missing.")).to_have_count(1)


def _sign_over(chromium: Browser, product: Product, number: str, summary: str) -> None:
    with person(chromium, product, "Tom Baker") as tom:
        open_task(tom.page, product.url, number, "Sign the case over")
        tom.page.get_by_role("textbox", name="Summary for the receiver").fill(summary)
        tick(tom.page, "I hand this case over")
        complete(tom.page)


def _customer_does_not_confirm_then_does(chromium: Browser, product: Product, number: str) -> None:
    _solve(chromium, product, number, "The certificate is renewed.")
    first = _link(product, "/v/", 0)
    with person(chromium, product) as anna:
        page = anna.open(first)
        expect(page.get_by_text("The certificate is renewed.")).to_be_visible()
        page.get_by_role("textbox", name="What should we know?").fill("Branch 7 still cannot.")
        page.get_by_role("button", name="No, not yet").click()
        expect(page.get_by_role("heading", name="Thank you")).to_be_visible()
        page = anna.open(first)
        expect(page.get_by_role("heading", name="we have your answer")).to_be_visible()
    _solve(chromium, product, number, "Branch 7 has the new certificate, too.")
    with person(chromium, product) as anna:
        page = anna.open(_link(product, "/v/", 1))
        page.get_by_role("button", name="Yes, it works").click()
        expect(page.get_by_role("heading", name="Thank you")).to_be_visible()


def _solve(chromium: Browser, product: Product, number: str, solution: str) -> None:
    with person(chromium, product, "Priya Raman") as priya:
        open_task(priya.page, product.url, number, "Solve the problem")
        tick(priya.page, "It is solved")
        priya.page.get_by_role("textbox", name="Solution").fill(solution)
        complete(priya.page)
    with person(chromium, product, "Tom Baker") as tom:
        # The department that handed the case over looks before the customer is asked.
        open_task(tom.page, product.url, number, "Verify the fix")
        tick(tom.page, "Yes, the customer can be asked")
        complete(tom.page)
    _checked(chromium, product, number)


def _checked(chromium: Browser, product: Product, number: str) -> None:
    """The owner's checklist; a supervisor shortens the time of watching, for a tour has no four hours."""
    with person(chromium, product, "Priya Raman") as priya:
        open_task(priya.page, product.url, number, "Re-test the fix")
        tick(priya.page, "The customer's own steps work now")
        tick(priya.page, "Nothing near it is broken")
        complete(priya.page)
        with person(chromium, product, "王芳") as fang:
            page = fang.open(f"/instances?process=closure&key={number}&lang=en")
            page.get_by_role("link", name="Verify and close").first.click()
            page.get_by_role("button", name="Move or fire").click()
            page.get_by_role("textbox", name="Reason").fill("A tour")
            page.get_by_role("button", name="Fire now").click()
        open_task(priya.page, product.url, number, "Check that it is stable")
        tick(priya.page, "It has worked all the time since")
        tick(priya.page, "No new alarm and no new error in the logs")
        complete(priya.page)


def _link(product: Product, path: str, after: int) -> str:
    mail = product.mail(CUSTOMER, path, after=after)
    found = re.search(rf"{product.url}({path}\S+)", mail["links"])
    assert found, mail
    return found[1]


def _few_stars_are_called_back(chromium: Browser, product: Product, number: str) -> None:
    link = _link(product, "/s/", 0)
    with person(chromium, product) as anna:
        page = anna.open(link)
        page.get_by_role("group", name="All in all").get_by_role("radio", name="2 stars").check(force=True)
        page.get_by_role("group", name="recommend").get_by_role("radio", name="3", exact=True).check(force=True)
        page.get_by_role("textbox", name="Anything else?").fill("It took two tries.")
        page.get_by_role("button", name="Send the answer").click()
        expect(page.get_by_text("calls you within 24 hours")).to_be_visible()
    with person(chromium, product, "周敏") as min_:
        min_.open("/inbox?lang=en")
        open_task(min_.page, product.url, number, "Call the customer back")
        expect(min_.page.locator("#task .clock")).to_contain_text(re.compile("tomorrow|in 2[34] hr"))
        tick(min_.page, "Yes, we talked")
        min_.page.get_by_role("textbox", name="Root cause").fill("Branch 7 was forgotten.")
        min_.page.get_by_role("textbox", name="What was said").fill("Sorry for the second try.")
        complete(min_.page)


def _the_case_tells_everything(chromium: Browser, product: Product, number: str) -> None:
    with person(chromium, product, "Petra Lang", viewport={"width": 1360, "height": 900}) as petra:
        page = petra.open(f"/cases/{number}")
        told = page.locator("#stream")
        for words in (
            "Nobody can sign in since the update",
            "completed “Check the report”",
            "Emergency of grade I",
            "sends the handoff back",
            "confirms receipt for R&D",
            "The customer says: it does not work yet",
            "The customer confirms: it works",
            "The customer gives 2 of 5 stars",
            "Case closed",
        ):
            expect(told.get_by_text(words).filter(visible=True).first).to_be_visible()
        tabs = page.get_by_role("tablist", name="Processes of this case").first.get_by_role("tab")
        assert tabs.count() >= 6
        _diagram(page, petra)


def _diagram(page: Page, petra: Person) -> None:
    page.get_by_role("button", name="Show the diagrams large").click()
    drawn = page.locator("#diagrams .djs-shape")
    drawn.first.wait_for()
    assert page.locator("#diagrams .token-done").count() > 3
    assert not petra.complaints


def _the_customer_sees_it_too(chromium: Browser, product: Product, number: str) -> None:
    with person(chromium, product, "Anna Berg", expected=(404, 403)) as anna:
        page = anna.open(f"/portal/cases/{number}")
        expect(page.get_by_role("list", name="Stages")).to_contain_text("Closed")
        expect(page.get_by_text("sends the handoff back")).to_have_count(0)
        page = anna.open(f"/cases/{number}")
        expect(page.get_by_role("heading", name="This page is for staff")).to_be_visible()


def _nothing_was_sent_twice(product: Product, number: str) -> None:
    mails = product.mails(CUSTOMER)
    seen = [(mail["subject"], mail["text"]) for mail in mails]
    assert len(seen) == len(set(seen)), seen
    assert len([subject for subject, _ in seen if f"We have your report {number}" in subject]) == 1
