"""The review of an emergency: why it came to that, what will be better, and who has signed it (EMG-7)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

import orjson
import sqlalchemy as sa

from loopdesk.desk import actions
from loopdesk.desk import emergency as emergencies
from loopdesk.desk.emergency import timeline
from loopdesk.desk.emergency.lead import announce
from loopdesk.desk.record import NUMBER, PERSON_ID
from loopdesk.desk.rights import require
from loopdesk.desk.sql import row_as
from loopdesk.engine import events
from loopdesk.engine.actor import Actor
from loopdesk.engine.db import JSON, Moment, metadata, new_id
from loopdesk.engine.errors import N_, Conflict, Invalid, Missing, Phrase
from loopdesk.engine.tx import Tx

OPEN, ANALYSED, SIGNED = STATES = ("open", "analysed", "signed")
WHYS = 5
"""Times that the review asks why (EMG-7); fewer where the root was found before."""
COMMANDER, HEAD = SIGNERS = ("commander", "head")
SIGNATURE = "review.signed"
"""The event of each signature, and the message of the last one."""
SOURCE = "review"
"""What `actions` call an action of a review."""

review_ = sa.Table(
    "emergency_review",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("emergency", sa.String(32), sa.ForeignKey("emergency.id"), nullable=False, unique=True),
    sa.Column("case", NUMBER, sa.ForeignKey("case_.number"), nullable=False, index=True),
    sa.Column("state", sa.String(10), nullable=False),
    sa.Column("opened_at", Moment, nullable=False),
    sa.Column("rca_due_at", Moment, nullable=False),
    sa.Column("report_due_at", Moment, nullable=False),
    sa.Column("rca_at", Moment),
    sa.Column("reported_at", Moment),
    sa.Column("signed_at", Moment),
    sa.Column("course", sa.Text, nullable=False),
    sa.Column("impact", sa.Text, nullable=False),
    sa.Column("handling", sa.Text, nullable=False),
    sa.Column("whys", JSON, nullable=False),
    sa.Column("improvement", sa.Text, nullable=False),
    sa.Column("report", sa.Text, nullable=False),
    sa.Column("by_id", PERSON_ID, nullable=False),
    sa.Column("by_name", sa.String(200), nullable=False),
    sa.Column("signatures", JSON, nullable=False),
)
"""``whys``: each answer leads to the next; the last one is the root. ``signatures``: who, as what, when, what of."""


@dataclass(frozen=True, slots=True)
class Review:
    """The review of one emergency as it stands; moments are zone-aware UTC, None as long as it has not come to that."""

    id: str
    emergency: str
    case: str
    state: str
    opened_at: datetime
    rca_due_at: datetime
    report_due_at: datetime
    rca_at: datetime | None
    reported_at: datetime | None
    signed_at: datetime | None
    course: str
    impact: str
    handling: str
    whys: Sequence[str]
    improvement: str
    report: str
    by_id: str
    by_name: str
    signatures: Sequence[Mapping[str, Any]]

    @property
    def root(self) -> str:
        """The root cause: the answer to the last why; empty before there is one."""
        return self.whys[-1] if self.whys else ""


@dataclass(frozen=True, slots=True)
class Analysis:
    """What the review says; ``whys`` from the first answer to the root, ``stops`` when it is found before the fifth."""

    course: str
    impact: str
    handling: str
    whys: Sequence[str]
    improvement: str
    stops: bool = False


def open_(actor: Actor, tx: Tx, emergency_id: str, *, rca_hours: float, report_hours: float) -> Review:
    """Begin the review of an emergency; its limits count from the end. The same emergency keeps its review."""
    require(actor, "emergency.review")
    emergency = emergencies.get(tx, emergency_id)
    known = of(tx, emergency_id)
    if known is not None:
        return known
    since = emergency.ended_at or tx.now
    new = Review(
        id=new_id(),
        emergency=emergency_id,
        case=emergency.case,
        state=OPEN,
        opened_at=tx.now,
        rca_due_at=since + timedelta(hours=rca_hours),
        report_due_at=since + timedelta(hours=report_hours),
        rca_at=None,
        reported_at=None,
        signed_at=None,
        course="",
        impact="",
        handling="",
        whys=[],
        improvement="",
        report="",
        by_id="",
        by_name="",
        signatures=[],
    )
    tx.conn.execute(sa.insert(review_).values(**{one.name: getattr(new, one.name) for one in fields(new)}))
    events.record(actor, tx, "review.opened", key=new.case, data={"id": new.id, "due": new.rca_due_at})
    return new


def analyse(actor: Actor, tx: Tx, review_id: str, said: Analysis) -> Review:
    """Keep the analysis: five whys, or fewer whose last one is marked as the root. Signatures of before fall away.

    Raises `Invalid` with the field that is missing.
    """
    require(actor, "emergency.review")
    found = _unsigned(tx, review_id)
    whys = [one.strip() for one in said.whys]
    wrong = {
        name: [Phrase("This is needed.")]
        for name in ("course", "impact", "handling", "improvement")
        if not str(getattr(said, name)).strip()
    }
    wrong |= {f"why{place}": [Phrase("This is needed.")] for place, why in enumerate(whys, 1) if not why}
    if not whys or len(whys) > WHYS or (len(whys) < WHYS and not said.stops):
        wrong["stops"] = [Phrase("Ask why %(times)s times, or mark the last answer as the root.", times=WHYS)]
    if wrong:
        raise Invalid("This review is not complete.", fields={name: list(texts) for name, texts in wrong.items()})
    kept = {name: str(getattr(said, name)).strip() for name in ("course", "impact", "handling", "improvement")}
    who = {"by_id": actor.id, "by_name": actor.name[:200]}
    values = {**kept, **who, "whys": whys, "state": ANALYSED, "signatures": [], "rca_at": found.rca_at or tx.now}
    late = (found.rca_at or tx.now) > found.rca_due_at
    return _change(actor, tx, found, "review.analysed", values, root=whys[-1], late=late)


def agree(actor: Actor, tx: Tx, review_id: str, *, text: str, owner: str, due_at: datetime) -> str:
    """Agree on an action of the review; returns its id. One whose day has passed already is late at once."""
    require(actor, "emergency.review")
    found = get(tx, review_id)
    due = max(due_at, tx.now + timedelta(minutes=1))
    for one in actions.of(tx, SOURCE, found.emergency):
        if (one.text, one.owner_id) == (text.strip(), owner):
            return one.id
    place = {"source": SOURCE, "source_id": found.emergency, "case": found.case}
    return actions.add(actor, tx, text=text, owner=owner, due_at=due, **place).id


def reported(actor: Actor, tx: Tx, review_id: str, *, text: str) -> Review:
    """The customers have the report with these words. Raises `Invalid` without words."""
    require(actor, "emergency.review")
    found = get(tx, review_id)
    if not text.strip():
        raise Invalid("Write what the customer will read.", fields={"report": [Phrase("Write something.")]})
    late = tx.now > found.report_due_at
    values = {"report": text.strip(), "reported_at": found.reported_at or tx.now}
    return _change(actor, tx, found, "review.reported", values, late=late)


def sign(actor: Actor, tx: Tx, review_id: str, *, role: str) -> Review:
    """Sign the review as it stands, as ``commander`` or ``head``; with both it is finished.

    Processes that listen hear of the last signature.
    Raises `Conflict` before the analysis is there, or when that one has signed already.
    """
    require(actor, "emergency.review")
    found = _unsigned(tx, review_id)
    if role not in SIGNERS:
        raise Invalid("Nobody signs as %(role)s.", role=role or "-")
    if found.state != ANALYSED:
        raise Conflict("There is no analysis to sign yet.")
    if any(one["role"] == role for one in found.signatures):
        raise Conflict("This review carries that signature already.")
    mine = {"role": role, "id": actor.id, "name": actor.name, "at": tx.now.isoformat(), "digest": digest(found)}
    signatures = [*found.signatures, mine]
    whole = {one["role"] for one in signatures} == set(SIGNERS)
    values = {"signatures": signatures} | ({"state": SIGNED, "signed_at": tx.now} if whole else {})
    signed = _change(actor, tx, found, SIGNATURE, values, role=role)
    if whole:
        announce(actor, tx, SIGNATURE, emergencies.get(tx, found.emergency), review=found.id)
    return signed


def send_back(actor: Actor, tx: Tx, review_id: str, *, reason: str) -> Review:
    """Not signed: the analysis is written once more, and signatures begin anew."""
    require(actor, "emergency.review")
    found = _unsigned(tx, review_id)
    return _change(actor, tx, found, "review.sent_back", {"state": OPEN, "signatures": []}, reason=reason.strip())


def digest(found: Review) -> str:
    """The sha256 over what a signature stands for, in hex."""
    said = {name: getattr(found, name) for name in ("course", "impact", "handling", "improvement")}
    return sha256(orjson.dumps(said | {"whys": list(found.whys)}, option=orjson.OPT_SORT_KEYS)).hexdigest()


def of(tx: Tx, emergency_id: str) -> Review | None:
    """The review of an emergency; None before there is one."""
    return next(iter(_select(tx, review_.c.emergency == emergency_id)), None)


def get(tx: Tx, review_id: str) -> Review:
    """The review with that id; raises `Missing`."""
    found = _select(tx, review_.c.id == review_id)
    if not found:
        raise Missing("There is no such review.")
    return found[0]


def _unsigned(tx: Tx, review_id: str) -> Review:
    tx.conn.execute(sa.select(review_.c.id).where(review_.c.id == review_id).with_for_update())
    found = get(tx, review_id)
    if found.state == SIGNED:
        raise Conflict("This review is signed.", remedy=N_("What comes up later belongs into an action."))
    return found


def _change(actor: Actor, tx: Tx, found: Review, kind: str, values: Mapping[str, Any], **told: Any) -> Review:
    tx.conn.execute(sa.update(review_).where(review_.c.id == found.id).values(**values))
    events.record(actor, tx, kind, key=found.case, data={"id": found.id, **told})
    emergency = emergencies.get(tx, found.emergency)
    timeline.write(actor, tx, emergency, "review", "", state=kind, **told)
    return get(tx, found.id)


def _select(tx: Tx, condition: sa.ColumnElement[bool]) -> list[Review]:
    rows = tx.conn.execute(sa.select(review_).where(condition)).mappings()
    return [row_as(Review, row) for row in rows]
