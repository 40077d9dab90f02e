"""Improvement actions: who does what until when, and what came of it (HND-9, EMG-10, SLA-6).

Meetings, reviews, drills, rulings and the morning board write them; one page shows them all.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from loopdesk.desk import departments, notices, people, record
from loopdesk.desk.people import Person
from loopdesk.desk.record import NUMBER, PERSON_ID
from loopdesk.desk.rights import RESTRICTED_TO, require, sees, visible_to
from loopdesk.engine import events, outbox
from loopdesk.engine.actor import Actor
from loopdesk.engine.db import Moment, metadata, new_id
from loopdesk.engine.errors import N_, Conflict, Invalid, Missing, Phrase, Refused
from loopdesk.engine.outbox import Row, Wanted
from loopdesk.engine.tx import Tx

OPEN, DONE = STATES = ("open", "done")
SOURCES = (
    *("meeting", "review", "drill", "arbitration", "board", "taskforce", "call", "feedback", "customer-review"),
    "theme",
)
"""What an action came out of."""
DUE = "action.due"
"""The outbox kind that looks at an action when its day has come."""

action_ = sa.Table(
    "action",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("source", sa.String(20), nullable=False),
    sa.Column("source_id", sa.String(64), nullable=False),
    sa.Column("case", NUMBER, sa.ForeignKey("case_.number"), index=True),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("department", sa.String(60), nullable=False),
    sa.Column("owner_id", PERSON_ID, nullable=False),
    sa.Column("owner", sa.String(200), nullable=False),
    sa.Column("created_at", Moment, nullable=False),
    sa.Column("due_at", Moment, nullable=False),
    sa.Column("state", sa.String(10), nullable=False),
    sa.Column("done_at", Moment),
    sa.Column("done_by", sa.String(200), nullable=False),
    sa.Column("result", sa.Text, nullable=False),
    sa.Index("ix_action_source", "source", "source_id"),
    sa.Index("ix_action_state", "state", "due_at"),
)


@dataclass(frozen=True, slots=True)
class Action:
    """One improvement: ``source`` and ``source_id`` say where it was agreed, ``case`` is empty without one."""

    id: str
    source: str
    source_id: str
    case: str
    text: str
    department: str
    owner_id: str
    owner: str
    created_at: datetime
    due_at: datetime
    state: str
    done_at: datetime | None
    done_by: str
    result: str

    def late(self, now: datetime) -> bool:
        """Whether its day has passed while it is open, or it was done after its day."""
        return (self.done_at or now) > self.due_at


def add(
    actor: Actor,
    tx: Tx,
    *,
    source: str,
    source_id: str,
    text: str,
    owner: str,
    due_at: datetime,
    case: str = "",
    department: str = "",
) -> Action:
    """Agree on an action; ``owner`` is an id, a login or an address, ``department`` his first one if not given.

    The owner is reminded when it is due. Raises `Invalid` with the field that is wrong, `Missing` for an unknown case.
    """
    require(actor, "actions.change")
    person, where = _checked(actor, tx, source, text, owner, department, case)
    if due_at <= tx.now:
        _wrong("due_at", Phrase("This moment has passed."))
    new = Action(
        id=new_id(),
        source=source,
        source_id=source_id,
        case=case,
        text=text.strip(),
        department=where,
        owner_id=person.id,
        owner=person.name,
        created_at=tx.now,
        due_at=due_at,
        state=OPEN,
        done_at=None,
        done_by="",
        result="",
    )
    tx.insert(action_, {field.name: getattr(new, field.name) for field in fields(Action)} | {"case": case or None})
    events.record(actor, tx, "action.added", key=case, data=_told(new))
    outbox.put_many(tx, [Wanted(DUE, {"action": new.id}, f"{DUE}:{new.id}", case, not_before=due_at)])
    return new


def done(actor: Actor, tx: Tx, action_id: str, *, result: str) -> Action:
    """The action is done, with what came of it: said by its owner, a supervisor of its department or an administrator.

    Raises `Missing`, `Refused` to others, `Invalid` without words, `Conflict` when it is done already.
    """
    require(actor, "actions.change")
    found = get(tx, action_id)
    if not may_finish(actor, found):
        raise Refused(
            "Only %(owner)s or a supervisor of the department says that this is done.",
            remedy=N_("Ask them, or note what you know at the case."),
            owner=found.owner,
        )
    if not result.strip():
        _wrong("result", Phrase("Say what came of it."))
    values = {"state": DONE, "done_at": tx.now, "done_by": actor.name[:200], "result": result.strip()}
    update = sa.update(action_).where(action_.c.id == action_id, action_.c.state == OPEN).values(**values)
    if not tx.conn.execute(update).rowcount:
        raise Conflict("%(name)s has finished this action already.", name=get(tx, action_id).done_by)
    ended = get(tx, action_id)
    events.record(actor, tx, "action.done", key=ended.case, data=_told(ended) | {"result": ended.result})
    return ended


def may_finish(actor: Actor, found: Action) -> bool:
    """Whether ``actor`` may say that the action is done."""
    if actor.kind != "person" or "admin" in actor.roles or actor.id == found.owner_id:
        return True
    return actor.has_role("supervisor") and (not found.department or found.department in actor.departments)


def get(tx: Tx, action_id: str) -> Action:
    """The action with that id; raises `Missing`."""
    found = _select(tx, action_.c.id == action_id)
    if not found:
        raise Missing("There is no such action.")
    return found[0]


def listing(
    actor: Actor,
    tx: Tx,
    *,
    state: str = "",
    source: str = "",
    department: str = "",
    owner: str = "",
    late: bool = False,
) -> list[Action]:
    """The actions that match, what is due first at the front, without those of cases hidden from ``actor``.

    ``owner`` is a person's id; ``late``: only what is open after its day, or was done after it.
    """
    require(actor, "actions.read")
    wanted = sees(actor, sa.func.coalesce(action_.c.case, ""))
    for column, value in ((action_.c.state, state), (action_.c.source, source), (action_.c.department, department)):
        if value:
            wanted &= column == value
    if owner:
        wanted &= action_.c.owner_id == owner
    if late:
        wanted &= sa.func.coalesce(action_.c.done_at, tx.now) > action_.c.due_at
    return _select(tx, wanted)


def of(tx: Tx, source: str, *source_ids: str) -> list[Action]:
    """The actions that came out of one meeting, review, drill or ruling, or out of several."""
    return _select(tx, (action_.c.source == source) & action_.c.source_id.in_(sorted(source_ids))) if source_ids else []


def of_source(tx: Tx, source: str) -> list[Action]:
    """All actions that came out of meetings, say, what is due first at the front."""
    return _select(tx, action_.c.source == source)


def all_(tx: Tx) -> list[Action]:
    """Every action; for work inside, nobody's rights are asked."""
    return _select(tx, sa.true())


