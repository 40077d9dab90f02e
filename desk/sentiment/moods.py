"""The mood of one text: what the model says, what a person says instead (COM-6).

A score lies between -1 (negative) and 1 (positive): the probability of positive less that of negative.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from loopdesk.desk import policy, record
from loopdesk.desk.classification import trained
from loopdesk.desk.classification.model import Guess, Model
from loopdesk.desk.rights import require, visible_to
from loopdesk.desk.sentiment import recovery
from loopdesk.desk.sentiment.negation import near
from loopdesk.desk.sentiment.tables import LABELS, NEGATIVE, NEUTRAL, POSITIVE, SAID, sentiment_
from loopdesk.engine import events
from loopdesk.engine.actor import Actor
from loopdesk.engine.errors import Invalid, Missing, Phrase
from loopdesk.engine.tx import Tx

BUNDLE = POLICY = SUBJECT = "sentiment"
SHIPPED = Path(__file__).parent / "models"


@dataclass(frozen=True, slots=True)
class Mood:
    """The mood of one text as it stands; ``guess`` is the model's, ``corrected`` says that a person has spoken."""

    about: str
    at: datetime
    score: float
    label: str
    guess: str
    corrected: bool


def current(tx: Tx, language: str) -> tuple[str, Model | None]:
    """The model in use for a language with its id; empty and None before the first."""
    return trained.current(tx, SUBJECT, language)


def seed(tx: Tx) -> None:
    """Take the shipped models into a house that has none."""
    trained.seed(tx, SUBJECT, BUNDLE, SHIPPED)


def taken_for(model: Model, text: str) -> Guess:
    """What a model takes a text for, read as the texts that it has learnt from."""
    return model.guess(near(text))


def score_of(guess: Guess) -> float:
    """The score that a guess stands for; 0 where nothing in the text is known."""
    shares = dict(guess.ranked)
    return round(shares.get(POSITIVE, 0.0) - shares.get(NEGATIVE, 0.0), 4)


def margin(tx: Tx) -> float:
    """How far from 0 a score has to be at least for a mood to be shown as negative or positive."""
    return float(policy.said(tx, POLICY, "margin"))


def label_of(guess: Guess, clear: float) -> str:
    """The mood that a guess is shown as: neutral where it is not ``clear`` by that much; empty where nothing is known.

    A few words without any feeling are else called pleased or annoyed by a hair.
    """
    return NEUTRAL if guess.type and abs(score_of(guess)) < clear else guess.type


def correct(actor: Actor, tx: Tx, about: str, label: str) -> Mood:
    """A person says how a message is meant; it counts at once and is learnt from at the next training.

    Said to be negative it may start a service recovery like any other. Raises `Missing` for a text without a mood or
    of a case that ``actor`` may not see, `Invalid` for a mood that there is none of.
    """
    require(actor, "sentiment.correct")
    if label not in LABELS:
        problem = Phrase("Choose one of: %(known)s.", known=", ".join(LABELS))
        raise Invalid("There is no such mood.", fields={"label": [problem]})
    row = _row(tx, about)
    if row["case"]:
        record.get(tx, row["case"], visible=visible_to(actor))
    values = {"chosen": label, "by_id": actor.id, "chosen_at": tx.now}
    tx.change(sentiment_, {"about": about, **values})
    data = {"about": about, "label": label, "guess": row["label"], "score": row["score"]}
    events.record(actor, tx, "sentiment.corrected", key=row["case"], data=data)
    mood = mood_of({**row, **values})
    if row["case"]:
        recovery.consider(tx, row["case"], about, row["at"], row["source"])
    return mood


def of_case(tx: Tx, number: str) -> dict[str, Mood]:
    """The moods of a case by what they are about, oldest first."""
    query = sa.select(sentiment_).where(sentiment_.c.case == number).order_by(sentiment_.c.at, sentiment_.c.about)
    return {row["about"]: mood_of(row) for row in tx.ask(query).mappings()}


def newest(tx: Tx, number: str) -> Mood | None:
    """The mood of what the customer of a case wrote last; None where nothing has one."""
    query = sa.select(sentiment_).where(sentiment_.c.case == number)
    row = tx.ask(query.order_by(sentiment_.c.at.desc(), sentiment_.c.about.desc()).limit(1)).mappings().first()
    return mood_of(row) if row else None


def mood_of(row: Mapping[Any, Any]) -> Mood:
    """The mood that a row holds: a person's word before the model's."""
    chosen = str(row["chosen"])
    score = SAID[chosen] if chosen in SAID else float(row["score"])
    return Mood(row["about"], row["at"], score, chosen or row["label"], row["label"], bool(chosen))


def effective() -> sa.ColumnElement[float]:
    """The score that counts, in SQL: a person's word before the model's."""
    said = [(sentiment_.c.chosen == label, sa.literal(score)) for label, score in SAID.items()]
    return sa.case(*said, else_=sentiment_.c.score)


def _row(tx: Tx, about: str) -> Mapping[str, Any]:
    row = tx.ask(sa.select(sentiment_).where(sentiment_.c.about == about)).mappings().first()
    if row is None:
        raise Missing("There is no mood of this text.")
    return dict(row)
