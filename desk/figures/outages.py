"""Availability: what of a period no emergency took away (ANA-8)."""

from collections.abc import Collection
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from loopdesk.desk.figures import rules
from loopdesk.desk.figures.formulas import MAJOR, PERCENT
from loopdesk.desk.figures.rows import case_figure, downtime
from loopdesk.desk.figures.shapes import Figure, Period
from loopdesk.engine.tx import Tx

MINUTE = timedelta(minutes=1)
Span = tuple[datetime, datetime]


def availability(tx: Tx, period: Period, name: str, reached: datetime) -> Figure:
    """The figure of the whole house; None for a period before its first case, or one that has not begun.

    Nothing is known of the time after ``reached``. Overlapping emergencies count once. ``n`` is how many there were,
    the numerator the minutes with service.
    """
    found = span(tx, period)
    since, until = _known_since(tx, found[0]), min(found[1], reached)
    if since is None or until <= since:
        return Figure(name, None, PERCENT, 0)
    severities = rules.major(tx) if name == MAJOR else None
    away = _outages(tx, (since, until), severities)
    whole, lost = (until - since) / MINUTE, _together(away) / MINUTE
    return Figure(name, 100 * (whole - lost) / whole, PERCENT, len(away), whole - lost, whole)


def span(tx: Tx, period: Period) -> Span:
    """The moments from the first day's beginning to the last one's end, in the zone of the house."""
    zone = ZoneInfo(tx.host.zone)
    first = datetime.combine(period.since, time(), zone)
    after = datetime.combine(period.until + timedelta(days=1), time(), zone)
    return first.astimezone(UTC), after.astimezone(UTC)


def _known_since(tx: Tx, since: datetime) -> datetime | None:
    """Before its first case nothing is known of a house, so that time is none of service."""
    day = sa.select(sa.func.min(case_figure.c.opened_day)).scalar_subquery()
    query = sa.select(sa.func.min(case_figure.c.opened_at)).where(case_figure.c.opened_day == day)
    first: datetime | None = tx.ask(query).scalar()
    return None if first is None else max(since, first)


def _outages(tx: Tx, within: Span, severities: Collection[str] | None) -> list[Span]:
    since, until = within
    there = downtime.c.kind.in_(sorted(rules.outages(tx))) & (downtime.c.since < until)
    there &= downtime.c.until.is_(None) | (downtime.c.until > since)
    if severities is not None:
        there &= downtime.c.severity.in_(sorted(severities))
    rows = tx.ask(sa.select(downtime.c.since, downtime.c.until).where(there).order_by(downtime.c.since))
    return [(max(row.since, since), min(row.until or until, until)) for row in rows]


def _together(spans: list[Span]) -> timedelta:
    lost, reached = timedelta(), datetime.min.replace(tzinfo=UTC)
    for since, until in spans:
        start = max(since, reached)
        if until > start:
            lost += until - start
            reached = until
    return lost
