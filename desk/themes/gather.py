"""All that customers said in a period, from wherever it is kept (FBK-5): surveys, mails, chats, calls, transcripts."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from hashlib import blake2b
from typing import Any

import sqlalchemy as sa

from loopdesk.desk import channels
from loopdesk.desk.classification.model import Guess
from loopdesk.desk.classification.text import language_of
from loopdesk.desk.contacting.rows import MISSED, call_
from loopdesk.desk.feedback.survey import survey_
from loopdesk.desk.feedback.tables import COMPLAINT, SUGGESTION, feedback_
from loopdesk.desk.letters import IN, communication
from loopdesk.desk.record import case_
from loopdesk.desk.rights import readable
from loopdesk.desk.sentiment import moods
from loopdesk.desk.sentiment.look import own_words
from loopdesk.desk.sentiment.tables import NEGATIVE, sentiment_
from loopdesk.desk.themes import transcripts
from loopdesk.desk.themes.mining import Text
from loopdesk.engine.actor import Actor
from loopdesk.engine.tx import Tx

MOST = 2_000
"""Texts of each source that are read of a period, the newest: a page has to answer within a second or so."""
FEW_STARS = 2
GUESSES = 20_000
"""Moods of texts that are kept from one page to the next: as many as two periods of all sources have."""
SURVEY, REPORT, NOTE, TRANSCRIPT, OTHER = "survey", "report", "call", "transcript", "feedback"


def texts(actor: Actor, tx: Tx, since: datetime, until: datetime) -> list[Text]:
    """What was said from one moment to another in cases that ``actor`` may see, oldest first, the same words of a case
    once. Restricted cases are left out for everybody: a theme is read by people who may not know of them.
    """
    seen = readable(actor) & ~case_.c.restricted
    found = [*_surveys(tx, since, until, seen), *_messages(tx, since, until, seen), *_reports(tx, since, until, seen)]
    found += [*_calls(tx, since, until, seen), *_feedback(tx, since, until, seen)]
    labels = _labels(tx, since, until)
    unique: dict[tuple[str, str], Text] = {}
    for one in sorted(found, key=lambda text: (text.at, text.id)):
        judged, known = _judged(tx, one, labels), unique.get((one.case, one.text.strip()))
        # The comment of a survey stands with its stars, and with what kind of feedback it is.
        both = judged if known is None else replace(known, complaint=known.complaint or judged.complaint)
        unique[one.case, one.text.strip()] = both
    return list(unique.values())


def suggestions(actor: Actor, tx: Tx, since: datetime, until: datetime) -> list[Text]:
    """The suggestions of a period (FBK-3), oldest first."""
    mine = readable(actor) & ~case_.c.restricted & (feedback_.c.kind == SUGGESTION)
    return list(_feedback(tx, since, until, mine))


def _judged(tx: Tx, one: Text, labels: Mapping[str, str]) -> Text:
    """The same text, told whether it complains: somebody said so, few stars, or its mood is negative."""
    if one.complaint or one.stars is not None:
        low = one.complaint or (one.stars or 0) <= FEW_STARS
    else:
        low = (labels.get(one.id) or _label(tx, one.text)) == NEGATIVE
    return Text(one.id, one.case, one.at, one.source, one.text, one.stars, low)


def _label(tx: Tx, text: str) -> str:
    """The mood of a text that nobody scores when it comes, such as the note of a call; found once for each model."""
    model_id, model = moods.current(tx, language_of(text))
    if model is None:
        return ""
    # Kept by a digest, so that an erased text is not kept here.
    known = (model_id, blake2b(text.encode(), digest_size=16).digest())
    if known not in _guessed:
        while len(_guessed) >= GUESSES:
            _guessed.pop(next(iter(_guessed)), None)
        _guessed[known] = moods.taken_for(model, text)
    return moods.label_of(_guessed[known], moods.margin(tx))


_guessed: dict[tuple[str, bytes], Guess] = {}


def _labels(tx: Tx, since: datetime, until: datetime) -> dict[str, str]:
    query = sa.select(sentiment_.c.about, sentiment_.c.label, sentiment_.c.chosen)
    rows = tx.conn.execute(query.where(_in(sentiment_.c.at, since, until)))
    return {row.about: row.chosen or row.label for row in rows}


def _rows(
    tx: Tx, table: sa.Table, at: sa.Column[Any], period: tuple[datetime, datetime], where: sa.ColumnElement[bool]
) -> Iterator[Mapping[str, Any]]:
    query = sa.select(table, case_.c.channel.label("of_channel")).join(case_, case_.c.number == table.c.case)
    query = query.where(_in(at, *period), where).order_by(at.desc()).limit(MOST)
    for row in tx.conn.execute(query).mappings():
        yield dict(row)


def _surveys(tx: Tx, since: datetime, until: datetime, seen: sa.ColumnElement[bool]) -> Iterator[Text]:
    where = seen & survey_.c.stars.is_not(None)
    for row in _rows(tx, survey_, survey_.c.answered_at, (since, until), where):
        yield Text(row["id"], row["case"], row["answered_at"], SURVEY, row["comment"], row["stars"])


def _messages(tx: Tx, since: datetime, until: datetime, seen: sa.ColumnElement[bool]) -> Iterator[Text]:
    heard = communication.c.channel == transcripts.CHANNEL
    where = seen & ((communication.c.direction == IN) & ~communication.c.automatic | heard)
    for row in _rows(tx, communication, communication.c.at, (since, until), where):
        source = TRANSCRIPT if row["channel"] == transcripts.CHANNEL else row["channel"]
        yield Text(row["id"], row["case"], row["at"], source, own_words(row["body"]))


def _reports(tx: Tx, since: datetime, until: datetime, seen: sa.ColumnElement[bool]) -> Iterator[Text]:
    silent = sorted({*channels.HOUSE, *channels.codes(tx, channels.CUSTOMERLESS)})
    where = _in(case_.c.opened_at, since, until) & seen & case_.c.channel.not_in(silent)
    query = sa.select(case_).where(where).order_by(case_.c.opened_at.desc()).limit(MOST)
    for row in tx.conn.execute(query).mappings():
        number = row["number"]
        yield Text(number, number, row["opened_at"], row["channel"], f"{row['title']}\n{row['description']}")


def _calls(tx: Tx, since: datetime, until: datetime, seen: sa.ColumnElement[bool]) -> Iterator[Text]:
    spoken = seen & (call_.c.said != "") & (call_.c.state != MISSED)
    for row in _rows(tx, call_, call_.c.done_at, (since, until), spoken):
        yield Text(row["id"], row["case"], row["done_at"], NOTE, row["said"])


def _feedback(tx: Tx, since: datetime, until: datetime, seen: sa.ColumnElement[bool]) -> Iterator[Text]:
    for row in _rows(tx, feedback_, feedback_.c.at, (since, until), seen & (feedback_.c.text != "")):
        kind = row["kind"] == COMPLAINT
        yield Text(row["id"], row["case"], row["at"], OTHER, row["text"], row["stars"], kind)


def _in(column: sa.ColumnElement[Any], since: datetime, until: datetime) -> sa.ColumnElement[bool]:
    return (column >= since) & (column < until)
