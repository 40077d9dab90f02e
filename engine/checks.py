"""What forbids a folder to be deployed: diagrams, tables, what they refer to, and what the upper rooms find."""

import inspect
import re
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath
from typing import Any

from loopdesk.engine import bpmn, columns, dmn, factnames, scripts, yamlfiles
from loopdesk.engine.bundle import is_texts, read_texts
from loopdesk.engine.errors import N_, Invalid
from loopdesk.engine.findings import Finding, errors_of
from loopdesk.engine.host import SCRIPTS_REMEDY, Files, Host, no_scripts
from loopdesk.engine.tx import Tx

MAX_BYTES = 20 * 1024 * 1024
MAX_FILES = 500
_MONTHS = re.compile(r"P\d+[YM]|P\d+Y\d+M")


def check(tx: Tx | None, name: str, files: Files, host: Host) -> list[Finding]:
    """All findings on a folder that is about to be deployed as ``name``; ``tx`` is the deployment's, if one runs."""
    findings = list(_sizes(files))
    if findings:
        return findings
    diagrams = bpmn.read(files)
    findings = [*diagrams.findings]
    findings += [*_texts(files), *_twice(files)]
    decisions = _decisions(files, findings)
    for process in diagrams.processes.values():
        for element in process.elements.values():
            findings += _references(process, element, decisions, host)
            findings += _calendar(tx, process, element, host)
            findings += _script(process, element, host)
        findings += columns.check(process, decisions or {})
    if any(PurePosixPath(path).suffix == ".bpmn" for path in files) and name not in diagrams.processes:
        message = N_("No diagram of the folder holds a process with the id “%(name)s”.")
        if not errors_of(diagrams.findings):
            findings.append(_finding(name, "bundle.process", message, N_("Name the process as the folder."), name=name))
    return [*findings, *factnames.check(files, diagrams, host.fact_names), *host.check(tx, name, files)]


