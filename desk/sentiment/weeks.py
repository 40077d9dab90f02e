"""The mood of each week and kind of problem: counts, means, and the messages behind them (COM-6)."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from loopdesk.desk.record import case_
from loopdesk.desk.rights import readable, require
from loopdesk.desk.sentiment.moods import Mood, effective, mood_of
from loopdesk.desk.sentiment.tables import NEGATIVE, sentiment_
from loopdesk.engine.actor import Actor
from loopdesk.engine.tx import Tx

MOST = 50_000
"""Messages that one page counts, the newest: beyond that a longer period would take seconds."""
WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Week:
    """Messages of one week (its Monday) about one type of problem: how many, their mean score, how many negative.

    ``kind`` is empty for all types together.
    """

    monday: date
    kind: str
    count: int
    mean: float
    negative: int

    @property
    def share(self) -> float:
        """The negative ones of a hundred."""
        return 100 * self.negative / self.count


@dataclass(frozen=True, slots=True)
class Message:
    """One scored text with the case that it belongs to."""

    mood: Mood
    case: str
    title: str
    kind: str


def weeks(actor: Actor, tx: Tx, since: datetime, zone: ZoneInfo) -> list[Week]:
    """The weeks from a moment on, the newest first, of cases that ``actor`` may see: all types, then each type."""
    require(actor, "sentiment.read")
    table = (sentiment_.c.at, effective().label("score"), sentiment_.c.label, sentiment_.c.chosen, case_.c.type)
    query = sa.select(*table).join(case_, case_.c.number == sentiment_.c.case)
    query = query.where(sentiment_.c.at >= since, readable(actor)).order_by(sentiment_.c.at.desc()).limit(MOST)
    found: dict[tuple[date, str], list[tuple[float, bool]]] = defaultdict(list)
    for row in tx.conn.execute(query):
        one = (float(row.score), (row.chosen or row.label) == NEGATIVE)
        for kind in ("", row.type or "other"):
            found[monday(row.at, zone), kind].append(one)
    return [_week(*key, found[key]) for key in sorted(found, key=lambda key: (-key[0].toordinal(), key[1]))]


def messages(actor: Actor, tx: Tx, week: date, zone: ZoneInfo, *, kind: str = "", limit: int = 200) -> list[Message]:
    """The messages behind one week (and type), the lowest score first."""
    require(actor, "sentiment.read")
    start = datetime(week.year, week.month, week.day, tzinfo=zone)
    query = sa.select(sentiment_, case_.c.title, case_.c.type).join(case_, case_.c.number == sentiment_.c.case)
    query = query.where(sentiment_.c.at >= start, sentiment_.c.at < start + WEEK, readable(actor))
    if kind:
        query = query.where(sa.func.coalesce(sa.func.nullif(case_.c.type, ""), "other") == kind)
    rows = tx.conn.execute(query.order_by(effective(), sentiment_.c.about).limit(limit)).mappings()
    return [Message(mood_of(row), row["case"], row["title"], row["type"] or "other") for row in rows]


def monday(at: datetime, zone: ZoneInfo) -> date:
    """The Monday of the week in which a moment lies, by the clock of a zone."""
    day = at.astimezone(zone).date()
    return day - timedelta(days=day.weekday())


def _week(monday_: date, kind: str, found: Sequence[tuple[float, bool]]) -> Week:
    scores = [score for score, _ in found]
    return Week(monday_, kind, len(found), round(sum(scores) / len(scores), 3), sum(low for _, low in found))
