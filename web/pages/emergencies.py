"""Emergencies: those that run and those that are over, and the war room, the one page for the people in it (EMG-3)."""

from collections.abc import Callable
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from loopdesk.desk import emergency as emergencies
from loopdesk.desk import people, runbooks
from loopdesk.desk.emergency import acts, course
from loopdesk.desk.rights import DESK
from loopdesk.desk.war_room import packs, rooms
from loopdesk.engine import bundles, events, instances
from loopdesk.engine.errors import LoopdeskError
from loopdesk.engine.tx import Tx
from loopdesk.web import emergency_words, vocabulary
from loopdesk.web.context import actor, loopdesk, open_tx, read_tx
from loopdesk.web.errors import STATUS
from loopdesk.web.pages import war_room_view
from loopdesk.web.pages.shown import NOTHING, Shown, shown

blueprint = Blueprint("pages_emergencies", __name__, url_prefix="/emergencies")

FILTERS = ("state", "grade", "kind")
PROCESSES = ("emergency", "war-room", "emergency-measures", "emergency-review")
"""Whose diagrams stand on the page, in this order."""
DOING = ("note", "update", "decide", "untick", "role", "leave", "pack", "grade", "stable", "relapse", "over")
"""What the place to write may be for."""


@blueprint.get("")
def listing() -> str:
    """Those under way first, then the newest, filtered."""
    wanted = {name: request.args.get(name, "") for name in FILTERS}
    language = vocabulary.language()
    with read_tx() as tx:
        found = emergencies.visible(actor(), tx, state=wanted["state"], grade=wanted["grade"], kind=wanted["kind"])
        titles = emergencies.titles(tx, found)
        names = {what: emergencies.names(tx, what, language) for what in ("kinds", "grades")}
    return render_template(
        "emergencies/_list.html" if "part" in request.args else "emergencies/emergencies.html",
        found=found,
        titles=titles,
        names=names,
        looks=emergency_words.STATES,
        states=[(code, look.text) for code, look in emergency_words.STATES.items()],
        wanted=wanted,
        filtered=any(wanted.values()),
    )


@blueprint.get("/<emergency_id>")
def war_room(emergency_id: str) -> str:
    """The whole page."""
    return _page(emergency_id, _asked(), NOTHING)


@blueprint.get("/<emergency_id>/live")
def live(emergency_id: str) -> str:
    """The parts that follow what happens, for the page to keep itself up to date."""
    return _live(emergency_id)


@blueprint.get("/<emergency_id>/write")
def write(emergency_id: str) -> str:
    """The place to write, for what was asked: an entry, a decision, a role …"""
    return _write(emergency_id, _asked(), NOTHING)


@blueprint.post("/<emergency_id>/notes")
def note(emergency_id: str) -> ResponseReturnValue:
    """Add to the timeline, or put a question to the decision chain."""
    text = request.form.get("text", "")

    def do(tx: Tx) -> None:
        if request.form.get("mode") == "ask":
            emergencies.ask_decision(actor(), tx, emergency_id, question=text)
        else:
            emergencies.note(actor(), tx, emergency_id, "note", text)

    return _did(emergency_id, do, ("note", ""))


@blueprint.post("/<emergency_id>/decisions/<decision_id>")
def decide(emergency_id: str, decision_id: str) -> ResponseReturnValue:
    """Answer a question for good."""
    said = request.form.get("text", "")
    return _did(
        emergency_id,
        lambda tx: emergencies.decide(actor(), tx, decision_id, decision=said),
        ("decide", decision_id),
    )


@blueprint.post("/<emergency_id>/roles")
def role(emergency_id: str) -> ResponseReturnValue:
    """Take a role, or give it to somebody."""
    given = {"role": request.form.get("role", ""), "person": request.form.get("person", "") or actor().id}
    return _did(emergency_id, lambda tx: rooms.take_in(actor(), tx, emergency_id, **given), ("role", given["role"]))


