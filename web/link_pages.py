"""Pages behind a signed link: one question, one answer, no sign-in (FIX-4, FBK-1). `desk.links` keeps the tokens."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from flask import g, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import refresh

from loopdesk.engine.errors import Conflict, Invalid
from loopdesk.engine.tx import Tx
from loopdesk.web import language
from loopdesk.web.context import open_tx, read_tx
from loopdesk.web.pages.shown import NOTHING, Shown, shown

Found = dict[str, Any]
Take = Callable[[Tx, Found, Mapping[str, str]], str]
"""Keeps what was sent and returns which thanks are said. Raises `Invalid`, `Conflict`."""


class Question(NamedTuple):
    """What a link asks: its page, and who reads a token (`desk.links.public`)."""

    template: str
    of_token: Callable[[Tx, str], Found]


def ask(question: Question, token: str) -> str:
    """The page, in the case's language; `Missing` for an unknown token."""
    return _page(question, token, NOTHING, {})


def keep(question: Question, token: str, take: Take) -> ResponseReturnValue:
    """Take the answer and say thanks; the page again, with what was typed, for one that cannot be taken."""
    try:
        with open_tx() as tx:
            found = _known(question.of_token(tx, token))
            what = take(tx, found, request.form)
    except Invalid as error:
        return _page(question, token, shown(error), request.form), 422
    except Conflict as error:
        return _page(question, token, shown(error), request.form), 409
    return render_template("links/thanks.html", link=found, what=what)


def yes_or_no(given: str | None) -> bool:
    """What the pressed button says; `Invalid` for neither."""
    said = {"yes": True, "no": False}.get(given or "")
    if said is None:
        raise Invalid("Choose yes or no.")
    return said


def _page(question: Question, token: str, wrong: Shown, typed: Mapping[str, str]) -> str:
    with read_tx() as tx:
        found = _known(question.of_token(tx, token))
    return render_template(question.template, link=found, wrong=wrong, typed=typed)


def _known(found: Found) -> Found:
    """The page speaks the case's language until the reader chooses another, and tells times as the mail did."""
    if not language.chosen():
        g.link_language = found["language"]
    g.link_zone = found["actor"].zone
    refresh()
    return found
