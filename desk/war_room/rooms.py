"""The room of an emergency: promised by a time, opened by a connector, entered by invitation, closed (EMG-3).

Where no connector makes rooms, or the one that does fails, the war-room page itself is the room.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from loopdesk.desk import emergency as emergencies
from loopdesk.desk import people, policy, record, sending
from loopdesk.desk.emergency import figures
from loopdesk.desk.emergency.rows import Emergency, emergency_
from loopdesk.desk.record import Case
from loopdesk.desk.rights import require
from loopdesk.desk.sql import insert_new
from loopdesk.engine import events, messages, outbox
from loopdesk.engine.actor import SYSTEM, Actor
from loopdesk.engine.db import JSON, Moment, metadata
from loopdesk.engine.outbox import Row, Wanted
from loopdesk.engine.tx import Tx

KIND = "room"
"""The outbox kind that `connectors/rooms` performs, and of the entries on the timeline."""
OPEN, CLOSE = "open", "close"
"""What a row of it asks for."""
OPENED, FAILED, JOINED = "room.opened", "room.failed", "room.joined"
"""The messages for the process that waits; their key is the emergency, for a case may have one after another."""
PROMISED, ASKED, STANDS, PAGE, CLOSED = ("promised", "asked", "open", "page", "closed")
POLICY = "emergency-rooms"

room_ = sa.Table(
    "war_room",
    metadata,
    sa.Column("emergency", sa.String(32), sa.ForeignKey("emergency.id"), primary_key=True),
    sa.Column("state", sa.String(10), nullable=False),
    sa.Column("due_at", Moment, nullable=False),
    sa.Column("connector", sa.String(60), nullable=False),
    sa.Column("room", sa.String(300), nullable=False),
    sa.Column("address", sa.String(500), nullable=False),
    sa.Column("opened_at", Moment),
    sa.Column("closed_at", Moment),
    sa.Column("invited", JSON, nullable=False),
)


@dataclass(frozen=True, slots=True)
class WarRoom:
    """One room; ``state``: promised, asked (of a connector), open, page (the war-room page is the room), closed.

    ``due_at`` is by when people have to meet, ``room`` the messaging system's own id, ``invited`` ids of people.
    """

    emergency: str
    state: str
    due_at: datetime
    connector: str
    room: str
    address: str
    opened_at: datetime | None
    closed_at: datetime | None
    invited: tuple[str, ...]

    @property
    def stands(self) -> bool:
        """Whether people can meet in it."""
        return self.state in (STANDS, PAGE)


def find(tx: Tx, emergency_id: str) -> WarRoom | None:
    """The room of an emergency, if it has one."""
    row = tx.conn.execute(sa.select(room_).where(room_.c.emergency == emergency_id)).mappings().first()
    if row is None:
        return None
    values = {field.name: row[field.name] for field in fields(WarRoom)}
    return WarRoom(**values | {"invited": tuple(row["invited"])})


def page_of(base_url: str, emergency_id: str) -> str:
    """The address of the war-room page."""
    return f"{base_url}/emergencies/{emergency_id}"


def promise(actor: Actor, tx: Tx, emergency_id: str) -> WarRoom:
    """The people of the emergency meet within ``room_within`` (policy ``emergency.yaml``) of its declaration.

    Asked again, the first promise counts.
    """
    require(actor, "war_room.run")
    emergency, limit = emergencies.get(tx, emergency_id), figures.time(tx, "room_within")
    empty = {"connector": "", "room": "", "address": "", "invited": []}
    row = {"emergency": emergency_id, "state": PROMISED, "due_at": emergency.declared_at + limit, **empty}
    insert_new(tx, room_, row, unique=["emergency"])
    found = find(tx, emergency_id)
    assert found is not None
    return found


def ask(actor: Actor, tx: Tx, emergency_id: str, *, base_url: str) -> None:
    """Want a channel of the messaging system with everybody who has a role; once for each emergency."""
    require(actor, "war_room.run")
    emergency, room = emergencies.get(tx, emergency_id), find(tx, emergency_id)
    if room is None or room.state != PROMISED:
        return
    payload = _wish(tx, emergency, record.get(tx, emergency.case), base_url)
    outbox.put_many(tx, [Wanted(KIND, payload, f"{KIND}:{OPEN}:{emergency_id}", emergency.case)])
    _change(tx, emergency_id, state=ASKED)


def _wish(tx: Tx, emergency: Emergency, case: Case, base_url: str) -> dict[str, Any]:
    found = (people.find(tx, one.person_id) for one in emergencies.roles(tx, emergency.id))
    members = {one.id: {"name": one.name, "address": one.email} for one in found if one is not None and one.active}
    return {
        "do": OPEN,
        "emergency": emergency.id,
        "connector": str(policy.value(tx, POLICY, "connector", default="")),
        "case": case.number,
        "name": f"{emergency.grade} · {case.number}",
        # What a restricted case is about must not stand in a system with rules of its own for who reads what.
        "topic": case.number if case.restricted else case.title,
        "link": page_of(base_url, emergency.id),
        "language": case.language,
        "members": list(members.values()),
    }


def settle(tx: Tx, payload: Mapping[str, Any], result: Mapping[str, Any]) -> None:
    """Write down what a connector made of a wish, in the transaction that marks its outbox row as done."""
    emergency = emergencies.get(tx, str(payload["emergency"]))
    if payload["do"] == CLOSE:
        _change(tx, emergency.id, state=CLOSED, closed_at=tx.now)
        _note(tx, emergency, "closed", str(payload.get("address") or ""))
        return
    if not result.get("room"):
        _use_page(tx, emergency, str(payload["link"]))
        return
    made = {"connector": result["connector"], "room": result["room"], "address": str(result["address"])[:500]}
    if emergency.ended_at is not None:
        _change(tx, emergency.id, state=STANDS, **made)
        _close(tx, emergency)
        return
    _stand(tx, emergency, STANDS, **made)


def failed(tx: Tx, row: Row, _error: Exception) -> None:
    """A room that nobody could make, and that is an incident now: the process that waits for it hears of it."""
    if row.payload["do"] == OPEN:
        emergency = emergencies.get(tx, str(row.payload["emergency"]))
        _note(tx, emergency, "failed", "")
        messages.throw(SYSTEM, tx, FAILED, key=emergency.id, case=emergency.case)


def fall_back(actor: Actor, tx: Tx, emergency_id: str, *, base_url: str) -> None:
    """Let the war-room page be the room; a room that stands meanwhile stays."""
    require(actor, "war_room.run")
    emergency, room = emergencies.get(tx, emergency_id), find(tx, emergency_id)
    if room is not None and not room.stands and room.state != CLOSED:
        _use_page(tx, emergency, page_of(base_url, emergency_id))


def take_in(actor: Actor, tx: Tx, emergency_id: str, *, role: str, person: str) -> None:
    """Give a role to somebody, who is invited if there is a room. Raises what `emergency.assign` raises."""
    emergencies.assign(actor, tx, emergency_id, role, person)
    room = find(tx, emergency_id)
    if room is not None and room.state != CLOSED:
        case = emergencies.get(tx, emergency_id).case
        messages.throw(actor, tx, JOINED, key=emergency_id, case=case)


def invite(actor: Actor, tx: Tx, emergency_id: str, *, base_url: str) -> list[str]:
    """Write to everybody with a role who has not been asked in yet; the ids of those who are written to now."""
    require(actor, "war_room.run")
    emergency, room = emergencies.get(tx, emergency_id), find(tx, emergency_id)
    if room is None or emergency.ended_at is not None:
        return []
    known = {*room.invited}
    found = (people.find(tx, one.person_id) for one in emergencies.roles(tx, emergency_id))
    new = {one.id: one for one in found if one is not None and one.active and one.id not in known}
    if not new:
        return []
    link = page_of(base_url, emergency_id)
    params = {"emergency": emergency, "page": link, "room": room.address if room.address != link else ""}
    sending.send(
        actor, tx, emergency.case, template="war-room-invitation", to=list(new), params=params, base_url=base_url
    )
    _change(tx, emergency_id, invited=[*room.invited, *new])
    names = ", ".join(one.name for one in new.values())
    emergencies.note(actor, tx, emergency_id, KIND, "", what="invited", names=names)
    return list(new)


def close(actor: Actor, tx: Tx, emergency_id: str) -> None:
    """The emergency is over: a room that a connector made is closed there."""
    require(actor, "war_room.run")
    emergency, room = emergencies.get(tx, emergency_id), find(tx, emergency_id)
    if room is None or room.state == CLOSED:
        return
    if room.state == STANDS:
        _close(tx, emergency)
    elif room.state != ASKED:  # one that is still being made is closed as soon as it is there
        _change(tx, emergency_id, state=CLOSED, closed_at=tx.now)


def _use_page(tx: Tx, emergency: Emergency, link: str) -> None:
    if emergency.ended_at is not None:
        _change(tx, emergency.id, state=CLOSED, closed_at=tx.now)
        return
    _stand(tx, emergency, PAGE, address=link)


def _stand(tx: Tx, emergency: Emergency, state: str, **values: str) -> None:
    _change(tx, emergency.id, state=state, opened_at=tx.now, **values)
    tx.conn.execute(sa.update(emergency_).where(emergency_.c.id == emergency.id).values(room=values["address"]))
    _note(tx, emergency, state, values["address"])
    messages.throw(SYSTEM, tx, OPENED, key=emergency.id, case=emergency.case, payload={"room": values["address"]})
    data = {"id": emergency.id, "room": values["address"], "state": state}
    events.record(SYSTEM, tx, "emergency.room", key=emergency.case, data=data)


def _close(tx: Tx, emergency: Emergency) -> None:
    room = find(tx, emergency.id)
    assert room is not None
    payload = {"do": CLOSE, "emergency": emergency.id, "connector": room.connector, "room": room.room}
    payload |= {"address": room.address}
    outbox.put_many(tx, [Wanted(KIND, payload, f"{KIND}:{CLOSE}:{emergency.id}", emergency.case)])


def _note(tx: Tx, emergency: Emergency, what: str, address: str) -> None:
    emergencies.note(SYSTEM, tx, emergency.id, KIND, "", what=what, address=address)


def _change(tx: Tx, emergency_id: str, **values: Any) -> None:
    tx.conn.execute(sa.update(room_).where(room_.c.emergency == emergency_id).values(**values))
