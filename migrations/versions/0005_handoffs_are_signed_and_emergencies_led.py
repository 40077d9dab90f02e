"""Handoffs are signed and emergencies led."""

import sqlalchemy as sa
from alembic import op

from loopdesk.engine.db import Moment

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Handoffs are signed and emergencies led."""
    op.create_table(
        "communication_rating",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("month", sa.String(length=7), nullable=False),
        sa.Column("department", sa.String(length=60), nullable=False),
        sa.Column("person_id", sa.String(length=64), nullable=False),
        sa.Column("clarity", sa.Integer(), nullable=False),
        sa.Column("feedback", sa.Integer(), nullable=False),
        sa.Column("comment", sa.Text(), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_communication_rating")),
        sa.UniqueConstraint(
            "month", "department", "person_id", name=op.f("uq_communication_rating_month_department_person_id")
        ),
    )
    op.create_table(
        "drill",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("plan", sa.String(length=60), nullable=False),
        sa.Column("bundle_id", sa.String(length=32), nullable=False),
        sa.Column("runbooks_id", sa.String(length=32), nullable=False),
        sa.Column("covers", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("planned_at", Moment(), nullable=False),
        sa.Column("lead_id", sa.String(length=64), nullable=False),
        sa.Column("lead", sa.String(length=200), nullable=False),
        sa.Column("minute", sa.Integer(), nullable=False),
        sa.Column("ended_at", Moment(), nullable=True),
        sa.Column("score", sa.Integer(), nullable=True),
        sa.Column("result", sa.JSON(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_drill")),
    )
    with op.batch_alter_table("drill", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_drill_plan"), ["plan"], unique=False)

    op.create_table(
        "meeting",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("series", sa.String(length=60), nullable=False),
        sa.Column("starts_at", Moment(), nullable=False),
        sa.Column("minutes_long", sa.Integer(), nullable=False),
        sa.Column("chair", sa.String(length=60), nullable=False),
        sa.Column("departments", sa.JSON(), nullable=False),
        sa.Column("agenda", sa.JSON(), nullable=False),
        sa.Column("minutes", sa.Text(), nullable=False),
        sa.Column("published_at", Moment(), nullable=True),
        sa.Column("published_by", sa.String(length=200), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_meeting")),
        sa.UniqueConstraint("series", "starts_at", name=op.f("uq_meeting_series_starts_at")),
    )
    op.create_table(
        "pair_risk",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("from_department", sa.String(length=60), nullable=False),
        sa.Column("to_department", sa.String(length=60), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("level", sa.String(length=40), nullable=False),
        sa.Column("reason", sa.String(length=60), nullable=False),
        sa.Column("raised", sa.Boolean(), nullable=False),
        sa.Column("features", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pair_risk")),
        sa.UniqueConstraint(
            "day", "from_department", "to_department", name=op.f("uq_pair_risk_day_from_department_to_department")
        ),
    )
    op.create_table(
        "t1_board",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("made_at", Moment(), nullable=False),
        sa.Column("held_at", Moment(), nullable=True),
        sa.Column("held_by", sa.String(length=200), server_default="", nullable=False),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("day", name=op.f("pk_t1_board")),
    )
    op.create_table(
        "drill_answer",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("drill", sa.String(length=32), nullable=False),
        sa.Column("minute", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("ref", sa.String(length=100), nullable=False),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.Column("by_id", sa.String(length=64), nullable=False),
        sa.Column("by_name", sa.String(length=200), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(["drill"], ["drill.id"], name=op.f("fk_drill_answer_drill")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_drill_answer")),
    )
    with op.batch_alter_table("drill_answer", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_drill_answer_drill"), ["drill"], unique=False)

    op.create_table(
        "meeting_attendee",
        sa.Column("meeting", sa.String(length=32), nullable=False),
        sa.Column("person_id", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(["meeting"], ["meeting.id"], name=op.f("fk_meeting_attendee_meeting")),
        sa.PrimaryKeyConstraint("meeting", "person_id", name=op.f("pk_meeting_attendee")),
    )
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

    op.create_table(
        "advice",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("case", sa.String(length=20), nullable=True),
        sa.Column("instance_id", sa.String(length=32), nullable=False),
        sa.Column("element", sa.String(length=200), nullable=False),
        sa.Column("activity", sa.JSON(), nullable=False),
        sa.Column("task", sa.String(length=32), nullable=False),
        sa.Column("side", sa.String(length=130), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("asked_at", Moment(), nullable=False),
        sa.Column("given_at", Moment(), nullable=True),
        sa.Column("person_id", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["case"], ["case_.number"], name=op.f("fk_advice_case")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_advice")),
    )
    with op.batch_alter_table("advice", schema=None) as batch_op:
        batch_op.create_index("ix_advice_activity", ["instance_id", "element"], unique=False)
        batch_op.create_index(batch_op.f("ix_advice_case"), ["case"], unique=False)

    op.create_table(
        "emergency_alert",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("case", sa.String(length=20), nullable=False),
        sa.Column("source", sa.String(length=100), nullable=False),
        sa.Column("alert", sa.String(length=200), nullable=False),
        sa.Column("interface", sa.String(length=100), nullable=False),
        sa.Column("cause", sa.String(length=200), nullable=False),
        sa.Column("scope", sa.String(length=10), nullable=False),
        sa.Column("severity", sa.String(length=10), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("first_at", Moment(), nullable=False),
        sa.Column("last_at", Moment(), nullable=False),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.Column("resolved_at", Moment(), nullable=True),
        sa.ForeignKeyConstraint(["case"], ["case_.number"], name=op.f("fk_emergency_alert_case")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_emergency_alert")),
        sa.UniqueConstraint("source", "alert", name="uq_emergency_alert"),
    )
    with op.batch_alter_table("emergency_alert", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_emergency_alert_case"), ["case"], unique=False)
        batch_op.create_index(batch_op.f("ix_emergency_alert_cause"), ["cause"], unique=False)

    op.create_table(
        "t1_item",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("case", sa.String(length=20), nullable=False),
        sa.Column("handoff", sa.String(length=32), nullable=False),
        sa.Column("from_department", sa.String(length=60), nullable=False),
        sa.Column("to_department", sa.String(length=60), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("since", Moment(), nullable=False),
        sa.Column("blocker", sa.Text(), nullable=False),
        sa.Column("blocker_by", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(["case"], ["case_.number"], name=op.f("fk_t1_item_case")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_t1_item")),
        sa.UniqueConstraint("day", "handoff", name=op.f("uq_t1_item_day_handoff")),
    )
    with op.batch_alter_table("t1_item", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_t1_item_case"), ["case"], unique=False)
        batch_op.create_index(batch_op.f("ix_t1_item_day"), ["day"], unique=False)

    op.create_table(
        "taskforce",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("case", sa.String(length=20), nullable=False),
        sa.Column("goal", sa.Text(), nullable=False),
        sa.Column("lead_id", sa.String(length=64), nullable=False),
        sa.Column("lead", sa.String(length=200), nullable=False),
        sa.Column("started_at", Moment(), nullable=False),
        sa.Column("ended_at", Moment(), nullable=True),
        sa.Column("ended_by", sa.String(length=200), nullable=False),
        sa.Column("result", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["case"], ["case_.number"], name=op.f("fk_taskforce_case")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_taskforce")),
    )
    with op.batch_alter_table("taskforce", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_taskforce_case"), ["case"], unique=False)

    op.create_table(
        "arbitration",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("case", sa.String(length=20), nullable=False),
        sa.Column("handoff", sa.String(length=32), nullable=False),
        sa.Column("reason", sa.String(length=20), nullable=False),
        sa.Column("was", sa.String(length=20), nullable=False),
        sa.Column("type", sa.String(length=60), nullable=False),
        sa.Column("from_department", sa.String(length=60), nullable=False),
        sa.Column("to_department", sa.String(length=60), nullable=False),
        sa.Column("disputed_by", sa.String(length=60), nullable=False),
        sa.Column("statement", sa.Text(), nullable=False),
        sa.Column("asked", sa.String(length=60), nullable=False),
        sa.Column("reply", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("opened_at", Moment(), nullable=False),
        sa.Column("due_at", Moment(), nullable=True),
        sa.Column("overdue_at", Moment(), nullable=True),
        sa.Column("department", sa.String(length=60), nullable=False),
        sa.Column("reasoning", sa.Text(), nullable=False),
        sa.Column("for_customer", sa.Text(), nullable=False),
        sa.Column("ruled_by", sa.String(length=64), nullable=False),
        sa.Column("ruled_by_name", sa.String(length=200), nullable=False),
        sa.Column("ruled_at", Moment(), nullable=True),
        sa.Column("terms", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["case"], ["case_.number"], name=op.f("fk_arbitration_case")),
        sa.ForeignKeyConstraint(["handoff"], ["handoff.id"], name=op.f("fk_arbitration_handoff")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_arbitration")),
        sa.UniqueConstraint("handoff", name=op.f("uq_arbitration_handoff")),
    )
    with op.batch_alter_table("arbitration", schema=None) as batch_op:
        batch_op.create_index("ix_arbitration__ruled", ["state", "ruled_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_arbitration_case"), ["case"], unique=False)

    op.create_table(
        "compensation",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("emergency", sa.String(length=32), nullable=False),
        sa.Column("case", sa.String(length=20), nullable=False),
        sa.Column("organisation_id", sa.String(length=32), nullable=False),
        sa.Column("customer", sa.String(length=200), nullable=False),
        sa.Column("outage_seconds", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("service_seconds", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("percent", sa.String(length=20), nullable=False),
        sa.Column("base_fee", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("credit", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("requested_at", Moment(), nullable=False),
        sa.Column("requested_id", sa.String(length=64), nullable=False),
        sa.Column("requested_by", sa.String(length=200), nullable=False),
        sa.Column("first_id", sa.String(length=64), nullable=False),
        sa.Column("first_by", sa.String(length=200), nullable=False),
        sa.Column("second_by", sa.String(length=200), nullable=False),
        sa.Column("decided_at", Moment(), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["case"], ["case_.number"], name=op.f("fk_compensation_case")),
        sa.ForeignKeyConstraint(["emergency"], ["emergency.id"], name=op.f("fk_compensation_emergency")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_compensation")),
    )
    with op.batch_alter_table("compensation", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_compensation_case"), ["case"], unique=False)
        batch_op.create_index(batch_op.f("ix_compensation_emergency"), ["emergency"], unique=False)
        batch_op.create_index(
            "uq_compensation",
            ["emergency", "organisation_id"],
            unique=True,
            postgresql_where=sa.text("state != 'declined'"),
            sqlite_where=sa.text("state != 'declined'"),
        )

    op.create_table(
        "emergency_decision",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("emergency", sa.String(length=32), nullable=False),
        sa.Column("question", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("decider", sa.String(length=100), nullable=False),
        sa.Column("asked_at", Moment(), nullable=False),
        sa.Column("asked_by_id", sa.String(length=64), nullable=False),
        sa.Column("asked_by", sa.String(length=200), nullable=False),
        sa.Column("decision", sa.Text(), server_default="", nullable=False),
        sa.Column("by_id", sa.String(length=64), server_default="", nullable=False),
        sa.Column("by_name", sa.String(length=200), server_default="", nullable=False),
        sa.Column("at", Moment(), nullable=True),
        sa.ForeignKeyConstraint(["emergency"], ["emergency.id"], name=op.f("fk_emergency_decision_emergency")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_emergency_decision")),
    )
    with op.batch_alter_table("emergency_decision", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_emergency_decision_emergency"), ["emergency"], unique=False)

    op.create_table(
        "emergency_expectation",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("emergency", sa.String(length=32), nullable=False),
        sa.Column("case", sa.String(length=20), nullable=False),
        sa.Column("token", sa.String(length=64), nullable=False),
        sa.Column("asked_at", Moment(), nullable=False),
        sa.Column("expires_at", Moment(), nullable=False),
        sa.Column("answered_at", Moment(), nullable=True),
        sa.Column("met", sa.Boolean(), nullable=True),
        sa.Column("comment", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["case"], ["case_.number"], name=op.f("fk_emergency_expectation_case")),
        sa.ForeignKeyConstraint(["emergency"], ["emergency.id"], name=op.f("fk_emergency_expectation_emergency")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_emergency_expectation")),
        sa.UniqueConstraint("emergency", name=op.f("uq_emergency_expectation_emergency")),
        sa.UniqueConstraint("token", name=op.f("uq_emergency_expectation_token")),
    )
    with op.batch_alter_table("emergency_expectation", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_emergency_expectation_case"), ["case"], unique=False)

    op.create_table(
        "emergency_hand",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("emergency", sa.String(length=32), nullable=False),
        sa.Column("case", sa.String(length=20), nullable=False),
        sa.Column("person_id", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("department", sa.String(length=60), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("called_at", Moment(), nullable=False),
        sa.Column("answered_at", Moment(), nullable=True),
        sa.Column("released_at", Moment(), nullable=True),
        sa.Column("reached", sa.Integer(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["case"], ["case_.number"], name=op.f("fk_emergency_hand_case")),
        sa.ForeignKeyConstraint(["emergency"], ["emergency.id"], name=op.f("fk_emergency_hand_emergency")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_emergency_hand")),
        sa.UniqueConstraint("emergency", "person_id", name="uq_emergency_hand"),
    )
    with op.batch_alter_table("emergency_hand", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_emergency_hand_case"), ["case"], unique=False)

    op.create_table(
        "emergency_joined",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("emergency", sa.String(length=32), nullable=False),
        sa.Column("number", sa.String(length=20), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("why", sa.String(length=20), nullable=False),
        sa.ForeignKeyConstraint(["emergency"], ["emergency.id"], name=op.f("fk_emergency_joined_emergency")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_emergency_joined")),
        sa.UniqueConstraint("emergency", "number", name="uq_emergency_joined"),
    )
    with op.batch_alter_table("emergency_joined", schema=None) as batch_op:
        batch_op.create_index("ix_emergency_joined_number", ["number"], unique=False)

    op.create_table(
        "emergency_measure",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("emergency", sa.String(length=32), nullable=False),
        sa.Column("case", sa.String(length=20), nullable=False),
        sa.Column("measure", sa.String(length=60), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("asks", sa.JSON(), nullable=False),
        sa.Column("missing", sa.JSON(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("by_hand", sa.Boolean(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("by_name", sa.String(length=200), nullable=False),
        sa.Column("planned_at", Moment(), nullable=False),
        sa.Column("asked_at", Moment(), nullable=True),
        sa.Column("taken_at", Moment(), nullable=True),
        sa.Column("undone_at", Moment(), nullable=True),
        sa.ForeignKeyConstraint(["case"], ["case_.number"], name=op.f("fk_emergency_measure_case")),
        sa.ForeignKeyConstraint(["emergency"], ["emergency.id"], name=op.f("fk_emergency_measure_emergency")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_emergency_measure")),
        sa.UniqueConstraint("emergency", "measure", name="uq_emergency_measure"),
    )
    with op.batch_alter_table("emergency_measure", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_emergency_measure_case"), ["case"], unique=False)

    op.create_table(
        "emergency_review",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("emergency", sa.String(length=32), nullable=False),
        sa.Column("case", sa.String(length=20), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("opened_at", Moment(), nullable=False),
        sa.Column("rca_due_at", Moment(), nullable=False),
        sa.Column("report_due_at", Moment(), nullable=False),
        sa.Column("rca_at", Moment(), nullable=True),
        sa.Column("reported_at", Moment(), nullable=True),
        sa.Column("signed_at", Moment(), nullable=True),
        sa.Column("course", sa.Text(), nullable=False),
        sa.Column("impact", sa.Text(), nullable=False),
        sa.Column("handling", sa.Text(), nullable=False),
        sa.Column("whys", sa.JSON(), nullable=False),
        sa.Column("improvement", sa.Text(), nullable=False),
        sa.Column("report", sa.Text(), nullable=False),
        sa.Column("by_id", sa.String(length=64), nullable=False),
        sa.Column("by_name", sa.String(length=200), nullable=False),
        sa.Column("signatures", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["case"], ["case_.number"], name=op.f("fk_emergency_review_case")),
        sa.ForeignKeyConstraint(["emergency"], ["emergency.id"], name=op.f("fk_emergency_review_emergency")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_emergency_review")),
        sa.UniqueConstraint("emergency", name=op.f("uq_emergency_review_emergency")),
    )
    with op.batch_alter_table("emergency_review", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_emergency_review_case"), ["case"], unique=False)

    op.create_table(
        "emergency_role",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("emergency", sa.String(length=32), nullable=False),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.Column("person_id", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("since", Moment(), nullable=False),
        sa.Column("until", Moment(), nullable=True),
        sa.ForeignKeyConstraint(["emergency"], ["emergency.id"], name=op.f("fk_emergency_role_emergency")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_emergency_role")),
    )
    with op.batch_alter_table("emergency_role", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_emergency_role_emergency"), ["emergency"], unique=False)
        batch_op.create_index(batch_op.f("ix_emergency_role_person_id"), ["person_id"], unique=False)

    op.create_table(
        "emergency_told",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("emergency", sa.String(length=32), nullable=False),
        sa.Column("customer", sa.String(length=64), nullable=False),
        sa.Column("customer_name", sa.String(length=200), nullable=False),
        sa.Column("contact_id", sa.String(length=64), nullable=False),
        sa.Column("contact", sa.String(length=200), nullable=False),
        sa.Column("template", sa.String(length=100), nullable=False),
        sa.Column("about", sa.String(length=60), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("communication", sa.String(length=32), nullable=False),
        sa.Column("affected", sa.Integer(), server_default="0", nullable=False),
        sa.Column("score", sa.Float(), server_default="0", nullable=False),
        sa.ForeignKeyConstraint(["emergency"], ["emergency.id"], name=op.f("fk_emergency_told_emergency")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_emergency_told")),
        sa.UniqueConstraint("emergency", "customer", "about", name="uq_emergency_told"),
    )
    with op.batch_alter_table("emergency_told", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_emergency_told_emergency"), ["emergency"], unique=False)

    op.create_table(
        "runbook_review",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("runbook", sa.String(length=60), nullable=False),
        sa.Column("emergency", sa.String(length=32), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("asked_at", Moment(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("settled_at", Moment(), nullable=True),
        sa.Column("by_id", sa.String(length=64), nullable=False),
        sa.Column("by_name", sa.String(length=200), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["emergency"], ["emergency.id"], name=op.f("fk_runbook_review_emergency")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_runbook_review")),
        sa.UniqueConstraint("emergency", name=op.f("uq_runbook_review_emergency")),
    )
    with op.batch_alter_table("runbook_review", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_runbook_review_runbook"), ["runbook"], unique=False)

    op.create_table(
        "runbook_tick",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("emergency", sa.String(length=32), nullable=False),
        sa.Column("runbook", sa.String(length=60), nullable=False),
        sa.Column("step", sa.String(length=60), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("by_id", sa.String(length=64), nullable=False),
        sa.Column("by_name", sa.String(length=200), nullable=False),
        sa.Column("undone_at", Moment(), nullable=True),
        sa.Column("undone_by", sa.String(length=200), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["emergency"], ["emergency.id"], name=op.f("fk_runbook_tick_emergency")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_runbook_tick")),
    )
    with op.batch_alter_table("runbook_tick", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_runbook_tick_emergency"), ["emergency"], unique=False)
        batch_op.create_index(
            "uq_runbook_tick_stands",
            ["emergency", "runbook", "step"],
            unique=True,
            postgresql_where=sa.text("undone_at IS NULL"),
            sqlite_where=sa.text("undone_at IS NULL"),
        )

    op.create_table(
        "runbook_use",
        sa.Column("emergency", sa.String(length=32), nullable=False),
        sa.Column("runbook", sa.String(length=60), nullable=False),
        sa.Column("bundle_id", sa.String(length=32), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("by_id", sa.String(length=64), nullable=False),
        sa.Column("by_name", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(["emergency"], ["emergency.id"], name=op.f("fk_runbook_use_emergency")),
        sa.PrimaryKeyConstraint("emergency", name=op.f("pk_runbook_use")),
    )
    op.create_table(
        "taskforce_entry",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("taskforce", sa.String(length=32), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("person_id", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(["taskforce"], ["taskforce.id"], name=op.f("fk_taskforce_entry_taskforce")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_taskforce_entry")),
    )
    with op.batch_alter_table("taskforce_entry", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_taskforce_entry_taskforce"), ["taskforce"], unique=False)

    op.create_table(
        "taskforce_member",
        sa.Column("taskforce", sa.String(length=32), nullable=False),
        sa.Column("person_id", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("department", sa.String(length=60), nullable=False),
        sa.Column("since", Moment(), nullable=False),
        sa.ForeignKeyConstraint(["taskforce"], ["taskforce.id"], name=op.f("fk_taskforce_member_taskforce")),
        sa.PrimaryKeyConstraint("taskforce", "person_id", name=op.f("pk_taskforce_member")),
    )
    op.create_table(
        "war_room",
        sa.Column("emergency", sa.String(length=32), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("due_at", Moment(), nullable=False),
        sa.Column("connector", sa.String(length=60), nullable=False),
        sa.Column("room", sa.String(length=300), nullable=False),
        sa.Column("address", sa.String(length=500), nullable=False),
        sa.Column("opened_at", Moment(), nullable=True),
        sa.Column("closed_at", Moment(), nullable=True),
        sa.Column("invited", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["emergency"], ["emergency.id"], name=op.f("fk_war_room_emergency")),
        sa.PrimaryKeyConstraint("emergency", name=op.f("pk_war_room")),
    )
    with op.batch_alter_table("case_", schema=None) as batch_op:
        batch_op.create_index(
            "ix_case__under_way",
            ["owner_id", "number"],
            unique=False,
            postgresql_where=sa.text("status IN ('new', 'open', 'waiting')"),
            sqlite_where=sa.text("status IN ('new', 'open', 'waiting')"),
        )

    with op.batch_alter_table("contract", schema=None) as batch_op:
        batch_op.add_column(sa.Column("base_fee", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True))
        batch_op.add_column(sa.Column("currency", sa.String(length=3), server_default="", nullable=False))

    with op.batch_alter_table("emergency", schema=None) as batch_op:
        batch_op.add_column(sa.Column("scope", sa.String(length=10), server_default="", nullable=False))
        batch_op.add_column(sa.Column("severity", sa.String(length=10), server_default="", nullable=False))
        batch_op.add_column(sa.Column("cause", sa.String(length=200), server_default="", nullable=False))
        batch_op.add_column(sa.Column("stable_at", Moment(), nullable=True))
        batch_op.add_column(sa.Column("internal_due_at", Moment(), nullable=True))
        batch_op.add_column(sa.Column("limit_at", Moment(), nullable=True))
        batch_op.add_column(sa.Column("room", sa.String(length=500), server_default="", nullable=False))
        batch_op.add_column(sa.Column("team", sa.JSON(), server_default="[]", nullable=False))
        batch_op.add_column(sa.Column("chain", sa.JSON(), server_default="[]", nullable=False))
        batch_op.add_column(sa.Column("called", sa.Integer(), server_default="0", nullable=False))
        batch_op.add_column(sa.Column("facts", sa.JSON(), server_default="{}", nullable=False))
        batch_op.add_column(sa.Column("facts_at", Moment(), nullable=True))

    with op.batch_alter_table("emergency_entry", schema=None) as batch_op:
        batch_op.add_column(sa.Column("audience", sa.String(length=10), server_default="internal", nullable=False))
        batch_op.add_column(sa.Column("data", sa.JSON(), server_default="{}", nullable=False))

    with op.batch_alter_table("handoff", schema=None) as batch_op:
        batch_op.add_column(sa.Column("round", sa.String(length=64), server_default="", nullable=False))
        batch_op.add_column(sa.Column("attempt", sa.Integer(), server_default="1", nullable=False))
        batch_op.add_column(sa.Column("instance", sa.String(length=64), server_default="", nullable=False))
        batch_op.add_column(sa.Column("due_at", Moment(), nullable=True))
        batch_op.add_column(sa.Column("answer", sa.Text(), server_default="", nullable=False))
        batch_op.create_index("ix_handoff__open", ["state", "to_department"], unique=False)

    with op.batch_alter_table("signature", schema=None) as batch_op:
        batch_op.add_column(sa.Column("dossier", sa.JSON(), nullable=True))


def downgrade() -> None:
    """Back to the schema before."""
    with op.batch_alter_table("signature", schema=None) as batch_op:
        batch_op.drop_column("dossier")

    with op.batch_alter_table("handoff", schema=None) as batch_op:
        batch_op.drop_index("ix_handoff__open")
        batch_op.drop_column("answer")
        batch_op.drop_column("due_at")
        batch_op.drop_column("instance")
        batch_op.drop_column("attempt")
        batch_op.drop_column("round")

    with op.batch_alter_table("emergency_entry", schema=None) as batch_op:
        batch_op.drop_column("data")
        batch_op.drop_column("audience")

    with op.batch_alter_table("emergency", schema=None) as batch_op:
        batch_op.drop_column("facts_at")
        batch_op.drop_column("facts")
        batch_op.drop_column("called")
        batch_op.drop_column("chain")
        batch_op.drop_column("team")
        batch_op.drop_column("room")
        batch_op.drop_column("limit_at")
        batch_op.drop_column("internal_due_at")
        batch_op.drop_column("stable_at")
        batch_op.drop_column("cause")
        batch_op.drop_column("severity")
        batch_op.drop_column("scope")

    with op.batch_alter_table("contract", schema=None) as batch_op:
        batch_op.drop_column("currency")
        batch_op.drop_column("base_fee")

    with op.batch_alter_table("case_", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_case__under_way",
            postgresql_where=sa.text("status IN ('new', 'open', 'waiting')"),
            sqlite_where=sa.text("status IN ('new', 'open', 'waiting')"),
        )

    op.drop_table("war_room")
    op.drop_table("taskforce_member")
    with op.batch_alter_table("taskforce_entry", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_taskforce_entry_taskforce"))

    op.drop_table("taskforce_entry")
    op.drop_table("runbook_use")
    with op.batch_alter_table("runbook_tick", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_runbook_tick_stands",
            postgresql_where=sa.text("undone_at IS NULL"),
            sqlite_where=sa.text("undone_at IS NULL"),
        )
        batch_op.drop_index(batch_op.f("ix_runbook_tick_emergency"))

    op.drop_table("runbook_tick")
    with op.batch_alter_table("runbook_review", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_runbook_review_runbook"))

    op.drop_table("runbook_review")
    with op.batch_alter_table("emergency_told", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_emergency_told_emergency"))

    op.drop_table("emergency_told")
    with op.batch_alter_table("emergency_role", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_emergency_role_person_id"))
        batch_op.drop_index(batch_op.f("ix_emergency_role_emergency"))

    op.drop_table("emergency_role")
    with op.batch_alter_table("emergency_review", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_emergency_review_case"))

    op.drop_table("emergency_review")
    with op.batch_alter_table("emergency_measure", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_emergency_measure_case"))

    op.drop_table("emergency_measure")
    with op.batch_alter_table("emergency_joined", schema=None) as batch_op:
        batch_op.drop_index("ix_emergency_joined_number")

    op.drop_table("emergency_joined")
    with op.batch_alter_table("emergency_hand", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_emergency_hand_case"))

    op.drop_table("emergency_hand")
    with op.batch_alter_table("emergency_expectation", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_emergency_expectation_case"))

    op.drop_table("emergency_expectation")
    with op.batch_alter_table("emergency_decision", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_emergency_decision_emergency"))

    op.drop_table("emergency_decision")
    with op.batch_alter_table("compensation", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_compensation",
            postgresql_where=sa.text("state != 'declined'"),
            sqlite_where=sa.text("state != 'declined'"),
        )
        batch_op.drop_index(batch_op.f("ix_compensation_emergency"))
        batch_op.drop_index(batch_op.f("ix_compensation_case"))

    op.drop_table("compensation")
    with op.batch_alter_table("arbitration", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_arbitration_case"))
        batch_op.drop_index("ix_arbitration__ruled")

    op.drop_table("arbitration")
    with op.batch_alter_table("taskforce", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_taskforce_case"))

    op.drop_table("taskforce")
    with op.batch_alter_table("t1_item", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_t1_item_day"))
        batch_op.drop_index(batch_op.f("ix_t1_item_case"))

    op.drop_table("t1_item")
    with op.batch_alter_table("emergency_alert", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_emergency_alert_cause"))
        batch_op.drop_index(batch_op.f("ix_emergency_alert_case"))

    op.drop_table("emergency_alert")
    with op.batch_alter_table("advice", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_advice_case"))
        batch_op.drop_index("ix_advice_activity")

    op.drop_table("advice")
    with op.batch_alter_table("action", schema=None) as batch_op:
        batch_op.drop_index("ix_action_state")
        batch_op.drop_index("ix_action_source")
        batch_op.drop_index(batch_op.f("ix_action_case"))

    op.drop_table("action")
    op.drop_table("meeting_attendee")
    with op.batch_alter_table("drill_answer", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_drill_answer_drill"))

    op.drop_table("drill_answer")
    op.drop_table("t1_board")
    op.drop_table("pair_risk")
    op.drop_table("meeting")
    with op.batch_alter_table("drill", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_drill_plan"))

    op.drop_table("drill")
    op.drop_table("communication_rating")
