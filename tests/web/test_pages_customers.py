"""The customer's page: tier, contacts, devices, contracts, history; merging; what lies outside the contract."""

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from loopdesk.desk import case, customers, record
from loopdesk.desk.crm import assets, contracts, directory
from loopdesk.desk.customers import Organisation
from loopdesk.engine import work
from loopdesk.engine.actor import SYSTEM
from loopdesk.engine.events import event
from loopdesk.tests.web.browsers import as_person, csrf_of
from loopdesk.tests.web.conftest import settle
from loopdesk.web.wiring import Loopdesk

Send = Callable[..., Any]
NO_OPTION = ("gift", "gold")
DUPLICATE = "anna.berg@home.example"


@pytest.fixture
def agent(app: Flask) -> FlaskClient:
    """李娜 of customer support."""
    return as_person(app, "li.na")


@pytest.fixture
def send(app: Flask, agent: FlaskClient) -> Send:
    """Send a form of the customer's pages; follows to the page that comes next."""

    def post(path: str, **values: str) -> Any:
        data = values | {"csrf_token": csrf_of(app, agent)}
        agent.get("/customers?lang=en")
        return agent.post(f"/customers{path}", data=data, follow_redirects=True)

    return post


def aurora(desk: Loopdesk) -> Organisation:
    """The VIP customer C-1001."""
    with desk.engine.read() as tx:
        found = customers.by_number(tx, "C-1001")
    assert found is not None
    return found


def contact(desk: Loopdesk, email: str) -> customers.Contact:
    """Whom an address finds."""
    with desk.engine.read() as tx:
        found = customers.contact_by_email(tx, email)
    assert found is not None
    return found


def report(desk: Loopdesk, email: str = "anna@aurora.example", **fields: Any) -> str:
    """A case of a contact; returns its number."""
    with desk.engine.begin() as tx:
        return case.open(SYSTEM, tx, case.Report("email", "It hangs.", email=email, **fields)).number


@pytest.mark.row("INT-5/tier")
def test_a_tier_is_changed_with_a_reason_that_stays(desk: Loopdesk, send: Send) -> None:
    page = send("/C-1001/tier", tier="normal", reason="Contract ended in February").text
    assert "Contract ended in February" in page
    assert "VIP customer" in page
    assert aurora(desk).tier == "normal"
    with desk.engine.read() as tx:
        query = sa.select(event.c.data).where(event.c.kind == "customer.tier_changed")
        (data,) = tx.conn.scalars(query)
    assert (data["before"], data["tier"]) == ("vip", "normal")


@pytest.mark.parametrize(("tier", "reason"), [("gold", "Because"), ("normal", " "), ("", "")])
def test_a_tier_without_reason_or_sense_changes_nothing(desk: Loopdesk, send: Send, tier: str, reason: str) -> None:
    answer = send("/C-1001/tier", tier=tier, reason=reason)
    assert answer.status_code == 422
    assert aurora(desk).tier == "vip"


@pytest.mark.parametrize("typed", ["aurora", "C-1001", "anna berg", "anna@aurora"])
def test_a_customer_is_found_by_name_number_or_contact(agent: FlaskClient, typed: str) -> None:
    page = agent.get("/customers", query_string={"q": typed, "lang": "en"}).text
    assert "Aurora Retail" in page
    assert "Delta Works" not in page


def test_the_page_tells_what_was(desk: Loopdesk, agent: FlaskClient) -> None:
    number = report(desk)
    page = agent.get("/customers/c-1001?lang=en").text
    for text in ("Aurora Retail", "Anna Berg", number, "It hangs.", "Europe/Berlin"):
        assert text in page


def test_a_restricted_case_is_not_told_there(desk: Loopdesk, agent: FlaskClient) -> None:
    number = report(desk)
    with desk.engine.begin() as tx:
        record.change(tx, number, restricted=True, owner_id="", assignee_id="")
    page = agent.get("/customers/C-1001?lang=en").text
    assert number not in page


