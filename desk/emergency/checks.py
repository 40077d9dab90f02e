"""What is wrong with the figures and the matrix of emergencies: nobody has the time to find out in one (EMG-12)."""

import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from loopdesk.desk import policy
from loopdesk.desk.emergency.figures import FILE
from loopdesk.desk.emergency.lead import SCOPES, SEVERITIES
from loopdesk.desk.emergency.rows import COMMANDER
from loopdesk.desk.record import TIERS
from loopdesk.desk.rights import STAFF
from loopdesk.engine import dmn
from loopdesk.engine.dmn.model import Table
from loopdesk.engine.errors import N_, Invalid, LoopdeskError
from loopdesk.engine.findings import Finding
from loopdesk.engine.host import Files

BUNDLE, MATRIX = "emergency", "matrix.dmn"
TIMES = ("cadence", "room_within", "record_within")
PACES = ("external", "internal", "stable_for")
_WORD = re.compile(r'"([^"]*)"')


def check(name: str, files: Files, departments: Collection[str]) -> list[Finding]:
    """Findings on ``emergency.yaml`` of the policies and on the matrix; ``departments`` are the codes of the house."""
    found = list(_matrix(files, departments)) if name == BUNDLE and MATRIX in files else []
    if FILE not in files:
        return found
    try:
        said = policy.parse(files[FILE], FILE)
    except Invalid as error:
        return [*found, Finding(FILE, "", "", "emergency.syntax", "error", error.message, error.remedy, error.params)]
    return [*found, *_times(said), *_interfaces(said), *_commanders(said, departments)]


def _times(said: Mapping[str, Any]) -> Iterator[Finding]:
    grades = _entries(said, "grades")
    places = {name: said.get(name) for name in TIMES if name in said}
    places |= {f"grades.{code}.{name}": entry.get(name) for code, entry in grades.items() for name in PACES}
    for place, text in places.items():
        try:
            policy.duration(text, place=place)
        except Invalid as error:
            yield Finding(FILE, place, "", "emergency.duration", "error", error.message, error.remedy, error.params)


def _interfaces(said: Mapping[str, Any]) -> Iterator[Finding]:
    known = {"kind": list(_entries(said, "kinds")), "scope": SCOPES, "severity": SEVERITIES}
    for code, entry in _entries(said, "core_interfaces").items():
        for name, values in known.items():
            if entry.get(name) not in values:
                params = {"place": f"core_interfaces.{code}.{name}", "known": ", ".join(values)}
                yield _wrong(FILE, N_("%(place)s has an unknown value."), N_("Take one of %(known)s."), params)
        for name in ("users", "criticality"):
            if not isinstance(entry.get(name), int | float) or entry[name] < 0:
                params = {"place": f"core_interfaces.{code}.{name}"}
                yield _wrong(FILE, N_("%(place)s is not a number from 0 up."), N_("Write a number."), params)


def _commanders(said: Mapping[str, Any], departments: Collection[str]) -> Iterator[Finding]:
    for code in said.get("commanders") or []:
        if code not in departments:
            params = {"department": str(code)}
            yield _wrong(FILE, N_("There is no department %(department)s."), N_("Correct the code."), params)


def _matrix(files: Files, departments: Collection[str]) -> Iterator[Finding]:
    """Words of team and chain that call nobody: an unknown department, tier or role."""
    try:
        decisions = dmn.read(files[MATRIX], file=MATRIX).definitions.decisions
    except LoopdeskError:
        return  # its own finding says why
    wanted = {"team": {*TIERS, *STAFF}, "chain": set(STAFF)}
    for table in (one.logic for one in decisions.values() if isinstance(one.logic, Table)):
        for place, output in enumerate(table.outputs):
            words = {word for rule in table.rules for word in _WORD.findall(rule.outputs[place])}
            for word in sorted(words if output.name in wanted else ()):
                department, parted, role = word.partition("/")
                known = department in departments and (not parted or role in wanted[output.name])
                if not known and not (word == COMMANDER and output.name == "chain"):
                    remedy = N_("Write department/tier for the team, commander or department/role for the chain.")
                    yield _wrong(MATRIX, N_("“%(word)s” calls nobody."), remedy, {"word": word})


def _entries(said: Mapping[str, Any], name: str) -> Mapping[str, Mapping[str, Any]]:
    found = said.get(name)
    entries = found.items() if isinstance(found, Mapping) else ()
    return {str(code): entry if isinstance(entry, Mapping) else {} for code, entry in entries}


def _wrong(file: str, message: str, remedy: str, params: Mapping[str, object]) -> Finding:
    return Finding(file, str(params.get("place", "")), "", "emergency.unusable", "error", message, remedy, dict(params))
