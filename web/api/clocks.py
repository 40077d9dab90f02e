"""The clocks of a case as they stand, with the very segments that were counted (SLA-2, SLA-3)."""

from datetime import timedelta
from typing import Any

import marshmallow as ma
from flask_babel import gettext
from flask_smorest import Blueprint

from loopdesk.desk import clocks
from loopdesk.desk.sla.live import Counted
from loopdesk.desk.sla.segments import Segment, segments
from loopdesk.web.api.auth import scoped
from loopdesk.web.api.schemas import Strict
from loopdesk.web.context import actor, open_tx, read_tx

blueprint = Blueprint("clocks", __name__, url_prefix="/cases", description="The clocks of a case")

MINUTE = timedelta(minutes=1)


class SegmentOut(ma.Schema):
    """A stretch of time: counted (``running``), ``paused`` or ``closed``; ``ahead`` is what comes until it is due."""

    start = ma.fields.AwareDateTime()
    end = ma.fields.AwareDateTime()
    state = ma.fields.String(metadata={"enum": ["running", "paused", "closed"]})
    why = ma.fields.String()
    minutes = ma.fields.Float()
    ahead = ma.fields.Boolean()
    department = ma.fields.String()


class ClockOut(ma.Schema):
    """How a clock stands; ``reports`` are the events that a person may report for it now."""

    name = ma.fields.String()
    policy = ma.fields.String()
    level = ma.fields.String()
    calendar = ma.fields.String()
    state = ma.fields.String(metadata={"enum": ["running", "paused", "met", "cancelled"]})
    colour = ma.fields.String(metadata={"enum": ["", "blue", "yellow", "red"]})
    target_minutes = ma.fields.Float(allow_none=True)
    elapsed_minutes = ma.fields.Float()
    due_at = ma.fields.AwareDateTime(allow_none=True)
    provisional = ma.fields.Boolean()
    met_at = ma.fields.AwareDateTime(allow_none=True)
    breached_at = ma.fields.AwareDateTime(allow_none=True)
    reports = ma.fields.List(ma.fields.String())
    segments = ma.fields.List(ma.fields.Nested(SegmentOut))


class NewReport(Strict):
    """What has happened, by one of the names under ``reports``."""

    event = ma.fields.String(required=True)


@blueprint.get("/<number>/clocks")
@scoped("cases:read")
@blueprint.response(200, ClockOut(many=True))
def listing(number: str) -> list[dict[str, Any]]:
    """How each clock of a case stands, and what was counted."""
    with read_tx() as tx:
        return [
            _told(one) | {"reports": sorted(clocks.by_hand(tx, one))} for one in clocks.listing(actor(), tx, number)
        ]


@blueprint.post("/<number>/clocks")
@scoped("cases:write")
@blueprint.arguments(NewReport)
@blueprint.response(204)
def report(given: dict[str, Any], number: str) -> None:
    """Report what no step of a process tells: a workaround is given, the cause is found."""
    with open_tx() as tx:
        clocks.report(actor(), tx, number, given["event"])


def _told(one: Counted) -> dict[str, Any]:
    now = one.clock
    return {
        "name": one.name,
        "policy": one.level.policy,
        "level": one.level.value,
        "calendar": now.calendar.name,
        "state": now.state,
        "colour": one.colour,
        "target_minutes": None if now.target is None else now.target / MINUTE,
        "elapsed_minutes": now.elapsed / MINUTE,
        "due_at": now.due,
        "provisional": bool(now.unofficial_years) and now.state in ("running", "paused"),
        "met_at": now.met_at,
        "breached_at": now.breached_at,
        "segments": [_segment(part) for part in segments(now)],
    }


def _segment(part: Segment) -> dict[str, Any]:
    return {
        "start": part.start,
        "end": part.end,
        "state": part.state,
        "why": part.why.text(gettext),
        "minutes": (part.ahead or part.counted) / MINUTE,
        "ahead": bool(part.ahead),
        "department": part.team,
    }
