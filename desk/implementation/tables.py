"""What is kept of an implementation: its milestones, their alarms, the reviews with the customer (FIX-1, FIX-2)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from loopdesk.desk.record import NUMBER, PERSON_ID
from loopdesk.desk.sql import row_as
from loopdesk.engine.db import JSON, Moment, metadata
from loopdesk.engine.errors import Missing
from loopdesk.engine.tx import Tx

RUNNING, FINISHED, STOPPED = STATES = ("running", "finished", "stopped")
OPEN, DONE, DROPPED = MILESTONE_STATES = ("open", "done", "dropped")
KINDS = ("deployment", "configuration", "test")
"""What a milestone is about."""
LEVELS = ("yellow", "orange", "red")
"""How grave an alarm is, ascending."""

implementation_ = sa.Table(
    "implementation",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("case", NUMBER, sa.ForeignKey("case_.number"), nullable=False, index=True),
    sa.Column("plan", sa.String(60), nullable=False),
    sa.Column("state", sa.String(10), nullable=False),
    sa.Column("lead_id", PERSON_ID, nullable=False),
    sa.Column("lead", sa.String(200), nullable=False),
    sa.Column("begun_at", Moment, nullable=False),
    sa.Column("begun_by", sa.String(200), nullable=False),
    sa.Column("ended_at", Moment),
    sa.Column("note", sa.Text, nullable=False),
)
_runs = implementation_.c.state == RUNNING
sa.Index(
    "uq_implementation", implementation_.c.case, unique=True, postgresql_where=_runs, sqlite_where=_runs
)  # One at a time: its process finds its messages by the case.

milestone_ = sa.Table(
    "milestone",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("implementation", sa.String(32), sa.ForeignKey("implementation.id"), nullable=False, index=True),
    sa.Column("case", NUMBER, sa.ForeignKey("case_.number"), nullable=False, index=True),
    sa.Column("kind", sa.String(20), nullable=False),
    sa.Column("names", JSON, nullable=False),
    sa.Column("since", Moment, nullable=False),
    sa.Column("due_at", Moment, nullable=False),
    sa.Column("progress", sa.Integer, nullable=False),
    sa.Column("state", sa.String(10), nullable=False),
    sa.Column("level", sa.String(10), nullable=False),
    sa.Column("moved", sa.Integer, nullable=False),
    sa.Column("note", sa.Text, nullable=False),
    sa.Column("done_at", Moment),
    sa.Column("done_by", sa.String(200), nullable=False),
)

alarm_ = sa.Table(
    "milestone_alarm",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("milestone", sa.String(32), sa.ForeignKey("milestone.id"), nullable=False, index=True),
    sa.Column("case", NUMBER, sa.ForeignKey("case_.number"), nullable=False, index=True),
    sa.Column("level", sa.String(10), nullable=False),
    sa.Column("at", Moment, nullable=False),
    sa.Column("due_at", Moment, nullable=False),
    sa.Column("plan", sa.Text, nullable=False),
    sa.Column("answered_at", Moment),
    sa.Column("answered_by", sa.String(200), nullable=False),
    sa.Column("late_at", Moment),
)

review_ = sa.Table(
    "customer_review",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("implementation", sa.String(32), sa.ForeignKey("implementation.id"), nullable=False, index=True),
    sa.Column("case", NUMBER, sa.ForeignKey("case_.number"), nullable=False, index=True),
    sa.Column("starts_at", Moment, nullable=False),
    sa.Column("agenda", sa.Text, nullable=False),
    sa.Column("attendees", sa.Text, nullable=False),
    sa.Column("minutes", sa.Text, nullable=False),
    sa.Column("held_at", Moment),
    sa.Column("held_by", sa.String(200), nullable=False),
    sa.UniqueConstraint("implementation", "starts_at"),
)


@dataclass(frozen=True, slots=True)
class Implementation:
    """How a case's solution is put to work; ``plan`` is a code of ``implementation.yaml``, ``note`` why it stopped."""

    id: str
    case: str
    plan: str
    state: str
    lead_id: str
    lead: str
    begun_at: datetime
    begun_by: str
    ended_at: datetime | None
    note: str


