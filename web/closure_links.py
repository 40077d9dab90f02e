"""After the closing: it does not work after all, or there is something else, without signing in (FIX-9, COM-9)."""

from collections.abc import Mapping

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from loopdesk.desk.closure import reopening, verification
from loopdesk.desk.closure.reopening import Reopening
from loopdesk.engine.errors import Invalid
from loopdesk.engine.tx import Tx
from loopdesk.web import link_pages, portal
from loopdesk.web.context import actor, open_tx
from loopdesk.web.link_pages import Found, Question
from loopdesk.web.pages.shown import shown
from loopdesk.web.security import public

blueprint = Blueprint("closure_links", __name__)

AGAIN = Question("links/reopen.html", reopening.of_token)


@blueprint.get("/r/<token>")
@public
def again(token: str) -> str:
    """Does it work after all?"""
    return link_pages.ask(AGAIN, token)


@blueprint.post("/r/<token>")
@public
def reopen(token: str) -> ResponseReturnValue:
    """Keep the words and say what became of them."""

    def take(tx: Tx, found: Found, form: Mapping[str, str]) -> str:
        wish, words = wished(form), form.get("comment", "")
        one = reopening.by_link(found["actor"], tx, token, words, wish=wish)
        return thanks(found, one)

    return link_pages.keep(AGAIN, token, take)


@blueprint.post("/portal/cases/<number>/reopen")
def on_the_portal(number: str) -> ResponseReturnValue:
    """The same for a customer who has signed in, who may confirm here, too, that it works (FIX-4)."""
    words = request.form.get("comment", "")
    if request.form.get("wish") == reopening.WORKS:
        with open_tx() as tx:
            verification.confirm(actor(), tx, number, words)
        flash(gettext("Thank you: that was all from you. We close it once everything that was agreed is checked."))
        return redirect(url_for("portal.one", number=number))
    wish = wished(request.form)
    try:
        with open_tx() as tx:
            done = reopening.ask(actor(), tx, number, words, source=reopening.PORTAL, wish=wish)
    except Invalid as error:
        return portal.page(number, reopen_wrong=shown(error)), 422
    if done.other:
        flash(gettext("It goes on as the new case %(number)s, which refers to this one.", number=done.other))
        return redirect(url_for("portal.one", number=done.other))
    flash(gettext("We go on with it. The person who answers to you reads your words first."))
    return redirect(url_for("portal.one", number=number))


def wished(form: Mapping[str, str]) -> str:
    """What the pressed button says; raises `Invalid` for none."""
    wish = form.get("wish", "")
    if wish not in (reopening.FAILS, reopening.ELSE):
        raise Invalid("Choose what it is about.")
    return wish


def thanks(found: Found, one: Reopening) -> str:
    """Which thanks are said, with what the page needs for them."""
    found |= {"other": one.other, "first": _first(found) if one.wish == reopening.ELSE else ""}
    if one.other:
        return "linked"
    if one.wish == reopening.WORKS:
        return "kept"
    return "added" if one.state == reopening.ADDED else "again"


def _first(found: Found) -> str:
    """How it stands with the case that the link is about, for whoever speaks of something else (COM-9)."""
    if found["status"] == "closed":
        return "closed"
    if found["state"] == "open":
        return "open"
    return "yes" if found.get("confirmed") else "no"
