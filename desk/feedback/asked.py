"""Who was asked, who answered, and what came of the call-backs: what the page of surveys lists (FBK-1, FBK-2)."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from loopdesk.desk.feedback.tables import survey_
from loopdesk.desk.record import case_
from loopdesk.desk.rights import require, visible_to
from loopdesk.engine.actor import Actor
from loopdesk.engine.tx import Tx

ANSWERED, SILENT, CALLED = "answered", "silent", "called"
MOST = 500


def listing(actor: Actor, tx: Tx, *, since: datetime, kind: str = "", only: str = "") -> list[dict[str, Any]]:
    """Surveys sent since then in cases that ``actor`` may see, newest first, without their tokens.

    ``only``: answered, silent (not answered), called (with a call-back, or one to come).
    """
    require(actor, "feedback.read")
    kept = [column for column in survey_.c if column.name != "token"]
    where = visible_to(actor) & (survey_.c.sent_at >= since)
    if kind:
        where &= survey_.c.kind == kind
    if only in (ANSWERED, SILENT):
        answered = survey_.c.answered_at.is_not(None)
        where &= answered if only == ANSWERED else ~answered
    if only == CALLED:
        where &= survey_.c.called_at.is_not(None) | (survey_.c.tries > 0) | (survey_.c.outcome != "")
    query = sa.select(*kept, case_.c.title).join(case_, case_.c.number == survey_.c.case).where(where)
    rows = tx.conn.execute(query.order_by(survey_.c.sent_at.desc(), survey_.c.id).limit(MOST)).mappings()
    return [{**row, "open": row["answered_at"] is None and row["expires_at"] > tx.now} for row in rows]


def counts(rows: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    """How many of the rows there are, were answered, and came back to content."""
    return {
        "sent": len(rows),
        "answered": sum(row["answered_at"] is not None for row in rows),
        "recovered": sum(row["outcome"] == "recovered" for row in rows),
    }
