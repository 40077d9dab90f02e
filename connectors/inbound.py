"""What came in from outside, kept as it came until the desk has dealt with it; nothing is answered before that.

One row per thing received and one outbox row of kind ``inbound`` to deal with it, in the same transaction.
"""

import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from loopdesk.engine import outbox
from loopdesk.engine.db import Moment, metadata, new_id
from loopdesk.engine.errors import Missing
from loopdesk.engine.sql import insert_new
from loopdesk.engine.tx import Tx

KIND = "inbound"
"""Kind of the outbox rows; their payload is ``{"inbound": id}``."""
RECEIVED, DONE = "received", "done"

inbound = sa.Table(
    "inbound",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("channel", sa.String(20), nullable=False),
    sa.Column("received_at", Moment, nullable=False),
    sa.Column("raw", sa.LargeBinary, nullable=False),
    sa.Column("message_id", sa.String(500), nullable=False),
    sa.Column("fingerprint", sa.String(64), nullable=False, unique=True),
    sa.Column("state", sa.String(10), nullable=False),
    sa.Column("outcome", sa.String(20), nullable=False),
    sa.Column("sender", sa.String(320), nullable=False),
    sa.Column("case", sa.String(40), nullable=False),
    sa.Index("ix_inbound_message_id", "channel", "message_id"),
    sa.Index("ix_inbound_sender", "sender", "received_at"),
)


@dataclass(frozen=True, slots=True)
class Item:
    """One thing received. ``message_id`` is the channel's own id of it; ``first`` is false when another content came
    under the same id before.
    """

    id: str
    channel: str
    raw: bytes
    message_id: str
    fingerprint: str
    state: str
    first: bool

    @property
    def key(self) -> str:
        """An id that no other content shares: the channel's own for the first one that came under it."""
        return self.message_id if self.first else f"{self.message_id[:400]};{self.fingerprint[:32]}"


def keep(tx: Tx, channel: str, raw: bytes, *, message_id: str, content: bytes) -> str:
    """Keep ``raw`` and have it dealt with; returns the row's id.

    The same ``message_id`` with the same ``content`` (what does not change on the way, such as a mail's body) is the
    same thing received twice: the first row's id comes back and nothing is done again (INT-1).
    """
    digest = hashlib.sha256(b"\0".join((channel.encode(), message_id.encode(), content))).hexdigest()
    row = {
        "id": new_id(),
        "channel": channel,
        "received_at": tx.now,
        "raw": raw,
        "message_id": message_id[:500],
        "fingerprint": digest,
        "state": RECEIVED,
        "outcome": "",
        "sender": "",
        "case": "",
    }
    insert_new(tx, inbound, [row], unique="fingerprint")
    kept = str(tx.conn.execute(sa.select(inbound.c.id).where(inbound.c.fingerprint == digest)).scalar_one())
    outbox.put(tx, KIND, {"inbound": kept}, idempotency_key=f"{KIND}:{kept}")
    return kept


def get(tx: Tx, inbound_id: str) -> Item:
    """The thing received under that id; raises ``Missing``."""
    row = tx.conn.execute(sa.select(inbound).where(inbound.c.id == inbound_id)).mappings().first()
    if row is None:
        raise Missing("Nothing was received under the id %(id)s.", id=inbound_id)
    same = (inbound.c.channel == row["channel"]) & (inbound.c.message_id == row["message_id"])
    first = tx.conn.execute(sa.select(sa.func.min(inbound.c.id)).where(same)).scalar_one()
    names = ("id", "channel", "raw", "message_id", "fingerprint", "state")
    return Item(**{name: row[name] for name in names}, first=first == inbound_id)


def done(tx: Tx, inbound_id: str, *, outcome: str, sender: str = "", case: str = "") -> None:
    """Write down what became of it: ``outcome`` (opened, replied, noted, set_aside), by whom, on which case."""
    values = {"state": DONE, "outcome": outcome, "sender": sender[:320], "case": case}
    tx.conn.execute(sa.update(inbound).where(inbound.c.id == inbound_id).values(**values))


def empty(tx: Tx, cases: Collection[str], senders: Collection[str]) -> int:
    """Forget what was received about these cases or from these addresses; that it came stays. Returns how many."""
    known = [sender for sender in senders if sender]
    mine = inbound.c.case.in_(cases) | sa.func.lower(inbound.c.sender).in_(known)
    gone = sa.update(inbound).where(inbound.c.state == DONE, mine).values(raw=b"", sender="", message_id="")
    return tx.conn.execute(gone).rowcount


def expire(tx: Tx, before: datetime, most: int) -> int:
    """Delete at most ``most`` things received and dealt with before that moment; returns how many."""
    old = (inbound.c.state == DONE) & (inbound.c.received_at < before)
    chosen = list(tx.conn.scalars(sa.select(inbound.c.id).where(old).order_by(inbound.c.received_at).limit(most)))
    return tx.conn.execute(sa.delete(inbound).where(inbound.c.id.in_(chosen))).rowcount
