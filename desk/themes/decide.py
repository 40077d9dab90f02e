"""Once a month the themes that repeat are put before people, and what they decide is kept (FBK-5, FBK-3)."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from loopdesk.desk import actions
from loopdesk.desk.rights import require
from loopdesk.desk.sql import insert_new
from loopdesk.desk.themes import gather, mining, rules
from loopdesk.desk.themes.mining import Text, Theme
from loopdesk.desk.themes.tables import theme_
from loopdesk.engine import events
from loopdesk.engine.actor import SYSTEM, Actor
from loopdesk.engine.db import new_id
from loopdesk.engine.errors import Conflict, Missing
from loopdesk.engine.tx import Tx

COMPLAINT, SUGGESTION = KINDS = ("complaint", "suggestion")
ACTION, WATCH, NOTHING = DECISIONS = ("action", "watch", "nothing")
SOURCE = "theme"
"""Where such actions come from."""
SHOWN = 10
"""Numbers of cases that a task names."""


def find(actor: Actor, tx: Tx) -> list[dict[str, Any]]:
    """Keep the themes that the month before this one repeats; those that nobody has decided on.

    The same month again finds what it found before: what was decided stays.
    """
    require(actor, "themes.find")
    by = rules.read(tx)
    end = _month(tx.now, ZoneInfo(tx.host.zone), 0)
    start, before = _month(end, ZoneInfo(tx.host.zone), -1), _month(end, ZoneInfo(tx.host.zone), -2)
    names = {one.code: " / ".join(dict.fromkeys(one.name.values())) for one in by.aspects}
    for kind, least in ((COMPLAINT, by.repeated), (SUGGESTION, by.repeated_suggestions)):
        found = mining.themes(_said(tx, kind, start, end), _said(tx, kind, before, start), by, "en")
        for one in [theme for theme in found if len(theme.texts) >= least][: by.most]:
            _keep(tx, kind, start.strftime("%Y-%m"), one, names.get(one.code, one.name))
    month = start.strftime("%Y-%m")
    undecided = (theme_.c.month == month) & (theme_.c.decision == "")
    order = (theme_.c.count.desc(), theme_.c.kind, theme_.c.code)
    rows = tx.conn.execute(sa.select(theme_).where(undecided).order_by(*order)).mappings().all()
    events.record(actor, tx, "themes.found", data={"month": month, "themes": len(rows)})
    return [_for_process(dict(row)) for row in rows]


def decide(
    actor: Actor, tx: Tx, theme_id: str, *, decision: str, text: str = "", owner: str = "", note: str = ""
) -> None:
    """Keep what is done about a theme: an action with its owner, watched further, or nothing, with the reason.

    Raises `Missing`, `Conflict` for one that is decided, and what `actions.add` raises for a wrong action.
    """
    require(actor, "themes.decide")
    row = get(tx, theme_id)
    if row["decision"]:
        raise Conflict("This theme is decided already.")
    action = ""
    if decision == ACTION:
        due = tx.now + rules.read(tx).action_within
        action = actions.add(actor, tx, source=SOURCE, source_id=theme_id, text=text, owner=owner, due_at=due).id
    values = {"decision": decision, "note": note, "action_id": action, "decided_by": actor.name[:200]}
    tx.conn.execute(sa.update(theme_).where(theme_.c.id == theme_id).values(decided_at=tx.now, **values))
    told = {"id": theme_id, "name": row["name"], "decision": decision, "action": action}
    events.record(actor, tx, "themes.decided", data=told)


def get(tx: Tx, theme_id: str) -> Mapping[str, Any]:
    """The kept theme; raises `Missing`."""
    row = tx.conn.execute(sa.select(theme_).where(theme_.c.id == theme_id)).mappings().first()
    if row is None:
        raise Missing("There is no such theme.")
    return dict(row)


def listing(actor: Actor, tx: Tx, limit: int = 50) -> list[Mapping[str, Any]]:
    """The themes that were put before people, the newest month first."""
    require(actor, "themes.read")
    order = (theme_.c.month.desc(), theme_.c.count.desc(), theme_.c.code)
    return [dict(row) for row in tx.conn.execute(sa.select(theme_).order_by(*order).limit(limit)).mappings()]


def _said(tx: Tx, kind: str, since: datetime, until: datetime) -> list[Text]:
    if kind == SUGGESTION:
        return gather.suggestions(SYSTEM, tx, since, until)
    return [one for one in gather.texts(SYSTEM, tx, since, until) if one.complaint]


def _keep(tx: Tx, kind: str, month: str, found: Theme, name: str) -> None:
    row: dict[str, Any] = {"id": new_id(), "month": month, "kind": kind, "code": found.code, "name": name[:200]}
    row |= {"count": len(found.texts), "before": found.before, "cases": list(found.cases), "found_at": tx.now}
    row |= dict.fromkeys(("decision", "note", "action_id", "decided_by"), "") | {"decided_at": None}
    insert_new(tx, theme_, row, unique=["month", "kind", "code"])


def _for_process(row: Mapping[str, Any]) -> dict[str, Any]:
    told = {name: row[name] for name in ("id", "kind", "name", "month", "count", "before")}
    return told | {"shown": ", ".join(row["cases"][:SHOWN])}


def _month(at: datetime, zone: ZoneInfo, months: int) -> datetime:
    """The beginning of the month so many after that of a moment, by the clock of the house."""
    day = at.astimezone(zone)
    whole = day.year * 12 + day.month - 1 + months
    return datetime(whole // 12, whole % 12 + 1, 1, tzinfo=zone)
