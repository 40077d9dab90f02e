"""What only a browser shows of the figures: a chart that is drawn from its table, in both themes (ANA-1)."""

import pytest
from playwright.sync_api import Browser, Page, expect

from loopdesk.tests.browser.conftest import Story
from loopdesk.tests.browser.house import Product, person, waited

pytestmark = pytest.mark.browser


def counted(page: Page) -> int:
    """How many figures told apart lead to cases, on the page as it is now."""
    page.reload()
    return page.locator("#apart tbody a").count()


def test_a_chart_is_drawn_from_its_table_and_follows_the_theme(
    chromium: Browser, product: Product, story: Story
) -> None:
    with person(chromium, product, "Petra Lang", color_scheme="light") as petra:
        page = petra.open("/figures?lang=en&days=7&figure=cases_opened&by=channel")
        waited(lambda: counted(page), "the case among the figures, which a job keeps")
        chart = page.locator("#over-time .plot svg")
        chart.wait_for()
        assert page.locator("#over-time .plot").get_attribute("aria-hidden") == "true"
        assert page.locator("#over-time tbody tr").count() == 7
        line = chart.locator("path[stroke-width='2']").first
        light = line.get_attribute("stroke")
        page.emulate_media(color_scheme="dark")
        expect(chart.locator("path[stroke-width='2']").first).not_to_have_attribute("stroke", light or "")
        page.locator("#apart tbody a").first.click()
        expect(page.get_by_role("heading", name="Cases behind it")).to_be_visible()
        page.goto(f"{product.url}/inbox")
        assert (
            page.evaluate("performance.getEntriesByType('resource').filter(one => /chart/.test(one.name)).length") == 0
        )
