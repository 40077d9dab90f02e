"""All that can be said about a process folder beyond its diagrams and tables: one list for `check` and deployments."""

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from loopdesk.desk import calendars, facts, intake_checks, policy, raci, retention
from loopdesk.desk.classification import examples
from loopdesk.desk.diagnosis import checks as diagnosis
from loopdesk.desk.duplicates import rules as duplicates
from loopdesk.desk.runbooks import checks as runbooks
from loopdesk.desk.sla import checks as sla
from loopdesk.engine.errors import N_, Invalid
from loopdesk.engine.findings import Finding
from loopdesk.engine.host import Files
from loopdesk.forms import checks, gaps

NAMED = ("breach-causes.yaml", "catalogues.yaml", "channels.yaml", "departments.yaml")
"""Policies whose entries people read by name."""
LANGUAGES = ("en", "zh")


def check(
    name: str, files: Files, *, departments: Collection[str], classes: Collection[str], kinds: Collection[str] = ()
) -> list[Finding]:
    """Findings on the folder ``name``: ``departments`` are the codes of the house, ``classes`` those of problems,
    ``kinds`` those of emergencies."""
    found = raci.check(name, files, departments)
    for file in sorted(file for file in files if file.endswith(".form")):
        found += checks.check(files[file], file=file, facts=facts.NAMES)
    found += examples.check(name, files) + intake_checks.check(files) + duplicates.check(files)
    found += diagnosis.check(name, files, classes) + gaps.check(files) + calendars.check(files)
    found += runbooks.check(name, files, departments, kinds)
    return found + retention.check(files) + sla.check(files) + _names(files)


def _names(files: Files) -> list[Finding]:
    """Names that one of the two languages lacks: its readers would see the other one, or a code."""
    found = []
    for file in (file for file in NAMED if file in files):
        try:
            said = policy.parse(files[file], file)
        except Invalid as error:
            found.append(Finding(file, "", "", "policy.syntax", "error", error.message, error.remedy, error.params))
            continue
        for place, texts in _texts(said, ""):
            message, remedy = N_("%(place)s has no text in %(language)s."), N_("Write both: {en: …, zh: …}.")
            found += [
                Finding(file, place, "", "policy.language", "error", message, remedy, {"place": place, "language": one})
                for one in LANGUAGES
                if not str(texts.get(one) or "").strip()
            ]
    return found


def _texts(value: Any, place: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    if not isinstance(value, Mapping):
        return
    if set(value) & set(LANGUAGES):
        yield place, value
        return
    for key, inner in value.items():
        yield from _texts(inner, f"{place}.{key}" if place else str(key))
