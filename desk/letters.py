"""One message of a case as a row (COM-4), and the way of an outgoing one into the outbox."""

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from loopdesk.desk.receivers import Receiver
from loopdesk.desk.record import NUMBER, PERSON_ID, Case
from loopdesk.engine import events, outbox
from loopdesk.engine.actor import SYSTEM, Actor
from loopdesk.engine.db import JSON, Moment, metadata, new_id
from loopdesk.engine.outbox import Wanted
from loopdesk.engine.tx import Tx

IN, OUT, INTERNAL = "in", "out", "internal"
EMAIL = "email"
NOTE, NOTED = "note", "noted"
"""The channel of an internal note, which goes nowhere, and its state."""
NOBODY, NO_ADDRESS, BY_PHONE, MISSED = "nobody", "no-address", "by-phone", "not-reached"
"""What ``note`` says of a customer who is not written to, or whom a call did not reach."""
OUTDATED = "outdated"
"""What ``note`` says of a held letter that no longer held true when a way to the customer was found."""
REPLIED = "customer.replied"
"""The message that the customer wrote, for a process that waits for it."""
SEND = "send"
"""The outbox kind that `connectors/delivery` performs."""

communication = sa.Table(
    "communication",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("case", NUMBER, sa.ForeignKey("case_.number"), nullable=False),
    sa.Column("at", Moment, nullable=False),
    sa.Column("direction", sa.String(10), nullable=False),
    sa.Column("channel", sa.String(20), nullable=False),
    sa.Column("author_kind", sa.String(16), nullable=False),
    sa.Column("author_id", PERSON_ID, nullable=False),
    sa.Column("author", sa.String(200), nullable=False),
    sa.Column("recipient_kind", sa.String(16), nullable=False),
    sa.Column("recipient_id", PERSON_ID, nullable=False),
    sa.Column("recipient", sa.String(200), nullable=False),
    sa.Column("address", sa.String(320), nullable=False),
    sa.Column("subject", sa.String(998), nullable=False),
    sa.Column("body", sa.Text, nullable=False),
    sa.Column("language", sa.String(10), nullable=False),
    sa.Column("template", sa.String(100), nullable=False),
    sa.Column("automatic", sa.Boolean, nullable=False),
    sa.Column("state", sa.String(10), nullable=False),
    sa.Column("note", sa.Text, nullable=False),
    sa.Column("message_id", sa.String(500), unique=True),
    sa.Column("in_reply_to", sa.String(500), nullable=False),
    sa.Column("attachments", JSON, nullable=False),
    sa.Column("feedback", sa.Text, nullable=False, server_default=""),
    sa.Column("follow_up", sa.Text, nullable=False, server_default=""),
    sa.Column("confirmed_at", Moment),
    sa.Column("wanted", sa.String(20), nullable=False, server_default=""),
    sa.Column("carried", sa.String(20), nullable=False, server_default=""),
    sa.Index("ix_communication_case", "case", "at"),
    sa.Index("ix_communication_guard", "address", "template", "at"),
)
"""``state``: noted, queued, sent, failed, received, held (``note`` says why); ``message_id`` is the mail's own.
``feedback`` and ``follow_up``: what the customer said to it and what follows (COM-4), ``confirmed_at``: when he
confirmed it on the phone; ``wanted``: the channel that he prefers where it is another one, ``carried``: the connector
that took it (COM-1)."""


def add(actor: Actor, tx: Tx, case: Case, values: Mapping[str, Any]) -> str:
    """Write one communication of ``case`` with its event and return its id; what ``values`` leave out stays empty."""
    row = {
        **dict.fromkeys(("recipient_kind", "recipient_id", "recipient", "address", "subject", "template"), ""),
        "note": "",
        "in_reply_to": "",
        "feedback": "",
        "follow_up": "",
        "wanted": "",
        "carried": "",
        "message_id": None,
        "automatic": False,
        "attachments": [],
        "id": new_id(),
        "case": case.number,
        "at": tx.now,
        "language": case.language,
        "author_kind": actor.kind,
        "author_id": actor.id,
        "author": actor.name[:200],
        **values,
    }
    tx.insert(communication, row)
    kind = NOTED if row["channel"] == NOTE else row["state"]
    audience = "customer" if row["direction"] == IN else "staff"
    events.record(actor, tx, f"communication.{kind}", key=case.number, audience=audience, data=told(row))
    return str(row["id"])


