"""A call to a customer as a row (COM-1, COM-2, COM-4): why, who, whether somebody was reached, what was said."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from loopdesk.desk.record import NUMBER, PERSON_ID
from loopdesk.engine.db import BIG, Moment, metadata

REMINDER, SUPERVISOR, UNREACHABLE, RECOVERY, CALL_BACK = KINDS = (
    *("reminder", "supervisor", "unreachable"),
    *("recovery", "call-back"),
)
"""A strong reminder that the customer confirms; a supervisor's call; a way to somebody whom no channel reaches; a call
to win an unhappy customer back (COM-6), or after few stars (FBK-2)."""
OWN = frozenset({REMINDER, RECOVERY, CALL_BACK})
"""Kinds of which each process has calls of its own: one letter, one low mood, one answer of few stars."""
OPEN, CONFIRMED, REACHED, MISSED = STATES = ("open", "confirmed", "reached", "missed")
"""To be made; the customer has confirmed it; somebody was spoken to; nobody was there."""

call_ = sa.Table(
    "customer_call",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("case", NUMBER, sa.ForeignKey("case_.number"), nullable=False, index=True),
    sa.Column("kind", sa.String(20), nullable=False),
    sa.Column("instance", sa.String(32), nullable=False),
    sa.Column("attempt", sa.Integer, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("escalation", BIG),
    sa.Column("message", sa.String(32), nullable=False),
    sa.Column("contact_id", sa.String(32), nullable=False),
    sa.Column("contact", sa.String(200), nullable=False),
    sa.Column("phone", sa.String(40), nullable=False),
    sa.Column("opened_at", Moment, nullable=False),
    sa.Column("due_at", Moment),
    sa.Column("state", sa.String(20), nullable=False),
    sa.Column("way", sa.String(20), nullable=False),
    sa.Column("done_at", Moment),
    sa.Column("by_id", PERSON_ID, nullable=False),
    sa.Column("by", sa.String(200), nullable=False),
    sa.Column("said", sa.Text, nullable=False),
    sa.Column("promised", sa.Text, nullable=False),
    sa.Column("promised_until", Moment),
    sa.Column("action", sa.String(32), nullable=False),
    sa.Column("communication", sa.String(32), nullable=False),
    sa.Index("ix_customer_call_state", "state", "opened_at"),
)
"""``message``: the letter that is told; ``communication``: the record of the call; ``action``: the promise kept."""

watched = sa.Table(
    "notice_watch",
    metadata,
    sa.Column("name", sa.String(20), primary_key=True),
    sa.Column("cursor", sa.String(50), nullable=False),
)
"""Up to where the events of cases were looked at for what customers hear of (COM-1)."""


@dataclass(frozen=True, slots=True)
class CustomerCall:
    """One call, or one try of it; ``due_at``, ``done_at`` and ``promised_until`` are None where there is none."""

    id: str
    case: str
    kind: str
    instance: str
    attempt: int
    reason: str
    text: str
    escalation: int | None
    message: str
    contact_id: str
    contact: str
    phone: str
    opened_at: datetime
    due_at: datetime | None
    state: str
    way: str
    done_at: datetime | None
    by_id: str
    by: str
    said: str
    promised: str
    promised_until: datetime | None
    action: str
    communication: str
