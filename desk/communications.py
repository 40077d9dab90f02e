"""Every word exchanged about a case (COM-4): what customers write, what staff answer, the notes that stay inside."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from loopdesk.desk import clocks, receivers, record
from loopdesk.desk.closure import reopening
from loopdesk.desk.contacting.rows import call_
from loopdesk.desk.duplicates import links
from loopdesk.desk.letters import IN, INTERNAL, NOTE, NOTED, OUT, REPLIED, add, communication, queue, told
from loopdesk.desk.record import Case, case_
from loopdesk.desk.rights import readable, require, visible_to
from loopdesk.engine import events, messages
from loopdesk.engine.actor import SYSTEM, Actor
from loopdesk.engine.errors import N_, Conflict, Invalid, Phrase
from loopdesk.engine.tx import Tx

LISTENING = frozenset({"waiting", "solved"})
"""Statuses in which a process waits for the customer: for an answer, or for a word about the fix (FIX-4)."""
LONGEST = 100_000


@dataclass(frozen=True, slots=True)
class Received:
    """Something a customer wrote; ``automatic`` when a machine did (RFC 3834), ``attachments`` are our ids."""

    author: str
    subject: str
    body: str
    channel: str = "email"
    message_id: str = ""
    in_reply_to: str = ""
    automatic: bool = False
    attachments: tuple[str, ...] = ()


def receive(actor: Actor, tx: Tx, number: str, mail: Received) -> str | None:
    """Record what came in and return its id; None when this message was recorded before.

    A person's words wake a process that waits for the customer; a machine's are kept and answered by nobody (INT-1).
    """
    require(actor, "communications.receive")
    return _incoming(actor, tx, record.get(tx, number, visible=visible_to(actor), lock=True), mail)


def comment(actor: Actor, tx: Tx, number: str, body: str, *, internal: bool = False) -> str:
    """Say something on a case: staff to the customer, by his channel, or as an ``internal`` note; a customer to us.

    Returns the communication's id. Raises `Invalid` for an empty or oversized text.
    """
    require(actor, "case.comment")
    case = record.get(tx, number, visible=visible_to(actor), lock=True)
    text = body.strip()
    if not text or len(text) > LONGEST:
        long = Phrase("At most 100,000 characters; attach a file instead.")
        problem = long if text else Phrase("Write something.")
        raise Invalid("This comment cannot be kept.", fields={"body": [problem]})
    if actor.kind in ("customer", "connector"):
        written = Received(author=actor.name, subject="", body=text, channel="portal")
        return str(_incoming(actor, tx, case, written))
    if internal:
        note = {"direction": INTERNAL, "channel": NOTE, "body": text, "state": NOTED}
        return add(actor, tx, case, note)
    return _reply(actor, tx, case, text)


def listing(actor: Actor, tx: Tx, number: str) -> list[dict[str, Any]]:
    """The communications of a case, oldest first; a customer sees his own side of them only (SEC-1).

    What staff noted of a call is for staff: it was never written to him.
    """
    record.get(tx, number, visible=readable(actor))
    query = sa.select(communication).where(communication.c.case == number)
    if actor.kind == "customer":
        to_customer = (communication.c.direction == OUT) & (communication.c.recipient_kind == "customer")
        noted = sa.select(call_.c.communication).where(call_.c.case == number)
        query = query.where((communication.c.direction == IN) | to_customer, communication.c.id.not_in(noted))
    order = (communication.c.at, communication.c.id)
    return [dict(row) for row in tx.conn.execute(query.order_by(*order)).mappings()]


def case_of_message(tx: Tx, message_ids: Sequence[str]) -> str | None:
    """The number of the case that one of the Message-IDs belongs to, the last named first (RFC 5322 §3.6.4)."""
    wanted = list(message_ids)
    letter = sa.select(communication.c.message_id, communication.c.case).where(communication.c.message_id.in_(wanted))
    first = sa.select(case_.c.external_id, case_.c.number).where(
        case_.c.channel == "email", case_.c.external_id.in_(wanted)
    )
    cases = {row[0]: row[1] for row in tx.conn.execute(letter.union_all(first))}
    return next((cases[message_id] for message_id in reversed(message_ids) if message_id in cases), None)


def settle(tx: Tx, communication_id: str, *, error: str = "", carried: str = "") -> None:
    """Write down that a queued message was delivered and which connector ``carried`` it, or why it was not.

    The worker that did it asks nobody.
    """
    row = tx.conn.execute(sa.select(communication).where(communication.c.id == communication_id)).mappings().one()
    state = "failed" if error else "sent"
    values = {"state": state, "note": error, "carried": carried[:20]}
    tx.conn.execute(sa.update(communication).where(communication.c.id == communication_id).values(**values))
    to_customer = row["recipient_kind"] == "customer"
    data = told(dict(row)) | ({"error": error} if error else {})
    audience = "customer" if to_customer and not error else "staff"
    events.record(SYSTEM, tx, f"communication.{state}", key=row["case"], audience=audience, data=data)


def _incoming(actor: Actor, tx: Tx, case: Case, mail: Received) -> str | None:
    if mail.message_id and case_of_message(tx, [mail.message_id]):
        return None
    if case.close_reason == links.MERGED:
        # The work goes on elsewhere, so that is where the words are needed.
        case = record.get(tx, links.merged_into(tx, case.number), lock=True)
    values = {
        "direction": IN,
        "channel": mail.channel,
        "author": mail.author[:200],
        "subject": " ".join(mail.subject.split())[:998],
        "body": mail.body,
        "automatic": mail.automatic,
        "state": "received",
        "message_id": mail.message_id[:500] or None,
        "in_reply_to": mail.in_reply_to[:500],
        "attachments": list(mail.attachments),
    }
    written = add(actor, tx, case, values)
    if mail.automatic:
        return written
    clocks.happened(actor, tx, case.number, "customer_message")
    if case.automatic:
        record.change(tx, case.number, automatic=False)
    if case.status == "closed":
        # Within the verification window a person reads whether it does not work after all (FIX-9).
        reopening.wrote(actor, tx, case, mail.body, source=mail.channel)
    elif case.status in LISTENING:
        # Only then: a reply that came before the question must not be taken for its answer.
        payload = {"text": mail.body, "communication": written}
        messages.publish(actor, tx, REPLIED, key=case.number, payload=payload, message_id=f"reply:{written}")
    return written


def _reply(actor: Actor, tx: Tx, case: Case, text: str) -> str:
    """An answer in a person's own words; where nobody can be reached by mail it is refused, not lost."""
    to = next(iter(receivers.resolve(tx, case, receivers.CUSTOMER)), None)
    if to is None or not to.address:
        raise Conflict(
            "The customer of case %(number)s has no e-mail address.",
            remedy=N_("Write an internal note and call instead."),
            number=case.number,
        )
    written = queue(actor, tx, case, to, subject=f"Re: {case.title}", body=text + "\n")
    clocks.replied(actor, tx, case.number)
    return written
