"""A customer reads a major change on a phone and signs it by the link, without signing in (FIX-3)."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from playwright.sync_api import Browser

from loopdesk.desk import people
from loopdesk.desk.letters import communication
from loopdesk.engine import work
from loopdesk.tests.browser.house import person
from loopdesk.tests.browser.moved import Moved, moved

pytestmark = pytest.mark.browser

ACROSS, PHONE = "document.documentElement.scrollWidth", 390
MERGE = "https://gitlab.example/shopping/orders_and_invoices/-/merge_requests/12"


@pytest.fixture
def house(tmp_path: Path) -> Iterator[Moved]:
    with moved(tmp_path) as running:
        yield running


def _signed_by_the_lead(house: Moved) -> str:
    """A major change of a case, as far as the customer's link, which it returns."""
    ivan = house.api("ivan.link")
    report = {"title": "Orders are slow", "description": "A minute each.", "email": "anna@aurora.example"}
    number = ivan.post("/cases", json=report).json()["number"]
    house.rest()
    change = {"case": number, "title": "Move the orders", "text": "Written anew.", "kind": "data", "links": [MERGE]}
    assert ivan.post("/changes", json=change).status_code == 201
    house.rest()
    with house.desk.engine.begin() as tx:
        lead = people.find(tx, "emma.stone")
        assert lead is not None
        emma = people.actor_of(lead)
        [task] = [one for one in work.listing(emma, tx) if one["element"] == "sign"]
        work.complete(emma, tx, task["id"], {"decision": "sign"})
    house.rest()
    with house.desk.engine.read() as tx:
        query = sa.select(communication.c.body).where(communication.c.template == "change-sign")
        found = re.search(r"/c/\S+", str(tx.conn.scalar(query)))
    assert found
    return found[0]


@pytest.mark.timeout(180)
@pytest.mark.row("FIX-3/two-signatures", "FIX-3/merge-requests")
def test_a_change_is_read_and_signed_on_a_phone(chromium: Browser, house: Moved) -> None:
    link = _signed_by_the_lead(house)
    with person(chromium, house, viewport={"width": PHONE, "height": 844}, has_touch=True, is_mobile=True) as anna:
        page = anna.open(f"{link}?lang=en")
        page.get_by_text(MERGE).wait_for()
        assert page.evaluate(ACROSS) <= PHONE
        page.get_by_role("button", name="I sign it").click()
        page.get_by_text("You have signed the change.").wait_for()
    house.rest()
    [signed] = house.api("ivan.link").get("/changes").json()["changes"]
    assert (signed["state"], [one["role"] for one in signed["signatures"]]) == ("signed", ["lead", "customer"])
