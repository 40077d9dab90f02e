"""Figures are kept as things happen: a job reads the log of events in commit order and counts what they touched anew.

Everything is made from the cases as they stand, never by adding to what is there: doing it again changes nothing.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

import sqlalchemy as sa

from loopdesk.desk.figures import days, gather, rules
from loopdesk.desk.figures.rows import case_figure, figure_state
from loopdesk.desk.figures.shapes import Fresh
from loopdesk.desk.figures.sums import BASES, CLOSED, OPENED
from loopdesk.desk.record import case_
from loopdesk.desk.sql import row_as
from loopdesk.engine import events, outbox
from loopdesk.engine.events import event
from loopdesk.engine.tx import Tx

NAME = "cases"
SLICE = 500
"""Cases, or events, that are taken at once."""
GATHERED, FOLLOWED = 4, 10
"""How many slices of cases, or of events, one run takes: the rest waits for the next, and the figures say so."""


@dataclass(frozen=True, slots=True)
class State:
    """How far the figures reach; ``gathered_to`` is None once every old case is gathered."""

    cursor: str
    as_of: datetime | None
    gathered_to: str | None


def run(tx: Tx) -> None:
    """Bring the figures up to now, or as near to it as one run gets."""
    state = _read(tx, lock=True) or _begin(tx)
    touched: gather.Days = set()
    slices, caught_up = GATHERED if state.gathered_to is not None else FOLLOWED, False
    while slices and not caught_up:
        slices -= 1
        if state.gathered_to is not None:
            state = _gather_on(tx, state, touched)
        else:
            state, caught_up = _follow(tx, state, touched)
    for basis in BASES:
        days.add_up(tx, basis, {day for name, day in touched if name == basis})
    _write(tx, state)


def step(tx: Tx) -> bool:
    """One run of a rebuild; returns whether there is more to do."""
    run(tx)
    state = _read(tx)
    return state is None or state.gathered_to is not None


def forget(tx: Tx) -> None:
    """Let the next runs gather every case anew. Rows of archived cases stay: nothing could make them again."""
    tx.conn.execute(sa.delete(figure_state))


def local_handlers() -> Mapping[str, Callable[[Tx, outbox.Row], None]]:
    """Outbox kind -> what performs it."""
    return {gather.ALONE: lambda tx, row: _alone(tx, str(row.payload["case"]))}


def _alone(tx: Tx, number: str) -> None:
    # The lock of the job: whoever adds up a day has seen all of its rows.
    _read(tx, lock=True)
    touched = gather.gather(tx, [number], strict=True)
    for basis in BASES:
        days.add_up(tx, basis, {day for name, day in touched if name == basis})


def fresh(tx: Tx) -> Fresh:
    """How far the figures reach now."""
    state = _read(tx)
    as_of = state.as_of if state and state.gathered_to is None else None
    if as_of is not None:
        behind = max(0.0, (tx.now - as_of).total_seconds())
        return Fresh(as_of, behind, behind > rules.fresh(tx).total_seconds())
    total = tx.conn.scalar(sa.select(sa.func.count()).select_from(case_)) or 0
    if state and state.gathered_to is None:
        return Fresh(None, None, late=True, gathered=total, total=total)
    done = state.gathered_to if state else ""
    there = tx.conn.scalar(sa.select(sa.func.count()).where(case_.c.number <= done)) or 0
    return Fresh(None, None, late=True, gathered=there, total=total)


def _read(tx: Tx, *, lock: bool = False) -> State | None:
    query = sa.select(figure_state).where(figure_state.c.name == NAME)
    row = tx.conn.execute(query.with_for_update() if lock else query).mappings().first()
    return row_as(State, row) if row else None


def _begin(tx: Tx) -> State:
    """From the newest event on, and all cases that are there already."""
    state = State(events.latest(tx), None, "")
    tx.conn.execute(sa.insert(figure_state).values(name=NAME, cursor=state.cursor, as_of=None, gathered_to=""))
    # Days that only archived cases have left are made of their rows, which stay.
    for basis, column in ((OPENED, case_figure.c.opened_day), (CLOSED, case_figure.c.closed_day)):
        known = tx.conn.scalars(sa.select(column).where(column.is_not(None)).distinct()).all()
        days.add_up(tx, basis, known)
    return state


def _write(tx: Tx, state: State) -> None:
    values = {"cursor": state.cursor, "as_of": state.as_of, "gathered_to": state.gathered_to}
    tx.conn.execute(sa.update(figure_state).where(figure_state.c.name == NAME).values(**values))


def _gather_on(tx: Tx, state: State, touched: gather.Days) -> State:
    query = sa.select(case_.c.number).where(case_.c.number > (state.gathered_to or ""))
    numbers = tx.conn.scalars(query.order_by(case_.c.number).limit(SLICE)).all()
    touched |= gather.gather(tx, numbers)
    return replace(state, gathered_to=numbers[-1] if len(numbers) == SLICE else None)


def _follow(tx: Tx, state: State, touched: gather.Days) -> tuple[State, bool]:
    rows, cursor = events.since(tx, state.cursor, SLICE)
    touched |= gather.gather(tx, {str(row["key"]) for row in rows if row["key"]})
    if len(rows) == SLICE:
        return replace(state, cursor=cursor, as_of=rows[-1]["at"]), False
    return replace(state, cursor=cursor, as_of=_unread(tx, cursor) or tx.now), True


def _unread(tx: Tx, cursor: str) -> datetime | None:
    """The oldest event that is written but may not be read yet, because an older transaction still runs."""
    xact, number = (int(part) for part in (cursor or "0.0").split("."))
    after = sa.tuple_(event.c.xact, event.c.id) > sa.tuple_(sa.literal(xact), sa.literal(number))
    oldest: datetime | None = tx.conn.scalar(sa.select(sa.func.min(event.c.at)).where(after))
    return oldest
