"""What happens to cases and what customers or supervisors are to do about it: ``watch`` in ``notices.yaml`` (COM-1)."""

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from loopdesk.desk import policy, record
from loopdesk.desk.channels import HOUSE
from loopdesk.desk.contacting.channel import FILE
from loopdesk.desk.contacting.rows import watched
from loopdesk.desk.letters import communication
from loopdesk.desk.record import Case
from loopdesk.engine import events, messages, subscriptions
from loopdesk.engine.actor import TIMER
from loopdesk.engine.tx import Tx

NAME = "notices"
BATCH = 500


def look(tx: Tx) -> None:
    """Tell processes of the events since the last look; the history from before the first look is nobody's news."""
    cursor = tx.conn.scalar(sa.select(watched.c.cursor).where(watched.c.name == NAME))
    if cursor is None:
        tx.conn.execute(sa.insert(watched).values(name=NAME, cursor=events.latest(tx)))
        return
    rows, after = events.since(tx, cursor, BATCH)
    if after == cursor:
        return
    entries = [one for one in policy.said(tx, FILE, "watch") or () if isinstance(one, Mapping)]
    for row in rows:
        for entry in entries:
            if entry.get("event") == row["kind"] and row["key"]:
                _tell(tx, row, entry)
    tx.conn.execute(sa.update(watched).where(watched.c.name == NAME).values(cursor=after))


def _tell(tx: Tx, row: Mapping[str, Any], entry: Mapping[str, Any]) -> None:
    case = record.find(tx, row["key"])
    message = str(entry.get("message") or "")
    if case is None or not _concerns_customer(tx, case, row, entry):
        return
    if not subscriptions.listens(tx, message, case.number):
        return
    step = str(entry.get("step") or "")
    told = f"{message}:{case.number}:{step}:"
    if _too_soon(tx, message, case.number, told, entry):
        return
    payload = {"step": step, **_plain(row["data"] or {})}
    messages.publish(TIMER, tx, message, key=case.number, payload=payload, message_id=f"{told}{row['id']}")


def _concerns_customer(tx: Tx, case: Case, row: Mapping[str, Any], entry: Mapping[str, Any]) -> bool:
    """Whether somebody outside waits for the case, and has had the letter ``after`` which this is news to him."""
    if case.status in ("solved", "closed") or case.channel in HOUSE or not (case.contact_id or case.organisation_id):
        return False
    before = str(entry.get("after") or "")
    if not before:
        return True
    had = (communication.c.case == case.number) & (communication.c.template == before)
    return tx.ask(sa.select(communication.c.id).where(had, communication.c.at < row["at"]).limit(1)).first() is not None


def _too_soon(tx: Tx, name: str, key: str, told: str, entry: Mapping[str, Any]) -> bool:
    """Whether the message before of this case and step, whose id begins with ``told``, is less than ``apart`` old."""
    if not entry.get("apart"):
        return False
    apart = policy.duration(entry["apart"], place=f"{FILE}.yaml: watch")
    sent = messages.message.c
    mine = (sent.name == name) & (sent.key == key) & sent.message_id.startswith(told, autoescape=True)
    return tx.conn.scalar(sa.select(sent.id).where(mine, sent.created_at > tx.now - apart).limit(1)) is not None


def _plain(data: Mapping[str, Any]) -> dict[str, Any]:
    """What the event tells that a process can use: short values, under the event's own names."""
    return {name: value for name, value in data.items() if isinstance(value, str | int | float | bool)}
