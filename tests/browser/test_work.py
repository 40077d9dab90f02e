"""Work at a task as people do it: by keyboard alone, two at once, with wrong files; nothing typed is lost."""

from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, Route, expect

from loopdesk.engine import outbox
from loopdesk.tests.browser.conftest import report, task_of
from loopdesk.tests.browser.house import Product, complete, person, tick, waited
from loopdesk.web.wiring import Loopdesk

pytestmark = pytest.mark.browser

WIDE = {"width": 1280, "height": 900}


def test_a_task_is_completed_by_keyboard_alone(chromium: Browser, product: Product, desk: Loopdesk) -> None:
    number = report(desk, "Only by keyboard")
    task = task_of(desk, number)
    with person(chromium, product, "Tom Baker", viewport=WIDE) as tom:
        page = tom.open("/inbox?box=all")
        page.locator("[data-task]").first.wait_for()
        while page.evaluate("document.activeElement.dataset.task") != task:
            page.keyboard.press("j")
        page.locator("#preview .fjs-container").wait_for()
        expect(page.locator("#preview")).to_contain_text("Only by keyboard")
        page.keyboard.press("c")
        expect(page.get_by_text("You are on it")).to_be_visible()
        page.locator("#preview .fjs-container").wait_for()
        page.keyboard.press("Enter")
        _answer_radios_by_keyboard(page)
        page.keyboard.press("Control+Enter")
        page.get_by_text("Done: Check the report").wait_for()


def test_going_fast_through_the_list_shows_the_task_chosen_last(
    chromium: Browser, product: Product, desk: Loopdesk
) -> None:
    tasks = [task_of(desk, report(desk, f"Fast {place}")) for place in range(4)]
    with person(chromium, product, "Tom Baker", viewport=WIDE) as tom:
        page = tom.open("/inbox?box=all")
        page.locator(f'[data-task="{tasks[-1]}"]').wait_for()
        page.route("**/tasks/*", _slowest_first(tasks))
        for task in tasks:
            page.locator(f'[data-task="{task}"]').evaluate("row => row.click()")
        expect(page.locator("#preview")).to_contain_text("Fast 3")
        page.wait_for_load_state("networkidle")
        expect(page.locator("#preview")).to_contain_text("Fast 3")
        expect(page.locator("#preview")).not_to_have_attribute("aria-busy", "true")


def _slowest_first(tasks: list[str]) -> Callable[[Route], None]:
    """Answers of earlier tasks arrive after those of later ones, as over a bad line."""
    held: list[Route] = []

    def answer(route: Route) -> None:
        if tasks[-1] not in route.request.url:
            held.append(route)
            return
        route.continue_()
        for early in held:
            early.continue_()

    return answer


def _answer_radios_by_keyboard(page: Page) -> None:
    """Tab through the form; where no radio button of a group is chosen, the space bar chooses one."""
    page.locator("#preview #task-title").focus()
    for _ in range(60):
        page.keyboard.press("Tab")
        here = page.evaluate(
            "[document.activeElement.type, document.activeElement.name, document.activeElement.tagName]"
        )
        if here[0] == "radio" and not page.locator(f'[name="{here[1]}"]:checked').count():
            page.keyboard.press("Space")
        if here[2] == "TEXTAREA":
            page.keyboard.type("Seen by keyboard.")
            return
    pytest.fail("the form cannot be walked with the Tab key")


def test_every_key_is_listed_and_single_keys_can_be_switched_off(chromium: Browser, product: Product) -> None:
    with person(chromium, product, "Tom Baker") as tom:
        page = tom.open("/cases")
        page.keyboard.press("?")
        dialog = page.get_by_role("dialog")
        expect(dialog).to_contain_text("search")
        dialog.get_by_label("Single keys do something").uncheck()
        page.keyboard.press("Escape")
        page.keyboard.press("/")
        assert page.evaluate("document.activeElement.tagName") != "INPUT"


def test_whoever_comes_second_is_told_and_keeps_what_was_typed(
    chromium: Browser, product: Product, desk: Loopdesk
) -> None:
    task = task_of(desk, report(desk, "Two at once"))
    with (
        person(chromium, product, "Tom Baker") as tom,
        person(chromium, product, "李娜", expected=(409,)) as na,
    ):
        na.open("/me?lang=en")
        slow = na.open(f"/tasks/{task}")
        slow.get_by_label("What is known so far").fill("My long note")
        quick = tom.open(f"/tasks/{task}")
        for words in ("Work stands still", "One person", "Usual"):
            tick(quick, words)
        complete(quick)
        expect(slow.get_by_text("Tom Baker completed this task")).to_have_count(1)
        for action in ("Complete", "Claim"):
            expect(slow.get_by_role("button", name=action)).to_have_count(0)
        drafts: list[str] = []
        slow.on("request", lambda one: drafts.append(one.url) if one.url.endswith("/draft") else None)
        expect(slow.get_by_label("What is known so far")).to_have_value("My long note")
        expect(slow.get_by_label("What is known so far")).not_to_be_editable()
        assert not drafts


