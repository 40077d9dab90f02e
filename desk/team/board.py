"""The T+1 board: each working morning the handoffs that were open the day before, what blocks them, who promises what.

Source of the rules: HND-5. A commitment is an action (`desk/actions.py`) of the source ``board``, so its owner is
reminded; a missed one stays on the board until it is done.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from loopdesk.desk import actions, people
from loopdesk.desk.actions import Action
from loopdesk.desk.record import NUMBER, case_
from loopdesk.desk.rights import require, sees
from loopdesk.desk.sql import insert_new
from loopdesk.desk.team import spans
from loopdesk.engine import events
from loopdesk.engine.actor import Actor
from loopdesk.engine.db import Moment, metadata, new_id
from loopdesk.engine.errors import N_, Conflict, Invalid, Missing, Phrase, Refused
from loopdesk.engine.tx import Tx

SOURCE = "board"

board_ = sa.Table(
    "t1_board",
    metadata,
    sa.Column("day", sa.Date, primary_key=True),
    sa.Column("made_at", Moment, nullable=False),
    sa.Column("held_at", Moment),
    sa.Column("held_by", sa.String(200), nullable=False, server_default=""),
    sa.Column("note", sa.Text, nullable=False, server_default=""),
)

item_ = sa.Table(
    "t1_item",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("day", sa.Date, nullable=False, index=True),
    sa.Column("case", NUMBER, sa.ForeignKey("case_.number"), nullable=False, index=True),
    sa.Column("handoff", sa.String(32), nullable=False),
    sa.Column("from_department", sa.String(60), nullable=False),
    sa.Column("to_department", sa.String(60), nullable=False),
    sa.Column("state", sa.String(20), nullable=False),
    sa.Column("since", Moment, nullable=False),
    sa.Column("blocker", sa.Text, nullable=False),
    sa.Column("blocker_by", sa.String(200), nullable=False),
    sa.UniqueConstraint("day", "handoff"),
)


@dataclass(frozen=True, slots=True)
class Item:
    """One handoff on the board of a day, as it stood when the board was made; ``title`` is the case's."""

    id: str
    day: date
    case: str
    handoff: str
    from_department: str
    to_department: str
    state: str
    since: datetime
    blocker: str
    blocker_by: str
    title: str
    commitments: tuple[Action, ...] = ()

    @property
    def departments(self) -> tuple[str, str]:
        """Both sides."""
        return self.from_department, self.to_department


@dataclass(frozen=True, slots=True)
class Board:
    """The board of a day: its ``items``, and what was ``missed`` and is not done, from any day.

    ``note`` is what the meeting about it said, None of it where it was not held.
    """

    day: date
    made_at: datetime
    held_at: datetime | None
    held_by: str
    note: str
    items: tuple[Item, ...]
    missed: tuple[Action, ...]


def make(actor: Actor, tx: Tx) -> Mapping[str, object]:
    """Put today's board together, once: what was open when the day began, with yesterday's words on what blocks it.

    Returns ``day``, ``open`` and ``missed`` (how many), ``departments`` (codes of both sides).
    """
    require(actor, "board.make")
    day = today(tx)
    if insert_new(tx, board_, {"day": day, "made_at": tx.now}, unique=["day"]):
        begin = start_of(tx, day)
        for span in spans.all_(tx, since=begin):
            if span.open_at(begin):
                _add(tx, day, span)
        events.record(actor, tx, "board.made", data={"day": day.isoformat()})
    found = _items(tx, item_.c.day == day)
    missed = actions.late(tx, SOURCE)
    told = {code for one in found for code in one.departments} | {one.department for one in missed}
    return {"day": day.isoformat(), "open": len(found), "missed": len(missed), "departments": sorted(told - {""})}


def hold(actor: Actor, tx: Tx, *, note: str) -> None:
    """Keep what the meeting about the latest board said. Raises `Invalid` without words, `Missing` without a board."""
    require(actor, "board.hold")
    day = tx.conn.scalar(sa.select(sa.func.max(board_.c.day)))
    if day is None:
        raise Missing("There is no board yet.")
    if not note.strip():
        raise Invalid("Please check this entry.", fields={"note": [Phrase("Say what was agreed.")]})
    values = {"held_at": tx.now, "held_by": actor.name[:200], "note": note.strip()}
    tx.conn.execute(sa.update(board_).where(board_.c.day == day).values(**values))
    events.record(actor, tx, "board.held", data={"day": day.isoformat(), "note": note.strip()})


def block(actor: Actor, tx: Tx, item_id: str, *, blocker: str) -> Item:
    """Say what keeps the handoff from going on. Raises `Missing`, `Invalid` without words, `Refused` to outsiders."""
    require(actor, "board.write")
    found = _mine(actor, tx, item_id)
    if not blocker.strip():
        raise Invalid("Please check this entry.", fields={"blocker": [Phrase("Say what blocks it.")]})
    values = {"blocker": blocker.strip(), "blocker_by": actor.name[:200]}
    tx.conn.execute(sa.update(item_).where(item_.c.id == item_id).values(**values))
    events.record(actor, tx, "board.blocked", key=found.case, data={"handoff": found.handoff, **values})
    return _items(tx, item_.c.id == item_id)[0]