@pytest.mark.row("INT-3/pre-filled")
def test_devices_and_contracts_are_kept(desk: Loopdesk, send: Send) -> None:
    send("/C-1001/assets/new", serial=" SN-7 ", model="LP-300", service_version="4.2", since="2025-05-01")
    page = send("/C-1001/contracts/new", kind="contract", number="K-9", title="Support 2026", catalogue="standard").text
    for text in ("SN-7", "LP-300", "4.2", "K-9", "Support 2026", "Standard service"):
        assert text in page
    with desk.engine.read() as tx:
        (device,) = assets.of_organisation(tx, aurora(desk).id)
        (bought,) = contracts.of_organisation(tx, aurora(desk).id)
    assert (device.serial, device.name, str(device.since)) == ("SN-7", "LP-300", "2025-05-01")
    send(f"/C-1001/assets/{device.id}", serial="SN-7", name="Label printer", retired="1")
    with desk.engine.read() as tx:
        assert assets.of_organisation(tx, aurora(desk).id) == []
    send(f"/C-1001/contracts/{bought.id}", kind="contract", title="Support 2026", ends_on="2026-01-31")
    with desk.engine.read() as tx:
        assert str(contracts.of_organisation(tx, aurora(desk).id)[0].ends_on) == "2026-01-31"


@pytest.mark.parametrize(
    ("path", "values"),
    [
        ("/C-1001/assets/new", {"serial": " "}),
        ("/C-1001/assets/new", {"serial": "S", "since": "yesterday"}),
        ("/C-1001/contracts/new", {"kind": "gift", "title": "x"}),
        ("/C-1001/contracts/new", {"kind": "contract", "title": ""}),
        ("/C-1001/contracts/new", {"kind": "contract", "title": "x", "catalogue": "gold"}),
        (
            "/C-1001/contracts/new",
            {"kind": "contract", "title": "x", "starts_on": "2026-02-01", "ends_on": "2026-01-01"},
        ),
        ("/C-1001/contacts/new", {"name": "Anna", "email": "anna@aurora.example"}),
        ("/C-1001/contacts/new", {"name": "Anna", "email": "nowhere"}),
        ("/new", {"number": "C-1001", "name": "Again", "tier": "normal"}),
        ("/new", {"number": "", "name": "", "tier": "gold"}),
    ],
)
def test_what_makes_no_sense_is_named_and_what_was_typed_stays(send: Send, path: str, values: dict[str, str]) -> None:
    answer = send(path, **values)
    assert answer.status_code == 422
    assert 'class="error"' in answer.text
    typed = [text for text in values.values() if text.strip() and text not in NO_OPTION]
    assert all(f'value="{text}"' in answer.text for text in typed)


def test_a_contact_is_changed_and_found_by_the_new_address(desk: Loopdesk, send: Send) -> None:
    anna = contact(desk, "anna@aurora.example")
    values = {"name": "Anna Berg-Lund", "email": "abl@aurora.example", "language": "zh", "channel": "phone"}
    send(f"/C-1001/contacts/{anna.id}", **values, phone="+49 30 1", zone="Asia/Shanghai")
    found = contact(desk, "abl@aurora.example")
    assert (found.id, found.name, found.language, found.channel) == (anna.id, "Anna Berg-Lund", "zh", "phone")


def test_two_contacts_become_one_and_both_addresses_find_it(desk: Loopdesk, send: Send) -> None:
    number = report(desk, DUPLICATE)
    anna, twin = contact(desk, "anna@aurora.example"), contact(desk, DUPLICATE)
    assert "Merged into Anna Berg" in send(f"/C-1001/contacts/{twin.id}/merge", into=anna.id).text
    with desk.engine.read() as tx:
        assert record.get(tx, number).contact_id == anna.id
    assert contact(desk, DUPLICATE).id == anna.id
    again = report(desk, DUPLICATE)
    with desk.engine.read() as tx:
        stored = record.get(tx, again)
    assert (stored.contact_id, stored.organisation_id) == (anna.id, aurora(desk).id)


def test_nobody_is_merged_into_himself_or_in_a_circle(desk: Loopdesk, send: Send) -> None:
    report(desk, DUPLICATE)
    anna, twin = contact(desk, "anna@aurora.example"), contact(desk, DUPLICATE)
    himself = send(f"/C-1001/contacts/{anna.id}/merge", into=anna.id)
    assert himself.status_code == 422
    assert "merged into himself" in himself.text
    send(f"/C-1001/contacts/{twin.id}/merge", into=anna.id)
    for one, other in ((anna, twin), (twin, anna)):
        circle = send(f"/C-1001/contacts/{one.id}/merge", into=other.id)
        assert circle.status_code == 422
        assert "circle" in circle.text
    assert contact(desk, DUPLICATE).id == anna.id


