"""Emergencies: what runs, who leads, what was said and decided (EMG-1, EMG-4, EMG-12)."""

from dataclasses import asdict
from typing import Any

from flask_smorest import Blueprint

from loopdesk.desk import emergency as emergencies
from loopdesk.desk.emergency import acts, course
from loopdesk.desk.war_room import rooms
from loopdesk.engine.tx import Tx
from loopdesk.web.api.auth import scoped
from loopdesk.web.api.emergency_schemas import (
    Answer,
    DecisionOut,
    EmergencyOut,
    EmergencyQuery,
    Leaving,
    NewGrade,
    Note,
    Part,
    Question,
    Summary,
    Update,
    WholeOut,
    Words,
)
from loopdesk.web.context import actor, open_tx, read_tx

blueprint = Blueprint("emergencies", __name__, url_prefix="/emergencies", description="Emergencies")


@blueprint.get("")
@scoped("cases:read")
@blueprint.arguments(EmergencyQuery, location="query")
@blueprint.response(200, EmergencyOut(many=True))
def listing(query: dict[str, Any]) -> list[emergencies.Emergency]:
    """The emergencies whose cases you may see, those under way first."""
    with read_tx() as tx:
        return emergencies.visible(actor(), tx, ended=query["ended"])


@blueprint.get("/<emergency_id>")
@scoped("cases:read")
@blueprint.response(200, WholeOut)
def one(emergency_id: str) -> dict[str, Any]:
    """An emergency with timeline, roles, decisions, and which customers were told what."""
    with read_tx() as tx:
        return _whole(tx, emergency_id)


@blueprint.post("/<emergency_id>/notes")
@scoped("cases:write")
@blueprint.arguments(Note)
@blueprint.response(201, WholeOut)
def note(given: dict[str, Any], emergency_id: str) -> dict[str, Any]:
    """Write on the timeline."""
    with open_tx() as tx:
        emergencies.note(actor(), tx, emergency_id, "note", given["text"], given["audience"])
        return _whole(tx, emergency_id)


@blueprint.post("/<emergency_id>/updates")
@scoped("cases:write")
@blueprint.arguments(Update)
@blueprint.response(201, WholeOut)
def update(given: dict[str, Any], emergency_id: str) -> dict[str, Any]:
    """Tell customers or team how it stands; by when they hear again is promised and watched."""
    with open_tx() as tx:
        acts.update(actor(), tx, emergency_id, **given)
        return _whole(tx, emergency_id)


@blueprint.post("/<emergency_id>/decisions")
@scoped("cases:write")
@blueprint.arguments(Question)
@blueprint.response(201, DecisionOut)
def ask(given: dict[str, Any], emergency_id: str) -> emergencies.Decision:
    """Ask the decision chain; until it is decided the grade is not lowered and the emergency not ended."""
    with open_tx() as tx:
        return emergencies.ask_decision(actor(), tx, emergency_id, **given)


@blueprint.post("/decisions/<decision_id>")
@scoped("cases:write")
@blueprint.arguments(Answer)
@blueprint.response(200, DecisionOut)
def decide(given: dict[str, Any], decision_id: str) -> emergencies.Decision:
    """Decide a question, for good."""
    with open_tx() as tx:
        return emergencies.decide(actor(), tx, decision_id, **given)


@blueprint.post("/<emergency_id>/roles")
@scoped("cases:write")
@blueprint.arguments(Part)
@blueprint.response(200, WholeOut)
def assign(given: dict[str, Any], emergency_id: str) -> dict[str, Any]:
    """Give a role to somebody, who is invited to the room; a commander's open tasks go along."""
    with open_tx() as tx:
        rooms.take_in(actor(), tx, emergency_id, role=given["role"], person=given["person"])
        return _whole(tx, emergency_id)


@blueprint.post("/<emergency_id>/leave")
@scoped("cases:write")
@blueprint.arguments(Leaving)
@blueprint.response(200, WholeOut)
def leave(given: dict[str, Any], emergency_id: str) -> dict[str, Any]:
    """The commander steps back; without a successor somebody stands in until a supervisor names one."""
    with open_tx() as tx:
        emergencies.step_back(actor(), tx, emergency_id, **given)
        return _whole(tx, emergency_id)


@blueprint.post("/<emergency_id>/grade")
@scoped("cases:write")
@blueprint.arguments(NewGrade)
@blueprint.response(200, WholeOut)
def regrade(given: dict[str, Any], emergency_id: str) -> dict[str, Any]:
    """Raise or lower the grade; lowering is refused while a decision is open."""
    with open_tx() as tx:
        emergencies.regrade(actor(), tx, emergency_id, **given)
        return _whole(tx, emergency_id)


@blueprint.post("/<emergency_id>/stable")
@scoped("cases:write")
@blueprint.arguments(Words)
@blueprint.response(200, WholeOut)
def stable(given: dict[str, Any], emergency_id: str) -> dict[str, Any]:
    """The service is back: the commander's task is completed; the scope tasks:write is needed, too."""
    with open_tx() as tx:
        acts.report_back(actor(), tx, emergency_id, **given)
        return _whole(tx, emergency_id)


@blueprint.post("/<emergency_id>/relapse")
@scoped("cases:write")
@blueprint.arguments(Words)
@blueprint.response(200, WholeOut)
def relapse(given: dict[str, Any], emergency_id: str) -> dict[str, Any]:
    """It fails again: back to handling."""
    with open_tx() as tx:
        course.relapse(actor(), tx, emergency_id, **given)
        return _whole(tx, emergency_id)


@blueprint.post("/<emergency_id>/stand-down")
@scoped("cases:write")
@blueprint.arguments(Summary)
@blueprint.response(200, WholeOut)
def stand_down(given: dict[str, Any], emergency_id: str) -> dict[str, Any]:
    """End it once the service has stayed back and no decision is open; the scope tasks:write is needed, too."""
    with open_tx() as tx:
        acts.end(actor(), tx, emergency_id, **given)
        return _whole(tx, emergency_id)


def _whole(tx: Tx, emergency_id: str) -> dict[str, Any]:
    found = emergencies.see(actor(), tx, emergency_id)
    more = {
        "cases": emergencies.cases(tx, emergency_id),
        "entries": emergencies.entries(tx, emergency_id),
        "roles": emergencies.roles(tx, emergency_id),
        "decisions": emergencies.decisions(tx, emergency_id),
        "told": emergencies.told(tx, emergency_id),
    }
    return {**asdict(found), "state": found.state, **more}
