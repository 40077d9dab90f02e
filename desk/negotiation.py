"""What a customer and the house agree on beside the rule (COM-5): another priority, an alternative, a plan in phases.

Either side may begin. A wish is answered by the owner of the case, an offer by the customer; each word is kept with its
person and time, and an agreed priority counts more than the decision table's other rows.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from loopdesk.desk import impact, record
from loopdesk.desk.record import NUMBER, PERSON_ID
from loopdesk.desk.rights import readable, require, visible_to
from loopdesk.desk.sql import row_as
from loopdesk.engine import events, messages, subscriptions
from loopdesk.engine.actor import Actor
from loopdesk.engine.db import Moment, metadata, new_id
from loopdesk.engine.errors import N_, Conflict, Invalid, Missing, Phrase
from loopdesk.engine.tx import Tx

PRIORITY, ALTERNATIVE, PLAN = "priority", "alternative", "plan"
KINDS = (PRIORITY, ALTERNATIVE, PLAN)
LEVELS = ("P0", "P1", "P2", "P3")
ASKED, OFFERED, AGREED, DECLINED, LAPSED = "asked", "offered", "agreed", "declined", "lapsed"
RUNNING = (ASKED, OFFERED)
BEGUN, ANSWERED = "negotiation.begun", "negotiation.answered"
"""Messages to the process that leads the negotiation."""
LONGEST = 10_000
"""Characters of a wish, an offer or an answer at most."""

negotiation = sa.Table(
    "negotiation",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("case", NUMBER, sa.ForeignKey("case_.number"), nullable=False, index=True),
    sa.Column("kind", sa.String(20), nullable=False),
    sa.Column("state", sa.String(10), nullable=False),
    sa.Column("wish", sa.Text, nullable=False),
    sa.Column("terms", sa.Text, nullable=False),
    sa.Column("priority", sa.String(30), nullable=False),
    sa.Column("begun_at", Moment, nullable=False),
    sa.Column("ours_at", Moment),
    sa.Column("ours_id", PERSON_ID, nullable=False),
    sa.Column("ours_name", sa.String(200), nullable=False),
    sa.Column("theirs_at", Moment),
    sa.Column("theirs_id", PERSON_ID, nullable=False),
    sa.Column("theirs_name", sa.String(200), nullable=False),
    sa.Column("comment", sa.Text, nullable=False),
)
_running = negotiation.c.state.in_(RUNNING)
sa.Index("uq_negotiation_running", negotiation.c.case, unique=True, postgresql_where=_running, sqlite_where=_running)
"""``wish``: the customer's words; ``terms``: what holds once both agree; ``ours``, ``theirs``: who agreed and when."""


@dataclass(frozen=True, slots=True)
class Negotiation:
    """One negotiation as it stands; moments are zone-aware UTC, None as long as that side has not agreed."""

    id: str
    case: str
    kind: str
    state: str
    wish: str
    terms: str
    priority: str
    begun_at: datetime
    ours_at: datetime | None
    ours_id: str
    ours_name: str
    theirs_at: datetime | None
    theirs_id: str
    theirs_name: str
    comment: str


def ask(actor: Actor, tx: Tx, number: str, *, kind: str, wish: str, priority: str = "") -> Negotiation:
    """The customer asks for something else than the rule gives, himself or through whoever has him on the phone.

    Raises `Invalid` for an empty wish or an unknown priority, `Conflict` while another negotiation runs.
    """
    require(actor, "negotiation.ask")
    case = _case(actor, tx, number)
    priority = _meant(kind, priority)
    _check(kind, wish, priority, "wish")
    if kind == PRIORITY and priority == case.priority:
        text = Phrase("The case has this priority already.")
        raise Invalid("There is nothing to negotiate.", fields={"priority": [text]})
    return _begin(actor, tx, number, kind=kind, state=ASKED, wish=wish.strip(), priority=priority, side="theirs")


