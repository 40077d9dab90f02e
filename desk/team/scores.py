"""How well the departments talk: timely answers, clarity and feedback, by department and month (HND-9)."""

from dataclasses import dataclass
from datetime import datetime, time
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from loopdesk.desk import departments, policy
from loopdesk.desk.record import PERSON_ID
from loopdesk.desk.rights import require
from loopdesk.desk.sql import dialect_insert
from loopdesk.desk.team import board, series, spans
from loopdesk.engine import events
from loopdesk.engine.actor import Actor
from loopdesk.engine.db import Moment, metadata, new_id
from loopdesk.engine.errors import N_, Invalid, Phrase, Refused
from loopdesk.engine.tx import Tx

WORST, BEST = 1, 5
TIMELINESS, CLARITY, FEEDBACK = PARTS = ("timeliness", "clarity", "feedback")

rating_ = sa.Table(
    "communication_rating",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("month", sa.String(7), nullable=False),
    sa.Column("department", sa.String(60), nullable=False),
    sa.Column("person_id", PERSON_ID, nullable=False),
    sa.Column("clarity", sa.Integer, nullable=False),
    sa.Column("feedback", sa.Integer, nullable=False),
    sa.Column("comment", sa.Text, nullable=False),
    sa.Column("at", Moment, nullable=False),
    sa.UniqueConstraint("month", "department", "person_id"),
)


@dataclass(frozen=True, slots=True)
class Score:
    """One department in one month, each part from 0 to 100; None where there is nothing to count.

    ``answered`` of ``asked`` handoffs were answered in time; ``ratings`` colleagues gave their word. The ``total``
    weighs the parts that there are by the policy.
    """

    department: str
    asked: int
    answered: int
    ratings: int
    timeliness: float | None
    clarity: float | None
    feedback: float | None
    total: float | None


def rate(actor: Actor, tx: Tx, *, department: str, clarity: int, feedback: int, comment: str = "") -> None:
    """Say how clear another department is and how well it answers, 1 (poor) to 5 (good), for this month.

    Once more in the same month takes the place of the former word. Raises `Invalid` with the field, `Refused` for
    one's own department.
    """
    require(actor, "scores.rate")
    if department not in departments.codes(tx):
        _wrong("department", Phrase("There is no department %(department)s.", department=department or "-"))
    if department in actor.departments:
        raise Refused("Nobody rates their own department.", remedy=N_("Choose another one."))
    for field, value in ((CLARITY, clarity), (FEEDBACK, feedback)):
        if not WORST <= value <= BEST:
            _wrong(field, Phrase("Choose a figure from 1 to 5."))
    where = {"month": month_of(tx), "department": department, "person_id": actor.id}
    values = {"clarity": clarity, "feedback": feedback, "comment": comment.strip()[:2000], "at": tx.now}
    statement = dialect_insert(tx, rating_).values(id=new_id(), **where, **values)
    tx.conn.execute(statement.on_conflict_do_update(index_elements=list(where), set_=values))
    events.record(actor, tx, "scores.rated", data={"department": department, "month": where["month"]})


def listing(actor: Actor, tx: Tx, month: str = "") -> list[Score]:
    """Every department in a month (``2026-03``; this one without), in the policy's order. Raises `Invalid`."""
    require(actor, "scores.read")
    wanted = month or month_of(tx)
    since, until = _bounds(tx, wanted)
    asked = [
        one
        for one in spans.all_(tx, since=since)
        if since <= one.offered_at < until and (one.decided_at or one.overdue_at)
    ]
    rated = tx.ask(sa.select(rating_).where(rating_.c.month == wanted)).mappings().all()
    weights = _weights(tx)
    return [
        _score(
            code,
            [one for one in asked if one.to_department == code],
            [dict(row) for row in rated if row["department"] == code],
            weights,
        )
        for code in departments.codes(tx)
    ]


def comments(actor: Actor, tx: Tx, month: str = "") -> list[tuple[str, str]]:
    """Departments and what was said of them in a month, without names."""
    require(actor, "scores.read")
    said = (rating_.c.month == (month or month_of(tx))) & (rating_.c.comment != "")
    query = sa.select(rating_.c.department, rating_.c.comment).where(said)
    return [(row[0], row[1]) for row in tx.ask(query.order_by(rating_.c.department, rating_.c.comment))]


def months(tx: Tx, most: int = 12) -> list[str]:
    """This month and those before it, the newest first."""
    year, number = (int(part) for part in month_of(tx).split("-"))
    count = year * 12 + number - 1
    return [f"{(count - back) // 12:04d}-{(count - back) % 12 + 1:02d}" for back in range(most)]


def month_of(tx: Tx) -> str:
    """The month that it is in the house."""
    return board.today(tx).isoformat()[:7]


def _weights(tx: Tx) -> dict[str, float]:
    said = policy.said(tx, series.POLICY, "score", "weights")
    try:
        weights = {part: float(said[part]) for part in PARTS}
    except (KeyError, TypeError, ValueError) as error:
        raise Invalid("meetings.yaml needs a weight for timeliness, clarity and feedback.") from error
    if min(weights.values()) < 0 or not any(weights.values()):
        raise Invalid("The weights of meetings.yaml are not below zero, and one of them is above.")
    return weights


def _bounds(tx: Tx, month: str) -> tuple[datetime, datetime]:
    try:
        first = datetime.strptime(month, "%Y-%m").date()  # noqa: DTZ007 - a month has no zone
    except ValueError:
        raise Invalid("A month is written like 2026-03.") from None
    zone = ZoneInfo(tx.host.zone)
    after = first.replace(year=first.year + first.month // 12, month=first.month % 12 + 1)
    return datetime.combine(first, time(), zone), datetime.combine(after, time(), zone)


def _score(code: str, asked: list[spans.Span], rated: list[dict[str, Any]], weights: dict[str, float]) -> Score:
    answered = sum(one.overdue_at is None for one in asked)
    parts: dict[str, float | None] = {TIMELINESS: 100 * answered / len(asked) if asked else None}
    for name in (CLARITY, FEEDBACK):
        mean = sum(row[name] for row in rated) / len(rated) if rated else None
        parts[name] = None if mean is None else 100 * (mean - WORST) / (BEST - WORST)
    known = {name: value for name, value in parts.items() if value is not None}
    weight = sum(weights[name] for name in known)
    total = sum(weights[name] * value for name, value in known.items()) / weight if weight else None
    counts = (len(asked), answered, len(rated))
    return Score(code, *counts, parts[TIMELINESS], parts[CLARITY], parts[FEEDBACK], total)


def _wrong(field: str, message: Phrase) -> None:
    raise Invalid("Please check this rating.", fields={field: [message]})
