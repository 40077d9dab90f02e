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
BESIDE = ("*.bpmn", "*.dmn", "*.form")
"""What a diagram may refer to."""


def check_diagram(path: Path, data: bytes) -> list[Finding]:
    """Findings on one diagram; its forms and tables are looked for beside it."""
    files = {other.name: other.read_bytes() for pattern in BESIDE for other in sorted(path.parent.glob(pattern))}
    findings = bpmn.read({**files, path.name: data}).findings
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
