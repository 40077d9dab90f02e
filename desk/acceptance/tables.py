"""What is kept of an acceptance: its gates, the samples, the reports, the answers, the two words (FIX-5 to FIX-8)."""

import sqlalchemy as sa

from loopdesk.desk.record import NUMBER, PERSON_ID
from loopdesk.engine.db import BIG, JSON, Moment, metadata

ID = sa.String(32)

acceptance_ = sa.Table(
    "acceptance",
    metadata,
    sa.Column("id", ID, primary_key=True),
    sa.Column("case", NUMBER, sa.ForeignKey("case_.number"), nullable=False, index=True),
    sa.Column("state", sa.String(10), nullable=False, index=True),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("opened_at", Moment, nullable=False),
    sa.Column("ended_at", Moment),
)

gate_ = sa.Table(
    "acceptance_gate",
    metadata,
    sa.Column("id", ID, primary_key=True),
    sa.Column("acceptance", ID, sa.ForeignKey("acceptance.id"), nullable=False),
    sa.Column("case", NUMBER, sa.ForeignKey("case_.number"), nullable=False, index=True),
    sa.Column("kind", sa.String(20), nullable=False),
    sa.Column("state", sa.String(10), nullable=False),
    sa.Column("round", sa.Integer, nullable=False),
    sa.Column("from_at", Moment),
    sa.Column("until_at", Moment),
    sa.Column("lost_at", Moment),
    sa.Column("bars", JSON, nullable=False),
    sa.Column("figures", JSON, nullable=False),
    sa.Column("fails", JSON, nullable=False),
    sa.Column("decided_at", Moment),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("approved_id", PERSON_ID, nullable=False),
    sa.Column("approved_by", sa.String(200), nullable=False),
    sa.Column("approved_at", Moment),
    sa.UniqueConstraint("acceptance", "kind", name="uq_acceptance_gate"),
)
"""``bars``: the figures of the policy as they were when the round began; ``fails``: codes of what was not reached."""

sample_ = sa.Table(
    "acceptance_sample",
    metadata,
    sa.Column("gate", ID, sa.ForeignKey("acceptance_gate.id"), primary_key=True),
    sa.Column("round", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("slot", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("at", Moment, nullable=False),
    sa.Column("ok", sa.Boolean, nullable=False),
    sa.Column("ms", sa.Integer),
)
"""One sample for each ``slot`` (number of the interval, from 0); ``ms`` is None where nothing answered."""

load_test_ = sa.Table(
    "acceptance_load_test",
    metadata,
    sa.Column("id", ID, primary_key=True),
    sa.Column("gate", ID, sa.ForeignKey("acceptance_gate.id"), nullable=False, index=True),
    sa.Column("case", NUMBER, sa.ForeignKey("case_.number"), nullable=False, index=True),
    sa.Column("round", sa.Integer, nullable=False),
    sa.Column("at", Moment, nullable=False),
    sa.Column("by_id", PERSON_ID, nullable=False),
    sa.Column("by_name", sa.String(200), nullable=False),
    *(sa.Column(name, sa.String(20), nullable=False) for name in ("peak", "hours", "success", "swing")),
    sa.Column("file", sa.String(200), nullable=False),
)
"""``peak`` in times the usual peak, ``success`` and ``swing`` in per cent; ``file``: the report's name on the case."""

key_user_ = sa.Table(
    "acceptance_key_user",
    metadata,
    sa.Column("id", ID, primary_key=True),
    sa.Column("gate", ID, sa.ForeignKey("acceptance_gate.id"), nullable=False),
    sa.Column("case", NUMBER, sa.ForeignKey("case_.number"), nullable=False, index=True),
    sa.Column("round", sa.Integer, nullable=False),
    sa.Column("name", sa.String(200), nullable=False),
    sa.Column("address", sa.String(254), nullable=False),
    sa.Column("token", sa.String(64), nullable=False, unique=True),
    sa.Column("asked_at", Moment, nullable=False),
    sa.Column("reminded_at", Moment),
    sa.Column("expires_at", Moment, nullable=False),
    sa.Column("answered_at", Moment),
    sa.Column("points", JSON, nullable=False),
    sa.Column("comment", sa.Text, nullable=False),
    sa.UniqueConstraint("gate", "round", "address", name="uq_acceptance_key_user"),
)

word_ = sa.Table(
    "acceptance_word",
    metadata,
    sa.Column("id", ID, primary_key=True),
    sa.Column("gate", ID, sa.ForeignKey("acceptance_gate.id"), nullable=False, index=True),
    sa.Column("case", NUMBER, sa.ForeignKey("case_.number"), nullable=False, index=True),
    sa.Column("token", sa.String(64), nullable=False, unique=True),
    sa.Column("asked_at", Moment, nullable=False),
    sa.Column("expires_at", Moment, nullable=False),
    sa.Column("answered_at", Moment),
    sa.Column("accepted", sa.Boolean),
    sa.Column("comment", sa.Text, nullable=False),
)
"""The customer's word on accepting although a figure was not reached; the supervisor's stands at the gate."""

benefit_ = sa.Table(
    "cost_benefit",
    metadata,
    sa.Column("id", ID, primary_key=True),
    sa.Column("case", NUMBER, sa.ForeignKey("case_.number"), nullable=False, unique=True),
    sa.Column("state", sa.String(10), nullable=False, index=True),
    sa.Column("begun_at", Moment, nullable=False),
    sa.Column("due_at", Moment, nullable=False),
    sa.Column("currency", sa.String(3), nullable=False),
    *(sa.Column(name, BIG) for name in ("labour", "outage", "cost")),
    sa.Column("percent", sa.String(30), nullable=False),
    sa.Column("entered_at", Moment),
    sa.Column("entered_id", PERSON_ID, nullable=False),
    sa.Column("entered_by", sa.String(200), nullable=False),
    sa.Column("note", sa.Text, nullable=False),
)
"""Amounts in minor units of ``currency``; ``percent`` is the return, empty before it is entered."""

TABLES = (acceptance_, gate_, sample_, load_test_, key_user_, word_, benefit_)
