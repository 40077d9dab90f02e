"""Checking diagrams and whole process folders from files alone, without a database."""

from pathlib import Path
from typing import cast

import loopdesk
from loopdesk.desk import operations, policy, raci
from loopdesk.desk.store import Store
from loopdesk.engine import bpmn, bundles
from loopdesk.engine.checks import check
from loopdesk.engine.findings import Finding
from loopdesk.engine.host import Files, Host
from loopdesk.forms import checks as form_checks
from loopdesk.forms import gaps

SHIPPED = Path(loopdesk.__file__).parent / "workflows"


def beside(path: Path, data: bytes) -> dict[str, bytes]:
    """A diagram with the forms and tables of its folder, and the diagrams there whose processes it calls."""
    near = {other.name: other.read_bytes() for kind in ("*.dmn", "*.form") for other in sorted(path.parent.glob(kind))}
    files = {**near, path.name: data}
    others = {other.name: other for other in sorted(path.parent.glob("*.bpmn")) if other.name != path.name}
    known: dict[str, set[str]] = {}
    while others:
        diagrams = bpmn.read(files)
        lost = bpmn.calls(diagrams) - set(diagrams.processes)
        if lost and not known:
            known = {name: set(bpmn.read({name: other.read_bytes()}).processes) for name, other in others.items()}
        found = [name for name in others if known.get(name, set()) & lost and not known[name] & set(diagrams.processes)]
        if not found:
            break
        files[found[0]] = others.pop(found[0]).read_bytes()
    return files


def check_diagram(path: Path, data: bytes) -> list[Finding]:
    """Findings on one diagram; its forms, tables and called processes are looked for beside it."""
    findings = bpmn.read(beside(path, data)).findings
    return [_at(path, finding) for finding in findings if finding.file == path.name]


def check_folder(path: Path, _data: bytes) -> list[Finding]:
    """Findings on a process folder, as its deployment would have them."""
    beside = path.parent / "policies" / "departments.yaml"
    file = beside if beside.is_file() else SHIPPED / "policies" / beside.name
    known = policy.parse(file.read_bytes(), str(file)).get("departments", {})

    def upper(name: str, files: Files) -> list[Finding]:
        forms = (form_checks.check(files[file], file=file) for file in sorted(files) if file.endswith(".form"))
        return [*raci.check(name, files, known), *(finding for found in forms for finding in found), *gaps.check(files)]

    # Only the names and inputs of the operations are looked at, nothing is stored.
    host = Host(operations=operations.build("", cast(Store, None)), check=upper)
    findings = check(None, path.resolve().name, bundles.read_folder(path), host)
    return [_at(path / finding.file, finding) for finding in findings]


def _at(path: Path, finding: Finding) -> Finding:
    return Finding(
        str(path),
        finding.element,
        finding.name,
        finding.rule,
        finding.severity,
        finding.message,
        finding.remedy,
        finding.params,
    )
