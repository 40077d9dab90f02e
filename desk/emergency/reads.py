"""What is known about emergencies: which run, who does what in them, what was said, asked and told."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields
from functools import lru_cache
from typing import Any

import sqlalchemy as sa

from loopdesk.desk import record
from loopdesk.desk.emergency import rows
from loopdesk.desk.emergency.rows import ENDED, OPEN, RUNNING, STABLE, Decision, Emergency, Role, Told, emergency_
from loopdesk.desk.record import case_
from loopdesk.desk.rights import KEPT, readable, require, visible_to
from loopdesk.desk.sql import row_as
from loopdesk.engine.actor import Actor
from loopdesk.engine.errors import N_, Conflict, Missing
from loopdesk.engine.tx import Tx

_BACK = emergency_.c.stable_at.is_not(None)
_IN_STATE: Mapping[str, sa.ColumnElement[bool]] = {RUNNING: OPEN & ~_BACK, STABLE: OPEN & _BACK, ENDED: ~OPEN}
_OWN = tuple(emergency_.c[one.name] for one in fields(Emergency))


def get(tx: Tx, emergency_id: str) -> Emergency:
    """The emergency with that id; raises `Missing`. The caller knows who may see it."""
    found = select(tx, emergency_.c.id == emergency_id)
    if not found:
        raise _missing(emergency_id)
    return found[0]


def see(actor: Actor, tx: Tx, emergency_id: str) -> Emergency:
    """The emergency with that id, if ``actor`` may see its case; raises `Missing`."""
    require(actor, "emergency.read")
    found = _made(tx, _seen(actor, emergency_id))
    if not found:
        raise _missing(emergency_id)
    return found[0]


def under_way(tx: Tx, emergency_id: str) -> Emergency:
    """The emergency with that id, held until the transaction ends; raises `Missing`, `Conflict` once it is over."""
    tx.conn.execute(sa.select(emergency_.c.id).where(emergency_.c.id == emergency_id).with_for_update())
    found = get(tx, emergency_id)
    if found.ended_at is not None:
        raise Conflict("This emergency is over.", remedy=N_("Declare a new one if it starts again."))
    return found


def open_of(tx: Tx, number: str) -> Emergency | None:
    """The emergency that is running on a case: its own, or the one of the same cause that it was joined to."""
    along = sa.select(rows.joined.c.emergency).where(rows.joined.c.number == number)
    found = select(tx, ((emergency_.c.case == number) | emergency_.c.id.in_(along)) & OPEN)
    return next(iter(sorted(found, key=lambda one: one.case != number)), None)


def running(tx: Tx) -> list[Emergency]:
    """All that are under way, the longest first. The caller knows who may see them."""
    return select(tx, OPEN)


def visible(
    actor: Actor, tx: Tx, *, ended: bool = True, state: str = "", grade: str = "", kind: str = "", limit: int = 100
) -> list[Emergency]:
    """The emergencies of cases that ``actor`` may see: those under way first, then the newest.

    Only those of a ``state`` (running, stable or ended), ``grade`` and ``kind`` where given; none of an unknown one.
    """
    require(actor, "emergency.read")
    seen = sa.exists().where(case_.c.number == emergency_.c.case, visible_to(actor))
    wanted: list[sa.ColumnElement[bool]] = [seen]
    wanted += [] if ended else [OPEN]
    wanted += [_IN_STATE.get(state, sa.false())] if state else []
    wanted += [column == said for column, said in ((emergency_.c.grade, grade), (emergency_.c.kind, kind)) if said]
    query = sa.select(*_OWN).where(*wanted)
    over = sa.case((OPEN, 0), else_=1)
    return _made(tx, query.order_by(over, emergency_.c.declared_at.desc(), emergency_.c.id).limit(limit))


def titles(tx: Tx, found: Sequence[Emergency]) -> dict[str, str]:
    """What the cases of emergencies that somebody may see are about, by number, in one statement."""
    mine = case_.c.number.in_({one.case for one in found})
    return {row.number: row.title for row in tx.conn.execute(sa.select(case_.c.number, case_.c.title).where(mine))}


def of_case(actor: Actor, tx: Tx, number: str) -> list[Emergency]:
    """The emergencies of a case that ``actor`` may see, oldest first, with those that it was joined to.

    Whoever sees a case does not therefore see what it was joined to: that may be a security incident.
    """
    record.get(tx, number, visible=readable(actor))
    seen = sa.exists().where(case_.c.number == emergency_.c.case, visible_to(actor))
    along = sa.select(rows.joined.c.emergency).where(rows.joined.c.number == number)
    return select(tx, (emergency_.c.case == number) | (emergency_.c.id.in_(along) & seen))


def listing(actor: Actor, tx: Tx, number: str) -> list[dict[str, Any]]:
    """The emergencies of a case, oldest first, each with its ``entries``."""
    found = of_case(actor, tx, number)
    said = [one for emergency in found for one in entries(tx, emergency.id)]
    return [asdict(one) | {"entries": [row for row in said if row["emergency"] == one.id]} for one in found]


def entries(tx: Tx, emergency_id: str, *, after: int = 0) -> list[dict[str, Any]]:
    """The timeline in the order in which it was written; ``after`` the entry of that id only."""
    of = (rows.entry.c.emergency == emergency_id) & (rows.entry.c.id > after)
    return [dict(row) for row in tx.conn.execute(sa.select(rows.entry).where(of).order_by(rows.entry.c.id)).mappings()]


def last_update(tx: Tx, emergency_id: str) -> int:
    """The id of the update that was written last; whoever has just written one knows that it is their own."""
    mine = (rows.entry.c.emergency == emergency_id) & (rows.entry.c.kind == "update")
    return int(tx.conn.scalar(sa.select(sa.func.max(rows.entry.c.id)).where(mine)) or 0)


def roles(tx: Tx, emergency_id: str, *, former: bool = False) -> list[Role]:
    """Who has which role now, the commander first; with ``former`` also who had one before."""
    of = rows.role.c.emergency == emergency_id
    query = sa.select(rows.role).where(of if former else of & rows.role.c.until.is_(None))
    found = [
        Role(row["role"], row["person_id"], row["name"], row["since"], row["until"])
        for row in tx.conn.execute(query.order_by(rows.role.c.since, rows.role.c.id)).mappings()
    ]
    return sorted(found, key=lambda one: rows.ROLES.index(one.role))


def decisions(tx: Tx, emergency_id: str, *, state: str = "") -> list[Decision]:
    """The questions to the decision chain, oldest first; only those of a ``state``, open, decided or lapsed."""
    of = rows.decision.c.emergency == emergency_id
    query = sa.select(rows.decision).where(of & (rows.decision.c.state == state) if state else of)
    found = tx.conn.execute(query.order_by(rows.decision.c.asked_at, rows.decision.c.id)).mappings()
    return [Decision(**dict(row)) for row in found]


def told(tx: Tx, emergency_id: str) -> list[Told]:
    """Which customers were told what, in the order in which they were told (EMG-11)."""
    query = sa.select(rows.told).where(rows.told.c.emergency == emergency_id)
    found = tx.conn.execute(query.order_by(rows.told.c.at, rows.told.c.score.desc(), rows.told.c.id)).mappings()
    return [row_as(Told, row) for row in found]


def cases(tx: Tx, emergency_id: str) -> list[str]:
    """The numbers of the cases of an emergency: its own, then those that were joined to it, oldest first."""
    query = sa.select(rows.joined.c.number).where(rows.joined.c.emergency == emergency_id)
    return [get(tx, emergency_id).case, *tx.conn.scalars(query.order_by(rows.joined.c.at, rows.joined.c.id))]


def select(tx: Tx, condition: sa.ColumnElement[bool]) -> list[Emergency]:
    """The emergencies of a condition, oldest first."""
    return _made(tx, _query(condition))


@lru_cache(KEPT)
def _seen(actor: Actor, emergency_id: str) -> sa.Select[Any]:
    seen = sa.exists().where(case_.c.number == emergency_.c.case, visible_to(actor))
    return _query((emergency_.c.id == emergency_id) & seen)  # hundreds of people ask it for each entry of a war room


def _query(condition: sa.ColumnElement[bool]) -> sa.Select[Any]:
    return sa.select(*_OWN).where(condition).order_by(emergency_.c.declared_at, emergency_.c.id)


def _made(tx: Tx, query: sa.Select[Any]) -> list[Emergency]:
    return [Emergency(**dict(row)) for row in tx.conn.execute(query).mappings()]


def _missing(emergency_id: str) -> Missing:
    return Missing("There is no emergency %(emergency)s.", emergency=emergency_id)


def names(found: Sequence[Role], role: str) -> list[str]:
    """The ids of those who have a role."""
    return [one.person_id for one in found if one.role == role]
