"""Signing in and out, and one's own account: language, time zone, password (SEC-1)."""

from zoneinfo import available_timezones

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from loopdesk.desk import credentials, people
from loopdesk.engine.errors import Invalid, LoopdeskError, Missing, Phrase, Refused
from loopdesk.web import identity, language
from loopdesk.web.context import actor, open_tx, read_tx
from loopdesk.web.looks import home_url, own_path
from loopdesk.web.pages.shown import NOTHING, Shown, at_fields, shown
from loopdesk.web.security import public

blueprint = Blueprint("pages_account", __name__)


@blueprint.get("/")
@public
def home() -> ResponseReturnValue:
    """The first page of whoever is there."""
    return redirect(home_url())


@blueprint.route("/sign-in", methods=["GET", "POST"])
@public
def sign_in() -> ResponseReturnValue:
    """Name and password; the answer never tells which of them was wrong."""
    back = request.values.get("next", "")
    if request.method == "GET":
        return render_template("account/sign_in.html", next=back, wrong=NOTHING)
    try:
        who = identity.sign_in_password(request.form.get("login", ""), request.form.get("password", ""))
    except Refused as error:
        return render_template("account/sign_in.html", next=back, wrong=shown(error)), 403
    identity.remember(who)
    return redirect(own_path(back))


@blueprint.post("/sign-out")
@public
def sign_out() -> ResponseReturnValue:
    """Forget who this is."""
    customer = actor().kind == "customer"
    identity.forget()
    return redirect(url_for("portal.home" if customer else "pages_account.sign_in"))


@blueprint.get("/me")
def me() -> ResponseReturnValue:
    """One's own account."""
    return _me(NOTHING)


@blueprint.post("/me")
def prefer() -> ResponseReturnValue:
    """Keep language and zone."""
    try:
        with open_tx() as tx:
            people.prefer(actor(), tx, actor().id, language=request.form["language"], zone=request.form["zone"])
    except Invalid as error:
        return _me(shown(error)), 422
    language.choose("")
    flash(gettext("Saved."))
    return redirect(url_for("pages_account.me"))


@blueprint.post("/me/password")
def change_password() -> ResponseReturnValue:
    """Take a new password, once the present one was right."""
    try:
        with read_tx() as tx:
            login = people.by_id(tx, actor().id).login
        _prove(login, request.form.get("present", ""))
        with open_tx() as tx:
            credentials.set_password(actor(), tx, actor().id, request.form.get("password", ""))
        identity.remember(actor())  # every other session of this person ends
    except LoopdeskError as error:
        return _me(shown(error)), 422
    flash(gettext("Your password is changed."))
    return redirect(url_for("pages_account.me"))


def _prove(login: str, password: str) -> None:
    try:
        identity.sign_in_password(login, password)
    except Refused as error:
        wrong = Phrase("This is not your present password.")
        kept = Invalid("The password stays as it was.", remedy=error.remedy)
        kept.params = error.params
        raise at_fields(kept, {"present": [wrong]}) from error


def _me(wrong: Shown) -> str:
    with read_tx() as tx:
        try:
            person = people.by_id(tx, actor().id)
        except Missing:
            person = None  # a customer
        secret = bool(person) and credentials.has_password(tx, actor().id)
    zones = sorted(zone for zone in available_timezones() if "/" in zone and not zone.startswith(("Etc/", "SystemV/")))
    return render_template("account/me.html", person=person, has_password=secret, zones=["UTC", *zones], wrong=wrong)