def queue(
    actor: Actor,
    tx: Tx,
    case: Case,
    receiver: Receiver,
    *,
    subject: str,
    body: str,
    template: str = "",
    note: str = "",
    channel: str = EMAIL,
    wanted: str = "",
) -> str:
    """Write an outgoing message and put it into the outbox; with a ``note`` it is held and only recorded.

    The case number stands in the subject, so that an answer finds its case even without threading. Returns its id.
    """
    row: dict[str, Any] = {
        "id": new_id(),
        "direction": OUT if receiver.kind == "customer" else INTERNAL,
        "channel": channel,
        "wanted": wanted,
        "recipient_kind": receiver.kind,
        **_recipient(receiver),
        "subject": (subject if case.number in subject else f"{subject} [{case.number}]")[:998],
        "body": body,
        "language": receiver.language,
        "template": template,
        "automatic": bool(template),
        "state": "held" if note else "queued",
        "note": note,
        "in_reply_to": last_received(tx, case) if receiver.kind == "customer" else "",
    }
    if template:
        row |= {"author_kind": SYSTEM.kind, "author_id": SYSTEM.id, "author": SYSTEM.name}
    row["message_id"] = None if note else f"<{row['id']}@loopdesk>"
    written = add(actor, tx, case, row)
    if not note:
        outbox.put_many(tx, [Wanted(SEND, _payload(case, receiver, row), f"{SEND}:{written}", case.number)])
    return written


def _recipient(receiver: Receiver) -> dict[str, str]:
    return {"recipient_id": receiver.id, "recipient": receiver.name[:200], "address": receiver.address}


def waiting(tx: Tx, case: Case, kind: str) -> list[Mapping[str, Any]]:
    """What is held because receivers of that kind had no address, oldest first."""
    held = (communication.c.case == case.number) & (communication.c.state == "held")
    mine = held & communication.c.note.in_([NOBODY, NO_ADDRESS]) & (communication.c.recipient_kind == kind)
    query = sa.select(communication).where(mine).order_by(communication.c.at, communication.c.id)
    return [dict(row) for row in tx.conn.execute(query).mappings()]


def release(actor: Actor, tx: Tx, case: Case, receiver: Receiver, row: Mapping[str, Any]) -> None:
    """Send a letter that was held because the customer had no address."""
    who = _recipient(receiver)
    now = {**row, **who, "state": "queued", "note": "", "message_id": f"<{row['id']}@loopdesk>"}
    changed = {name: now[name] for name in (*who, "state", "note", "message_id")}
    tx.conn.execute(sa.update(communication).where(communication.c.id == row["id"]).values(**changed))
    events.record(actor, tx, "communication.queued", key=case.number, data=told(now))
    outbox.put_many(tx, [Wanted(SEND, _payload(case, receiver, now), f"{SEND}:{row['id']}", case.number)])


def drop(actor: Actor, tx: Tx, case: Case, row: Mapping[str, Any]) -> None:
    """Keep a held letter that is not sent any more, and say so."""
    changed = sa.update(communication).where(communication.c.id == row["id"])
    tx.conn.execute(changed.values(note=OUTDATED))
    data = told({**row, "note": OUTDATED})
    events.record(actor, tx, "communication.outdated", key=case.number, data=data)


def last_received(tx: Tx, case: Case) -> str:
    """The Message-ID of the customer's last mail, which answers refer to; empty without one."""
    query = (
        sa.select(communication.c.message_id)
        .where(communication.c.case == case.number)
        .where(communication.c.direction == IN, communication.c.message_id.is_not(None))
        .order_by(communication.c.at.desc(), communication.c.id.desc())
    )
    first = case.external_id if case.channel == "email" else None
    return tx.ask(query.limit(1)).scalar() or first or ""


def told(row: Mapping[str, Any]) -> dict[str, Any]:
    """What an event says about a communication: who and what about, never the words."""
    names = ("id", "direction", "channel", "author", "recipient", "recipient_kind", "subject", "template", "note")
    return {name: row[name] for name in names}


def _payload(case: Case, receiver: Receiver, row: Mapping[str, Any]) -> dict[str, Any]:
    kept = ("channel", "subject", "body", "language", "message_id", "in_reply_to", "automatic")
    payload = {name: row[name] for name in kept}
    return payload | {"communication": row["id"], "case": case.number, "to": receiver.address, "to_name": receiver.name}
