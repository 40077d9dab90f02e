"""Transcripts of recorded calls, given by the system that makes them (FBK-5): kept inside, read for themes."""

import sqlalchemy as sa

from loopdesk.desk import record
from loopdesk.desk.communications import LONGEST
from loopdesk.desk.letters import INTERNAL, NOTED, add, communication
from loopdesk.desk.rights import require, visible_to
from loopdesk.engine.actor import Actor
from loopdesk.engine.errors import Invalid, Phrase
from loopdesk.engine.tx import Tx

CHANNEL = "transcript"


def add_transcript(actor: Actor, tx: Tx, number: str, text: str, *, external_id: str) -> tuple[str, bool]:
    """Keep what was said on a call: the id of its communication, and whether it is new.

    Where ``external_id`` came before it is the first one's id.

    Raises `Missing` for a case that ``actor`` may not see, `Invalid` for an empty or oversized text.
    """
    require(actor, "transcripts.add")
    case = record.get(tx, number, visible=visible_to(actor), lock=True)
    written = text.strip()
    if not written or len(written) > LONGEST:
        long = Phrase("At most 100,000 characters; send a part of the call.")
        problem = long if written else Phrase("Write something.")
        raise Invalid("This transcript cannot be kept.", fields={"text": [problem]})
    message_id = f"{CHANNEL}:{number}:{external_id}"[:500]
    known = tx.conn.scalar(sa.select(communication.c.id).where(communication.c.message_id == message_id))
    if known:
        return str(known), False
    row = {"direction": INTERNAL, "channel": CHANNEL, "body": written, "state": NOTED, "message_id": message_id}
    return add(actor, tx, case, row), True
