"""Guessing what kind of problem a case is, and keeping what people say about the guess (INT-4).

The owner's examples and figures are policy data; a trained model is a row of numbers. `learning` makes
new ones.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from loopdesk.desk import policy, record
from loopdesk.desk.classification import trained
from loopdesk.desk.classification.examples import BUNDLE
from loopdesk.desk.classification.model import NOTHING, Guess, Model
from loopdesk.desk.classification.text import language_of
from loopdesk.desk.classification.trained import TYPE, classification_model
from loopdesk.desk.record import NUMBER, PERSON_ID
from loopdesk.desk.rights import require
from loopdesk.engine import events
from loopdesk.engine.actor import Actor
from loopdesk.engine.db import JSON, Moment, metadata
from loopdesk.engine.sql import upsert
from loopdesk.engine.tx import Tx

__all__ = [
    "answer",
    "classification",
    "classification_model",
    "classify",
    "current",
    "learn",
    "of_case",
    "seed",
    "threshold",
]

classification = sa.Table(
    "classification",
    metadata,
    sa.Column("case", NUMBER, sa.ForeignKey("case_.number"), primary_key=True),
    sa.Column("language", sa.String(10), nullable=False),
    sa.Column("guess", sa.String(60), nullable=False),
    sa.Column("confidence", sa.Float, nullable=False),
    sa.Column("ranked", JSON, nullable=False),
    sa.Column("model_id", sa.String(32), nullable=False),
    sa.Column("at", Moment, nullable=False),
    sa.Column("chosen", sa.String(60), nullable=False),
    sa.Column("corrected", sa.Boolean, nullable=False),
    sa.Column("by_id", PERSON_ID, nullable=False),
    sa.Column("chosen_at", Moment),
    sa.Index("ix_classification_chosen", "language", "chosen_at"),
)
"""What was guessed about a case (``guess`` is empty where it was not sure) and what a person chose; the text itself
stays on the case alone, so that it is erased with it."""

SHIPPED = Path(__file__).parent / "models"


def classify(actor: Actor, tx: Tx, number: str) -> dict[str, Any]:
    """Guess the type of a case from its title and description and keep the guess.

    Gives ``type`` (empty where the guess is less probable than ``confidence`` of the policy, or nobody has trained
    yet), ``confidence`` of the best class between 0 and 1, and ``ranked``, all classes with theirs, best first.
    """
    require(actor, "case.classify")
    case = record.get(tx, number)
    text = f"{case.title}\n{case.description}"
    language = language_of(text)
    model_id, model = current(tx, language)
    guess = model.guess(text) if model else NOTHING
    if not guess.type:
        return {"type": "", "confidence": 0.0, "ranked": []}
    found = answer(tx, guess)
    row = {"case": number, "language": language, "guess": found["type"], "model_id": model_id, "at": tx.now}
    row |= {"confidence": found["confidence"], "ranked": found["ranked"]}
    row |= {"chosen": "", "corrected": False, "by_id": "", "chosen_at": None}
    upsert(tx, classification, [row], unique="case")
    data = {"type": found["type"], "likely": guess.type, "confidence": found["confidence"], "model": model_id}
    events.record(actor, tx, "case.classified", key=number, data=data)
    return found


def answer(tx: Tx, guess: Guess) -> dict[str, Any]:
    """A guess as diagrams see it: no type where it is less sure than the policy asks for."""
    sure = guess.confidence >= threshold(tx)
    ranked = [{"type": name, "confidence": round(share, 4)} for name, share in guess.ranked]
    return {"type": guess.type if sure else "", "confidence": round(guess.confidence, 4), "ranked": ranked}


def threshold(tx: Tx) -> float:
    """The least confidence of a guess that counts, 0 to 1."""
    return float(policy.said(tx, "classification", "confidence"))


def learn(actor: Actor, tx: Tx, number: str, *, kind: str) -> bool:
    """Keep the type that a person chose as a label of the case's text; True when the guess was another or none.

    Nothing is kept of a case that was never classified, nor of what no person has said.
    """
    require(actor, "case.learn")
    row = of_case(tx, number)
    if row is None or actor.kind != "person":
        return False
    corrected: bool = kind != row["guess"]
    values = {"chosen": kind, "corrected": corrected, "by_id": actor.id, "chosen_at": tx.now}
    tx.change(classification, {"case": number, **values})
    if corrected:
        data = {"type": kind, "guess": row["guess"], "confidence": row["confidence"]}
        events.record(actor, tx, "case.type_corrected", key=number, data=data)
    return corrected


def of_case(tx: Tx, number: str) -> Mapping[str, Any] | None:
    """What was guessed and chosen about a case; None where nothing was."""
    row = tx.ask(sa.select(classification).where(classification.c.case == number)).mappings().first()
    return dict(row) if row else None


def current(tx: Tx, language: str) -> tuple[str, Model | None]:
    """The model in use for a language with its id; empty and None before the first."""
    return trained.current(tx, TYPE, language)


def seed(tx: Tx) -> None:
    """Take the shipped models into a house that has none."""
    trained.seed(tx, TYPE, BUNDLE, SHIPPED)
