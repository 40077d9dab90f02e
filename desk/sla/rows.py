"""The clocks of live cases as rows: what happened (the truth), and how each clock stands because of it (SLA-2)."""

import sqlalchemy as sa

from loopdesk.desk.record import NUMBER
from loopdesk.engine.db import BIG, JSON, Moment, metadata

clock_event = sa.Table(
    "clock_event",
    metadata,
    sa.Column("id", BIG, primary_key=True, autoincrement=True),
    sa.Column("case", NUMBER, sa.ForeignKey("case_.number"), nullable=False, index=True),
    sa.Column("at", Moment, nullable=False),
    sa.Column("arrived_at", Moment, nullable=False),
    sa.Column("kind", sa.String(60), nullable=False),
    sa.Column("data", JSON, nullable=False),
)
"""What moves clocks, in the order of arrival; counted in the order in which it happened (``at``)."""

clock = sa.Table(
    "clock",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("case", NUMBER, sa.ForeignKey("case_.number"), nullable=False),
    sa.Column("name", sa.String(120), nullable=False),
    sa.Column("kind", sa.String(60), nullable=False),
    sa.Column("department", sa.String(60), nullable=False),
    sa.Column("policy", sa.String(60), nullable=False),
    sa.Column("level", sa.String(60), nullable=False),
    sa.Column("bundle_id", sa.String(32), nullable=False),
    sa.Column("calendars_id", sa.String(32), nullable=False),
    sa.Column("calendar", sa.String(100), nullable=False),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("target_minutes", sa.Float),
    sa.Column("elapsed_minutes", sa.Float, nullable=False),
    sa.Column("due_at", Moment),
    sa.Column("provisional", sa.Boolean, nullable=False),
    sa.Column("breached_at", Moment),
    sa.Column("met_at", Moment),
    sa.Column("next_at", Moment),
    sa.Column("colour", sa.String(10), nullable=False),
    sa.Column("round", sa.Integer, nullable=False),
    sa.Column("told", JSON, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.UniqueConstraint("case", "name"),
    sa.Index("ix_clock_calendar", "calendar", "state"),
    sa.Index("ix_clock_met", "met_at"),
)
"""``name`` is the kind of clock, for departments with the one that holds the case (``holding:rnd``); no target:
the level of the case promises nothing here. ``next_at``: when a warning or the breach comes next; ``told``: which
``round:colour`` were announced already."""