@blueprint.post("/<emergency_id>/leave")
def leave(emergency_id: str) -> ResponseReturnValue:
    """The commander leaves; somebody stands in until a supervisor names the next one."""
    given = {"successor": request.form.get("person", ""), "reason": request.form.get("text", "")}
    return _did(emergency_id, lambda tx: emergencies.step_back(actor(), tx, emergency_id, **given), ("leave", ""))


@blueprint.post("/<emergency_id>/runbook/<step>")
def tick(emergency_id: str, step: str) -> ResponseReturnValue:
    """Tick a step of the runbook off."""
    return _did(emergency_id, lambda tx: runbooks.tick(actor(), tx, emergency_id, step), None)


@blueprint.post("/<emergency_id>/runbook/<step>/undo")
def untick(emergency_id: str, step: str) -> ResponseReturnValue:
    """Take a tick back, with a reason."""
    why = request.form.get("text", "")
    return _did(emergency_id, lambda tx: runbooks.untick(actor(), tx, emergency_id, step, reason=why), ("untick", step))


@blueprint.post("/<emergency_id>/update")
def update(emergency_id: str) -> ResponseReturnValue:
    """Tell customers or team how it stands; without minutes the next word is promised by the cadence of the grade."""
    minutes = request.form.get("next_minutes", type=int)
    text, audience = request.form.get("text", ""), request.form.get("audience", "")

    def say(tx: Tx) -> object:
        return acts.update(actor(), tx, emergency_id, text=text, audience=audience, next_minutes=minutes)

    return _did(emergency_id, say, ("update", ""))


@blueprint.post("/<emergency_id>/grade")
def grade(emergency_id: str) -> ResponseReturnValue:
    """Raise or lower the grade, with a reason."""
    to, why = request.form.get("grade", ""), request.form.get("text", "")
    return _did(
        emergency_id, lambda tx: emergencies.regrade(actor(), tx, emergency_id, grade=to, reason=why), ("grade", "")
    )


@blueprint.post("/<emergency_id>/stable")
def stable(emergency_id: str) -> ResponseReturnValue:
    """The service is back and is watched from now on: the process's task is completed."""
    text = request.form.get("text", "")
    return _did(emergency_id, lambda tx: acts.report_back(actor(), tx, emergency_id, text=text), ("stable", ""))


@blueprint.post("/<emergency_id>/over")
def over(emergency_id: str) -> ResponseReturnValue:
    """Stand the emergency down: the process's task is completed."""
    text = request.form.get("text", "")
    return _did(emergency_id, lambda tx: acts.end(actor(), tx, emergency_id, summary=text), ("over", ""))


@blueprint.post("/<emergency_id>/relapse")
def relapse(emergency_id: str) -> ResponseReturnValue:
    """It fails again."""
    text = request.form.get("text", "")
    return _did(emergency_id, lambda tx: course.relapse(actor(), tx, emergency_id, text=text), ("relapse", ""))


@blueprint.post("/<emergency_id>/pack")
def pack(emergency_id: str) -> ResponseReturnValue:
    """Put a link or files into the pack."""
    section = request.form.get("section", "")
    files = [one for one in request.files.getlist("file") if one.filename]

    def do(tx: Tx) -> None:
        for file in files:
            stream, name = file.stream, file.filename or ""
            packs.add_file(actor(), tx, loopdesk().store, emergency_id, section=section, name=name, stream=stream)
        link = {name: request.form.get(name, "") for name in ("name", "url")}
        if link["url"] or not files:
            packs.add_link(actor(), tx, emergency_id, section=section, **link)

    return _did(emergency_id, do, ("pack", section))


