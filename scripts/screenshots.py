"""Pictures of the running product for the README and the guides: ``python -m loopdesk.scripts.screenshots``.

Starts the product on data of its own, lets a small day happen in it as people would, and writes docs/img/*.png.
"""

import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote

from playwright.sync_api import Browser, Page, sync_playwright

from loopdesk.desk.emergency import alerts
from loopdesk.engine.actor import SYSTEM
from loopdesk.scripts.chromium import executable
from loopdesk.tests.browser.house import Product, choose, complete, open_task, person, started, tick
from loopdesk.web.settings import Settings
from loopdesk.web.wiring import build

FOLDER = Path(__file__).parents[1] / "docs" / "img"
WIDE = {"width": 1360, "height": 850}
PHONE: dict[str, Any] = {
    "viewport": {"width": 390, "height": 844},
    "has_touch": True,
    "is_mobile": True,
    "device_scale_factor": 2,
}
MAILS = (
    ("Anna Berg", "anna@aurora.example", "Nobody can sign in since the update", "Every branch sees “token expired”."),
    ("何静", "hejing@chenxing.example", "发票税率显示错误", "更新后所有发票都按 19% 计税，应为 13%。"),
    ("Paul Meier", "paul@delta.example", "The scanner is silent", "It does not beep any more. A question for you."),
)
PLACES = {"feedback": "/feedback", "handoffs": "/handoffs?which=all"}
"""Name of a picture -> the page that it shows."""


class Words(NamedTuple):
    """Who shows the pages of one language, and what they type; ``mail`` is the place of their case in `MAILS`."""

    end: str
    locale: str
    agent: str
    supervisor: str
    mail: int
    caller: str
    customer: str
    title: str
    typed: str


LANGUAGES = (
    Words("", "en-GB", "Tom Baker", "Petra Lang", 0, "Anna Berg", "C-1001", "one line", "Labels are not printed"),
    Words("-zh", "zh-CN", "李娜", "王芳", 1, "何静", "C-1002", "一句话", "标签打印不出来"),
)


