"""What people chose at triage is learnt from (INT-4): the type of a problem as a subject of `lessons`."""

from collections.abc import Collection, Iterable
from datetime import datetime

import sqlalchemy as sa

from loopdesk.desk.classification import lessons
from loopdesk.desk.classification.examples import BUNDLE
from loopdesk.desk.classification.guess import classification
from loopdesk.desk.classification.lessons import KIND, Lesson, Training, keep, train
from loopdesk.desk.classification.trained import TYPE
from loopdesk.desk.record import case_
from loopdesk.engine.tx import Tx

__all__ = ["KIND", "TYPES", "Training", "due", "keep", "lesson", "look", "train"]


def _last(tx: Tx, language: str) -> datetime | None:
    found: datetime | None = tx.conn.scalar(sa.select(sa.func.max(classification.c.chosen_at)).where(_labels(language)))
    return found


def _corrected(tx: Tx, language: str, since: datetime | None) -> int:
    query = sa.select(sa.func.count()).select_from(classification).where(_labels(language), classification.c.corrected)
    if since is not None:
        query = query.where(classification.c.chosen_at > since)
    return tx.conn.scalar(query) or 0


def _chosen(tx: Tx, language: str, through: datetime, known: Collection[str], most: int) -> Iterable[tuple[str, str]]:
    query = (
        sa.select(case_.c.title, case_.c.description, classification.c.chosen)
        .join(case_, case_.c.number == classification.c.case)
        .where(_labels(language), classification.c.chosen.in_(known), classification.c.chosen_at <= through)
        .order_by(classification.c.chosen_at.desc(), classification.c.case)
        .limit(most)
    )
    for row in tx.conn.execute(query):
        yield f"{row.title}\n{row.description}", str(row.chosen)


def _labels(language: str) -> sa.ColumnElement[bool]:
    return (classification.c.language == language) & classification.c.chosen_at.is_not(None)


TYPES = lessons.Subject(TYPE, BUNDLE, _last, _corrected, _chosen)


def look(tx: Tx) -> None:
    """Ask for a training of each language that has something new to learn."""
    lessons.look(tx, TYPES)


def due(tx: Tx, language: str) -> str:
    """What a new training is about, as a name; empty while there is nothing new."""
    return lessons.due(tx, TYPES, language)


def lesson(tx: Tx, language: str) -> Lesson:
    """All that there is to learn now; raises `Missing` without examples."""
    return lessons.lesson(tx, TYPES, language)
