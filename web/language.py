"""The language chosen in this browser, in a cookie of its own.

Not in the session: each response of a signed-in person renews the session's cookie, so an answer under way while the
language was changed would bring the old choice back.
"""

from flask import Response, after_this_request, current_app, g, request

COOKIE = "loopdesk_language"
AGE = 365 * 24 * 3600
"""Seconds that a choice is remembered."""


def chosen() -> str:
    """The code chosen in this request or an earlier one; empty when none was."""
    return str(g.get("chosen_language", request.cookies.get(COOKIE, "")))


def choose(code: str) -> None:
    """Speak ``code`` from this answer on; an empty one forgets the choice."""
    g.chosen_language = code

    @after_this_request
    def keep(response: Response) -> Response:
        path = request.script_root or "/"
        if code:
            secure = bool(current_app.config["SESSION_COOKIE_SECURE"])
            response.set_cookie(COOKIE, code, max_age=AGE, path=path, secure=secure, httponly=True, samesite="Lax")
        else:
            response.delete_cookie(COOKIE, path=path)
        return response
