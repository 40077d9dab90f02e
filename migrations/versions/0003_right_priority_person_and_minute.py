"""Right priority, person and minute."""

import sqlalchemy as sa
from alembic import op

from loopdesk.engine.db import Moment

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Right priority, person and minute."""
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
        "threshold_decision",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("policy", sa.String(length=60), nullable=False),
        sa.Column("level", sa.String(length=60), nullable=False),
        sa.Column("clock", sa.String(length=60), nullable=False),
        sa.Column("target", sa.String(length=40), nullable=False),
        sa.Column("proposed_minutes", sa.Integer(), nullable=False),
        sa.Column("cases", sa.Integer(), nullable=False),
        sa.Column("accepted", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=True),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("by_id", sa.String(length=64), nullable=False),
        sa.Column("by_name", sa.String(length=200), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_threshold_decision")),
    )
    op.create_table(
        "training",
        sa.Column("person_id", sa.String(length=64), nullable=False),
        sa.Column("tier", sa.String(length=20), nullable=False),
        sa.Column("skills", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_training")),
    )
    op.create_table(
        "asset",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("organisation_id", sa.String(length=32), nullable=False),
        sa.Column("serial", sa.String(length=100), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("model", sa.String(length=200), nullable=False),
        sa.Column("service_version", sa.String(length=100), nullable=False),
        sa.Column("since", sa.Date(), nullable=True),
        sa.Column("retired", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name=op.f("fk_asset_organisation_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_asset")),
        sa.UniqueConstraint("organisation_id", "serial", name=op.f("uq_asset_organisation_id_serial")),
    )
    op.create_table(
        "contract",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("organisation_id", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("number", sa.String(length=60), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("catalogue", sa.String(length=60), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=True),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name=op.f("fk_contract_organisation_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contract")),
    )
    with op.batch_alter_table("contract", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_contract_organisation_id"), ["organisation_id"], unique=False)

    op.create_table(
        "breach_trace",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("case", sa.String(length=20), nullable=False),
        sa.Column("clock", sa.String(length=64), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("policy", sa.String(length=60), nullable=False),
        sa.Column("level", sa.String(length=60), nullable=False),
        sa.Column("department", sa.String(length=60), nullable=False),
        sa.Column("due_at", Moment(), nullable=True),
        sa.Column("minutes_over", sa.Integer(), nullable=False),
        sa.Column("opened_at", Moment(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("cause", sa.String(length=60), nullable=False),
        sa.Column("explanation", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("responsible_id", sa.String(length=64), nullable=False),
        sa.Column("responsible", sa.String(length=200), nullable=False),
        sa.Column("follow_up_at", Moment(), nullable=True),
        sa.Column("done_at", Moment(), nullable=True),
        sa.Column("result", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["case"], ["case_.number"], name=op.f("fk_breach_trace_case")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_breach_trace")),
        sa.UniqueConstraint("clock", "round", name=op.f("uq_breach_trace_clock_round")),
    )
    with op.batch_alter_table("breach_trace", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_breach_trace_case"), ["case"], unique=False)
        batch_op.create_index(batch_op.f("ix_breach_trace_opened_at"), ["opened_at"], unique=False)

    op.create_table(
        "case_link",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("case", sa.String(length=20), nullable=False),
        sa.Column("other", sa.String(length=20), nullable=False),
        sa.Column("reason", sa.String(length=30), nullable=False),
        sa.Column("likeness", sa.Float(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("by_id", sa.String(length=64), nullable=False),
        sa.Column("by_name", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(["case"], ["case_.number"], name=op.f("fk_case_link_case")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_link")),
        sa.UniqueConstraint("case", "other", name=op.f("uq_case_link_case_other")),
    )
    with op.batch_alter_table("case_link", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_case_link_other"), ["other"], unique=False)

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
        "diagnosis",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("case", sa.String(length=20), nullable=False),
        sa.Column("tree", sa.String(length=60), nullable=False),
        sa.Column("bundle_id", sa.String(length=32), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("step", sa.String(length=60), nullable=False),
        sa.Column("result", sa.String(length=60), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("begun_at", Moment(), nullable=False),
        sa.Column("begun_by", sa.String(length=64), nullable=False),
        sa.Column("begun_by_name", sa.String(length=200), nullable=False),
        sa.Column("ended_at", Moment(), nullable=True),
        sa.ForeignKeyConstraint(["case"], ["case_.number"], name=op.f("fk_diagnosis_case")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_diagnosis")),
    )
    with op.batch_alter_table("diagnosis", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_diagnosis_case"), ["case"], unique=False)

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

    op.create_table(
        "impact_figure",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("case", sa.String(length=20), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("loss", sa.Float(), nullable=True),
        sa.Column("share", sa.Float(), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("by_id", sa.String(length=64), nullable=False),
        sa.Column("by_name", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(["case"], ["case_.number"], name=op.f("fk_impact_figure_case")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_impact_figure")),
    )
    with op.batch_alter_table("impact_figure", schema=None) as batch_op:
        batch_op.create_index("ix_impact_figure_case", ["case", "at"], unique=False)

    op.create_table(
        "likeness",
        sa.Column("case", sa.String(length=20), nullable=False),
        sa.Column("band", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(["case"], ["case_.number"], name=op.f("fk_likeness_case")),
        sa.PrimaryKeyConstraint("case", "band", name=op.f("pk_likeness")),
    )
    with op.batch_alter_table("likeness", schema=None) as batch_op:
        batch_op.create_index("ix_likeness_band", ["band", "at"], unique=False)

    op.create_table(
        "negotiation",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("case", sa.String(length=20), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("wish", sa.Text(), nullable=False),
        sa.Column("terms", sa.Text(), nullable=False),
        sa.Column("priority", sa.String(length=30), nullable=False),
        sa.Column("begun_at", Moment(), nullable=False),
        sa.Column("ours_at", Moment(), nullable=True),
        sa.Column("ours_id", sa.String(length=64), nullable=False),
        sa.Column("ours_name", sa.String(length=200), nullable=False),
        sa.Column("theirs_at", Moment(), nullable=True),
        sa.Column("theirs_id", sa.String(length=64), nullable=False),
        sa.Column("theirs_name", sa.String(length=200), nullable=False),
        sa.Column("comment", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["case"], ["case_.number"], name=op.f("fk_negotiation_case")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_negotiation")),
    )
    with op.batch_alter_table("negotiation", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_negotiation_case"), ["case"], unique=False)
        batch_op.create_index(
            "uq_negotiation_running",
            ["case"],
            unique=True,
            postgresql_where=sa.text("state IN ('asked', 'offered')"),
            sqlite_where=sa.text("state IN ('asked', 'offered')"),
        )

    op.create_table(
        "searched",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("case", sa.String(length=20), nullable=False),
        sa.Column("terms", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["case"], ["case_.number"], name=op.f("fk_searched_case")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_searched")),
        sa.UniqueConstraint("case", name=op.f("uq_searched_case")),
    )
    op.create_table(
        "subcase",
        sa.Column("case", sa.String(length=20), nullable=False),
        sa.Column("parent", sa.String(length=20), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("by_id", sa.String(length=64), nullable=False),
        sa.Column("by_name", sa.String(length=200), nullable=False),
        sa.Column("cancelled_at", Moment(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["case"], ["case_.number"], name=op.f("fk_subcase_case")),
        sa.PrimaryKeyConstraint("case", name=op.f("pk_subcase")),
    )
    with op.batch_alter_table("subcase", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_subcase_parent"), ["parent"], unique=False)

    op.create_table(
        "casefile",
        sa.Column("attachment", sa.String(length=32), nullable=False),
        sa.Column("case", sa.String(length=20), nullable=False),
        sa.Column("language", sa.String(length=10), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(["attachment"], ["attachment.id"], name=op.f("fk_casefile_attachment")),
        sa.ForeignKeyConstraint(["case"], ["case_.number"], name=op.f("fk_casefile_case")),
        sa.PrimaryKeyConstraint("attachment", name=op.f("pk_casefile")),
    )
    with op.batch_alter_table("casefile", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_casefile_case"), ["case"], unique=False)

    op.create_table(
        "diagnosis_step",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("diagnosis", sa.String(length=32), nullable=False),
        sa.Column("step", sa.String(length=60), nullable=False),
        sa.Column("outcome", sa.String(length=60), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("by_id", sa.String(length=64), nullable=False),
        sa.Column("by_name", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(["diagnosis"], ["diagnosis.id"], name=op.f("fk_diagnosis_step_diagnosis")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_diagnosis_step")),
        sa.UniqueConstraint("diagnosis", "step", name=op.f("uq_diagnosis_step_diagnosis_step")),
    )
    with op.batch_alter_table("diagnosis_step", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_diagnosis_step_diagnosis"), ["diagnosis"], unique=False)

    op.create_table(
        "finding",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("case", sa.String(length=20), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("diagnosis", sa.String(length=32), nullable=True),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("by_id", sa.String(length=64), nullable=False),
        sa.Column("by_name", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(["case"], ["case_.number"], name=op.f("fk_finding_case")),
        sa.ForeignKeyConstraint(["diagnosis"], ["diagnosis.id"], name=op.f("fk_finding_diagnosis")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_finding")),
    )
    with op.batch_alter_table("finding", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_finding_case"), ["case"], unique=False)

    with op.batch_alter_table("case_", schema=None) as batch_op:
        batch_op.add_column(sa.Column("tier", sa.String(length=20), server_default="L1", nullable=False))
        batch_op.add_column(sa.Column("template", sa.String(length=60), server_default="", nullable=False))
        batch_op.add_column(sa.Column("details", sa.JSON(), server_default="{}", nullable=False))
        batch_op.add_column(sa.Column("asset_id", sa.String(length=32), nullable=True))
        batch_op.add_column(sa.Column("service", sa.String(length=60), server_default="", nullable=False))
        batch_op.add_column(sa.Column("out_of_scope", sa.String(length=20), server_default="", nullable=False))
        batch_op.add_column(sa.Column("problem", sa.String(length=20), server_default="", nullable=False))
        batch_op.add_column(sa.Column("impact", sa.String(length=30), server_default="", nullable=False))
        batch_op.add_column(sa.Column("impact_score", sa.Float(), server_default="0", nullable=False))
        batch_op.add_column(sa.Column("agreed", sa.String(length=30), server_default="", nullable=False))
        batch_op.create_index(batch_op.f("ix_case__asset_id"), ["asset_id"], unique=False)
        batch_op.create_index("ix_case__customer", ["organisation_id", "opened_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_case__problem"), ["problem"], unique=False)
        batch_op.create_foreign_key(batch_op.f("fk_case__asset_id"), "asset", ["asset_id"], ["id"])

    with op.batch_alter_table("contact", schema=None) as batch_op:
        batch_op.add_column(sa.Column("merged_into", sa.String(length=32), nullable=True))
        batch_op.create_index(batch_op.f("ix_contact_merged_into"), ["merged_into"], unique=False)

    with op.batch_alter_table("organisation", schema=None) as batch_op:
        batch_op.add_column(sa.Column("merged_into", sa.String(length=32), nullable=True))
        batch_op.create_index(batch_op.f("ix_organisation_merged_into"), ["merged_into"], unique=False)

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

    with op.batch_alter_table("organisation", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_organisation_merged_into"))
        batch_op.drop_column("merged_into")

    with op.batch_alter_table("contact", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_contact_merged_into"))
        batch_op.drop_column("merged_into")

    with op.batch_alter_table("case_", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_case__asset_id"), type_="foreignkey")
        batch_op.drop_index(batch_op.f("ix_case__problem"))
        batch_op.drop_index("ix_case__customer")
        batch_op.drop_index(batch_op.f("ix_case__asset_id"))
        batch_op.drop_column("agreed")
        batch_op.drop_column("impact_score")
        batch_op.drop_column("impact")
        batch_op.drop_column("problem")
        batch_op.drop_column("out_of_scope")
        batch_op.drop_column("service")
        batch_op.drop_column("asset_id")
        batch_op.drop_column("details")
        batch_op.drop_column("template")
        batch_op.drop_column("tier")

    with op.batch_alter_table("finding", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_finding_case"))

    op.drop_table("finding")
    with op.batch_alter_table("diagnosis_step", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_diagnosis_step_diagnosis"))

    op.drop_table("diagnosis_step")
    with op.batch_alter_table("casefile", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_casefile_case"))

    op.drop_table("casefile")
    with op.batch_alter_table("subcase", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_subcase_parent"))

    op.drop_table("subcase")
    op.drop_table("searched")
    with op.batch_alter_table("negotiation", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_negotiation_running",
            postgresql_where=sa.text("state IN ('asked', 'offered')"),
            sqlite_where=sa.text("state IN ('asked', 'offered')"),
        )
        batch_op.drop_index(batch_op.f("ix_negotiation_case"))

    op.drop_table("negotiation")
    with op.batch_alter_table("likeness", schema=None) as batch_op:
        batch_op.drop_index("ix_likeness_band")

    op.drop_table("likeness")
    with op.batch_alter_table("impact_figure", schema=None) as batch_op:
        batch_op.drop_index("ix_impact_figure_case")

    op.drop_table("impact_figure")
    with op.batch_alter_table("escalation", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_escalation_case"))

    op.drop_table("escalation")
    with op.batch_alter_table("diagnosis", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_diagnosis_case"))

    op.drop_table("diagnosis")
    with op.batch_alter_table("clock_event", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_clock_event_case"))

    op.drop_table("clock_event")
    with op.batch_alter_table("clock", schema=None) as batch_op:
        batch_op.drop_index("ix_clock_met")
        batch_op.drop_index("ix_clock_calendar")

    op.drop_table("clock")
    with op.batch_alter_table("classification", schema=None) as batch_op:
        batch_op.drop_index("ix_classification_chosen")

    op.drop_table("classification")
    with op.batch_alter_table("case_link", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_case_link_other"))

    op.drop_table("case_link")
    with op.batch_alter_table("breach_trace", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_breach_trace_opened_at"))
        batch_op.drop_index(batch_op.f("ix_breach_trace_case"))

    op.drop_table("breach_trace")
    with op.batch_alter_table("contract", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_contract_organisation_id"))

    op.drop_table("contract")
    op.drop_table("asset")
    op.drop_table("training")
    op.drop_table("threshold_decision")
    with op.batch_alter_table("duty", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_duty_person_id"))
        batch_op.drop_index("ix_duty_ends_at")

    op.drop_table("duty")
    with op.batch_alter_table("classification_model", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_classification_model_language"))

    op.drop_table("classification_model")
