"""The load-test report: four figures and the stored file, handed in by a person or over the API (FIX-6)."""

from dataclasses import dataclass, fields
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

import sqlalchemy as sa

from loopdesk.desk import attachments, record
from loopdesk.desk.acceptance import gates
from loopdesk.desk.acceptance.gates import LOAD_TEST, LOAD_TESTED, RUNNING, Gate
from loopdesk.desk.acceptance.tables import load_test_
from loopdesk.desk.attachments import attachment
from loopdesk.desk.rights import require, visible_to
from loopdesk.desk.sql import row_as
from loopdesk.desk.store import Readable, Store
from loopdesk.engine import events, messages
from loopdesk.engine.actor import Actor
from loopdesk.engine.db import new_id
from loopdesk.engine.errors import N_, Conflict, Invalid, Phrase
from loopdesk.engine.tx import Tx

FIGURES = ("peak", "hours", "success", "swing")
"""Load in times the usual peak; how long, in hours; requests that succeeded and swing of resources, in per cent."""
LARGEST = {"peak": Decimal(1000), "hours": Decimal(8760), "success": Decimal(100), "swing": Decimal(1000)}


@dataclass(frozen=True, slots=True)
class LoadTest:
    """One report; ``file`` is the name of the stored report on the case, empty for one that is not there."""

    id: str
    gate: str
    case: str
    round: int
    at: datetime
    by_id: str
    by_name: str
    peak: str
    hours: str
    success: str
    swing: str
    file: str


def hand_in(
    actor: Actor,
    tx: Tx,
    store: Store,
    acceptance_id: str,
    *,
    figures: dict[str, Any],
    file: tuple[str, Readable] | None = None,
) -> LoadTest:
    """Keep a report with its file and tell the process, which checks it by its table.

    Raises `Invalid` with the field for a figure that is none and for a missing file, `Conflict` once it is decided.
    """
    require(actor, "acceptance.report")
    found = gates.of_kind(tx, acceptance_id, LOAD_TEST)
    record.get(tx, found.case, visible=visible_to(actor))
    gate = gates.one(tx, found.id, lock=True)
    if gate.state == gates.WAITING:
        raise Conflict("This acceptance has not begun yet.", remedy=N_("Hand the report in once the fix is confirmed."))
    if gate.state != RUNNING or gates.get(tx, acceptance_id).state != gates.RUNNING:
        raise Conflict("This load test is decided already.", remedy=N_("Ask the owner to begin it anew."))
    if last(tx, gate) is not None:
        raise Conflict(
            "A report of this load test is being checked already.",
            remedy=N_("Load the page again in a moment to see what the check says."),
        )
    read = numbers(figures)
    if file is None or not file[0]:
        raise Invalid("The report itself is missing.", fields={"file": [Phrase("Choose the file of the report.")]})
    stored = attachments.attach(actor, tx, store, gate.case, file[0], file[1], visibility=attachments.STAFF)
    kept = keep(actor, tx, gate.id, figures=read, file=stored.name)
    payload = {**{name: float(read[name]) for name in FIGURES}, "report": stored.name}
    messages.publish(actor, tx, LOAD_TESTED, key=gate.id, payload=payload, message_id=f"{LOAD_TESTED}:{kept.id}")
    return kept


def numbers(figures: dict[str, Any]) -> dict[str, Decimal]:
    """The four figures as numbers; raises `Invalid` naming each field that is none or cannot be."""
    read: dict[str, Decimal] = {}
    wrong: dict[str, list[str]] = {}
    for name in FIGURES:
        number = _number(figures.get(name))
        if number.is_finite() and 0 <= number <= LARGEST[name]:
            read[name] = number
        else:
            wrong[name] = [Phrase("A number between 0 and %(most)s is expected.", most=LARGEST[name])]
    if wrong:
        raise Invalid("The figures of this load test cannot be taken as they are.", fields=wrong)
    return read


def keep(actor: Actor, tx: Tx, gate_id: str, *, figures: dict[str, Decimal], file: str) -> LoadTest:
    """Keep a report for the gate's present round; ``file`` is the name of a file that is attached to the case."""
    require(actor, "acceptance.report")
    gate = gates.one(tx, gate_id)
    who = {"by_id": actor.id, "by_name": actor.name[:200]}
    said = {name: format(figures[name], "f")[:20] for name in FIGURES}
    new = LoadTest(new_id(), gate.id, gate.case, gate.round, tx.now, **who, **said, file=stored_name(tx, gate, file))
    tx.conn.execute(sa.insert(load_test_).values(**{one.name: getattr(new, one.name) for one in fields(new)}))
    events.record(actor, tx, LOAD_TESTED, key=gate.case, data={"gate": gate.id, "id": new.id, "file": new.file, **said})
    return new


def stored_name(tx: Tx, gate: Gate, file: str) -> str:
    """The name, if a file of that name is attached to the case; else empty."""
    mine = (attachment.c.case == gate.case) & (attachment.c.name == file.strip())
    return tx.conn.scalar(sa.select(attachment.c.name).where(mine).limit(1)) or ""


def last(tx: Tx, gate: Gate) -> LoadTest | None:
    """The newest report of the gate's present round."""
    mine = (load_test_.c.gate == gate.id) & (load_test_.c.round == gate.round)
    query = sa.select(load_test_).where(mine).order_by(load_test_.c.at.desc(), load_test_.c.id.desc()).limit(1)
    row = tx.conn.execute(query).mappings().first()
    return row_as(LoadTest, row) if row else None


def _number(value: Any) -> Decimal:
    try:
        return Decimal(str(value).strip())
    except InvalidOperation:
        return Decimal("NaN")
