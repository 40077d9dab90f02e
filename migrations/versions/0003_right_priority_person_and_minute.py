"""Right priority, person and minute."""

import sqlalchemy as sa
from alembic import op

from loopdesk.engine.db import Moment

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Right priority, person and minute."""
    op.create_table(
        "clock",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("case", sa.String(length=20), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("kind", sa.String(length=60), nullable=False),
        sa.Column("department", sa.String(length=60), nullable=False),
        sa.Column("policy", sa.String(length=60), nullable=False),
        sa.Column("level", sa.String(length=60), nullable=False),
        sa.Column("bundle_id", sa.String(length=32), nullable=False),
        sa.Column("calendars_id", sa.String(length=32), nullable=False),
        sa.Column("calendar", sa.String(length=100), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("target_minutes", sa.Float(), nullable=True),
        sa.Column("elapsed_minutes", sa.Float(), nullable=False),
        sa.Column("due_at", Moment(), nullable=True),
        sa.Column("provisional", sa.Boolean(), nullable=False),
        sa.Column("breached_at", Moment(), nullable=True),
        sa.Column("met_at", Moment(), nullable=True),
        sa.Column("next_at", Moment(), nullable=True),
        sa.Column("colour", sa.String(length=10), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("told", sa.JSON(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["case"], ["case_.number"], name=op.f("fk_clock_case")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_clock")),
        sa.UniqueConstraint("case", "name", name=op.f("uq_clock_case_name")),
    )
    with op.batch_alter_table("clock", schema=None) as batch_op:
        batch_op.create_index("ix_clock_calendar", ["calendar", "state"], unique=False)
        batch_op.create_index("ix_clock_met", ["met_at"], unique=False)

    op.create_table(
        "clock_event",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("case", sa.String(length=20), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("arrived_at", Moment(), nullable=False),
        sa.Column("kind", sa.String(length=60), nullable=False),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["case"], ["case_.number"], name=op.f("fk_clock_event_case")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_clock_event")),
    )
    with op.batch_alter_table("clock_event", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_clock_event_case"), ["case"], unique=False)

    op.create_table(
        "classification_model",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("language", sa.String(length=10), nullable=False),
        sa.Column("adopted", sa.Boolean(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("bundle_id", sa.String(length=32), nullable=False),
        sa.Column("through", Moment(), nullable=True),
        sa.Column("examples", sa.Integer(), nullable=False),
        sa.Column("score", sa.Float(), nullable=False),
        sa.Column("former_score", sa.Float(), nullable=True),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_classification_model")),
    )
    with op.batch_alter_table("classification_model", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_classification_model_language"), ["language"], unique=False)

    op.create_table(
        "duty",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("person_id", sa.String(length=64), nullable=False),
        sa.Column("department", sa.String(length=60), nullable=False),
        sa.Column("tier", sa.String(length=20), nullable=False),
        sa.Column("starts_at", Moment(), nullable=False),
        sa.Column("ends_at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_duty")),
    )
    with op.batch_alter_table("duty", schema=None) as batch_op:
        batch_op.create_index("ix_duty_ends_at", ["ends_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_duty_person_id"), ["person_id"], unique=False)

    op.create_table(
        "training",
        sa.Column("person_id", sa.String(length=64), nullable=False),
        sa.Column("tier", sa.String(length=20), nullable=False),
        sa.Column("skills", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_training")),
    )
    op.create_table(
        "classification",
        sa.Column("case", sa.String(length=20), nullable=False),
        sa.Column("language", sa.String(length=10), nullable=False),
        sa.Column("guess", sa.String(length=60), nullable=False),
        sa.Column("confidence", sa.Float(), nullable=False),
        sa.Column("ranked", sa.JSON(), nullable=False),
        sa.Column("model_id", sa.String(length=32), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("chosen", sa.String(length=60), nullable=False),
        sa.Column("corrected", sa.Boolean(), nullable=False),
        sa.Column("by_id", sa.String(length=64), nullable=False),
        sa.Column("chosen_at", Moment(), nullable=True),
        sa.ForeignKeyConstraint(["case"], ["case_.number"], name=op.f("fk_classification_case")),
        sa.PrimaryKeyConstraint("case", name=op.f("pk_classification")),
    )
    with op.batch_alter_table("classification", schema=None) as batch_op:
        batch_op.create_index("ix_classification_chosen", ["language", "chosen_at"], unique=False)

    op.create_table(
        "escalation",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("case", sa.String(length=20), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("way", sa.String(length=10), nullable=False),
        sa.Column("skill", sa.String(length=60), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("from_tier", sa.String(length=20), nullable=False),
        sa.Column("to_tier", sa.String(length=20), nullable=False),
        sa.Column("department", sa.String(length=60), nullable=False),
        sa.Column("from_id", sa.String(length=64), nullable=False),
        sa.Column("to_id", sa.String(length=64), nullable=False),
        sa.Column("to_name", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(["case"], ["case_.number"], name=op.f("fk_escalation_case")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_escalation")),
    )
    with op.batch_alter_table("escalation", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_escalation_case"), ["case"], unique=False)

    with op.batch_alter_table("case_", schema=None) as batch_op:
        batch_op.add_column(sa.Column("tier", sa.String(length=20), server_default="L1", nullable=False))

    with op.batch_alter_table("task", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_task_department"), sqlite_where=sa.text("state = 'open'"))
        batch_op.drop_index(batch_op.f("ix_task_due"), sqlite_where=sa.text("state = 'open'"))
        batch_op.drop_index(batch_op.f("ix_task_group"), sqlite_where=sa.text("state = 'open'"))
        batch_op.create_index(
            "ix_task_nobodys",
            ["due_at", "id"],
            unique=False,
            postgresql_where=sa.text("state = 'open' AND assignee = '' AND person = ''"),
            sqlite_where=sa.text("state = 'open' AND assignee = '' AND person = ''"),
        )
        batch_op.create_index(
            "ix_task_nobodys_department",
            ["department", "due_at", "id"],
            unique=False,
            postgresql_where=sa.text("state = 'open' AND assignee = '' AND person = ''"),
            sqlite_where=sa.text("state = 'open' AND assignee = '' AND person = ''"),
        )
        batch_op.create_index(
            "ix_task_nobodys_role",
            ["department", "role", "due_at", "id"],
            unique=False,
            postgresql_where=sa.text("state = 'open' AND assignee = '' AND person = ''"),
            sqlite_where=sa.text("state = 'open' AND assignee = '' AND person = ''"),
        )
        batch_op.create_index(
            "ix_task_somebodys",
            ["due_at", "id"],
            unique=False,
            postgresql_where=sa.text("state = 'open' AND (assignee != '' OR person != '')"),
            sqlite_where=sa.text("state = 'open' AND (assignee != '' OR person != '')"),
        )
        batch_op.create_index(
            "ix_task_somebodys_department",
            ["department", "due_at", "id"],
            unique=False,
            postgresql_where=sa.text("state = 'open' AND (assignee != '' OR person != '')"),
            sqlite_where=sa.text("state = 'open' AND (assignee != '' OR person != '')"),
        )


def downgrade() -> None:
    """Back to the schema before."""
    with op.batch_alter_table("clock_event", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_clock_event_case"))

    op.drop_table("clock_event")
    with op.batch_alter_table("clock", schema=None) as batch_op:
        batch_op.drop_index("ix_clock_met")
        batch_op.drop_index("ix_clock_calendar")

    op.drop_table("clock")
    with op.batch_alter_table("task", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_task_somebodys_department",
            postgresql_where=sa.text("state = 'open' AND (assignee != '' OR person != '')"),
            sqlite_where=sa.text("state = 'open' AND (assignee != '' OR person != '')"),
        )
        batch_op.drop_index(
            "ix_task_somebodys",
            postgresql_where=sa.text("state = 'open' AND (assignee != '' OR person != '')"),
            sqlite_where=sa.text("state = 'open' AND (assignee != '' OR person != '')"),
        )
        batch_op.drop_index(
            "ix_task_nobodys_role",
            postgresql_where=sa.text("state = 'open' AND assignee = '' AND person = ''"),
            sqlite_where=sa.text("state = 'open' AND assignee = '' AND person = ''"),
        )
        batch_op.drop_index(
            "ix_task_nobodys_department",
            postgresql_where=sa.text("state = 'open' AND assignee = '' AND person = ''"),
            sqlite_where=sa.text("state = 'open' AND assignee = '' AND person = ''"),
        )
        batch_op.drop_index(
            "ix_task_nobodys",
            postgresql_where=sa.text("state = 'open' AND assignee = '' AND person = ''"),
            sqlite_where=sa.text("state = 'open' AND assignee = '' AND person = ''"),
        )
        batch_op.create_index(
            batch_op.f("ix_task_group"),
            ["department", "role", "assignee", "due_at", "id"],
            unique=False,
            sqlite_where=sa.text("state = 'open'"),
        )
        batch_op.create_index(
            batch_op.f("ix_task_due"), ["due_at", "id"], unique=False, sqlite_where=sa.text("state = 'open'")
        )
        batch_op.create_index(
            batch_op.f("ix_task_department"),
            ["department", "due_at", "id"],
            unique=False,
            sqlite_where=sa.text("state = 'open'"),
        )

    with op.batch_alter_table("case_", schema=None) as batch_op:
        batch_op.drop_column("tier")

    with op.batch_alter_table("escalation", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_escalation_case"))

    op.drop_table("escalation")
    with op.batch_alter_table("classification", schema=None) as batch_op:
        batch_op.drop_index("ix_classification_chosen")

    op.drop_table("classification")
    op.drop_table("training")
    with op.batch_alter_table("duty", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_duty_person_id"))
        batch_op.drop_index("ix_duty_ends_at")

    op.drop_table("duty")
    with op.batch_alter_table("classification_model", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_classification_model_language"))

    op.drop_table("classification_model")
