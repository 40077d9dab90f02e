"""Supervisors deal with what does not work: change the data of a failed step, put a process on hold (issue 4)."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from loopdesk.engine import bundles, incidents, instances, runner
from loopdesk.engine.actor import SYSTEM
from loopdesk.tests.browser.conftest import report, task_of
from loopdesk.tests.browser.house import Product, choose, person, started, tick, waited
from loopdesk.tests.engine.drawing import diagram, flows, inputs, service
from loopdesk.tests.peers.http import HttpPeer
from loopdesk.web.settings import Settings
from loopdesk.web.wiring import Loopdesk, build

pytestmark = pytest.mark.browser

BODY = (
    '<bpmn:startEvent id="s"/><bpmn:endEvent id="e"/>'
    + service("push", "http.post", inputs(url="=url", body="={amount: amount}")).replace(
        "<bpmn:serviceTask ", '<bpmn:serviceTask name="Tell the bank" '
    )
    + flows("s > push > e")
)
SHAPES = {"s": (100, 120, 36, 36), "push": (200, 98, 120, 80), "e": (400, 120, 36, 36)}


def drawn() -> bytes:
    """The process with its layout, so that it can be looked at."""
    shapes = "".join(
        f'<bpmndi:BPMNShape id="di-{name}" bpmnElement="{name}">'
        f'<dc:Bounds x="{x}" y="{y}" width="{width}" height="{height}"/></bpmndi:BPMNShape>'
        for name, (x, y, width, height) in SHAPES.items()
    )
    spaces = 'xmlns:bpmndi="http://www.omg.org/spec/BPMN/20100524/DI" xmlns:dc="http://www.omg.org/spec/DD/20100524/DC"'
    plane = f'<bpmndi:BPMNPlane id="plane" bpmnElement="pay">{shapes}</bpmndi:BPMNPlane>'
    return diagram(BODY, process="pay", more=f'<bpmndi:BPMNDiagram {spaces} id="di">{plane}</bpmndi:BPMNDiagram>')


@pytest.fixture
def bank() -> Iterator[HttpPeer]:
    """An outside system that refuses what it is sent."""
    peer = HttpPeer(status=400, body=b'{"error": "amount is no number"}')
    with peer:
        yield peer


def test_a_failed_step_is_seen_on_the_diagram_and_goes_on_with_other_data(
    chromium: Browser, tmp_path: Path, bank: HttpPeer
) -> None:
    with started(tmp_path, LOOPDESK_WEBHOOK_HOSTS=bank.host) as product:
        desk = build(Settings.from_env({"LOOPDESK_DATA": str(tmp_path / "data"), "LOOPDESK_URL": product.url}))
        number = report(desk)
        with desk.engine.begin() as tx:
            bundles.deploy(SYSTEM, tx, "pay", {"pay.bpmn": drawn()})
            instance = runner.start(SYSTEM, tx, "pay", key=number, data={"url": bank.url, "amount": "ten"})
        waited(lambda: _stopped(desk, instance), "an incident")
        with person(chromium, product, "Administrator Administrator", expected=(422,)) as admin:
            page = admin.open(f"/instances/{instance}")
            note = page.locator(".diagram .token-note")
            expect(note).to_contain_text("400")
            note.click()
            page.get_by_role("heading", name="Change the data and try again").wait_for()
            field = page.get_by_label("What is sent")
            field.fill('{"url": ')
            card = page.locator(".card", has_text="Change the data and try again")
            card.get_by_label("Reason").fill("The amount was a word")
            card.get_by_role("button", name="Change and try again").click()
            expect(page.get_by_role("alert")).to_contain_text("This is no JSON")
            bank.status = 200
            field.fill(f'{{"url": "{bank.url}", "body": {{"amount": 10}}}}')
            card.get_by_role("button", name="Change and try again").click()
            page.get_by_text("tried again with the new data").wait_for()
            waited(lambda: not _runs(desk, instance), "the process to go on")
            assert [one.body for one in bank.asked][-1] == {"amount": 10}
            page = admin.open(f"/instances/{instance}")
            expect(page.get_by_text("The stopped step is tried again with other data")).to_be_visible()
            expect(page.get_by_text("The amount was a word")).to_be_visible()
        desk.close()


def _stopped(desk: Loopdesk, instance: str) -> bool:
    with desk.engine.read() as tx:
        return bool(incidents.of_instance(tx, instance))


def _runs(desk: Loopdesk, instance: str) -> bool:
    with desk.engine.read() as tx:
        return bool(instances.get(tx, instance)["status"] == "active")


def test_a_process_on_hold_tells_whoever_works_on_it_and_loses_nothing(
    chromium: Browser, product: Product, desk: Loopdesk
) -> None:
    number = report(desk, "Put on hold for a while")
    task = task_of(desk, number)
    with desk.engine.read() as tx:
        (intake,) = (one["id"] for one in instances.of_key(tx, number))
    with (
        person(chromium, product, "Administrator Administrator") as admin,
        person(chromium, product, "Tom Baker", expected=(409,)) as tom,
    ):
        page = admin.open(f"/instances/{intake}")
        page.get_by_role("button", name="Put on hold").first.click()
        dialog = page.get_by_role("dialog")
        dialog.get_by_label("Reason").fill("Waiting for legal")
        dialog.get_by_role("button", name="Put on hold").click()
        expect(page.locator("main")).to_contain_text("This process is on hold")
        form = tom.open(f"/tasks/{task}")
        expect(form.locator("#task-state")).to_contain_text("on hold")
        form.locator(".fjs-container").wait_for()
        choose(form, "Department that solves it", "Customer support")
        for words in ("Work is badly hampered", "Everyone", "Usual"):
            tick(form, words)
        form.get_by_label("What is known so far").fill("It began on Monday")
        form.get_by_role("button", name="Complete").click()
        expect(form.locator("[data-problem]")).to_contain_text("on hold")
        page.get_by_role("button", name="Let go on").first.click()
        page.get_by_role("dialog").get_by_role("button", name="Let go on").click()
        page.get_by_text("Done: Let go on").wait_for()
        form = tom.open(f"/tasks/{task}")
        form.locator(".fjs-container").wait_for()
        expect(form.get_by_label("What is known so far")).to_have_value("It began on Monday")
        expect(form.locator("#task-state")).not_to_contain_text("on hold")
        with form.expect_navigation():
            form.get_by_role("button", name="Complete").click()
        form.get_by_text("Done: ").wait_for()
