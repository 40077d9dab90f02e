"""Each breach leaves a trace: why it came to that, what will be better, and whether that was done (SLA-6)."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from loopdesk.desk import causes, people, record
from loopdesk.desk.record import NUMBER, PERSON_ID, case_
from loopdesk.desk.rights import readable, require
from loopdesk.desk.sla.rows import clock
from loopdesk.desk.sql import insert_new, page_of, row_as
from loopdesk.engine import events
from loopdesk.engine.actor import Actor
from loopdesk.engine.db import Moment, metadata, new_id
from loopdesk.engine.errors import Conflict, Invalid, Missing, Phrase
from loopdesk.engine.tx import Tx

OPENED, PLANNED, DONE = STATES = ("opened", "planned", "done")
"""Nobody has said why yet; cause and action are known; the action is done."""

trace_ = sa.Table(
    "breach_trace",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("case", NUMBER, sa.ForeignKey("case_.number"), nullable=False, index=True),
    sa.Column("clock", sa.String(64), nullable=False),
    sa.Column("round", sa.Integer, nullable=False),
    sa.Column("name", sa.String(120), nullable=False),
    sa.Column("policy", sa.String(60), nullable=False),
    sa.Column("level", sa.String(60), nullable=False),
    sa.Column("department", sa.String(60), nullable=False),
    sa.Column("due_at", Moment),
    sa.Column("minutes_over", sa.Integer, nullable=False),
    sa.Column("opened_at", Moment, nullable=False, index=True),
    sa.Column("state", sa.String(10), nullable=False),
    sa.Column("cause", sa.String(60), nullable=False),
    sa.Column("explanation", sa.Text, nullable=False),
    sa.Column("action", sa.Text, nullable=False),
    sa.Column("responsible_id", PERSON_ID, nullable=False),
    sa.Column("responsible", sa.String(200), nullable=False),
    sa.Column("follow_up_at", Moment),
    sa.Column("done_at", Moment),
    sa.Column("result", sa.Text, nullable=False),
    sa.UniqueConstraint("clock", "round"),
)
"""``round`` counts how often the clock began anew: a clock that starts again may be late again."""


@dataclass(frozen=True, slots=True)
class Trace:
    """One breach and what became of it; ``minutes_over`` as it was when the trace was opened."""

    id: str
    case: str
    clock: str
    round: int
    name: str
    policy: str
    level: str
    department: str
    due_at: datetime | None
    minutes_over: int
    opened_at: datetime
    state: str
    cause: str
    explanation: str
    action: str
    responsible_id: str
    responsible: str
    follow_up_at: datetime | None
    done_at: datetime | None
    result: str


@dataclass(frozen=True, slots=True)
class Breach:
    """What the message ``sla.breached`` tells of a clock."""

    clock: str
    round: int = 0
    name: str = ""
    policy: str = ""
    level: str = ""
    department: str = ""
    due_at: datetime | None = None
    minutes_over: int = 0


def open_(actor: Actor, tx: Tx, number: str, breach: Breach) -> str:
    """Begin the trace of a breach and return its id.

    Empty when this round of the clock has a trace already, or the clock was cancelled meanwhile.
    """
    require(actor, "breach.trace")
    if not breach.clock:
        _wrong("clock", Phrase("Name the clock that ran out."))
    record.get(tx, number)
    if tx.conn.scalar(sa.select(clock.c.state).where(clock.c.id == breach.clock)) == "cancelled":
        return ""
    empty = {"cause": "", "explanation": "", "action": "", "responsible_id": "", "responsible": "", "result": ""}
    row = {"id": new_id(), "case": number, "opened_at": tx.now, "state": OPENED, **asdict(breach), **empty}
    if not insert_new(tx, trace_, row, unique=["clock", "round"]):
        return ""
    told = {"id": row["id"], "clock": breach.name, "minutes": breach.minutes_over}
    events.record(actor, tx, "breach.opened", key=number, data=told)
    return str(row["id"])


def plan(
    actor: Actor,
    tx: Tx,
    trace_id: str,
    *,
    cause: str,
    explanation: str,
    action: str,
    responsible: str,
    follow_up_at: datetime,
) -> Trace:
    """Say why it came to that, what will be better, who does it until when. Raises `Invalid` with the field."""
    require(actor, "breach.trace")
    found = _unfinished(tx, trace_id)
    if cause not in causes.names(tx, "en"):
        _wrong("cause", Phrase("There is no cause %(cause)s.", cause=cause or "-"))
    if not action.strip():
        _wrong("action", Phrase("Say what will be better."))
    person = people.find(tx, responsible)
    if person is None:
        _wrong("responsible", Phrase("Nobody here is called %(name)s.", name=responsible or "-"))
    if follow_up_at <= tx.now:
        _wrong("until", Phrase("This moment has passed."))
    assert person is not None
    values = {
        "state": PLANNED,
        "cause": cause,
        "explanation": explanation.strip(),
        "action": action.strip(),
        "responsible_id": person.id,
        "responsible": person.name,
        "follow_up_at": follow_up_at,
    }
    return _change(actor, tx, found, "breach.planned", values)


def finish(actor: Actor, tx: Tx, trace_id: str, *, result: str) -> Trace:
    """The action is done, with what came of it. Raises `Invalid` without words, `Conflict` before there is a plan."""
    require(actor, "breach.trace")
    found = _unfinished(tx, trace_id)
    if found.state != PLANNED:
        raise Conflict("Nobody has said yet what will be done about this breach.")
    if not result.strip():
        _wrong("result", Phrase("Say what came of it."))
    return _change(actor, tx, found, "breach.done", {"state": DONE, "done_at": tx.now, "result": result.strip()})


def get(tx: Tx, trace_id: str) -> Trace:
    """The trace with that id; raises `Missing`."""
    found = _select(tx, sa.select(trace_).where(trace_.c.id == trace_id))
    if not found:
        raise Missing("There is no such trace of a breach.")
    return found[0]


def of_case(actor: Actor, tx: Tx, number: str) -> list[Trace]:
    """The traces of a case that ``actor`` may see, oldest first."""
    record.get(tx, number, visible=readable(actor))
    return _select(tx, sa.select(trace_).where(trace_.c.case == number).order_by(trace_.c.opened_at, trace_.c.id))


def listing(
    actor: Actor, tx: Tx, *, state: str = "", cause: str = "", page: int = 1, per_page: int = 25
) -> tuple[list[Trace], int]:
    """The traces of cases that ``actor`` may see, newest first, and how many there are.

    ``state``: open (not done yet), done, or empty for both; ``cause`` a code of the catalogue or empty.
    """
    wanted = _wanted(actor, state, cause)
    joined = trace_.join(case_, case_.c.number == trace_.c.case)
    total = tx.conn.scalar(sa.select(sa.func.count()).select_from(joined).where(wanted)) or 0
    limit, offset = page_of(page, per_page)
    query = sa.select(trace_).select_from(joined).where(wanted).order_by(trace_.c.opened_at.desc(), trace_.c.id)
    return _select(tx, query.limit(limit).offset(offset)), total


def by_cause(actor: Actor, tx: Tx, since: datetime, until: datetime) -> Mapping[str, int]:
    """How many traces opened in ``[since, until)`` name each cause; those without one under an empty name."""
    wanted = _wanted(actor, "", "") & (trace_.c.opened_at >= since) & (trace_.c.opened_at < until)
    query = (
        sa.select(trace_.c.cause, sa.func.count())
        .select_from(trace_.join(case_, case_.c.number == trace_.c.case))
        .where(wanted)
        .group_by(trace_.c.cause)
    )
    return {row[0]: row[1] for row in tx.conn.execute(query.order_by(sa.func.count().desc(), trace_.c.cause))}


def _wanted(actor: Actor, state: str, cause: str) -> sa.ColumnElement[bool]:
    wanted = readable(actor)
    if state:
        wanted &= trace_.c.state == DONE if state == DONE else trace_.c.state != DONE
    return wanted & (trace_.c.cause == cause) if cause else wanted


def _unfinished(tx: Tx, trace_id: str) -> Trace:
    found = get(tx, trace_id)
    if found.state == DONE:
        raise Conflict("This trace is finished.")
    return found


def _change(actor: Actor, tx: Tx, found: Trace, kind: str, values: Mapping[str, Any]) -> Trace:
    tx.conn.execute(sa.update(trace_).where(trace_.c.id == found.id).values(**values))
    told = {name: values[name] for name in ("cause", "action", "responsible", "result") if name in values}
    events.record(actor, tx, kind, key=found.case, data={"id": found.id, "clock": found.name, **told})
    return get(tx, found.id)


def _select(tx: Tx, query: sa.Select[Any]) -> list[Trace]:
    return [row_as(Trace, row) for row in tx.conn.execute(query).mappings()]


def _wrong(field: str, message: Phrase) -> None:
    raise Invalid("Please check this trace.", fields={field: [message]})
