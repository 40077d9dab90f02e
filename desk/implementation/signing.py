"""Two signatures under a major change: the technical lead's, then the customer's representative's (FIX-3).

Nobody signs for both, and each signature is for what the change was when it was read: a changed change is signed anew.
"""

from collections.abc import Collection
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from loopdesk.desk import customers, links, people, record
from loopdesk.desk.implementation import plans, representatives
from loopdesk.desk.implementation.change_rows import (
    CUSTOMER,
    LEAD,
    MAJOR,
    OVER,
    REFUSED,
    SIGNED,
    SMALL,
    WEIGHED,
    Change,
    change_,
    digest,
    get,
    names_of,
    told,
    write,
)
from loopdesk.desk.record import NUMBER, PERSON_ID
from loopdesk.desk.rights import require
from loopdesk.desk.sql import row_as
from loopdesk.engine import events, messages
from loopdesk.engine.actor import Actor
from loopdesk.engine.db import Moment, metadata, new_id
from loopdesk.engine.errors import N_, Conflict, Invalid, Missing, Phrase, Refused
from loopdesk.engine.tx import Tx

ANSWERED = "change.answered"
BY_RULE = "not-signed"
"""The reason of a change that nobody signed in time."""
LONGEST = 10_000
"""Characters of a reason that are kept."""

