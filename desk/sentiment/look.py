"""The job that scores what customers write: it follows the events in commit order, behind every request (COM-6)."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from loopdesk.desk import channels
from loopdesk.desk.classification.text import language_of
from loopdesk.desk.feedback.survey import survey_
from loopdesk.desk.letters import IN, communication
from loopdesk.desk.record import case_
from loopdesk.desk.sentiment import moods, recovery
from loopdesk.desk.sentiment.tables import COMMUNICATION, REPORT, SURVEY, sentiment_, sentiment_mark
from loopdesk.desk.sql import insert_new
from loopdesk.engine import events
from loopdesk.engine.sql import hold, upsert
from loopdesk.engine.tx import Engine, Tx

BATCH = 1_000
"""Events of one transaction."""
LOCK = MARK = "sentiment"
_QUOTED = re.compile(r"^\s*>|^-{2,}\s*(Original Message|原始邮件)|^On .+ wrote:\s*$|^在.+写道[:：]\s*$", re.M)


@dataclass(frozen=True, slots=True)
class Said:
    """Something that a customer wrote: ``about`` is its id, ``case`` None where it belongs to none."""

    about: str
    source: str
    case: str | None
    at: datetime
    text: str


def look(tx: Tx) -> None:
    """Score what was written since the last look; a long queue in transactions of their own."""
    if batch(tx) == BATCH:
        tx.after_commit(lambda: _rest(tx.engine))


def _rest(engine: Engine) -> None:
    read = BATCH
    while read == BATCH:
        with engine.begin() as tx:
            read = batch(tx)


def batch(tx: Tx) -> int:
    """Score what the next events tell of, and start the recoveries that are due; returns how many events there were."""
    hold(tx, LOCK)
    cursor = tx.conn.scalar(sa.select(sentiment_mark.c.cursor).where(sentiment_mark.c.name == MARK)) or ""
    rows, after = events.since(tx, cursor, BATCH)
    for said in sorted(_said(tx, rows), key=lambda one: (one.at, one.about)):
        if keep(tx, said) and said.case:
            recovery.consider(tx, said.case, said.about, said.at, said.source)
    if after != cursor:
        upsert(tx, sentiment_mark, [{"name": MARK, "cursor": after}], unique="name")
    return len(rows)


def keep(tx: Tx, said: Said) -> bool:
    """Score one text; False where it has a mood already, or the model knows nothing in it."""
    own = own_words(said.text)
    language = language_of(own)
    model_id, model = moods.current(tx, language)
    guess = moods.taken_for(model, own) if model else None
    if guess is None or not guess.type:
        return False
    row: dict[str, Any] = {"about": said.about, "source": said.source, "case": said.case, "at": said.at}
    row |= {"language": language, "score": moods.score_of(guess), "model_id": model_id}
    row |= {"label": moods.label_of(guess, moods.margin(tx)), "chosen": "", "by_id": "", "chosen_at": None}
    return insert_new(tx, sentiment_, row, unique=["about"])


def own_words(text: str) -> str:
    """What somebody wrote, without the mail that he answers: nobody is angry about our own words quoted back."""
    found = _QUOTED.search(text)
    return (text[: found.start()] if found else text).strip() or text


def _said(tx: Tx, rows: Sequence[Mapping[str, Any]]) -> Iterator[Said]:
    named: dict[str, list[str]] = {"communication.received": [], "survey.answered": []}
    opened = [row["key"] for row in rows if row["kind"] == "case.opened"]
    for row in rows:
        if row["kind"] in named:
            named[row["kind"]].append(str(row["data"]["id"]))
    yield from _written(tx, named["communication.received"])
    yield from _commented(tx, named["survey.answered"])
    yield from _reported(tx, opened)


def _written(tx: Tx, ids: Sequence[str]) -> Iterator[Said]:
    if not ids:
        return
    mine = communication.c.id.in_(ids) & (communication.c.direction == IN) & ~communication.c.automatic
    for row in tx.conn.execute(sa.select(communication).where(mine)).mappings():
        yield Said(row["id"], COMMUNICATION, row["case"], row["at"], row["body"])


def _commented(tx: Tx, ids: Sequence[str]) -> Iterator[Said]:
    if not ids:
        return
    mine = survey_.c.id.in_(ids) & (survey_.c.comment != "")
    for row in tx.conn.execute(sa.select(survey_).where(mine)).mappings():
        yield Said(row["id"], SURVEY, row["case"], row["answered_at"], row["comment"])


def _reported(tx: Tx, numbers: Sequence[str]) -> Iterator[Said]:
    if not numbers:
        return
    # An alert feels nothing, however bad its words are; on staffed channels the words are those of our own people.
    silent = {*channels.HOUSE, *channels.codes(tx, channels.CUSTOMERLESS), *channels.codes(tx, channels.STAFFED)}
    mine = case_.c.number.in_(numbers) & case_.c.channel.not_in(sorted(silent))
    for row in tx.conn.execute(sa.select(case_).where(mine)).mappings():
        yield Said(row["number"], REPORT, row["number"], row["opened_at"], f"{row['title']}\n{row['description']}")
