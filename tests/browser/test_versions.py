"""A process owner changes a diagram: uploads a draft, compares, makes it current, moves a running case (issue 4)."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from loopdesk.engine import bundles, versions
from loopdesk.engine.actor import SYSTEM
from loopdesk.tests.browser.conftest import report, task_of
from loopdesk.tests.browser.house import Product, person
from loopdesk.web.first_start import WORKFLOWS
from loopdesk.web.wiring import Loopdesk

pytestmark = pytest.mark.browser

INTAKE = bundles.read_folder(WORKFLOWS / "intake")
CHANGED = ("intake.bpmn", "texts.en.yaml")


def test_a_changed_diagram_is_compared_promoted_and_a_running_case_moves_to_it(
    chromium: Browser, product: Product, desk: Loopdesk, tmp_path: Path
) -> None:
    number = report(desk, "Runs on the old version")
    task = task_of(desk, number)
    for name in CHANGED:
        (tmp_path / name).write_bytes(INTAKE[name].replace(b"Check the report", b"Read the report"))
    with desk.engine.read() as tx:
        before = bundles.current(tx, "intake").number
    with person(chromium, product, "Petra Lang", viewport={"width": 1280, "height": 900}) as petra:
        page = petra.open("/definitions/intake")
        _upload_draft(page, [tmp_path / name for name in CHANGED])
        expect(page.get_by_role("heading", name=f"Version {before + 1}")).to_be_visible()
        page.get_by_role("button", name="Compare").click()
        _see_what_differs(page)
        page.get_by_role("link", name=f"Version {before + 1}").click()
        page.get_by_role("button", name="Make current").click()
        page.get_by_role("dialog").get_by_label("Why").fill("Clearer")
        with page.expect_navigation():
            page.get_by_role("dialog").get_by_role("button", name="Make current").click()
        page.get_by_role("link", name="Move running cases").click()
        page.get_by_label("Only these cases").fill(number)
        with page.expect_navigation():
            page.get_by_role("button", name="Look again").click()
        row = page.get_by_role("row", name=number)
        expect(row).to_contain_text("Check the report")
        expect(row).to_contain_text("moves")
        page.get_by_role("button", name="Move 1 cases").click()
        expect(page.get_by_text("1 of 1 moved")).to_be_visible()
        expect(page.get_by_role("row", name=number)).to_contain_text("moved")
    with person(chromium, product, "Tom Baker", viewport={"width": 1280, "height": 900}) as tom:
        page = tom.open(f"/tasks/{task}")
        expect(page.get_by_role("heading", name="Read the report")).to_be_visible()
    with desk.engine.begin() as tx:
        versions.promote(SYSTEM, tx, "intake", before)


def _upload_draft(page: Page, files: list[Path]) -> None:
    page.get_by_role("button", name="New version").click()
    page.locator("input[type=file]").set_input_files([str(path) for path in files])
    page.get_by_label("What is new").fill("Another name")
    page.get_by_label("Only as a draft").check()
    with page.expect_navigation():
        page.get_by_role("button", name="Check and deploy").click()


def _see_what_differs(page: Page) -> None:
    expect(page.get_by_role("listitem").filter(has_text="task for people")).to_contain_text("Check the report")
    marks = page.locator(".diagram .change")
    expect(marks).to_have_count(2)
    expect(marks.first).to_have_text("≠")
    expect(marks.first).to_have_attribute("aria-label", "changed")
    assert page.locator('.diff [data-line="+"]').count() > 0
