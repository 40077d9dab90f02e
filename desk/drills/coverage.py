"""Whether the house drills as often as its policy says: every quarter, and all of a set every year (EMG-10)."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from loopdesk.desk import notices, people, policy
from loopdesk.desk.drills import plans
from loopdesk.desk.drills.history import POLICY, RECORDED, Run, listing
from loopdesk.desk.people import Person
from loopdesk.desk.runbooks.plans import Text, listed, text_of, words_of
from loopdesk.engine import bundles
from loopdesk.engine.bpmn import read_duration
from loopdesk.engine.tx import Tx

SOON = timedelta(days=14)


@dataclass(frozen=True, slots=True)
class Due:
    """One duty to drill: ``covers`` what (empty: anything), the ``last`` one, and by when the next has to be."""

    id: str
    name: Text
    covers: str
    last: Run | None
    due_at: datetime
    overdue: bool
    soon: bool


def coverage(tx: Tx) -> list[Due]:
    """Each duty of the policy ``drills.yaml``, in its order.

    The next drill is due one period after the last recorded one; where there was none, after the library came.
    """
    began = tx.conn.scalar(sa.select(sa.func.min(bundles.bundle.c.at)).where(bundles.bundle.c.name == plans.BUNDLE))
    said = policy.said(tx, POLICY, "coverage")
    runs = listing(tx, states=(RECORDED,))
    return [due for row in listed(said) for due in _dues(tx, row, runs, began or tx.now)]


def look(tx: Tx, base_url: str) -> int:
    """Tell who the policy names of each duty that is overdue, once for each; returns how many duties are."""
    late = [due for due in coverage(tx) if due.overdue]
    to = _told(tx) if late else []
    for due in late:
        once = f"drill-overdue:{due.id}:{due.covers}:{due.due_at.isoformat()}"
        params = {"due": due, "page": f"{base_url}/emergencies/drills"}
        notices.tell(tx, "drill-overdue", to, params, base_url=base_url, once=once)
    return len(late)


def _dues(tx: Tx, row: Mapping[str, Any], runs: Sequence[Run], began: datetime) -> Iterator[Due]:
    period = read_duration(str(row.get("every")))
    for covers in words_of(row.get("covers")) or ("",):
        last = max(
            (run for run in runs if not covers or covers in run.covers),
            key=lambda run: run.ended_at or run.planned_at,
            default=None,
        )
        due_at = period.after((last.ended_at or last.planned_at) if last else began)
        overdue = due_at < tx.now
        yield Due(
            str(row.get("id") or ""),
            text_of(row.get("name")),
            covers,
            last,
            due_at,
            overdue,
            not overdue and due_at - tx.now <= SOON,
        )


def _told(tx: Tx) -> list[Person]:
    words = words_of(policy.said(tx, POLICY, "tell"))
    parts = (word.partition("/") for word in words)
    return [one for department, _, role in parts for one in people.in_department(tx, department, role)]