signature_ = sa.Table(
    "change_signature",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("change", sa.String(32), sa.ForeignKey("change.id"), nullable=False, index=True),
    sa.Column("case", NUMBER, sa.ForeignKey("case_.number"), nullable=False, index=True),
    sa.Column("role", sa.String(10), nullable=False),
    sa.Column("person_id", PERSON_ID, nullable=False),
    sa.Column("name", sa.String(200), nullable=False),
    sa.Column("decision", sa.String(10), nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("at", Moment, nullable=False),
    sa.Column("digest", sa.String(64), nullable=False),
)


@dataclass(frozen=True, slots=True)
class Signature:
    """A name under a change, as ``lead`` or ``customer``; it counts while ``digest`` is that of the change."""

    id: str
    change: str
    case: str
    role: str
    person_id: str
    name: str
    decision: str
    reason: str
    at: datetime
    digest: str


def weigh(actor: Actor, tx: Tx, change_id: str, *, size: str, reason: str) -> Change:
    """Keep what the table says of a change: a small one may be made, a major one waits for the technical lead."""
    require(actor, "change.run")
    found = get(tx, change_id, lock=True)
    _require_undecided(found)
    if size not in (SMALL, MAJOR):
        raise Invalid("The table major.dmn says %(size)s, not small or major.", size=size or "-")
    write(tx, change_id, size=size, size_reason=reason[:300], state=LEAD if size == MAJOR else found.state)
    return get(tx, change_id)


def sign(actor: Actor, tx: Tx, change_id: str, *, agreed: bool, reason: str, seen: str = "") -> Signature:
    """The technical lead's word. ``seen`` is the digest of what was read.

    Raises `Invalid` for a no without a reason, `Conflict` for a change that is not what was read, `Refused` for who
    speaks for the customer.
    """
    require(actor, "change.sign")
    found = get(tx, change_id, lock=True)
    if found.state != LEAD:
        raise Conflict("This change does not wait for the technical lead.")
    _require_seen(found, seen)
    person = people.find(tx, actor.id)
    contact = _contact(tx, found)
    if person and contact and (contact.email or "").lower() == person.email.lower():
        raise _both()
    return _keep(actor, tx, found, LEAD, agreed, reason)


def ask(actor: Actor, tx: Tx, change_id: str) -> Change:
    """Open the link for the customer's representative; `Invalid` where nobody is known who could sign."""
    require(actor, "change.run")
    found = get(tx, change_id, lock=True)
    _require_undecided(found)
    case = record.get(tx, found.case)
    # Who is named was checked then; who was merely known is checked now that they are asked.
    known = representatives.of_case(tx, case)
    wanted = found.representative_id or (known.id if known else "")
    contact = representatives.named(tx, case, wanted)
    expires = tx.now + plans.length(tx, "signatures", "refuse")
    # Asked again about what was altered, the same person reads it behind the same link.
    known_link = links.by_id(tx, change_, change_id)["token"] if contact.id == found.representative_id else None
    values = {"representative_id": contact.id, "token": known_link or links.new_token()}
    values |= {"asked_at": tx.now, "expires_at": expires}
    write(tx, change_id, state=CUSTOMER, answered_at=None, **values)
    asked = get(tx, change_id)
    told(actor, tx, "change.asked", asked, contact=contact.id)
    return asked


def token_of(tx: Tx, change_id: str) -> str:
    """The token of the link that is open for a change."""
    return str(links.by_id(tx, change_, change_id)["token"])


def answer(actor: Actor, tx: Tx, token: str, *, agreed: bool, seen: str, reason: str = "") -> None:
    """The customer's word through the link, once. ``actor`` is who holds it, ``seen`` the digest of what was read.

    Raises `Missing` for an unknown token, `Conflict` for a used or expired one, for a change that is altered or decided
    and for one that is not what was read, `Invalid` for a no without a reason, `Refused` for who signed as lead.
    """
    require(actor, "change.answer")
    found = get(tx, str(_by_token(tx, token)["id"]), lock=True)
    row = _by_token(tx, token)  # What it is now that the change is held.
    _require_asked(found)
    links.check_open(row, tx.now)
    if not seen:
        raise Conflict("This answer does not say which text it is for.", remedy=N_("Read the change and answer again."))
    _require_seen(found, seen)
    signed = [one for one in of_change(tx, found.id) if one.role == LEAD and one.digest == digest(found)]
    if any(one.person_id == actor.id for one in signed):
        raise _both()
    _keep(actor, tx, found, CUSTOMER, agreed, reason)
    write(tx, found.id, answered_at=tx.now)
    # The words stay at the signature: a message goes by the change, where an erasure of the case would miss them.
    payload = {"change": found.id, "agreed": agreed}
    messages.throw(actor, tx, ANSWERED, key=found.id, case=found.case, payload=payload)


def require_outsider(actor: Actor) -> None:
    """Raise `Refused` for somebody who works here: whoever is signed in as staff does not sign for the customer."""
    if actor.kind == "person":
        raise _both()


def settle(actor: Actor, tx: Tx, change_id: str, *, agreed: bool, reason: str = "") -> Change:
    """The end: the change may be made, or may not. A major one that lacks a signature may not: raises `Conflict`."""
    require(actor, "change.run")
    found = get(tx, change_id, lock=True)
    _require_undecided(found)
    if agreed and found.size == MAJOR and not _signed_by_both(tx, found):
        raise Conflict("This change lacks a signature.")
    why = reason.strip()[:LONGEST] or _refusal(tx, found) if not agreed else ""
    write(tx, change_id, state=SIGNED if agreed else REFUSED, decided_at=tx.now, reason=why)
    now = get(tx, change_id)
    told(actor, tx, f"change.{now.state}", now, reason=now.reason)
    return now


def remind(actor: Actor, tx: Tx, change_id: str) -> Change:
    """Note that whoever has not signed is reminded."""
    require(actor, "change.run")
    write(tx, change_id, reminded_at=tx.now)
    found = get(tx, change_id)
    told(actor, tx, "change.reminded", found)
    return found


def of_token(tx: Tx, token: str) -> dict[str, Any]:
    """What the page behind the link shows: the change, and ``seen`` to hand back. Raises `Missing`.

    Its ``state`` may also be ``altered`` (it is signed anew) and ``decided`` (without this answer).
    """
    row = _by_token(tx, token)
    found = get(tx, str(row["id"]))
    shown = links.public(tx, row | {"expires_at": row["expires_at"] or tx.now})
    contact = _contact(tx, found)
    holder = customers.actor_of(contact) if contact else shown["actor"]
    language = contact.language if contact else shown["language"]
    lead = next((one.name for one in reversed(of_change(tx, found.id)) if one.role == LEAD), "")
    return shown | {
        "state": _state(found) or shown["state"],
        "answered_at": row["answered_at"] or found.decided_at,
        "change": found,
        "files": names_of(tx, found.documents),
        "seen": digest(found),
        "lead": lead,
        "actor": holder,
        "language": language,
    }


def _state(found: Change) -> str:
    """``altered`` or ``decided`` for a change that does not wait for the customer; else empty."""
    if found.state in (WEIGHED, LEAD):
        return "altered"
    return "decided" if found.state in OVER and found.answered_at is None else ""


def of_change(tx: Tx, *change_ids: str) -> list[Signature]:
    """All signatures under changes, oldest first, those for what they no longer are too."""
    query = sa.select(signature_).where(signature_.c.change.in_(change_ids)).order_by(signature_.c.at, signature_.c.id)
    return [row_as(Signature, row) for row in tx.conn.execute(query).mappings()]


def said(tx: Tx, numbers: Collection[str]) -> set[str]:
    """What customers wrote when they signed or refused changes of these cases; an erasure looks for it."""
    theirs = signature_.c.case.in_(numbers) & (signature_.c.role == CUSTOMER)
    return set(tx.conn.scalars(sa.select(signature_.c.reason).where(theirs)))


def _keep(actor: Actor, tx: Tx, found: Change, role: str, agreed: bool, reason: str) -> Signature:
    if not agreed and not reason.strip():
        raise Invalid(
            "A refusal needs a reason.",
            fields={name: [Phrase("Say why it may not be made.")] for name in ("reason", "comment")},
        )
    name, decision = actor.name[:200], "signed" if agreed else "refused"
    values = (role, actor.id, name, decision, reason.strip()[:LONGEST], tx.now, digest(found))
    new = Signature(new_id(), found.id, found.case, *values)
    tx.conn.execute(sa.insert(signature_).values(**asdict(new)))
    data = {"id": found.id, "role": role, "decision": decision, "reason": new.reason, "digest": new.digest}
    events.record(actor, tx, "change.signature", key=found.case, data=data)
    return new


def _signed_by_both(tx: Tx, found: Change) -> bool:
    mine = [one for one in of_change(tx, found.id) if one.decision == "signed" and one.digest == digest(found)]
    return {one.role for one in mine} == {LEAD, CUSTOMER}


def _refusal(tx: Tx, found: Change) -> str:
    """What was written at the last signature that says no; empty for none."""
    return next((one.reason for one in reversed(of_change(tx, found.id)) if one.decision == "refused"), "")


def _require_seen(found: Change, seen: str) -> None:
    if seen and seen != digest(found):
        raise Conflict(
            "The change has changed since you read it.", remedy=N_("Read it again and sign for what it is now.")
        )


def _require_asked(found: Change) -> None:
    if found.state in (WEIGHED, LEAD):
        raise Conflict(
            "This change was altered since you were asked, so your answer is not kept.",
            remedy=N_("We write to you again when you can read it as it will be made."),
        )
    if _state(found) == "decided":
        raise Conflict("This change is decided already.")


def _require_undecided(found: Change) -> None:
    if found.state in OVER:
        raise Conflict("This change is decided already.")


def _both() -> Refused:
    return Refused(
        "Nobody signs a change for both sides.",
        remedy=N_("Let another technical lead sign, or name another representative of the customer."),
    )


def _contact(tx: Tx, found: Change) -> customers.Contact | None:
    try:
        return customers.contact(tx, found.representative_id) if found.representative_id else None
    except Missing:
        return None


def _by_token(tx: Tx, token: str) -> dict[str, Any]:
    return links.by_token(tx, change_, token)
