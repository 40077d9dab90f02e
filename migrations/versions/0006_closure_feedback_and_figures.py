"""Closure, feedback and figures."""

import sqlalchemy as sa
from alembic import op

from loopdesk.engine.db import Moment

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Closure, feedback and figures."""
    op.create_table(
        "case_figure",
        sa.Column("number", sa.String(length=20), nullable=False),
        sa.Column("opened_at", Moment(), nullable=False),
        sa.Column("opened_day", sa.Date(), nullable=False),
        sa.Column("closed_at", Moment(), nullable=True),
        sa.Column("closed_day", sa.Date(), nullable=True),
        sa.Column("channel", sa.String(length=30), nullable=False),
        sa.Column("level", sa.String(length=30), nullable=False),
        sa.Column("class", sa.String(length=60), nullable=False),
        sa.Column("team", sa.String(length=60), nullable=False),
        sa.Column("customer", sa.String(length=32), nullable=False),
        sa.Column("restricted", sa.Boolean(), nullable=False),
        sa.Column("first_seconds", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("first_bucket", sa.SmallInteger(), nullable=True),
        sa.Column("first_kept", sa.Boolean(), nullable=True),
        sa.Column("responded", sa.Boolean(), nullable=True),
        sa.Column("repair_seconds", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("repair_bucket", sa.SmallInteger(), nullable=True),
        sa.Column("waiting_seconds", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("on_time", sa.Boolean(), nullable=True),
        sa.Column("escalated", sa.Boolean(), nullable=False),
        sa.Column("asked", sa.Boolean(), nullable=False),
        sa.Column("stars", sa.SmallInteger(), nullable=True),
        sa.Column("nps", sa.SmallInteger(), nullable=True),
        sa.Column("complained", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_case_figure")),
    )
    with op.batch_alter_table("case_figure", schema=None) as batch_op:
        batch_op.create_index("ix_case_figure_closed", ["closed_day"], unique=False)
        batch_op.create_index(
            "ix_case_figure_customer",
            ["customer", "closed_day"],
            unique=False,
            postgresql_include=(
                "channel",
                "level",
                "class",
                "team",
                "restricted",
                "repair_seconds",
                "repair_bucket",
                "on_time",
                "escalated",
                "asked",
                "stars",
                "nps",
                "complained",
            ),
        )
        batch_op.create_index(
            "ix_case_figure_customer_opened",
            ["customer", "opened_day"],
            unique=False,
            postgresql_include=(
                "channel",
                "level",
                "class",
                "team",
                "restricted",
                "first_seconds",
                "first_bucket",
                "first_kept",
                "responded",
            ),
        )
        batch_op.create_index("ix_case_figure_customer_team", ["customer", "team", "restricted"], unique=False)
        batch_op.create_index("ix_case_figure_opened", ["opened_day"], unique=False)

    op.create_table(
        "downtime",
        sa.Column("emergency", sa.String(length=32), nullable=False),
        sa.Column("number", sa.String(length=20), nullable=False),
        sa.Column("kind", sa.String(length=30), nullable=False),
        sa.Column("severity", sa.String(length=10), nullable=False),
        sa.Column("since", Moment(), nullable=False),
        sa.Column("until", Moment(), nullable=True),
        sa.PrimaryKeyConstraint("emergency", name=op.f("pk_downtime")),
    )
    with op.batch_alter_table("downtime", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_downtime_number"), ["number"], unique=False)
        batch_op.create_index(batch_op.f("ix_downtime_since"), ["since"], unique=False)

    op.create_table(
        "figure_day",
        sa.Column("basis", sa.String(length=8), nullable=False),
        sa.Column("dimensions", sa.String(length=32), nullable=False),
        sa.Column("grain", sa.String(length=8), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("channel", sa.String(length=30), nullable=False),
        sa.Column("level", sa.String(length=30), nullable=False),
        sa.Column("class", sa.String(length=60), nullable=False),
        sa.Column("holder", sa.String(length=60), nullable=False),
        sa.Column("team", sa.String(length=60), nullable=False),
        sa.Column("restricted", sa.Boolean(), nullable=False),
        sa.Column("cases", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("first_n", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("first_seconds", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("first_promised", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("first_kept", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("responded", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("repair_n", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("repair_seconds", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("promised", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("on_time", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("escalated", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("asked", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("answers", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("stars", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("satisfied", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("nps_n", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("promoters", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("detractors", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("complaints", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("held_n", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("held_seconds", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("first_buckets", sa.JSON(), nullable=False),
        sa.Column("repair_buckets", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint(
            "basis",
            "dimensions",
            "grain",
            "day",
            "channel",
            "level",
            "class",
            "holder",
            "team",
            "restricted",
            name=op.f("pk_figure_day"),
        ),
    )
    op.create_table(
        "figure_state",
        sa.Column("name", sa.String(length=16), nullable=False),
        sa.Column("cursor", sa.String(length=64), nullable=False),
        sa.Column("as_of", Moment(), nullable=True),
        sa.Column("gathered_to", sa.String(length=20), nullable=True),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_figure_state")),
    )
    op.create_table(
        "held_time",
        sa.Column("number", sa.String(length=20), nullable=False),
        sa.Column("team", sa.String(length=60), nullable=False),
        sa.Column("seconds", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.PrimaryKeyConstraint("number", "team", name=op.f("pk_held_time")),
    )
    op.create_table(
        "notice_watch",
        sa.Column("name", sa.String(length=20), nullable=False),
        sa.Column("cursor", sa.String(length=50), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_notice_watch")),
    )
    op.create_table(
        "sentiment_mark",
        sa.Column("name", sa.String(length=16), nullable=False),
        sa.Column("cursor", sa.String(length=60), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_sentiment_mark")),
    )
    op.create_table(
        "theme",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("month", sa.String(length=7), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("code", sa.String(length=80), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("before", sa.Integer(), nullable=False),
        sa.Column("cases", sa.JSON(), nullable=False),
        sa.Column("found_at", Moment(), nullable=False),
        sa.Column("decision", sa.String(length=12), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("action_id", sa.String(length=32), nullable=False),
        sa.Column("decided_by", sa.String(length=200), nullable=False),
        sa.Column("decided_at", Moment(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_theme")),
        sa.UniqueConstraint("month", "kind", "code", name=op.f("uq_theme_month_kind_code")),
    )
    op.create_table(
        "representative",
        sa.Column("organisation_id", sa.String(length=32), nullable=False),
        sa.Column("contact_id", sa.String(length=32), nullable=False),
        sa.Column("set_at", Moment(), nullable=False),
        sa.Column("set_by", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"], name=op.f("fk_representative_contact_id")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_representative_organisation_id")
        ),
        sa.PrimaryKeyConstraint("organisation_id", name=op.f("pk_representative")),
    )
    op.create_table(
        "acceptance",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("case", sa.String(length=20), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("opened_at", Moment(), nullable=False),
        sa.Column("ended_at", Moment(), nullable=True),
        sa.ForeignKeyConstraint(["case"], ["case_.number"], name=op.f("fk_acceptance_case")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_acceptance")),
    )
    with op.batch_alter_table("acceptance", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_acceptance_case"), ["case"], unique=False)
        batch_op.create_index(batch_op.f("ix_acceptance_state"), ["state"], unique=False)

    op.create_table(
        "change",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("case", sa.String(length=20), nullable=False),
        sa.Column("external_id", sa.String(length=200), nullable=True),
        sa.Column("title", sa.String(length=300), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("rollback", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("downtime_minutes", sa.Integer(), nullable=False),
        sa.Column("affects_all", sa.Boolean(), nullable=False),
        sa.Column("links", sa.JSON(), nullable=False),
        sa.Column("documents", sa.JSON(), nullable=False),
        sa.Column("representative_id", sa.String(length=32), nullable=False),
        sa.Column("size", sa.String(length=10), nullable=False),
        sa.Column("size_reason", sa.String(length=300), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("token", sa.String(length=64), nullable=True),
        sa.Column("asked_at", Moment(), nullable=True),
        sa.Column("expires_at", Moment(), nullable=True),
        sa.Column("answered_at", Moment(), nullable=True),
        sa.Column("reminded_at", Moment(), nullable=True),
        sa.Column("proposed_at", Moment(), nullable=False),
        sa.Column("proposed_id", sa.String(length=64), nullable=False),
        sa.Column("proposed_by", sa.String(length=200), nullable=False),
        sa.Column("decided_at", Moment(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["case"], ["case_.number"], name=op.f("fk_change_case")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_change")),
        sa.UniqueConstraint("external_id", name=op.f("uq_change_external_id")),
        sa.UniqueConstraint("token", name=op.f("uq_change_token")),
    )
    with op.batch_alter_table("change", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_change_case"), ["case"], unique=False)

    op.create_table(
        "closure_check",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("case", sa.String(length=20), nullable=False),
        sa.Column("round", sa.String(length=32), nullable=False),
        sa.Column("item", sa.String(length=60), nullable=False),
        sa.Column("passed", sa.Boolean(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("by_id", sa.String(length=64), nullable=False),
        sa.Column("by_name", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(["case"], ["case_.number"], name=op.f("fk_closure_check_case")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_closure_check")),
    )
    with op.batch_alter_table("closure_check", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_closure_check_case"), ["case"], unique=False)

    op.create_table(
        "closure_round",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("case", sa.String(length=20), nullable=False),
        sa.Column("kind", sa.String(length=60), nullable=False),
        sa.Column("items", sa.JSON(), nullable=False),
        sa.Column("stage", sa.String(length=20), nullable=False),
        sa.Column("until", Moment(), nullable=True),
        sa.Column("chased_at", Moment(), nullable=True),
        sa.Column("began_at", Moment(), nullable=False),
        sa.Column("ended_at", Moment(), nullable=True),
        sa.Column("outcome", sa.String(length=20), nullable=False),
        sa.Column("token", sa.String(length=64), nullable=False),
        sa.Column("expires_at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(["case"], ["case_.number"], name=op.f("fk_closure_round_case")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_closure_round")),
        sa.UniqueConstraint("token", name=op.f("uq_closure_round_token")),
    )
    with op.batch_alter_table("closure_round", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_closure_round_case"), ["case"], unique=False)
        batch_op.create_index(batch_op.f("ix_closure_round_ended_at"), ["ended_at"], unique=False)

    op.create_table(
        "cost_benefit",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("case", sa.String(length=20), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("begun_at", Moment(), nullable=False),
        sa.Column("due_at", Moment(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("labour", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("outage", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("cost", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("percent", sa.String(length=30), nullable=False),
        sa.Column("entered_at", Moment(), nullable=True),
        sa.Column("entered_id", sa.String(length=64), nullable=False),
        sa.Column("entered_by", sa.String(length=200), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["case"], ["case_.number"], name=op.f("fk_cost_benefit_case")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cost_benefit")),
        sa.UniqueConstraint("case", name=op.f("uq_cost_benefit_case")),
    )
    with op.batch_alter_table("cost_benefit", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_cost_benefit_state"), ["state"], unique=False)

    op.create_table(
        "customer_call",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("case", sa.String(length=20), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("instance", sa.String(length=32), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("escalation", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("message", sa.String(length=32), nullable=False),
        sa.Column("contact_id", sa.String(length=32), nullable=False),
        sa.Column("contact", sa.String(length=200), nullable=False),
        sa.Column("phone", sa.String(length=40), nullable=False),
        sa.Column("opened_at", Moment(), nullable=False),
        sa.Column("due_at", Moment(), nullable=True),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("way", sa.String(length=20), nullable=False),
        sa.Column("done_at", Moment(), nullable=True),
        sa.Column("by_id", sa.String(length=64), nullable=False),
        sa.Column("by", sa.String(length=200), nullable=False),
        sa.Column("said", sa.Text(), nullable=False),
        sa.Column("promised", sa.Text(), nullable=False),
        sa.Column("promised_until", Moment(), nullable=True),
        sa.Column("action", sa.String(length=32), nullable=False),
        sa.Column("communication", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(["case"], ["case_.number"], name=op.f("fk_customer_call_case")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_customer_call")),
    )
    with op.batch_alter_table("customer_call", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_customer_call_case"), ["case"], unique=False)
        batch_op.create_index("ix_customer_call_state", ["state", "opened_at"], unique=False)

    op.create_table(
        "feedback",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("case", sa.String(length=20), nullable=False),
        sa.Column("customer", sa.String(length=200), nullable=False),
        sa.Column("source", sa.String(length=20), nullable=False),
        sa.Column("survey", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("decided_by", sa.String(length=200), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("stars", sa.SmallInteger(), nullable=True),
        sa.Column("nps", sa.SmallInteger(), nullable=True),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("department", sa.String(length=60), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("by", sa.String(length=200), nullable=False),
        sa.Column("forward_due_at", Moment(), nullable=True),
        sa.Column("forwarded_at", Moment(), nullable=True),
        sa.Column("forwarded_by", sa.String(length=200), nullable=False),
        sa.Column("result_due_at", Moment(), nullable=True),
        sa.Column("result_at", Moment(), nullable=True),
        sa.Column("result_by", sa.String(length=200), nullable=False),
        sa.Column("result", sa.Text(), nullable=False),
        sa.Column("quote", sa.Text(), nullable=False),
        sa.Column("token", sa.String(length=64), nullable=True),
        sa.Column("expires_at", Moment(), nullable=True),
        sa.Column("consent", sa.String(length=10), nullable=False),
        sa.Column("answered_at", Moment(), nullable=True),
        sa.Column("published_at", Moment(), nullable=True),
        sa.Column("external_id", sa.String(length=200), nullable=True),
        sa.ForeignKeyConstraint(["case"], ["case_.number"], name=op.f("fk_feedback_case")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_feedback")),
        sa.UniqueConstraint("case", "external_id", name=op.f("uq_feedback_case_external_id")),
        sa.UniqueConstraint("token", name=op.f("uq_feedback_token")),
    )
    with op.batch_alter_table("feedback", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_feedback_at"), ["at"], unique=False)
        batch_op.create_index(batch_op.f("ix_feedback_case"), ["case"], unique=False)
        batch_op.create_index("ix_feedback_state", ["state", "at"], unique=False)

    op.create_table(
        "implementation",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("case", sa.String(length=20), nullable=False),
        sa.Column("plan", sa.String(length=60), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("lead_id", sa.String(length=64), nullable=False),
        sa.Column("lead", sa.String(length=200), nullable=False),
        sa.Column("begun_at", Moment(), nullable=False),
        sa.Column("begun_by", sa.String(length=200), nullable=False),
        sa.Column("ended_at", Moment(), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["case"], ["case_.number"], name=op.f("fk_implementation_case")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_implementation")),
    )
    with op.batch_alter_table("implementation", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_implementation_case"), ["case"], unique=False)
        batch_op.create_index(
            "uq_implementation",
            ["case"],
            unique=True,
            postgresql_where=sa.text("state = 'running'"),
            sqlite_where=sa.text("state = 'running'"),
        )

    op.create_table(
        "recovery",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("case", sa.String(length=20), nullable=False),
        sa.Column("about", sa.String(length=32), nullable=False),
        sa.Column("why", sa.String(length=10), nullable=False),
        sa.Column("score", sa.Float(), nullable=False),
        sa.Column("started_at", Moment(), nullable=False),
        sa.Column("ended_at", Moment(), nullable=True),
        sa.Column("result", sa.String(length=16), nullable=False),
        sa.Column("gesture", sa.String(length=16), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("ended_by", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(["case"], ["case_.number"], name=op.f("fk_recovery_case")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recovery")),
    )
    with op.batch_alter_table("recovery", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_recovery_case"), ["case"], unique=False)
        batch_op.create_index(
            "uq_recovery",
            ["case"],
            unique=True,
            postgresql_where=sa.text("ended_at IS NULL"),
            sqlite_where=sa.text("ended_at IS NULL"),
        )

    op.create_table(
        "reopening",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("case", sa.String(length=20), nullable=False),
        sa.Column("round", sa.String(length=32), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("source", sa.String(length=20), nullable=False),
        sa.Column("wish", sa.String(length=20), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("by_kind", sa.String(length=20), nullable=False),
        sa.Column("by_id", sa.String(length=64), nullable=False),
        sa.Column("by_name", sa.String(length=200), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("other", sa.String(length=20), nullable=False),
        sa.Column("decided_at", Moment(), nullable=True),
        sa.ForeignKeyConstraint(["case"], ["case_.number"], name=op.f("fk_reopening_case")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reopening")),
    )
    with op.batch_alter_table("reopening", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_reopening_case"), ["case"], unique=False)

    op.create_table(
        "sentiment",
        sa.Column("about", sa.String(length=32), nullable=False),
        sa.Column("source", sa.String(length=16), nullable=False),
        sa.Column("case", sa.String(length=20), nullable=True),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("language", sa.String(length=10), nullable=False),
        sa.Column("score", sa.Float(), nullable=False),
        sa.Column("label", sa.String(length=10), nullable=False),
        sa.Column("model_id", sa.String(length=32), nullable=False),
        sa.Column("chosen", sa.String(length=10), nullable=False),
        sa.Column("by_id", sa.String(length=64), nullable=False),
        sa.Column("chosen_at", Moment(), nullable=True),
        sa.ForeignKeyConstraint(["case"], ["case_.number"], name=op.f("fk_sentiment_case")),
        sa.PrimaryKeyConstraint("about", name=op.f("pk_sentiment")),
    )
    with op.batch_alter_table("sentiment", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_sentiment_at"), ["at"], unique=False)
        batch_op.create_index(batch_op.f("ix_sentiment_case"), ["case"], unique=False)
        batch_op.create_index("ix_sentiment_chosen", ["language", "chosen_at"], unique=False)

    op.create_table(
        "acceptance_gate",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("acceptance", sa.String(length=32), nullable=False),
        sa.Column("case", sa.String(length=20), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("from_at", Moment(), nullable=True),
        sa.Column("until_at", Moment(), nullable=True),
        sa.Column("lost_at", Moment(), nullable=True),
        sa.Column("bars", sa.JSON(), nullable=False),
        sa.Column("figures", sa.JSON(), nullable=False),
        sa.Column("fails", sa.JSON(), nullable=False),
        sa.Column("decided_at", Moment(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("approved_id", sa.String(length=64), nullable=False),
        sa.Column("approved_by", sa.String(length=200), nullable=False),
        sa.Column("approved_at", Moment(), nullable=True),
        sa.ForeignKeyConstraint(["acceptance"], ["acceptance.id"], name=op.f("fk_acceptance_gate_acceptance")),
        sa.ForeignKeyConstraint(["case"], ["case_.number"], name=op.f("fk_acceptance_gate_case")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_acceptance_gate")),
        sa.UniqueConstraint("acceptance", "kind", name="uq_acceptance_gate"),
    )
    with op.batch_alter_table("acceptance_gate", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_acceptance_gate_case"), ["case"], unique=False)

    op.create_table(
        "change_signature",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("change", sa.String(length=32), nullable=False),
        sa.Column("case", sa.String(length=20), nullable=False),
        sa.Column("role", sa.String(length=10), nullable=False),
        sa.Column("person_id", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("decision", sa.String(length=10), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["case"], ["case_.number"], name=op.f("fk_change_signature_case")),
        sa.ForeignKeyConstraint(["change"], ["change.id"], name=op.f("fk_change_signature_change")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_change_signature")),
    )
    with op.batch_alter_table("change_signature", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_change_signature_case"), ["case"], unique=False)
        batch_op.create_index(batch_op.f("ix_change_signature_change"), ["change"], unique=False)

    op.create_table(
        "customer_review",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("implementation", sa.String(length=32), nullable=False),
        sa.Column("case", sa.String(length=20), nullable=False),
        sa.Column("starts_at", Moment(), nullable=False),
        sa.Column("agenda", sa.Text(), nullable=False),
        sa.Column("attendees", sa.Text(), nullable=False),
        sa.Column("minutes", sa.Text(), nullable=False),
        sa.Column("held_at", Moment(), nullable=True),
        sa.Column("held_by", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(["case"], ["case_.number"], name=op.f("fk_customer_review_case")),
        sa.ForeignKeyConstraint(
            ["implementation"], ["implementation.id"], name=op.f("fk_customer_review_implementation")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_customer_review")),
        sa.UniqueConstraint("implementation", "starts_at", name=op.f("uq_customer_review_implementation_starts_at")),
    )
    with op.batch_alter_table("customer_review", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_customer_review_case"), ["case"], unique=False)
        batch_op.create_index(batch_op.f("ix_customer_review_implementation"), ["implementation"], unique=False)

    op.create_table(
        "milestone",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("implementation", sa.String(length=32), nullable=False),
        sa.Column("case", sa.String(length=20), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("names", sa.JSON(), nullable=False),
        sa.Column("since", Moment(), nullable=False),
        sa.Column("due_at", Moment(), nullable=False),
        sa.Column("progress", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("level", sa.String(length=10), nullable=False),
        sa.Column("moved", sa.Integer(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("done_at", Moment(), nullable=True),
        sa.Column("done_by", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(["case"], ["case_.number"], name=op.f("fk_milestone_case")),
        sa.ForeignKeyConstraint(["implementation"], ["implementation.id"], name=op.f("fk_milestone_implementation")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_milestone")),
    )
    with op.batch_alter_table("milestone", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_milestone_case"), ["case"], unique=False)
        batch_op.create_index(batch_op.f("ix_milestone_implementation"), ["implementation"], unique=False)

    op.create_table(
        "acceptance_key_user",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("gate", sa.String(length=32), nullable=False),
        sa.Column("case", sa.String(length=20), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("address", sa.String(length=254), nullable=False),
        sa.Column("token", sa.String(length=64), nullable=False),
        sa.Column("asked_at", Moment(), nullable=False),
        sa.Column("reminded_at", Moment(), nullable=True),
        sa.Column("expires_at", Moment(), nullable=False),
        sa.Column("answered_at", Moment(), nullable=True),
        sa.Column("points", sa.JSON(), nullable=False),
        sa.Column("comment", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["case"], ["case_.number"], name=op.f("fk_acceptance_key_user_case")),
        sa.ForeignKeyConstraint(["gate"], ["acceptance_gate.id"], name=op.f("fk_acceptance_key_user_gate")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_acceptance_key_user")),
        sa.UniqueConstraint("gate", "round", "address", name="uq_acceptance_key_user"),
        sa.UniqueConstraint("token", name=op.f("uq_acceptance_key_user_token")),
    )
    with op.batch_alter_table("acceptance_key_user", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_acceptance_key_user_case"), ["case"], unique=False)

    op.create_table(
        "acceptance_load_test",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("gate", sa.String(length=32), nullable=False),
        sa.Column("case", sa.String(length=20), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("by_id", sa.String(length=64), nullable=False),
        sa.Column("by_name", sa.String(length=200), nullable=False),
        sa.Column("peak", sa.String(length=20), nullable=False),
        sa.Column("hours", sa.String(length=20), nullable=False),
        sa.Column("success", sa.String(length=20), nullable=False),
        sa.Column("swing", sa.String(length=20), nullable=False),
        sa.Column("file", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(["case"], ["case_.number"], name=op.f("fk_acceptance_load_test_case")),
        sa.ForeignKeyConstraint(["gate"], ["acceptance_gate.id"], name=op.f("fk_acceptance_load_test_gate")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_acceptance_load_test")),
    )
    with op.batch_alter_table("acceptance_load_test", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_acceptance_load_test_case"), ["case"], unique=False)
        batch_op.create_index(batch_op.f("ix_acceptance_load_test_gate"), ["gate"], unique=False)

    op.create_table(
        "acceptance_sample",
        sa.Column("gate", sa.String(length=32), nullable=False),
        sa.Column("round", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("slot", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("ok", sa.Boolean(), nullable=False),
        sa.Column("ms", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["gate"], ["acceptance_gate.id"], name=op.f("fk_acceptance_sample_gate")),
        sa.PrimaryKeyConstraint("gate", "round", "slot", name=op.f("pk_acceptance_sample")),
    )
    op.create_table(
        "acceptance_word",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("gate", sa.String(length=32), nullable=False),
        sa.Column("case", sa.String(length=20), nullable=False),
        sa.Column("token", sa.String(length=64), nullable=False),
        sa.Column("asked_at", Moment(), nullable=False),
        sa.Column("expires_at", Moment(), nullable=False),
        sa.Column("answered_at", Moment(), nullable=True),
        sa.Column("accepted", sa.Boolean(), nullable=True),
        sa.Column("comment", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["case"], ["case_.number"], name=op.f("fk_acceptance_word_case")),
        sa.ForeignKeyConstraint(["gate"], ["acceptance_gate.id"], name=op.f("fk_acceptance_word_gate")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_acceptance_word")),
        sa.UniqueConstraint("token", name=op.f("uq_acceptance_word_token")),
    )
    with op.batch_alter_table("acceptance_word", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_acceptance_word_case"), ["case"], unique=False)
        batch_op.create_index(batch_op.f("ix_acceptance_word_gate"), ["gate"], unique=False)

    op.create_table(
        "milestone_alarm",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("milestone", sa.String(length=32), nullable=False),
        sa.Column("case", sa.String(length=20), nullable=False),
        sa.Column("level", sa.String(length=10), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("due_at", Moment(), nullable=False),
        sa.Column("plan", sa.Text(), nullable=False),
        sa.Column("answered_at", Moment(), nullable=True),
        sa.Column("answered_by", sa.String(length=200), nullable=False),
        sa.Column("late_at", Moment(), nullable=True),
        sa.ForeignKeyConstraint(["case"], ["case_.number"], name=op.f("fk_milestone_alarm_case")),
        sa.ForeignKeyConstraint(["milestone"], ["milestone.id"], name=op.f("fk_milestone_alarm_milestone")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_milestone_alarm")),
    )
    with op.batch_alter_table("milestone_alarm", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_milestone_alarm_case"), ["case"], unique=False)
        batch_op.create_index(batch_op.f("ix_milestone_alarm_milestone"), ["milestone"], unique=False)

    with op.batch_alter_table("classification_model", schema=None) as batch_op:
        batch_op.add_column(sa.Column("subject", sa.String(length=20), server_default="type", nullable=False))

    with op.batch_alter_table("communication", schema=None) as batch_op:
        batch_op.add_column(sa.Column("feedback", sa.Text(), server_default="", nullable=False))
        batch_op.add_column(sa.Column("follow_up", sa.Text(), server_default="", nullable=False))
        batch_op.add_column(sa.Column("confirmed_at", Moment(), nullable=True))
        batch_op.add_column(sa.Column("wanted", sa.String(length=20), server_default="", nullable=False))
        batch_op.add_column(sa.Column("carried", sa.String(length=20), server_default="", nullable=False))

    with op.batch_alter_table("survey", schema=None) as batch_op:
        batch_op.add_column(sa.Column("kind", sa.String(length=10), server_default="closure", nullable=False))
        batch_op.add_column(sa.Column("first", sa.String(length=32), server_default="", nullable=False))
        batch_op.add_column(sa.Column("channel", sa.String(length=20), server_default="email", nullable=False))
        batch_op.add_column(sa.Column("contact_id", sa.String(length=32), server_default="", nullable=False))
        batch_op.add_column(sa.Column("reminded", sa.SmallInteger(), server_default="0", nullable=False))
        batch_op.add_column(sa.Column("tries", sa.SmallInteger(), server_default="0", nullable=False))
        batch_op.add_column(sa.Column("report", sa.Text(), server_default="", nullable=False))
        batch_op.add_column(sa.Column("reported_at", Moment(), nullable=True))
        batch_op.add_column(sa.Column("outcome", sa.String(length=20), server_default="", nullable=False))
        batch_op.create_index("ix_survey_contact", ["contact_id", "kind", "sent_at"], unique=False)
        batch_op.create_index("ix_survey_sent", ["sent_at"], unique=False)


def downgrade() -> None:
    """Back to the schema before."""
    with op.batch_alter_table("survey", schema=None) as batch_op:
        batch_op.drop_index("ix_survey_sent")
        batch_op.drop_index("ix_survey_contact")
        batch_op.drop_column("outcome")
        batch_op.drop_column("reported_at")
        batch_op.drop_column("report")
        batch_op.drop_column("tries")
        batch_op.drop_column("reminded")
        batch_op.drop_column("contact_id")
        batch_op.drop_column("channel")
        batch_op.drop_column("first")
        batch_op.drop_column("kind")

    with op.batch_alter_table("communication", schema=None) as batch_op:
        batch_op.drop_column("carried")
        batch_op.drop_column("wanted")
        batch_op.drop_column("confirmed_at")
        batch_op.drop_column("follow_up")
        batch_op.drop_column("feedback")

    with op.batch_alter_table("classification_model", schema=None) as batch_op:
        batch_op.drop_column("subject")

    with op.batch_alter_table("milestone_alarm", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_milestone_alarm_milestone"))
        batch_op.drop_index(batch_op.f("ix_milestone_alarm_case"))

    op.drop_table("milestone_alarm")
    with op.batch_alter_table("acceptance_word", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_acceptance_word_gate"))
        batch_op.drop_index(batch_op.f("ix_acceptance_word_case"))

    op.drop_table("acceptance_word")
    op.drop_table("acceptance_sample")
    with op.batch_alter_table("acceptance_load_test", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_acceptance_load_test_gate"))
        batch_op.drop_index(batch_op.f("ix_acceptance_load_test_case"))

    op.drop_table("acceptance_load_test")
    with op.batch_alter_table("acceptance_key_user", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_acceptance_key_user_case"))

    op.drop_table("acceptance_key_user")
    with op.batch_alter_table("milestone", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_milestone_implementation"))
        batch_op.drop_index(batch_op.f("ix_milestone_case"))

    op.drop_table("milestone")
    with op.batch_alter_table("customer_review", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_customer_review_implementation"))
        batch_op.drop_index(batch_op.f("ix_customer_review_case"))

    op.drop_table("customer_review")
    with op.batch_alter_table("change_signature", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_change_signature_change"))
        batch_op.drop_index(batch_op.f("ix_change_signature_case"))

    op.drop_table("change_signature")
    with op.batch_alter_table("acceptance_gate", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_acceptance_gate_case"))

    op.drop_table("acceptance_gate")
    with op.batch_alter_table("sentiment", schema=None) as batch_op:
        batch_op.drop_index("ix_sentiment_chosen")
        batch_op.drop_index(batch_op.f("ix_sentiment_case"))
        batch_op.drop_index(batch_op.f("ix_sentiment_at"))

    op.drop_table("sentiment")
    with op.batch_alter_table("reopening", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_reopening_case"))

    op.drop_table("reopening")
    with op.batch_alter_table("recovery", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_recovery", postgresql_where=sa.text("ended_at IS NULL"), sqlite_where=sa.text("ended_at IS NULL")
        )
        batch_op.drop_index(batch_op.f("ix_recovery_case"))

    op.drop_table("recovery")
    with op.batch_alter_table("implementation", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_implementation",
            postgresql_where=sa.text("state = 'running'"),
            sqlite_where=sa.text("state = 'running'"),
        )
        batch_op.drop_index(batch_op.f("ix_implementation_case"))

    op.drop_table("implementation")
    with op.batch_alter_table("feedback", schema=None) as batch_op:
        batch_op.drop_index("ix_feedback_state")
        batch_op.drop_index(batch_op.f("ix_feedback_case"))
        batch_op.drop_index(batch_op.f("ix_feedback_at"))

    op.drop_table("feedback")
    with op.batch_alter_table("customer_call", schema=None) as batch_op:
        batch_op.drop_index("ix_customer_call_state")
        batch_op.drop_index(batch_op.f("ix_customer_call_case"))

    op.drop_table("customer_call")
    with op.batch_alter_table("cost_benefit", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_cost_benefit_state"))

    op.drop_table("cost_benefit")
    with op.batch_alter_table("closure_round", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_closure_round_ended_at"))
        batch_op.drop_index(batch_op.f("ix_closure_round_case"))

    op.drop_table("closure_round")
    with op.batch_alter_table("closure_check", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_closure_check_case"))

    op.drop_table("closure_check")
    with op.batch_alter_table("change", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_change_case"))

    op.drop_table("change")
    with op.batch_alter_table("acceptance", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_acceptance_state"))
        batch_op.drop_index(batch_op.f("ix_acceptance_case"))

    op.drop_table("acceptance")
    op.drop_table("representative")
    op.drop_table("theme")
    op.drop_table("sentiment_mark")
    op.drop_table("notice_watch")
    op.drop_table("held_time")
    op.drop_table("figure_state")
    op.drop_table("figure_day")
    with op.batch_alter_table("downtime", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_downtime_since"))
        batch_op.drop_index(batch_op.f("ix_downtime_number"))

    op.drop_table("downtime")
    with op.batch_alter_table("case_figure", schema=None) as batch_op:
        batch_op.drop_index("ix_case_figure_opened")
        batch_op.drop_index("ix_case_figure_customer_team")
        batch_op.drop_index(
            "ix_case_figure_customer_opened",
            postgresql_include=(
                "channel",
                "level",
                "class",
                "team",
                "restricted",
                "first_seconds",
                "first_bucket",
                "first_kept",
                "responded",
            ),
        )
        batch_op.drop_index(
            "ix_case_figure_customer",
            postgresql_include=(
                "channel",
                "level",
                "class",
                "team",
                "restricted",
                "repair_seconds",
                "repair_bucket",
                "on_time",
                "escalated",
                "asked",
                "stars",
                "nps",
                "complained",
            ),
        )
        batch_op.drop_index("ix_case_figure_closed")

    op.drop_table("case_figure")
