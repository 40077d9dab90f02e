"""Does the fix work? The customer says so through a link, is asked again, and in the end a rule decides (FIX-4)."""

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from loopdesk.desk import clocks, links, record
from loopdesk.desk.closure import reopening
from loopdesk.desk.closure.reopening import Reopening
from loopdesk.desk.record import NUMBER
from loopdesk.desk.rights import require, visible_to
from loopdesk.engine import events, messages
from loopdesk.engine.actor import Actor
from loopdesk.engine.db import Moment, metadata, new_id
from loopdesk.engine.errors import N_, Conflict, Invalid, Phrase
from loopdesk.engine.tx import Tx

ANSWERED = reopening.ANSWERED
LONGEST = 10_000
"""Characters of a comment that are kept."""

verification = sa.Table(
    "verification",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("case", NUMBER, sa.ForeignKey("case_.number"), nullable=False, index=True),
    sa.Column("token", sa.String(64), nullable=False, unique=True),
    sa.Column("asked_at", Moment, nullable=False),
    sa.Column("expires_at", Moment, nullable=False),
    sa.Column("chased_at", Moment),
    sa.Column("answered_at", Moment),
    sa.Column("confirmed", sa.Boolean),
    sa.Column("comment", sa.Text, nullable=False),
)


def ask(actor: Actor, tx: Tx, number: str) -> Mapping[str, Any]:
    """Open a question to the customer of a case; earlier ones that nobody answered stop working."""
    require(actor, "verification.ask")
    record.get(tx, number, lock=True)
    withdraw(tx, number)
    messages.forget(tx, ANSWERED, key=number)
    row = {"id": new_id(), "case": number, "token": links.new_token(), "asked_at": tx.now, "comment": ""}
    row["expires_at"] = tx.now + links.term(tx, "verification")
    tx.conn.execute(sa.insert(verification).values(**row))
    data = {"id": row["id"], "expires": row["expires_at"]}
    events.record(actor, tx, "verification.asked", key=number, audience="customer", data=data)
    return get(tx, str(row["id"]))


def withdraw(tx: Tx, number: str) -> None:
    """Let the links that nobody answered stop working: the question is settled in another way, or asked anew."""
    open_ = (
        (verification.c.case == number) & verification.c.answered_at.is_(None) & (verification.c.expires_at > tx.now)
    )
    tx.conn.execute(sa.update(verification).where(open_).values(expires_at=tx.now))


def chase(actor: Actor, tx: Tx, verification_id: str) -> Mapping[str, Any] | None:
    """Note that the customer is asked again; None when he has answered meanwhile."""
    require(actor, "verification.chase")
    row = get(tx, verification_id)
    if row["answered_at"] is not None:
        return None
    tx.conn.execute(sa.update(verification).where(verification.c.id == verification_id).values(chased_at=tx.now))
    data = {"id": verification_id}
    events.record(actor, tx, "verification.chased", key=row["case"], audience="customer", data=data)
    return dict(row)


def answer(actor: Actor, tx: Tx, token: str, confirmed: bool, comment: str = "") -> Reopening | None:
    """Take the one answer and tell the process. Raises `Missing` for an unknown token, `Conflict` for a used or
    expired one, `Invalid` for a "no" without a word about what is wrong.

    Who has answered may say something else later on: after a "yes" the "no" counts, after a "no" nothing is undone by
    a word. Both are kept, what became of the later one is returned (FIX-9).
    """
    require(actor, "verification.answer")
    record.get(tx, links.by_token(tx, verification, token)["case"], lock=True)
    row = links.by_token(tx, verification, token)  # What it is now that the case is held.
    text = comment.strip()[:LONGEST]
    if row["answered_at"] is not None and _says_more(row, confirmed, text):
        wish = reopening.WORKS if confirmed else reopening.FAILS
        return reopening.take(actor, tx, row["case"], text, source=reopening.LINK, wish=wish)
    links.check_open(row, tx.now)
    if not confirmed and not text:
        raise Invalid("Please say what does not work.", fields={"comment": [Phrase("Say what does not work.")]})
    _keep(actor, tx, row, confirmed, text)
    return None


def confirm(actor: Actor, tx: Tx, number: str, comment: str = "") -> None:
    """The fix works: said in the portal, or to one of ours who writes it down, such as on the phone (FIX-4).

    Raises `Missing`, and `Conflict` when nobody asks the customer at the moment.
    """
    require(actor, "verification.confirm")
    record.get(tx, number, visible=visible_to(actor), lock=True)
    row = asked(tx, number)
    if row is None:
        raise Conflict(
            "The customer of case %(number)s is not asked at the moment.",
            remedy=N_("Look at its page: it was answered, or the team checks the fix first."),
            number=number,
        )
    _keep(actor, tx, row, True, comment.strip()[:LONGEST])


def asked(tx: Tx, number: str) -> Mapping[str, Any] | None:
    """The question that the customer of a case has not answered yet; None where there is none, or it is over."""
    open_ = verification.c.answered_at.is_(None) & (verification.c.expires_at > tx.now)
    query = sa.select(verification).where((verification.c.case == number) & open_).order_by(verification.c.id.desc())
    row = tx.conn.execute(query.limit(1)).mappings().first()
    return dict(row) if row else None


def _keep(actor: Actor, tx: Tx, row: Mapping[str, Any], confirmed: bool, text: str) -> None:
    values = {"answered_at": tx.now, "confirmed": confirmed, "comment": text}
    tx.conn.execute(sa.update(verification).where(verification.c.id == row["id"]).values(**values))
    payload = {"confirmed": confirmed, "comment": text}
    noted = {"noted_by": actor.name} if actor.kind == "person" else {}
    data = {"id": row["id"], **payload, **noted}
    events.record(actor, tx, ANSWERED, key=row["case"], audience="customer", data=data)
    clocks.happened(actor, tx, row["case"], "feedback_received")
    messages.publish(actor, tx, ANSWERED, key=row["case"], payload=payload, message_id=f"verification:{row['id']}")


def _says_more(row: Mapping[str, Any], confirmed: bool, text: str) -> bool:
    """Whether a second answer is more than another click on the same button."""
    return confirmed != row["confirmed"] or text not in ("", row["comment"])


def ask_more(actor: Actor, tx: Tx, token: str, text: str) -> Reopening:
    """There is something else: a linked case with these words; the question about the fix stays open (COM-9).

    Raises `Missing` for an unknown token, `Invalid` without a word.
    """
    row = links.by_token(tx, verification, token)
    return reopening.take(actor, tx, row["case"], text, source=reopening.LINK, wish=reopening.ELSE)


def of_token(tx: Tx, token: str) -> dict[str, Any]:
    """What the page behind the link shows; ``actor`` is who answers with it. Raises `Missing`."""
    row = links.by_token(tx, verification, token)
    return links.public(tx, row) | {"confirmed": bool(row["confirmed"])} | reopening.standing(tx, row["case"])


def get(tx: Tx, verification_id: str) -> Mapping[str, Any]:
    """The verification's row; raises `Missing`."""
    return links.by_id(tx, verification, verification_id)


def listing(actor: Actor, tx: Tx, number: str) -> list[dict[str, Any]]:
    """The verifications of a case, oldest first, without their tokens."""
    return links.listing(actor, tx, verification, number)