def offer(actor: Actor, tx: Tx, number: str, *, kind: str, terms: str, priority: str = "") -> Negotiation:
    """The house offers another priority, an alternative or a plan in phases; the customer has to agree.

    Raises what `ask` raises.
    """
    require(actor, "negotiation.offer")
    _case(actor, tx, number)
    priority = _meant(kind, priority)
    _check(kind, terms, priority, "terms")
    return _begin(actor, tx, number, kind=kind, state=OFFERED, terms=terms.strip(), priority=priority, side="ours")


def decide(
    actor: Actor, tx: Tx, identity: str, *, decision: str, terms: str = "", kind: str = "", priority: str = ""
) -> Negotiation:
    """Our answer to a wish: ``agree`` to it, ``decline`` it with a reason, or ``offer`` something else (``terms``)."""
    require(actor, "negotiation.decide")
    found = _held(tx, identity)
    if found.state != ASKED:
        raise Conflict("This wish has been answered already.", remedy=N_("Load the page again to see how it stands."))
    if decision == "offer":
        kind = kind or found.kind
        priority = _meant(kind, priority)
        _check(kind, terms, priority, "terms")
        said = {"kind": kind, "terms": terms.strip(), "priority": priority, "state": OFFERED}
        return _change(actor, tx, found, said | _side(actor, tx, "ours") | {"theirs_at": None})
    if decision == "decline":
        _text(terms, "terms")
        return _change(actor, tx, found, {"state": DECLINED, "terms": terms.strip()})
    if decision != "agree":
        text = Phrase("One of %(known)s.", known="agree, decline, offer")
        raise Invalid("This is no answer.", fields={"decision": [text]})
    agreed = {"state": AGREED, "terms": terms.strip() or found.wish}
    return _settled(actor, tx, _change(actor, tx, found, agreed | _side(actor, tx, "ours")))


def answer(actor: Actor, tx: Tx, identity: str, *, accepted: bool, comment: str = "") -> Negotiation:
    """The customer's answer to our offer, by himself or given to one of our people, who is named then.

    Raises `Missing` for what the actor may not see, `Conflict` when nothing is offered any more.
    """
    require(actor, "negotiation.answer")
    found = get(tx, identity)
    record.get(tx, found.case, visible=visible_to(actor))
    found = _held(tx, identity)
    if found.state != OFFERED:
        raise Conflict("This offer does not stand any more.", remedy=N_("Load the page again to see how it stands."))
    if len(comment) > LONGEST:
        text = Phrase("At most 10,000 characters.")
        raise Invalid("This answer cannot be kept.", fields={"comment": [text]})
    said: dict[str, Any] = {"state": AGREED if accepted else DECLINED, "comment": comment.strip()}
    done = _change(actor, tx, found, said | (_side(actor, tx, "theirs") if accepted else {}))
    if accepted:
        _settled(actor, tx, done)
    payload = {"negotiation": identity, "accepted": accepted}
    if subscriptions.waiting(tx, ANSWERED, found.case):
        messages.publish(actor, tx, ANSWERED, key=found.case, payload=payload)
    return done


def lapse(actor: Actor, tx: Tx, identity: str) -> bool:
    """Take an offer back that nobody has answered in time; False when it was answered meanwhile."""
    require(actor, "negotiation.decide")
    found = _held(tx, identity)
    if found.state != OFFERED:
        return False
    _change(actor, tx, found, {"state": LAPSED})
    return True


def get(tx: Tx, identity: str, *, lock: bool = False) -> Negotiation:
    """One negotiation; raises `Missing`."""
    query = sa.select(negotiation).where(negotiation.c.id == identity)
    row = tx.conn.execute(query.with_for_update() if lock else query).mappings().first()
    if row is None:
        raise Missing("There is no such negotiation.")
    return _of_row(row)


def listing(actor: Actor, tx: Tx, number: str) -> list[Negotiation]:
    """What was negotiated about a case, the newest first; the customer sees it, too."""
    record.get(tx, number, visible=readable(actor))
    query = sa.select(negotiation).where(negotiation.c.case == number)
    order = (negotiation.c.begun_at.desc(), negotiation.c.id.desc())
    return [_of_row(row) for row in tx.conn.execute(query.order_by(*order)).mappings()]


