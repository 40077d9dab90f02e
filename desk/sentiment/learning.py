"""What people corrected is learnt from (COM-6): the mood of a message as a subject of the classifier's `lessons`."""

from collections.abc import Collection, Iterable
from datetime import datetime

import sqlalchemy as sa

from loopdesk.desk.classification import lessons
from loopdesk.desk.feedback.survey import survey_
from loopdesk.desk.letters import communication
from loopdesk.desk.record import case_
from loopdesk.desk.sentiment.look import own_words
from loopdesk.desk.sentiment.moods import BUNDLE, SUBJECT
from loopdesk.desk.sentiment.negation import near
from loopdesk.desk.sentiment.tables import COMMUNICATION, SURVEY, sentiment_
from loopdesk.engine.redaction import ERASED
from loopdesk.engine.tx import Tx


def _last(tx: Tx, language: str) -> datetime | None:
    found: datetime | None = tx.conn.scalar(sa.select(sa.func.max(sentiment_.c.chosen_at)).where(_labels(language)))
    return found


def _corrected(tx: Tx, language: str, since: datetime | None) -> int:
    other = sentiment_.c.chosen != sentiment_.c.label
    query = sa.select(sa.func.count()).select_from(sentiment_).where(_labels(language), other)
    if since is not None:
        query = query.where(sentiment_.c.chosen_at > since)
    return tx.conn.scalar(query) or 0


def _chosen(tx: Tx, language: str, through: datetime, known: Collection[str], most: int) -> Iterable[tuple[str, str]]:
    text = sa.case(
        (sentiment_.c.source == COMMUNICATION, communication.c.body),
        (sentiment_.c.source == SURVEY, survey_.c.comment),
        else_=case_.c.title + "\n" + case_.c.description,
    )
    query = (
        sa.select(text.label("text"), sentiment_.c.chosen)
        .outerjoin(communication, communication.c.id == sentiment_.c.about)
        .outerjoin(survey_, survey_.c.id == sentiment_.c.about)
        .outerjoin(case_, case_.c.number == sentiment_.c.about)
        .where(_labels(language), sentiment_.c.chosen.in_(known), sentiment_.c.chosen_at <= through)
        .order_by(sentiment_.c.chosen_at.desc(), sentiment_.c.about)
        .limit(most)
    )
    for row in tx.conn.execute(query):
        # What was erased says nothing any more.
        if (row.text or "").replace(ERASED, "").strip():
            yield own_words(row.text), str(row.chosen)


def _labels(language: str) -> sa.ColumnElement[bool]:
    return (sentiment_.c.language == language) & sentiment_.c.chosen_at.is_not(None)


MOODS = lessons.Subject(SUBJECT, BUNDLE, _last, _corrected, _chosen, near)


def look(tx: Tx) -> None:
    """Ask for a training of each language that has something new to learn."""
    lessons.look(tx, MOODS)
