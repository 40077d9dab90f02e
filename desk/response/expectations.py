"""Did the handling meet what the customer expected? Asked after each emergency through a link, once (EMG-7)."""

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from loopdesk.desk import emergency as emergencies
from loopdesk.desk import links
from loopdesk.desk.emergency import timeline
from loopdesk.desk.record import NUMBER
from loopdesk.desk.rights import require
from loopdesk.engine import events, messages
from loopdesk.engine.actor import Actor
from loopdesk.engine.db import Moment, metadata, new_id
from loopdesk.engine.errors import Invalid, Phrase
from loopdesk.engine.tx import Tx

ANSWERED = "expectation.answered"
LONGEST = 10_000
"""Characters of a comment that are kept."""

expectation = sa.Table(
    "emergency_expectation",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("emergency", sa.String(32), sa.ForeignKey("emergency.id"), nullable=False, unique=True),
    sa.Column("case", NUMBER, sa.ForeignKey("case_.number"), nullable=False, index=True),
    sa.Column("token", sa.String(64), nullable=False, unique=True),
    sa.Column("asked_at", Moment, nullable=False),
    sa.Column("expires_at", Moment, nullable=False),
    sa.Column("answered_at", Moment),
    sa.Column("met", sa.Boolean),
    sa.Column("comment", sa.Text, nullable=False),
)


def ask(actor: Actor, tx: Tx, emergency_id: str) -> Mapping[str, Any]:
    """Open the question for an emergency; asked again, the same row."""
    require(actor, "emergency.review")
    emergency = emergencies.get(tx, emergency_id)
    known = of(tx, emergency_id)
    if known is not None:
        return known
    row: dict[str, Any] = {
        "id": new_id(),
        "emergency": emergency_id,
        "case": emergency.case,
        "token": links.new_token(),
    }
    row |= {"asked_at": tx.now, "expires_at": tx.now + links.term(tx, "expectation"), "comment": ""}
    tx.conn.execute(sa.insert(expectation).values(**row))
    data = {"id": row["id"], "expires": row["expires_at"]}
    events.record(actor, tx, "expectation.asked", key=emergency.case, audience="customer", data=data)
    return links.by_id(tx, expectation, str(row["id"]))


def answer(actor: Actor, tx: Tx, token: str, met: bool, comment: str = "") -> None:
    """Take the one answer and tell the process. Raises `Missing` for an unknown token, `Conflict` for a used or
    expired one, `Invalid` for a "no" without a word about what was expected.
    """
    require(actor, "expectation.answer")
    row = links.by_token(tx, expectation, token)
    links.check_open(row, tx.now)
    text = comment.strip()[:LONGEST]
    if not met and not text:
        raise Invalid("Please say what you expected.", fields={"comment": [Phrase("Say what you expected.")]})
    once = sa.update(expectation).where(expectation.c.id == row["id"], expectation.c.answered_at.is_(None))
    if not tx.conn.execute(once.values(answered_at=tx.now, met=met, comment=text)).rowcount:
        links.check_open({**row, "answered_at": tx.now}, tx.now)
    payload = {"met": met, "comment": text}
    data = {"id": row["id"], **payload}
    events.record(actor, tx, ANSWERED, key=row["case"], audience="customer", data=data)
    emergency = emergencies.get(tx, row["emergency"])
    timeline.write(actor, tx, emergency, "expectation", text, met=met)
    messages.publish(actor, tx, ANSWERED, key=row["case"], payload=payload, message_id=f"expectation:{row['id']}")


def of_token(tx: Tx, token: str) -> dict[str, Any]:
    """What the page behind the link shows; ``actor`` is who answers with it. Raises `Missing`."""
    return links.public(tx, links.by_token(tx, expectation, token))


def of(tx: Tx, emergency_id: str) -> dict[str, Any] | None:
    """The question of an emergency; None before it was asked."""
    query = sa.select(expectation).where(expectation.c.emergency == emergency_id)
    row = tx.conn.execute(query).mappings().first()
    return dict(row) if row else None