def test_a_completion_that_comes_too_late_says_so_once(chromium: Browser, product: Product, desk: Loopdesk) -> None:
    """A page whose stream is cut learns of the other's completion from the refusal."""
    task = task_of(desk, report(desk, "Too late"))
    with (
        person(chromium, product, "Tom Baker") as tom,
        person(chromium, product, "李娜", expected=(409,)) as na,
    ):
        na.open("/me?lang=en")
        na.page.route("**/live*", lambda route: route.fulfill(content_type="text/event-stream", body=": cut"))
        slow = na.open(f"/tasks/{task}")
        slow.get_by_label("What is known so far").fill("My long note")
        quick = tom.open(f"/tasks/{task}")
        for page in (quick, slow):
            for words in ("Work stands still", "One person", "Usual"):
                tick(page, words)
        complete(quick)
        slow.get_by_role("button", name="Complete").click()
        told = slow.get_by_text("Tom Baker completed this task")
        expect(told).to_be_in_viewport()
        expect(told).to_have_count(1)
        expect(slow.get_by_role("button", name="Complete")).to_have_count(0)
        expect(slow.get_by_label("What is known so far")).to_have_value("My long note")


def test_a_draft_comes_back(chromium: Browser, product: Product, desk: Loopdesk) -> None:
    task = task_of(desk, report(desk, "A draft"))
    with person(chromium, product, "Tom Baker") as tom:
        page = tom.open(f"/tasks/{task}")
        page.get_by_label("What is known so far").fill("Half a sentence")
        page.get_by_text("Draft saved").wait_for()
        page = tom.open(f"/tasks/{task}")
        expect(page.get_by_label("What is known so far")).to_have_value("Half a sentence")


def test_the_server_has_the_last_word_on_a_form(chromium: Browser, product: Product, desk: Loopdesk) -> None:
    task = task_of(desk, report(desk, "A form without its browser"))
    with person(chromium, product, "Tom Baker", expected=(422,)) as tom:
        page = tom.open(f"/tasks/{task}")
        page.locator(".fjs-container").wait_for()
        for words in ("Work stands still", "One person", "Usual"):
            tick(page, words)
        # What a tampered page would send: a value that the form does not offer.
        page.route("**/complete*", lambda route: route.continue_(post_data='{"data": {"type": "nonsense"}}'))
        page.get_by_role("button", name="Complete").click()
        expect(page.locator(".fjs-has-errors").first).to_be_visible()
        expect(page.get_by_role("alert")).to_contain_text("missing or wrong")
        assert page.url.endswith(task)


def test_a_program_that_calls_itself_a_picture_is_refused_and_the_words_stay(
    chromium: Browser, product: Product, desk: Loopdesk
) -> None:
    number = report(desk, "A wrong file")
    with person(chromium, product, "Tom Baker", expected=(422,)) as tom:
        page = tom.open(f"/cases/{number}")
        page.get_by_label("Internal note").check(force=True)
        page.get_by_role("textbox", name="Text").fill("See the picture")
        program = {"name": "screen.png", "mimeType": "image/png", "buffer": b"MZ\x90\x00" + bytes(600)}
        page.get_by_label("Attach files").set_input_files(program)  # type: ignore[arg-type]
        page.get_by_role("button", name="Keep as a note").click()
        expect(page.get_by_role("alert")).to_be_visible()
        expect(page.get_by_role("textbox", name="Text")).to_have_value("See the picture")
        expect(page.locator("#stream")).not_to_contain_text("See the picture")


