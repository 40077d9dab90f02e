"""Checking diagrams and whole process folders from files alone, without a database."""

import os
import re
from pathlib import Path
from typing import cast

import loopdesk
from loopdesk.connectors.webhook import Webhook
from loopdesk.desk import bundle_checks, calendars, facts, operations, policy
from loopdesk.desk.classification import examples
from loopdesk.desk.store import Store
from loopdesk.engine import bpmn, bundles
from loopdesk.engine.calendar import Calendars
from loopdesk.engine.checks import check
from loopdesk.engine.errors import N_
from loopdesk.engine.findings import Finding
from loopdesk.engine.host import Files, Host, no_scripts
from loopdesk.engine.scripts import Sandbox
from loopdesk.engine.tx import Tx

SANDBOX = Sandbox()
"""Starts nothing before its first script."""
SHIPPED = Path(loopdesk.__file__).parent / "workflows"


CALLED = re.compile(rb"""\s(?:calledElement|processId)=["']([^"'=]+)["']""")
PROCESS = re.compile(rb"""<(?:[\w.-]+:)?process\s[^>]*?\bid=["']([^"']+)["']""")


def beside(path: Path, data: bytes) -> dict[str, bytes]:
    """A diagram with the forms and tables of its folder, and the diagrams there whose processes it calls.

    Who calls whom is only looked for here, in the bytes; the reader decides what it means.
    """
    near = {other.name: other.read_bytes() for kind in ("*.dmn", "*.form") for other in sorted(path.parent.glob(kind))}
    files = {**near, path.name: data}
    held, lost = set(PROCESS.findall(data)), set(CALLED.findall(data))
    others = [other for other in sorted(path.parent.glob("*.bpmn")) if other.name != path.name]
    texts = {other.name: other.read_bytes() for other in others} if lost - held else {}
    while found := [name for name, text in texts.items() if _answers(set(PROCESS.findall(text)), held, lost)]:
        text = files[found[0]] = texts.pop(found[0])
        held, lost = held | set(PROCESS.findall(text)), lost | set(CALLED.findall(text))
    return files


def _answers(holds: set[bytes], held: set[bytes], lost: set[bytes]) -> bool:
    """Whether a file holds a process that is called and not here, and none that is here already."""
    return bool(holds & (lost - held)) and not holds & held


def check_diagram(path: Path, data: bytes) -> list[Finding]:
    """Findings on one diagram; its forms, tables and called processes are looked for beside it."""
    findings = bpmn.read(beside(path, data)).findings
    return [_at(path, finding) for finding in findings if finding.file == path.name]


def check_folder(path: Path, _data: bytes) -> list[Finding]:
    """Findings on a process folder, as its deployment would have them."""
    file = _policies(path, "departments.yaml")
    known = policy.parse(file.read_bytes(), str(file)).get("departments", {})
    classes = examples.classes(bundles.read_folder(_beside(path, examples.BUNDLE)))
    kinds = policy.parse(_policies(path, "emergency.yaml").read_bytes(), "emergency.yaml").get("kinds", {})
    hours = calendars.names(_policies(path, calendars.FILE).read_bytes())

    def upper(_tx: Tx | None, name: str, files: Files) -> list[Finding]:
        return bundle_checks.check(name, files, departments=known, classes=classes, kinds=kinds)

    # Only the names and inputs of the operations are looked at, nothing is stored.
    host = Host(
        operations=operations.build("", cast(Store, None)),
        effects=Webhook.effects,
        fact_names=facts.NAMES,
        calendar_names=lambda _tx: hours,
        run_script=SANDBOX.run if scripts_allowed() else no_scripts,
        check=upper,
    )
    files = bundles.read_folder(path)
    findings = check(None, path.resolve().name, files, host) + _unreachable(files)
    return [_at(path / finding.file, finding) for finding in findings]


def _unreachable(files: Files) -> list[Finding]:
    """What a deployment takes, but a house with this environment would not do."""
    if os.environ.get("LOOPDESK_WEBHOOK_HOSTS", "").strip():
        return []
    message = N_("“%(name)s” posts to another system, and this environment allows none.")
    remedy = N_("Set LOOPDESK_WEBHOOK_HOSTS where Loopdesk runs, such as api.example.com or api.example.com:8443.")
    return [
        Finding(process.file, element.id, element.name, "task.hosts", "warning", message, remedy, {"name": element.id})
        for process in bpmn.read(files).processes.values()
        for element in process.elements.values()
        if element.extras.task in Webhook.effects
    ]


def scripts_allowed() -> bool:
    """Whether the environment allows script tasks in Python, as it would a running house."""
    return os.environ.get("LOOPDESK_PYTHON_SCRIPTS", "").strip().lower() in ("1", "true", "yes", "on")


def _beside(path: Path, name: str) -> Path:
    """A folder or file beside a process folder, else the shipped one."""
    beside = path.resolve().parent / name
    return beside if beside.exists() else SHIPPED / name


def _policies(path: Path, name: str) -> Path:
    return _beside(path, f"policies/{name}")


def calendars_beside(file: Path) -> Calendars:
    """The calendars that a diagram's timers count on when it is tried."""
    return calendars_of(file.resolve().parent)


def calendars_of(folder: Path) -> Calendars:
    """The calendars that the timers of a process folder count on."""
    return calendars.read(_policies(folder, calendars.FILE).read_bytes())


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
