"""Praise that is shown: with the customer's consent, in the words agreed to, with the name only if that is allowed."""

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from loopdesk.desk import links
from loopdesk.desk.feedback import reading
from loopdesk.desk.feedback.tables import ASKED, NAMED, NO, PRAISE, YES, Feedback, feedback_
from loopdesk.desk.rights import require
from loopdesk.desk.sql import row_as
from loopdesk.engine import events
from loopdesk.engine.actor import Actor
from loopdesk.engine.errors import N_, Conflict, Invalid
from loopdesk.engine.redaction import ERASED
from loopdesk.engine.tx import Tx


def ask(actor: Actor, tx: Tx, feedback_id: str) -> Mapping[str, Any] | None:
    """Open the question whether the words may be published; None where there are none, or it was asked before."""
    require(actor, "feedback.run")
    found = reading.get(tx, feedback_id)
    if found.kind != PRAISE or not found.quote or found.consent:
        return None
    values = {"token": links.new_token(), "expires_at": tx.now + links.term(tx, "consent"), "consent": ASKED}
    tx.conn.execute(sa.update(feedback_).where(feedback_.c.id == feedback_id).values(**values))
    events.record(actor, tx, "feedback.consent_asked", key=found.case, data={"id": feedback_id})
    return links.by_id(tx, feedback_, feedback_id)


def of_token(tx: Tx, token: str) -> dict[str, Any]:
    """What the page behind the link shows; raises `Missing`."""
    row = links.by_token(tx, feedback_, token)
    return links.public(tx, row) | {"quote": row["quote"], "customer": row["customer"]}


def consent(actor: Actor, tx: Tx, token: str, answer: str) -> None:
    """Keep yes, yes with the name, or no; what may be shown is shown at once. Raises `Conflict` for a second answer."""
    require(actor, "feedback.consent")
    row = links.by_token(tx, feedback_, token)
    links.check_open(row, tx.now)
    if answer not in (YES, NAMED, NO):
        raise Invalid("Choose one of the three.")
    shown = None if answer == NO else tx.now
    once = sa.update(feedback_).where(feedback_.c.id == row["id"], feedback_.c.answered_at.is_(None))
    if not tx.conn.execute(once.values(consent=answer, answered_at=tx.now, published_at=shown)).rowcount:
        links.check_open({**row, "answered_at": tx.now}, tx.now)
    data = {"id": row["id"], "consent": answer}
    events.record(actor, tx, "feedback.consented", key=row["case"], audience="customer", data=data)


def show(actor: Actor, tx: Tx, feedback_id: str, *, shown: bool) -> Feedback:
    """Take praise off the wall, or put it back. Raises `Conflict` where the customer has not agreed."""
    require(actor, "feedback.change")
    found = reading.get(tx, feedback_id, actor)
    if shown and found.consent not in (YES, NAMED):
        raise Conflict("The customer has not agreed to this.", remedy=N_("Wait for the answer, or leave it inside."))
    changed = sa.update(feedback_).where(feedback_.c.id == feedback_id)
    tx.conn.execute(changed.values(published_at=tx.now if shown else None))
    what = "feedback.published" if shown else "feedback.hidden"
    events.record(actor, tx, what, key=found.case, data={"id": feedback_id})
    return reading.get(tx, feedback_id)


def wall(tx: Tx, limit: int = 50) -> list[Feedback]:
    """What is published, the newest first, with no customer's name but where it was allowed; anybody may read it."""
    # What was erased with its customer says nothing any more.
    query = sa.select(feedback_).where(feedback_.c.published_at.is_not(None), feedback_.c.quote != ERASED)
    rows = tx.conn.execute(query.order_by(feedback_.c.published_at.desc(), feedback_.c.id).limit(limit)).mappings()
    return [row_as(Feedback, row if row["consent"] == NAMED else {**row, "customer": ""}) for row in rows]
