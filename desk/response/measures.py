"""Measures of an emergency: asked of operations' tooling, the answer checked, undone at the end (EMG-5).

Each is one row for an emergency, however often it is asked. What was asked for may have happened outside, answered or
not, so all that was begun is undone at the end, also what was done only in part.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from loopdesk.desk import emergency as emergencies
from loopdesk.desk.emergency import timeline
from loopdesk.desk.emergency.rows import Emergency
from loopdesk.desk.record import NUMBER
from loopdesk.desk.response import answers, words
from loopdesk.desk.rights import require
from loopdesk.desk.sql import insert_new, row_as
from loopdesk.engine import events
from loopdesk.engine.actor import Actor
from loopdesk.engine.db import JSON, Moment, metadata, new_id
from loopdesk.engine.errors import N_, Conflict, Invalid, Missing
from loopdesk.engine.tx import Tx

PLANNED, ASKED, SHORT, TAKEN, DROPPED, UNDOING, UNDONE = STATES = (
    *("planned", "asked", "short", "taken", "dropped", "undoing", "undone"),
)
"""Wanted; asked for; not all of it granted; done; never begun; being undone; undone."""
BEGUN = frozenset({ASKED, SHORT, TAKEN, UNDOING})
NUMBERS = (int, float, Decimal)
ENVIRONMENTS = "environments"
GRANTED = 200
LONGEST = 2_000
"""Characters that are kept of an answer."""

measure_ = sa.Table(
    "emergency_measure",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("emergency", sa.String(32), sa.ForeignKey("emergency.id"), nullable=False),
    sa.Column("case", NUMBER, sa.ForeignKey("case_.number"), nullable=False, index=True),
    sa.Column("measure", sa.String(60), nullable=False),
    sa.Column("state", sa.String(10), nullable=False),
    sa.Column("asks", JSON, nullable=False),
    sa.Column("missing", JSON, nullable=False),
    sa.Column("answer", sa.Text, nullable=False),
    sa.Column("by_hand", sa.Boolean, nullable=False),
    sa.Column("note", sa.Text, nullable=False),
    sa.Column("by_name", sa.String(200), nullable=False),
    sa.Column("planned_at", Moment, nullable=False),
    sa.Column("asked_at", Moment),
    sa.Column("taken_at", Moment),
    sa.Column("undone_at", Moment),
    sa.UniqueConstraint("emergency", "measure", name="uq_emergency_measure"),
)
"""``asks``: figures and names that were asked for; ``missing``: what of them was not granted."""


@dataclass(frozen=True, slots=True)
class Measure:
    """One measure of an emergency as it stands; ``by_hand`` when operations did it without the tooling."""

    id: str
    emergency: str
    case: str
    measure: str
    state: str
    asks: Mapping[str, Any]
    missing: Mapping[str, Any]
    answer: str
    by_hand: bool
    note: str
    by_name: str
    planned_at: datetime
    asked_at: datetime | None
    taken_at: datetime | None
    undone_at: datetime | None


def plan(actor: Actor, tx: Tx, emergency_id: str, wanted: Sequence[Mapping[str, Any]]) -> list[Measure]:
    """Want the measures of the table (``measure`` and its figures); returns those that are not taken yet.

    Wanted again, a measure stays as it is unless more of it is wanted; one that is not wanted any more and was not
    begun is dropped. Raises `Invalid` for a measure that ``measures.yaml`` does not know.
    """
    require(actor, "emergency.measure")
    emergency = emergencies.get(tx, emergency_id)
    if emergency.ended_at is not None:
        return []
    names = [str(said["measure"]) for said in wanted]
    for name, said in zip(names, wanted, strict=True):
        _want(tx, emergency, name, said)
    known = of(tx, emergency_id)
    for one in known:
        if one.state == PLANNED and one.measure not in names:
            _leave(actor, tx, one)
    return [one for one in of(tx, emergency_id) if one.state in (PLANNED, ASKED, SHORT) and one.measure in names]


def choose(actor: Actor, tx: Tx, emergency_id: str, chosen: Sequence[str], reason: str) -> list[Measure]:
    """The commander's word: those of ``chosen`` ids are taken, the others that wait for it are not."""
    require(actor, "emergency.measure")
    waiting = [one for one in of(tx, emergency_id) if one.state in (PLANNED, ASKED, SHORT)]
    for one in waiting:
        if one.state == PLANNED and one.id not in chosen:
            _leave(actor, tx, one, note=reason.strip()[:LONGEST])
    return [one for one in waiting if one.id in chosen or one.state != PLANNED]


