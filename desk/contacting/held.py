"""Letters that were held because nothing reached the customer: what of them still holds true is sent (COM-1)."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from loopdesk.desk import letters, links, policy
from loopdesk.desk.contacting.channel import FILE
from loopdesk.desk.receivers import Receiver
from loopdesk.desk.record import Case
from loopdesk.engine import events
from loopdesk.engine.actor import Actor
from loopdesk.engine.db import metadata
from loopdesk.engine.tx import Tx

_TOKEN = re.compile(r"/[a-z]/([\w-]{43})(?![\w-])")
Row = Mapping[str, Any]


def send(actor: Actor, tx: Tx, case: Case, to: Receiver) -> int:
    """Send what was held for the customer and still holds true; the rest is kept and marked as out of date.

    Out of date is what an event of ``outdated_by`` followed (``notices.yaml``), what a newer letter of a template of
    ``newest_only`` repeats, and a question that a newer letter repeats, or that is answered or over. Returns how many
    messages leave.
    """
    happened = events.timeline(tx, case.number)
    once = set(policy.said(tx, FILE, "newest_only") or ())
    told: set[str] = set()
    leave = []
    for row in reversed(letters.waiting(tx, case, to.kind)):
        tokens = set(_TOKEN.findall(row["body"]))
        repeated = bool(told & tokens) or row["template"] in told
        told |= tokens | ({row["template"]} & once)
        if repeated or _is_over(tx, row, happened) or not _are_open(tx, tokens):
            letters.drop(actor, tx, case, row)
        else:
            leave.append(row)
    for row in reversed(leave):
        letters.release(actor, tx, case, to, row)
    return len(leave)


def _is_over(tx: Tx, row: Row, happened: Sequence[Row]) -> bool:
    said = policy.said(tx, FILE, "outdated_by") or {}
    kinds = set(said.get(row["template"]) or ())
    return any(one["at"] > row["at"] and one["kind"] in kinds for one in happened)


def _are_open(tx: Tx, tokens: set[str]) -> bool:
    """Whether the questions behind links may still be answered, whatever they ask."""
    for table in metadata.tables.values() if tokens else ():
        if {"token", "expires_at", "answered_at"} <= set(table.c.keys()):
            rows = tx.conn.execute(sa.select(table).where(table.c.token.in_(tokens))).mappings()
            if any(links.state(dict(row), tx.now) != "open" for row in rows):
                return False
    return True
