"""What a case's page shows of its clocks: how each stands, and the very segments that were counted (SLA-2, SLA-3)."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from flask_babel import gettext

from loopdesk.desk import clocks
from loopdesk.desk.record import Case
from loopdesk.desk.rights import DESK
from loopdesk.desk.sla import choice
from loopdesk.desk.sla.live import Counted
from loopdesk.desk.sla.segments import Segment, segments
from loopdesk.engine import bundles
from loopdesk.engine.tx import Tx
from loopdesk.web import vocabulary
from loopdesk.web.context import actor
from loopdesk.web.vocabulary import Look

WIDTH = 1000
"""Units of the bar's drawing, whatever time it spans."""
MOVERS = ("supervisor", "owner", "admin")
TONES = ("blue", "yellow", "red")


def section(tx: Tx, found: Case) -> dict[str, Any]:
    """The values of ``cases/_clocks.html``, and of the promises on the customer's page."""
    counted = clocks.listing(actor(), tx, found.number)
    own = next((one for one in counted if not one.department), None)
    may_move = actor().has_role(*MOVERS)
    return {
        "clocks": [_shown(tx, one) for one in counted],
        "clock_policy": _policy(tx, own) if own else None,
        "may_move": may_move,
        "policies": _policies(tx) if may_move else [],
    }


def _shown(tx: Tx, one: Counted) -> dict[str, Any]:
    now, rules = one.clock, choice.library(tx).book(one.bundle).rules.clocks[one.kind]
    reports = clocks.by_hand(tx, one) if actor().has_role(*DESK) else {}
    parts = segments(now)
    return {
        "name": vocabulary.localised(rules.name) or one.kind,
        "department": vocabulary.department(one.department) if one.department else "",
        "look": look(one),
        "due": now.due,
        "breached_at": now.breached_at,
        "met_at": now.met_at,
        "provisional": bool(now.unofficial_years),
        "used": length(now.elapsed),
        "target": length(now.target) if now.target is not None else "",
        "calendar": now.calendar.name,
        "bar": bar(parts),
        "segments": [_row(part) for part in parts],
        "reports": [(kind, vocabulary.localised(names) or kind) for kind, names in reports.items()],
    }


def look(one: Counted) -> Look:
    """Word, colour and shape of how a clock stands."""
    now, late = one.clock, one.clock.breached
    if now.state == "paused":
        return Look(gettext("Paused"), "yellow", "pause")
    if now.state == "cancelled":
        return Look(gettext("No longer needed"), "red" if late else "", "minus")
    if now.state == "met":
        return Look(gettext("Missed"), "red", "octagon") if late else Look(gettext("Met"), "green", "check")
    if late:
        return Look(gettext("Overdue"), "red", "octagon")
    return Look(gettext("Running"), one.colour if one.colour in TONES else "", "triangle" if one.colour else "play")


def length(span: timedelta) -> str:
    """A time that was counted, in hours and minutes."""
    minutes = int(span.total_seconds() // 60)
    hours, rest = divmod(minutes, 60)
    if not hours:
        return str(gettext("%(minutes)s min", minutes=rest))
    if rest:
        return str(gettext("%(hours)s h %(minutes)s min", hours=hours, minutes=rest))
    return str(gettext("%(hours)s h", hours=hours))


def bar(parts: Sequence[Segment]) -> list[dict[str, Any]]:
    """The segments as pieces of a bar: where each begins, how wide it is, and what it is."""
    if not parts:
        return []
    start, end = parts[0].start, parts[-1].end
    whole = (end - start) / WIDTH
    if not whole:
        return []
    return [
        {
            "x": round((part.start - start) / whole, 1),
            "width": round(max((part.end - part.start) / whole, 1), 1),
            "kind": "ahead" if part.ahead else part.state,
        }
        for part in parts
    ]


def _row(part: Segment) -> dict[str, Any]:
    words = {
        "running": gettext("until due") if part.ahead else gettext("counted"),
        "paused": gettext("paused"),
        "closed": gettext("closed"),
    }
    return {
        "start": part.start,
        "end": part.end,
        "kind": "ahead" if part.ahead else part.state,
        "state": words[part.state],
        "why": part.why.text(gettext),
        "length": length(part.ahead or part.counted) if part.state == "running" else "",
        "team": vocabulary.department(part.team) if part.team else "",
    }


def _policy(tx: Tx, one: Counted) -> dict[str, Any]:
    said = choice.library(tx).book(one.bundle).said(one.level.policy)
    return {
        "name": vocabulary.localised(said.get("name")) or one.level.policy,
        "level": vocabulary.localised(one.level.name) or one.level.value,
        "code": one.level.value,
        "version": bundles.get(tx, one.bundle).number,
        "newer": one.bundle != choice.current(tx),
    }


def _policies(tx: Tx) -> list[tuple[str, str]]:
    book = choice.library(tx).book(choice.current(tx))
    return [(name, vocabulary.localised(_names(book.said(name))) or name) for name in book.names]


def _names(said: Mapping[str, Any]) -> Mapping[str, str]:
    return said.get("name") or {}