def commit(actor: Actor, tx: Tx, item_id: str, *, text: str, owner: str, due_at: datetime) -> Action:
    """Promise what is done about it, who does it and until when. Raises what `actions.add` and `block` raise."""
    require(actor, "board.write")
    found = _open(actor, tx, item_id)
    person = people.find(tx, owner)
    side = next((code for code in reversed(found.departments) if person and code in person.departments), "")
    given = {"source": SOURCE, "source_id": found.handoff, "case": found.case, "department": side}
    return actions.add(actor, tx, text=text, owner=owner, due_at=due_at, **given)


def read(actor: Actor, tx: Tx, day: date | None = None) -> Board | None:
    """The board of a day, or the latest one; None where there is none. Items of hidden cases are left out."""
    require(actor, "board.read")
    query = sa.select(board_).order_by(board_.c.day.desc()).limit(1)
    row = tx.ask(query.where(board_.c.day == day) if day else query).mappings().first()
    if row is None:
        return None
    items = _items(tx, (item_.c.day == row["day"]) & sees(actor, item_.c.case))
    missed = tuple(actions.listing(actor, tx, source=SOURCE, state=actions.OPEN, late=True))
    return Board(**row, items=tuple(items), missed=missed)


def days(actor: Actor, tx: Tx, most: int = 30) -> list[tuple[date, int]]:
    """The latest days that have a board, with how many handoffs stood on each."""
    require(actor, "board.read")
    count = sa.select(sa.func.count()).where(item_.c.day == board_.c.day).scalar_subquery()
    return [
        (row[0], row[1]) for row in tx.ask(sa.select(board_.c.day, count).order_by(board_.c.day.desc()).limit(most))
    ]


def today(tx: Tx) -> date:
    """The day that it is in the house."""
    return tx.now.astimezone(ZoneInfo(tx.host.zone)).date()


def start_of(tx: Tx, day: date) -> datetime:
    """When a day of the house begins."""
    return datetime.combine(day, time(), ZoneInfo(tx.host.zone))


def may_write(actor: Actor, found: Item) -> bool:
    """Whether ``actor`` speaks for one of the two sides."""
    return actor.kind != "person" or "admin" in actor.roles or bool(set(found.departments) & actor.departments)


def open_to(actor: Actor, tx: Tx, handoff_id: str) -> Item:
    """The latest line of a handoff, where ``actor`` may promise something; raises `Missing`, `Refused`, `Conflict`."""
    require(actor, "board.write")
    query = sa.select(item_.c.id).where(item_.c.handoff == handoff_id).order_by(item_.c.day.desc())
    return _open(actor, tx, tx.ask(query.limit(1)).scalar() or "")


def _open(actor: Actor, tx: Tx, item_id: str) -> Item:
    found = _mine(actor, tx, item_id)
    if _over(tx, found):
        raise Conflict(
            "This handoff is over, so nobody has to promise anything for it.",
            remedy=N_("Look at the case."),
        )
    return found


def _add(tx: Tx, day: date, span: spans.Span) -> None:
    before = sa.select(item_.c.blocker, item_.c.blocker_by).where(item_.c.handoff == span.id)
    said = tx.ask(before.order_by(item_.c.day.desc()).limit(1)).first()
    row = {
        "id": new_id(),
        "day": day,
        "case": span.case,
        "handoff": span.id,
        "from_department": span.from_department,
        "to_department": span.to_department,
        "state": span.state,
        "since": span.decided_at if span.state in spans.TAKEN and span.decided_at else span.offered_at,
        "blocker": said.blocker if said else "",
        "blocker_by": said.blocker_by if said else "",
    }
    tx.conn.execute(sa.insert(item_).values(**row))


def _mine(actor: Actor, tx: Tx, item_id: str) -> Item:
    found = _items(tx, (item_.c.id == item_id) & sees(actor, item_.c.case))
    if not found:
        raise Missing("There is no such entry on the board.")
    if not may_write(actor, found[0]):
        raise Refused(
            "Only the two departments of a handoff write on its line.",
            remedy=N_("Ask a colleague there."),
        )
    return found[0]


def _over(tx: Tx, found: Item) -> bool:
    soon = tx.now + timedelta(seconds=1)
    return not any(one.id == found.handoff and one.open_at(soon) for one in spans.all_(tx, since=soon))


def _items(tx: Tx, condition: sa.ColumnElement[bool]) -> list[Item]:
    named = case_.alias()  # The condition may look at the cases themselves, too.
    query = sa.select(item_, named.c.title).join(named, named.c.number == item_.c.case).where(condition)
    rows = tx.ask(query.order_by(item_.c.since, item_.c.id)).mappings().all()
    promised: dict[str, list[Action]] = {}
    for one in actions.of(tx, SOURCE, *{row["handoff"] for row in rows}):
        promised.setdefault(one.source_id, []).append(one)
    names = [field.name for field in fields(Item) if field.name != "commitments"]
    return [
        Item(**{name: row[name] for name in names}, commitments=tuple(promised.get(row["handoff"], ()))) for row in rows
    ]
