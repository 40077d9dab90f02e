"""What is wrong with the policies of the departments' work together, before they are deployed (HND-8, HND-9)."""

from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any

from loopdesk.desk import policy
from loopdesk.desk.team import risk, series
from loopdesk.engine.errors import N_, Invalid
from loopdesk.engine.findings import Finding
from loopdesk.engine.host import Files

MEETINGS = f"{series.POLICY}.yaml"


def check(files: Files, departments: Collection[str]) -> list[Finding]:
    """Findings on ``meetings.yaml`` and ``risk.yaml``; ``departments`` are the codes of the house."""
    found: list[Finding] = []
    for file, look in ((MEETINGS, lambda said: _meetings(said, departments)), (risk.FILE, _risk)):
        if file in files:
            found += _findings(file, files[file], look)
    return found


def _findings(file: str, content: bytes, look: Callable[[Mapping[str, Any]], Iterator[Invalid]]) -> Iterator[Finding]:
    try:
        problems = list(look(policy.parse(content, file)))
    except Invalid as error:
        problems = [error]
    for one in problems:
        yield Finding(file, one.place, "", "team.unusable", "error", one.message, one.remedy, dict(one.params))


def _meetings(said: Mapping[str, Any], departments: Collection[str]) -> Iterator[Invalid]:
    for code, entry in (said.get("series") or {}).items():
        try:
            found = series.read(str(code), entry)
        except Invalid as error:
            yield error
            continue
        for name in {*found.departments, found.chair} - set(departments):
            yield Invalid(
                "Series %(series)s of meetings.yaml names department %(department)s, which does not exist.",
                remedy=N_("Take a code of departments.yaml."),
                series=found.id,
                department=name,
            )


def _risk(said: Mapping[str, Any]) -> Iterator[Invalid]:
    try:
        risk.read(said)
    except Invalid as error:
        yield error
