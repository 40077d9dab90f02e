"""Closed cases that have left the tables: each is one compressed file, still readable, until its own time is over."""

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial
from io import BytesIO
from typing import Any

import orjson
import sqlalchemy as sa
import zstandard

from loopdesk.desk import store as store_
from loopdesk.desk.attachments import attachment
from loopdesk.desk.record import NUMBER, case_
from loopdesk.desk.rights import require
from loopdesk.desk.store import Store
from loopdesk.engine import redaction, retention
from loopdesk.engine.actor import Actor
from loopdesk.engine.db import JSON, Moment, metadata
from loopdesk.engine.errors import Missing
from loopdesk.engine.tx import Tx

archive_ = sa.Table(
    "archive",
    metadata,
    sa.Column("number", NUMBER, primary_key=True),
    sa.Column("sha256", sa.String(64), nullable=False),
    sa.Column("size", sa.Integer, nullable=False),
    sa.Column("files", JSON, nullable=False),
    sa.Column("contact_id", sa.String(32), nullable=False, index=True),
    sa.Column("organisation_id", sa.String(32), nullable=False),
    sa.Column("closed_at", Moment, nullable=False),
    sa.Column("archived_at", Moment, nullable=False, index=True),
)
"""``files``: contents of the case's attachments, kept beside its file in the same store."""


def put(actor: Actor, tx: Tx, stores: Mapping[str, Store], number: str) -> int:
    """Move a closed case into an archive file; returns how many rows left the tables. The caller knows that it may.

    A case that was reopened since it was chosen stays.
    """
    require(actor, "retention.run")
    closed = sa.select(case_).where(case_.c.number == number, case_.c.status == "closed").with_for_update()
    case = tx.conn.execute(closed).mappings().first()
    if case is None:
        return 0
    rows = retention.collect(tx, case_.name, number)
    contents = sorted(
        set(
            tx.conn.scalars(
                sa.select(attachment.c.sha256).where(attachment.c.case == number, attachment.c.sha256 != "")
            )
        )
    )
    for content in contents:
        with stores["attachments"].open(content) as stream:
            stores["archive"].put(stream)
    sha256, size = _write(stores["archive"], {"number": number, "at": tx.now, "tables": rows})
    row = {"number": number, "sha256": sha256, "size": size, "files": contents, "archived_at": tx.now}
    who = {"contact_id": case["contact_id"] or "", "organisation_id": case["organisation_id"] or ""}
    tx.conn.execute(sa.insert(archive_).values(**row, **who, closed_at=case["closed_at"]))
    return retention.remove(actor, tx, case_.name, number, data={"sha256": sha256})


def show(actor: Actor, tx: Tx, store: Store, number: str) -> dict[str, Any]:
    """An archived case: ``number``, ``at`` and the rows of its ``tables``. Raises `Missing`."""
    require(actor, "archive.read")
    row = tx.conn.execute(sa.select(archive_).where(archive_.c.number == number)).mappings().first()
    if row is None:
        raise Missing("There is no archived case %(number)s.", number=number)
    return _read(store, row["sha256"])


def listing(actor: Actor, tx: Tx) -> list[dict[str, Any]]:
    """What is archived, newest first."""
    require(actor, "archive.read")
    query = sa.select(archive_).order_by(archive_.c.archived_at.desc(), archive_.c.number.desc())
    return [dict(row) for row in tx.conn.execute(query).mappings()]


def older(before: datetime) -> sa.ColumnElement[bool]:
    """The condition for cases that were closed before that moment."""
    return archive_.c.closed_at < before


def drop(tx: Tx, store: Store, where: sa.ColumnElement[bool], most: int) -> int:
    """Delete at most ``most`` archived cases for good; contents go after the commit. Returns how many."""
    rows = (
        tx.conn.execute(sa.select(archive_).where(where).order_by(archive_.c.archived_at).limit(most)).mappings().all()
    )
    tx.conn.execute(sa.delete(archive_).where(archive_.c.number.in_([row["number"] for row in rows])))
    _forget(tx, store, [sha256 for row in rows for sha256 in (row["sha256"], *row["files"])])
    return len(rows)


def clean(tx: Tx, store: Store, contact_id: str, clean: Callable[[Any], Any]) -> int:
    """Erase a contact's archived cases as a whole, and words from all others; returns how many files changed."""
    changed, replaced = drop(tx, store, archive_.c.contact_id == contact_id, most=1_000_000), []
    for row in tx.conn.execute(sa.select(archive_.c.number, archive_.c.sha256)).all():
        held = _read(store, row.sha256)
        cleaned = held | {"tables": redaction.archived(held["tables"], clean)}
        if cleaned != held:
            sha256, size = _write(store, cleaned)
            values = {"sha256": sha256, "size": size}
            tx.conn.execute(sa.update(archive_).where(archive_.c.number == row.number).values(**values))
            replaced.append(row.sha256)
    _forget(tx, store, replaced)
    return changed + len(replaced)


def contents(tx: Tx) -> set[str]:
    """Everything in the store that an archived case refers to."""
    rows = tx.conn.execute(sa.select(archive_.c.sha256, archive_.c.files)).all()
    return {sha256 for row in rows for sha256 in (row.sha256, *row.files)}


def _forget(tx: Tx, store: Store, gone: list[str]) -> None:
    if not gone:
        return
    left = contents(tx)
    tx.after_commit(partial(store_.forget, store, set(gone) - left))


def _write(store: Store, held: Mapping[str, Any]) -> tuple[str, int]:
    data = orjson.dumps(held, option=orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS, default=str)
    return store.put(BytesIO(zstandard.compress(data, 12)))


def _read(store: Store, sha256: str) -> dict[str, Any]:
    with store.open(sha256) as stream:
        held: dict[str, Any] = orjson.loads(zstandard.decompress(stream.read()))
    return held
