"""Changes of cases: documents, merge requests, two signatures by two people (FIX-3)."""

import io
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from loopdesk.desk import customers, people
from loopdesk.desk.implementation import change_rows, representatives
from loopdesk.engine import timers
from loopdesk.engine.actor import SYSTEM
from loopdesk.engine.clock import VirtualClock
from loopdesk.tests.web.browsers import as_person, csrf_of
from loopdesk.tests.web.changing import CHANGE, MERGE, REPORT, answer, letters, register, sign, state, token
from loopdesk.tests.web.conftest import Api, settle
from loopdesk.web.wiring import Loopdesk


@pytest.fixture
def number(desk: Loopdesk, api: Callable[..., Api]) -> str:
    """A case of C-1001, which Anna reported."""
    made: Any = api("ivan.link").post("/cases", json=REPORT)
    assert made.status_code == 201, made.json
    settle(desk)
    return str(made.json["number"])


@pytest.mark.row("FIX-3/changes", "FIX-3/merge-requests")
def test_integrators_register_changes_once_and_link_merge_requests(
    desk: Loopdesk, api: Callable[..., Api], number: str
) -> None:
    """FIX-3: a small one may be made at once; the same external id is the same change; links are checked for form."""
    small = {"kind": "configuration", "external_id": "gitlab:77"}
    made = register(desk, api, number, **small)
    again = register(desk, api, number, **small)
    assert again["id"] == made["id"]
    client: Any = api("ivan.link")
    found = client.get(f"/changes/{made['id']}").json
    assert (found["state"], found["size"], found["size_reason"]) == ("signed", "small", "ordinary")
    assert found["links"] == [MERGE]
    assert len(letters(desk, number, "change-released")) == 1
    other: Any = client.post("/cases", json=REPORT | {"title": "Another"})
    taken = client.post("/changes", json=CHANGE | small | {"case": other.json["number"]})
    assert taken.status_code == 409
    for wrong in (
        "http://gitlab.example/a/b/-/merge_requests/1",
        "https://gitlab.example/a/b/issues/1",
        "javascript:1",
    ):
        refused = client.post("/changes", json=CHANGE | {"case": number, "links": [wrong]})
        assert (refused.status_code, list(refused.json["errors"])) == (422, ["links"])
    strange = client.post("/changes", json=CHANGE | {"case": number, "documents": ["nothing"]})
    assert list(strange.json["errors"]) == ["documents"]
    open_ = register(desk, api, number)
    linked = client.post(f"/changes/{open_['id']}/links", json={"address": MERGE.replace("12", "13")})
    assert len(linked.json["links"]) == 2
    assert client.post(f"/changes/{open_['id']}/links", json={"address": MERGE}).json["links"] == linked.json["links"]


@pytest.mark.row("FIX-3/two-signatures")
def test_a_major_change_is_signed_by_the_lead_and_the_representative(
    desk: Loopdesk, api: Callable[..., Api], app: Flask, number: str
) -> None:
    """FIX-3: by link without signing in, once; both names and the same digest stand at the change."""
    made = register(desk, api, number)
    assert state(desk, made["id"]) == "lead"
    assert letters(desk, number, "change-sign") == []
    sign(desk)
    [letter] = letters(desk, number, "change-sign")
    assert letter.address == "anna@aurora.example"
    link = token(desk, made["id"])
    assert f"/c/{link}" in letter.body
    page = app.test_client().get(f"/c/{link}").text
    assert "The table is written anew." in page
    assert "Emma Stone" in page
    refused = answer(app, link, agreed="no", comment="")
    assert refused.status_code == 422
    assert answer(app, link, agreed="yes").status_code == 200
    assert answer(app, link, agreed="yes").status_code == 409
    settle(desk)
    found: Any = api("ivan.link").get(f"/changes/{made['id']}").json
    assert found["state"] == "signed"
    assert [(one["role"], one["name"]) for one in found["signatures"]] == [
        ("lead", "Emma Stone"),
        ("customer", "Anna Berg"),
    ]
    assert {one["digest"] for one in found["signatures"]} == {found["digest"]}
    shown = as_person(app, "li.na").get(f"/closure/changes/{made['id']}").text
    assert "Anna Berg" in shown
    assert "Move the orders" in as_person(app, "li.na").get(f"/cases/{number}").text


