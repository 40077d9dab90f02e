"""What a meeting has to speak of: open handoffs of its departments, late actions, risks between them (HND-9)."""

from collections.abc import Collection
from typing import Any

import sqlalchemy as sa

from loopdesk.desk import actions
from loopdesk.desk.record import case_
from loopdesk.desk.rights import visible_to
from loopdesk.desk.team import risk, spans
from loopdesk.engine.actor import Actor
from loopdesk.engine.tx import Tx

HANDOFF, ACTION, RISK = KINDS = ("handoff", "action", "risk")


def prepare(tx: Tx, departments: Collection[str]) -> list[dict[str, Any]]:
    """The points for ``departments`` as they stand now, as JSON; restricted cases are left out, many people read it."""
    secret = set(tx.ask(sa.select(case_.c.number).where(case_.c.restricted)).scalars())
    points: list[dict[str, Any]] = [
        {
            "kind": HANDOFF,
            "case": one.case,
            "from": one.from_department,
            "to": one.to_department,
            "state": one.state,
            "since": one.offered_at.isoformat(),
        }
        for one in spans.all_(tx, since=tx.now)
        if set(one.pair) <= set(departments) and one.case not in secret
    ]
    points += [
        {"kind": ACTION, "case": one.case, "text": one.text, "owner": one.owner, "due": one.due_at.isoformat()}
        for one in actions.late(tx)
        if one.department in departments and one.case not in secret
    ]
    return points + [
        {"kind": RISK, "from": one.from_department, "to": one.to_department, "level": one.level, "reason": one.reason}
        for one in risk.latest(tx)
        if {one.from_department, one.to_department} <= set(departments) and one.raised
    ]


def shown(actor: Actor, tx: Tx, points: Collection[dict[str, Any]]) -> list[dict[str, Any]]:
    """The points without those of cases that were restricted since, for whoever may not see them."""
    named = sorted({str(point["case"]) for point in points if point.get("case")})
    query = sa.select(case_.c.number).where(case_.c.number.in_(named), case_.c.restricted, ~visible_to(actor))
    secret = set(tx.ask(query).scalars()) if named else set()
    return [point for point in points if point.get("case") not in secret]
