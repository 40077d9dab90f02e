"""The real product as a person starts it, and a person in front of it: what the browser tests are made of."""

import os
import re
import signal
import smtplib
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from pathlib import Path
from typing import Protocol, TypeVar

import httpx
import psutil
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Response

from loopdesk.tests.support import free_port

Found = TypeVar("Found")

STARTS_WITHIN = 90.0
HAPPENS_WITHIN = 90.0
AFTER_A_KILL = 90_000.0
"""Milliseconds, as Playwright counts."""
PASSWORD = "correct horse battery"


@dataclass
class Product:
    """A running ``loopdesk up`` with data of its own."""

    url: str
    smtp_port: int
    process: "subprocess.Popen[bytes]"
    log: Path

    def workers(self) -> list[psutil.Process]:
        """The worker processes that are alive."""
        children = psutil.Process(self.process.pid).children(recursive=True)
        return [one for one in children if one.is_running() and "worker" in one.cmdline()]

    def kill_worker(self) -> None:
        """End it the hard way, in the middle of whatever it does; the supervisor starts another."""
        killed = self.workers()
        assert killed, "no worker runs"
        for one in killed:
            os.kill(one.pid, signal.SIGKILL)

    def post_mail(self, mail: EmailMessage) -> None:
        """Hand a mail to the intake, as a customer's mail server does."""
        with smtplib.SMTP("127.0.0.1", self.smtp_port, timeout=20) as server:
            server.send_message(mail)

    def mails(self, to: str) -> list[dict[str, str]]:
        """What was sent to an address, oldest first: ``subject`` and ``text``, as the demo shows it."""
        page = httpx.get(f"{self.url}/dev/mail").text
        links = [re.search(r'href="(/dev/mail/[0-9a-f]+)"', row) for row in page.split("<li>") if to in row]
        return [self._mail(link[1]) for link in reversed(links) if link]

    def _mail(self, path: str) -> dict[str, str]:
        page = httpx.get(f"{self.url}{path}").text
        subject = re.search(r"<h1>(.*?)</h1>", page, re.S)
        text = re.search(r'<p class="prose">(.*?)</p>', page, re.S)
        assert subject
        assert text
        return {
            "subject": subject[1],
            "text": text[1],
            "links": " ".join(re.findall(r'class="button" href="([^"]+)"', page)),
        }

    def mail(self, to: str, containing: str, *, after: int = 0) -> dict[str, str]:
        """Wait for a mail to an address with these words in subject or text; the first ``after`` such are skipped."""

        def arrived() -> dict[str, str] | None:
            matching = [one for one in self.mails(to) if containing in one["subject"] + one["text"]]
            return matching[after] if len(matching) > after else None

        return waited(arrived, f"a mail to {to} with “{containing}”")


@contextmanager
def started(folder: Path, **environ: str) -> Iterator[Product]:
    """``loopdesk up`` with the demo's people; ended with Ctrl-C, and nothing of it may be left."""
    port, smtp_port, log = free_port(), free_port(), folder / "up.log"
    own = {
        "LOOPDESK_DATA": str(folder / "data"),
        "LOOPDESK_DEMO": "1",
        "LOOPDESK_ADMIN_PASSWORD": PASSWORD,
        "PORT": str(port),
        "INTAKE_SMTP_PORT": str(smtp_port),
        **environ,
    }
    kept = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "REDIS_URL", "SMTP_URL")}
    with log.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "loopdesk.web.cli", "up"],
            env={**kept, **own},
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    product = Product(f"http://127.0.0.1:{port}", smtp_port, process, log)
    try:
        waited(lambda: _ready(product), f"the product to be ready, see {log}", within=STARTS_WITHIN)
        yield product
    finally:
        family = psutil.Process(process.pid).children(recursive=True) if process.poll() is None else []
        process.send_signal(signal.SIGINT)
        try:
            process.wait(30)
        finally:
            _gone, alive = psutil.wait_procs(family, timeout=5)
            for one in alive:
                one.kill()
    assert not alive, f"still running after Ctrl-C: {alive}"


