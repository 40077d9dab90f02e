"""Handoffs are signed and emergencies led."""

import sqlalchemy as sa
from alembic import op

from loopdesk.engine.db import Moment

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Handoffs are signed and emergencies led."""
    op.create_table(
        "action",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("source", sa.String(length=20), nullable=False),
        sa.Column("source_id", sa.String(length=64), nullable=False),
        sa.Column("case", sa.String(length=20), nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("department", sa.String(length=60), nullable=False),
        sa.Column("owner_id", sa.String(length=64), nullable=False),
        sa.Column("owner", sa.String(length=200), nullable=False),
        sa.Column("created_at", Moment(), nullable=False),
        sa.Column("due_at", Moment(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("done_at", Moment(), nullable=True),
        sa.Column("done_by", sa.String(length=200), nullable=False),
        sa.Column("result", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["case"], ["case_.number"], name=op.f("fk_action_case")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_action")),
    )
    with op.batch_alter_table("action", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_action_case"), ["case"], unique=False)
        batch_op.create_index("ix_action_source", ["source", "source_id"], unique=False)
        batch_op.create_index("ix_action_state", ["state", "due_at"], unique=False)


def downgrade() -> None:
    """Back to the schema before."""
    with op.batch_alter_table("action", schema=None) as batch_op:
        batch_op.drop_index("ix_action_state")
        batch_op.drop_index("ix_action_source")
        batch_op.drop_index(batch_op.f("ix_action_case"))

    op.drop_table("action")
