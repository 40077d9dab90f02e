"""Whoever reads on whatever screen: no page is wider than the window, and every place is one or two presses away."""

import pytest
from playwright.sync_api import Browser, Page, expect

from loopdesk.tests.browser.conftest import Story
from loopdesk.tests.browser.house import Product, person

pytestmark = pytest.mark.browser

SCREEN, TABLET, PHONE = (1280, 900), (800, 900), (390, 844)
WATCHED = ("Incidents", "Service levels")
CLOSURE = ("/closure/implementations", "/closure/changes", "/closure/acceptance")
STAFF = ("/inbox", "/cases", "/handoffs", "/emergencies", "/closure", "/feedback", "/figures", "/definitions", "/me")
PAGES = {
    "Tom Baker": (*STAFF, *CLOSURE, "/cases/{number}", "/customers", "/duty"),
    "王芳": (*STAFF, "/cases/{number}", "/customers", "/instances", "/incidents", "/sla", "/duty"),
    "Petra Lang": (*STAFF, "/instances", "/incidents", "/sla"),
    "Ivan Petrov": (*STAFF, "/customers", "/incidents"),
    "许敏": (*STAFF, "/people", "/privacy"),
    "Anna Berg": ("/portal", "/portal/report", "/portal/service", "/me"),
    "": ("/portal", "/portal/report", "/sign-in"),
}
"""One reader of each role -> pages; a place in braces comes from the story."""
CUT_OFF = """
    [...document.querySelectorAll('.places > a, .places > .more > summary')].filter(one => one.checkVisibility())
        .filter(one => [one, ...one.children].some(part => part.getBoundingClientRect().left < 0
            || part.getBoundingClientRect().right > innerWidth)).map(one => one.innerText)
"""


@pytest.mark.parametrize("window", [SCREEN, TABLET, PHONE])
@pytest.mark.parametrize("who", PAGES)
def test_no_page_is_wider_than_the_window(
    who: str, window: tuple[int, int], chromium: Browser, product: Product, story: Story
) -> None:
    wide = {}
    width, height = window
    with person(chromium, product, who, viewport={"width": width, "height": height}) as reader:
        for language in ("en", "zh"):
            for path in PAGES[who]:
                page = reader.open(f"{path.format(**vars(story))}?lang={language}")
                across, cut = page.evaluate("document.documentElement.scrollWidth"), page.evaluate(CUT_OFF)
                if across > width or cut:
                    wide[path, language] = across, cut
    assert not wide


def test_all_places_are_within_reach_of_the_keyboard(chromium: Browser, product: Product) -> None:
    """An administrator, to whom all fifteen belong: what the bar has no room for stands behind `More`."""
    with person(chromium, product, "许敏", viewport={"width": 1280, "height": 900}) as admin:
        page = admin.open("/inbox?lang=en")
        assert _beside(page) == ["Inbox", "Cases", "Handoffs", "Emergencies", "Customers", "Processes"]
        more = page.locator(".more > summary")
        more.focus()
        page.keyboard.press("Enter")
        assert _behind(page) == ["Running", *WATCHED, "Closure", "Feedback", "Duty", "Figures", "People", "Privacy"]
        page.keyboard.press("Tab")
        expect(page.get_by_role("link", name="Running")).to_be_focused()
        page.keyboard.press("Escape")
        assert _behind(page) == []
        expect(more).to_be_focused()
        page.keyboard.press("Enter")
        for _ in range(8):
            page.keyboard.press("Tab")
        with page.expect_navigation():
            page.keyboard.press("Enter")
        assert page.url.endswith("/people")
        page.locator(".more > summary").click()
        expect(page.locator(".more .sheet [aria-current=page]")).to_have_text("People")


def test_a_thumb_finds_the_daily_places_below_and_the_others_behind_more(chromium: Browser, product: Product) -> None:
    width, height = PHONE
    size = {"width": width, "height": height}
    with person(chromium, product, "Petra Lang", viewport=size, has_touch=True, is_mobile=True) as owner:
        page = owner.open("/inbox?lang=en")
        assert _beside(page) == ["Inbox", "Cases", "Handoffs", "Emergencies"]
        page.locator(".more > summary").tap()
        assert _behind(page) == ["Processes", "Running", *WATCHED, "Closure", "Feedback", "Figures"]
        with page.expect_navigation():
            page.get_by_role("link", name="Service levels").tap()
        expect(page.get_by_role("heading", name="Service levels", exact=True)).to_be_visible()


def _beside(page: Page) -> list[str]:
    return page.locator(".places > a:visible").all_inner_texts()


def _behind(page: Page) -> list[str]:
    return page.locator(".more .sheet > a:visible").all_inner_texts()
