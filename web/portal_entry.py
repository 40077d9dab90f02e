"""How a customer gets to his own cases without a password: a link to the address that we know, valid half an hour."""

from datetime import timedelta
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import force_locale, gettext
from itsdangerous import BadSignature, URLSafeTimedSerializer

from loopdesk.desk import customers
from loopdesk.desk.customers import Contact
from loopdesk.desk.notices import LETTER
from loopdesk.engine import outbox
from loopdesk.engine.errors import N_, Conflict, Missing
from loopdesk.engine.tx import Tx
from loopdesk.web import identity
from loopdesk.web.context import loopdesk, open_tx, read_tx
from loopdesk.web.looks import own_path
from loopdesk.web.security import public

blueprint = Blueprint("portal_entry", __name__, url_prefix="/portal")

VALID = timedelta(minutes=30)
PAUSE = timedelta(minutes=2)
"""At most one letter to a contact within it, however often somebody asks."""


@blueprint.get("/sign-in")
@public
def sign_in() -> str:
    """Ask for the address."""
    return render_template("portal/sign_in.html", next=request.args.get("next", ""))


@blueprint.post("/sign-in")
@public
def send_link() -> str:
    """Send the link where the address is known; the answer is the same for every address."""
    address = request.form.get("email", "")
    with open_tx() as tx:
        found = customers.contact_by_email(tx, address)
        if found:
            _write(tx, found, request.form.get("next", ""))
    return render_template("portal/link_sent.html", address=address)


@blueprint.get("/in/<token>")
@public
def enter(token: str) -> ResponseReturnValue:
    """Come in by the link."""
    try:
        contact_id = _signer().loads(token, max_age=int(VALID.total_seconds()))
    except BadSignature as error:
        raise Conflict(
            "This link is no longer valid.", remedy=N_("Ask for a new one on the portal; it arrives within a minute.")
        ) from error
    with read_tx() as tx:
        try:
            who = customers.actor_of(customers.contact(tx, contact_id))
        except Missing as error:
            raise Conflict("This link is no longer valid.") from error
    identity.remember(who)
    return redirect(own_path(request.args.get("next", "")))


def _signer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(loopdesk().settings.secret, salt="loopdesk.portal")


def _write(tx: Tx, found: Contact, back: str) -> None:
    path = url_for("portal_entry.enter", token=_signer().dumps(found.id), next=back or None)
    link = f"{loopdesk().settings.url}{path.removeprefix(request.script_root)}"
    with force_locale(found.language):
        payload: dict[str, Any] = {
            "channel": "email",
            "to": found.email,
            "to_name": found.name,
            "language": found.language,
            "subject": gettext("Your way into the portal"),
            "body": gettext(
                "Dear %(name)s,\n\nthis link opens your cases. It works for 30 minutes:\n\n%(link)s\n\n"
                "You did not ask for it? Then somebody typed your address; nothing has happened.",
                name=found.name,
                link=link,
            ),
        }
    window = int(tx.now.timestamp() // PAUSE.total_seconds())
    outbox.put(tx, LETTER, payload, idempotency_key=f"{LETTER}:{found.id}:{window}")
