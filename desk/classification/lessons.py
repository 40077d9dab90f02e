"""The house trains again when its owner has edited the examples or people have corrected enough (INT-4, COM-6).

A periodic job looks whether that is so and asks for a training; a worker trains outside any transaction, for it takes
seconds. A model that a cross-validation finds worse than the one in use is not taken, and that is written down.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256
from typing import Any

import sqlalchemy as sa

from loopdesk.desk import policy
from loopdesk.desk.classification import trained
from loopdesk.desk.classification.examples import Example, classes, digest, file_of, read
from loopdesk.desk.classification.model import packed
from loopdesk.desk.classification.text import LANGUAGES
from loopdesk.desk.classification.trained import TYPE, classification_model
from loopdesk.desk.classification.training import contest, fit
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
class Subject:
    """One thing that the house learns to tell of texts.

    ``bundle`` is the folder of its examples and the policy with its ``corrections``. What people chose: ``last`` is the
    moment of the newest choice in a language, ``corrected`` how many were others than the guess since a moment,
    ``chosen`` (text, label) up to a moment, newest first, at most so many. ``reads`` makes of a text what the
    model learns from and is asked.
    """

    name: str
    bundle: str
    last: Callable[[Tx, str], datetime | None]
    corrected: Callable[[Tx, str, datetime | None], int]
    chosen: Callable[[Tx, str, datetime, Collection[str], int], Iterable[tuple[str, str]]]
    reads: Callable[[str], str] = str

    def learns(self, examples: Iterable[Example]) -> list[Example]:
        """The examples as the model reads them."""
        return [replace(one, text=self.reads(one.text)) for one in examples]


@dataclass(frozen=True, slots=True)
class Lesson:
    """What one training works with; ``former`` is what the model in use has learnt from."""

    subject: str
    language: str
    digest: str
    bundle_id: str
    through: datetime | None
    present: Sequence[Example]
    former: Sequence[Example]


def look(tx: Tx, subject: Subject) -> None:
    """Ask for a training of each language that has something new to learn; asking twice is asking once."""
    for language in LANGUAGES:
        reason = due(tx, subject, language)
        if reason:
            key = (
                f"{KIND}:{language}:{reason}" if subject.name == TYPE else f"{KIND}:{subject.name}:{language}:{reason}"
            )
            payload = {"language": language, "subject": subject.name}
            outbox_rows.put_many(tx, [Wanted(KIND, payload, idempotency_key=key)])


def due(tx: Tx, subject: Subject, language: str) -> str:
    """What a new training is about, as a name; empty while there is nothing new. Counts from the last training."""
    try:
        bundle = bundles.current(tx, subject.bundle)
    except Missing:
        return ""
    now = digest(bundle.files, language)
    last = trained.newest(tx, subject.name, language)
    if not now:
        return ""
    if last is None or last["digest"] != now:
        return f"{last['id'] if last else 'first'}:{now[:16]}"
    needed = int(policy.said(tx, subject.bundle, "corrections"))
    return f"{last['id']}:corrections" if subject.corrected(tx, language, last["through"]) >= needed else ""


def lesson(tx: Tx, subject: Subject, language: str) -> Lesson:
    """All that there is to learn now, and what the model in use has learnt; raises `Missing` without examples."""
    bundle = bundles.current(tx, subject.bundle)
    used = trained.newest(tx, subject.name, language, adopted=True)
    through = subject.last(tx, language)
    present = _examples(tx, subject, bundle.files, language, through)
    former: Sequence[Example] = ()
    if used is not None:
        former = _examples(tx, subject, bundles.get(tx, used["bundle_id"]).files, language, used["through"])
    return Lesson(subject.name, language, digest(bundle.files, language), bundle.id, through, present, former)


def _examples(tx: Tx, subject: Subject, files: Files, language: str, through: datetime | None) -> list[Example]:
    """The owner's examples, and the texts that people have labelled up to a moment."""
    own = read(files.get(file_of(language), b""), file_of(language))
    if through is None:
        return subject.learns(own)
    # The newest choice about a text counts, once: the same complaint from a thousand customers teaches one thing.
    said: dict[str, str] = {}
    for text, label in subject.chosen(tx, language, through, classes(files), MOST):
        said.setdefault(text, label)
    own += [Example(label, sha256(text.encode()).hexdigest(), text) for text, label in said.items()]
    return subject.learns(own)


def train(found: Lesson) -> dict[str, Any]:
    """Learn, and measure against the model in use: the row of the training, with content where it is to be used."""
    score_before, score = contest(found.former, found.present, found.language)
    adopted = not found.former or score >= score_before
    about = {"digest": found.digest, "examples": len(found.present), "score": score}
    content = packed(fit(found.present, found.language, about)) if adopted else b""
    row = {"language": found.language, "bundle_id": found.bundle_id, "through": found.through, "content": content}
    row |= {"subject": found.subject}
    return {**row, **about, "adopted": adopted, "former_score": score_before if found.former else None}


def keep(actor: Actor, tx: Tx, row: Mapping[str, Any]) -> str:
    """Write a training down; from now on its model is used where it was adopted. Returns its id."""
    require(actor, "classification.train")
    made = new_id()
    tx.conn.execute(sa.insert(classification_model).values(id=made, at=tx.now, **row))
    told = ("subject", "language", "examples", "score", "former_score")
    kind = "classification.trained" if row["adopted"] else "classification.rejected"
    events.record(actor, tx, kind, data={"model": made, **{name: row[name] for name in told}})
    return made


class Training:
    """Performs the outbox rows of `KIND`: reads, trains outside any transaction, writes the outcome down."""

    def __init__(self, engine: Engine, subjects: Sequence[Subject]) -> None:
        self._engine = engine
        self._subjects = {one.name: one for one in subjects}

    def perform(self, row: Row) -> dict[str, Any]:
        """Train the subject and language that the row names."""
        with self._engine.read() as tx:
            found = lesson(tx, self._subjects[row.payload.get("subject", TYPE)], str(row.payload["language"]))
        return train(found)

    def settle(self, tx: Tx, _row: Row, result: dict[str, Any]) -> None:
        """Keep the outcome."""
        keep(TIMER, tx, result)