def ask(actor: Actor, tx: Tx, measure_id: str) -> dict[str, Any]:
    """Begin to take a measure. Gives ``hook`` (address, empty without one) and the ``body`` that goes there.

    The body names the measure's id: asked twice for the same id, the other side does it once.
    """
    require(actor, "emergency.measure")
    found = get(tx, measure_id)
    hook = _hook(tx, found, "hook")
    _change(actor, tx, found, ASKED, "asked" if hook else "by_hand", asked_at=found.asked_at or tx.now)
    return {"hook": hook, "body": _body(tx, found, "take")}


def answered(actor: Actor, tx: Tx, measure_id: str, status: int, body: Any) -> bool:
    """Check what the other side answered: whether all that was asked for was granted (EMG-5)."""
    require(actor, "emergency.measure")
    found = get(tx, measure_id)
    missing = answers.missing(found.asks, status, body)
    kept = {"missing": missing, "answer": f"{status}: {body}"[:LONGEST]}
    if missing:
        _change(actor, tx, found, SHORT, "short", **kept)
    else:
        _change(actor, tx, found, TAKEN, "taken", taken_at=tx.now, **kept)
    return not missing


def done_by_hand(actor: Actor, tx: Tx, measure_id: str, note: str) -> None:
    """Operations have done it, or the rest of it, without the tooling."""
    require(actor, "emergency.measure")
    found = get(tx, measure_id)
    kept = {"note": note.strip()[:LONGEST], "by_name": actor.name[:200], "by_hand": True, "missing": {}}
    _change(actor, tx, found, TAKEN, "taken", taken_at=tx.now, **kept)


def to_undo(actor: Actor, tx: Tx, emergency_id: str) -> list[Measure]:
    """At the end: what was begun, to be undone one by one; what was only planned is dropped."""
    require(actor, "emergency.measure")
    for one in of(tx, emergency_id):
        if one.state == PLANNED:
            _leave(actor, tx, one)
    return [one for one in of(tx, emergency_id) if one.state in BEGUN]


def ask_undo(actor: Actor, tx: Tx, measure_id: str) -> dict[str, Any]:
    """Begin to undo a measure. Gives ``hook`` and ``body`` as `ask` does."""
    require(actor, "emergency.measure")
    found = get(tx, measure_id)
    if found.state not in BEGUN:
        raise Conflict("This measure was not taken, or is undone already.")
    _keep(tx, found, {"state": UNDOING})
    return {"hook": _hook(tx, found, "undo_hook"), "body": _body(tx, found, "undo")}


def undo_answered(actor: Actor, tx: Tx, measure_id: str, status: int, body: Any) -> bool:
    """Check the answer to the undoing: whether it is as it was before."""
    require(actor, "emergency.measure")
    found = get(tx, measure_id)
    fine = not answers.missing({}, status, body)
    kept = {"answer": f"{status}: {body}"[:LONGEST]}
    if fine:
        _change(actor, tx, found, UNDONE, "undone", undone_at=tx.now, **kept)
    else:
        _change(actor, tx, found, UNDOING, "undo_short", **kept)
    return fine


def undone_by_hand(actor: Actor, tx: Tx, measure_id: str, note: str) -> None:
    """Operations have undone it without the tooling."""
    require(actor, "emergency.measure")
    found = get(tx, measure_id)
    kept = {"note": note.strip()[:LONGEST], "by_name": actor.name[:200], "undone_at": tx.now}
    _change(actor, tx, found, UNDONE, "undone", **kept)


def of(tx: Tx, emergency_id: str) -> list[Measure]:
    """The measures of an emergency, in the order in which they were wanted."""
    return _select(tx, measure_.c.emergency == emergency_id)


