"""A case goes to another department: the sender signs, the receiver confirms or rejects with a reason (HND-2)."""

import hashlib
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from typing import Any

import orjson
import sqlalchemy as sa

from loopdesk.desk import clocks, departments, record
from loopdesk.desk.record import NUMBER, PERSON_ID, Case
from loopdesk.desk.rights import readable, require
from loopdesk.engine import events
from loopdesk.engine.actor import Actor
from loopdesk.engine.db import BIG, Moment, metadata, new_id
from loopdesk.engine.errors import N_, Conflict, Invalid, Missing, Phrase, Refused
from loopdesk.engine.tx import Tx

OFFERED, ACCEPTED, REJECTED = "offered", "accepted", "rejected"

handoff_ = sa.Table(
    "handoff",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("case", NUMBER, sa.ForeignKey("case_.number"), nullable=False, index=True),
    sa.Column("from_department", sa.String(60), nullable=False),
    sa.Column("to_department", sa.String(60), nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("summary", sa.Text, nullable=False),
    sa.Column("state", sa.String(20), nullable=False),
    sa.Column("offered_at", Moment, nullable=False),
    sa.Column("overdue_at", Moment),
    sa.Column("decided_at", Moment),
)

signature = sa.Table(
    "signature",
    metadata,
    sa.Column("id", BIG, primary_key=True, autoincrement=True),
    sa.Column("case", NUMBER, sa.ForeignKey("case_.number"), nullable=False, index=True),
    sa.Column("handoff", sa.String(32), sa.ForeignKey("handoff.id"), nullable=False),
    sa.Column("side", sa.String(10), nullable=False),
    sa.Column("person_id", PERSON_ID, nullable=False),
    sa.Column("name", sa.String(200), nullable=False),
    sa.Column("department", sa.String(60), nullable=False),
    sa.Column("decision", sa.String(10), nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("at", Moment, nullable=False),
    sa.Column("digest", sa.String(64), nullable=False),
    sa.UniqueConstraint("handoff", "side"),
)
"""Rows of their own, so that no branch of a diagram can lose or overwrite one (architecture §4)."""


@dataclass(frozen=True, slots=True)
class Handoff:
    """One offer of a case from the department that holds it to another, and what became of it."""

    id: str
    case: str
    from_department: str
    to_department: str
    reason: str
    summary: str
    state: str
    offered_at: datetime
    overdue_at: datetime | None
    decided_at: datetime | None


def offer(actor: Actor, tx: Tx, number: str, *, to_department: str, reason: str, summary: str) -> Handoff:
    """Offer the case and sign as its sender (HND-2).

    Raises `Invalid` for an unknown department or the one that holds the case already, `Conflict` while another offer
    is open.
    """
    require(actor, "handoff.offer")
    case = record.get(tx, number, lock=True)
    if to_department not in departments.codes(tx):
        _wrong(Phrase("There is no department %(department)s.", department=to_department))
    if to_department == case.department:
        _wrong(Phrase("Department %(department)s holds this case already.", department=to_department))
    if _open_offer(tx, number):
        raise Conflict(
            "Case %(number)s is already offered to another department.",
            remedy=N_("Wait until that handoff is confirmed or rejected."),
            number=number,
        )
    new = Handoff(
        new_id(), number, case.department, to_department, reason.strip(), summary.strip(), OFFERED, tx.now, None, None
    )
    tx.conn.execute(sa.insert(handoff_).values(**asdict(new)))
    record.involve(tx, number, to_department)
    _sign(actor, tx, new, case, side="sender", decision="signed", reason=new.reason)
    events.record(actor, tx, "handoff.offered", key=number, data=_told(new))
    return new


def accept(actor: Actor, tx: Tx, handoff_id: str) -> Handoff:
    """Confirm receipt: the receiver's signature moves the case, its assignee and its owner (HND-2, INT-6)."""
    require(actor, "handoff.accept")
    found, case = _decide(actor, tx, handoff_id, ACCEPTED)
    _sign(actor, tx, found, case, side="receiver", decision=ACCEPTED, reason="")
    mine = {"owner_id": actor.id, "assignee_id": actor.id} if actor.kind == "person" else {}
    record.change(tx, found.case, department=found.to_department, **mine)
    events.record(actor, tx, "handoff.accepted", key=found.case, audience="customer", data=_told(found))
    clocks.happened(actor, tx, found.case, clocks.HANDOFF, to=found.to_department)
    return found


def reject(actor: Actor, tx: Tx, handoff_id: str, *, reason: str) -> Handoff:
    """Send it back, signed and with a reason (HND-2). Raises `Invalid` without one."""
    require(actor, "handoff.reject")
    if not reason.strip():
        raise Invalid("A rejection needs a reason.", fields={"reason": [Phrase("Say why it is not yours.")]})
    found, case = _decide(actor, tx, handoff_id, REJECTED)
    _sign(actor, tx, found, case, side="receiver", decision=REJECTED, reason=reason.strip())
    events.record(actor, tx, "handoff.rejected", key=found.case, data=_told(found) | {"answer": reason.strip()})
    return found


def overdue(actor: Actor, tx: Tx, handoff_id: str) -> Handoff | None:
    """Note that nobody has answered in time (SLA-5); None when somebody just has."""
    require(actor, "handoff.overdue")
    found = get(tx, handoff_id)
    if found.state != OFFERED:
        return None
    tx.conn.execute(sa.update(handoff_).where(handoff_.c.id == handoff_id).values(overdue_at=tx.now))
    minutes = int((tx.now - found.offered_at).total_seconds() // 60)
    events.record(actor, tx, "handoff.overdue", key=found.case, data=_told(found) | {"minutes": minutes})
    return found


def get(tx: Tx, handoff_id: str) -> Handoff:
    """The handoff with that id; raises `Missing`."""
    row = tx.conn.execute(sa.select(handoff_).where(handoff_.c.id == handoff_id)).mappings().first()
    if row is None:
        raise Missing("There is no handoff %(handoff)s.", handoff=handoff_id)
    return Handoff(**{field.name: row[field.name] for field in fields(Handoff)})


def listing(actor: Actor, tx: Tx, number: str) -> list[dict[str, Any]]:
    """The handoffs of a case, oldest first, each with its ``signatures`` in order (HND-2)."""
    record.get(tx, number, visible=readable(actor))
    offers = tx.conn.execute(sa.select(handoff_).where(handoff_.c.case == number).order_by(handoff_.c.id)).mappings()
    signed = tx.conn.execute(sa.select(signature).where(signature.c.case == number).order_by(signature.c.id)).mappings()
    rows = [dict(row) for row in signed]
    return [dict(one) | {"signatures": [row for row in rows if row["handoff"] == one["id"]]} for one in offers]


def dossier(case: Case) -> dict[str, Any]:
    """What both sides sign for: the problem itself, without its comments, clocks and people (issue 7)."""
    names = "number title description type urgency scope complexity priority occurred_at steps expected system_version"
    return {name: getattr(case, name) for name in names.split()}


def digest(case: Case) -> str:
    """The sha256 of the dossier as the signer saw it."""
    return hashlib.sha256(orjson.dumps(dossier(case), option=orjson.OPT_SORT_KEYS)).hexdigest()


def _decide(actor: Actor, tx: Tx, handoff_id: str, state: str) -> tuple[Handoff, Case]:
    found = get(tx, handoff_id)
    case = record.get(tx, found.case, lock=True)
    _check_receiver(actor, tx, found)
    update = sa.update(handoff_).where(handoff_.c.id == handoff_id, handoff_.c.state == OFFERED)
    if not tx.conn.execute(update.values(state=state, decided_at=tx.now)).rowcount:
        taken = get(tx, handoff_id).state == ACCEPTED
        message = N_("This handoff was accepted already.") if taken else N_("This handoff was rejected already.")
        raise Conflict(message, remedy=N_("Look at the signatures on the case."))
    return found, case


def _check_receiver(actor: Actor, tx: Tx, found: Handoff) -> None:
    """A handoff takes two people, and the second one belongs to the department that receives."""
    if actor.kind == "person" and found.to_department not in actor.departments and "admin" not in actor.roles:
        raise Refused(
            "Only department %(department)s can answer this handoff.",
            remedy=N_("Ask a colleague there to confirm or reject it."),
            department=found.to_department,
        )
    query = sa.select(signature.c.person_id).where(signature.c.handoff == found.id, signature.c.side == "sender")
    if actor.kind == "person" and tx.conn.scalar(query) == actor.id:
        raise Refused(
            "You sent this handoff, so somebody else has to answer it.",
            remedy=N_("Ask a colleague in department %(department)s."),
            department=found.to_department,
        )


def _sign(actor: Actor, tx: Tx, handoff: Handoff, case: Case, *, side: str, decision: str, reason: str) -> None:
    values = {
        "case": handoff.case,
        "handoff": handoff.id,
        "side": side,
        "person_id": actor.id,
        "name": actor.name,
        "department": handoff.from_department if side == "sender" else handoff.to_department,
        "decision": decision,
        "reason": reason,
        "at": tx.now,
        "digest": digest(case),
    }
    tx.conn.execute(sa.insert(signature).values(**values))


def _open_offer(tx: Tx, number: str) -> bool:
    condition = (handoff_.c.case == number) & (handoff_.c.state == OFFERED)
    return bool(tx.conn.scalar(sa.select(sa.exists().where(condition))))


def _told(handoff: Handoff) -> dict[str, Any]:
    names = ("id", "from_department", "to_department", "reason")
    return {name: getattr(handoff, name) for name in names}


def _wrong(message: Phrase) -> None:
    raise Invalid("This handoff is not possible.", fields={"to_department": [message]})
