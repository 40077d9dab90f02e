"""What a drill has shown: each expected step with its state, the score, and what has to be put right (EMG-10)."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from loopdesk.desk.drills import plans
from loopdesk.desk.drills import score as scoring
from loopdesk.desk.drills.score import DONE, Figures, Line
from loopdesk.desk.runbooks.plans import Text, words
from loopdesk.engine.host import Files

LATE, MISSED, UPDATE, REFUSED, BROKEN = "late", "missed", "update", "refused", "broken"
"""Kinds of findings: a late step, a missed one, a promised update that did not come, an answer that the process
refused, a step of the process that failed."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a participant did at a minute after the alert.

    ``kind`` is step (of the runbook), task (of the process) or update; ``id`` the step, the element or the audience.
    ``data`` are the fields of a task's form, or the ``text`` of an update.
    """

    minute: float
    kind: str
    id: str
    by: str
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Found:
    """One finding: about what, at which minute or by how many ``minutes``; ``said`` is what the house answered, or how
    many updates were missed."""

    kind: str
    id: str
    name: Text
    minutes: int
    said: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a drill went: ``messages`` is how many the recorder kept instead of sending them."""

    drill: str
    minutes: int
    score: int
    lines: tuple[Line, ...]
    findings: tuple[Found, ...]
    messages: int

    def as_json(self) -> dict[str, Any]:
        """As it is kept and printed; `read` makes it an outcome again."""
        made = asdict(self)
        for line, row in zip(self.lines, made["lines"], strict=True):
            row["state"] = line.state
        return made


def read(kept: Mapping[str, Any]) -> Outcome:
    """An outcome as `Outcome.as_json` kept it."""
    lines = [{name: value for name, value in row.items() if name != "state"} for row in kept["lines"]]
    parts = {"lines": tuple(Line(**row) for row in lines), "findings": tuple(Found(**row) for row in kept["findings"])}
    return Outcome(**{**kept, **parts})


def of(
    drill: str,
    minutes: int,
    lines: Sequence[Line],
    further: Sequence[Found],
    figures: Figures,
    *,
    updates: Sequence[tuple[str, int]] = (),
    messages: int = 0,
) -> Outcome:
    """The outcome of expected ``lines``, ``further`` findings (refused answers, what broke) and missed ``updates``.

    Each missed update, an audience and a minute, costs points; those of one audience are one finding.
    """
    # What was tried and refused is told once, by the refusal.
    tried = {one.id for one in further if one.kind == REFUSED}
    short = [line for line in lines if line.state != DONE and not (line.minute is None and line.id in tried)]
    findings = [*(_of_line(line, minutes) for line in short), *further, *_silences(updates)]
    total = scoring.score(lines, len(updates), figures)
    return Outcome(drill, minutes, total, tuple(lines), tuple(findings), messages)


def said(files: Files, found: Found, language: str) -> str:
    """A finding as the folder of drills words it."""
    name = words(found.name, language) or (plans.said(files, found.id, language) if found.kind == UPDATE else found.id)
    return plans.said(files, f"finding_{found.kind}", language, name=name, minutes=found.minutes, said=found.said)


def _silences(updates: Sequence[tuple[str, int]]) -> list[Found]:
    minutes: dict[str, list[int]] = {}
    for audience, minute in updates:
        minutes.setdefault(audience, []).append(minute)
    return [Found(UPDATE, audience, {}, found[0], str(len(found))) for audience, found in minutes.items()]


def _of_line(line: Line, end: int) -> Found:
    if line.minute is None:
        return Found(MISSED, line.id, line.name, end)
    return Found(LATE, line.id, line.name, round(line.minute - line.due))
