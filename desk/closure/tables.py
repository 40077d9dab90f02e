"""Rows of the closure: its rounds, what the team checked in them, and every word that the fix does not hold."""

import sqlalchemy as sa

from loopdesk.desk.record import NUMBER, PERSON_ID
from loopdesk.engine.db import BIG, Moment, metadata

round_ = sa.Table(
    "closure_round",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("case", NUMBER, sa.ForeignKey("case_.number"), nullable=False, index=True),
    sa.Column("kind", sa.String(60), nullable=False),
    sa.Column("items", sa.JSON, nullable=False),
    sa.Column("stage", sa.String(20), nullable=False),
    sa.Column("until", Moment),
    sa.Column("chased_at", Moment),
    sa.Column("began_at", Moment, nullable=False),
    sa.Column("ended_at", Moment, index=True),
    sa.Column("outcome", sa.String(20), nullable=False),
    sa.Column("token", sa.String(64), nullable=False, unique=True),
    sa.Column("expires_at", Moment, nullable=False),
)
"""One for each time that a case is solved. ``until``: when the stage ends by itself; ``token``: the link of the closing
letter."""

check_ = sa.Table(
    "closure_check",
    metadata,
    sa.Column("id", BIG, primary_key=True, autoincrement=True),
    sa.Column("case", NUMBER, sa.ForeignKey("case_.number"), nullable=False, index=True),
    sa.Column("round", sa.String(32), nullable=False),
    sa.Column("item", sa.String(60), nullable=False),
    sa.Column("passed", sa.Boolean, nullable=False),
    sa.Column("note", sa.Text, nullable=False),
    sa.Column("at", Moment, nullable=False),
    sa.Column("by_id", PERSON_ID, nullable=False),
    sa.Column("by_name", sa.String(200), nullable=False),
)

reopening_ = sa.Table(
    "reopening",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("case", NUMBER, sa.ForeignKey("case_.number"), nullable=False, index=True),
    sa.Column("round", sa.String(32), nullable=False),
    sa.Column("at", Moment, nullable=False),
    sa.Column("source", sa.String(20), nullable=False),
    sa.Column("wish", sa.String(20), nullable=False),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("by_kind", sa.String(20), nullable=False),
    sa.Column("by_id", PERSON_ID, nullable=False),
    sa.Column("by_name", sa.String(200), nullable=False),
    sa.Column("state", sa.String(20), nullable=False),
    # No foreign key: the other case may leave for the archive first.
    sa.Column("other", NUMBER, nullable=False),
    sa.Column("decided_at", Moment),
)
"""``wish``: fails, else or words that a person has yet to read. ``other``: the linked case that it became."""
TABLES = (round_, check_, reopening_)
