"""Surveys, and what customers say about us: one row for each time, however it reached us (FBK-1, FBK-3)."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from loopdesk.desk.record import NUMBER, PERSON_ID
from loopdesk.engine.db import Moment, metadata

COMPLAINT, SUGGESTION, PRAISE, NONE = KINDS = ("complaint", "suggestion", "praise", "none")
"""``none``: nothing to follow; an empty kind has not been decided."""
SOURCES = ("survey", "mail", "call", "portal", "quarterly")
NEW, SORTED, FORWARDED, DONE = STATES = ("new", "sorted", "forwarded", "done")
"""Nobody has said what it is; on the way to its department; there; answered, or nothing to follow."""
ASKED, YES, NAMED, NO = CONSENTS = ("asked", "yes", "named", "no")
"""May we publish it? Asked; without the name; with the name; not. Empty where nobody asked."""

CLOSURE, SECOND, QUARTERLY = "closure", "second", "quarterly"
"""Why somebody is asked: the case is closed; after the call-back; once a quarter (FBK-1, FBK-2, FBK-4)."""
BOUNDS = {"stars": (1, 5), "nps": (0, 10), "quality": (1, 5), "speed": (1, 5), "attitude": (1, 5)}
"""Least and most of each answer (FBK-1); only the stars are needed."""
FULL, POOR = 9, 6
"""FBK-4: NPS counts 9 and 10 as promoters, up to 6 as detractors."""

survey_ = sa.Table(
    "survey",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("case", NUMBER, sa.ForeignKey("case_.number"), nullable=False, index=True),
    sa.Column("token", sa.String(64), nullable=False, unique=True),
    sa.Column("sent_at", Moment, nullable=False),
    sa.Column("expires_at", Moment, nullable=False),
    sa.Column("answered_at", Moment, index=True),
    *(sa.Column(name, sa.SmallInteger) for name in BOUNDS),
    sa.Column("comment", sa.Text, nullable=False),
    sa.Column("called_at", Moment),
    sa.Column("called_by", PERSON_ID, nullable=False),
    sa.Column("reached", sa.Boolean),
    sa.Column("root_cause", sa.Text, nullable=False),
    sa.Column("improvement", sa.Text, nullable=False),
    sa.Column("kind", sa.String(10), nullable=False, server_default=CLOSURE),
    sa.Column("first", sa.String(32), nullable=False, server_default=""),
    sa.Column("channel", sa.String(20), nullable=False, server_default="email"),
    sa.Column("contact_id", sa.String(32), nullable=False, server_default=""),
    sa.Column("reminded", sa.SmallInteger, nullable=False, server_default="0"),
    sa.Column("tries", sa.SmallInteger, nullable=False, server_default="0"),
    sa.Column("report", sa.Text, nullable=False, server_default=""),
    sa.Column("reported_at", Moment),
    sa.Column("outcome", sa.String(20), nullable=False, server_default=""),
    sa.Index("ix_survey_sent", "sent_at"),
    sa.Index("ix_survey_contact", "contact_id", "kind", "sent_at"),
)
"""``first``: the survey whose call-back this one follows; ``contact_id``: who was asked, for the quarter; ``reminded``,
``tries``: how often; ``report``: what the customer reads; ``outcome``: what the call-back came to."""

feedback_ = sa.Table(
    "feedback",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("case", NUMBER, sa.ForeignKey("case_.number"), nullable=False, index=True),
    sa.Column("customer", sa.String(200), nullable=False),
    sa.Column("source", sa.String(20), nullable=False),
    sa.Column("survey", sa.String(32), nullable=False),
    sa.Column("kind", sa.String(20), nullable=False),
    sa.Column("decided_by", sa.String(200), nullable=False),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("stars", sa.SmallInteger),
    sa.Column("nps", sa.SmallInteger),
    sa.Column("state", sa.String(20), nullable=False),
    sa.Column("department", sa.String(60), nullable=False),
    sa.Column("at", Moment, nullable=False, index=True),
    sa.Column("by", sa.String(200), nullable=False),
    sa.Column("forward_due_at", Moment),
    sa.Column("forwarded_at", Moment),
    sa.Column("forwarded_by", sa.String(200), nullable=False),
    sa.Column("result_due_at", Moment),
    sa.Column("result_at", Moment),
    sa.Column("result_by", sa.String(200), nullable=False),
    sa.Column("result", sa.Text, nullable=False),
    sa.Column("quote", sa.Text, nullable=False),
    sa.Column("token", sa.String(64), unique=True),
    sa.Column("expires_at", Moment),
    sa.Column("consent", sa.String(10), nullable=False),
    sa.Column("answered_at", Moment),
    sa.Column("published_at", Moment),
    sa.Column("external_id", sa.String(200)),
    sa.Index("ix_feedback_state", "state", "at"),
    sa.UniqueConstraint("case", "external_id"),
)
"""``token``, ``expires_at``, ``answered_at``: the link that asks whether praise may be published; ``quote``: the words
that are; ``external_id``: what another system calls it, so that telling it twice is once."""


@dataclass(frozen=True, slots=True)
class Feedback:
    """One time that a customer said something about us."""

    id: str
    case: str
    customer: str
    source: str
    survey: str
    kind: str
    decided_by: str
    text: str
    stars: int | None
    nps: int | None
    state: str
    department: str
    at: datetime
    by: str
    forward_due_at: datetime | None
    forwarded_at: datetime | None
    forwarded_by: str
    result_due_at: datetime | None
    result_at: datetime | None
    result_by: str
    result: str
    quote: str
    consent: str
    published_at: datetime | None

    def late(self, now: datetime) -> bool:
        """Whether it reached its department, or its answer came, after its time; or that time is over."""
        return any(
            due is not None and (done or now) > due
            for due, done in ((self.forward_due_at, self.forwarded_at), (self.result_due_at, self.result_at))
        )


@dataclass(frozen=True, slots=True)
class Answer:
    """One survey that was sent; all but ``case``, ``kind`` and ``sent_at`` are None or empty until it is answered."""

    case: str
    kind: str
    sent_at: datetime
    answered_at: datetime | None
    stars: int | None
    nps: int | None
    quality: int | None
    speed: int | None
    attitude: int | None
    comment: str
