"""What first-time users stumbled over stays mended: wide pages, jumping forms, hidden fields, refused files."""

import pytest
from playwright.sync_api import Browser, FilePayload, Page, expect

from loopdesk.desk import communications
from loopdesk.engine.actor import SYSTEM
from loopdesk.tests.browser.conftest import Story, report, task_of
from loopdesk.tests.browser.house import Product, person
from loopdesk.web.wiring import Loopdesk

pytestmark = pytest.mark.browser

SIDEWAYS = "document.documentElement.scrollWidth > innerWidth"
MORE_TABS = """
    const tabs = document.querySelector("aside .tabs");
    for (let count = 0; count < 6; count++) tabs.append(tabs.firstElementChild.cloneNode(true));
    return document.documentElement.scrollWidth <= innerWidth && tabs.scrollWidth <= tabs.clientWidth;
"""
COVERED = """
    const here = document.activeElement.getBoundingClientRect();
    const top = document.elementFromPoint(here.x + here.width / 2, here.y + here.height / 2);
    return !!top.closest(".top, .form-bar, .places");
"""


@pytest.mark.parametrize("width", [390, 1000, 1366])
def test_a_case_with_many_processes_does_not_scroll_sideways(
    width: int, chromium: Browser, product: Product, story: Story
) -> None:
    with person(chromium, product, "Tom Baker", viewport={"width": width, "height": 900}) as tom:
        page = tom.open(f"/cases/{story.number}")
        page.locator("aside .tabs").wait_for()
        assert page.evaluate(f"() => {{{MORE_TABS}}}")
        assert not page.evaluate(SIDEWAYS)


def test_the_inbox_begins_with_what_runs_out_first(chromium: Browser, product: Product, desk: Loopdesk) -> None:
    for title in ("First of two", "Second of two"):
        task_of(desk, report(desk, title))
    with person(chromium, product, "Tom Baker") as tom:
        for box in ("all", "group", "due"):
            page = tom.open(f"/inbox?box={box}")
            due = [one.get_attribute("datetime") for one in page.locator("[data-task] .clock time").all()]
            assert len(due) >= 2
            assert due == sorted(due, key=str)


def test_a_task_tells_the_customers_problem(chromium: Browser, product: Product, desk: Loopdesk) -> None:
    number = report(desk, "Told at the task")
    task = task_of(desk, number)
    with person(chromium, product, "Anna Berg") as anna:
        page = anna.open(f"/portal/cases/{number}")
        page.get_by_role("textbox", name="Text").fill("Only in the new branch.")
        page.get_by_label("Attach files").set_input_files(_file("till.log"))
        page.get_by_role("button", name="Send", exact=True).click()
        expect(page.locator(".timeline")).to_contain_text("Only in the new branch.")
    with person(chromium, product, "Tom Baker") as tom:
        for path, place in ((f"/inbox?box=all&task={task}", "#preview"), (f"/tasks/{task}", "main")):
            problem = tom.open(path).locator(place).get_by_role("group").filter(has_text="The customer's problem")
            for told in ("Since the update every invoice", "Open an invoice", "Only in the new branch.", "till.log"):
                expect(problem).to_contain_text(told)
            problem.get_by_text("The customer's problem").click()
            expect(problem.get_by_text("Open an invoice")).to_be_hidden()
    with desk.engine.read() as tx:
        assert communications.listing(SYSTEM, tx, number)


def test_errors_of_a_form_move_nothing(chromium: Browser, product: Product) -> None:
    """The first click after a refusal reaches what it was meant for."""
    with person(chromium, product) as paul:
        page = paul.open("/portal/report")
        title, what = page.get_by_label("What is the problem, in one line?"), page.get_by_label("What happens?")
        what.wait_for()
        before = page.evaluate("document.querySelector('.fjs-container').offsetHeight")
        page.get_by_role("button", name="Continue").click()
        expect(page.get_by_text("Field is required.").filter(visible=True)).to_have_count(2)
        assert page.evaluate("document.querySelector('.fjs-container').offsetHeight") == before
        title.fill("The scanner is silent")
        expect(page.get_by_text("Field is required.").filter(visible=True)).to_have_count(1)
        what.click()
        expect(what).to_be_focused()
        expect(page.get_by_text("Field is required.").filter(visible=True)).to_have_count(1)


@pytest.mark.parametrize("size", [{"width": 1280, "height": 500}, {"width": 390, "height": 640}])
def test_no_bar_covers_the_field_in_hand(
    size: dict[str, int], chromium: Browser, product: Product, story: Story
) -> None:
    with person(chromium, product, "Tom Baker", viewport=size) as tom:
        page = tom.open(f"/tasks/{story.task}")
        page.locator(".fjs-container").wait_for()
        page.locator("#task-title").focus()
        for key in ("Tab", "Shift+Tab"):
            for _ in range(25):
                page.keyboard.press(key)
                if page.evaluate("!!document.activeElement.closest('.form-view')"):
                    assert not page.evaluate(f"() => {{{COVERED}}}")


def test_a_refused_file_is_named_with_its_reason_and_can_be_taken_out(chromium: Browser, product: Product) -> None:
    with person(chromium, product, "Anna Berg", expected=(422,)) as anna:
        page = anna.open("/portal/report")
        page.get_by_label("What is the problem, in one line?").fill("The till prints nothing")
        page.get_by_label("What happens?").fill("No receipt.")
        page.get_by_role("button", name="Continue").click()
        field = page.locator("input[type=file]")
        field.set_input_files(
            [_file("till.log"), _file("evil.png", b"MZ\x90\x00" + bytes(600)), _file("big.log", b"x" * 26 * 1024**2)]
        )
        expect(page.get_by_text("big.log has 26.0 MB; at most 25 MB can be attached.")).to_be_visible()
        page.get_by_role("button", name="Send the report").click()
        expect(page.get_by_text("evil.png").filter(has_text="Windows program").first).to_be_visible()
        _take_out(page, "evil.png")
        expect(page.locator(".chosen")).to_contain_text("till.log")
        page.get_by_role("button", name="Send the report").click()
        expect(page.get_by_role("heading", name="We have your report")).to_be_visible()


def test_chosen_files_of_a_reply_can_be_taken_out(chromium: Browser, product: Product, story: Story) -> None:
    with person(chromium, product, "Tom Baker") as tom:
        page = tom.open(f"/cases/{story.number}")
        page.get_by_label("Attach files").set_input_files([_file("one.log"), _file("two.log")])
        _take_out(page, "one.log")
        assert page.evaluate("[...document.querySelector('[name=file]').files].map(one => one.name)") == ["two.log"]


def _take_out(page: Page, name: str) -> None:
    page.get_by_role("button", name=f"Remove {name}").click()
    expect(page.locator(".chosen")).not_to_contain_text(name)


def _file(name: str, content: bytes = b"one line\n") -> FilePayload:
    return {"name": name, "mimeType": "application/octet-stream", "buffer": content}
