"""Cases on their way to being closed, as a list shows them (FIX-4)."""

from collections import Counter
from dataclasses import dataclass

import sqlalchemy as sa

from loopdesk.desk.closure import rounds
from loopdesk.desk.closure.rounds import Round
from loopdesk.desk.closure.tables import check_, round_
from loopdesk.desk.record import Case, case_, case_of_row
from loopdesk.desk.rights import readable, require
from loopdesk.desk.sql import page_of, row_as
from loopdesk.engine.actor import Actor
from loopdesk.engine.tx import Tx


@dataclass(frozen=True, slots=True)
class Line:
    """A case with its open round; of ``items`` so many are ticked, and so many have failed."""

    case: Case
    round: Round
    items: int
    passed: int
    failed: int


@dataclass(frozen=True, slots=True)
class Listing:
    """One page; ``total`` counts all that match and may be seen."""

    lines: list[Line]
    total: int
    page: int
    per_page: int


def under_way(
    actor: Actor, tx: Tx, *, owner: str = "", department: str = "", stage: str = "", page: int = 1, per_page: int = 25
) -> Listing:
    """Cases in verification that ``actor`` may see: what ends by itself first, then the longest under way."""
    require(actor, "closure.read")
    condition = readable(actor) & round_.c.ended_at.is_(None)
    for column, value in ((case_.c.owner_id, owner), (case_.c.department, department), (round_.c.stage, stage)):
        condition &= column == value if value else sa.true()
    joined = sa.join(round_, case_, case_.c.number == round_.c.case)
    total = tx.conn.scalar(sa.select(sa.func.count()).select_from(joined).where(condition)) or 0
    limit, offset = page_of(page, per_page)
    order = (round_.c.until.is_(None), round_.c.until, round_.c.began_at)
    ids = list(
        tx.conn.scalars(
            sa.select(round_.c.id).select_from(joined).where(condition).order_by(*order).limit(limit).offset(offset)
        )
    )
    found = {
        row["id"]: row_as(Round, row)
        for row in tx.conn.execute(sa.select(round_).where(round_.c.id.in_(ids))).mappings()
    }
    numbers = sorted({one.case for one in found.values()})
    rows = tx.conn.execute(sa.select(case_).where(case_.c.number.in_(numbers))).mappings()
    cases = {row["number"]: case_of_row(row) for row in rows}
    ticked = _ticked(tx, ids)
    lines = [_line(cases[found[one].case], found[one], ticked) for one in ids]
    return Listing(lines, total, max(page, 1), limit)


def _ticked(tx: Tx, ids: list[str]) -> Counter[tuple[str, bool]]:
    counted = sa.select(check_.c.round, check_.c.passed, sa.func.count()).where(check_.c.round.in_(ids))
    rows = tx.conn.execute(counted.group_by(check_.c.round, check_.c.passed))
    return Counter({(row[0], bool(row[1])): row[2] for row in rows})


def _line(case: Case, one: Round, ticked: Counter[tuple[str, bool]]) -> Line:
    items = sum(len(one.items.get(part) or ()) for part in rounds.PARTS)
    return Line(case, one, items, ticked[one.id, True], ticked[one.id, False])
