"""The times of a case as its customer reads them: reported, first answer, expected, solved, closed (COM-8)."""

from datetime import datetime
from typing import NamedTuple

from flask_babel import gettext

from loopdesk.desk import clocks
from loopdesk.desk.record import Case
from loopdesk.engine.tx import Tx

WORKED_ON = ("new", "open", "waiting")


class Moment(NamedTuple):
    """One time: what it is, when, and in words where there is none yet."""

    text: str
    at: datetime | None
    said: str = ""


def of_case(tx: Tx, found: Case) -> list[Moment]:
    """All of them; what is still to come says so."""
    answered = clocks.first_reply(tx, found.number)
    first = Moment(gettext("First answer"), answered, "" if answered else gettext("not yet"))
    return [Moment(gettext("Reported"), found.opened_at), first, *ahead(found)]


def ahead(found: Case) -> list[Moment]:
    """What a list of cases shows beside the report: by when it is expected, or when it was solved and closed."""
    if found.status in WORKED_ON:
        paused = gettext("when we have your answer") if found.status == "waiting" else gettext("not known yet")
        due = found.due_at if found.status != "waiting" else None
        return [Moment(gettext("Expected by"), due, "" if due else paused)]
    closed = Moment(gettext("Closed"), found.closed_at, "" if found.closed_at else gettext("not yet"))
    return [Moment(gettext("Solved"), found.solved_at), closed] if found.solved_at else [closed]
