"""Accepted although a figure was not reached: the supervisor's word and the customer's, both kept (FIX-5)."""

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from loopdesk.desk import links
from loopdesk.desk.acceptance import bars, gates
from loopdesk.desk.acceptance.gates import EXCEPTED, FAILED, SAID
from loopdesk.desk.acceptance.tables import word_
from loopdesk.desk.rights import require
from loopdesk.engine import events, messages
from loopdesk.engine.actor import Actor
from loopdesk.engine.db import new_id
from loopdesk.engine.errors import Conflict, Invalid, Phrase
from loopdesk.engine.tx import Tx

LONGEST = 10_000


def approve(actor: Actor, tx: Tx, gate_id: str, *, reason: str) -> dict[str, Any]:
    """Keep a supervisor's word with its reason, and open the question to the customer; returns its row."""
    require(actor, "acceptance.run")
    gate = gates.one(tx, gate_id, lock=True)
    if not reason.strip():
        raise Invalid("Say why it may be accepted.", fields={"reason": [Phrase("This is needed.")]})
    who = {"approved_id": actor.id, "approved_by": actor.name[:200], "approved_at": tx.now}
    gates.change(tx, gate, {"reason": reason.strip(), **who})
    row: dict[str, Any] = {"id": new_id(), "gate": gate.id, "case": gate.case, "token": links.new_token()}
    row |= {"asked_at": tx.now, "expires_at": tx.now + links.term(tx, "acceptance"), "comment": ""}
    tx.conn.execute(sa.insert(word_).values(**row))
    data = {"gate": gate.id, "reason": reason.strip(), "fails": list(gate.fails)}
    events.record(actor, tx, "acceptance.exception_approved", key=gate.case, data=data)
    return links.by_id(tx, word_, str(row["id"])) | {}


def answer(actor: Actor, tx: Tx, token: str, accepted: bool, comment: str = "") -> None:
    """Take the customer's one word. Raises `Missing`, `Conflict` for a link that was used or is over."""
    require(actor, "acceptance.answer")
    gates.one(tx, links.by_token(tx, word_, token)["gate"], lock=True)
    row = links.by_token(tx, word_, token)  # What it is now that the gate is held.
    links.check_open(row, tx.now)
    text = comment.strip()[:LONGEST]
    values = {"answered_at": tx.now, "accepted": accepted, "comment": text}
    tx.conn.execute(sa.update(word_).where(word_.c.id == row["id"]).values(**values))
    payload = {"accepted": accepted}
    data = {"gate": row["gate"], "comment": text, **payload}
    events.record(actor, tx, SAID, key=row["case"], audience="customer", data=data)
    messages.publish(actor, tx, SAID, key=row["gate"], payload=payload, message_id=f"{SAID}:{row['id']}")


def except_(actor: Actor, tx: Tx, gate_id: str) -> gates.Gate:
    """Both have said yes: the gate counts as passed. Raises `Conflict` where one of the two words is missing."""
    require(actor, "acceptance.run")
    gate = gates.one(tx, gate_id, lock=True)
    said = of(tx, gate_id)
    if gate.approved_at is None or said is None or not said["accepted"] or gate.state != FAILED:
        raise Conflict("Supervisor and customer both have to accept it.")
    gates.change(tx, gate, {"state": EXCEPTED, "decided_at": tx.now})
    events.record(actor, tx, "acceptance.gate_excepted", key=gate.case, data={"gate": gate.id, "reason": gate.reason})
    return gates.one(tx, gate_id)


def withdraw(actor: Actor, tx: Tx, gate_id: str) -> None:
    """The question to the customer is over without an answer: its link stops working."""
    require(actor, "acceptance.run")
    gates.close_questions(tx, [gate_id])


def of(tx: Tx, gate_id: str) -> Mapping[str, Any] | None:
    """The newest question to the customer about a gate."""
    query = sa.select(word_).where(word_.c.gate == gate_id).order_by(word_.c.asked_at.desc(), word_.c.id.desc())
    row = tx.conn.execute(query.limit(1)).mappings().first()
    return dict(row) if row else None


def of_token(tx: Tx, token: str) -> dict[str, Any]:
    """What the page behind the link shows: which figures were not reached, and why we ask; ``actor`` answers.

    ``asked`` are the `bars.Questions` of a survey, None for another gate.
    """
    row = links.by_token(tx, word_, token)
    gate = gates.one(tx, row["gate"])
    public = links.public(tx, row)
    asked = bars.questions(tx, gate.bars) if gate.kind == gates.USERS else None
    about = {"fails": list(gate.fails), "figures": dict(gate.figures), "kind": gate.kind, "reason": gate.reason}
    return {**public, **about, "asked": asked}
