"""What was said elsewhere comes onto its case word by word (INT-1, COM-4): a chat, an app, a conversation on site."""

from dataclasses import dataclass

import sqlalchemy as sa

from loopdesk.desk import channels, clocks, communications, receivers, record
from loopdesk.desk.communications import LONGEST, Received
from loopdesk.desk.letters import OUT, add, communication
from loopdesk.desk.record import Case
from loopdesk.desk.rights import require, visible_to
from loopdesk.engine.actor import Actor
from loopdesk.engine.errors import N_, Conflict, Invalid, Phrase
from loopdesk.engine.tx import Tx

CUSTOMER, US = "customer", "us"
SIDES = (CUSTOMER, US)
"""Who spoke: the customer, or somebody (``automatic``: something) of ours."""


@dataclass(frozen=True, slots=True)
class Said:
    """One message of an exchange; ``message_id`` is the other system's own: the same one again is the same message."""

    channel: str
    body: str
    side: str = CUSTOMER
    author: str = ""
    message_id: str = ""
    automatic: bool = False


@dataclass(frozen=True, slots=True)
class Kept:
    """The communication's id, and whether it is new."""

    id: str
    new: bool


def say(actor: Actor, tx: Tx, number: str, said: Said) -> Kept:
    """Keep one message of an exchange on its case.

    The customer's words wake a process that waits for them, ours count as an answer. Nothing is sent to anybody.
    Raises `Missing` for a case that ``actor`` may not see, `Invalid` for an unknown channel or side, an empty or
    oversized text, `Conflict` for a message that stands on another case.
    """
    require(actor, "communications.receive")
    _check(tx, said)
    case = record.get(tx, number, visible=visible_to(actor), lock=True)
    mine = f"{said.channel}:{said.message_id}"[:500] if said.message_id else ""
    known = _known(tx, case, mine) if mine else None
    if known:
        return Kept(known, new=False)
    customer = next(iter(receivers.resolve(tx, case, receivers.CUSTOMER)), None)
    if said.side == CUSTOMER:
        author = said.author or (customer.name if customer else "") or actor.name
        received = Received(author, "", said.body, said.channel, mine, automatic=said.automatic)
        return Kept(str(communications.receive(actor, tx, number, received)), new=True)
    values = {
        "direction": OUT,
        "channel": said.channel,
        "author": (said.author or actor.name)[:200],
        "body": said.body,
        "automatic": said.automatic,
        "state": "sent",
        "message_id": mine or None,
        "recipient_kind": receivers.CUSTOMER,
        "recipient_id": customer.id if customer else "",
        "recipient": customer.name[:200] if customer else "",
    }
    written = add(actor, tx, case, values)
    if not said.automatic:
        clocks.replied(actor, tx, number)
    return Kept(written, new=True)


def _known(tx: Tx, case: Case, message_id: str) -> str | None:
    query = sa.select(communication.c.id, communication.c.case).where(communication.c.message_id == message_id)
    row = tx.ask(query).first()
    if row is not None and row.case != case.number:
        raise Conflict(
            "This message stands on another case already.",
            remedy=N_("Give each message an id of its own, and send it to one case."),
        )
    return str(row.id) if row is not None else None


def _check(tx: Tx, said: Said) -> None:
    long = Phrase("At most 100,000 characters; attach a file instead.")
    problems = {
        "channel": [] if said.channel in channels.codes(tx) else [Phrase("There is no such channel.")],
        "side": [] if said.side in SIDES else [Phrase("Write customer or us.")],
        "body": [long] if len(said.body) > LONGEST else [] if said.body.strip() else [Phrase("Write something.")],
    }
    wrong = {name: list(messages) for name, messages in problems.items() if messages}
    if wrong:
        raise Invalid("This message cannot be kept.", fields={name: [*texts] for name, texts in wrong.items()})