def _did(emergency_id: str, do: Callable[[Tx], Any], again: tuple[str, str] | None) -> ResponseReturnValue:
    """Do it and show the room as it is now; what is refused is said at ``again``, what the writer was doing."""
    from_page = bool(request.headers.get("HX-Request"))
    try:
        with open_tx() as tx:
            emergencies.see(actor(), tx, emergency_id)
            do(tx)
    except LoopdeskError as error:
        status = next((code for family, code in STATUS.items() if isinstance(error, family)), 422)
        if again is None and not from_page:
            raise
        if not from_page:
            return _page(emergency_id, again or ("note", ""), shown(error)), status
        if again is None:
            return _said(error) + _live(emergency_id), status
        return _write(emergency_id, again, shown(error)), status
    if not from_page:
        return redirect(url_for("pages_emergencies.war_room", emergency_id=emergency_id))
    written = _write(emergency_id, ("note", ""), NOTHING) if again else ""
    return written + _said() + _live(emergency_id)


def _said(error: LoopdeskError | None = None) -> str:
    """What went wrong with something that was only pressed; empty takes back what was said before."""
    return render_template("emergencies/_said.html", wrong=shown(error) if error else NOTHING)


def _asked() -> tuple[str, str]:
    """What the writer wants to do, and with what of the page."""
    wanted = request.args.get("do", "note")
    return (wanted if wanted in DOING else "note"), request.args.get("of", "")


def _live(emergency_id: str) -> str:
    everything = request.args.get("all") == "1"
    room = war_room_view.view(emergency_id, everything=everything)
    return "".join(war_room_view.fragments(room, war_room_view.mine(room), everything=everything).values())


def _write(emergency_id: str, doing: tuple[str, str], wrong: Shown) -> str:
    room = war_room_view.view(emergency_id)
    return render_template("emergencies/_write.html", **_writing(room, doing, wrong))


def _writing(room: war_room_view.View, doing: tuple[str, str], wrong: Shown) -> dict[str, Any]:
    do, of = doing
    mine = war_room_view.mine(room)
    typed = request.form if wrong is not NOTHING else {}
    values = {"do": do, "of": of, "wrong": wrong, "typed": typed, "mine": mine, "sections": emergency_words.SECTIONS}
    if do == "grade":
        with read_tx() as tx:
            values["grades"] = emergencies.names(tx, "grades", vocabulary.language())
    if do in ("role", "leave"):
        with read_tx() as tx:
            values["staff"] = _staff(tx)
    return {**room.values, **values, "roles_of": emergency_words.ROLES}


def _staff(tx: Tx) -> list[tuple[str, str]]:
    """Who may have a role, whoever reads this first."""
    found = [one for one in people.listing(actor(), tx) if one.active and set(one.roles) & (DESK | {"owner", "admin"})]
    ordered = sorted(found, key=lambda one: (one.id != actor().id, one.name, one.id))
    return [(one.id, f"{one.name} ({one.login})") for one in ordered]


def _page(emergency_id: str, doing: tuple[str, str], wrong: Shown) -> str:
    everything = request.args.get("all") == "1"
    with read_tx() as tx:
        since = events.latest(tx)
        diagrams = _diagrams(tx, emergencies.see(actor(), tx, emergency_id))
    room = war_room_view.view(emergency_id, everything=everything)
    values = _writing(room, doing, wrong)
    parts = war_room_view.fragments(room, values["mine"], everything=everything)
    shown_ = {"parts": parts, "diagrams": diagrams, "live_since": since, "everything": everything}
    return render_template("emergencies/war_room.html", **values, **shown_)


def _diagrams(tx: Tx, found: emergencies.Emergency) -> list[dict[str, str]]:
    """The newest process of each kind that deals with the emergency."""
    running = {one["process"]: one for one in instances.of_key(tx, found.case)}
    made = [(running[name], bundles.get(tx, running[name]["bundle_id"])) for name in PROCESSES if name in running]
    language = vocabulary.language()
    return [
        {"id": one["id"], "title": bundles.text(bundle, one["process"], "name", language) or one["process"]}
        for one, bundle in made
    ]
