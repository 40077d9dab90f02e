"""The tables of the emergency response and what stands in a row of them (EMG-1 to EMG-4, EMG-11, EMG-12)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from loopdesk.desk.record import NUMBER, PERSON_ID
from loopdesk.engine.db import BIG, JSON, Moment, metadata

RUNNING, STABLE, ENDED = "running", "stable", "ended"
EXTERNAL, INTERNAL = AUDIENCES = ("external", "internal")
"""Whom an update is for: the customers, or the people in the war room (EMG-4)."""
COMMANDER, SCRIBE, COMMUNICATIONS, PARTICIPANT = ROLES = ("commander", "scribe", "communications", "participant")

_ID = sa.String(32)
_NAME = sa.String(200)

emergency_ = sa.Table(
    "emergency",
    metadata,
    sa.Column("id", _ID, primary_key=True),
    sa.Column("case", NUMBER, sa.ForeignKey("case_.number"), nullable=False, index=True),
    sa.Column("commander_id", PERSON_ID, nullable=False),
    sa.Column("commander", _NAME, nullable=False),
    sa.Column("grade", sa.String(10), nullable=False),
    sa.Column("kind", sa.String(30), nullable=False),
    sa.Column("declared_at", Moment, nullable=False),
    sa.Column("next_update_at", Moment),
    sa.Column("ended_at", Moment),
    sa.Column("summary", sa.Text, nullable=False),
    sa.Column("scope", sa.String(10), nullable=False, server_default=""),
    sa.Column("severity", sa.String(10), nullable=False, server_default=""),
    sa.Column("cause", _NAME, nullable=False, server_default=""),
    sa.Column("stable_at", Moment),
    sa.Column("internal_due_at", Moment),
    sa.Column("limit_at", Moment),
    sa.Column("room", sa.String(500), nullable=False, server_default=""),
    sa.Column("team", JSON, nullable=False, server_default="[]"),
    sa.Column("chain", JSON, nullable=False, server_default="[]"),
    sa.Column("called", sa.Integer, nullable=False, server_default="0"),
    sa.Column("facts", JSON, nullable=False, server_default="{}"),
    sa.Column("facts_at", Moment),
)
OPEN = emergency_.c.ended_at.is_(None)
sa.Index("uq_emergency_open", emergency_.c.case, unique=True, postgresql_where=OPEN, sqlite_where=OPEN)

entry = sa.Table(
    "emergency_entry",
    metadata,
    sa.Column("id", BIG, primary_key=True, autoincrement=True),
    sa.Column("emergency", _ID, sa.ForeignKey("emergency.id"), nullable=False, index=True),
    sa.Column("at", Moment, nullable=False),
    sa.Column("kind", sa.String(20), nullable=False),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("by_id", PERSON_ID, nullable=False),
    sa.Column("by_name", _NAME, nullable=False),
    sa.Column("audience", sa.String(10), nullable=False, server_default=INTERNAL),
    sa.Column("data", JSON, nullable=False, server_default="{}"),
)
"""The timeline: what was done, said and missed, in the order in which it was written."""

role = sa.Table(
    "emergency_role",
    metadata,
    sa.Column("id", _ID, primary_key=True),
    sa.Column("emergency", _ID, sa.ForeignKey("emergency.id"), nullable=False, index=True),
    sa.Column("role", sa.String(20), nullable=False),
    sa.Column("person_id", PERSON_ID, nullable=False, index=True),
    sa.Column("name", _NAME, nullable=False),
    sa.Column("since", Moment, nullable=False),
    sa.Column("until", Moment),
)

decision = sa.Table(
    "emergency_decision",
    metadata,
    sa.Column("id", _ID, primary_key=True),
    sa.Column("emergency", _ID, sa.ForeignKey("emergency.id"), nullable=False, index=True),
    sa.Column("question", sa.Text, nullable=False),
    sa.Column("state", sa.String(10), nullable=False),
    sa.Column("decider", sa.String(100), nullable=False),
    sa.Column("asked_at", Moment, nullable=False),
    sa.Column("asked_by_id", PERSON_ID, nullable=False),
    sa.Column("asked_by", _NAME, nullable=False),
    sa.Column("decision", sa.Text, nullable=False, server_default=""),
    sa.Column("by_id", PERSON_ID, nullable=False, server_default=""),
    sa.Column("by_name", _NAME, nullable=False, server_default=""),
    sa.Column("at", Moment),
)

joined = sa.Table(
    "emergency_joined",
    metadata,
    sa.Column("id", _ID, primary_key=True),
    sa.Column("emergency", _ID, sa.ForeignKey("emergency.id"), nullable=False),
    sa.Column("number", NUMBER, nullable=False),
    sa.Column("at", Moment, nullable=False),
    sa.Column("why", sa.String(20), nullable=False),
    sa.UniqueConstraint("emergency", "number", name="uq_emergency_joined"),
    sa.Index("ix_emergency_joined_number", "number"),
)
"""Further cases of the same cause; ``number`` is theirs, the emergency's own case stands with the emergency."""

