"""Customers over the API: an integrator's CRM keeps them (CON-3), and the portal fills in from them (INT-3)."""

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from loopdesk.desk import case, customers
from loopdesk.desk.crm import assets
from loopdesk.desk.letters import communication
from loopdesk.engine.actor import SYSTEM
from loopdesk.tests.web.browsers import as_contact, csrf_of
from loopdesk.tests.web.conftest import settle
from loopdesk.web.wiring import Loopdesk


@pytest.fixture
def crm(api: Callable[..., Any]) -> Any:
    """The integrator's CRM."""
    return api("ivan.link")


def test_a_customer_is_kept_with_contacts_devices_and_contracts(crm: Any) -> None:
    made = crm.post("/customers", json={"number": "c-2001", "name": "Nova", "tier": "normal"})
    assert (made.status_code, made.headers["Location"]) == (201, "/api/v1/customers/C-2001")
    home = "/customers/C-2001"
    who = crm.post(f"{home}/contacts", json={"name": "Ida", "email": "ida@nova.example", "language": "zh"}).json
    assert crm.patch(f"{home}/contacts/{who['id']}", json={"phone": "+47 22"}).json["email"] == "ida@nova.example"
    device = crm.post(f"{home}/assets", json={"serial": "N-1", "model": "M", "since": "2026-01-02"}).json
    changed = crm.patch(f"{home}/assets/{device['id']}", json={"service_version": "2.0"}).json
    assert (changed["serial"], changed["service_version"], changed["since"]) == ("N-1", "2.0", "2026-01-02")
    bought = crm.post(f"{home}/contracts", json={"kind": "contract", "title": "All", "catalogue": "full"}).json
    assert crm.patch(f"{home}/contracts/{bought['id']}", json={"ends_on": "2026-12-31"}).json["title"] == "All"
    assert [one["serial"] for one in crm.get(f"{home}/assets").json] == ["N-1"]
    assert [one["catalogue"] for one in crm.get(f"{home}/contracts").json] == ["full"]
    assert [one["phone"] for one in crm.get(f"{home}/contacts").json] == ["+47 22"]
    assert crm.get("/customers?q=ida@nova").json["customers"] == [
        {"number": "C-2001", "name": "Nova", "tier": "normal"}
    ]


@pytest.mark.parametrize("zone", ["Mars/Moon", "../etc/passwd"])
def test_a_contact_has_a_zone_that_there_is_when_it_is_added_and_when_it_changes(crm: Any, zone: str) -> None:
    """COM-7: every letter tells moments in it, so a wrong one would make each report of this customer fail."""
    added = crm.post("/customers/C-1001/contacts", json={"name": "Ida", "email": "ida@nova.example", "zone": zone})
    there = crm.get("/customers/C-1001/contacts").json
    changed = crm.patch(f"/customers/C-1001/contacts/{there[0]['id']}", json={"zone": zone})
    assert [answer.status_code for answer in (added, changed)] == [422, 422]
    assert list(added.json["errors"]) == ["zone"]
    assert "ida@nova.example" not in [one["email"] for one in there]


def test_who_was_kept_with_a_zone_there_is_none_of_reads_letters_and_pages_in_that_of_the_house(
    crm: Any, desk: Loopdesk, app: Flask
) -> None:
    """COM-7: from before zones were checked; each report of this customer failed."""
    with desk.engine.begin() as tx:
        tx.conn.execute(sa.update(customers.contact_).values(zone="Mars/Moon"))
    who = {"customer_number": "C-1001", "email": "anna@aurora.example"}
    made = crm.post("/cases", json={"description": "The press stands still.", **who})
    assert made.status_code == 201
    settle(desk)
    with desk.engine.read() as tx:
        letters = tx.conn.scalars(sa.select(communication.c.body).where(communication.c.direction == "out")).all()
    assert any("UTC" in letter for letter in letters)
    page = as_contact(app, "anna@aurora.example").get(f"/portal/cases/{made.json['number']}")
    assert (page.status_code, "(UTC)" in page.text) == (200, True)


def test_a_contact_is_somebody_and_prefers_a_channel_of_the_house(crm: Any) -> None:
    """COM-2: the channels of `notices.yaml`; a contact without name, address and number would be nobody."""
    home = "/customers/C-1001/contacts"
    before = crm.get(home).json
    answers = [crm.post(home, json=body) for body in ({}, {"name": "Ida", "channel": "pigeon"})]
    answers.append(crm.patch(f"{home}/{before[0]['id']}", json={"channel": "pigeon"}))
    assert [(answer.status_code, *answer.json["errors"]) for answer in answers] == [
        (422, "name"),
        (422, "channel"),
        (422, "channel"),
    ]
    assert "wecom" in answers[1].json["remedy"]
    assert crm.get(home).json == before
    assert crm.patch(f"{home}/{before[0]['id']}", json={"channel": "wecom"}).json["channel"] == "wecom"


@pytest.mark.row("INT-5/tier")
def test_a_tier_needs_its_reason(crm: Any, desk: Loopdesk) -> None:
    assert crm.post("/customers/C-1003/tier", json={"tier": "vip"}).status_code == 422
    assert crm.post("/customers/C-1003/tier", json={"tier": "gold", "reason": "x"}).status_code == 422
    assert crm.post("/customers/C-1003/tier", json={"tier": "vip", "reason": "Big order"}).json["tier"] == "vip"
    assert crm.patch("/customers/C-1003", json={"name": "Delta Group"}).json["name"] == "Delta Group"
    with desk.engine.read() as tx:
        found = customers.by_number(tx, "C-1003")
    assert found is not None
    assert (found.name, found.tier) == ("Delta Group", "vip")


