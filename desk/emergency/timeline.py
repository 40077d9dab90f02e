"""What stands on an emergency's timeline, written by verbs and by anyone in it (EMG-4)."""

from collections.abc import Mapping
from typing import Any, NoReturn

import sqlalchemy as sa

from loopdesk.desk import record
from loopdesk.desk.emergency import reads, rows
from loopdesk.desk.emergency.rows import AUDIENCES, INTERNAL, Emergency
from loopdesk.desk.rights import require, visible_to
from loopdesk.engine import events
from loopdesk.engine.actor import SYSTEM, Actor
from loopdesk.engine.errors import Invalid, Phrase
from loopdesk.engine.tx import Tx

NOTE = "note"
LONGEST = 20_000
"""Characters of an entry at most."""


def note(actor: Actor, tx: Tx, emergency_id: str, kind: str, text: str, audience: str = INTERNAL, **data: Any) -> int:
    """Write on the timeline, also of an emergency that is over; returns the id of the entry.

    ``kind`` says what it is about (note, room, runbook, measure …), ``data`` what belongs to it. Raises `Invalid`
    for a note without words, `Missing` for somebody who may not see the case.
    """
    require(actor, "emergency.note")
    emergency = reads.get(tx, emergency_id)
    record.get(tx, emergency.case, visible=visible_to(actor))
    if kind == NOTE and not text.strip():
        wrong("text", Phrase("Write something."))
    if len(text) > LONGEST:
        wrong("text", Phrase("At most %(most)s characters.", most=LONGEST))
    if audience not in AUDIENCES:
        wrong("audience", Phrase("It is either internal or external."))
    made = write(actor, tx, emergency, kind, text.strip(), audience, **data)
    told = {"id": emergency.id, "entry": made, "what": kind, "text": text.strip()}
    events.record(actor, tx, "emergency.noted", key=emergency.case, data=told)
    return made


def write(
    actor: Actor, tx: Tx, emergency: Emergency, kind: str, text: str, audience: str = INTERNAL, **data: Any
) -> int:
    """One more entry, of a verb that has asked for the right and records an event of its own; its id."""
    return _add(actor, tx, emergency, kind, text, audience, data)


def happened(
    actor: Actor, tx: Tx, emergency: Emergency, kind: str, text: str, audience: str = INTERNAL, **data: Any
) -> int:
    """`write` for what a process does by itself, whoever caused it: then nobody's name stands before it.

    Who caused it stays in the event that the verb records.
    """
    return _add(SYSTEM if actor.on_behalf_of else actor, tx, emergency, kind, text, audience, data)


def _add(
    actor: Actor, tx: Tx, emergency: Emergency, kind: str, text: str, audience: str, data: Mapping[str, Any]
) -> int:
    values = {"emergency": emergency.id, "at": tx.now, "kind": kind, "text": text, "audience": audience, "data": data}
    made = sa.insert(rows.entry).values(**values, by_id=actor.id, by_name=actor.name[:200])
    return int(tx.conn.execute(made.returning(rows.entry.c.id)).scalar_one())


def wrong(field: str, message: Phrase) -> NoReturn:
    """Refuse what was given, with the field."""
    raise Invalid("This emergency cannot be led like that.", fields={field: [message]})
