"""What a customer opens from a mail without signing in: is it fixed (FIX-4), how was it (FBK-1, EMG-7)."""

from collections.abc import Mapping

from flask import Blueprint
from flask.typing import ResponseReturnValue

from loopdesk.desk.closure import reopening, verification
from loopdesk.desk.feedback import low, praise, survey
from loopdesk.desk.implementation import signing
from loopdesk.desk.response import expectations
from loopdesk.engine.errors import Invalid
from loopdesk.engine.tx import Tx
from loopdesk.web import closure_links, link_pages
from loopdesk.web.context import actor
from loopdesk.web.link_pages import Found, Question, yes_or_no
from loopdesk.web.security import public

blueprint = Blueprint("links", __name__)

ASPECTS = ("quality", "speed", "attitude")
FIX = Question("links/fix.html", verification.of_token)
SURVEY = Question("links/survey.html", survey.of_token)
CONSENT = Question("links/consent.html", praise.of_token)
EXPECTED = Question("links/expected.html", expectations.of_token)
CHANGE = Question("links/change.html", signing.of_token)


@blueprint.get("/v/<token>")
@public
def fix(token: str) -> str:
    """Does the fix work?"""
    return link_pages.ask(FIX, token)


@blueprint.post("/v/<token>")
@public
def confirm(token: str) -> ResponseReturnValue:
    """Keep the one answer, and say what happens next."""

    def take(tx: Tx, found: Found, form: Mapping[str, str]) -> str:
        words = form.get("comment", "")
        if form.get("wish") == reopening.ELSE:
            return closure_links.thanks(found, verification.ask_more(found["actor"], tx, token, words))
        confirmed = form.get("wish") != reopening.FAILS and yes_or_no(form.get("confirmed"))
        later = verification.answer(found["actor"], tx, token, confirmed, words)
        return closure_links.thanks(found, later) if later else "yes" if confirmed else "no"

    return link_pages.keep(FIX, token, take)


@blueprint.get("/s/<token>")
@public
def ask(token: str) -> str:
    """How was it?"""
    return link_pages.ask(SURVEY, token)


@blueprint.post("/s/<token>")
@public
def answer(token: str) -> ResponseReturnValue:
    """Keep the one answer."""

    def take(tx: Tx, found: Found, form: Mapping[str, str]) -> str:
        stars, *others = (_number(form.get(name)) for name in ("stars", "nps", *ASPECTS))
        if stars is None:
            raise Invalid("Choose one to five stars.")
        given = dict(zip(("nps", *ASPECTS), others, strict=True))
        survey.answer(found["actor"], tx, token, stars=stars, **given, comment=form.get("comment", ""))
        called = found["kind"] != survey.SECOND and low.calls_back(tx, {"stars": stars, **given})
        return "low" if called else "survey"

    return link_pages.keep(SURVEY, token, take)


@blueprint.get("/e/<token>")
@public
def expected(token: str) -> str:
    """Did the handling of an emergency meet what the customer expected (EMG-7)?"""
    return link_pages.ask(EXPECTED, token)


@blueprint.post("/e/<token>")
@public
def judge(token: str) -> ResponseReturnValue:
    """Keep the one answer."""

    def take(tx: Tx, found: Found, form: Mapping[str, str]) -> str:
        met = yes_or_no(form.get("met"))
        expectations.answer(found["actor"], tx, token, met, form.get("comment", ""))
        return "survey" if met else "missed"

    return link_pages.keep(EXPECTED, token, take)


@blueprint.get("/c/<token>")
@public
def change(token: str) -> str:
    """May a major change be made (FIX-3)?"""
    return link_pages.ask(CHANGE, token)


@blueprint.post("/c/<token>")
@public
def sign(token: str) -> ResponseReturnValue:
    """Keep the customer's signature, or the refusal."""

    def take(tx: Tx, found: Found, form: Mapping[str, str]) -> str:
        signing.require_outsider(actor())
        agreed, words = yes_or_no(form.get("agreed")), form.get("comment", "")
        signing.answer(found["actor"], tx, token, agreed=agreed, reason=words, seen=form.get("seen", ""))
        return "change" if agreed else "no_change"

    return link_pages.keep(CHANGE, token, take)


@blueprint.get("/p/<token>")
@public
def may_show(token: str) -> str:
    """May we show your words (FBK-3)?"""
    return link_pages.ask(CONSENT, token)


@blueprint.post("/p/<token>")
@public
def consent(token: str) -> ResponseReturnValue:
    """Keep the one answer."""

    def take(tx: Tx, found: Found, form: Mapping[str, str]) -> str:
        said = form.get("answer", "")
        praise.consent(found["actor"], tx, token, said)
        return "hidden" if said == "no" else "shown"

    return link_pages.keep(CONSENT, token, take)


def _number(text: str | None) -> int | None:
    try:
        return int(text or "")
    except ValueError:
        return None
