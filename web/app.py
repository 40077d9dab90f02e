"""Our own Flask application: by itself, or mounted under a host's prefix by ``web/plugin``."""

from babel import Locale
from flask import Flask, g, request
from flask_babel import Babel
from werkzeug.middleware.proxy_fix import ProxyFix

from loopdesk.desk import zones
from loopdesk.web import (
    acceptance_links,
    api,
    border,
    closure_links,
    dev,
    errors,
    language,
    links,
    live,
    metrics,
    pages,
    portal,
    portal_agreement,
    portal_feedback,
    portal_service,
    security,
    wiring,
)
from loopdesk.web.again import Application
from loopdesk.web.api.auth import bearer
from loopdesk.web.context import ANONYMOUS, loopdesk, loopdesk_of
from loopdesk.web.settings import Settings
from loopdesk.web.wiring import Loopdesk

LANGUAGES = ("en", "zh")
UPLOAD_LIMIT = 26 * 1024 * 1024
"""Bytes of one request: an attachment of 25 MB and what stands around it."""


def create_app(settings: Settings | None = None, *, desk: Loopdesk | None = None) -> Flask:
    """The application over ``desk``, or over one built from ``settings`` (the environment's when none are given)."""
    desk = desk or wiring.build(settings or Settings.from_env())
    app = Application("loopdesk.web", static_folder="static", template_folder="templates")
    app.extensions["loopdesk"] = desk
    app.config.update(MAX_CONTENT_LENGTH=UPLOAD_LIMIT, MAX_FORM_MEMORY_SIZE=2 * 1024 * 1024)
    app.json.sort_keys = False  # type: ignore[attr-defined]
    app.before_request(_know_who)
    border.register(app)
    Babel(app, default_locale=desk.settings.language, locale_selector=_language, timezone_selector=_zone)
    csrf = security.protect(app)
    errors.register(app)
    metrics.register(app)
    live.register(app)
    api.register(app, csrf)
    _register_pages(app)
    security.limit_endpoints(app)
    if desk.settings.proxies:
        count = desk.settings.proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, count, count, count)  # type: ignore[method-assign]
    return app


def _know_who() -> None:
    g.actor, g.signed_in = ANONYMOUS, False
    g.is_api = request.path.startswith("/api/")
    if request.endpoint == "static":
        return
    if g.is_api:
        g.actor = bearer() or ANONYMOUS
        g.signed_in = g.actor is not ANONYMOUS
        return
    wish = request.args.get("lang", "")
    if wish in LANGUAGES:
        language.choose(wish)
    known = loopdesk().identity.actor(request.environ)
    if known:
        g.actor, g.signed_in = known, True


def _language() -> str:
    """Chosen in this browser, else the person's own, else what the browser prefers, else the desk's.

    A program has no browser: what it asks for goes before the language of whoever its token belongs to.
    """
    chosen = language.chosen()
    own = g.actor.language if g.get("signed_in") else g.get("link_language", "")
    wishes = [_accepted(), own] if g.get("is_api") else [chosen, own, _accepted()]
    return next((wish for wish in wishes if wish in LANGUAGES), loopdesk().settings.language)


def _accepted() -> str:
    wishes = [wish.replace("-", "_") for wish in request.accept_languages.values()]
    found = Locale.negotiate(wishes, LANGUAGES)
    return found.language if found else ""


def _zone() -> str:
    """The person's own; behind a link from a mail that of whoever got the mail; else the desk's."""
    return zones.of(str(g.actor.zone if g.get("signed_in") else g.get("link_zone", "")), loopdesk().settings.zone).key


def _register_pages(app: Flask) -> None:
    for blueprint in (
        *pages.BLUEPRINTS,
        portal.blueprint,
        portal_agreement.blueprint,
        closure_links.blueprint,
        portal_feedback.blueprint,
        portal_service.blueprint,
        links.blueprint,
        acceptance_links.blueprint,
    ):
        app.register_blueprint(blueprint)
    if loopdesk_of(app).settings.demo:
        app.register_blueprint(dev.blueprint)
