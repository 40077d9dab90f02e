"""What figures are made of: a row for each case, sums for each day, and how far both reach.

No row here hangs on the case's own: figures stay when a case is archived, and none holds anything about a person.
"""

import sqlalchemy as sa

from loopdesk.desk.record import NUMBER
from loopdesk.engine.db import BIG, JSON, Moment, metadata

SUMS = (
    "cases", "first_n", "first_seconds", "first_promised", "first_kept", "responded", "repair_n", "repair_seconds",
    "promised", "on_time", "escalated", "asked", "answers", "stars", "satisfied", "nps_n", "promoters", "detractors",
    "complaints", "held_n", "held_seconds",
)  # fmt: skip
"""What a day adds up, all of it mergeable; `sums` says what each one counts."""

_TOLD_APART = ("channel", "level", "class", "team", "restricted")
_OPENED = (*_TOLD_APART, "first_seconds", "first_bucket", "first_kept", "responded")
_CLOSED = (
    *(*_TOLD_APART, "repair_seconds", "repair_bucket", "on_time", "escalated"),
    *("asked", "stars", "nps", "complained"),
)
"""What the sums of a customer's cases read: with it PostgreSQL answers from the index, where those cases lie together
and not spread over the whole table."""

case_figure = sa.Table(
    "case_figure",
    metadata,
    sa.Column("number", NUMBER, primary_key=True),
    sa.Column("opened_at", Moment, nullable=False),
    sa.Column("opened_day", sa.Date, nullable=False),
    sa.Column("closed_at", Moment),
    sa.Column("closed_day", sa.Date),
    sa.Column("channel", sa.String(30), nullable=False),
    sa.Column("level", sa.String(30), nullable=False),
    sa.Column("class", sa.String(60), nullable=False),
    sa.Column("team", sa.String(60), nullable=False),
    sa.Column("customer", sa.String(32), nullable=False),
    sa.Column("restricted", sa.Boolean, nullable=False),
    sa.Column("first_seconds", BIG),
    sa.Column("first_bucket", sa.SmallInteger),
    sa.Column("first_kept", sa.Boolean),
    sa.Column("responded", sa.Boolean),
    sa.Column("repair_seconds", BIG),
    sa.Column("repair_bucket", sa.SmallInteger),
    sa.Column("waiting_seconds", BIG, nullable=False),
    sa.Column("on_time", sa.Boolean),
    sa.Column("escalated", sa.Boolean, nullable=False),
    sa.Column("asked", sa.Boolean, nullable=False),
    sa.Column("stars", sa.SmallInteger),
    sa.Column("nps", sa.SmallInteger),
    sa.Column("complained", sa.Boolean, nullable=False),
    sa.Index("ix_case_figure_opened", "opened_day"),
    sa.Index("ix_case_figure_closed", "closed_day"),
    sa.Index("ix_case_figure_customer", "customer", "closed_day", postgresql_include=_CLOSED),
    sa.Index("ix_case_figure_customer_opened", "customer", "opened_day", postgresql_include=_OPENED),
    sa.Index("ix_case_figure_customer_team", "customer", "team", "restricted"),
)
"""``level`` is the priority, ``class`` the type, ``team`` who held the case last. ``first_kept``: whether the promised
first response was kept, None while it is open or where nothing was promised; ``responded``: whether there was one;
``on_time``: the same of the promised end. Times are wall time; a bucket is where the time stands in a histogram."""

held_time = sa.Table(
    "held_time",
    metadata,
    sa.Column("number", NUMBER, primary_key=True),
    sa.Column("team", sa.String(60), primary_key=True),
    sa.Column("seconds", BIG, nullable=False),
)
"""How long each team held a case, without the times in which the customer was waited for."""

downtime = sa.Table(
    "downtime",
    metadata,
    sa.Column("emergency", sa.String(32), primary_key=True),
    sa.Column("number", NUMBER, nullable=False, index=True),
    sa.Column("kind", sa.String(30), nullable=False),
    sa.Column("severity", sa.String(10), nullable=False),
    sa.Column("since", Moment, nullable=False, index=True),
    sa.Column("until", Moment),
)
"""From its declaration to the moment from which the service held again: what availability is made of (ANA-8)."""

figure_day = sa.Table(
    "figure_day",
    metadata,
    sa.Column("basis", sa.String(8), primary_key=True),
    sa.Column("dimensions", sa.String(32), primary_key=True),
    sa.Column("grain", sa.String(8), primary_key=True),
    sa.Column("day", sa.Date, primary_key=True),
    sa.Column("channel", sa.String(30), primary_key=True),
    sa.Column("level", sa.String(30), primary_key=True),
    sa.Column("class", sa.String(60), primary_key=True),
    sa.Column("holder", sa.String(60), primary_key=True),
    sa.Column("team", sa.String(60), primary_key=True),
    sa.Column("restricted", sa.Boolean, primary_key=True),
    *(sa.Column(name, BIG, nullable=False) for name in SUMS),
    sa.Column("first_buckets", JSON, nullable=False),
    sa.Column("repair_buckets", JSON, nullable=False),
)
"""``basis``: the day on which the cases were ``opened`` or ``closed``; ``grain``: of that ``day``, or of the whole
``month`` whose first it is; ``dimensions``: which of ``channel``, ``level`` and ``class`` tell the cases of a team
apart here (the others are empty), or ``held`` for the time of each team that was their ``holder``."""

figure_state = sa.Table(
    "figure_state",
    metadata,
    sa.Column("name", sa.String(16), primary_key=True),
    sa.Column("cursor", sa.String(64), nullable=False),
    sa.Column("as_of", Moment),
    sa.Column("gathered_to", NUMBER),
)
"""One row: up to which event the figures are kept, what moment that was, and up to which case the house's old cases are
gathered (None: all are)."""
