"""Is ``feedback.yaml`` usable? Said before it is deployed, not when a survey is due (FBK-1, FBK-2, FBK-3)."""

from collections.abc import Iterator, Mapping
from typing import Any

from loopdesk.desk import policy
from loopdesk.engine.errors import N_, Invalid
from loopdesk.engine.findings import Finding
from loopdesk.engine.host import Files

POLICY = "feedback"
FILE = f"{POLICY}.yaml"
TIMES = {"call_back": ("within", "ask_again"), "quarterly": ("active", "rest")}
ROWS = {"survey": "reminders", "call_back": "try_again"}
COUNTS = {"quarterly": "at_once"}


def check(files: Files) -> list[Finding]:
    """What is wrong with the file: a time that is none, a list of times that is none, a number that is none."""
    return policy.check(files, FILE, "feedback.unusable", _problems)


def _problems(said: Mapping[str, Any]) -> Iterator[Invalid]:
    parts = {part: _mapping(part, said.get(part)) for part in {*TIMES, *ROWS, *COUNTS, "paths"}}
    times = [
        (f"{part}.{name}", parts[part][name]) for part, names in TIMES.items() for name in names if name in parts[part]
    ]
    for kind, path in parts["paths"].items():
        times += [(f"paths.{kind}.{name}", length) for name, length in _mapping(f"paths.{kind}", path).items()]
    for part, name in ROWS.items():
        row = parts[part].get(name) or []
        if not isinstance(row, list):
            yield policy.unusable(FILE, N_("%(entry)s is a list of times, such as [P3D, P9D]."), entry=f"{part}.{name}")
            continue
        times += [(f"{part}.{name}", length) for length in row]
    for place, text in times:
        try:
            policy.duration(text)
        except Invalid:
            yield policy.unusable(FILE, N_("%(entry)s is a time such as PT48H or P14D."), entry=place)
    yield from _backwards(parts["paths"])
    for part, name in COUNTS.items():
        number = parts[part].get(name, 1)
        if not isinstance(number, int) or isinstance(number, bool) or number < 1:
            yield policy.unusable(FILE, N_("%(entry)s is a whole number from 1."), entry=f"{part}.{name}")


def _backwards(paths: Mapping[str, Any]) -> Iterator[Invalid]:
    """Kinds whose result is due before the feedback is at its department; what is no time is said elsewhere."""
    for kind, path in paths.items():
        try:
            forward, result = (policy.duration(_mapping(kind, path).get(name)) for name in ("forward", "result"))
        except Invalid:
            continue
        if result < forward:
            yield policy.unusable(FILE, N_("%(entry)s: result is no shorter than forward."), entry=f"paths.{kind}")


def _mapping(place: str, given: object) -> Mapping[str, Any]:
    if given is not None and not isinstance(given, Mapping):
        raise policy.unusable(FILE, N_("%(entry)s is a list of names with what belongs to each."), entry=place)
    return given or {}
