"""The link by which a customer signs a change: only for what was read, and only while it is asked (FIX-3)."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from loopdesk.desk import customers
from loopdesk.engine import timers
from loopdesk.engine.actor import SYSTEM
from loopdesk.engine.clock import VirtualClock
from loopdesk.tests.web.browsers import csrf_of
from loopdesk.tests.web.changing import CHANGE, REPORT, answer, letters, register, sign, state, token
from loopdesk.tests.web.conftest import Api, settle
from loopdesk.web.wiring import Loopdesk


@pytest.fixture
def number(desk: Loopdesk, api: Callable[..., Api]) -> str:
    """A case of C-1001, which Anna reported."""
    made: Any = api("ivan.link").post("/cases", json=REPORT)
    assert made.status_code == 201, made.json
    settle(desk)
    return str(made.json["number"])


@pytest.mark.row("FIX-3/two-signatures", "FIX-3/changes")
def test_an_edited_change_is_signed_anew(desk: Loopdesk, api: Callable[..., Api], app: Flask, number: str) -> None:
    """FIX-3: what was signed stays on record but no longer counts; nobody signs what they have not read."""
    made = register(desk, api, number)
    sign(desk)
    link = token(desk, made["id"])
    client: Any = api("ivan.link")
    body = CHANGE | {"text": "The table is written anew, and a column is dropped."}
    edited = client.put(f"/changes/{made['id']}", json=body)
    assert edited.status_code == 200, edited.json
    settle(desk)
    assert state(desk, made["id"]) == "lead"
    assert "is being altered" in app.test_client().get(f"/c/{link}?lang=en").text
    browser = app.test_client()
    stale = {
        "csrf_token": csrf_of(app, browser),
        "seen": made["digest"],
        "agreed": "yes",
        "comment": "On Sunday, please.",
    }
    early = browser.post(f"/c/{link}?lang=en", data=stale)
    assert (early.status_code, "On Sunday, please." in early.text) == (409, True)
    assert "altered since you were asked" in early.text
    sign(desk)
    assert token(desk, made["id"]) == link
    for unread in (stale, stale | {"seen": ""}):
        refused = browser.post(f"/c/{link}?lang=en", data=unread)
        assert (refused.status_code, 'role="alert"' in refused.text) == (409, True)
        assert "a column is dropped" in refused.text
        assert "On Sunday, please.</textarea>" in refused.text
    assert state(desk, made["id"]) == "customer"
    assert [one["role"] for one in client.get(f"/changes/{made['id']}").json["signatures"]] == ["lead", "lead"]
    assert answer(app, link, agreed="yes").status_code == 200
    settle(desk)
    found = client.get(f"/changes/{made['id']}").json
    assert found["state"] == "signed"
    assert [one["digest"] == found["digest"] for one in found["signatures"]] == [False, True, True]
    assert client.put(f"/changes/{made['id']}", json=body | {"title": "Later"}).status_code == 409


@pytest.mark.row("FIX-3/two-signatures")
def test_another_representative_gets_another_link_and_the_former_one_is_dead(
    desk: Loopdesk, api: Callable[..., Api], app: Flask, number: str
) -> None:
    """FIX-3: who was asked before does not sign what another one is asked now."""
    made = register(desk, api, number)
    sign(desk)
    old = token(desk, made["id"])
    with desk.engine.begin() as tx:
        customer = customers.by_number(tx, "C-1001")
        assert customer is not None
        boss = customers.add_contact(SYSTEM, tx, organisation_id=customer.id, name="Bo Lind", email="bo@aurora.example")
    api("ivan.link").put(f"/changes/{made['id']}", json=CHANGE | {"representative": boss.id})
    settle(desk)
    sign(desk)
    assert app.test_client().get(f"/c/{old}").status_code == 404
    assert token(desk, made["id"]) != old
    assert letters(desk, number, "change-sign")[-1].address == "bo@aurora.example"


@pytest.mark.row("FIX-3/two-signatures")
def test_a_change_that_was_refused_by_rule_takes_no_late_signature(
    desk: Loopdesk, api: Callable[..., Api], app: Flask, number: str, clock: VirtualClock
) -> None:
    """FIX-3: the lead signed on the fourth day, so the link outlives the fifth; its page says that it is decided."""
    made = register(desk, api, number)
    for length in ({"days": 4}, {"days": 1, "minutes": 1}):
        clock.advance(timedelta(**length))
        with desk.engine.begin() as tx:
            timers.claim_due(tx)
        settle(desk)
        if state(desk, made["id"]) == "lead":
            sign(desk)
    assert state(desk, made["id"]) == "refused"
    link = token(desk, made["id"])
    assert "This change is not made" in app.test_client().get(f"/c/{link}?lang=en").text
    browser = app.test_client()
    late = {"csrf_token": csrf_of(app, browser), "seen": made["digest"], "agreed": "yes"}
    refused = browser.post(f"/c/{link}?lang=en", data=late)
    assert (refused.status_code, "decided already" in refused.text) == (409, True)
    assert [one["role"] for one in api("ivan.link").get(f"/changes/{made['id']}").json["signatures"]] == ["lead"]
