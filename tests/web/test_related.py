"""Like cases, parent problems, impact and agreements on pages, in the portal and over the API (INT-8, INT-9, COM-5)."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from loopdesk.desk import case, customers, negotiation, record
from loopdesk.desk.duplicates import links
from loopdesk.engine.actor import SYSTEM
from loopdesk.tests.web.browsers import as_person, csrf_of
from loopdesk.tests.web.conftest import settle
from loopdesk.web.wiring import Loopdesk

TEXT = "The checkout page shows error 500 since nine o'clock and nobody in the shops can finish an order"
ALIKE = "Since nine o'clock the checkout page shows error 500, nobody in our shops can finish an order"
Api = Callable[..., Any]


def _report(desk: Loopdesk, text: str, email: str = "anna@aurora.example") -> str:
    with desk.engine.begin() as tx:
        number = case.open(SYSTEM, tx, case.Report("email", text, text[:60], email=email)).number
    settle(desk)
    return number


def _as_contact(app: Flask, desk: Loopdesk, email: str) -> Any:
    with desk.engine.begin() as tx:
        contact = customers.contact_by_email(tx, email)
        assert contact is not None
    client = app.test_client()
    with client.session_transaction() as session:
        session["contact"] = contact.id
    client.environ_base["HTTP_X_CSRFTOKEN"] = csrf_of(app, client)
    return client


@pytest.fixture
def numbers(desk: Loopdesk) -> list[str]:
    return [_report(desk, TEXT), _report(desk, ALIKE)]


@pytest.fixture
def lina(app: Flask) -> Any:
    client = as_person(app, "li.na")
    client.environ_base["HTTP_X_CSRFTOKEN"] = csrf_of(app, client)
    return client


@pytest.fixture
def anna(app: Flask, desk: Loopdesk) -> Any:
    return _as_contact(app, desk, "anna@aurora.example")


@pytest.mark.row("INT-8/link", "INT-8/merge")
def test_a_proposal_stands_on_both_pages_and_is_decided_there(lina: Any, desk: Loopdesk, numbers: list[str]) -> None:
    one, two = numbers
    page = lina.get(f"/cases/{two}?lang=en").text
    assert "Similar and linked" in page
    assert "same customer" in page
    assert f"/cases/{one}" in page
    lina.post(f"/cases/{two}/links", data={"do": "link", "other_case": one})
    with desk.engine.read() as tx:
        assert [link.state for link in links.listing(SYSTEM, tx, one)] == ["linked"]
    refused = lina.post(f"/cases/{two}/links", data={"do": "merge", "other_case": two})
    assert refused.status_code == 422
    assert "A case cannot be linked to itself." in refused.text
    unknown = lina.post(f"/cases/{two}/links", data={"do": "link", "other_case": "L-1999-1"})
    assert unknown.status_code == 422
    lina.post(f"/cases/{two}/links", data={"do": "merge", "other_case": one.lower()})
    with desk.engine.read() as tx:
        assert record.get(tx, two).close_reason == "merged"
    assert f"Merged into {one}" in lina.get(f"/cases/{two}").text


@pytest.mark.row("INT-8/link")
def test_while_somebody_types_like_cases_are_shown(lina: Any, numbers: list[str]) -> None:
    found = lina.get("/cases/similar", query_string={"text": TEXT, "customer_number": "C-1001", "lang": "en"}).text
    assert numbers[0] in found
    assert "% alike" in found
    assert lina.get("/cases/similar", query_string={"text": "Nothing like it"}).text.strip() == ""


@pytest.mark.row("INT-9/loss", "INT-9/level", "INT-9/recomputed")
def test_figures_are_noted_on_the_page_and_the_level_follows(lina: Any, desk: Loopdesk, numbers: list[str]) -> None:
    number = numbers[0]
    wrong = lina.post(f"/cases/{number}/impact?lang=en", data={"loss": "many"})
    assert wrong.status_code == 422
    assert "Per cent, from 0 to 100." in wrong.text
    assert lina.post(f"/cases/{number}/impact", data={"loss": "101"}).status_code == 422
    assert lina.post(f"/cases/{number}/impact", data={}).status_code == 422
    lina.post(f"/cases/{number}/impact", data={"loss": "35,5 %", "share": "", "impact_note": "Shop statistics"})
    settle(desk)
    with desk.engine.read() as tx:
        assert record.get(tx, number).impact == "critical"
    page = lina.get(f"/cases/{number}").text
    assert "Business down by 35.5 %" in page
    assert "Shop statistics" in page


@pytest.mark.row("COM-5/asks", "COM-5/phased", "COM-5/agreement")
def test_a_customer_asks_and_answers_in_the_portal(anna: Any, lina: Any, desk: Loopdesk, numbers: list[str]) -> None:
    number = numbers[0]
    wrong = anna.post(f"/portal/cases/{number}/agreements?lang=en", data={"kind": "priority", "priority": "P9"})
    assert wrong.status_code == 422
    wish = {"kind": "alternative", "wish": "A loan printer", "priority": "P0"}
    anna.post(f"/portal/cases/{number}/agreements", data=wish)
    assert "A loan printer" in anna.get(f"/portal/cases/{number}").text
    again = anna.post(f"/portal/cases/{number}/agreements", data=wish)
    assert again.status_code == 422
    with desk.engine.begin() as tx:
        [asked] = negotiation.listing(SYSTEM, tx, number)
        assert (asked.state, asked.priority) == ("asked", "")
        # The priority of a field that is hidden for a plan means nothing.
        plan = {"kind": "plan", "terms": "Today: loan. Friday: repair.", "priority": "P0"}
        negotiation.decide(SYSTEM, tx, asked.id, decision="offer", **plan)
    assert "Today: loan." in anna.get(f"/portal/cases/{number}").text
    anna.post(f"/portal/cases/{number}/agreements/{asked.id}", data={"accepted": "1", "comment": "Good."})
    late = anna.post(f"/portal/cases/{number}/agreements/{asked.id}", data={"accepted": "0"})
    assert late.status_code == 422
    with desk.engine.read() as tx:
        [kept] = negotiation.listing(SYSTEM, tx, number)
        agreed = record.get(tx, number).agreed
    assert (kept.state, kept.comment, kept.theirs_name) == ("agreed", "Good.", "Anna Berg")
    assert (kept.priority, agreed) == ("", "")
    page = lina.get(f"/cases/{number}?lang=en").text
    assert "For the customer: Anna Berg" in page


def test_another_customer_sees_and_answers_nothing(app: Flask, desk: Loopdesk, numbers: list[str]) -> None:
    with desk.engine.begin() as tx:
        made = negotiation.offer(SYSTEM, tx, numbers[0], kind="plan", terms="Two phases")
    other = _as_contact(app, desk, "hejing@chenxing.example")
    assert other.post(f"/portal/cases/{numbers[0]}/agreements/{made.id}", data={"accepted": "1"}).status_code == 404
    assert other.post(f"/portal/cases/{numbers[0]}/agreements", data={"kind": "plan", "wish": "x"}).status_code == 404


@pytest.mark.row("INT-8/link", "INT-9/users", "INT-9/level", "COM-5/agreement", "INT-5/again")
def test_other_systems_link_weigh_and_negotiate(api: Api, desk: Loopdesk, numbers: list[str]) -> None:
    one, two = numbers
    desk_api = api("li.na")
    related = desk_api.get(f"/cases/{two}/links").json
    assert [(link["other"], link["state"], link["reason"]) for link in related["links"]] == [
        (one, "proposed", "same_customer")
    ]
    assert desk_api.post(f"/cases/{two}/links", json={"action": "link", "other": one}).status_code == 204
    assert desk_api.post(f"/cases/{two}/links", json={"action": "leave"}).status_code == 409
    assert desk_api.post(f"/cases/{two}/links", json={"action": "join", "other": one}).status_code == 422
    assert desk_api.post(f"/cases/{one}/impact", json={"share": 140}).status_code == 422
    assert desk_api.post(f"/cases/{one}/impact", json={"loss": "NaN"}).status_code == 422
    assert desk_api.post(f"/cases/{one}/impact", json={"share": 55}).status_code == 202
    settle(desk)
    assert desk_api.get(f"/cases/{one}/impact").json["share"] == 55
    assert desk_api.get(f"/cases/{one}/impact").json["impact"] in ("medium", "high")
    offer = {"side": "offer", "kind": "priority", "text": "Before noon", "priority": "P1"}
    made = desk_api.post(f"/cases/{one}/negotiations", json=offer)
    assert made.status_code == 201
    assert desk_api.post(f"/cases/{one}/negotiations", json=offer).status_code == 409
    answer = desk_api.post(f"/cases/{one}/negotiations/{made.json['id']}/answer", json={"accepted": True})
    assert answer.json["state"] == "agreed"
    settle(desk)
    with desk.engine.read() as tx:
        assert (record.get(tx, one).priority, record.get(tx, one).agreed) == ("P1", "P1")
    assert [row["state"] for row in desk_api.get(f"/cases/{one}/negotiations").json] == ["agreed"]