def _begin(actor: Actor, tx: Tx, number: str, *, side: str, **values: Any) -> Negotiation:
    running = sa.select(negotiation.c.id).where(negotiation.c.case == number, _running)
    if tx.conn.scalar(running) is not None:
        raise Conflict(
            "A negotiation about case %(number)s is under way.", remedy=N_("Answer that one first."), number=number
        )
    nobody: dict[str, Any] = {f"{one}_{what}": "" for one in ("ours", "theirs") for what in ("id", "name")}
    row = {"id": new_id(), "case": number, "begun_at": tx.now, "wish": "", "terms": "", "comment": "", **nobody}
    row |= {"ours_at": None, "theirs_at": None, **values, **_side(actor, tx, side)}
    tx.conn.execute(sa.insert(negotiation).values(**row))
    made = get(tx, str(row["id"]))
    events.record(actor, tx, f"negotiation.{made.state}", key=number, audience="customer", data=_told(made))
    payload = {"negotiation": made.id, "offered": made.state == OFFERED, **_told(made)}
    messages.publish(actor, tx, BEGUN, key=number, payload=payload, message_id=f"{BEGUN}:{made.id}")
    return made


def _settled(actor: Actor, tx: Tx, done: Negotiation) -> Negotiation:
    """Let an agreed priority count from now on."""
    if done.priority:
        record.change(tx, done.case, agreed=done.priority)
        impact.changed(actor, tx, done.case, why=f"agreed:{done.id}")
    return done


def _change(actor: Actor, tx: Tx, found: Negotiation, values: Mapping[str, Any]) -> Negotiation:
    tx.conn.execute(sa.update(negotiation).where(negotiation.c.id == found.id).values(**values))
    done = get(tx, found.id)
    events.record(actor, tx, f"negotiation.{done.state}", key=done.case, audience="customer", data=_told(done))
    return done


def _held(tx: Tx, identity: str) -> Negotiation:
    """One negotiation to be changed: the case is locked before it, always, so that nobody comes crosswise."""
    record.get(tx, get(tx, identity).case, lock=True)
    return get(tx, identity, lock=True)


def _meant(kind: str, priority: str) -> str:
    """The priority in question: none where an alternative or a plan is, whatever stood in a hidden field."""
    return priority if kind == PRIORITY else ""


def _side(actor: Actor, tx: Tx, side: str) -> dict[str, Any]:
    return {f"{side}_at": tx.now, f"{side}_id": actor.id, f"{side}_name": actor.name[:200]}


def _told(found: Negotiation) -> dict[str, Any]:
    names = ("kind", "priority", "wish", "terms", "comment")
    return {"negotiation": found.id} | {name: getattr(found, name) for name in names}


def _case(actor: Actor, tx: Tx, number: str) -> record.Case:
    record.get(tx, number, visible=visible_to(actor))
    case = record.get(tx, number, lock=True)
    if case.status in ("solved", "closed"):
        raise Conflict("Case %(number)s is solved or closed; there is nothing to negotiate.", number=number)
    return case


def _check(kind: str, text: str, priority: str, field: str) -> None:
    if kind not in KINDS:
        known = Phrase("One of %(known)s.", known=", ".join(KINDS))
        raise Invalid("This cannot be negotiated.", fields={"kind": [known]})
    if (kind == PRIORITY or priority) and priority not in LEVELS:
        known = Phrase("One of %(known)s.", known=", ".join(LEVELS))
        raise Invalid("Say which priority.", fields={"priority": [known]})
    _text(text, field)


def _text(text: str, field: str) -> None:
    if not text.strip() or len(text) > LONGEST:
        problem = Phrase("At most 10,000 characters.") if text.strip() else Phrase("This is needed.")
        raise Invalid("Say what is meant, in a few words.", fields={field: [problem]})


def _of_row(row: Mapping[Any, Any]) -> Negotiation:
    return row_as(Negotiation, row)
