"""An agent takes a call: who calls is found while typing, the report becomes a case that the agent answers for."""

import io
import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from loopdesk.desk import case, customers, people
from loopdesk.desk.crm import assets
from loopdesk.desk.record import Case
from loopdesk.engine.actor import SYSTEM
from loopdesk.tests.web.browsers import as_person, csrf_of
from loopdesk.web.wiring import Loopdesk

FORM = {
    "title": "Labels do not come out, printing fails",
    "description": "The label printer blinks red since nine.",
    "occurred_at": "2026-03-02T09:40+01:00",
    "steps": "Print any label.",
    "expected": "A label.",
    "scope": "several",
    "urgency": "high",
}
Taken = Callable[..., Any]


@pytest.fixture
def agent(app: Flask) -> FlaskClient:
    """李娜 of customer support, at her telephone."""
    return as_person(app, "li.na")


@pytest.fixture
def take(app: Flask, agent: FlaskClient) -> Taken:
    """Send the form of a call."""

    def send(data: dict[str, Any], *, once: str = "", **beside: str) -> Any:
        token = {"X-CSRFToken": csrf_of(app, agent), "Accept": "application/json"}
        return agent.post(f"/calls/new?once={once}", json={"data": data, "beside": beside}, headers=token)

    return send


def anna(desk: Loopdesk) -> customers.Contact:
    """A contact of the VIP customer C-1001, with a phone number."""
    with desk.engine.begin() as tx:
        found = customers.contact_by_email(tx, "anna@aurora.example")
    assert found is not None
    return found


def opened(desk: Loopdesk, answer: Any) -> Case:
    """The case that a call became."""
    assert answer.status_code == 200, answer.text
    with desk.engine.read() as tx:
        return case.read(SYSTEM, tx, answer.json["next"].rpartition("/")[2])


@pytest.mark.row("INT-1/phone", "INT-2/fields", "INT-6/first-contact")
def test_a_call_becomes_a_case_that_the_agent_answers_for(desk: Loopdesk, take: Taken) -> None:
    made = opened(desk, take(FORM, contact=anna(desk).id))
    with desk.engine.read() as tx:
        li = people.by_login(tx, "li.na")
        aurora = customers.by_number(tx, "C-1001")
    assert li is not None
    assert aurora is not None
    assert (made.channel, made.owner_id) == ("phone", li.id)
    assert (made.organisation_id, made.contact_id) == (aurora.id, anna(desk).id)
    assert (made.steps, made.expected, made.scope, made.urgency) == ("Print any label.", "A label.", "several", "high")
    assert made.occurred_at is not None
    assert made.occurred_at.isoformat() == "2026-03-02T08:40:00+00:00"


def test_the_same_call_sent_twice_is_one_case(desk: Loopdesk, take: Taken) -> None:
    first, again = (take(FORM, once="k", contact=anna(desk).id).json["next"] for _ in range(2))
    assert first == again


@pytest.mark.parametrize("typed", ["anna", "C-1001", "aurora", "berg", "ANNA@aurora"])
def test_a_caller_is_found_by_any_word(agent: FlaskClient, desk: Loopdesk, typed: str) -> None:
    page = agent.get("/calls/find", query_string={"q": typed, "lang": "en"}).text
    assert f'value="{anna(desk).id}"' in page
    assert "C-1001" in page


def test_a_caller_is_found_by_phone_however_it_is_written(app: Flask, desk: Loopdesk, agent: FlaskClient) -> None:
    with desk.engine.begin() as tx:
        aurora = customers.by_number(tx, "C-1001")
        assert aurora is not None
        customers.add_contact(SYSTEM, tx, organisation_id=aurora.id, name="Dora Lang", phone="+49 30 1234-5678")
    for typed in ("+493012345678", "3012 345", "1234-5678"):
        assert "Dora Lang" in agent.get("/calls/find", query_string={"q": typed}).text


def test_nobody_is_offered_for_nothing_and_nothing_is_matched_by_wildcards(agent: FlaskClient) -> None:
    assert agent.get("/calls/find?q=").text.strip() == ""
    assert "radio" not in agent.get("/calls/find", query_string={"q": "%"}).text