def main() -> None:
    """Write all pictures."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, started(Path(folder)) as product, _chromium() as browser:
        number = _a_day(browser, product)
        _settle(browser, product)
        _staff(browser, product, number)
        for words in LANGUAGES:
            _support(browser, product, words)
        _alarm(Path(folder), product)
        for words in LANGUAGES:
            _together(browser, product, words)
        _owner(browser, product)
        _customer(browser, product, number)
    print(f"{len(list(FOLDER.glob('*.png')))} pictures in {FOLDER}")


@contextmanager
def _chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable(), args=["--no-sandbox"])
        yield browser
        browser.close()


def _a_day(browser: Browser, product: Product) -> str:
    """Three mails; the first is checked, handed over and signed by both sides. Returns its number."""
    with person(browser, product, "Tom Baker") as tom:
        tom.open("/inbox?box=all")
        for index, (name, address, subject, body) in enumerate(MAILS):
            product.post_mail(_mail(f"<picture-{index}@example>", name, address, subject, body))
            tom.page.locator("[data-task]", has_text=subject).wait_for()
        number = tom.page.locator("[data-task]", has_text=MAILS[0][2]).locator(".num").inner_text()
        _check(tom.page, product, number)
        _hand_over(tom.page, product, number)
    with person(browser, product, "Priya Raman") as priya:
        open_task(priya.page, product.url, number, "Confirm or reject receipt")
        _take(priya.page, "handoff", full=False)
        tick(priya.page, "Confirm receipt")
        tick(priya.page, "I sign for my department")
        complete(priya.page)
        open_task(priya.page, product.url, number, "Solve the problem")
    return number


def _check(page: Page, product: Product, number: str, *, kind: str = "") -> None:
    open_task(page, product.url, number, "Check the report")
    if kind:
        choose(page, "Type of problem", kind)
    choose(page, "Department that solves it", "Customer support")
    for words in ("Work is badly hampered", "Everyone", "Usual"):
        tick(page, words)
    page.get_by_label("What is known so far").fill("The certificate of the gateway ran out this morning.")
    complete(page)


def _hand_over(page: Page, product: Product, number: str) -> None:
    open_task(page, product.url, number, "Solve the problem")
    tick(page, "Hand over to another department")
    choose(page, "Hand over to", "R&D")
    page.get_by_label("Why to them?").fill("The gateway is theirs.")
    complete(page)
    open_task(page, product.url, number, "Sign the case over")
    page.get_by_label("Summary for the receiver").fill("Renew the certificate chain in the gateway; log attached.")
    tick(page, "I hand this case over")
    complete(page)


def _settle(browser: Browser, product: Product) -> None:
    """The last case is solved, and its customer says so: service levels have something to show."""
    _, address, subject, _ = MAILS[-1]
    with person(browser, product, "Tom Baker") as tom:
        number = tom.open("/inbox?box=all").locator("[data-task]", has_text=subject).locator(".num").inner_text()
        _check(tom.page, product, number, kind="How-to")
        open_task(tom.page, product.url, number, "Solve the problem")
        tick(tom.page, "It is solved")
        tom.page.get_by_role("textbox", name="Solution").fill("The sound is switched on again.")
        complete(tom.page)
        open_task(tom.page, product.url, number, "Re-test the fix")
        tick(tom.page, "The answer fits the question")
        complete(tom.page)
    [link] = re.findall(rf"{product.url}(/v/\S+)", product.mail(address, "/v/")["links"])
    with person(browser, product) as paul:
        paul.open(link).get_by_role("button", name="Yes, it works").click()
        paul.page.get_by_role("heading", name="Thank you").wait_for()
    [survey] = re.findall(rf"{product.url}(/s/\S+)", product.mail(address, "/s/")["links"])
    with person(browser, product) as paul:
        paul.open(survey).get_by_role("radio", name="2 stars").first.check(force=True)
        paul.page.get_by_role("button", name="Send the answer").click()
        paul.page.get_by_role("heading", name="Thank you").wait_for()


def _staff(browser: Browser, product: Product, number: str) -> None:
    with person(browser, product, "Tom Baker", viewport=WIDE) as tom:
        tom.open("/inbox?box=all")
        tom.page.keyboard.press("j")
        tom.page.locator("#preview .fjs-container").wait_for()
        _take(tom.page, "inbox", full=False)
        _case(tom.open(f"/cases/{number}"))
        _take(tom.page, "case", full=False)
        _take(tom.page, "case-whole")
    with person(browser, product, "李娜", viewport=WIDE, color_scheme="dark", locale="zh-CN") as na:
        _case(na.open(f"/cases/{number}"))
        _take(na.page, "case-zh-dark", full=False)
    with person(browser, product, "Tom Baker", **PHONE) as tom:
        tom.open("/inbox?box=all")
        tom.page.locator("[data-task]").first.wait_for()
        _take(tom.page, "inbox-phone", full=False)


def _support(browser: Browser, product: Product, words: Words) -> None:
    """The pages of whoever supports customers: clocks and diagnosis of a case, a call, a customer, service levels."""
    options: dict[str, Any] = {"viewport": WIDE, "locale": words.locale}
    with person(browser, product, words.agent, **options) as agent:
        page = agent.open(f"/cases?q={quote(MAILS[words.mail][2])}")
        page.locator("a", has_text=MAILS[words.mail][2]).first.click()
        _case(page)
        _diagnose(page)
        case = re.sub("[?#].*", "", page.url.removeprefix(product.url))
        _case(agent.open(case))  # without the word that the outcome is recorded
        for part in ("clocks", "diagnosis"):
            page.locator(f"#{part}").screenshot(path=FOLDER / f"{part}{words.end}.png", animations="disabled")
        page = agent.open("/calls/new")
        page.locator(".fjs-container").wait_for()
        page.locator("#caller-search").press_sequentially(words.caller, delay=20)
        page.get_by_role("radio", name=re.compile(words.caller)).check()
        page.get_by_label(words.title).first.fill(words.typed)
        page.locator(".known").wait_for()
        _take(page, f"call{words.end}", full=False)
        _take(agent.open(f"/customers/{words.customer}"), f"customer{words.end}", full=False)
    with person(browser, product, words.supervisor, **options) as supervisor:
        _take(supervisor.open("/sla"), f"sla{words.end}", full=False)


def _alarm(folder: Path, product: Product) -> None:
    """Monitoring reports that payments fail, so that a war room runs."""
    desk = build(Settings.from_env({"LOOPDESK_DATA": str(folder / "data"), "LOOPDESK_URL": product.url}))
    with desk.engine.begin() as tx:
        alerts.report(SYSTEM, tx, alerts.Alert("grid", "pay-1", "payment", text="71 % of payments fail"))
    desk.close()


def _together(browser: Browser, product: Product, words: Words) -> None:
    """The pages of those who look after the whole: figures, closure, feedback, handoffs, a war room."""
    with person(browser, product, words.supervisor, viewport=WIDE, locale=words.locale) as someone:
        page = someone.open("/figures?figure=cases_opened&days=7")
        page.locator(".plot svg").first.wait_for()
        _take(page, f"figures{words.end}")
        for name, path in PLACES.items():
            _take(someone.open(path), f"{name}{words.end}", full=False)
        page = someone.open("/emergencies")
        page.locator("a[data-row][href*='/emergencies/']").first.click()
        page.locator("#war-timeline").wait_for()
        _take(page, f"war-room{words.end}", full=False)


def _diagnose(page: Page) -> None:
    """Begin with the first tree that fits, and answer its first step."""
    card = page.locator("#diagnosis")
    card.locator("summary").first.click()
    for _ in "begin", "answer":
        first = card.locator("input[type=radio]").first
        if first.is_visible():
            first.check()
        with page.expect_navigation():
            card.locator("form").first.locator("button").click()


def _case(page: Page) -> None:
    page.locator(".djs-shape").first.wait_for()


def _owner(browser: Browser, product: Product) -> None:
    with person(browser, product, "Petra Lang", viewport=WIDE) as petra:
        petra.open("/definitions/intake")
        petra.page.locator(".djs-shape").first.wait_for()
        _take(petra.page, "process", full=False)
        petra.open("/dev/components")
        _take(petra.page, "components")
    for words in LANGUAGES:
        with person(browser, product, "Petra Lang", viewport=WIDE, locale=words.locale) as petra:
            _take(petra.open("/definitions/negotiation/raci"), f"raci{words.end}")


def _customer(browser: Browser, product: Product, number: str) -> None:
    with person(browser, product, viewport={"width": 1000, "height": 800}) as visitor:
        visitor.open("/portal/report").locator(".fjs-container").wait_for()
        _take(visitor.page, "portal-report")
    with person(browser, product, "Anna Berg", **PHONE) as anna:
        anna.open(f"/portal/cases/{number}")
        _take(anna.page, "portal-case-phone", full=False)


def _mail(message_id: str, name: str, address: str, subject: str, body: str) -> EmailMessage:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = f"{name} <{address}>", "support@loopdesk.example", subject
    mail["Message-ID"] = message_id
    mail.set_content(body)
    mail.add_attachment("09:00:01 token expired\n" * 90, filename="gateway.log")
    return mail


def _take(page: Page, name: str, **options: Any) -> None:
    page.evaluate("document.activeElement?.blur()")
    page.screenshot(path=FOLDER / f"{name}.png", full_page=options.get("full", True), animations="disabled")


if __name__ == "__main__":
    main()
