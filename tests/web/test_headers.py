"""Cookies and headers of every answer (SEC-1)."""

from dataclasses import replace
from typing import Any

import pytest
from flask import Flask

from loopdesk.tests.support import free_port
from loopdesk.tests.web.browsers import sign_in
from loopdesk.web.app import create_app
from loopdesk.web.security import CONTENT_POLICY
from loopdesk.web.wiring import Loopdesk


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


def test_requests_on_their_way_when_redis_goes_are_answered(
    light_desk: Loopdesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The limiter turns to itself for the first that fails; the others have asked Redis by then, and fail later."""
    settings = replace(light_desk.settings, redis_url=f"redis://127.0.0.1:{free_port()}/0")
    app = create_app(desk=replace(light_desk, settings=settings))
    limiter = app.extensions["loopdesk_limiter"]
    asked = limiter.limiter.hit

    def fails_late(*given: Any, **more: Any) -> bool:
        limiter._storage_dead = True
        return bool(asked(*given, **more))

    monkeypatch.setattr(limiter.limiter, "hit", fails_late)
    assert app.test_client().get("/sign-in").status_code == 200