def _sizes(files: Files) -> list[Finding]:
    if not files:
        return [_finding("", "bundle.empty", N_("The folder is empty."), N_("Add a diagram."))]
    if len(files) > MAX_FILES or sum(map(len, files.values())) > MAX_BYTES:
        message = N_("The folder has more than %(files)s files or %(size)s MB.")
        remedy = N_("Keep only what the process needs.")
        return [_finding("", "bundle.size", message, remedy, files=MAX_FILES, size=MAX_BYTES // 1024**2)]
    found = []
    for path in files:
        parts = PurePosixPath(path).parts
        if path.startswith("/") or ".." in parts or "\\" in path or not parts:
            message = N_("“%(path)s” is not a path inside the folder.")
            found.append(_finding(path, "bundle.path", message, N_("Rename the file."), path=path))
    return found


def _texts(files: Files) -> list[Finding]:
    found = []
    for path in filter(is_texts, files):
        try:
            read_texts(files[path], path)
        except Invalid as error:
            remedy = N_("Correct the file.")
            found.append(Finding(path, "", "", "texts.syntax", "error", error.message, remedy, dict(error.params)))
    return found


def _twice(files: Files) -> Iterator[Finding]:
    message = N_("“%(key)s” stands in line %(first)s and again in line %(again)s; only the last would count.")
    for path in sorted(path for path in files if PurePosixPath(path).suffix in (".yaml", ".yml")):
        for one in yamlfiles.twice(files[path]):
            params: dict[str, object] = {"key": one.key, "first": one.first, "again": one.again}
            remedy = N_("Keep the one that is meant.")
            yield Finding(path, one.key, one.key, "yaml.twice", "error", message, remedy, params)


def _decisions(files: Files, findings: list[Finding]) -> dict[str, dmn.Decision] | None:
    """The decisions of the folder's tables, right or wrong; None when a file cannot be read, for it may hold any."""
    known: dict[str, dmn.Decision] = {}
    unread = False
    for path in sorted(path for path in files if PurePosixPath(path).suffix == ".dmn"):
        found = dmn.check(files[path], file=path)
        findings += found
        try:
            known |= dmn.read(files[path], file=path).decisions
        except Invalid:
            unread = True  # its findings say why
    return None if unread else known


def _references(
    process: bpmn.Process, element: bpmn.Element, decisions: Mapping[str, dmn.Decision] | None, host: Host
) -> list[Finding]:
    extras = element.extras
    lost = decisions is not None and extras.decision not in decisions
    if element.kind == "businessRuleTask" and extras.decision and lost:
        message = N_("The decision “%(decision)s” is in no table of this folder that can be read.")
        remedy = N_("Add the table, or correct the decision's id.")
        return [_on(process, element, "task.decision", message, remedy, decision=extras.decision)]
    if element.kind not in ("serviceTask", "sendTask") or not extras.task or extras.task in host.effects:
        return []
    operation = host.operations.get(extras.task)
    if operation is None:
        message = N_("There is no operation “%(operation)s”.")
        remedy = N_("Choose one of: %(known)s")
        known = ", ".join(sorted({*host.operations, *host.effects}))
        return [_on(process, element, "task.operation", message, remedy, operation=extras.task, known=known)]
    wrong = mismatch(operation, {line.target.split(".")[0]: None for line in extras.inputs})
    if not wrong:
        return []
    message = N_("The inputs do not fit the operation “%(operation)s”: %(reason)s.")
    return [
        _on(process, element, "task.inputs", message, N_("Correct the inputs."), operation=extras.task, reason=wrong)
    ]


def _calendar(tx: Tx | None, process: bpmn.Process, element: bpmn.Element, host: Host) -> list[Finding]:
    """A calendar is known, and what counts on it is working time (SLA-2)."""
    name = element.extras.properties.get("calendar", "")
    if not name or bpmn.is_expression(name):
        return []
    known = host.calendar_names(tx)
    if known is not None and name not in known:
        message, remedy = N_("There is no calendar “%(calendar)s”."), N_("Choose one of: %(known)s")
        said = ", ".join(known) or "-"
        return [_on(process, element, "timer.calendar", message, remedy, calendar=name, known=said)]
    texts = [trigger.text for trigger in element.trigger.each if trigger.timer in ("duration", "cycle")]
    texts.append(element.extras.properties.get("timeLimit", ""))
    return [
        _on(
            process,
            element,
            "timer.calendar",
            N_("“%(text)s” counts months or years, which are no working time."),
            N_("Write weeks, days or hours, or remove the calendar."),
            text=text,
        )
        for text in texts
        if not bpmn.is_expression(text) and _MONTHS.search(text)
    ]


def _script(process: bpmn.Process, element: bpmn.Element, host: Host) -> list[Finding]:
    """A Python script is allowed, and one that the sandbox runs."""
    source = element.extras.program
    if not source:
        return []
    if host.run_script is no_scripts:
        message = N_("Python scripts are not allowed in this house.")
        return [_on(process, element, "script.python", message, SCRIPTS_REMEDY)]
    try:
        scripts.names(source)
    except Invalid as error:
        return [_on(process, element, "script.python", error.message, error.remedy, **error.params)]
    return []


def mismatch(operation: Any, inputs: dict[str, Any]) -> str:
    """Why an operation cannot be called with these inputs; empty when it can."""
    try:
        inspect.signature(operation).bind(None, None, None, **inputs)
    except TypeError as error:
        return str(error)
    return ""


def _on(
    process: bpmn.Process, element: bpmn.Element, rule: str, message: str, remedy: str, **params: object
) -> Finding:
    return Finding(process.file, element.id, element.name, rule, "error", message, remedy, params)


def _finding(file: str, rule: str, message: str, remedy: str, **params: object) -> Finding:
    return Finding(file, "", "", rule, "error", message, remedy, params)
