"""The four error families, mapped to HTTP once: pages for people, problem details (RFC 9457) for programs."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import orjson
import sqlalchemy.exc
from flask import Flask, Response, g, render_template, request
from flask_babel import gettext
from flask_limiter import RateLimitExceeded
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException

from loopdesk.engine.errors import N_, Away, Conflict, Invalid, LoopdeskError, Missing, Phrase, Refused, filled
from loopdesk.web import field_messages, vocabulary

log = logging.getLogger("loopdesk.web")

STATUS: dict[type[LoopdeskError], int] = {Missing: 404, Conflict: 409, Refused: 403, Invalid: 422, Away: 503}

TITLES = {
    400: N_("This request cannot be read"),
    401: N_("Please sign in"),
    403: N_("You may not do this"),
    404: N_("Not found"),
    405: N_("This address does not take that method"),
    409: N_("This has changed meanwhile"),
    413: N_("Too large"),
    415: N_("This kind of content is not taken here"),
    422: N_("Some of this is not right"),
    429: N_("Too many requests"),
    500: N_("Something went wrong on our side"),
    503: N_("Not available at the moment"),
}

REMEDIES = {
    400: N_("Check how the request is written and send it again."),
    401: N_("Sign in, or send a valid token as `Authorization: Bearer …`."),
    403: N_("Ask a supervisor or an administrator for the right to do it."),
    404: N_("Check the address, or look for it in the list."),
    405: N_("Use a method named in the `Allow` header."),
    413: N_("A file may have at most 25 MB. Make it smaller or split it."),
    415: N_("Send JSON with `Content-Type: application/json`, or a form where files are expected."),
    429: N_("Wait a minute and try again."),
    500: N_("Try again. If it stays, tell an administrator the time and the address of this page."),
    503: N_("Try again in a minute. Nothing that was saved is lost."),
}

WRONG_FIELDS = N_("Correct the fields that are named and send it again.")
STALE_FORM = N_("This form is no longer valid.")
STALE_FORM_REMEDY = N_("Load the page again and send the form once more.")
NOT_STORABLE = N_("A number here is too large, or a text holds characters that cannot be stored.")
NOT_STORABLE_REMEDY = N_("Correct it and send it again.")


@dataclass(frozen=True)
class Problem:
    """What a reader is told, in their language."""

    status: int
    code: str
    message: str = ""
    place: str = ""
    remedy: str = ""
    fields: dict[str, Any] = field(default_factory=dict)
    findings: list[dict[str, object]] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def title(self) -> str:
        """The short name of the status, the same for each problem of its kind."""
        return str(gettext(TITLES.get(self.status, TITLES[500 if self.status >= 500 else 400])))


def register(app: Flask) -> None:
    """Answer every error of ``app``: ours, HTTP's own, and a database that does not answer."""
    app.register_error_handler(LoopdeskError, lambda error: answer(_of_ours(error)))
    app.register_error_handler(HTTPException, lambda error: answer(_of_http(error)))
    app.register_error_handler(sqlalchemy.exc.OperationalError, _database_away)
    for kind in (OverflowError, sqlalchemy.exc.DataError):
        app.register_error_handler(kind, _not_storable)


def answer(problem: Problem) -> Response:
    """The problem as the client wants it: problem details, a fragment for htmx, or a page."""
    if _wants_json():
        body = orjson.dumps(_details(problem))
        response = Response(body, problem.status, content_type="application/problem+json")
    else:
        name = "error_fragment.html" if request.headers.get("HX-Request") else "error.html"
        values = {key: getattr(problem, key) for key in ("status", "title", "message", "place", "remedy", "fields")}
        response = Response(render_template(name, **values), problem.status, content_type="text/html; charset=utf-8")
    response.headers.extend(problem.headers)
    return response


def _wants_json() -> bool:
    if g.get("is_api"):
        return True
    return request.accept_mimetypes.best_match(["text/html", "application/json"], "text/html") == "application/json"


def _details(problem: Problem) -> dict[str, object]:
    body: dict[str, object] = {
        "type": f"urn:loopdesk:problem:{problem.code}",
        "title": problem.title,
        "status": problem.status,
        "detail": problem.message or problem.title,
        "instance": request.script_root + request.path,
    }
    extra = {"place": problem.place, "remedy": problem.remedy, "errors": problem.fields, "findings": problem.findings}
    return body | {name: value for name, value in extra.items() if value}


def _of_ours(error: LoopdeskError) -> Problem:
    status = next(code for family, code in STATUS.items() if isinstance(error, family))
    wait = error.retry_after if isinstance(error, Away) else None
    return Problem(
        status=status,
        code=error.code,
        message=told(error),
        place=error.place,
        remedy=error.remedy_text(gettext) or gettext(REMEDIES.get(status, "") or N_("Check what was entered.")),
        fields=_translated(error.fields) if isinstance(error, Invalid) else {},
        findings=[finding.as_json(gettext) for finding in getattr(error, "findings", ())],
        headers={"Retry-After": str(round(wait))} if wait else {},
    )


def told(error: LoopdeskError) -> str:
    """The message in the reader's language, with each moment in the reader's zone and way of writing."""
    shown = {key: vocabulary.moment(one) if isinstance(one, datetime) else one for key, one in error.params.items()}
    return filled(error.message, shown, gettext)


def _translated(fields: Mapping[str, list[str]]) -> dict[str, list[str]]:
    return {
        name: [one.text(gettext) if isinstance(one, Phrase) else gettext(one) for one in messages]
        for name, messages in fields.items()
    }


def _of_http(error: HTTPException) -> Problem:
    status = error.code or 500
    kept = {name: value for name, value in error.get_headers() if name in ("Allow", "Retry-After", "WWW-Authenticate")}
    if isinstance(error, RateLimitExceeded) and error.limit:
        kept["Retry-After"] = str(error.limit.limit.get_expiry())
    if isinstance(error, CSRFError):
        return Problem(400, "stale-form", gettext(STALE_FORM), remedy=gettext(STALE_FORM_REMEDY))
    # flask-smorest puts what webargs found about each place and field on the exception.
    found = getattr(error, "data", {}).get("messages", {})
    remedy = REMEDIES.get(status) or (WRONG_FIELDS if found else "")
    return Problem(
        status=status,
        code=error.name.lower().replace(" ", "-"),
        remedy=gettext(remedy) if remedy else "",
        fields={name: _in_our_words(value) for place in found.values() for name, value in _flat(place)},
        headers=kept,
    )


def _flat(place: object, path: str = "") -> list[tuple[str, object]]:
    if not isinstance(place, dict):
        return [(path or "body", place)]
    return [pair for name, value in place.items() for pair in _flat(value, f"{path}.{name}" if path else str(name))]


def _in_our_words(messages: object) -> list[str]:
    said = messages if isinstance(messages, list) else [messages]
    return [one.text(gettext) if isinstance(one, Phrase) else one for one in map(field_messages.phrase, said)]


def _database_away(error: sqlalchemy.exc.OperationalError) -> Response:
    log.error("the database does not answer", exc_info=error)
    return answer(Problem(503, "away", gettext(N_("The database does not answer.")), remedy=gettext(REMEDIES[503])))


def _not_storable(error: Exception) -> Response:
    log.warning("a request held what the database cannot store", exc_info=error)
    return answer(Problem(422, "invalid", gettext(NOT_STORABLE), remedy=gettext(NOT_STORABLE_REMEDY)))