def late(tx: Tx, source: str = "") -> list[Action]:
    """All actions (of a source) that are open after their day, the oldest first; nobody's rights are asked."""
    found = (action_.c.state == OPEN) & (action_.c.due_at < tx.now)
    return _select(tx, found & (action_.c.source == source) if source else found)


def of_case(tx: Tx, number: str) -> list[Action]:
    """The actions of a case that the reader may see."""
    return _select(tx, action_.c.case == number)


def local_handlers(base_url: str) -> dict[str, Callable[[Tx, Row], None]]:
    """The outbox kind that reminds; links in letters begin with ``base_url``."""
    return {DUE: lambda tx, row: _remind(tx, row.payload, base_url)}


def _remind(tx: Tx, payload: Mapping[str, Any], base_url: str) -> None:
    """Remind owner and supervisors; nothing when it is done, or went to the archive with its case."""
    found = _select(tx, (action_.c.id == payload["action"]) & (action_.c.state == OPEN))
    if not found:
        return
    owner = people.find(tx, found[0].owner_id)
    # Where the owner has left, somebody has to notice: the supervisors are told in any case.
    leads = people.in_department(tx, found[0].department, "supervisor")
    case = record.find(tx, found[0].case)
    if case is not None and case.restricted:  # What is done about it tells what it is.
        leads = [one for one in leads if RESTRICTED_TO in one.departments]
    to = [*([owner] if owner else []), *leads]
    notices.tell(tx, "action-due", to, {"action": found[0]}, base_url=base_url, once=f"{DUE}:{found[0].id}")


def _checked(
    actor: Actor, tx: Tx, source: str, text: str, owner: str, department: str, case: str
) -> tuple[Person, str]:
    """Whom the action is for, and the department that it belongs to."""
    if source not in SOURCES:
        _wrong("source", Phrase("There is no source %(source)s of actions.", source=source or "-"))
    if not text.strip():
        _wrong("text", Phrase("Say what will be done."))
    person = people.find(tx, owner)
    if person is None:
        _wrong("owner", Phrase("Nobody here is called %(name)s.", name=owner or "-"))
    assert person is not None
    where = department or next(iter(person.departments), "")
    if where and where not in departments.codes(tx):
        _wrong("department", Phrase("There is no department %(department)s.", department=where))
    if case:
        record.get(tx, case, visible=visible_to(actor))
    return person, where


def _told(one: Action) -> dict[str, Any]:
    return {name: getattr(one, name) for name in ("id", "source", "source_id", "text", "owner", "department", "due_at")}


def _select(tx: Tx, condition: sa.ColumnElement[bool]) -> list[Action]:
    rows = tx.ask(sa.select(action_).where(condition).order_by(action_.c.due_at, action_.c.id)).mappings()
    return [Action(**(dict(row) | {"case": row["case"] or ""})) for row in rows]


def _wrong(field: str, message: Phrase) -> None:
    raise Invalid("Please check this action.", fields={field: [message]})
