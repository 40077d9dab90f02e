"""What people write is shown as they wrote it, on every page where it stands, and never does anything (SEC-1)."""

from dataclasses import dataclass
from io import BytesIO
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from loopdesk.desk import attachments, case, communications, customers
from loopdesk.desk.diagnosis import course
from loopdesk.desk.feedback import paths
from loopdesk.engine.actor import SYSTEM
from loopdesk.tests.browser.conftest import task_of
from loopdesk.tests.browser.house import Person, Product, person
from loopdesk.web.wiring import Loopdesk

pytestmark = pytest.mark.browser


FILE = 'file <img src=x onerror="window.hurt=1">.log'


def evil(where: str) -> str:
    """Words that a browser would run if it took them for HTML, each of which says where it came from."""
    calls = f"window.hurt = (window.hurt || '') + '{where} '"
    return f'{where} <img src=x onerror="{calls}"><script>{calls}</script>"><svg onload="{calls}">{{{{ 7 * 7 }}}}'


@dataclass(frozen=True)
class Trap:
    """A case, its task, and its customer's number."""

    number: str
    task: str
    customer: str


@pytest.fixture(scope="module")
def trap(desk: Loopdesk) -> Trap:
    """A case into which everybody has written HTML wherever they could."""
    words = {where: evil(where) for where in ("company", "contact", "title", "description", "comment", "note")}
    with desk.engine.begin() as tx:
        house = customers.add_organisation(SYSTEM, tx, number="C-6666", name=words["company"])
        contact = {"name": words["contact"], "email": "eve@evil.example", "language": "en", "zone": "UTC"}
        eve = customers.actor_of(customers.add_contact(SYSTEM, tx, organisation_id=house.id, **contact))
        told: dict[str, Any] = {
            "title": words["title"],
            "description": words["description"],
            "scope": "several",
            "urgency": "high",
        }
        number = case.open(eve, tx, case.Report("portal", **told)).number
        attachments.attach(eve, tx, desk.store, number, FILE, BytesIO(b"09:00 nothing\n"))
        communications.comment(eve, tx, number, words["comment"])
    task = task_of(desk, number)
    with desk.engine.begin() as tx:
        communications.comment(SYSTEM, tx, number, words["note"], internal=True)
        course.note_finding(SYSTEM, tx, number, kind="cause", text=evil("cause"))
    return Trap(number, task, house.number)


def shown(someone: Person, path: str, *words: str) -> Page:
    """Open a page, and see that it shows what was written, and that nothing of it happened."""
    page = someone.open(path)
    for word in words:
        page.get_by_text(f"{word} <img src=x onerror=").filter(visible=True).first.wait_for()
    page.wait_for_load_state("networkidle")
    assert page.evaluate("window.hurt") is None
    assert page.locator('img[src="x"], svg[onload]').count() == 0
    assert "49" not in page.locator("main").inner_text().split()
    return page


def test_a_case_shows_what_was_written_and_runs_nothing(chromium: Browser, product: Product, trap: Trap) -> None:
    with person(chromium, product, "Tom Baker") as tom:
        page = shown(tom, f"/cases/{trap.number}", "title", "description", "comment", "note", "cause")
        # Of a file's name only what a file system takes is left.
        page.get_by_text("file _img src=x onerror=_window.hurt=1__.log").first.wait_for()
        shown(tom, f"/cases/{trap.number}/record", "title", "description", "comment", "note")
        shown(tom, f"/tasks/{trap.task}", "description")
        shown(tom, f"/inbox?box=all&task={trap.task}", "title")
        shown(tom, "/cases?q=onerror", "title")


def test_a_customer_s_page_shows_names_as_they_are(chromium: Browser, product: Product, trap: Trap) -> None:
    with person(chromium, product, "Tom Baker") as tom:
        shown(tom, f"/customers/{trap.customer}", "company", "contact", "title")
        shown(tom, "/customers", "company")


SAID = "Why did <b>nobody</b> tell us?\n1. *Twice* [slow](https://aurora.example), __both__ `times`\n# R&amp;D waits"


def test_a_form_s_text_shows_what_a_customer_said_as_it_was_written(
    chromium: Browser, product: Product, desk: Loopdesk, trap: Trap
) -> None:
    with desk.engine.begin() as tx:
        said = paths.Words(f"{evil('said')}\n{SAID}", source="call", kind="complaint", stars=2)
        paths.add(SYSTEM, tx, trap.number, said)
    task = task_of(desk, trap.number, "forward")
    with person(chromium, product, "周敏") as min_:
        page = shown(min_, f"/tasks/{task}?lang=en", "said")
        view = page.locator(".fjs-form-field-text")
        assert SAID in view.inner_text()
        assert view.locator("strong").all_inner_texts() == ["2"]  # The form's own words are Markdown.
        assert view.locator("b, em, h1, li, code").count() == 0
        assert view.get_by_role("link").all_inner_texts() == ["https://aurora.example"]  # Words hide no address.
