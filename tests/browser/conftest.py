"""One Chromium for the run; the real product once on SQLite, with a case in it, for the tests that look at pages."""

import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from loopdesk.desk import case, people
from loopdesk.desk.acceptance import benefits
from loopdesk.desk.closure import verification
from loopdesk.desk.feedback import survey
from loopdesk.engine import work
from loopdesk.engine.actor import SYSTEM
from loopdesk.scripts.chromium import executable
from loopdesk.tests.browser.house import Product, started, waited
from loopdesk.web.settings import Settings
from loopdesk.web.wiring import Loopdesk, build


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """A Chromium that every test opens windows of its own in."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable(), args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the product of this run keeps its data."""
    return tmp_path_factory.mktemp("product")


@pytest.fixture(scope="session")
def product(folder: Path) -> Iterator[Product]:
    """A running product on SQLite."""
    with started(folder) as running:
        yield running


@pytest.fixture(scope="session")
def desk(product: Product, folder: Path) -> Iterator[Loopdesk]:
    """The same product's data from inside, to prepare what a test looks at."""
    joined = build(Settings.from_env({"LOOPDESK_DATA": str(folder / "data"), "LOOPDESK_URL": product.url}))
    yield joined
    joined.close()


@dataclass(frozen=True)
class Story:
    """A case that waits to be checked by support, and the links that its customer could get."""

    number: str
    task: str
    person: str
    fix: str
    how: str


def report(desk: Loopdesk, title: str = "Invoices show the wrong tax") -> str:
    """Open a case; returns its number. No two sound alike, or many would become one parent problem (INT-8)."""
    apart = " ".join(secrets.token_hex(6) for _ in range(40))
    told = case.Report(
        channel="portal",
        title=title,
        description=f"Since the update every invoice adds 19 %.\nIt should be 13 %.\n{apart}",
        email="anna@aurora.example",
        steps="Open an invoice",
        scope="several",
        urgency="high",
    )
    with desk.engine.begin() as tx:
        return case.open(SYSTEM, tx, told).number


def task_of(desk: Loopdesk, number: str, element: str = "") -> str:
    """Wait for the first open task of a case, or for that of an element; returns its id."""

    def look() -> str | None:
        with desk.engine.read() as tx:
            found = [one for one in work.listing(SYSTEM, tx, key=number) if element in ("", one["element"])]
        return str(found[0]["id"]) if found else None

    return waited(look, f"a task of {number}")


@pytest.fixture(scope="session")
def story(desk: Loopdesk) -> Story:
    """A case with all that pages can show of it."""
    number = report(desk)
    task = task_of(desk, number)
    with desk.engine.begin() as tx:
        benefits.open_(SYSTEM, tx, number)
        asked, sent = verification.ask(SYSTEM, tx, number), survey.send(SYSTEM, tx, number)
        assert asked
        assert sent
        fix, how = asked["token"], sent["token"]
        tom = people.by_login(tx, "tom.baker")
    assert tom
    return Story(number, task, tom.id, f"/v/{fix}", f"/s/{how}")
