"""What is wrong with a matrix, against the diagrams of its bundle and the departments of the house (HND-1)."""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace

from loopdesk.desk.raci.matrix import ALL, ANY, FILE, SIDE, Row, parse
from loopdesk.desk.rights import STAFF
from loopdesk.engine import bpmn
from loopdesk.engine.errors import N_, Invalid
from loopdesk.engine.findings import Finding
from loopdesk.engine.host import Files

_HUMAN = "userTask"
_ACTIVITY = re.compile(r".*[tT]ask|callActivity|subProcess|transaction|adHocSubProcess")


@dataclass(frozen=True, slots=True)
class Activity:
    """An activity of a diagram; a ``human`` one cannot do without a line."""

    id: str
    name: str
    human: bool = False


def check(_name: str, files: Files, known: Collection[str]) -> list[Finding]:
    """What is wrong with the matrix of a bundle, against its diagrams and the ``known`` departments (HND-1)."""
    diagrams = bpmn.read(files)
    if diagrams.unread:
        return []  # which lines are missing or too many only the whole drawing tells
    drawn = {activity.id: activity for activity in activities(diagrams)}
    content = files.get(FILE)
    if content is None:
        return [_missing_line(activity) for activity in drawn.values()]
    try:
        matrix = parse(content)
    except Invalid as error:
        return [Finding(FILE, "", "", "raci.file", "error", error.message, error.remedy, error.params)]
    found = [_missing_line(activity) for activity in drawn.values() if activity.id not in matrix]
    for name, row in matrix.items():
        activity = drawn.get(name, Activity(name, ""))
        if name not in drawn:
            message = N_("“%(activity)s” is in the RACI matrix but no activity of the diagram.")
            found.append(_finding(activity, "raci.activity", message, N_("Correct the id or remove the line.")))
        found += _check_row(activity, row, known)
        if row.C and name in drawn and not activity.human:
            message = N_("“%(activity)s” is no task of a person, so nobody is there to be advised: its C asks nobody.")
            remedy = N_("Move the C to the task of a person, or make it an I.")
            found.append(replace(_finding(activity, "raci.consulted", message, remedy), severity="warning"))
    return found


def activities(diagrams: bpmn.Diagrams) -> Iterator[Activity]:
    """What the diagrams hold; what is wrong with them is the engine's to say."""
    for process in diagrams.processes.values():
        for element in process.elements.values():
            if _ACTIVITY.fullmatch(element.kind):
                yield Activity(element.id, element.name, human=element.kind == _HUMAN)


def _check_row(activity: Activity, row: Row, known: Collection[str]) -> Iterator[Finding]:
    if len(row.A) != 1:
        message = N_("“%(activity)s” has %(count)s accountable sides; it needs exactly one A.")
        remedy = N_("Keep the one side that answers for the result.")
        yield _finding(activity, "raci.accountable", message, remedy, count=len(row.A))
    if not row.R:
        message = N_("“%(activity)s” has nobody responsible; it needs at least one R.")
        yield _finding(activity, "raci.responsible", message, N_("Name who does the work."))
    if row.together not in (ALL, ANY):
        message = N_("“%(activity)s”: “together: %(together)s” says neither all nor any.")
        remedy = N_("Write all where every R has to complete it, any where the first one is enough.")
        yield _finding(activity, "raci.together", message, remedy, together=row.together)
    for letter, side in row.sides():
        yield from _check_side(activity, letter, side, known)


def _check_side(activity: Activity, letter: str, side: str, known: Collection[str]) -> Iterator[Finding]:
    remedy = N_("Write department/role as in the policy departments.yaml.")
    match = SIDE.fullmatch(side)
    if match is None:
        message = N_("“%(activity)s”, %(letter)s: “%(side)s” is no department/role.")
        yield _finding(activity, "raci.side", message, remedy, letter=letter, side=side)
    elif not match["name"] and match["department"] not in known:
        message = N_("“%(activity)s”, %(letter)s: there is no department %(department)s.")
        yield _finding(activity, "raci.side", message, remedy, letter=letter, department=match["department"])
    elif match["role"] and match["role"] not in STAFF:
        message = N_("“%(activity)s”, %(letter)s: there is no role %(role)s.")
        yield _finding(activity, "raci.side", message, remedy, letter=letter, role=match["role"])


def _missing_line(activity: Activity) -> Finding:
    """A human task without a line goes to nobody; any other activity is only without an answer for it (PRO-11)."""
    message = N_("“%(activity)s” is missing in the RACI matrix.")
    remedy = N_("Add a line with one A and at least one R to raci.yaml.")
    found = _finding(activity, "raci.missing", message, remedy)
    return found if activity.human else replace(found, severity="warning")


def _finding(activity: Activity, rule: str, message: str, remedy: str, **params: object) -> Finding:
    named = {"activity": activity.name or activity.id, **params}
    return Finding(FILE, activity.id, activity.name, rule, "error", message, remedy, named)
