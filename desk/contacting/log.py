"""The log of communications: time, channel, words, the customer's feedback, the follow-up (COM-4)."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, TypedDict, Unpack

import sqlalchemy as sa

from loopdesk.desk import record
from loopdesk.desk.letters import INTERNAL, NOTE, communication
from loopdesk.desk.record import case_
from loopdesk.desk.rights import DESK, readable, require, visible_to
from loopdesk.desk.sql import escape_like, page_of
from loopdesk.engine import events
from loopdesk.engine.actor import Actor
from loopdesk.engine.errors import Invalid, Missing, Phrase
from loopdesk.engine.tx import Tx

LONGEST = 10_000
"""Characters of a feedback or a follow-up that are kept."""
_NEWEST = (communication.c.at.desc(), communication.c.id.desc())
_PART = 500
"""Rows that are in memory at a time while all are read."""


class Filters(TypedDict, total=False):
    """What of the log is wanted; ``q`` is looked for in subject, words, names and case number, ``open_only`` keeps what
    has a follow-up, and moments count from ``since`` until before ``until``."""

    number: str
    q: str
    channel: str
    state: str
    open_only: bool
    since: datetime | None
    until: datetime | None


def listing(
    actor: Actor, tx: Tx, *, page: int = 1, per_page: int = 25, **wanted: Unpack[Filters]
) -> tuple[list[dict[str, Any]], int]:
    """What was said with customers on cases that ``actor`` may see, newest first, and how much there is.

    Notes and letters among staff are no communications with customers and left out.
    """
    mine = _matching(actor, tx, wanted)
    total = tx.conn.scalar(sa.select(sa.func.count()).select_from(communication).where(mine)) or 0
    limit, offset = page_of(page, per_page)
    query = sa.select(communication).where(mine).order_by(*_NEWEST).limit(limit).offset(offset)
    return [dict(row) for row in tx.conn.execute(query).mappings()], total


def every(actor: Actor, tx: Tx, **wanted: Unpack[Filters]) -> Iterator[Mapping[Any, Any]]:
    """All that `listing` has pages of, one after the other; read in parts, so that it may be long."""
    query = sa.select(communication).where(_matching(actor, tx, wanted)).order_by(*_NEWEST)
    yield from tx.conn.execute(query, execution_options={"yield_per": _PART}).mappings()


def has(tx: Tx, channel: str) -> bool:
    """Whether anything was said over ``channel``, which the house may have had once."""
    return bool(tx.ask(sa.select(communication.c.id).where(communication.c.channel == channel).limit(1)).first())


def _matching(actor: Actor, tx: Tx, wanted: Filters) -> sa.ColumnElement[bool]:
    number, q = wanted.get("number", ""), wanted.get("q", "").strip()
    if number:
        record.get(tx, number, visible=readable(actor))
    mine: sa.ColumnElement[bool] = communication.c.case.in_(sa.select(case_.c.number).where(readable(actor)))
    mine &= (communication.c.direction != INTERNAL) & (communication.c.channel != NOTE)
    for column, value in (("case", number), ("channel", wanted.get("channel")), ("state", wanted.get("state"))):
        mine = mine & (communication.c[column] == value) if value else mine
    if wanted.get("open_only"):
        mine &= communication.c.follow_up != ""
    if since := wanted.get("since"):
        mine &= communication.c.at >= since
    if until := wanted.get("until"):
        mine &= communication.c.at < until
    if q:
        columns = ("case", "subject", "body", "author", "recipient", "feedback", "follow_up")
        pattern = f"%{escape_like(q[:200])}%"
        mine &= sa.or_(*(communication.c[name].ilike(pattern, escape="\\") for name in columns))
    return mine


def follow(
    actor: Actor, tx: Tx, communication_id: str, *, feedback: str | None = None, follow_up: str | None = None
) -> Mapping[str, Any]:
    """Note what the customer said to a message and what follows; None leaves what stands there.

    Raises `Missing`, `Invalid` for too long a text.
    """
    require(actor, "communications.follow")
    row = tx.ask(sa.select(communication).where(communication.c.id == communication_id)).mappings().first()
    if row is None:
        raise Missing("There is no such communication.")
    record.get(tx, row["case"], visible=visible_to(actor))
    said = {"feedback": feedback, "follow_up": follow_up}
    given = {name: text.strip() for name, text in said.items() if text is not None}
    wrong = {name: [str(Phrase("At most 10,000 characters."))] for name, text in given.items() if len(text) > LONGEST}
    if wrong:
        raise Invalid("This cannot be kept.", fields=wrong)
    if not given:
        return dict(row)
    tx.conn.execute(sa.update(communication).where(communication.c.id == communication_id).values(**given))
    data = {"id": communication_id, "follow_up": given.get("follow_up", row["follow_up"])}
    events.record(actor, tx, "communication.followed", key=row["case"], data=data)
    return {**row, **given}


def may_follow(actor: Actor) -> bool:
    """Whether ``actor`` may note feedback and follow-ups."""
    return actor.has_role(*DESK)
