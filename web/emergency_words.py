"""An emergency in the reader's words: its roles and states, and each entry of the timeline as one line (EMG-4)."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from flask_babel import gettext, lazy_gettext

from loopdesk.engine.errors import N_
from loopdesk.web import vocabulary
from loopdesk.web.vocabulary import Look

ROLES: Mapping[str, Any] = {
    "commander": lazy_gettext("Commander"),
    "scribe": lazy_gettext("Scribe"),
    "communications": lazy_gettext("Communications"),
    "participant": lazy_gettext("Takes part"),
}
STATES: Mapping[str, Look] = {
    "running": Look(lazy_gettext("Running"), "red", "bolt"),
    "stable": Look(lazy_gettext("Service is back, being watched"), "yellow", "eye"),
    "ended": Look(lazy_gettext("Over"), "", "check"),
}
AUDIENCES: Mapping[str, Any] = {"external": lazy_gettext("to the customers"), "internal": lazy_gettext("to the team")}
SCOPES: Mapping[str, Any] = {"global": lazy_gettext("everywhere"), "local": lazy_gettext("in one place")}
SECTIONS: Mapping[str, Any] = {
    "topology": lazy_gettext("Topology"),
    "changes": lazy_gettext("Recent changes"),
    "capacity": lazy_gettext("Capacity"),
}
MEASURES: Mapping[str, Look] = {
    "planned": Look(lazy_gettext("wanted"), "", "circle"),
    "asked": Look(lazy_gettext("asked for"), "blue", "clock"),
    "short": Look(lazy_gettext("not all was granted"), "red", "triangle"),
    "taken": Look(lazy_gettext("done"), "green", "check"),
    "dropped": Look(lazy_gettext("not taken"), "", "minus"),
    "undoing": Look(lazy_gettext("being undone"), "blue", "loop"),
    "undone": Look(lazy_gettext("undone"), "", "back"),
}
TOLD: Mapping[str, Any] = {
    "emergency-warning": lazy_gettext("warned"),
    "emergency-update": lazy_gettext("how it stands"),
    "emergency-over": lazy_gettext("that it is over"),
}


class Line(NamedTuple):
    """Icon, sentence with places for the entry's data, and colour."""

    icon: str
    text: str
    tone: str = ""


LINES: Mapping[str, Line] = {
    "note": Line("note", ""),
    "declared": Line("bolt", N_("The emergency is declared"), "red"),
    "missed": Line("octagon", N_("An update %(to)s is %(minutes)s minutes late"), "red"),
    "stable": Line("eye", N_("The service is back; it is watched now"), "green"),
    "relapsed": Line("octagon", N_("It fails again"), "red"),
    "stand_down": Line("check", N_("The emergency is stood down"), "green"),
    "asked": Line("scale", N_("Decision asked of %(decider)s"), "yellow"),
    "decided": Line("scale", N_("Decided: %(question)s"), "accent"),
    "lapsed": Line("scale", N_("Over before it was decided: %(question)s"), "yellow"),
    "graded": Line("up", N_("Grade changed from %(before)s to %(grade)s"), "yellow"),
    "role": Line("person", N_("%(name)s: %(role)s")),
    "left": Line("leave", N_("%(name)s steps back as commander"), "yellow"),
    "gap": Line("triangle", N_("Nobody of %(team)s is on duty; called instead: %(instead)s"), "yellow"),
    "escalated": Line("up", N_("The limit has passed: %(to)s is called (%(names)s)"), "red"),
    "record": Line("file", N_("The event record is written")),
    "joined": Line("flow", N_("Case %(case)s has the same cause and belongs to this emergency now"), "yellow"),
    "alert": Line("triangle", N_("Monitoring reports a failure (%(source)s)"), "red"),
    "runbook": Line("check", N_("Step of the runbook done"), "green"),
    "measure": Line("server", N_("Measure")),
    "hands": Line("people", N_("All hands")),
    "credit": Line("table", N_("Compensation")),
    "review": Line("file", N_("Review")),
    "expectation": Line("star", N_("The customer says whether we met what was expected")),
}
"""Kind of entry -> how it is said; what is not here stands with its own words."""
VARIANTS: Mapping[tuple[str, str], Line] = {
    ("update", "external"): Line("mail", N_("Update to the customers; the next one comes by %(next)s"), "accent"),
    ("update", "internal"): Line("note", N_("Update to the team; the next one comes by %(next)s")),
    ("room", "open"): Line("people", N_("The room stands in the messaging system"), "green"),
    ("room", "page"): Line("people", N_("This page is the room"), "green"),
    ("room", "failed"): Line("octagon", N_("No room could be made in the messaging system; meet on this page"), "red"),
    ("room", "invited"): Line("mail", N_("Asked in: %(names)s")),
    ("room", "closed"): Line("cross", N_("The room in the messaging system is closed")),
    ("pack", "attached"): Line("clip", N_("The pack is attached to the case: %(name)s")),
    ("pack", "added"): Line("clip", N_("Added to the pack (%(section)s)")),
    ("alert", "resolved"): Line("check", N_("Monitoring reports that it works again (%(source)s)"), "green"),
    ("runbook", "undone"): Line("back", N_("Step of the runbook taken back"), "yellow"),
}


def line(entry: Mapping[str, Any]) -> Line:
    """The line of an entry of the timeline, in the reader's language."""
    said = entry["data"]
    undone = "undone" if said.get("undone") else ""
    variant = said.get("what") or undone or (said.get("state") if entry["kind"] == "alert" else entry["audience"])
    found = VARIANTS.get((entry["kind"], str(variant))) or LINES.get(entry["kind"]) or Line("dot", "")
    text = gettext(found.text) % _values(entry) if found.text else ""
    return found._replace(text=text)


def words(entry: Mapping[str, Any]) -> str:
    """What stands below the line: in the reader's language where the house said it, as written where a person did."""
    return str(entry["data"].get("said", {}).get(vocabulary.language()) or entry["text"])


def _values(entry: Mapping[str, Any]) -> Mapping[str, Any]:
    """The data of an entry in words; what an older entry does not hold stays a dash."""
    said = dict(entry["data"])
    shown: dict[str, Any] = {
        key: ", ".join(map(str, one)) if isinstance(one, list) else one for key, one in said.items()
    }
    if "next" in said:
        shown["next"] = vocabulary.moment(said["next"])
    if entry["kind"] == "missed":
        shown["to"] = AUDIENCES.get(entry["audience"], "")
    if "role" in said:
        shown["role"] = ROLES.get(str(said["role"]), said["role"])
        shown["name"] = said.get("name") or gettext("nobody")
    if "section" in said:
        shown["section"] = SECTIONS.get(str(said["section"]), said["section"])
    for word in ("decider", "to", "team"):
        if word in said and entry["kind"] != "missed":
            shown[word] = who(str(said[word]))
    return _Dashes(shown)


def who(word: str) -> str:
    """A word of team or chain as people say it: “Operations · Supervisor” for operations/supervisor."""
    if word == "commander":
        return str(ROLES[word])
    department, _, place = word.partition("/")
    name = vocabulary.department(department)
    return f"{name} · {vocabulary.ROLES.get(place, place)}" if place else name


def told(template: str) -> str:
    """What a customer was told by a message of that name."""
    return str(TOLD.get(template, template))


class _Dashes(dict[str, Any]):
    def __missing__(self, key: str) -> str:
        return "–"