def get(tx: Tx, measure_id: str) -> Measure:
    """The measure with that id; raises `Missing`."""
    found = _select(tx, measure_.c.id == measure_id)
    if not found:
        raise Missing("There is no such measure.")
    return found[0]


def shown(tx: Tx, found: Sequence[Measure]) -> list[dict[str, Any]]:
    """Measures as a diagram carries them and a form offers them: id, label in the commander's language, asks."""
    if not found:
        return []
    tongue = words.language(tx, emergencies.get(tx, found[0].emergency))
    return [
        {"id": one.id, "measure": one.measure, "name": words.measure(tx, one.measure, tongue), "asks": dict(one.asks)}
        for one in found
    ]


def _want(tx: Tx, emergency: Emergency, name: str, said: Mapping[str, Any]) -> None:
    entry = words.value(tx, "measures", name, default=None)
    if not isinstance(entry, Mapping):
        raise Invalid(
            "There is no measure %(measure)s.",
            remedy=N_("Add it to measures.yaml of the policies, or take it out of measures.dmn."),
            measure=name,
        )
    asks: dict[str, Any] = {key: _figure(value) for key, value in said.items() if type(value) in NUMBERS}
    if entry.get("asks") == ENVIRONMENTS:
        listed = words.value(tx, "environments", default=[])
        asks[ENVIRONMENTS] = [str(one["name"]) for one in listed if not one.get("critical")]
    texts = {"answer": "", "note": "", "by_name": ""}
    row: dict[str, Any] = {"id": new_id(), "emergency": emergency.id, "case": emergency.case, "measure": name}
    row |= {"state": PLANNED, "asks": asks, "missing": {}, "by_hand": False, "planned_at": tx.now, **texts}
    if insert_new(tx, measure_, row, unique=["emergency", "measure"]):
        return
    [known] = _select(tx, (measure_.c.emergency == emergency.id) & (measure_.c.measure == name))
    more = answers.missing(asks, GRANTED, {"granted": known.asks})
    if known.state in (PLANNED, DROPPED) or (known.state in BEGUN and more):
        _keep(tx, known, {"state": PLANNED, "asks": asks, "missing": {}})


def _figure(value: int | float | Decimal) -> int | float:
    """A table's number as JSON keeps it."""
    return int(value) if value == int(value) else float(value)


def _hook(tx: Tx, found: Measure, which: str) -> str:
    entry = words.value(tx, "measures", found.measure, default={})
    return str((entry.get(which) or "") if isinstance(entry, Mapping) else "")


def _body(tx: Tx, found: Measure, action: str) -> dict[str, Any]:
    emergency = emergencies.get(tx, found.emergency)
    about = {"case": found.case, "emergency": found.emergency, "grade": emergency.grade}
    return {"request": found.id, "action": action, "measure": found.measure, "asks": dict(found.asks), **about}


def _leave(actor: Actor, tx: Tx, found: Measure, **values: Any) -> None:
    """A wish that nobody follows any more: nothing was begun, or what was taken before stays as it is."""
    if found.asked_at is None:
        _change(actor, tx, found, DROPPED, "dropped", **values)
    else:
        _keep(tx, found, {"state": TAKEN, **values})


def _change(actor: Actor, tx: Tx, found: Measure, state: str, word: str, **values: Any) -> None:
    _keep(tx, found, {"state": state, **values})
    emergency = emergencies.get(tx, found.emergency)
    said = words.say(tx, word, measure_code=found.measure)
    told = {"measure": found.measure, "state": state, "missing": values.get("missing", {})}
    timeline.write(actor, tx, emergency, "measure", said[words.language(tx, emergency)], said=said, **told)
    events.record(actor, tx, "emergency.measure", key=found.case, data={"id": emergency.id, **told})


def _keep(tx: Tx, found: Measure, values: Mapping[str, Any]) -> None:
    tx.conn.execute(sa.update(measure_).where(measure_.c.id == found.id).values(**values))


def _select(tx: Tx, condition: sa.ColumnElement[bool]) -> list[Measure]:
    query = sa.select(measure_).where(condition).order_by(measure_.c.planned_at, measure_.c.measure)
    return [row_as(Measure, row) for row in tx.conn.execute(query).mappings()]
