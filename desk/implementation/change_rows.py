"""The rows of changes (FIX-3): what is asked for, what is signed for, and how each stands."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import orjson
import sqlalchemy as sa

from loopdesk.desk import record
from loopdesk.desk.attachments import attachment
from loopdesk.desk.record import NUMBER, PERSON_ID
from loopdesk.desk.rights import readable, require, sees
from loopdesk.desk.sql import Page, paged, row_as
from loopdesk.engine import events
from loopdesk.engine.actor import Actor
from loopdesk.engine.db import JSON, Moment, metadata
from loopdesk.engine.errors import Missing
from loopdesk.engine.tx import Tx

WEIGHED, LEAD, CUSTOMER, SIGNED, REFUSED, WITHDRAWN = STATES = (
    "weighed",
    "lead",
    "customer",
    "signed",
    "refused",
    "withdrawn",
)
"""Is being weighed; waits for the technical lead; waits for the customer's representative; may be made; or may not."""
OVER = (SIGNED, REFUSED, WITHDRAWN)
SMALL, MAJOR = "small", "major"
KINDS = ("code", "configuration", "data", "infrastructure", "documents")
change_ = sa.Table(
    "change",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("case", NUMBER, sa.ForeignKey("case_.number"), nullable=False, index=True),
    sa.Column("external_id", sa.String(200), unique=True),
    sa.Column("title", sa.String(300), nullable=False),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("rollback", sa.Text, nullable=False),
    sa.Column("kind", sa.String(20), nullable=False),
    sa.Column("downtime_minutes", sa.Integer, nullable=False),
    sa.Column("affects_all", sa.Boolean, nullable=False),
    sa.Column("links", JSON, nullable=False),
    sa.Column("documents", JSON, nullable=False),
    sa.Column("representative_id", sa.String(32), nullable=False),
    sa.Column("size", sa.String(10), nullable=False),
    sa.Column("size_reason", sa.String(300), nullable=False),
    sa.Column("state", sa.String(10), nullable=False),
    sa.Column("token", sa.String(64), unique=True),
    sa.Column("asked_at", Moment),
    sa.Column("expires_at", Moment),
    sa.Column("answered_at", Moment),
    sa.Column("reminded_at", Moment),
    sa.Column("proposed_at", Moment, nullable=False),
    sa.Column("proposed_id", PERSON_ID, nullable=False),
    sa.Column("proposed_by", sa.String(200), nullable=False),
    sa.Column("decided_at", Moment),
    sa.Column("reason", sa.Text, nullable=False),
)


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be changed: what signatures are for. ``documents`` are ids of the case's attachments, ``links``
    addresses of merge requests; ``representative`` is a contact's id, empty for who speaks for the customer."""

    title: str
    text: str
    kind: str
    rollback: str = ""
    downtime_minutes: int = 0
    affects_all: bool = False
    links: Sequence[str] = field(default_factory=tuple)
    documents: Sequence[str] = field(default_factory=tuple)
    representative: str = ""


@dataclass(frozen=True, slots=True)
class Change:
    """A change of a case; ``size`` is small or major once it is weighed, ``reason`` why it was refused."""

    id: str
    case: str
    external_id: str | None
    title: str
    text: str
    rollback: str
    kind: str
    downtime_minutes: int
    affects_all: bool
    links: Sequence[str]
    documents: Sequence[str]
    representative_id: str
    size: str
    size_reason: str
    state: str
    asked_at: datetime | None
    expires_at: datetime | None
    answered_at: datetime | None
    reminded_at: datetime | None
    proposed_at: datetime
    proposed_id: str
    proposed_by: str
    decided_at: datetime | None
    reason: str


SIGNED_FOR = ("case", "title", "text", "rollback", "kind", "downtime_minutes", "affects_all", "links", "documents")
"""What both sides put their names under."""


def digest(found: Change) -> str:
    """The sha256 of what is signed for: equal digests mean that both sides signed for the same."""
    values = {name: getattr(found, name) for name in SIGNED_FOR}
    return hashlib.sha256(orjson.dumps(values, option=orjson.OPT_SORT_KEYS)).hexdigest()


def listing(
    actor: Actor, tx: Tx, *, state: str = "", case: str = "", size: str = "", page: int = 1, per_page: int = 25
) -> Page[Change]:
    """The changes of cases that ``actor`` may see, newest first; ``state`` may be ``open`` for all undecided ones.

    Raises `Missing` for a ``case`` that there is not.
    """
    require(actor, "change.read")
    wanted = sees(actor, change_.c.case)
    if state:
        wanted &= change_.c.state.not_in(OVER) if state == "open" else change_.c.state == state
    if case:
        record.get(tx, case, visible=readable(actor))
        wanted &= change_.c.case == case
    if size:
        wanted &= change_.c.size == size
    return paged(tx, _newest_first(wanted), lambda row: row_as(Change, row), page, per_page)


def of_case(actor: Actor, tx: Tx, number: str) -> list[Change]:
    """All changes of a case that ``actor`` may see, newest first."""
    require(actor, "change.read")
    record.get(tx, number, visible=readable(actor))
    return select(tx, change_.c.case == number)


def read(actor: Actor, tx: Tx, change_id: str) -> Change:
    """A change of a case that ``actor`` may see; raises `Missing`."""
    require(actor, "change.read")
    found = get(tx, change_id)
    record.get(tx, found.case, visible=readable(actor))
    return found


def get(tx: Tx, change_id: str, *, lock: bool = False) -> Change:
    """The change with that id, held until the end of the transaction with ``lock``; raises `Missing`."""
    found = select(tx, change_.c.id == change_id, lock=lock)
    if not found:
        raise Missing("There is no such change.")
    return found[0]


def write(tx: Tx, change_id: str, **values: Any) -> None:
    """Write values into a change."""
    tx.conn.execute(sa.update(change_).where(change_.c.id == change_id).values(**values))


def told(actor: Actor, tx: Tx, kind: str, found: Change, **said: Any) -> None:
    """One line of the case's history about a change."""
    data = {"id": found.id, "title": found.title, "state": found.state, "size": found.size, "digest": digest(found)}
    events.record(actor, tx, kind, key=found.case, data=data | said)


def select(tx: Tx, condition: sa.ColumnElement[bool], *, lock: bool = False) -> list[Change]:
    """The changes that match, newest first, held until the end of the transaction with ``lock``."""
    query = _newest_first(condition)
    query = query.with_for_update() if lock else query
    return [row_as(Change, row) for row in tx.conn.execute(query).mappings()]


def _newest_first(condition: sa.ColumnElement[bool]) -> sa.Select[Any]:
    return sa.select(change_).where(condition).order_by(change_.c.proposed_at.desc(), change_.c.id)


def names_of(tx: Tx, documents: Sequence[str]) -> str:
    """The names of the files, joined for a form."""
    query = sa.select(attachment.c.name).where(attachment.c.id.in_(list(documents))).order_by(attachment.c.name)
    return ", ".join(tx.conn.scalars(query))
