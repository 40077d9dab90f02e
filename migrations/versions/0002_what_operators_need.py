"""What operators need."""

import sqlalchemy as sa
from alembic import op

from loopdesk.engine.db import Moment

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """What operators need."""
    op.create_table(
        "archive",
        sa.Column("number", sa.String(length=20), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("files", sa.JSON(), nullable=False),
        sa.Column("contact_id", sa.String(length=32), nullable=False),
        sa.Column("organisation_id", sa.String(length=32), nullable=False),
        sa.Column("closed_at", Moment(), nullable=False),
        sa.Column("archived_at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_archive")),
    )
    with op.batch_alter_table("archive", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_archive_archived_at"), ["archived_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_archive_contact_id"), ["contact_id"], unique=False)

    op.create_table(
        "audit",
        sa.Column("number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("event_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("chain", sa.String(length=70), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("payload", sa.LargeBinary(length=32), nullable=False),
        sa.Column("content", sa.LargeBinary(length=32), nullable=False),
        sa.Column("previous", sa.LargeBinary(length=32), nullable=False),
        sa.Column("hash", sa.LargeBinary(length=32), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_audit")),
        sa.UniqueConstraint("chain", "position", name=op.f("uq_audit_chain_position")),
        sa.UniqueConstraint("event_id", name=op.f("uq_audit_event_id")),
    )
    op.create_table(
        "audit_head",
        sa.Column("chain", sa.String(length=70), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("hash", sa.LargeBinary(length=32), nullable=False),
        sa.PrimaryKeyConstraint("chain", name=op.f("pk_audit_head")),
    )
    op.create_table(
        "audit_house",
        sa.Column("number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("first", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("last", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("cursor", sa.String(length=50), nullable=False),
        sa.Column("previous", sa.LargeBinary(length=32), nullable=False),
        sa.Column("hash", sa.LargeBinary(length=32), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_audit_house")),
    )
    op.create_table(
        "audit_tombstone",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("event_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("token", sa.String(length=32), nullable=False),
        sa.Column("payload", sa.LargeBinary(length=32), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_tombstone")),
    )
    with op.batch_alter_table("audit_tombstone", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_audit_tombstone_event_id"), ["event_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_audit_tombstone_token"), ["token"], unique=False)

    op.create_table(
        "bulk",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("action", sa.String(length=32), nullable=False),
        sa.Column("chosen", sa.JSON(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("actor", sa.JSON(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("created_at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bulk")),
    )
    with op.batch_alter_table("bulk", schema=None) as batch_op:
        batch_op.create_index("ix_bulk_created", ["created_at"], unique=False)

    op.create_table(
        "figure",
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("labels", sa.String(length=250), nullable=False),
        sa.Column("value", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("name", "labels", name=op.f("pk_figure")),
    )
    op.create_table(
        "migration",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("source_id", sa.String(length=32), nullable=False),
        sa.Column("target_id", sa.String(length=32), nullable=False),
        sa.Column("source", sa.Integer(), nullable=False),
        sa.Column("target", sa.Integer(), nullable=False),
        sa.Column("mapping", sa.JSON(), nullable=False),
        sa.Column("recompute", sa.Boolean(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("turn", sa.Integer(), nullable=False),
        sa.Column("actor", sa.JSON(), nullable=False),
        sa.Column("author", sa.String(length=200), nullable=False),
        sa.Column("created_at", Moment(), nullable=False),
        sa.Column("ended_at", Moment(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_migration")),
    )
    with op.batch_alter_table("migration", schema=None) as batch_op:
        batch_op.create_index("ix_migration_name", ["name", "id"], unique=False)

    op.create_table(
        "periodic",
        sa.Column("name", sa.String(length=32), nullable=False),
        sa.Column("last_at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_periodic")),
    )
    op.create_table(
        "bulk_item",
        sa.Column("bulk_id", sa.String(length=32), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("subject", sa.String(length=32), nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("params", sa.JSON(), nullable=False),
        sa.Column("at", Moment(), nullable=True),
        sa.ForeignKeyConstraint(["bulk_id"], ["bulk.id"], name=op.f("fk_bulk_item_bulk_id")),
        sa.PrimaryKeyConstraint("bulk_id", "number", name=op.f("pk_bulk_item")),
    )
    op.create_table(
        "migration_item",
        sa.Column("migration_id", sa.String(length=32), nullable=False),
        sa.Column("instance_id", sa.String(length=32), nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("reasons", sa.JSON(), nullable=False),
        sa.Column("at", Moment(), nullable=True),
        sa.ForeignKeyConstraint(["migration_id"], ["migration.id"], name=op.f("fk_migration_item_migration_id")),
        sa.PrimaryKeyConstraint("migration_id", "instance_id", name=op.f("pk_migration_item")),
    )
    with op.batch_alter_table("migration_item", schema=None) as batch_op:
        batch_op.create_index("ix_migration_item_state", ["migration_id", "state", "instance_id"], unique=False)

    op.create_table(
        "value",
        sa.Column("instance_id", sa.String(length=32), nullable=False),
        sa.Column("digest", sa.String(length=32), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("kept", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["instance_id"], ["instance.id"], name=op.f("fk_value_instance_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("instance_id", "digest", name=op.f("pk_value")),
    )
    op.create_table(
        "legal_hold",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("case", sa.String(length=20), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("by_id", sa.String(length=64), nullable=False),
        sa.Column("by_name", sa.String(length=200), nullable=False),
        sa.Column("released_at", Moment(), nullable=True),
        sa.Column("released_by", sa.String(length=200), nullable=False),
        sa.Column("release_reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["case"], ["case_.number"], name=op.f("fk_legal_hold_case")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_legal_hold")),
    )
    with op.batch_alter_table("legal_hold", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_legal_hold_case"), ["case"], unique=False)

    with op.batch_alter_table("bundle", schema=None) as batch_op:
        batch_op.add_column(sa.Column("chosen", sa.Boolean(), server_default="0", nullable=False))
        batch_op.add_column(sa.Column("retired_at", Moment(), nullable=True))

    with op.batch_alter_table("incident", schema=None) as batch_op:
        batch_op.add_column(sa.Column("type", sa.String(length=200), server_default="", nullable=False))
        batch_op.add_column(sa.Column("resolution", sa.String(length=16), server_default="", nullable=False))

    with op.batch_alter_table("instance", schema=None) as batch_op:
        batch_op.add_column(sa.Column("suspended_at", Moment(), nullable=True))
        batch_op.create_index(
            "ix_instance_running",
            ["bundle_id", "id"],
            unique=False,
            postgresql_where=sa.text("ended_at IS NULL"),
            sqlite_where=sa.text("ended_at IS NULL"),
        )

    with op.batch_alter_table("message", schema=None) as batch_op:
        batch_op.add_column(sa.Column("instances", sa.JSON(), server_default="[]", nullable=False))
        batch_op.create_index(
            "ix_message_expiry",
            ["expires_at"],
            unique=False,
            postgresql_where=sa.text("state = 'waiting'"),
            sqlite_where=sa.text("state = 'waiting'"),
        )

    with op.batch_alter_table("outbox", schema=None) as batch_op:
        batch_op.add_column(sa.Column("limited_since", Moment(), nullable=True))
        batch_op.add_column(sa.Column("trace", sa.String(length=55), server_default="", nullable=False))
        batch_op.drop_index(batch_op.f("ix_outbox_open"), sqlite_where=sa.text("state IN ('ready', 'claimed')"))
        batch_op.create_index(
            "ix_outbox_claimed",
            ["lease_until"],
            unique=False,
            postgresql_where=sa.text("state = 'claimed'"),
            sqlite_where=sa.text("state = 'claimed'"),
        )
        batch_op.create_index(
            "ix_outbox_ready",
            ["not_before", "id"],
            unique=False,
            postgresql_where=sa.text("state = 'ready'"),
            sqlite_where=sa.text("state = 'ready'"),
        )

    with op.batch_alter_table("task", schema=None) as batch_op:
        batch_op.add_column(sa.Column("calendar", sa.String(length=100), server_default="", nullable=False))
        batch_op.add_column(sa.Column("provisional", sa.Boolean(), server_default="0", nullable=False))
        batch_op.drop_index(batch_op.f("ix_task_group"), sqlite_where=sa.text("state = 'open'"))
        batch_op.create_index(
            "ix_task_group",
            ["department", "role", "assignee", "due_at", "id"],
            unique=False,
            postgresql_where=sa.text("state = 'open'"),
            sqlite_where=sa.text("state = 'open'"),
        )
        batch_op.drop_index(batch_op.f("ix_task_mine"), sqlite_where=sa.text("state = 'open'"))
        batch_op.create_index(
            "ix_task_mine",
            ["assignee", "due_at", "id"],
            unique=False,
            postgresql_where=sa.text("state = 'open' AND assignee != ''"),
            sqlite_where=sa.text("state = 'open' AND assignee != ''"),
        )
        batch_op.create_index(
            "ix_task_department",
            ["department", "due_at", "id"],
            unique=False,
            postgresql_where=sa.text("state = 'open'"),
            sqlite_where=sa.text("state = 'open'"),
        )
        batch_op.create_index(
            "ix_task_person",
            ["person", "due_at", "id"],
            unique=False,
            postgresql_where=sa.text("state = 'open' AND person != ''"),
            sqlite_where=sa.text("state = 'open' AND person != ''"),
        )
        batch_op.create_index(
            "ix_task_role",
            ["department", "role", "due_at", "id"],
            unique=False,
            postgresql_where=sa.text("state = 'open'"),
            sqlite_where=sa.text("state = 'open'"),
        )

    with op.batch_alter_table("timer", schema=None) as batch_op:
        batch_op.add_column(sa.Column("calendar", sa.String(length=100), server_default="", nullable=False))
        batch_op.add_column(sa.Column("provisional", sa.Boolean(), server_default="0", nullable=False))


def downgrade() -> None:
    """Back to the schema before."""
    with op.batch_alter_table("timer", schema=None) as batch_op:
        batch_op.drop_column("provisional")
        batch_op.drop_column("calendar")

    with op.batch_alter_table("task", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_task_role", postgresql_where=sa.text("state = 'open'"), sqlite_where=sa.text("state = 'open'")
        )
        batch_op.drop_index(
            "ix_task_person",
            postgresql_where=sa.text("state = 'open' AND person != ''"),
            sqlite_where=sa.text("state = 'open' AND person != ''"),
        )
        batch_op.drop_index(
            "ix_task_department", postgresql_where=sa.text("state = 'open'"), sqlite_where=sa.text("state = 'open'")
        )
        batch_op.drop_index(
            "ix_task_mine",
            postgresql_where=sa.text("state = 'open' AND assignee != ''"),
            sqlite_where=sa.text("state = 'open' AND assignee != ''"),
        )
        batch_op.create_index(
            batch_op.f("ix_task_mine"), ["assignee", "id"], unique=False, sqlite_where=sa.text("state = 'open'")
        )
        batch_op.drop_index(
            "ix_task_group", postgresql_where=sa.text("state = 'open'"), sqlite_where=sa.text("state = 'open'")
        )
        batch_op.create_index(
            batch_op.f("ix_task_group"),
            ["department", "role", "id"],
            unique=False,
            sqlite_where=sa.text("state = 'open'"),
        )
        batch_op.drop_column("provisional")
        batch_op.drop_column("calendar")

    with op.batch_alter_table("outbox", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_outbox_ready", postgresql_where=sa.text("state = 'ready'"), sqlite_where=sa.text("state = 'ready'")
        )
        batch_op.drop_index(
            "ix_outbox_claimed",
            postgresql_where=sa.text("state = 'claimed'"),
            sqlite_where=sa.text("state = 'claimed'"),
        )
        batch_op.create_index(
            batch_op.f("ix_outbox_open"),
            ["state", "not_before", "id"],
            unique=False,
            sqlite_where=sa.text("state IN ('ready', 'claimed')"),
        )
        batch_op.drop_column("trace")
        batch_op.drop_column("limited_since")

    with op.batch_alter_table("message", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_message_expiry",
            postgresql_where=sa.text("state = 'waiting'"),
            sqlite_where=sa.text("state = 'waiting'"),
        )
        batch_op.drop_column("instances")

    with op.batch_alter_table("instance", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_instance_running",
            postgresql_where=sa.text("ended_at IS NULL"),
            sqlite_where=sa.text("ended_at IS NULL"),
        )
        batch_op.drop_column("suspended_at")

    with op.batch_alter_table("incident", schema=None) as batch_op:
        batch_op.drop_column("resolution")
        batch_op.drop_column("type")

    with op.batch_alter_table("bundle", schema=None) as batch_op:
        batch_op.drop_column("retired_at")
        batch_op.drop_column("chosen")

    op.drop_table("value")
    with op.batch_alter_table("legal_hold", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_legal_hold_case"))

    op.drop_table("legal_hold")
    with op.batch_alter_table("migration_item", schema=None) as batch_op:
        batch_op.drop_index("ix_migration_item_state")

    op.drop_table("migration_item")
    op.drop_table("bulk_item")
    op.drop_table("periodic")
    with op.batch_alter_table("migration", schema=None) as batch_op:
        batch_op.drop_index("ix_migration_name")

    op.drop_table("migration")
    op.drop_table("figure")
    with op.batch_alter_table("bulk", schema=None) as batch_op:
        batch_op.drop_index("ix_bulk_created")

    op.drop_table("bulk")
    with op.batch_alter_table("audit_tombstone", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_audit_tombstone_token"))
        batch_op.drop_index(batch_op.f("ix_audit_tombstone_event_id"))

    op.drop_table("audit_tombstone")
    op.drop_table("audit_house")
    op.drop_table("audit_head")
    op.drop_table("audit")
    with op.batch_alter_table("archive", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_archive_contact_id"))
        batch_op.drop_index(batch_op.f("ix_archive_archived_at"))

    op.drop_table("archive")