def test_who_calls_is_shown_with_devices_and_open_cases(agent: FlaskClient, desk: Loopdesk, take: Taken) -> None:
    with desk.engine.begin() as tx:
        aurora = customers.by_number(tx, "C-1001")
        assert aurora is not None
        assets.keep(SYSTEM, tx, aurora, serial="SN-7", model="LP-300", service_version="4.2")
    made = opened(desk, take(FORM, contact=anna(desk).id))
    page = agent.get(f"/calls/known?lang=en&contact={anna(desk).id}").text
    assert "SN-7" in page
    assert made.number in page
    assert "Aurora Retail" in page


def test_somebody_new_becomes_a_contact_to_be_matched(desk: Loopdesk, take: Taken) -> None:
    made = opened(desk, take(FORM, name="Ines Roth", phone="+41 44 000 11 22", email="ines@neu.example"))
    assert made.organisation_id is None
    with desk.engine.read() as tx:
        who = customers.contact_by_email(tx, "ines@neu.example")
    assert who is not None
    assert (who.name, who.phone, who.unknown, who.id) == ("Ines Roth", "+41 44 000 11 22", True, made.contact_id)


def test_a_call_without_any_caller_says_what_is_missing_and_opens_nothing(desk: Loopdesk, take: Taken) -> None:
    answer = take(FORM)
    assert answer.status_code == 422
    assert "email" in answer.json["errors"]
    with desk.engine.read() as tx:
        assert case.listing(SYSTEM, tx).total == 0


def test_an_unknown_customer_number_is_named(take: Taken) -> None:
    answer = take(FORM, name="Ines", phone="1234567", customer_number="C-4711")
    assert answer.status_code == 422
    assert "C-4711" in answer.json["detail"]


def test_a_megabyte_of_text_is_refused_with_the_field_and_kept_by_the_page(desk: Loopdesk, take: Taken) -> None:
    answer = take(FORM | {"description": "x" * 1_000_000}, contact=anna(desk).id)
    assert answer.status_code == 422
    assert list(answer.json["errors"]) == ["description"]
    with desk.engine.read() as tx:
        assert case.listing(SYSTEM, tx).total == 0


@pytest.mark.row("INT-2/attachments", "INT-1/phone")
def test_files_of_a_call_come_along(app: Flask, agent: FlaskClient, desk: Loopdesk) -> None:
    beside = json.dumps({"contact": anna(desk).id})
    data = {"data": json.dumps(FORM | {"attachments": "files::1"}), "beside": beside}
    token = {"X-CSRFToken": csrf_of(app, agent), "Accept": "application/json"}
    file = (io.BytesIO(b"2026-03-02 paper jam"), "printer.log")
    answer = agent.post("/calls/new", data=data | {"files::1": file}, headers=token)
    made = opened(desk, answer)
    assert "printer.log" in agent.get(f"/cases/{made.number}").text


def test_an_unknown_contact_opens_nothing(take: Taken) -> None:
    assert take(FORM, contact="nobody").status_code == 404


def test_only_the_desk_takes_calls(app: Flask) -> None:
    owner = as_person(app, "petra.owner")
    for path in ("/calls/new", "/calls/find?q=anna", "/customers"):
        assert owner.get(path).status_code == 403
    assert app.test_client().get("/calls/new").status_code == 302


@pytest.mark.row("INT-3/chosen", "INT-3/pre-filled")
def test_the_template_of_a_call_is_chosen_filled_and_kept(
    app: Flask, agent: FlaskClient, desk: Loopdesk, take: Taken
) -> None:
    with desk.engine.begin() as tx:
        aurora = customers.by_number(tx, "C-1001")
        assert aurora is not None
        device = assets.keep(SYSTEM, tx, aurora, serial="SN-7", model="LP-300", service_version="4.2")
    body = {"text": FORM["title"] + "\n" + FORM["description"], "beside": {"contact": anna(desk).id}}
    token = {"X-CSRFToken": csrf_of(app, agent), "Accept": "application/json"}
    answer: Any = agent.post("/calls/template?lang=en", json=body, headers=token)
    found = answer.json["template"]
    assert (found["key"], found["name"]) == ("printing", "Printing fails")
    assert found["fill"] == {"device": "SN-7"}
    made = opened(
        desk, take(FORM | {"device": "SN-7", "error_message": "E-4"}, template="printing", contact=anna(desk).id)
    )
    assert (made.template, made.details, made.asset_id) == ("printing", {"error_message": "E-4"}, device.id)
    assert made.system_version == "4.2"
    page = agent.get(f"/cases/{made.number}?lang=en").text
    assert re.search(r"What does the message say.*?E-4", page, re.S)
    assert "Printing fails" in page
