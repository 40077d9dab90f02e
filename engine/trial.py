"""Tries a diagram in memory, on a virtual clock, without touching anything outside (``loopdesk try``).

Messages go between the processes of the files, timers fire at their moment, people answer at once: with the answers
given, else with nothing. What a service, send or call task would do outside is answered too, or is told as an effect.
"""

from dataclasses import dataclass, field, replace
from typing import Any

from loopdesk.engine import bpmn, feel
from loopdesk.engine.bpmn import Diagrams
from loopdesk.engine.errors import N_, LoopdeskError, Translate
from loopdesk.engine.findings import Finding, errors_of
from loopdesk.engine.host import Files
from loopdesk.engine.trial_stage import Order, Stage, Told

__all__ = ["Order", "Outcome", "run"]


@dataclass
class Outcome:
    """How it went; ``status`` is completed, waiting, failed or refused."""

    status: str = "waiting"
    told: Told = field(default_factory=Told)
    error: Exception | None = None
    findings: list[Finding] = field(default_factory=list)
    """why it was refused"""
    drafts: list[Finding] = field(default_factory=list)
    """what the file still lacks, so that some of it is not run as it is meant"""

    def as_json(self, translate: Translate = str) -> dict[str, Any]:
        """As ``loopdesk try --json`` prints it, texts in the language of ``translate``."""
        names = ("trace", "data", "waiting", "effects")
        shown = {name: feel.to_json(getattr(self.told, name)) for name in names}
        warnings = [finding.as_json(translate) for finding in self.drafts]
        return {"status": self.status, **shown, "warnings": warnings, "error": self._error(translate)}

    def _error(self, translate: Translate) -> dict[str, Any] | None:
        if self.findings:
            findings = [finding.as_json(translate) for finding in self.findings]
            return findings[0] | {"findings": findings}
        if self.error is None:
            return None
        process, _, element = str(getattr(self.error, "place", "")).partition("/")
        if not isinstance(self.error, LoopdeskError):
            return {"process": process, "element": element, "message": repr(self.error), "remedy": ""}
        texts = {"message": self.error.text(translate), "remedy": self.error.remedy_text(translate)}
        return {"process": process, "element": element, **texts}


def run(files: Files, main: str, order: Order) -> Outcome:
    """Try the process of the file ``main`` that ``order`` names, as far as it goes."""
    diagrams = bpmn.read(files)
    outcome = Outcome(findings=[item for item in errors_of(diagrams.findings) if item.file == main])
    outcome.drafts = [item for item in diagrams.findings if item.file == main and item.rule.startswith("draft.")]
    process = order.process or _first(diagrams, main)
    outcome.findings += _unknown(diagrams, main, process, order)
    if outcome.findings:
        outcome.status = "refused"
        return outcome
    stage = Stage(_answered(diagrams, order), files, order, outcome.told)
    try:
        stage.play(process)
    except Exception as error:  # noqa: BLE001 - whatever fails is what the trial was to find out, and is told in it
        outcome.error = error
        stage.failed(error)
    stage.close()
    outcome.status = "failed" if outcome.error else "completed" if outcome.told.done else "waiting"
    return outcome


def _unknown(diagrams: Diagrams, main: str, process: str, order: Order) -> list[Finding]:
    """What the order names and the files do not hold."""
    known = diagrams.processes
    elements = {item for held in known.values() for item in held.elements}
    remedy = N_("Choose one of: %(known)s")
    found = []
    for name in (process, *order.also):
        if name and name not in known:
            params: dict[str, object] = {"process": name, "known": ", ".join(known)}
            message = N_("There is no process “%(process)s” in the file.")
            found.append(Finding(main, name, "", "process.unknown", "error", message, remedy, params))
    for name in order.answers:
        if name not in elements:
            message = N_("There is no element “%(element)s” that could take the answer.")
            params = {"element": name, "known": ", ".join(sorted(elements))}
            found.append(Finding(main, name, "", "element.unknown", "error", message, remedy, params))
    return found


def _first(diagrams: Diagrams, main: str) -> str:
    known = [process for process in diagrams.processes.values() if process.file == main and process.elements]
    return known[0].id if known else ""


def _answered(diagrams: Diagrams, order: Order) -> Diagrams:
    """The diagrams, where a call with an answer calls nothing, and a plain task with one asks for it."""
    processes = {}
    for process in diagrams.processes.values():
        elements = dict(process.elements)
        for item in process.elements.values():
            if item.id in order.answers and item.kind == "callActivity":
                elements[item.id] = replace(item, extras=replace(item.extras, called=""))
            elif item.id in order.answers and item.kind in ("task", "manualTask"):
                elements[item.id] = replace(item, details=replace(item.details, answered=True))
        processes[process.id] = replace(process, elements=elements)
    return Diagrams(processes, diagrams.findings)
