"""Implementations as lists show them: page by page, and on the board the gravest alarm first (FIX-1)."""

from collections.abc import Mapping
from dataclasses import dataclass

import sqlalchemy as sa

from loopdesk.desk import record
from loopdesk.desk.implementation import tables
from loopdesk.desk.implementation.tables import LEVELS, Implementation, Milestone, implementation_, milestone_
from loopdesk.desk.rights import readable, require, sees
from loopdesk.desk.sql import Page, paged, row_as
from loopdesk.engine.actor import Actor
from loopdesk.engine.tx import Tx

_RANK = sa.case({level: rank for rank, level in enumerate(LEVELS, 1)}, value=milestone_.c.level, else_=0)
_GRAVEST = sa.func.coalesce(
    sa.select(sa.func.max(_RANK)).where(milestone_.c.implementation == implementation_.c.id).scalar_subquery(), 0
)
"""How grave the gravest alarm of an implementation's milestones is: its place in `LEVELS` from 1, 0 for none."""


@dataclass(frozen=True, slots=True)
class Board:
    """A page of the board; ``counts`` says of how many on all pages each level is the gravest."""

    shown: Page[Implementation]
    counts: Mapping[str, int]


def listing(
    actor: Actor, tx: Tx, *, state: str = "", case: str = "", page: int = 1, per_page: int = 25
) -> Page[Implementation]:
    """The implementations of cases that ``actor`` may see, newest first. Raises `Missing` for an unknown ``case``."""
    require(actor, "implementation.read")
    if case:
        record.get(tx, case, visible=readable(actor))
    query = sa.select(implementation_).where(_wanted(actor, state, case))
    order = (implementation_.c.begun_at.desc(), implementation_.c.id)
    return paged(tx, query.order_by(*order), _read, page, per_page)


def board(actor: Actor, tx: Tx, *, state: str = "", case: str = "", page: int = 1, per_page: int = 25) -> Board:
    """The same with the gravest alarms first; nothing for a case that there is not."""
    require(actor, "implementation.read")
    wanted = _wanted(actor, state, case)
    order = (_GRAVEST.desc(), implementation_.c.begun_at.desc(), implementation_.c.id)
    shown = paged(tx, sa.select(implementation_).where(wanted).order_by(*order), _read, page, per_page)
    ranked = sa.select(_GRAVEST.label("rank")).where(wanted).subquery()
    rows = tx.conn.execute(sa.select(ranked.c.rank, sa.func.count()).group_by(ranked.c.rank))
    found = {row[0]: row[1] for row in rows}
    return Board(shown, {level: found.get(rank, 0) for rank, level in enumerate(LEVELS, 1)})


def of_case(actor: Actor, tx: Tx, number: str) -> list[Implementation]:
    """All implementations of a case that ``actor`` may see, newest first."""
    require(actor, "implementation.read")
    record.get(tx, number, visible=readable(actor))
    return tables.implementations(tx, implementation_.c.case == number)


def milestones_of(tx: Tx, *implementation_ids: str) -> dict[str, list[Milestone]]:
    """The milestones of each implementation, what is due first at the front."""
    found: dict[str, list[Milestone]] = {one: [] for one in implementation_ids}
    for one in tables.milestones(tx, milestone_.c.implementation.in_(list(implementation_ids))):
        found[one.implementation].append(one)
    return found


def _wanted(actor: Actor, state: str, case: str) -> sa.ColumnElement[bool]:
    wanted = sees(actor, implementation_.c.case)
    for column, value in ((implementation_.c.state, state), (implementation_.c.case, case)):
        wanted &= column == value if value else sa.true()
    return wanted


def _read(row: Mapping[str, object]) -> Implementation:
    return row_as(Implementation, row)
