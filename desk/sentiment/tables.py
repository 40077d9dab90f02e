"""Rows about moods: each scored text, how far the job has read, and the recoveries that low moods began (COM-6)."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from loopdesk.desk.record import NUMBER, PERSON_ID
from loopdesk.engine.db import Moment, metadata

COMMUNICATION, SURVEY, REPORT = SOURCES = ("communication", "survey", "report")
"""What a mood is about: a message, the comment of a survey, the words that opened a case."""
NEGATIVE, NEUTRAL, POSITIVE = LABELS = ("negative", "neutral", "positive")
SAID = {NEGATIVE: -1.0, NEUTRAL: 0.0, POSITIVE: 1.0}
"""The score of what a person says."""

sentiment_ = sa.Table(
    "sentiment",
    metadata,
    sa.Column("about", sa.String(32), primary_key=True),
    sa.Column("source", sa.String(16), nullable=False),
    sa.Column("case", NUMBER, sa.ForeignKey("case_.number"), index=True),
    sa.Column("at", Moment, nullable=False, index=True),
    sa.Column("language", sa.String(10), nullable=False),
    sa.Column("score", sa.Float, nullable=False),
    sa.Column("label", sa.String(10), nullable=False),
    sa.Column("model_id", sa.String(32), nullable=False),
    sa.Column("chosen", sa.String(10), nullable=False),
    sa.Column("by_id", PERSON_ID, nullable=False),
    sa.Column("chosen_at", Moment),
    sa.Index("ix_sentiment_chosen", "language", "chosen_at"),
)
"""``about`` is the id of the message or survey, or the number of the case; ``label`` is what the model took it for
(neutral, where that was not clear), ``chosen`` what a person said, empty before that. The words stay where they are."""

sentiment_mark = sa.Table(
    "sentiment_mark",
    metadata,
    sa.Column("name", sa.String(16), primary_key=True),
    sa.Column("cursor", sa.String(60), nullable=False),
)
"""Up to which event the job has looked."""

recovery_ = sa.Table(
    "recovery",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("case", NUMBER, sa.ForeignKey("case_.number"), nullable=False, index=True),
    sa.Column("about", sa.String(32), nullable=False),
    sa.Column("why", sa.String(10), nullable=False),
    sa.Column("score", sa.Float, nullable=False),
    sa.Column("started_at", Moment, nullable=False),
    sa.Column("ended_at", Moment),
    sa.Column("result", sa.String(16), nullable=False),
    sa.Column("gesture", sa.String(16), nullable=False),
    sa.Column("note", sa.Text, nullable=False),
    sa.Column("ended_by", sa.String(200), nullable=False),
)
_runs = recovery_.c.ended_at.is_(None)
sa.Index("uq_recovery", recovery_.c.case, unique=True, postgresql_where=_runs, sqlite_where=_runs)


@dataclass(frozen=True, slots=True)
class Recovery:
    """One service recovery: ``why`` is ``score`` (one low message) or ``row`` (several negative ones)."""

    id: str
    case: str
    about: str
    why: str
    score: float
    started_at: datetime
    ended_at: datetime | None
    result: str
    gesture: str
    note: str
    ended_by: str
