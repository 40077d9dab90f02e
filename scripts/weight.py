"""How much script each page makes a browser load: all of it, lazily loaded islands too, compressed with gzip."""

import gzip
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

from playwright.sync_api import Browser, Response, sync_playwright

from loopdesk.desk import case
from loopdesk.desk.people import actor_of, by_login
from loopdesk.engine import work
from loopdesk.engine.actor import SYSTEM
from loopdesk.scripts.chromium import executable
from loopdesk.scripts.product import Product
from loopdesk.web.settings import Settings
from loopdesk.web.wiring import Loopdesk, build

AGENT = "li.na"
OWNER = "petra.owner"


def weights(product: Product) -> dict[str, int]:
    """Path of a page -> bytes of script, for a visitor, an agent and a process owner."""
    with _desk(product) as desk:
        paths = _things(desk)
        who = {login: _id(desk, login) for login in (AGENT, OWNER)}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable(), args=["--no-sandbox"])
        found = dict(_measure(browser, product, "", ["/sign-in", "/portal/report"]))
        found |= dict(_measure(browser, product, who[AGENT], paths))
        owned = ["/definitions", "/definitions/intake", "/incidents", "/figures"]
        found |= dict(_measure(browser, product, who[OWNER], owned))
        browser.close()
    return found


def _id(desk: Loopdesk, login: str) -> str:
    with desk.engine.read() as tx:
        person = by_login(tx, login)
    assert person
    return person.id


def _things(desk: Loopdesk) -> list[str]:
    """The agent's pages, with a case and a task that are really there."""
    report = case.Report(channel="portal", description="No access", email="anna@aurora.example")
    with desk.engine.begin() as tx:
        number = case.open(SYSTEM, tx, report).number
    return ["/inbox", f"/tasks/{_wait_for_task(desk)}", "/cases", f"/cases/{number}", "/me"]


def _wait_for_task(desk: Loopdesk) -> str:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        with desk.engine.read() as tx:
            person = by_login(tx, AGENT)
            assert person
            tasks = work.listing(actor_of(person), tx, box="group")
        if tasks:
            return str(tasks[0]["id"])
        time.sleep(0.1)
    raise SystemExit("No task appeared: the worker does not work.")


@contextmanager
def _desk(product: Product) -> Iterator[Loopdesk]:
    desk = build(Settings.from_env({"LOOPDESK_DATA": str(product.folder / ".data")}))
    yield desk
    desk.close()


def _measure(browser: Browser, product: Product, person: str, paths: list[str]) -> Iterator[tuple[str, int]]:
    context = browser.new_context(base_url=product.url)
    if person:
        page = context.new_page()
        page.goto("/dev/sign-in")
        with page.expect_navigation():
            page.locator(f'button[name=person][value="{person}"]').click()
        page.close()
    for path in paths:
        scripts: dict[str, bytes] = {}
        page = context.new_page()
        page.on("response", partial(_keep, scripts))
        page.goto(path)
        page.wait_for_timeout(2000)  # islands load late, and an open event stream never lets the network be idle
        yield _shape(path), sum(len(gzip.compress(body, 9)) for body in scripts.values())
        page.close()
    context.close()


def _shape(path: str) -> str:
    kind, _, rest = path.strip("/").partition("/")
    return f"/{kind}/…" if kind in ("tasks", "cases") and rest else path


def _keep(into: dict[str, bytes], response: Response) -> None:
    if response.request.resource_type == "script" and response.ok:
        into[response.url] = response.body()
