"""What a customer opens from a mail without signing in: is it fixed (FIX-4), how was it (FBK-1)."""

from typing import Any

from flask import Blueprint, g, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import refresh

from loopdesk.desk import survey, verification
from loopdesk.desk.response import expectations
from loopdesk.engine.errors import Conflict, Invalid
from loopdesk.web import language
from loopdesk.web.context import open_tx, read_tx
from loopdesk.web.pages.shown import NOTHING, Shown, shown
from loopdesk.web.security import public

blueprint = Blueprint("links", __name__)

ASPECTS = ("quality", "speed", "attitude")


@blueprint.get("/v/<token>")
@public
def fix(token: str) -> str:
    """Does the fix work?"""
    with read_tx() as tx:
        found = _known(verification.of_token(tx, token))
    return render_template("links/fix.html", link=found, wrong=NOTHING, typed={})


@blueprint.post("/v/<token>")
@public
def confirm(token: str) -> ResponseReturnValue:
    """Keep the one answer, and say what happens next."""
    confirmed = {"yes": True, "no": False}.get(request.form.get("confirmed", ""))
    try:
        with open_tx() as tx:
            found = _known(verification.of_token(tx, token))
            if confirmed is None:
                raise Invalid("Choose yes or no.")
            verification.answer(found["actor"], tx, token, confirmed, request.form.get("comment", ""))
    except Invalid as error:
        return _again("links/fix.html", token, verification, shown(error)), 422
    except Conflict as error:
        return _again("links/fix.html", token, verification, shown(error)), 409
    return render_template("links/thanks.html", link=found, what="yes" if confirmed else "no")


@blueprint.get("/s/<token>")
@public
def ask(token: str) -> str:
    """How was it?"""
    with read_tx() as tx:
        found = _known(survey.of_token(tx, token))
    return render_template("links/survey.html", link=found, wrong=NOTHING, typed={})


@blueprint.post("/s/<token>")
@public
def answer(token: str) -> ResponseReturnValue:
    """Keep the one answer."""
    form = request.form
    numbers = {name: form.get(name, type=int) for name in ("stars", "nps", *ASPECTS)}
    try:
        with open_tx() as tx:
            found = _known(survey.of_token(tx, token))
            if numbers["stars"] is None:
                raise Invalid("Choose one to five stars.")
            survey.answer(found["actor"], tx, token, **numbers, comment=form.get("comment", ""))  # type: ignore[arg-type]
    except Invalid as error:
        return _again("links/survey.html", token, survey, shown(error)), 422
    except Conflict as error:
        return _again("links/survey.html", token, survey, shown(error)), 409
    return render_template("links/thanks.html", link=found, what="low" if (numbers["stars"] or 0) < 3 else "survey")


@blueprint.get("/e/<token>")
@public
def expected(token: str) -> str:
    """Did the handling of an emergency meet what the customer expected (EMG-7)?"""
    with read_tx() as tx:
        found = _known(expectations.of_token(tx, token))
    return render_template("links/expected.html", link=found, wrong=NOTHING, typed={})


@blueprint.post("/e/<token>")
@public
def judge(token: str) -> ResponseReturnValue:
    """Keep the one answer."""
    met = {"yes": True, "no": False}.get(request.form.get("met", ""))
    try:
        with open_tx() as tx:
            found = _known(expectations.of_token(tx, token))
            if met is None:
                raise Invalid("Choose yes or no.")
            expectations.answer(found["actor"], tx, token, met, request.form.get("comment", ""))
    except Invalid as error:
        return _again("links/expected.html", token, expectations, shown(error)), 422
    except Conflict as error:
        return _again("links/expected.html", token, expectations, shown(error)), 409
    return render_template("links/thanks.html", link=found, what="survey" if met else "missed")


def _again(template: str, token: str, kind: Any, wrong: Shown) -> str:
    with read_tx() as tx:
        return render_template(template, link=_known(kind.of_token(tx, token)), wrong=wrong, typed=request.form)


def _known(found: dict[str, Any]) -> dict[str, Any]:
    """The page speaks the case's language until the reader chooses another, and tells times as the mail did."""
    if not language.chosen():
        g.link_language = found["language"]
    g.link_zone = found["actor"].zone
    refresh()
    return found