@dataclass(frozen=True, slots=True)
class Milestone:
    """One step of it, of ``progress`` per cent; ``names`` by language, ``moved`` how often its day was changed."""

    id: str
    implementation: str
    case: str
    kind: str
    names: Mapping[str, str]
    since: datetime
    due_at: datetime
    progress: int
    state: str
    level: str
    moved: int
    note: str
    done_at: datetime | None
    done_by: str

    def name(self, language: str) -> str:
        """What it is called in a language, else in whichever it was written."""
        return self.names.get(language) or next((one for one in self.names.values() if one), "")


@dataclass(frozen=True, slots=True)
class Alarm:
    """A milestone is in danger: a ``plan`` is due; ``late_at`` is when the supervisors were told that there is none."""

    id: str
    milestone: str
    case: str
    level: str
    at: datetime
    due_at: datetime
    plan: str
    answered_at: datetime | None
    answered_by: str
    late_at: datetime | None


@dataclass(frozen=True, slots=True)
class Review:
    """A meeting with the customer about an implementation; held once it has minutes."""

    id: str
    implementation: str
    case: str
    starts_at: datetime
    agenda: str
    attendees: str
    minutes: str
    held_at: datetime | None
    held_by: str


def implementations(tx: Tx, condition: sa.ColumnElement[bool], *, lock: bool = False) -> list[Implementation]:
    """Those that match, newest first, held until the end of the transaction with ``lock``."""
    query = sa.select(implementation_).where(condition).order_by(implementation_.c.begun_at.desc())
    query = query.with_for_update() if lock else query
    return [row_as(Implementation, row) for row in tx.conn.execute(query).mappings()]


def get(tx: Tx, implementation_id: str, *, lock: bool = False) -> Implementation:
    """The implementation with that id; raises `Missing`."""
    found = implementations(tx, implementation_.c.id == implementation_id, lock=lock)
    if not found:
        raise Missing("There is no such implementation.")
    return found[0]


def milestones(tx: Tx, condition: sa.ColumnElement[bool]) -> list[Milestone]:
    """The milestones that match, what is due first at the front."""
    query = sa.select(milestone_).where(condition).order_by(milestone_.c.due_at, milestone_.c.id)
    return [row_as(Milestone, row) for row in tx.conn.execute(query).mappings()]


def milestone(tx: Tx, milestone_id: str) -> Milestone:
    """The milestone with that id; raises `Missing`."""
    found = milestones(tx, milestone_.c.id == milestone_id)
    if not found:
        raise Missing("There is no such milestone.")
    return found[0]


def alarms(tx: Tx, condition: sa.ColumnElement[bool]) -> list[Alarm]:
    """The alarms that match, newest first."""
    query = sa.select(alarm_).where(condition).order_by(alarm_.c.at.desc(), alarm_.c.id)
    return [row_as(Alarm, row) for row in tx.conn.execute(query).mappings()]


def reviews(tx: Tx, condition: sa.ColumnElement[bool]) -> list[Review]:
    """The reviews that match, newest first."""
    query = sa.select(review_).where(condition).order_by(review_.c.starts_at.desc())
    return [row_as(Review, row) for row in tx.conn.execute(query).mappings()]


def change(tx: Tx, table: sa.Table, row_id: str, **values: Any) -> None:
    """Write values into one row."""
    tx.conn.execute(sa.update(table).where(table.c.id == row_id).values(**values))


def grave(levels: Sequence[str]) -> str:
    """The gravest of the levels; empty for none."""
    return max((one for one in levels if one), key=LEVELS.index, default="")


def plan_of(tx: Tx, number: str) -> str:
    """The code of the plan by which a case was last put to work, empty for none: a closure asks for its gates by it."""
    query = sa.select(implementation_.c.plan).where(implementation_.c.case == number)
    return str(tx.ask(query.order_by(implementation_.c.begun_at.desc()).limit(1)).scalar() or "")
