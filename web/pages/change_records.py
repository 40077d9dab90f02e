"""Changes that belong to cases: registered, weighed, signed by two, with documents and merge requests (FIX-3)."""

from collections.abc import Callable
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from loopdesk.desk import attachments, case
from loopdesk.desk.implementation import change_rows, changes, representatives, signing
from loopdesk.desk.implementation.change_rows import Change, Wish
from loopdesk.desk.record import Case
from loopdesk.desk.rights import CASEWORK
from loopdesk.engine.errors import Conflict, Invalid
from loopdesk.engine.tx import Tx
from loopdesk.web import implementation_words as words
from loopdesk.web.context import actor, open_tx, read_tx
from loopdesk.web.pages import typed
from loopdesk.web.pages.shown import NOTHING, Shown, shown

blueprint = Blueprint("pages_change_records", __name__, url_prefix="/closure/changes")

FILTERS = ("", "open", *change_rows.STATES)


@blueprint.get("")
def listing() -> str:
    """All that the reader may see, newest first."""
    state, size = request.args.get("state", "open"), request.args.get("size", "")
    wanted = {"state": state if state in FILTERS else "open", "size": size if size in words.SIZES else ""}
    with read_tx() as tx:
        page = change_rows.listing(actor(), tx, state=wanted["state"], size=wanted["size"], page=typed.page())
        found = rows(tx, page.rows)
    looks = {"states": words.CHANGES, "sizes": words.SIZES}
    return render_template("closure/changes.html", found=found, page=page, wanted=wanted, looks=looks)


@blueprint.get("/new")
def new() -> str:
    """The form for a change of a case."""
    return _form(request.args.get("case", ""), None, NOTHING)


@blueprint.post("/new")
def register() -> ResponseReturnValue:
    """Register it; the process weighs it."""
    number = request.form.get("case", "").strip()
    try:
        with open_tx() as tx:
            made = changes.register(actor(), tx, number, _wish())
            _mark(tx, made)
    except (Invalid, Conflict) as error:
        return _form(number, None, shown(error)), 409 if isinstance(error, Conflict) else 422
    flash(gettext("Registered. It is weighed now; a major one waits for two signatures."))
    return redirect(url_for("pages_change_records.one", change_id=made.id))


@blueprint.get("/<change_id>")
def one(change_id: str) -> str:
    """One change: what is signed for, and who has signed."""
    return _page(change_id, NOTHING)


@blueprint.get("/<change_id>/edit")
def edit_form(change_id: str) -> str:
    """The form with what the change says now."""
    with read_tx() as tx:
        found = change_rows.read(actor(), tx, change_id)
    return _form(found.case, found, NOTHING)


@blueprint.post("/<change_id>/edit")
def edit(change_id: str) -> ResponseReturnValue:
    """Change the change: it is signed anew."""
    try:
        with open_tx() as tx:
            _mark(tx, changes.edit(actor(), tx, change_id, _wish()))
    except (Invalid, Conflict) as error:
        with read_tx() as tx:
            found = change_rows.read(actor(), tx, change_id)
        return _form(found.case, found, shown(error)), 409 if isinstance(error, Conflict) else 422
    flash(gettext("Kept. What was signed before no longer counts."))
    return redirect(url_for("pages_change_records.one", change_id=change_id))


@blueprint.post("/<change_id>/withdraw")
def withdraw(change_id: str) -> ResponseReturnValue:
    """It is not wanted any more."""
    reason = request.form.get("reason", "")
    return _did(
        change_id,
        lambda tx: changes.withdraw(actor(), tx, change_id, reason=reason),
        gettext("The change is withdrawn."),
    )


def rows(tx: Tx, found: list[Change]) -> list[dict[str, Any]]:
    """Each change as lists, its page and the page of its case show it."""
    signed = signing.of_change(tx, *(one.id for one in found))
    titles = {one.number: one.title for one in case.several(actor(), tx, [one.case for one in found])}
    return [
        {
            "it": one,
            "title": titles.get(one.case, ""),
            "look": words.CHANGES[one.state],
            "size": words.SIZES.get(one.size),
            "why": words.size_reason(tx, one.size_reason) if one.size_reason else "",
            "kind": words.CHANGE_KINDS[one.kind],
            "reason": words.refusal(one.reason),
            "signatures": [
                {"it": mine, "role": words.SIGNERS[mine.role], "counts": mine.digest == change_rows.digest(one)}
                for mine in signed
                if mine.change == one.id
            ],
        }
        for one in found
    ]


def _wish() -> Wish:
    form = request.form
    minutes = form.get("downtime_minutes", "").strip() or "0"
    return Wish(
        title=form.get("title", ""),
        text=form.get("text", ""),
        kind=form.get("kind", ""),
        rollback=form.get("rollback", ""),
        downtime_minutes=int(minutes) if minutes.isascii() and minutes.isdigit() and len(minutes) < 10 else -1,
        affects_all=form.get("affects_all") == "1",
        links=form.get("links", "").split(),
        documents=form.getlist("documents"),
        representative=form.get("representative", ""),
    )


def _mark(tx: Tx, made: Change) -> None:
    if request.form.get("remember") == "1" and request.form.get("representative"):
        representatives.mark(actor(), tx, made.case, made.representative_id)


def _did(change_id: str, do: Callable[[Tx], object], said: str) -> ResponseReturnValue:
    try:
        with open_tx() as tx:
            do(tx)
    except (Invalid, Conflict) as error:
        return _page(change_id, shown(error)), 409 if isinstance(error, Conflict) else 422
    flash(said)
    return redirect(url_for("pages_change_records.one", change_id=change_id))


def _page(change_id: str, wrong: Shown) -> str:
    with read_tx() as tx:
        found = change_rows.read(actor(), tx, change_id)
        known = representatives.found(tx, found.representative_id)
        values = {
            "row": rows(tx, [found])[0],
            "files": [one for one in attachments.listing(actor(), tx, found.case) if one.id in found.documents],
            "representative": known.name if known else "",
            "may": found.state not in change_rows.OVER and actor().has_role(*CASEWORK),
        }
    return render_template("closure/change.html", wrong=wrong, typed=request.form, **values)


def _form(number: str, found: Change | None, wrong: Shown) -> str:
    with read_tx() as tx:
        known = case.find(actor(), tx, number) if number else None
        contacts = _contacts(tx, known)
        files = attachments.listing(actor(), tx, number) if known else []
    given = request.form if request.method == "POST" else None
    values = {
        "case": known,
        "number": number,
        "found": found,
        "contacts": contacts,
        "files": [(one.id, one.name) for one in files],
        "kinds": words.CHANGE_KINDS,
        "said": given if given is not None else _said(found),
        "chosen": given.getlist("documents") if given is not None else (found.documents if found else []),
    }
    return render_template("closure/change_form.html", wrong=wrong, **values)


def _said(found: Change | None) -> dict[str, Any]:
    if found is None:
        return {}
    names = ("title", "text", "rollback", "kind", "downtime_minutes")
    said = {name: getattr(found, name) for name in names}
    more = {"affects_all": "1" if found.affects_all else "", "representative": found.representative_id}
    return said | more | {"links": "\n".join(found.links)}


def _contacts(tx: Tx, known: Case | None) -> list[tuple[str, str]]:
    if known is None:
        return []
    return [(one.id, f"{one.name} <{one.email}>") for one in representatives.choices(tx, known)]
