"""What each quarter's survey came to, asked and answered: the figures of the quarterly survey (FBK-4)."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from loopdesk.desk.feedback.tables import FULL, POOR, QUARTERLY, survey_
from loopdesk.desk.record import case_
from loopdesk.desk.rights import require, visible_to
from loopdesk.engine.actor import Actor
from loopdesk.engine.tx import Tx

BACK = 8
"""How many quarters are told, the present one among them."""


@dataclass(frozen=True, slots=True)
class Quarter:
    """The surveys that were sent in one quarter.

    ``css`` is the mean of the stars (1 to 5), ``nps`` promoters less detractors (-100 to 100) of those who said whether
    they recommend us; both None where nobody said.
    """

    name: str
    asked: int = 0
    answered: int = 0
    css: float | None = None
    nps: float | None = None

    @property
    def reply_rate(self) -> float | None:
        """Percent of those asked who answered; None where nobody was asked."""
        return 100 * self.answered / self.asked if self.asked else None


def quarters(actor: Actor, tx: Tx) -> list[Quarter]:
    """The last quarters, newest first, back to the first in which somebody was asked; the present one always.

    Of cases that ``actor`` may see; quarters begin at midnight in the house's zone.
    """
    require(actor, "feedback.read")
    spans = list(_spans(tx.now.astimezone(ZoneInfo(tx.host.zone))))
    said = _sums(actor, tx, spans)
    found = [said.get(name, Quarter(name)) for name, _, _ in spans]
    first = max((at for at, one in enumerate(found) if one.asked), default=0)
    return found[: first + 1]


def _spans(now: datetime) -> Iterator[tuple[str, datetime, datetime]]:
    """(name, begin, end) of the present quarter and of those before it."""
    year, part, end = now.year, (now.month + 2) // 3, None
    for _ in range(BACK):
        since = datetime(year, 3 * part - 2, 1, tzinfo=now.tzinfo)
        yield f"{year}-Q{part}", since, end or _after(since)
        year, part, end = (year, part - 1, since) if part > 1 else (year - 1, 4, since)


def _after(since: datetime) -> datetime:
    return since.replace(year=since.year + 1, month=1) if since.month == 10 else since.replace(month=since.month + 3)


def _sums(actor: Actor, tx: Tx, spans: list[tuple[str, datetime, datetime]]) -> dict[str, Quarter]:
    name = sa.case(*(((survey_.c.sent_at >= since) & (survey_.c.sent_at < end), of) for of, since, end in spans))
    sent = (
        sa.select(name.label("quarter"), survey_.c.answered_at, survey_.c.stars, survey_.c.nps)
        .join(case_, case_.c.number == survey_.c.case)
        .where(survey_.c.kind == QUARTERLY, survey_.c.sent_at >= spans[-1][1], visible_to(actor))
        .subquery()
    )
    count, of = sa.func.count, sent.c
    better = count(sa.case((of.nps >= FULL, 1))) - count(sa.case((of.nps <= POOR, 1)))
    query = sa.select(of.quarter, count(), count(of.answered_at), sa.func.avg(of.stars), better, count(of.nps))
    found = {}
    for quarter, asked, answered, stars, balance, said in tx.conn.execute(query.group_by(of.quarter)):
        css = None if stars is None else float(stars)
        found[quarter] = Quarter(quarter, asked, answered, css, 100 * balance / said if said else None)
    return found
