"""A process owner changes a text of a policy in the browser: refused with its place, corrected, kept as a draft."""

import pytest
from playwright.sync_api import Browser, expect

from loopdesk.tests.browser.house import Product, person

pytestmark = pytest.mark.browser


def test_a_file_is_opened_edited_refused_and_kept_as_a_draft(chromium: Browser, product: Product) -> None:
    with person(chromium, product, "Petra Lang", expected=(422,)) as petra:
        page = petra.open("/definitions/policies?lang=en")
        page.locator("summary", has_text="notices.yaml").click()
        page.get_by_role("link", name="Edit notices.yaml").click()
        text = page.get_by_label("Text")
        whole = text.input_value()
        text.fill(whole.replace("apart: PT4H", "apart: soon"))
        page.get_by_role("button", name="Check and deploy").click()
        expect(page.get_by_role("alert")).to_contain_text("watch: diagnosis.begun, apart is a time")
        assert text.input_value() == whole.replace("apart: PT4H", "apart: soon"), "what was typed stays"
        text.fill(whole.replace("apart: PT4H", "apart: PT5H"))
        page.get_by_role("button", name="Keep as a draft").click()
        expect(page.get_by_text("is a draft: compare it")).to_be_visible()
        toast = page.locator("[data-toast]", has_text="is a draft: compare it")
        expect(toast.get_by_role("link", name="Compare")).to_be_visible()
        expect(page.get_by_text("not the current version")).to_be_visible()
        expect(page.locator("pre.code")).to_contain_text("apart: PT5H")
        saved = page.locator("pre.code").inner_text()
        assert saved.strip() == whole.replace("apart: PT4H", "apart: PT5H").strip()
        toast.get_by_role("link", name="Make current").click()
        expect(page.get_by_role("button", name="Make current")).to_be_visible()
