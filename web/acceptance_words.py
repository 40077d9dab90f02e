"""Words of acceptance for pages, links and the section of a case (FIX-5 to FIX-8)."""

from collections.abc import Iterable, Mapping
from typing import Any

from flask_babel import gettext, lazy_gettext

from loopdesk.desk import acceptance
from loopdesk.desk.acceptance import benefits, gates
from loopdesk.web.vocabulary import Look

KINDS = {
    acceptance.MONITORING: lazy_gettext("Monitoring"),
    acceptance.LOAD_TEST: lazy_gettext("Load test"),
    acceptance.USERS: lazy_gettext("Key users"),
}
STATES = {
    gates.WANTED: Look(lazy_gettext("Begins once the fix is confirmed"), "", "circle"),
    gates.RUNNING: Look(lazy_gettext("Running"), "blue", "disc"),
    gates.ACCEPTED: Look(lazy_gettext("Accepted"), "green", "check"),
    gates.REFUSED: Look(lazy_gettext("Not accepted"), "red", "cross"),
    gates.REPLACED: Look(lazy_gettext("Replaced by a newer one"), "", "minus"),
    gates.WITHDRAWN: Look(lazy_gettext("Ended: the case was opened again"), "", "minus"),
}
GATES = {
    gates.WAITING: Look(lazy_gettext("Not begun"), "", "circle"),
    gates.RUNNING: Look(lazy_gettext("Running"), "blue", "disc"),
    gates.FAILED: Look(lazy_gettext("Not met"), "red", "cross"),
    gates.MET: Look(lazy_gettext("Met"), "green", "check"),
    gates.EXCEPTED: Look(lazy_gettext("Accepted by both"), "yellow", "check"),
    gates.GIVEN_UP: Look(lazy_gettext("Handed back"), "", "minus"),
}
LOST = Look(lazy_gettext("Cannot be met any more"), "red", "octagon")
BENEFITS = {
    benefits.WAITING: Look(lazy_gettext("Not due yet"), "", "circle"),
    benefits.ASKED: Look(lazy_gettext("Finance is asked"), "blue", "disc"),
    benefits.MET: Look(lazy_gettext("Worth it"), "green", "check"),
    benefits.NOT_MET: Look(lazy_gettext("Not enough"), "red", "cross"),
}
FAILS = {
    "attainment": lazy_gettext("too few samples passed"),
    "recovery": lazy_gettext("an outage lasted too long"),
    "peak": lazy_gettext("the load was too small"),
    "hours": lazy_gettext("it was too short"),
    "success": lazy_gettext("too few requests succeeded"),
    "swing": lazy_gettext("resources swung too much"),
    "report": lazy_gettext("the file of the report is missing"),
    "overall": lazy_gettext("the overall score is too low"),
    "dimension": lazy_gettext("one dimension is too low"),
}


def look(gate: gates.Gate) -> Look:
    """The state of a gate, also that it is lost before its end."""
    return LOST if gate.lost_at is not None and gate.state == gates.RUNNING else GATES[gate.state]


def fails(codes: Iterable[str]) -> str:
    """What was not reached, as a sentence's end."""
    return ", ".join(str(FAILS.get(code, code)) for code in codes)


def figures(kind: str, measured: Mapping[str, Any], dimensions: Mapping[str, str]) -> list[tuple[str, str]]:
    """The measured figures of a round, each with its name."""
    of_kind = {
        acceptance.MONITORING: (
            ("attainment", gettext("Attainment"), " %"),
            ("missing", gettext("Missing samples"), ""),
            ("outage", gettext("Longest outage"), " min"),
            ("days", gettext("Failing days"), ""),
        ),
        acceptance.LOAD_TEST: (
            ("peak", gettext("Times the peak"), "×"),
            ("hours", gettext("Hours"), " h"),
            ("success", gettext("Success"), " %"),
            ("swing", gettext("Swing of resources"), " %"),
            ("report", gettext("Report"), ""),
        ),
        acceptance.USERS: (
            ("answers", gettext("Answers"), ""),
            ("overall", gettext("Overall score"), ""),
            ("lowest", gettext("Lowest dimension"), ""),
            ("dimension", gettext("Which one"), ""),
        ),
    }
    shown = [
        (name, measured[code], code, unit) for code, name, unit in of_kind[kind] if measured.get(code) not in (None, "")
    ]
    return [
        (name, f"{dimensions.get(str(value), value) if code == 'dimension' else value}{unit}")
        for name, value, code, unit in shown
    ]
