"""The advice of those who are consulted (HND-3): asked for at a task, given in the process ``consultation``."""

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from loopdesk.desk import departments, notices, people
from loopdesk.desk.record import NUMBER, PERSON_ID
from loopdesk.desk.rights import require
from loopdesk.engine import events, messages, subscriptions
from loopdesk.engine.actor import Actor
from loopdesk.engine.db import JSON, Moment, metadata, new_id
from loopdesk.engine.errors import N_, Conflict, Invalid, Missing, Phrase
from loopdesk.engine.tx import Tx
from loopdesk.engine.work_rows import OPEN, task

ASKED, GIVEN, SETTLED = "asked", "given", "settled"
"""Waited for; given; not needed any more, because what it was asked for was done without it."""
CONSULTED, OVER = "raci.consulted", "raci.settled"
"""Messages: a department is asked (begins the process ``consultation``), and asked no more (by the advice's id)."""

LATE = "consultation-late"
"""The message template for those who answer for a late advice."""

advice = sa.Table(
    "advice",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("case", NUMBER, sa.ForeignKey("case_.number"), index=True),
    sa.Column("instance_id", sa.String(32), nullable=False),
    sa.Column("element", sa.String(200), nullable=False),
    sa.Column("activity", JSON, nullable=False),
    sa.Column("task", sa.String(32), nullable=False),
    sa.Column("side", sa.String(130), nullable=False),
    sa.Column("state", sa.String(10), nullable=False),
    sa.Column("asked_at", Moment, nullable=False),
    sa.Column("given_at", Moment),
    sa.Column("person_id", PERSON_ID, nullable=False),
    sa.Column("name", sa.String(200), nullable=False),
    sa.Column("text", sa.Text, nullable=False),
    sa.Index("ix_advice_activity", "instance_id", "element"),
)
"""``activity`` is its name in each language, ``side`` the department (and role) asked; ``case`` is null without one."""


def ask(actor: Actor, tx: Tx, asking: Mapping[str, Any], side: str, *, number: str | None) -> str:
    """Ask a side for advice on the task row ``asking``; its id, empty where nobody has to be asked (again).

    Once for each activity of a process: neither a loop nor a retry asks for what was given or is being written.
    """
    still = sa.select(task.c.state).where(task.c.id == asking["id"]).with_for_update()
    if tx.conn.scalar(still) != OPEN:
        return ""
    settle(actor, tx, asking["instance_id"], asking["element"])
    mine = (advice.c.instance_id == asking["instance_id"], advice.c.element == asking["element"], advice.c.side == side)
    if tx.conn.scalar(sa.select(sa.exists().where(*mine, advice.c.state != SETTLED))):
        return ""
    if not subscriptions.listens(tx, CONSULTED, asking["key"]):
        return ""  # A house without the process “consultation” has nobody who would write the advice.
    row: dict[str, Any] = {
        "id": new_id(),
        "case": number,
        "instance_id": asking["instance_id"],
        "element": asking["element"],
        "activity": asking["name"],
        "task": asking["id"],
        "side": side,
        "state": ASKED,
        "asked_at": tx.now,
        "given_at": None,
        "person_id": "",
        "name": "",
        "text": "",
    }
    tx.insert(advice, row)
    _record(actor, tx, "advice.asked", row, key=asking["key"])
    told = {"advice": row["id"], "task": asking["id"], "side": side, "department": side.partition("/")[0]}
    asked_by = {
        one: departments.names(tx, one).get(asking["department"], asking["department"]) for one in asking["name"]
    }
    said = {"activity": asking["name"], "expected": asking["expected"], "asked_by": asked_by}
    messages.throw(actor, tx, CONSULTED, key=asking["key"], payload=told | said)
    return str(row["id"])


def keep(actor: Actor, tx: Tx, advice_id: str, *, text: str) -> None:
    """Keep what was advised. Raises `Missing`, `Invalid` without words, `Conflict` when it is not waited for."""
    require(actor, "advice.give")
    row = get(tx, advice_id)
    if not text.strip():
        raise Invalid("The advice has no words.", fields={"advice_text": [Phrase("Write what you advise.")]})
    mine = (advice.c.id == advice_id, advice.c.state == ASKED)
    given = {"state": GIVEN, "given_at": tx.now, "person_id": actor.id, "name": actor.name, "text": text.strip()}
    if not tx.conn.execute(sa.update(advice).where(*mine).values(**given)).rowcount:
        raise Conflict(
            "Nobody waits for this advice any more.", remedy=N_("Write it as a note on the case, if it still matters.")
        )
    _record(actor, tx, "advice.given", {**row, **given}, key=row["case"] or "")


def remind(actor: Actor, tx: Tx, advice_id: str, *, base_url: str) -> list[str]:
    """Tell the supervisors of the department that its advice is late; their ids, nobody's once it is there."""
    require(actor, "advice.give")
    row = get(tx, advice_id)
    if row["state"] != ASKED:
        return []
    _record(actor, tx, "advice.late", row, key=row["case"] or "")
    params = {"activity": row["activity"], "number": row["case"] or "", "asked_at": row["asked_at"]}
    to = people.in_department(tx, row["side"].partition("/")[0], "supervisor")
    return notices.tell(tx, LATE, to, params, base_url=base_url, once=f"{LATE}:{advice_id}")


def settle(actor: Actor, tx: Tx, instance: str, element: str) -> None:
    """End the consultations whose task is over: they were asked for it and for nothing else."""
    over = sa.select(task.c.id).where(task.c.id == advice.c.task, task.c.state == OPEN).exists()
    mine = (advice.c.instance_id == instance, advice.c.element == element, advice.c.state == ASKED, ~over)
    ended = sa.update(advice).where(*mine).values(state=SETTLED).returning(advice.c.id, advice.c.case)
    for row in sorted(tx.conn.execute(ended)):
        messages.throw(actor, tx, OVER, key=row.id, case=row.case or "", payload={"advice": row.id})


def get(tx: Tx, advice_id: str) -> dict[str, Any]:
    """One advice; raises `Missing`."""
    row = tx.conn.execute(sa.select(advice).where(advice.c.id == advice_id)).mappings().first()
    if row is None:
        raise Missing("Nobody asked for advice %(advice)s.", advice=advice_id)
    return dict(row)


def of_activity(tx: Tx, instance: str, element: str) -> list[dict[str, Any]]:
    """What was advised for an activity, or is waited for, oldest first."""
    mine = (advice.c.instance_id == instance, advice.c.element == element, advice.c.state != SETTLED)
    return [dict(row) for row in tx.conn.execute(sa.select(advice).where(*mine).order_by(advice.c.id)).mappings()]


def of_case(tx: Tx, number: str) -> list[dict[str, Any]]:
    """All that was asked on a case, oldest first."""
    query = sa.select(advice).where(advice.c.case == number).order_by(advice.c.id)
    return [dict(row) for row in tx.conn.execute(query).mappings()]


def _record(actor: Actor, tx: Tx, kind: str, row: Mapping[str, Any], *, key: str) -> None:
    data = {name: row[name] for name in ("id", "side", "name", "text") if row[name]}
    department = row["side"].partition("/")[0]
    where = {"key": key, "instance": row["instance_id"], "element": row["element"]}
    events.record(actor, tx, kind, data={**data, "department": department}, **where)
