"""What is wrong with the policies of the departments' work together, before they are deployed (HND-8, HND-9)."""

from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any

from loopdesk.desk import policy
from loopdesk.desk.team import risk, series
from loopdesk.engine import dmn
from loopdesk.engine.dmn.model import Table
from loopdesk.engine.errors import N_, Invalid, LoopdeskError
from loopdesk.engine.findings import Finding
from loopdesk.engine.host import Files

MEETINGS = f"{series.POLICY}.yaml"


def check(files: Files, departments: Collection[str]) -> list[Finding]:
    """Findings on ``meetings.yaml`` and ``risk.yaml``; ``departments`` are the codes of the house."""
    found: list[Finding] = []
    for file, look in ((MEETINGS, lambda said: _meetings(said, departments)), (risk.FILE, _risk)):
        if file in files:
            found += _findings(file, files[file], look)
    return found + list(_risk_table(files))


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


def _risk_table(files: Files) -> Iterator[Finding]:
    """Levels and reasons that the table gives and ``risk.yaml`` has no name for: at night the job would end there."""
    try:
        said = policy.parse(files[risk.FILE], risk.FILE)
        decisions = dmn.read(files[risk.TABLE], file=risk.TABLE).definitions.decisions
    except (KeyError, LoopdeskError):
        return  # its own finding says why; a house without them takes ours
    known = {"level": set(said.get("levels") or ()), "reason": set(said.get("reasons") or ())}
    for table in (one.logic for one in decisions.values() if isinstance(one.logic, Table)):
        for place, output in enumerate(table.outputs):
            words = dict.fromkeys(_word(rule.outputs[place]) for rule in table.rules) if output.name in known else {}
            for word in (word for word in words if word and word not in known[output.name]):
                message = N_("The table risk.dmn gives %(what)s “%(word)s”, which risk.yaml does not know.")
                remedy = N_("Correct the table, or add it to risk.yaml.")
                params: dict[str, object] = {"what": output.name, "word": word}
                yield Finding(risk.TABLE, output.name, "", "team.unusable", "error", message, remedy, params)


def _word(cell: str) -> str:
    """The text that a cell gives; empty for one that has to be reckoned."""
    text = cell.strip()
    return text[1:-1] if len(text) > 1 and text[0] == text[-1] == '"' else ""
