"""What the participants of a drill did, as a file: at which minute after the alert who did what (EMG-10).

``answers`` is a list; each has ``at`` (minutes), one of ``step`` (of the runbook), ``task`` (an element of the process)
and ``update`` (external or internal), and may say ``by``, ``with`` (fields of the task's form) and ``text`` (of an
update). ``by`` beside the list is who did what nobody else is named for.
"""

from collections.abc import Mapping
from typing import Any

from loopdesk.desk import policy
from loopdesk.desk.drills.history import UPDATE
from loopdesk.desk.drills.outcome import Answer
from loopdesk.desk.drills.plans import Drill
from loopdesk.desk.drills.score import STEP, TASK
from loopdesk.desk.emergency import AUDIENCES
from loopdesk.desk.runbooks.plans import Plan, rows_of
from loopdesk.engine.errors import N_, Invalid

KINDS = (STEP, TASK, UPDATE)
REMEDY = N_("Write it like {at: 12, step: confirm, by: Li Na}.")


def read(content: bytes, file: str, drill: Drill, book: Plan) -> list[Answer]:
    """The answers of a file; raises `Invalid` that names the answer which is wrong, by its place in the list."""
    data = policy.parse(content, file)
    somebody = str(data.get("by") or "Group")
    rows = rows_of(file, "answers", data)
    return [_answer(file, number, row, somebody, drill, book) for number, row in enumerate(rows, 1)]


def _answer(file: str, number: int, row: Mapping[str, Any], somebody: str, drill: Drill, book: Plan) -> Answer:
    kinds = [kind for kind in KINDS if row.get(kind)]
    if len(kinds) != 1:
        raise Invalid(
            "%(file)s, answer %(number)s: it needs one of step, task and update.",
            remedy=REMEDY,
            file=file,
            number=number,
        )
    kind, at, given = kinds[0], row.get("at"), row.get("with") or {}
    known = {
        STEP: [step.id for step in book.steps],
        TASK: [task.id for task in drill.tasks],
        UPDATE: list(AUDIENCES),
    }[kind]
    if not isinstance(at, int | float) or isinstance(at, bool) or not 0 <= at <= drill.minutes:
        raise Invalid(
            "%(file)s, answer %(number)s: “at” has to be a minute from 0 to %(most)s.",
            remedy=REMEDY,
            file=file,
            number=number,
            most=drill.minutes,
        )
    if row[kind] not in known or not isinstance(given, Mapping):
        raise Invalid(
            "%(file)s, answer %(number)s: the drill has no %(kind)s “%(name)s”.",
            remedy=N_("Choose one of: %(known)s."),
            file=file,
            number=number,
            kind=kind,
            name=str(row[kind]),
            known=", ".join(known),
        )
    text = {"text": str(row["text"])} if row.get("text") else {}
    return Answer(at, kind, str(row[kind]), str(row.get("by") or somebody), {**given, **text})
