"""The house trains again when its owner has edited the examples or people have corrected enough guesses (INT-4).

A periodic job looks whether that is so and asks for a training; a worker trains outside any transaction, for it takes
seconds. A model that a cross-validation finds worse than the one in use is not taken, and that is written down.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

import sqlalchemy as sa

from loopdesk.desk import policy
from loopdesk.desk.classification.examples import BUNDLE, Example, classes, digest, file_of, read
from loopdesk.desk.classification.guess import classification, classification_model
from loopdesk.desk.classification.model import packed
from loopdesk.desk.classification.text import LANGUAGES
from loopdesk.desk.classification.training import contest, fit
from loopdesk.desk.record import case_
from loopdesk.desk.rights import require
from loopdesk.engine import bundles, events, outbox_rows
from loopdesk.engine.actor import TIMER, Actor
from loopdesk.engine.db import new_id
from loopdesk.engine.errors import Missing
from loopdesk.engine.host import Files
from loopdesk.engine.outbox_rows import Row, Wanted
from loopdesk.engine.tx import Engine, Tx

KIND = "classification.train"
"""The outbox row of one training."""
MOST = 1_000
"""Choices of people that are learnt from, the newest: more would take longer than a worker may be busy."""


@dataclass(frozen=True, slots=True)
class Lesson:
    """What one training works with; ``former`` is what the model in use has learnt from."""

    language: str
    digest: str
    bundle_id: str
    through: datetime | None
    present: Sequence[Example]
    former: Sequence[Example]


def look(tx: Tx) -> None:
    """Ask for a training of each language that has something new to learn; asking twice is asking once."""
    for language in LANGUAGES:
        reason = due(tx, language)
        if reason:
            key = f"{KIND}:{language}:{reason}"
            outbox_rows.put_many(tx, [Wanted(KIND, {"language": language}, idempotency_key=key)])


def due(tx: Tx, language: str) -> str:
    """What a new training is about, as a name; empty while there is nothing new. Counts from the last training."""
    try:
        bundle = bundles.current(tx, BUNDLE)
    except Missing:
        return ""
    now = digest(bundle.files, language)
    last = _last(tx, language)
    if not now:
        return ""
    if last is None or last["digest"] != now:
        return f"{last['id'] if last else 'first'}:{now[:16]}"
    needed = int(policy.said(tx, "classification", "corrections"))
    query = sa.select(sa.func.count()).select_from(classification).where(_labels(language), classification.c.corrected)
    if last["through"] is not None:
        query = query.where(classification.c.chosen_at > last["through"])
    return f"{last['id']}:corrections" if (tx.conn.scalar(query) or 0) >= needed else ""


def lesson(tx: Tx, language: str) -> Lesson:
    """All that there is to learn now, and what the model in use has learnt; raises `Missing` without examples."""
    bundle = bundles.current(tx, BUNDLE)
    used = _last(tx, language, adopted=True)
    through = tx.conn.scalar(sa.select(sa.func.max(classification.c.chosen_at)).where(_labels(language)))
    present = _examples(tx, bundle.files, language, through)
    former: Sequence[Example] = ()
    if used is not None:
        former = _examples(tx, bundles.get(tx, used["bundle_id"]).files, language, used["through"])
    return Lesson(language, digest(bundle.files, language), bundle.id, through, present, former)


def _examples(tx: Tx, files: Files, language: str, through: datetime | None) -> list[Example]:
    """The owner's examples, and the cases that people have labelled up to a moment."""
    own = read(files.get(file_of(language), b""), file_of(language))
    if through is None:
        return own
    query = (
        sa.select(case_.c.title, case_.c.description, classification.c.chosen)
        .join(case_, case_.c.number == classification.c.case)
        .where(_labels(language), classification.c.chosen.in_(classes(files)), classification.c.chosen_at <= through)
        .order_by(classification.c.chosen_at.desc(), classification.c.case)
        .limit(MOST)
    )
    # The newest choice about a text counts, once: the same complaint from a thousand customers teaches one thing.
    said: dict[str, str] = {}
    for row in tx.conn.execute(query):
        said.setdefault(f"{row.title}\n{row.description}", str(row.chosen))
    return own + [Example(label, sha256(text.encode()).hexdigest(), text) for text, label in said.items()]


def _labels(language: str) -> sa.ColumnElement[bool]:
    return (classification.c.language == language) & classification.c.chosen_at.is_not(None)


def _last(tx: Tx, language: str, *, adopted: bool = False) -> Mapping[str, Any] | None:
    table = classification_model
    columns = [column for column in table.c if column is not table.c.content]
    query = sa.select(*columns).where(table.c.language == language)
    if adopted:
        query = query.where(table.c.adopted)
    row = tx.conn.execute(query.order_by(table.c.at.desc(), table.c.id.desc()).limit(1)).mappings().first()
    return dict(row) if row else None


def train(found: Lesson) -> dict[str, Any]:
    """Learn, and measure against the model in use: the row of the training, with content where it is to be used."""
    score_before, score = contest(found.former, found.present, found.language)
    adopted = not found.former or score >= score_before
    about = {"digest": found.digest, "examples": len(found.present), "score": score}
    content = packed(fit(found.present, found.language, about)) if adopted else b""
    row = {"language": found.language, "bundle_id": found.bundle_id, "through": found.through, "content": content}
    return {**row, **about, "adopted": adopted, "former_score": score_before if found.former else None}


def keep(actor: Actor, tx: Tx, trained: Mapping[str, Any]) -> str:
    """Write a training down; from now on its model is used where it was adopted. Returns its id."""
    require(actor, "classification.train")
    made = new_id()
    tx.conn.execute(sa.insert(classification_model).values(id=made, at=tx.now, **trained))
    told = ("language", "examples", "score", "former_score")
    kind = "classification.trained" if trained["adopted"] else "classification.rejected"
    events.record(actor, tx, kind, data={"model": made, **{name: trained[name] for name in told}})
    return made


class Training:
    """Performs the outbox rows of `KIND`: reads, trains outside any transaction, writes the outcome down."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def perform(self, row: Row) -> dict[str, Any]:
        """Train the language that the row names."""
        with self._engine.read() as tx:
            found = lesson(tx, str(row.payload["language"]))
        return train(found)

    def settle(self, tx: Tx, _row: Row, result: dict[str, Any]) -> None:
        """Keep the outcome."""
        keep(TIMER, tx, result)
