"""What is kept of the clocks of a case, read once in a transaction: what happened, and how each clock was counted."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from loopdesk.desk.sla.live import Happened
from loopdesk.desk.sla.rows import clock, clock_event
from loopdesk.engine.tx import Tx

UNWRITTEN = 1 << 62
"""The number of an event that this transaction has not written yet: it arrived after all others."""


def happenings(tx: Tx, number: str) -> list[Happened]:
    """What moved the clocks of a case, in the order of arrival."""
    kept = tx.kept(clock_event)
    if number not in kept:
        query = sa.select(clock_event).where(clock_event.c.case == number).order_by(clock_event.c.id)
        kept[number] = [Happened(row.id, row.at, row.kind, row.data) for row in tx.ask(query)]
    found: list[Happened] = kept[number]
    return found


def append(tx: Tx, number: str, kind: str, at: datetime, data: Mapping[str, Any]) -> None:
    """Keep one thing that happened to the clocks of a case that is locked; whoever calls counts them."""
    found = happenings(tx, number)
    tx.insert(clock_event, {"case": number, "at": at, "arrived_at": tx.now, "kind": kind, "data": dict(data)})
    found.append(Happened(UNWRITTEN + len(found), at, kind, dict(data)))


def standing(tx: Tx, number: str) -> dict[str, dict[str, Any]]:
    """The clocks of a case as they were counted last, by name."""
    kept = tx.kept(clock)
    if number not in kept:
        rows = tx.ask(sa.select(clock).where(clock.c.case == number)).mappings()
        kept[number] = {row["name"]: dict(row) for row in rows}
    found: dict[str, dict[str, Any]] = kept[number]
    return found


def write(tx: Tx, number: str, name: str, clock_id: str, values: Mapping[str, Any]) -> None:
    """Keep how a clock was counted; nothing is written where nothing is new."""
    known = standing(tx, number)
    before = known.get(name)
    if before is None:
        known[name] = {"id": clock_id, "case": number, "name": name, "version": 1, **values}
        tx.insert(clock, dict(known[name]))
    elif changed := {key: value for key, value in values.items() if before[key] != value}:
        before |= changed | {"version": before["version"] + 1}
        tx.change(clock, {"id": clock_id, "version": before["version"], **changed})


def begin(tx: Tx, number: str) -> None:
    """Say that no clock of a case stands yet, so that nobody looks for one."""
    tx.kept(clock)[number] = {}


def remember(tx: Tx, numbers: Sequence[str]) -> None:
    """Read events and clocks of many cases at once, for what is done to each of them in this transaction."""
    happened, counted = tx.kept(clock_event), tx.kept(clock)
    happened.update({number: [] for number in numbers})
    counted.update({number: {} for number in numbers})
    query = sa.select(clock_event).where(clock_event.c.case.in_(numbers)).order_by(clock_event.c.id)
    for row in tx.ask(query):
        happened[row.case].append(Happened(row.id, row.at, row.kind, row.data))
    for one in tx.ask(sa.select(clock).where(clock.c.case.in_(numbers))).mappings():
        counted[one["case"]][one["name"]] = dict(one)
