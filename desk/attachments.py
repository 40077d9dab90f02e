"""Files of a case: checked by content, kept once, handed out under a safe name (INT-2)."""

import re
import unicodedata
from collections.abc import Collection
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import BinaryIO

import sqlalchemy as sa

from loopdesk.desk import record, sniff
from loopdesk.desk.record import NUMBER, PERSON_ID, case_
from loopdesk.desk.rights import readable, require, visible_to
from loopdesk.desk.sql import row_as
from loopdesk.desk.store import Readable, Store
from loopdesk.engine import events
from loopdesk.engine.actor import Actor
from loopdesk.engine.db import Moment, metadata, new_id
from loopdesk.engine.errors import N_, Invalid, Missing, Phrase
from loopdesk.engine.tx import Tx

LARGEST = 25 * 1024 * 1024
"""Bytes of one attachment at most."""
KEPT_UNTIED = timedelta(hours=24)
"""How long content without a row may stay: an upload whose transaction has not ended must not be swept."""
CUSTOMER, STAFF = "customer", "staff"

attachment = sa.Table(
    "attachment",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("case", NUMBER, sa.ForeignKey("case_.number"), nullable=False, index=True),
    sa.Column("sha256", sa.String(64), nullable=False, index=True),
    sa.Column("size", sa.Integer, nullable=False),
    sa.Column("name", sa.String(200), nullable=False),
    sa.Column("kind", sa.String(60), nullable=False),
    sa.Column("visibility", sa.String(10), nullable=False),
    sa.Column("scan", sa.String(20), nullable=False),
    sa.Column("at", Moment, nullable=False),
    sa.Column("by_kind", sa.String(16), nullable=False),
    sa.Column("by_id", PERSON_ID, nullable=False),
    sa.Column("by_name", sa.String(200), nullable=False),
)


@dataclass(frozen=True, slots=True)
class Attachment:
    """One file of a case; ``size`` in bytes, ``kind`` what it really is, ``visibility`` customer or staff.

    ``scan`` is ``content`` when its kind was checked and no virus scanner has seen it.
    """

    id: str
    case: str
    sha256: str
    size: int
    name: str
    kind: str
    visibility: str
    scan: str
    at: datetime
    by_kind: str
    by_id: str
    by_name: str


@dataclass(frozen=True, slots=True)
class Download:
    """What a page needs to hand a file out; ``type`` is safe to send, ``stream`` is the caller's to close."""

    name: str
    type: str
    size: int
    stream: BinaryIO


class _Bounded:
    """The head that was looked at, then the rest, up to ``LARGEST`` bytes: a longer one fails while it streams."""

    def __init__(self, head: bytes, rest: Readable) -> None:
        self._head, self._rest, self._left = head, rest, LARGEST

    def read(self, size: int = -1, /) -> bytes:
        chunk, self._head = (self._head[:size], self._head[size:]) if self._head else (self._rest.read(size), b"")
        self._left -= len(chunk)
        if self._left < 0:
            raise Invalid(
                "This file is too large: at most 25 MB.",
                remedy=N_("Pack it as a zip file, cut the log to the time in question, or send several files."),
                fields={"file": [Phrase("At most 25 MB.")]},
            )
        return chunk


def attach(
    actor: Actor, tx: Tx, store: Store, number: str, name: str, stream: Readable, *, visibility: str = CUSTOMER
) -> Attachment:
    """Check a file, keep its content and tie it to the case.

    Raises `Invalid` for more than 25 MB, an empty file, a program, or a name that lies about the content; then
    nothing is kept. Customers attach for both sides, whatever ``visibility`` says.
    """
    require(actor, "case.attach")
    record.get(tx, number, visible=visible_to(actor))
    called = safe_name(name)
    head = _head(stream)
    kind = sniff.check(called, head)
    sha256, size = store.put(_Bounded(head, stream))
    shown_to = STAFF if visibility == STAFF and actor.kind != "customer" else CUSTOMER
    who = {"by_kind": actor.kind, "by_id": actor.id, "by_name": actor.name[:200]}
    new = Attachment(
        new_id(), number, sha256, size, called, kind.name, visibility=shown_to, scan="content", at=tx.now, **who
    )
    tx.conn.execute(sa.insert(attachment).values(**asdict(new)))
    data = {"id": new.id, "name": called, "size": size, "kind": kind.name}
    events.record(actor, tx, "attachment.added", key=number, audience=shown_to, data=data)
    return new


def read(actor: Actor, tx: Tx, store: Store, attachment_id: str) -> Download:
    """One file to download, if its case may be seen and, for a customer, if it is meant for him. Raises `Missing`."""
    query = sa.select(attachment).join(case_, case_.c.number == attachment.c.case)
    found = _rows(actor, tx, query.where(attachment.c.id == attachment_id, readable(actor)))
    if not found:
        raise Missing("There is no attachment %(attachment)s.", attachment=attachment_id)
    one = found[0]
    return Download(one.name, sniff.content_type(one.kind), one.size, store.open(one.sha256))


def listing(actor: Actor, tx: Tx, number: str) -> list[Attachment]:
    """The files of a case that ``actor`` may see, oldest first."""
    record.get(tx, number, visible=readable(actor))
    return _rows(actor, tx, sa.select(attachment).where(attachment.c.case == number).order_by(attachment.c.id))


def sweep(actor: Actor, tx: Tx, store: Store) -> int:
    """Delete content that no row refers to and that is older than a day; returns how many files went.

    Uploads that a dying process left unfinished go too.
    """
    require(actor, "attachments.sweep")
    store.clear(tx.now - KEPT_UNTIED)
    old = [sha256 for sha256, written in store.contents() if written < tx.now - KEPT_UNTIED]
    orphans = set(old) - _tied(tx, old)
    for sha256 in orphans:
        store.delete(sha256)
    if orphans:
        events.record(actor, tx, "attachment.swept", data={"files": len(orphans)})
    return len(orphans)


def safe_name(name: str) -> str:
    """A file name without folders, control and direction marks, or what a file system chokes on; never empty."""
    base = unicodedata.normalize("NFC", re.split(r"[\\/]", name)[-1])
    visible = "".join(char for char in base if unicodedata.category(char)[0] != "C")
    clean = re.sub(r'[<>:"|?*]', "_", visible).strip(" .")
    stem, dot, end = clean.rpartition(".")
    short = f"{stem[: 199 - len(end)]}{dot}{end}" if dot and len(end) < 20 else clean[:200]
    return short or "file"


def _head(stream: Readable) -> bytes:
    """The first bytes, though a stream may hand them out piece by piece."""
    head = b""
    while len(head) < sniff.HEAD and (chunk := stream.read(sniff.HEAD - len(head))):
        head += chunk
    return head


def _rows(actor: Actor, tx: Tx, query: sa.Select[tuple[object, ...]]) -> list[Attachment]:
    if actor.kind == "customer":
        query = query.where(attachment.c.visibility == CUSTOMER)
    return [row_as(Attachment, row) for row in tx.conn.execute(query).mappings()]


def _tied(tx: Tx, contents: Collection[str]) -> set[str]:
    """Those of ``contents`` that a row refers to, asked in portions that a statement can hold."""
    wanted = list(contents)
    tied: set[str] = set()
    for start in range(0, len(wanted), 500):
        part = attachment.c.sha256.in_(wanted[start : start + 500])
        tied |= set(tx.conn.scalars(sa.select(attachment.c.sha256).where(part)))
    return tied
