"""Sign-in, sessions, default deny, CSRF, the customer's portal (SEC-1)."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from freezegun import freeze_time

from loopdesk.desk import credentials, customers, people
from loopdesk.engine.actor import SYSTEM
from loopdesk.engine.clock import VirtualClock
from loopdesk.tests.web.browsers import as_person, csrf_of, sign_in
from loopdesk.tests.web.conftest import PASSWORD
from loopdesk.web import security
from loopdesk.web.app import create_app
from loopdesk.web.wiring import Loopdesk


def test_name_and_password_open_the_pages(probed: Flask) -> None:
    client, answer = sign_in(probed)
    assert answer.status_code == 302
    assert client.get("/probe/who").json == {"name": "Administrator", "kind": "person"}


def test_a_wrong_password_opens_nothing(probed: Flask) -> None:
    client, answer = sign_in(probed, password="wrong horse")
    assert answer.status_code == 403
    assert client.get("/probe/who").status_code == 302


def test_five_wrong_tries_lock_the_account_for_15_minutes(probed: Flask, clock: VirtualClock) -> None:
    for _ in range(5):
        sign_in(probed, password="wrong horse")
    assert sign_in(probed)[1].status_code == 403
    clock.advance(timedelta(minutes=16))
    assert sign_in(probed)[1].status_code == 302


def test_sign_in_is_limited_per_address(light_desk: Loopdesk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(security, "LIMITS", {security.SIGN_IN: "2 per minute"})
    app = create_app(desk=light_desk)
    statuses = [sign_in(app, login=f"guess{number}", password="wrong horse")[1].status_code for number in range(3)]
    assert statuses == [403, 403, 429]


@pytest.mark.parametrize(("proxies", "statuses"), [(0, [403, 429]), (1, [403, 403])])
def test_behind_a_proxy_the_address_is_the_callers(
    light_desk: Loopdesk, monkeypatch: pytest.MonkeyPatch, proxies: int, statuses: list[int]
) -> None:
    monkeypatch.setattr(security, "LIMITS", {security.SIGN_IN: "1 per minute"})
    app = create_app(desk=replace(light_desk, settings=replace(light_desk.settings, proxies=proxies)))
    found = []
    for address in ("192.0.2.1", "192.0.2.2"):
        client = app.test_client()
        data = {"login": "guess", "password": "wrong horse", "csrf_token": csrf_of(app, client)}
        found.append(client.post("/sign-in", data=data, headers={"X-Forwarded-For": address}).status_code)
    assert found == statuses


def test_what_an_earlier_visitor_left_in_the_session_is_gone(probed: Flask) -> None:
    client = probed.test_client()
    token = csrf_of(probed, client)
    with client.session_transaction() as session:
        session["planted"] = "by another"
    client.post("/sign-in", data={"login": "admin", "password": PASSWORD, "csrf_token": token})
    with client.session_transaction() as session:
        assert "planted" not in session
        assert "person" in session


def test_a_deactivated_person_is_out_at_once(probed: Flask, light_desk: Loopdesk) -> None:
    client = as_person(probed, "li.na")
    assert client.get("/probe/who").status_code == 200
    with light_desk.engine.begin() as tx:
        person = people.by_login(tx, "li.na")
        assert person is not None
        people.deactivate(SYSTEM, tx, person.id)
    assert client.get("/probe/who").status_code == 302


def test_a_new_password_ends_every_session(probed: Flask, light_desk: Loopdesk) -> None:
    client, _ = sign_in(probed)
    assert client.get("/probe/who").status_code == 200
    with light_desk.engine.begin() as tx:
        admin = people.by_login(tx, "admin")
        assert admin is not None
        tx.now += timedelta(seconds=1)
        credentials.set_password(SYSTEM, tx, admin.id, "another horse battery")
    assert client.get("/probe/who").status_code == 302


def test_twelve_idle_hours_end_a_session(probed: Flask) -> None:
    client, answer = sign_in(probed)
    assert "Expires=" in answer.headers["Set-Cookie"]
    with freeze_time(datetime.now(UTC) + timedelta(hours=13)):
        assert client.get("/probe/who").status_code == 302


PAGE = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


@pytest.mark.parametrize(
    ("headers", "renews"),
    [
        (PAGE | {"Sec-Fetch-Mode": "navigate"}, True),
        (PAGE, True),
        (PAGE | {"HX-Request": "true"}, False),
        ({"HX-Request": "true", "Sec-Fetch-Mode": "cors"}, False),
        ({"Accept": "application/json"}, False),
        ({"Accept": "text/event-stream"}, False),
        ({"Accept": "*/*", "Sec-Fetch-Mode": "cors"}, False),
    ],
)
def test_only_opening_a_page_begins_the_idle_hours_anew(probed: Flask, headers: dict[str, str], renews: bool) -> None:
    client, _ = sign_in(probed)
    assert ("Set-Cookie" in client.get("/probe/who", headers=headers).headers) == renews


def test_who_signed_out_stays_out_when_a_background_request_is_answered_late(probed: Flask) -> None:
    """A browser applies the cookies of answers in the order in which they come."""
    client, _ = sign_in(probed)
    late = client.get("/probe/who", headers={"HX-Request": "true", "Sec-Fetch-Mode": "cors"})
    client.post("/sign-out", data={"csrf_token": csrf_of(probed, client)})
    for cookie in late.headers.getlist("Set-Cookie"):
        name, _, value = cookie.partition(";")[0].partition("=")
        client.set_cookie(name, value)
    assert client.get("/probe/who").status_code == 302


def test_every_view_needs_sign_in_unless_marked_public(probed: Flask) -> None:
    client = probed.test_client()
    answer = client.get("/probe/who?a=1")
    assert answer.status_code == 302
    assert answer.headers["Location"] == "/sign-in?next=/probe/who?a%3D1"
    assert client.get("/probe/open").json == {"signed_in": False, "kind": "customer", "id": ""}


def test_htmx_is_sent_to_sign_in_as_a_whole_page(probed: Flask) -> None:
    answer = probed.test_client().get("/probe/who", headers={"HX-Request": "true"})
    assert answer.status_code == 401
    assert answer.headers["HX-Redirect"] == "/sign-in?next=/probe/who"


def test_a_program_gets_401_instead_of_a_page(probed: Flask) -> None:
    answer = probed.test_client().get("/probe/who", headers={"Accept": "application/json"})
    assert answer.status_code == 401
    assert answer.content_type == "application/problem+json"


def test_no_registered_view_is_open_by_mistake(light_app: Flask) -> None:
    from loopdesk.web.security import is_public

    endpoints = {rule.endpoint for rule in light_app.url_map.iter_rules()}
    opened = {endpoint for endpoint in endpoints if is_public(light_app, endpoint) and not endpoint.endswith("static")}
    known = {"healthz", "readyz", "metrics", "pages_account.home", "pages_account.sign_in", "pages_account.sign_out"}
    allowed = ("portal.", "portal_entry.", "portal_feedback.", "links.", "acceptance_links.", "closure_links.", "dev.")
    assert {endpoint for endpoint in opened if not endpoint.startswith(allowed)} <= known


def test_a_changing_request_without_token_is_refused(probed: Flask) -> None:
    client = as_person(probed, "li.na")
    answer = client.post("/probe/who", headers={"Accept": "application/json"})
    assert answer.status_code == 400
    assert answer.get_json()["type"] == "urn:loopdesk:problem:stale-form"
    assert answer.get_json()["remedy"]
    token = csrf_of(probed, client)
    assert client.post("/probe/who", headers={"X-CSRFToken": token}).status_code == 200


def test_a_customer_sees_the_portal_only(probed: Flask, light_desk: Loopdesk) -> None:
    client = probed.test_client()
    with light_desk.engine.read() as tx:
        contact = customers.contact_by_email(tx, "anna@aurora.example")
    assert contact is not None
    with client.session_transaction() as session:
        session["contact"] = contact.id
    assert client.get("/probe/open").get_json()["kind"] == "customer"
    assert client.get("/probe/who").status_code == 403
    with client.session_transaction() as session:
        session["contact"] = "gone"
    assert client.get("/probe/who").status_code == 302


def test_the_first_password_is_the_given_one_and_made_once(light_desk: Loopdesk) -> None:
    from loopdesk.web.first_start import first_start

    assert first_start(light_desk) is None
    assert credentials.sign_in(light_desk.engine, "admin", PASSWORD).has_role("admin")
