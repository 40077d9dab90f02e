"""One Chromium for the run; the real product once on SQLite for the tests that only look at pages."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright

from loopdesk.scripts.chromium import executable
from loopdesk.tests.browser.house import Product, started


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """A Chromium that every test opens windows of its own in."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable(), args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    """A running product on SQLite."""
    with started(tmp_path_factory.mktemp("product")) as running:
        yield running
