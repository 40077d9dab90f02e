"""Every page, as each kind of reader sees it: axe-core finds nothing, no script fails, the CSP refuses nothing, scripts
stay light (issue 2, Pages)."""

import gzip
from functools import partial
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, Response

from loopdesk.tests.browser.conftest import Story
from loopdesk.tests.browser.house import Product, person, waited

pytestmark = pytest.mark.browser

PAGES = {
    "": [
        "/sign-in", "/portal", "/portal/report", "/portal/sign-in", "{fix}", "{how}", "/v/unknown", "/no-such-page",
        "/dev/sign-in", "/dev/mail", "/dev/components",
    ],
    "Tom Baker": [
        "/inbox", "/inbox?box=mine", "/inbox?box=all&task={task}", "/tasks/{task}", "/tasks/unknown", "/cases",
        "/cases?q=nothing-like-it", "/cases/{number}", "/cases/{number}?all=1", "/definitions", "/me", "/incidents",
    ],
    "Petra Lang": [
        "/definitions/intake", "/definitions/policies", "/incidents", "/inbox", "/definitions/intake/versions/1",
        "/definitions/policies/files/notices.yaml", "/definitions/policies/files/notices.yaml?edit=1",
        "/cases/communications",
        "/figures", "/figures?by=team&figure=cases_opened", "/figures/cases?figure=cases_opened",
    ],
    "许敏": ["/people", "/people/new", "/people/{person}"],
    "Anna Berg": ["/portal", "/portal/cases/{number}", "/portal/report", "/me"],
}  # fmt: skip
"""Reader -> paths; places in braces come from the story."""
LOOKS: dict[str, dict[str, Any]] = {
    "light": {"color_scheme": "light", "viewport": {"width": 1280, "height": 900}},
    "dark": {"color_scheme": "dark", "viewport": {"width": 1280, "height": 900}},
    "phone": {"color_scheme": "light", "viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True},
}
REFUSED = (403, 404)
"""Some of the pages are refusals on purpose."""
LIGHT, WITH_FORM = 120_000, 300_000
"""Bytes of script, compressed; a page with a form or a chart brings what draws it."""


@pytest.mark.parametrize(("look", "language"), [("light", "en"), ("dark", "en"), ("phone", "en"), ("light", "zh")])
@pytest.mark.parametrize("who", PAGES)
def test_axe_finds_nothing_and_nothing_fails(
    who: str, look: str, language: str, chromium: Browser, product: Product, story: Story
) -> None:
    with person(chromium, product, who, expected=REFUSED, **LOOKS[look]) as reader:
        reader.open(f"/portal?lang={language}")
        found = {}
        for path in PAGES[who]:
            reader.open(path.format(**vars(story)))
            _settled(reader.page)
            violations = Axe().run(reader.page).response["violations"]
            if violations:
                found[path] = [(one["id"], [node["target"] for node in one["nodes"]]) for one in violations]
    assert not found


@pytest.mark.parametrize("who", PAGES)
def test_scripts_are_light(who: str, chromium: Browser, product: Product, story: Story) -> None:
    heavy = {}
    with person(chromium, product, who, expected=REFUSED) as reader:
        for path in PAGES[who]:
            scripts: dict[str, bytes] = {}
            page = reader.context.new_page()
            page.on("response", partial(_keep, scripts))
            page.goto(f"{product.url}{path.format(**vars(story))}")
            _settled(page)
            weight = sum(len(gzip.compress(body, 9)) for body in scripts.values())
            limit = WITH_FORM if page.locator("[data-form], [data-chart]").count() else LIGHT
            page.close()
            assert weight > 5_000, f"{path} loads no script at all"
            if weight > limit:
                heavy[path] = weight
    assert not heavy


def test_no_page_holds_script_of_its_own(chromium: Browser, product: Product, story: Story) -> None:
    for who, paths in PAGES.items():
        with person(chromium, product, who, expected=REFUSED) as reader:
            for path in paths:
                reader.open(path.format(**vars(story)))
                inline = "[...document.scripts].filter(one => !one.src && one.type !== 'application/json').length"
                assert reader.page.evaluate(inline) == 0, path
                handlers = (
                    "[...document.querySelectorAll('*')].some(e => [...e.attributes].some(a => /^on/.test(a.name)))"
                )
                assert not reader.page.evaluate(handlers), path


DRAWN = """
    !document.querySelector('.form-view[aria-busy]') &&
    [...document.querySelectorAll('[data-diagram]')].every(one => !one.checkVisibility()
        || one.getBoundingClientRect().top > innerHeight || one.querySelector('.djs-container, .empty'))
"""


def _settled(page: Page) -> None:
    """Forms and diagrams are there. The CSP forbids Playwright's own way to wait, which evaluates in the page."""
    waited(lambda: page.evaluate(DRAWN), f"forms and diagrams of {page.url}")


def _keep(into: dict[str, bytes], response: Response) -> None:
    if response.request.resource_type == "script" and response.ok:
        into[response.url] = response.body()