def test_two_customers_become_one_with_all_they_have(desk: Loopdesk, send: Send) -> None:
    number = report(desk)
    with desk.engine.begin() as tx:
        assets.keep(SYSTEM, tx, aurora(desk), serial="SN-7")
    assert "Delta Works" in send("/C-1001/merge", into="C-1003").text
    with desk.engine.read() as tx:
        kept = directory.get(SYSTEM, tx, "C-1001")
        assert kept.number == "C-1003"
        assert record.get(tx, number).organisation_id == kept.id
        assert [one.serial for one in assets.of_organisation(tx, kept.id)] == ["SN-7"]
        assert {one.name for one in directory.contacts(SYSTEM, tx, kept.id)} == {"Anna Berg", "Paul Meier"}
    for wrong, into in (("C-1003", "C-1003"), ("C-1003", "C-1001"), ("C-1003", "C-4711")):
        assert send(f"/{wrong}/merge", into=into).status_code == 422


def test_customers_with_the_same_device_are_not_merged_silently(desk: Loopdesk, send: Send) -> None:
    with desk.engine.begin() as tx:
        for number in ("C-1001", "C-1003"):
            assets.keep(SYSTEM, tx, directory.get(SYSTEM, tx, number), serial="SN-7")
    answer = send("/C-1001/merge", into="C-1003")
    assert answer.status_code == 422
    assert "SN-7" in answer.text


def test_somebody_unknown_is_matched_and_his_cases_become_the_customers(desk: Loopdesk, send: Send) -> None:
    number = report(desk, "new@aurora.example")
    send("/match", contact=contact(desk, "new@aurora.example").id, number="c-1001")
    assert not contact(desk, "new@aurora.example").unknown
    with desk.engine.read() as tx:
        assert record.get(tx, number).organisation_id == aurora(desk).id


def promise(desk: Loopdesk, catalogue: str, **values: Any) -> None:
    """Give Aurora a contract with that catalogue."""
    with desk.engine.begin() as tx:
        contracts.keep(SYSTEM, tx, aurora(desk), title="Support", catalogue=catalogue, **values)


@pytest.mark.row("SLA-9/catalogue", "SLA-9/out-of-scope")
def test_what_no_contract_covers_is_taken_in_and_flagged(desk: Loopdesk, agent: FlaskClient) -> None:
    promise(desk, "online")
    number = report(desk, category="hardware")
    settle(desk)
    with desk.engine.read() as tx:
        stored = record.get(tx, number)
        tasks = work.listing(SYSTEM, tx, key=number)
    assert (stored.service, stored.out_of_scope) == ("", "type")
    assert [task["element"] for task in tasks] == ["triage"]
    page = agent.get(f"/cases/{number}?lang=en").text
    assert "Outside the contract" in page
    assert "covers this kind of problem" in page


@pytest.mark.row("SLA-9/catalogue")
def test_what_a_contract_covers_names_its_service(desk: Loopdesk) -> None:
    promise(desk, "standard")
    with desk.engine.read() as tx:
        stored = record.get(tx, report(desk, category="billing"))
    assert (stored.service, stored.out_of_scope) == ("accounts", "")


def test_a_channel_outside_the_contract_and_a_contract_that_is_over_are_flagged(desk: Loopdesk) -> None:
    promise(desk, "online")
    with desk.engine.begin() as tx:
        told = case.Report("phone", "It hangs.", email="anna@aurora.example", category="fault")
        assert case.open(SYSTEM, tx, told).out_of_scope == "channel"
        (held,) = contracts.of_organisation(tx, aurora(desk).id)
        contracts.keep(SYSTEM, tx, aurora(desk), held.id, ends_on=held.starts_on or tx.now.date().replace(year=2020))
        assert case.open(SYSTEM, tx, told).out_of_scope == "ended"


def test_a_customer_without_a_contract_is_not_flagged(desk: Loopdesk) -> None:
    with desk.engine.read() as tx:
        assert record.get(tx, report(desk, category="hardware")).out_of_scope == ""