@pytest.mark.row("FIX-3/two-signatures")
def test_nobody_signs_for_both_sides(desk: Loopdesk, api: Callable[..., Api], app: Flask, number: str) -> None:
    """FIX-3: no colleague is named as representative, the lead does not use the link, nor signs as the customer."""
    with desk.engine.begin() as tx:
        customer = customers.by_number(tx, "C-1001")
        assert customer is not None
        emma = people.find(tx, "emma.stone")
        assert emma is not None
        twin = customers.add_contact(SYSTEM, tx, organisation_id=customer.id, name="Emma", email=emma.email)
    client: Any = api("ivan.link")
    wrong = client.post("/changes", json=CHANGE | {"case": number, "representative": twin.id})
    assert (wrong.status_code, list(wrong.json["errors"])) == (422, ["representative"])
    made = register(desk, api, number)
    sign(desk)
    link = token(desk, made["id"])
    browser = as_person(app, "emma.stone")
    browser.get(f"/c/{link}")
    data = {"csrf_token": csrf_of(app, browser), "agreed": "yes"}
    assert browser.post(f"/c/{link}", data=data).status_code == 403
    assert state(desk, made["id"]) == "customer"


@pytest.mark.row("FIX-3/two-signatures")
def test_whoever_does_not_sign_is_reminded_then_it_is_refused_by_rule(
    desk: Loopdesk, api: Callable[..., Api], app: Flask, number: str, clock: VirtualClock
) -> None:
    """FIX-3: after two days a reminder, after five it is refused; both sides are told and the link says so."""
    made = register(desk, api, number)
    sign(desk)
    link = token(desk, made["id"])
    for days, template in ((2, "change-sign-reminder"), (3, "change-refused")):
        clock.advance(timedelta(days=days, minutes=1))
        with desk.engine.begin() as tx:
            timers.claim_due(tx)
        settle(desk)
        assert letters(desk, number, template)
    assert state(desk, made["id"]) == "refused"
    assert {one.address for one in letters(desk, number, "change-refused")} >= {"anna@aurora.example"}
    assert answer(app, link, agreed="yes").status_code == 409
    listed = as_person(app, "li.na").get("/closure/changes?state=refused").text
    assert "Move the orders" in listed
    assert "not-signed" not in listed


@pytest.mark.row("FIX-3/documents", "FIX-3/changes")
def test_staff_register_a_change_with_files_and_name_who_speaks_for_the_customer(
    desk: Loopdesk, api: Callable[..., Api], app: Flask, number: str
) -> None:
    """FIX-3: a file of the case belongs to the change; the representative is marked for the customer's next ones."""
    browser = as_person(app, "li.na")
    csrf = csrf_of(app, browser)
    upload = {"csrf_token": csrf, "file": (io.BytesIO(b"Plan of the move"), "plan.txt")}
    assert browser.post(f"/cases/{number}/attach", data=upload).status_code == 302
    with desk.engine.begin() as tx:
        customer = customers.by_number(tx, "C-1001")
        assert customer is not None
        boss = customers.add_contact(
            SYSTEM, tx, organisation_id=customer.id, name="Bo Lind", email="bo@aurora.example", language="en"
        )
    form = browser.get(f"/closure/changes/new?case={number}").text
    document = form.partition('name="documents" value="')[2].partition('"')[0]
    assert document
    given = {"case": number, "title": "Move the orders", "text": "Anew.", "kind": "data", "downtime_minutes": "5"}
    more = {"documents": document, "representative": boss.id, "remember": "1", "links": MERGE, "csrf_token": csrf}
    bad = browser.post("/closure/changes/new", data=given | more | {"downtime_minutes": "soon", "links": "x"})
    assert bad.status_code == 422
    assert "Anew." in bad.text
    made = browser.post("/closure/changes/new", data=given | more)
    assert made.status_code == 302
    settle(desk)
    page = browser.get(made.location).text
    assert all(word in page for word in ("plan.txt", "Bo Lind"))
    sign(desk)
    assert letters(desk, number, "change-sign")[0].address == "bo@aurora.example"
    with desk.engine.read() as tx:
        found = change_rows.of_case(SYSTEM, tx, number)
        marked = representatives.of_case(tx, _case(tx, number))
    assert marked is not None
    assert (marked.id, len(found[0].documents)) == (boss.id, 1)
    wrong = browser.post(f"{made.location}/withdraw", data={"csrf_token": csrf, "reason": ""})
    assert wrong.status_code == 422
    gone = browser.post(f"{made.location}/withdraw", data={"csrf_token": csrf, "reason": "Not needed."})
    assert gone.status_code == 302
    settle(desk)
    assert state(desk, found[0].id) == "withdrawn"


def _case(tx: Any, number: str) -> Any:
    from loopdesk.desk import record

    return record.get(tx, number)
