"""A request that is sent again gets the first answer: what stands behind an `Idempotency-Key` (issue: API)."""

import hashlib
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import orjson
import sqlalchemy as sa

from loopdesk.desk.record import PERSON_ID
from loopdesk.desk.sql import insert_new
from loopdesk.engine import redaction
from loopdesk.engine.actor import Actor
from loopdesk.engine.db import JSON, Moment, metadata
from loopdesk.engine.errors import N_, Invalid
from loopdesk.engine.tx import Tx

KEPT = timedelta(days=7)
"""How long a key is remembered."""
LONGEST = 200
"""Characters of a key."""

answered = sa.Table(
    "answered_request",
    metadata,
    sa.Column("actor_id", PERSON_ID, primary_key=True),
    sa.Column("key", sa.String(LONGEST), primary_key=True),
    sa.Column("digest", sa.String(64), nullable=False),
    sa.Column("answer", JSON, nullable=False),
    sa.Column("at", Moment, nullable=False, index=True),
)


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer to a request, and whether it was given before."""

    body: dict[str, Any]
    repeated: bool


def once(actor: Actor, tx: Tx, key: str, request: Any, perform: Callable[[], dict[str, Any]]) -> Answer:
    """Let ``perform`` answer ``request`` (JSON) unless the actor sent it before under ``key``; an empty key is none.

    The key is taken in the same transaction as what ``perform`` writes: both are there or neither, and a second request
    at the same moment waits for the first. Raises `Invalid` when the key was used for a different request.
    """
    if not key:
        return Answer(perform(), repeated=False)
    if len(key) > LONGEST:
        raise Invalid("This Idempotency-Key is longer than %(most)s characters.", most=LONGEST)
    tx.conn.execute(sa.delete(answered).where(answered.c.at < tx.now - KEPT))
    digest = hashlib.sha256(orjson.dumps(request, option=orjson.OPT_SORT_KEYS, default=str)).hexdigest()
    row = {"actor_id": actor.id, "key": key, "digest": digest, "answer": {}, "at": tx.now}
    mine = (answered.c.actor_id == actor.id) & (answered.c.key == key)
    if insert_new(tx, answered, row, unique=["actor_id", "key"]):
        body = perform()
        tx.conn.execute(sa.update(answered).where(mine).values(answer=body))
        return Answer(body, repeated=False)
    known = tx.conn.execute(sa.select(answered).where(mine)).mappings().one()
    if known["digest"] != digest:
        raise Invalid(
            "This Idempotency-Key was used before for another request.",
            remedy=N_("Take a new key for each new request; send the same request to repeat it."),
            fields={"Idempotency-Key": [N_("Used before for another request.")]},
        )
    return Answer(dict(known["answer"]), repeated=True)


def clean(tx: Tx, about: Collection[str], words: redaction.Words) -> int:
    """Take ``words`` out of the answers that name one of ``about`` (ids, numbers, names); returns how many changed."""
    return redaction.rows(tx, answered, redaction.containing(answered, redaction.Words(about)), words.clean)
