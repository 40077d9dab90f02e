"""People, for administrators: add, change roles and departments, deactivate (SEC-1)."""

import secrets
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from loopdesk.desk import credentials, departments, people, skills
from loopdesk.desk.rights import require
from loopdesk.engine.errors import Invalid
from loopdesk.web import vocabulary
from loopdesk.web.context import actor, open_tx, read_tx
from loopdesk.web.pages.shown import NOTHING, Shown, shown

blueprint = Blueprint("pages_people", __name__, url_prefix="/people")


@blueprint.get("")
def people_list() -> str:
    """Everybody, active ones first."""
    require(actor(), "people.change")
    with read_tx() as tx:
        found = people.listing(actor(), tx)
    return render_template("people/people.html", found=sorted(found, key=lambda one: not one.active))


@blueprint.get("/new")
def new() -> str:
    """The empty form."""
    require(actor(), "people.change")
    return _form(None, {}, NOTHING)


@blueprint.post("/new")
def add() -> ResponseReturnValue:
    """Add somebody with a first password, which is shown once."""
    password = secrets.token_urlsafe(12)
    given = _given()
    try:
        with open_tx() as tx:
            login = request.form.get("login", "")
            made = people.create(actor(), tx, login=login, language=request.form.get("language", "en"), **given)
            credentials.set_password(actor(), tx, made.id, password)
    except Invalid as error:
        return _form(None, given | {"login": request.form.get("login", "")}, shown(error)), 422
    return render_template("people/password.html", person=made, password=password)


@blueprint.get("/<person_id>")
def one(person_id: str) -> str:
    """One person's form."""
    require(actor(), "people.change")
    with read_tx() as tx:
        return _form(people.by_id(tx, person_id), {}, NOTHING)


@blueprint.post("/<person_id>")
def change(person_id: str) -> ResponseReturnValue:
    """Keep what was changed."""
    try:
        with open_tx() as tx:
            made = people.edit(actor(), tx, person_id, **_given())
            if "tier" in request.form:
                known = request.form.getlist("skills")
                skills.set_(actor(), tx, person_id, tier=request.form["tier"], skills=known)
    except Invalid as error:
        with read_tx() as tx:
            return _form(people.by_id(tx, person_id), _given(), shown(error)), 422
    flash(gettext("%(name)s is changed.", name=made.name))
    return redirect(url_for("pages_people.people_list"))


@blueprint.post("/<person_id>/active")
def activate(person_id: str) -> ResponseReturnValue:
    """Let somebody in again, or keep them out; what they did stays."""
    active = request.form.get("active") == "1"
    with open_tx() as tx:
        made = people.edit(actor(), tx, person_id, active=active)
    said = (
        gettext("%(name)s can sign in again.", name=made.name)
        if active
        else gettext("%(name)s is deactivated.", name=made.name)
    )
    flash(said)
    return redirect(url_for("pages_people.people_list"))


@blueprint.post("/<person_id>/password")
def new_password(person_id: str) -> ResponseReturnValue:
    """A new first password, shown once."""
    password = secrets.token_urlsafe(12)
    with open_tx() as tx:
        credentials.set_password(actor(), tx, person_id, password)
        made = people.by_id(tx, person_id)
    return render_template("people/password.html", person=made, password=password)


def _given() -> dict[str, Any]:
    form = request.form
    return {
        "name": form.get("name", ""),
        "email": form.get("email", ""),
        "roles": form.getlist("roles"),
        "departments": form.getlist("departments"),
    }


def _form(person: people.Person | None, typed: dict[str, Any], wrong: Shown) -> str:
    with read_tx() as tx:
        language = vocabulary.language()
        values = {
            "codes": departments.codes(tx),
            "trained": skills.of(tx, person.id) if person else None,
            "known_tiers": skills.names(tx, "tiers", language),
            "known_skills": skills.names(tx, "skills", language),
        }
    return render_template("people/person.html", person=person, typed=typed, wrong=wrong, **values)
