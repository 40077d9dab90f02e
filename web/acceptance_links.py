"""What key users, and customers asked for an exception, open from a mail without signing in (FIX-5, FIX-7)."""

from collections.abc import Mapping

from flask import Blueprint
from flask.typing import ResponseReturnValue

from loopdesk.desk.acceptance import users, words
from loopdesk.engine.tx import Tx
from loopdesk.web import acceptance_words, link_pages
from loopdesk.web.link_pages import Found, Question, yes_or_no
from loopdesk.web.security import public

blueprint = Blueprint("acceptance_links", __name__)


def _told(tx: Tx, token: str) -> Found:
    """The figures are put into words by the template: the page's language is known only there."""
    return {**words.of_token(tx, token), "in_words": acceptance_words}


USER = Question("links/key_user.html", users.of_token)
WORD = Question("links/exception.html", _told)


@blueprint.get("/k/<token>")
@public
def ask(token: str) -> str:
    """Does the solution serve its key user?"""
    return link_pages.ask(USER, token)


@blueprint.post("/k/<token>")
@public
def answer(token: str) -> ResponseReturnValue:
    """Keep the one answer."""

    def take(tx: Tx, found: Found, form: Mapping[str, str]) -> str:
        points = {code: _whole(form.get(code)) for code in found["asked"].named}
        users.answer(found["actor"], tx, token, points, form.get("comment", ""))
        return "survey"

    return link_pages.keep(USER, token, take)


@blueprint.get("/a/<token>")
@public
def exception(token: str) -> str:
    """Would the customer accept it as it is?"""
    return link_pages.ask(WORD, token)


@blueprint.post("/a/<token>")
@public
def say(token: str) -> ResponseReturnValue:
    """Keep the one word."""

    def take(tx: Tx, found: Found, form: Mapping[str, str]) -> str:
        accepted = yes_or_no(form.get("accepted"))
        words.answer(found["actor"], tx, token, accepted, form.get("comment", ""))
        return "survey"

    return link_pages.keep(WORD, token, take)


def _whole(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 4 else None
