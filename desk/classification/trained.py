"""Trained classifiers as rows: one table for all that the house learns to tell of texts; the newest adopted one counts.

A `subject` is what is told: the type of a problem (INT-4) or the mood of a message (COM-6).
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from loopdesk.desk.classification.examples import digest
from loopdesk.desk.classification.model import Model, unpacked
from loopdesk.desk.classification.text import LANGUAGES
from loopdesk.engine import bundles
from loopdesk.engine.db import Moment, metadata, new_id
from loopdesk.engine.errors import Missing
from loopdesk.engine.tx import Tx

TYPE = "type"
"""The subject that stood here first: rows without a subject are about it."""

classification_model = sa.Table(
    "classification_model",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("language", sa.String(10), nullable=False, index=True),
    sa.Column("adopted", sa.Boolean, nullable=False),
    sa.Column("digest", sa.String(64), nullable=False),
    sa.Column("bundle_id", sa.String(32), nullable=False),
    sa.Column("through", Moment),
    sa.Column("examples", sa.Integer, nullable=False),
    sa.Column("score", sa.Float, nullable=False),
    sa.Column("former_score", sa.Float),
    sa.Column("at", Moment, nullable=False),
    sa.Column("content", sa.LargeBinary, nullable=False),
    sa.Column("subject", sa.String(20), nullable=False, server_default=TYPE),
)
"""Each training: which examples (``digest``, ``bundle_id``) and people's choices up to ``through`` it had, its
cross-validated macro-F1 beside that of the model in use, and whether it was ``adopted``; only then it has content."""

_KEPT = 8
_kept: dict[str, Model] = {}
"""Models read last, by id: a row never changes."""


def current(tx: Tx, subject: str, language: str) -> tuple[str, Model | None]:
    """The model in use for a subject and language with its id; empty and None before the first."""
    table = classification_model
    query = sa.select(table.c.id).where(_of(subject, language), table.c.adopted)
    found = tx.ask(query.order_by(table.c.at.desc(), table.c.id.desc()).limit(1)).scalar()
    if found is None:
        return "", None
    if found not in _kept:
        content = tx.ask(sa.select(table.c.content).where(table.c.id == found)).scalar()
        while len(_kept) >= _KEPT:
            _kept.pop(next(iter(_kept)), None)
        _kept[found] = unpacked(bytes(content or b""))
    return str(found), _kept[found]


def newest(tx: Tx, subject: str, language: str, *, adopted: bool = False) -> Mapping[str, Any] | None:
    """The last training, or the last ``adopted`` one, without its content; None before the first."""
    table = classification_model
    columns = [column for column in table.c if column is not table.c.content]
    query = sa.select(*columns).where(_of(subject, language))
    if adopted:
        query = query.where(table.c.adopted)
    row = tx.conn.execute(query.order_by(table.c.at.desc(), table.c.id.desc()).limit(1)).mappings().first()
    return dict(row) if row else None


def seed(tx: Tx, subject: str, bundle_name: str, folder: Path) -> None:
    """Take the shipped models into a house that has none, for its shipped examples: no training at the first start."""
    try:
        bundle = bundles.current(tx, bundle_name)
    except Missing:
        return
    for language in LANGUAGES:
        content = shipped(folder, bundle_name, language)
        about = unpacked(content).about
        if about["digest"] == digest(bundle.files, language) and newest(tx, subject, language) is None:
            row = {"id": new_id(), "language": language, "bundle_id": bundle.id, "at": tx.now, "content": content}
            tx.conn.execute(sa.insert(classification_model).values(adopted=True, subject=subject, **row, **about))


def shipped(folder: Path, bundle_name: str, language: str) -> bytes:
    """The packed model of the shipped examples."""
    return (folder / f"{bundle_name}.{language}.zst").read_bytes()


def _of(subject: str, language: str) -> sa.ColumnElement[bool]:
    return (classification_model.c.subject == subject) & (classification_model.c.language == language)
