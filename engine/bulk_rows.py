"""The rows of a bulk action: what was chosen, how far it is, and what became of each item."""

import sqlalchemy as sa

from loopdesk.engine.db import JSON, Moment, metadata

bulk = sa.Table(
    "bulk",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("action", sa.String(32), nullable=False),
    sa.Column("chosen", JSON, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("actor", JSON, nullable=False),
    sa.Column("total", sa.Integer, nullable=False),
    sa.Column("created_at", Moment, nullable=False),
    sa.Index("ix_bulk_created", "created_at"),
)
bulk_item = sa.Table(
    "bulk_item",
    metadata,
    sa.Column("bulk_id", sa.String(32), sa.ForeignKey("bulk.id"), primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("subject", sa.String(32), nullable=False),
    sa.Column("key", sa.String(64), nullable=False),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("message", sa.Text, nullable=False),
    sa.Column("params", JSON, nullable=False),
    sa.Column("at", Moment),
)
WAITING, DONE, REFUSED = "waiting", "done", "refused"