def test_merging_over_the_api_and_what_it_refuses(crm: Any) -> None:
    assert crm.post("/customers/C-1003/merge", json={"into": "C-1003"}).status_code == 422
    assert crm.post("/customers/C-1003/merge", json={"into": "C-4711"}).status_code == 404
    assert crm.post("/customers/C-1003/merge", json={"into": "C-1001"}).json["number"] == "C-1001"
    assert crm.get("/customers/C-1003").json["number"] == "C-1001"
    assert crm.post("/customers/C-1001/merge", json={"into": "C-1003"}).status_code == 409
    one, other = crm.get("/customers/C-1001/contacts").json
    path = f"/customers/C-1001/contacts/{one['id']}/merge"
    assert crm.post(path, json={"into": one["id"]}).status_code == 422
    assert crm.post(path.replace("C-1001", "C-1002"), json={"into": other["id"]}).status_code == 404, "not theirs"
    assert crm.post(path, json={"into": other["id"]}).json["id"] == other["id"]


@pytest.mark.parametrize("path", ["/customers/C-4711", "/customers/C-4711/history", "/customers/C-1001/assets/x"])
def test_what_is_not_there_is_missing(crm: Any, path: str) -> None:
    answer = crm.patch(path, json={}) if path.endswith("x") else crm.get(path)
    assert answer.status_code == 404


def test_history_shows_what_the_reader_may_see(api: Callable[..., Any], desk: Loopdesk) -> None:
    with desk.engine.begin() as tx:
        number = case.open(SYSTEM, tx, case.Report("email", "It hangs.", email="anna@aurora.example")).number
    told = api("li.na").get("/customers/C-1001/history").json
    assert [one["number"] for one in told["cases"]] == [number]
    assert api("ivan.link").get("/customers/C-1001/history").json["cases_total"] == 0
    assert api("petra.owner").get("/customers").status_code == 403
    assert api("li.na", "cases:read").post("/customers", json={"number": "X", "name": "Y"}).status_code == 403


@pytest.mark.row("INT-3/chosen", "INT-3/pre-filled")
def test_the_portal_fills_in_for_whoever_signed_in_and_tells_nobody_else(app: Flask, desk: Loopdesk) -> None:
    with desk.engine.begin() as tx:
        anna, aurora = customers.contact_by_email(tx, "anna@aurora.example"), customers.by_number(tx, "C-1001")
        assert anna is not None
        assert aurora is not None
        assets.keep(SYSTEM, tx, aurora, serial="SN-7", model="LP-300", service_version="4.2")
    body = {"text": "无法登录，密码错误", "beside": {"contact": anna.id}}
    stranger, known = app.test_client(), app.test_client()
    token = {"X-CSRFToken": csrf_of(app, stranger)}
    answer: Any = stranger.post("/portal/report/template?lang=zh", json=body, headers=token)
    told = answer.json["template"]
    assert (told["key"], told["name"], told["fill"]) == ("sign_in", "无法登录", {})
    token = {"X-CSRFToken": csrf_of(app, known)}
    with known.session_transaction() as session:
        session["contact"] = anna.id
    answer = known.post("/portal/report/template", json=body, headers=token)
    told = answer.json["template"]
    assert told["fill"] == {"system_version": "4.2"}
    data = {"title": "Sign-in", "description": "It says no.", "account": "anna.b", "order_number": "not asked"}
    sent = known.post("/portal/report", json={"data": data, "beside": {"template": "sign_in"}}, headers=token)
    assert sent.status_code == 200, sent.text
    with desk.engine.read() as tx:
        (stored,) = case.listing(SYSTEM, tx).cases
    assert (stored.template, stored.details) == ("sign_in", {"account": "anna.b"})


@pytest.mark.parametrize("body", [{}, {"text": 5}, {"text": "x", "declined": "sign_in"}, []])
def test_a_question_that_cannot_be_read_is_refused(app: Flask, body: object) -> None:
    browser = app.test_client()
    token = {"X-CSRFToken": csrf_of(app, browser), "Accept": "application/json"}
    assert browser.post("/portal/report/template", json=body, headers=token).status_code == 422


@pytest.mark.row("EMG-8/credit")
def test_a_contract_holds_its_base_fee_in_minor_units(crm: Any) -> None:
    """EMG-8: whole numbers, 0 or more, with a currency of three letters; each slip is named."""
    crm.post("/customers", json={"number": "C-2001", "name": "Nova", "tier": "normal"})
    home = "/customers/C-2001/contracts"
    made = crm.post(home, json={"title": "All", "base_fee": 120_000, "currency": "EUR"}).json
    assert (made["base_fee"], made["currency"]) == (120_000, "EUR")
    for wrong, field in (
        ({"base_fee": -1}, "base_fee"),
        ({"base_fee": 10**15}, "base_fee"),
        ({"base_fee": 12.5}, "base_fee"),
        ({"currency": ""}, "currency"),
        ({"currency": "eur"}, "currency"),
        ({"currency": "EURO"}, "currency"),
    ):
        refused = crm.patch(f"{home}/{made['id']}", json=wrong)
        assert refused.status_code == 422, wrong
        assert field in refused.json["errors"]
    assert crm.patch(f"{home}/{made['id']}", json={"base_fee": None, "currency": ""}).json["base_fee"] is None
