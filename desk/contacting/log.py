"""The log of communications: time, channel, words, the customer's feedback, the follow-up (COM-4)."""

from collections.abc import Mapping
from typing import Any

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


def listing(
    actor: Actor,
    tx: Tx,
    *,
    number: str = "",
    q: str = "",
    channel: str = "",
    state: str = "",
    open_only: bool = False,
    page: int = 1,
    per_page: int = 25,
) -> tuple[list[dict[str, Any]], int]:
    """What was said with customers on cases that ``actor`` may see, newest first, and how much there is.

    ``q`` is looked for in subject, words, names and case number; ``open_only`` keeps what has a follow-up. Notes and
    letters among staff are no communications with customers and left out.
    """
    if number:
        record.get(tx, number, visible=readable(actor))
    wanted: sa.ColumnElement[bool] = communication.c.case.in_(sa.select(case_.c.number).where(readable(actor)))
    wanted &= (communication.c.direction != INTERNAL) & (communication.c.channel != NOTE)
    for column, value in ((communication.c.case, number), (communication.c.channel, channel)):
        wanted = wanted & (column == value) if value else wanted
    if state:
        wanted &= communication.c.state == state
    if open_only:
        wanted &= communication.c.follow_up != ""
    if q.strip():
        columns = ("case", "subject", "body", "author", "recipient", "feedback", "follow_up")
        pattern = f"%{escape_like(q.strip()[:200])}%"
        wanted &= sa.or_(*(communication.c[name].ilike(pattern, escape="\\") for name in columns))
    total = tx.conn.scalar(sa.select(sa.func.count()).select_from(communication).where(wanted)) or 0
    limit, offset = page_of(page, per_page)
    order = (communication.c.at.desc(), communication.c.id.desc())
    query = sa.select(communication).where(wanted).order_by(*order).limit(limit).offset(offset)
    return [dict(row) for row in tx.conn.execute(query).mappings()], total


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