@pytest.mark.row("INT-1/portal", "INT-2/attachments", "COM-8")
def test_a_customer_reports_in_three_steps_and_follows_the_case(
    chromium: Browser, product: Product, desk: Loopdesk
) -> None:
    with person(chromium, product, viewport={"width": 390, "height": 844}) as paul:
        page = paul.open("/portal/report")
        page.get_by_label("What is the problem, in one line?").wait_for()
        page.get_by_role("button", name="Continue").click()
        expect(page.get_by_text("Field is required.").first).to_be_visible()
        page.get_by_label("What is the problem, in one line?").fill("The scanner is silent")
        page.get_by_label("What happens?").fill("It does not beep any more.")
        page.get_by_role("button", name="Continue").click()
        log = {"name": "scanner.log", "mimeType": "text/plain", "buffer": b"no beep\n"}
        page.locator("input[type=file]").set_input_files(log)  # type: ignore[arg-type]
        page.get_by_role("button", name="Continue").click()
        page.get_by_label("Your e-mail address").fill("paul@delta.example")
        page.get_by_role("button", name="Send the report").click()
        expect(page.get_by_role("heading", name="We have your report")).to_be_visible()
        page.get_by_role("link", name="See the case").click()
        page.get_by_label("Your e-mail address").fill("paul@delta.example")
        page.get_by_role("button", name="Send me the link").click()
        letter = product.mail("paul@delta.example", "Your way into the portal")
        path = letter["links"].removeprefix(product.url)
        page = paul.open(path.replace("&amp;", "&"))
        expect(page.get_by_role("heading", name="The scanner is silent")).to_be_visible()
        expect(page.get_by_role("link", name="scanner.log").first).to_be_visible()
        page.get_by_role("textbox", name="Text").fill("It beeps on Tuesdays.")
        page.get_by_role("button", name="Send", exact=True).click()
        expect(page.locator(".timeline")).to_contain_text("It beeps on Tuesdays.")
        assert "paul" not in page.url


def test_a_refused_upload_names_element_rule_and_remedy(chromium: Browser, product: Product) -> None:
    with person(chromium, product, "Petra Lang", expected=(422,)) as petra:
        page = petra.open("/definitions/intake")
        before = page.locator(".page .badge").first.inner_text()
        page.get_by_role("button", name="New version").click()
        broken = {"name": "intake.bpmn", "mimeType": "application/xml", "buffer": b"this is no diagram"}
        page.get_by_role("dialog").locator("input[type=file]").set_input_files(broken)  # type: ignore[arg-type]
        page.get_by_role("button", name="Check and deploy").click()
        finding = page.locator(".finding").first
        expect(finding).to_contain_text("intake.bpmn")
        assert page.locator(".page .badge").first.inner_text() == before


def test_signing_in_with_a_password_and_choosing_language_and_zone(chromium: Browser, product: Product) -> None:
    with person(chromium, product, expected=(403, 422)) as admin:
        page = admin.open("/sign-in?next=/people")
        page.get_by_label("Sign-in name").fill("admin")
        page.get_by_label("Password").fill("wrong")
        page.get_by_role("button", name="Sign in").click()
        expect(page.get_by_role("alert")).to_contain_text("Name or password is wrong.")
        page.get_by_label("Sign-in name").fill("admin")
        page.get_by_label("Password").fill("correct horse battery")
        page.get_by_role("button", name="Sign in").click()
        expect(page.get_by_role("heading", name="People")).to_be_visible()
        page = admin.open("/me")
        page.get_by_role("combobox", name="Language").select_option("zh")
        page.get_by_role("combobox", name="Time zone").select_option("Asia/Shanghai")
        page.get_by_role("button", name="Save").click()
        waited(lambda: page.evaluate("document.documentElement.lang") == "zh-CN", "the page in Chinese")


def test_the_theme_is_remembered(chromium: Browser, product: Product) -> None:
    with person(chromium, product, color_scheme="light") as reader:
        page = reader.open("/portal")
        page.get_by_label("Appearance").first.click()
        page.get_by_role("button", name="Dark").click()
        page = reader.open("/sign-in")
        assert page.evaluate("getComputedStyle(document.documentElement).colorScheme") == "dark"


def test_an_incident_says_what_to_do_and_is_tried_again(chromium: Browser, product: Product, desk: Loopdesk) -> None:
    number = report(desk, "Something breaks")
    with desk.engine.begin() as tx:
        wish = {"type": "no.such.connector", "inputs": {}}
        outbox.put(tx, "effect", wish, idempotency_key="a wish that nobody grants", key=number)
    with person(chromium, product, "Petra Lang") as petra:
        waited(lambda: petra.open("/incidents").locator(".incident").count(), "an incident")
        mine = petra.page.locator(".incident", has_text=number)
        mine.get_by_role("link", name="More ways").click()
        petra.page.get_by_text("Technical details").click()
        expect(petra.page.locator("pre")).to_contain_text("no.such.connector")
        assert not Axe().run(petra.page).response["violations"]
        petra.page.get_by_role("button", name="Try again", exact=True).click()
        expect(petra.page.get_by_text("It is being tried again.")).to_be_visible()
