"""Rulings as precedents: found by their words, and those nearest to a new dispute (HND-4)."""

from collections.abc import Collection, Sequence

import sqlalchemy as sa

from loopdesk.desk import record, search
from loopdesk.desk.arbitration.tables import RULED, Arbitration, arbitration_, find
from loopdesk.desk.record import Case, case_
from loopdesk.desk.rights import require, visible_to
from loopdesk.desk.sql import page_of
from loopdesk.engine.actor import Actor
from loopdesk.engine.tx import Tx

COMPARED = 500
"""The newest so many rulings are compared with a new dispute."""


def rulings(
    actor: Actor,
    tx: Tx,
    *,
    q: str = "",
    from_department: str = "",
    to_department: str = "",
    type: str = "",  # noqa: A002 - the fact of a case is called so
    page: int = 1,
    per_page: int = 25,
) -> tuple[list[Arbitration], int]:
    """Precedents, newest first, and how many there are: all words of ``q``, between these departments, of this type.

    Everybody of the staff may read a ruling; those about restricted cases only who sees the case.
    """
    require(actor, "arbitration.read")
    where = arbitration_.c.state == RULED
    where &= sa.exists().where(case_.c.number == arbitration_.c.case, visible_to(actor) | ~case_.c.restricted)
    for column, value in (
        (arbitration_.c.from_department, from_department),
        (arbitration_.c.to_department, to_department),
        (arbitration_.c.type, type),
    ):
        where &= column == value if value else sa.true()
    where &= search.holds(arbitration_.c.terms, q)
    total = tx.conn.scalar(sa.select(sa.func.count()).select_from(arbitration_).where(where)) or 0
    limit_, offset = page_of(page, per_page)
    return find(tx, where, newest=True, limit=limit_, offset=offset), total


def similar(tx: Tx, found: Arbitration, count: int) -> list[Arbitration]:
    """The rulings nearest to a dispute: between the same departments first, of the same type, then by their words."""
    case = record.get(tx, found.case)
    words = {*search.terms("\n".join(texts(found, case)))}
    query = sa.select(arbitration_.c.id, arbitration_.c.terms).where(arbitration_.c.state == RULED)
    query = query.join(case_, case_.c.number == arbitration_.c.case).where(~case_.c.restricted)
    newest = query.order_by(arbitration_.c.ruled_at.desc()).limit(COMPARED)
    said = {row[0]: row[1] for row in tx.conn.execute(newest)}
    ruled = find(tx, arbitration_.c.id.in_(said), newest=True)

    def nearness(one: Arbitration) -> tuple[bool, bool, float]:
        theirs = set(said[one.id].split())
        pair = {one.from_department, one.to_department} == {found.from_department, found.to_department}
        return pair, one.type == found.type, len(words & theirs) / max(len(words | theirs), 1)

    return sorted((one for one in ruled if any(nearness(one))), key=nearness, reverse=True)[:count]


def texts(one: Arbitration, case: Case) -> Sequence[str]:
    """What a dispute and its ruling can be found by."""
    said = (one.statement, one.reply, one.reasoning, one.for_customer)
    return (one.case, case.title, case.description, *said)


def naming(tx: Tx, numbers: Collection[str], where: sa.ColumnElement[bool]) -> list[str]:
    """The rulings on these cases, and those for which ``where`` holds, by their ids."""
    wanted = arbitration_.c.case.in_(sorted(numbers)) | where
    return list(tx.conn.scalars(sa.select(arbitration_.c.id).where(arbitration_.c.state == RULED, wanted)))


def renew(tx: Tx, ids: Collection[str]) -> None:
    """Let rulings be found by what they and their cases say now, and by nothing that they said before."""
    for one in find(tx, arbitration_.c.id.in_(ids)):
        values = {"terms": terms(one, record.get(tx, one.case))}
        tx.conn.execute(sa.update(arbitration_).where(arbitration_.c.id == one.id).values(**values))


def terms(one: Arbitration, case: Case) -> str:
    """The words that a ruling is found by, cut for the search."""
    return " ".join(search.terms("\n".join(texts(one, case))))
