"""What operators need."""

import sqlalchemy as sa
from alembic import op

from loopdesk.engine.db import Moment

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """What operators need."""
    op.create_table(
        "periodic",
        sa.Column("name", sa.String(length=32), nullable=False),
        sa.Column("last_at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_periodic")),
    )


def downgrade() -> None:
    """Back to the schema before."""
    op.drop_table("periodic")
