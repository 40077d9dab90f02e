"""What only a browser shows of the portal: a screenshot that is pasted beside the words (COM-8)."""

import pytest
from playwright.sync_api import Browser, expect

from loopdesk.desk import attachments
from loopdesk.engine.actor import SYSTEM
from loopdesk.tests.browser.conftest import Story
from loopdesk.tests.browser.house import Product, person
from loopdesk.web.wiring import Loopdesk

pytestmark = pytest.mark.browser

PASTE = """element => {
  const pixel = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
  const bytes = Uint8Array.from(atob(pixel), letter => letter.charCodeAt(0));
  const clipboard = new DataTransfer();
  clipboard.items.add(new File([bytes], "image.png", { type: "image/png" }));
  element.dispatchEvent(new ClipboardEvent("paste", { clipboardData: clipboard, bubbles: true, cancelable: true }));
}"""


@pytest.mark.row("COM-8/screenshots")
def test_a_screenshot_is_pasted_and_can_be_taken_out_again(
    chromium: Browser, product: Product, story: Story, desk: Loopdesk
) -> None:
    with person(chromium, product, "Anna Berg") as anna:
        page = anna.open(f"/portal/cases/{story.number}?lang=en")
        box = page.get_by_role("textbox", name="Text", exact=True)
        box.fill("This is what I see.")
        for _ in range(3):
            box.evaluate(PASTE)
        expect(page.locator(".chosen li")).to_have_count(3)
        page.get_by_role("button", name="Remove image-3.png").click()
        with page.expect_navigation():
            page.locator("form", has=page.locator("#body")).get_by_role("button", name="Send").click()
        expect(page.locator(".picture img")).to_have_count(2)
        assert page.evaluate("[...document.querySelectorAll('.picture img')].every(one => one.naturalWidth === 1)")
    with desk.engine.read() as tx:
        kept = [one.name for one in attachments.listing(SYSTEM, tx, story.number) if one.kind == "png"]
    assert kept == ["image.png", "image-2.png"]
