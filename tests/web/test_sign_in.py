"""Sign-in, default deny, CSRF, cookies, headers, languages (SEC-1)."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Blueprint, Flask, g
from flask.testing import FlaskClient
from freezegun import freeze_time
from itsdangerous import URLSafeTimedSerializer

from loopdesk.desk import credentials, customers, people
from loopdesk.engine.actor import SYSTEM
from loopdesk.engine.clock import VirtualClock
from loopdesk.engine.errors import N_, Away, Conflict, Invalid, Missing, Phrase, Refused
from loopdesk.tests.web.conftest import PASSWORD
from loopdesk.web import security
from loopdesk.web.app import create_app
from loopdesk.web.context import actor
from loopdesk.web.security import CONTENT_POLICY, public
from loopdesk.web.wiring import Loopdesk

FAMILIES: dict[str, Exception] = {
    "missing": Missing("There is no case %(number)s.", number="L-1"),
    "refused": Refused("You may not do this (%(verb)s).", verb="x"),
    "conflict": Conflict("Somebody was quicker."),
    "invalid": Invalid("Please check.", fields={"title": [Phrase("At most %(most)s characters.", most=3)]}),
    "away": Away("The server does not answer.", retry_after=7.2, remedy=N_("Try again.")),
}
STATUS = {"missing": 404, "refused": 403, "conflict": 409, "invalid": 422, "away": 503}


@pytest.fixture
def probed(light_app: Flask) -> Flask:
    """The app with a few views to look through."""
    probe = Blueprint("probe", __name__, url_prefix="/probe")

    @probe.route("/who", methods=["GET", "POST"])
    def who() -> dict[str, Any]:
        return {"name": actor().name, "kind": actor().kind}

    @probe.get("/open")
    @public
    def anybody() -> dict[str, Any]:
        return {"signed_in": g.signed_in, "kind": actor().kind, "id": actor().id}

    @probe.get("/fail/<family>")
    @public
    def fail(family: str) -> str:
        raise FAMILIES[family]

    @probe.get("/crash")
    @public
    def crash() -> str:
        raise RuntimeError("a bug with a secret in it")

    light_app.register_blueprint(probe)
    light_app.config["PROPAGATE_EXCEPTIONS"] = False
    return light_app


def sign_in(app: Flask, login: str = "admin", password: str = PASSWORD, **options: Any) -> tuple[FlaskClient, Any]:
    """A browser after it has sent the sign-in form."""
    client = app.test_client()
    token = csrf_of(app, client)
    data = {"login": login, "password": password, "csrf_token": token, **options}
    return client, client.post("/sign-in", data=data)


def csrf_of(app: Flask, client: FlaskClient) -> str:
    """The token that a page of this browser would carry."""
    with client.session_transaction() as session:
        session["csrf_token"] = "of this session"
    return str(URLSafeTimedSerializer(app.secret_key or "", salt="wtf-csrf-token").dumps("of this session"))


def as_person(app: Flask, login: str) -> FlaskClient:
    """A browser in which ``login`` is signed in."""
    client = app.test_client()
    with app.extensions["loopdesk"].engine.read() as tx:
        person = people.by_login(tx, login)
    assert person is not None
    with client.session_transaction() as session:
        session["person"] = person.id
    return client


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
    allowed = ("portal.", "portal_entry.", "links.", "dev.")
    assert {endpoint for endpoint in opened if not endpoint.startswith(allowed)} <= known


def test_a_changing_request_without_token_is_refused(probed: Flask) -> None:
    client = as_person(probed, "li.na")
    answer = client.post("/probe/who", headers={"Accept": "application/json"})
    assert answer.status_code == 400
    assert answer.get_json()["type"] == "urn:loopdesk:problem:stale-form"
    assert answer.get_json()["remedy"]
    token = csrf_of(probed, client)
    assert client.post("/probe/who", headers={"X-CSRFToken": token}).status_code == 200


def test_our_cookie_is_ours_and_closed_to_scripts(probed: Flask) -> None:
    _, answer = sign_in(probed)
    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith("loopdesk_session=")
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Path=/" in cookie


def test_a_house_on_https_sends_its_cookie_there_only(light_desk: Loopdesk) -> None:
    desk = replace(light_desk, settings=replace(light_desk.settings, url="https://desk.example"))
    client = create_app(desk=desk).test_client()
    answer = client.get("/sign-in?lang=zh", base_url="https://desk.example")
    assert "Secure" in answer.headers["Set-Cookie"]
    assert "max-age" in answer.headers["Strict-Transport-Security"]


def test_no_page_runs_inline_script_or_is_framed(probed: Flask) -> None:
    answer = probed.test_client().get("/probe/open")
    policy = answer.headers["Content-Security-Policy"]
    assert CONTENT_POLICY["script-src"] == "'self'"
    assert "script-src 'self';" in policy
    assert "frame-ancestors 'none'" in policy
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cache-Control"] == "no-store"


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


@pytest.mark.parametrize("family", FAMILIES)
def test_each_family_has_its_status_and_says_what_to_do(probed: Flask, family: str) -> None:
    client = probed.test_client()
    page = client.get(f"/probe/fail/{family}")
    details = client.get(f"/probe/fail/{family}", headers={"Accept": "application/json"})
    assert (page.status_code, details.status_code) == (STATUS[family], STATUS[family])
    assert page.mimetype == "text/html"
    assert details.get_json()["type"] == f"urn:loopdesk:problem:{family}"
    assert details.get_json()["detail"] in page.text.replace("&#39;", "'")
    assert details.get_json()["remedy"]
    if family == "away":
        assert details.headers["Retry-After"] == "7"
    if family == "invalid":
        assert details.get_json()["errors"] == {"title": ["At most 3 characters."]}


def test_htmx_gets_the_error_as_a_fragment(probed: Flask) -> None:
    answer = probed.test_client().get("/probe/fail/conflict", headers={"HX-Request": "true"})
    assert answer.status_code == 409
    assert "<html" not in answer.text


def test_a_bug_tells_nothing_of_itself(probed: Flask) -> None:
    answer = probed.test_client().get("/probe/crash")
    assert answer.status_code == 500
    assert "secret" not in answer.text


def test_unknown_addresses_are_our_404(probed: Flask) -> None:
    answer = as_person(probed, "li.na").get("/nowhere")
    assert answer.status_code == 404
    assert answer.mimetype == "text/html"


@pytest.mark.parametrize(
    ("login", "accepted", "expected"),
    [
        ("", "de, zh-CN;q=0.9, en;q=0.5", "zh"),
        ("", "fr", "en"),
        ("", "en-GB", "en"),
        ("li.na", "en", "zh"),
        ("tom.baker", "zh", "en"),
    ],
)
def test_the_language_is_the_persons_else_the_browsers(probed: Flask, login: str, accepted: str, expected: str) -> None:
    from flask_babel import get_locale

    client = as_person(probed, login) if login else probed.test_client()
    with client:
        client.get("/probe/open", headers={"Accept-Language": accepted})
        assert str(get_locale()) == expected


def test_a_chosen_language_stays_for_the_session(probed: Flask) -> None:
    from flask_babel import get_locale

    client = as_person(probed, "li.na")
    with client:
        client.get("/probe/open?lang=en")
        client.get("/probe/open")
        assert str(get_locale()) == "en"
        client.get("/probe/open?lang=xx")
        assert str(get_locale()) == "en"


def test_times_are_in_the_persons_zone(probed: Flask) -> None:
    from flask_babel import get_timezone

    client = as_person(probed, "li.na")
    with client:
        client.get("/probe/open")
        assert str(get_timezone()) == "Asia/Shanghai"


def test_the_first_password_is_the_given_one_and_made_once(light_desk: Loopdesk) -> None:
    from loopdesk.web.first_start import first_start

    assert first_start(light_desk) is None
    assert credentials.sign_in(light_desk.engine, "admin", PASSWORD).has_role("admin")
