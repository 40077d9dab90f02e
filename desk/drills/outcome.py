"""What a drill has shown: each expected step with its state, the score, and what has to be put right (EMG-10)."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from loopdesk.desk.drills import score as scoring
from loopdesk.desk.drills.score import DONE, Figures, Line
from loopdesk.desk.runbooks.plans import Text, words

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
    """One finding: about what, at which minute or by how many ``minutes``, and what was ``said`` by the house."""

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
    messages: int,
) -> Outcome:
    """The outcome of expected ``lines`` and ``further`` findings (updates, refused answers, what broke)."""
    missed = sum(one.kind == UPDATE for one in further)
    # What was tried and refused is told once, by the refusal.
    tried = {one.id for one in further if one.kind == REFUSED}
    short = [line for line in lines if line.state != DONE and not (line.minute is None and line.id in tried)]
    findings = [*(_of_line(line, minutes) for line in short), *further]
    total = scoring.score(lines, missed, figures)
    return Outcome(drill, minutes, total, tuple(lines), tuple(findings), messages)


def said(found: Found, language: str) -> dict[str, object]:
    """What the texts of a finding are filled with."""
    return {"name": words(found.name, language) or found.id, "minutes": found.minutes, "said": found.said}


def _of_line(line: Line, end: int) -> Found:
    if line.minute is None:
        return Found(MISSED, line.id, line.name, end)
    return Found(LATE, line.id, line.name, round(line.minute - line.due))
