"""A drill in words for the command line: the lines, the findings, the score."""

from collections.abc import Iterator

from loopdesk.desk.drills import outcome
from loopdesk.desk.drills.outcome import Outcome
from loopdesk.desk.drills.score import DONE, LATE, MISSED
from loopdesk.desk.runbooks.plans import words
from loopdesk.engine.errors import N_, Translate
from loopdesk.engine.host import Files

STATES = {DONE: N_("done"), LATE: N_("late"), MISSED: N_("not done")}


def lines(found: Outcome, files: Files, language: str, translate: Translate) -> Iterator[str]:
    """One line for each expected step, then the findings, then the score."""
    for line in found.lines:
        at = "–" if line.minute is None else f"{line.minute:g}"
        state = translate(STATES[line.state])
        yield f"  {state:<8} {at:>6} / {line.due:<6g} {line.weight:g}×  {words(line.name, language)}"
    for one in found.findings:
        yield "  ! " + outcome.said(files, one, language)
    yield translate(N_("Score: %(score)s of 100, messages kept by the recorder: %(messages)s")) % {
        "score": found.score,
        "messages": found.messages,
    }
