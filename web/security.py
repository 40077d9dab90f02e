"""What stands around every view: sign-in by default, CSRF, rate limits, headers, the session cookie."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any, TypeVar

from flask import Flask, Response, current_app, g, redirect, request
from flask.sessions import SecureCookieSessionInterface, SessionMixin
from flask.typing import ResponseReturnValue
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from flask_wtf.csrf import CSRFProtect
from redis.backoff import NoBackoff
from redis.retry import Retry
from werkzeug.exceptions import Unauthorized

from loopdesk.engine.errors import N_, Refused
from loopdesk.web.context import loopdesk, loopdesk_of
from loopdesk.web.identity import LocalIdentity

View = TypeVar("View", bound=Callable[..., Any])

SIGN_IN = "pages_account.sign_in"
FOR_CUSTOMERS = frozenset(
    {
        "portal",
        "portal_agreement",
        "portal_entry",
        "portal_feedback",
        "portal_service",
        "links",
        "closure_links",
        "looks",
        "pages_account",
        "pages_files",
    }
)
"""Blueprints that a customer who has signed in may open; what he sees there ``visible_to`` decides."""

LIMITS = {SIGN_IN: "20 per minute"}
"""Endpoint -> limit of its changing requests per address, tighter than the general one. Guessing a password is
slowed here per address and in ``desk.people`` per account (SEC-1)."""

PAGE_OR_NOT = ("text/html", "application/json", "text/event-stream")
"""What tells a browser that opens a page from a script that would not know what to do with one."""
QUICK: dict[str, Any] = {"socket_timeout": 1, "socket_connect_timeout": 1, "retry": Retry(NoBackoff(), 0)}
"""A Redis that is away must not hold up a request that only wanted to be counted."""

GENERAL_LIMIT = "1200 per minute"

CONTENT_POLICY = {
    "default-src": "'self'",
    "script-src": "'self'",
    # Diagrams and forms place their parts by style attributes; style elements and sheets only come from us.
    "style-src": "'self'",
    "style-src-attr": "'unsafe-inline'",
    "img-src": "'self' data: blob:",
    "font-src": "'self' data:",
    "object-src": "'none'",
    "base-uri": "'none'",
    "form-action": "'self'",
    "frame-ancestors": "'none'",
}

HEADERS = {
    "Content-Security-Policy": "; ".join(f"{name} {value}" for name, value in CONTENT_POLICY.items()),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}


class OwnCookie(SecureCookieSessionInterface):
    """The session cookie reaches our pages only: its path is where we are mounted, whoever mounts us."""

    def get_cookie_path(self, app: Flask) -> str:  # noqa: ARG002 - Flask's signature
        """The prefix of this request, ``/`` when we run by ourselves."""
        return request.script_root or "/"

    def should_set_cookie(self, app: Flask, session: SessionMixin) -> bool:  # noqa: ARG002 - Flask's signature
        """Begin the idle hours anew when a page is opened, not for what a page asks in the background.

        The late answer to such a request would sign in again whoever has signed out meanwhile.
        """
        return session.modified or (session.permanent and _opens_a_page())


def _opens_a_page() -> bool:
    mode = request.headers.get("Sec-Fetch-Mode")
    if mode is not None:
        return mode == "navigate"
    return "HX-Request" not in request.headers and request.accept_mimetypes.best_match(PAGE_OR_NOT) == "text/html"


def public(view: View) -> View:
    """Mark a view that needs no sign-in; every other one does."""
    view.is_public = True  # type: ignore[attr-defined]
    return view


def is_public(app: Flask, endpoint: str | None) -> bool:
    """Whether ``endpoint`` was marked public; an unknown address is, it answers 404."""
    if endpoint is None or endpoint == "static" or endpoint.endswith(".static"):
        return True
    return bool(getattr(app.view_functions.get(endpoint), "is_public", False))


def require_sign_in() -> ResponseReturnValue | None:
    """Send whoever has not signed in to the sign-in page and back; API clients bring a token instead (``web/api``)."""
    identity = loopdesk().identity
    if request.endpoint == SIGN_IN and not isinstance(identity, LocalIdentity):
        return redirect(identity.sign_in_url(request.args.get("next", "")))
    if g.is_api or is_public(current_app, request.endpoint):
        return None
    if g.signed_in:
        _keep_customers_out()
        return None
    target = identity.sign_in_url(request.full_path.rstrip("?") if request.method == "GET" else "")
    if request.headers.get("HX-Request"):
        return Response(status=401, headers={"HX-Redirect": target})
    if request.accept_mimetypes.best_match(PAGE_OR_NOT, "text/html") != "text/html":
        raise Unauthorized
    return redirect(target)


def _keep_customers_out() -> None:
    if g.actor.kind == "customer" and request.blueprint not in FOR_CUSTOMERS and request.endpoint != "live":
        raise Refused("This page is for staff.", remedy=N_("Your own cases are on the portal."))


def protect(app: Flask) -> CSRFProtect:
    """Put the guards around ``app``; the CSRF guard is handed back so that the API can be exempted."""
    settings = loopdesk_of(app).settings
    app.session_interface = OwnCookie()
    app.config.update(
        SECRET_KEY=settings.secret,
        SESSION_COOKIE_NAME="loopdesk_session",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=settings.url.startswith("https:"),
        # Twelve hours in which no page is opened end a session.
        PERMANENT_SESSION_LIFETIME=timedelta(hours=12),
        # The token lives as long as the session: a form left open over lunch must not lose what was typed.
        WTF_CSRF_TIME_LIMIT=None,
    )
    app.after_request(_headers)
    _limit(app, settings.redis_url)
    app.before_request(require_sign_in)
    return CSRFProtect(app)


def _headers(response: Response) -> Response:
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    if request.is_secure:
        response.headers.setdefault("Strict-Transport-Security", "max-age=31536000")
    if request.endpoint != "static":
        # Another person at the same machine must not page back into a case.
        response.headers.setdefault("Cache-Control", "no-store")
    return response


def _who() -> str:
    return f"person:{g.actor.id}" if g.get("signed_in") else f"address:{get_remote_address()}"


def _limit(app: Flask, redis_url: str) -> None:
    limiter = Limiter(
        _who,
        app=app,
        application_limits=[GENERAL_LIMIT],
        storage_uri=redis_url or "memory://",
        storage_options=QUICK if redis_url else {},
        key_prefix="loopdesk",
        # Without Redis people keep working; each process then counts for itself.
        in_memory_fallback_enabled=True,
        # Of those on their way when Redis goes, the library turns one to itself; the others go uncounted, not refused.
        swallow_errors=True,
    )
    app.extensions["loopdesk_limiter"] = limiter


def limit_endpoints(app: Flask) -> None:
    """Apply ``LIMITS`` once the views are registered."""
    limiter: Limiter = app.extensions["loopdesk_limiter"]
    for endpoint, limit in LIMITS.items():
        view = app.view_functions.get(endpoint)
        if view is not None:
            guard: Any = limiter.limit(limit, key_func=get_remote_address, methods=["POST"])
            app.view_functions[endpoint] = guard(view)
