"""Themes that a monthly look found repeated, and what was decided about each (FBK-5, FBK-3)."""

import sqlalchemy as sa

from loopdesk.engine.db import JSON, Moment, metadata

theme_ = sa.Table(
    "theme",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("month", sa.String(7), nullable=False),
    sa.Column("kind", sa.String(12), nullable=False),
    sa.Column("code", sa.String(80), nullable=False),
    sa.Column("name", sa.String(200), nullable=False),
    sa.Column("count", sa.Integer, nullable=False),
    sa.Column("before", sa.Integer, nullable=False),
    sa.Column("cases", JSON, nullable=False),
    sa.Column("found_at", Moment, nullable=False),
    sa.Column("decision", sa.String(12), nullable=False),
    sa.Column("note", sa.Text, nullable=False),
    sa.Column("action_id", sa.String(32), nullable=False),
    sa.Column("decided_by", sa.String(200), nullable=False),
    sa.Column("decided_at", Moment),
    sa.UniqueConstraint("month", "kind", "code"),
)
"""``kind`` is complaint or suggestion, ``count`` texts with it in the month, ``before`` in the month before. Nobody's
words are kept here, only the numbers of the cases."""