def _ready(product: Product) -> bool:
    assert product.process.poll() is None, product.log.read_text()
    try:
        return httpx.get(f"{product.url}/sign-in", timeout=5).status_code == 200
    except httpx.HTTPError:
        return False


def waited(look: Callable[[], Found | None], what: str, *, within: float = HAPPENS_WITHIN) -> Found:
    """What ``look`` finds at last; fails when it finds nothing in time (seconds)."""
    deadline = time.monotonic() + within
    while True:
        found = look()
        if found:
            return found
        assert time.monotonic() < deadline, f"waited {within:.0f} s in vain for {what}"
        time.sleep(0.1)


class Served(Protocol):
    """Whatever a browser can open: its address, and the log beside which a picture of what went wrong is put."""

    url: str
    log: Path


@dataclass
class Person:
    """Somebody with a browser of their own; what their pages complain about is collected and may not be."""

    context: BrowserContext
    page: Page
    url: str
    complaints: list[str] = field(default_factory=list)
    expected: set[int] = field(default_factory=set)

    def open(self, path: str) -> Page:
        """Go to a page of the product."""
        self.page.goto(f"{self.url}{path}")
        return self.page

    def sign_in(self, name: str) -> Page:
        """Be one of the demo's people or customers."""
        self.open("/dev/sign-in")
        with self.page.expect_navigation():
            self.page.get_by_role("button", name=name).click()
        return self.page

    def listen(self) -> None:
        """Collect what goes wrong in the browser: errors of scripts, refusals of the CSP, failed requests."""
        self.page.on("console", self._console)
        self.page.on("pageerror", lambda error: self.complaints.append(f"script: {error}"))
        self.page.on("response", self._response)

    def _console(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and "Failed to load resource" not in message.text:
            self.complaints.append(f"console: {message.text}")

    def _response(self, response: Response) -> None:
        if response.status >= 400 and response.status not in self.expected:
            self.complaints.append(f"{response.status}: {response.request.method} {response.url}")


@contextmanager
def person(
    browser: Browser, product: Served, name: str = "", *, expected: tuple[int, ...] = (), **options: object
) -> Iterator[Person]:
    """A browser for one person, signed in as ``name`` where given; at the end nothing may have gone wrong in it."""
    context = browser.new_context(**{"locale": "en-GB", "timezone_id": "Europe/Berlin", **options})  # type: ignore[arg-type]
    context.set_default_timeout(20_000)
    someone = Person(context, context.new_page(), product.url, expected=set(expected))
    someone.listen()
    if name:
        someone.sign_in(name)
    try:
        yield someone
    except Exception:
        # What the person saw stands beside the product's log.
        someone.page.screenshot(path=product.log.with_suffix(".png"))
        raise
    finally:
        context.close()
    assert not someone.complaints, someone.complaints


# --- forms -------------------------------------------------------------------------------------------------------


def choose(page: Page, label: str, option: str) -> None:
    """Pick an option of a select field of a form."""
    field_ = page.locator(".fjs-form-field-select", has_text=label)
    field_.locator(".fjs-input-group").click()
    field_.locator(".fjs-dropdownlist-item", has_text=option).first.click()


def tick(page: Page, text: str) -> None:
    """Choose a radio button or a checkbox by its own words."""
    page.locator(".fjs-inline-label", has_text=text).locator("input").check()


def open_task(page: Page, url: str, number: str, name: str) -> None:
    """Wait until a task of a case is in the inbox, and open its page."""
    page.goto(f"{url}/inbox?box=all")
    row = page.locator("[data-task]", has_text=number).filter(has_text=name)
    # A worker that was killed leaves a lease behind, which has to run out first.
    row.wait_for(timeout=AFTER_A_KILL)
    page.goto(f"{url}{row.get_attribute('href')}")
    page.locator(".fjs-container").wait_for()


def complete(page: Page) -> None:
    """Complete the task that is open, and see that it was taken."""
    with page.expect_navigation():
        page.get_by_role("button", name="Complete").click()
    page.get_by_text("Done: ").wait_for()
