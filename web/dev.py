"""Pages for looking at the product while working on it; ``web/app`` mounts them in the demo only, which is loopback."""

from datetime import timedelta

from flask import Blueprint, abort, redirect, render_template, request
from flask.typing import ResponseReturnValue

from loopdesk.desk import customers, people
from loopdesk.engine.actor import SYSTEM
from loopdesk.web import dev_mail, identity, vocabulary
from loopdesk.web.context import loopdesk, read_tx
from loopdesk.web.looks import own_path
from loopdesk.web.security import public

blueprint = Blueprint("dev", __name__, url_prefix="/dev")

LOOPBACK = frozenset({"127.0.0.1", "::1"})
MOMENTS = {"past": -95, "just": -4, "late": -12, "near": 21, "far": 260}
"""Minutes from now of the sample times on the components' page."""


@blueprint.before_request
def _only_here() -> None:
    if request.remote_addr not in LOOPBACK:
        abort(404)


@blueprint.get("/components")
@public
def components() -> str:
    """Every component of the design system in its states."""
    now = loopdesk().engine.clock.now()
    moments = {name: now + timedelta(minutes=minutes) for name, minutes in MOMENTS.items()}
    raci = vocabulary.raci_rows({"R": ["support/agent"], "A": ["support/supervisor"], "I": ["customer_success"]})
    return render_template("dev/components.html", moments=moments, raci=raci)


@blueprint.get("/sign-in")
@public
def sign_in() -> str:
    """Everybody of the demo, each one press away."""
    with read_tx() as tx:
        everybody = [person for person in people.listing(SYSTEM, tx) if person.active]
        clients = customers.contacts(SYSTEM, tx)
    return render_template("dev/sign_in.html", people=everybody, customers=clients, next=request.args.get("next", ""))


@blueprint.post("/sign-in")
@public
def become() -> ResponseReturnValue:
    """Be that person or customer from now on."""
    form = request.form
    with read_tx() as tx:
        if form.get("contact"):
            who = customers.actor_of(customers.contact(tx, form["contact"]))
        else:
            who = people.actor_of(people.by_id(tx, form.get("person", "")))
    identity.remember(who)
    return redirect(own_path(form.get("next", "")))


@blueprint.get("/mail")
@public
def mail() -> str:
    """What was sent by SMTP, newest first."""
    with read_tx() as tx:
        return render_template("dev/mail.html", mails=dev_mail.listing(tx))


@blueprint.get("/mail/<mail_id>")
@public
def one_mail(mail_id: str) -> str:
    """One mail as its receiver reads it."""
    with read_tx() as tx:
        return render_template("dev/one_mail.html", mail=dev_mail.read(tx, mail_id))
