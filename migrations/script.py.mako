"""${message}."""

import sqlalchemy as sa
from alembic import op
${imports or ""}

revision = "${up_revision}"
down_revision = ${'"%s"' % down_revision if down_revision else "None"}


def upgrade() -> None:
    """${message}."""
    ${upgrades}


def downgrade() -> None:
    """Back to the schema before."""
    ${downgrades}