told = sa.Table(
    "emergency_told",
    metadata,
    sa.Column("id", _ID, primary_key=True),
    sa.Column("emergency", _ID, sa.ForeignKey("emergency.id"), nullable=False, index=True),
    sa.Column("customer", sa.String(64), nullable=False),
    sa.Column("customer_name", _NAME, nullable=False),
    sa.Column("contact_id", PERSON_ID, nullable=False),
    sa.Column("contact", _NAME, nullable=False),
    sa.Column("template", sa.String(100), nullable=False),
    sa.Column("about", sa.String(60), nullable=False),
    sa.Column("at", Moment, nullable=False),
    sa.Column("communication", sa.String(32), nullable=False),
    sa.Column("affected", sa.Integer, nullable=False, server_default="0"),
    sa.Column("score", sa.Float, nullable=False, server_default="0"),
    sa.UniqueConstraint("emergency", "customer", "about", name="uq_emergency_told"),
)
"""Which customer was told what when; ``about`` names the occasion, of which each customer hears once."""

alert_ = sa.Table(
    "emergency_alert",
    metadata,
    sa.Column("id", _ID, primary_key=True),
    sa.Column("case", NUMBER, sa.ForeignKey("case_.number"), nullable=False, index=True),
    sa.Column("source", sa.String(100), nullable=False),
    sa.Column("alert", sa.String(200), nullable=False),
    sa.Column("interface", sa.String(100), nullable=False),
    sa.Column("cause", _NAME, nullable=False, index=True),
    sa.Column("scope", sa.String(10), nullable=False),
    sa.Column("severity", sa.String(10), nullable=False),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("first_at", Moment, nullable=False),
    sa.Column("last_at", Moment, nullable=False),
    sa.Column("times", sa.Integer, nullable=False),
    sa.Column("resolved_at", Moment),
    sa.UniqueConstraint("source", "alert", name="uq_emergency_alert"),
)
"""What monitoring reported, each alert once, with how often it came (EMG-11)."""

DECISION = tuple(column.name for column in decision.columns)
TABLES = (emergency_, entry, role, decision, joined, told, alert_)


@dataclass(frozen=True, slots=True)
class Emergency:
    """One emergency of a case; ``next_update_at`` is what the customers were promised, ``internal_due_at`` the team.

    ``limit_at``: by when the response has to work, else the next of the decision ``chain`` is called; ``called`` says
    how many of the chain have been. ``facts``: the event record (time, place, scope, symptoms).
    """

    id: str
    case: str
    commander_id: str
    commander: str
    grade: str
    kind: str
    declared_at: datetime
    next_update_at: datetime | None
    ended_at: datetime | None
    summary: str
    scope: str = ""
    severity: str = ""
    cause: str = ""
    stable_at: datetime | None = None
    internal_due_at: datetime | None = None
    limit_at: datetime | None = None
    room: str = ""
    team: Sequence[str] = ()
    chain: Sequence[str] = ()
    called: int = 0
    facts: Mapping[str, Any] = field(default_factory=dict)
    facts_at: datetime | None = None

    @property
    def state(self) -> str:
        """running, stable (the service is back and is being watched) or ended."""
        if self.ended_at is not None:
            return ENDED
        return RUNNING if self.stable_at is None else STABLE


@dataclass(frozen=True, slots=True)
class Role:
    """Who has a role since when; ``until`` is None while they have it."""

    role: str
    person_id: str
    name: str
    since: datetime
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """A question to the decision chain; ``decider`` is who of the chain was asked.

    ``state``: open, decided, or lapsed when the emergency ended before it was decided.
    """

    id: str
    emergency: str
    question: str
    state: str
    decider: str
    asked_at: datetime
    asked_by_id: str
    asked_by: str
    decision: str = ""
    by_id: str = ""
    by_name: str = ""
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Told:
    """One customer who was told something, with how much was at stake; ``about``: warning, over or update:entry."""

    customer: str
    customer_name: str
    contact_id: str
    contact: str
    template: str
    about: str
    at: datetime
    communication: str
    affected: int = 0
    score: float = 0.0
