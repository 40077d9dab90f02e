"""The RACI matrix of a process: the only source of who has to do a task (HND-1).

``raci.yaml`` maps each activity to ``{R: [support/agent], A: support/supervisor, C: [], I: [customer_success]}``.
A side is a department, with a role after a slash where one is meant; ``{to_department}`` and ``{case.department}``
stand for a process variable and for a fact of the case.
"""

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import yaml

from loopdesk.desk import departments, facts, record
from loopdesk.desk.rights import STAFF
from loopdesk.engine import bpmn
from loopdesk.engine.errors import N_, Invalid
from loopdesk.engine.findings import Finding
from loopdesk.engine.host import Assignment, Call, Files
from loopdesk.engine.tx import Tx

FILE = "raci.yaml"
LETTERS = ("R", "A", "C", "I")
_SIDE = re.compile(r"(?P<department>[a-z][a-z0-9_]*|\{(?P<name>[a-zA-Z_][\w.]*)\})(?:/(?P<role>[a-z_]+))?")
_HUMAN = "userTask"
_ACTIVITY = re.compile(r".*[tT]ask|callActivity|subProcess|transaction|adHocSubProcess")


@dataclass(frozen=True, slots=True)
class _Activity:
    """An activity of a diagram; a ``human`` one cannot do without a line."""

    id: str
    name: str
    human: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """One activity's line of the matrix; each letter holds sides as written."""

    R: tuple[str, ...]
    A: tuple[str, ...]
    C: tuple[str, ...]
    I: tuple[str, ...]  # noqa: E741 - the matrix is called RACI

    def sides(self) -> Iterator[tuple[str, str]]:
        """(letter, side) of everything in the line."""
        for letter in LETTERS:
            for side in getattr(self, letter):
                yield letter, side


@lru_cache(maxsize=256)
def parse(content: bytes) -> Mapping[str, Row]:
    """Activity -> line. Raises `Invalid` when the file is no such matrix."""
    try:
        data = yaml.safe_load(content)
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise Invalid("%(file)s is not YAML: %(error)s", file=FILE, error=str(error)) from error
    activities = data.get("activities") if isinstance(data, Mapping) else None
    if not isinstance(activities, Mapping) or not all(isinstance(line, Mapping) for line in activities.values()):
        raise Invalid(
            "%(file)s needs “activities” with one line for each.",
            remedy=N_("Write for each activity: R: [department/role], A: department/role, C: [], I: []."),
            file=FILE,
        )
    return {str(name): Row(*(_sides(line.get(letter)) for letter in LETTERS)) for name, line in activities.items()}


def check(_name: str, files: Files, known: Collection[str]) -> list[Finding]:
    """What is wrong with the matrix of a bundle, against its diagrams and the ``known`` departments (HND-1)."""
    diagrams = bpmn.read(files)
    if diagrams.unread:
        return []  # which lines are missing or too many only the whole drawing tells
    drawn = {activity.id: activity for activity in _activities(diagrams)}
    content = files.get(FILE)
    if content is None:
        return [_missing_line(activity) for activity in drawn.values()]
    try:
        matrix = parse(content)
    except Invalid as error:
        return [Finding(FILE, "", "", "raci.file", "error", error.message, error.remedy, error.params)]
    found = [_missing_line(activity) for activity in drawn.values() if activity.id not in matrix]
    for name, row in matrix.items():
        activity = drawn.get(name, _Activity(name, ""))
        if name not in drawn:
            message = N_("“%(activity)s” is in the RACI matrix but no activity of the diagram.")
            found.append(_finding(activity, "raci.activity", message, N_("Correct the id or remove the line.")))
        found += _check_row(activity, row, known)
    return found


def assign(tx: Tx, call: Call) -> Assignment:
    """Who has to do the human task of ``call``: the first responsible side, with the whole line to show (HND-1).

    The department may see the case from now on. Raises `Invalid` for a task without a line or a place that nothing
    fills.
    """
    row = parse(call.files.get(FILE, b"activities: {}")).get(call.element)
    if row is None or not row.R:
        raise Invalid("Task %(task)s has nobody responsible in %(file)s.", task=call.element, file=FILE)
    values = _Values(tx, call)
    department, _, role = values.fill(row.R[0]).partition("/")
    if department not in departments.codes(tx):
        raise Invalid(
            "Task %(task)s goes to department %(department)s, which does not exist.",
            remedy=N_("Correct what the form or the table hands to the process."),
            task=call.element,
            department=department or "-",
        )
    record.involve(tx, call.key, department)
    shown = {letter: [values.show(side) for side in getattr(row, letter)] for letter in LETTERS}
    return Assignment(department=department, role=role, raci=shown)


class _Values:
    """Fills the places of a side from process variables, then from the facts of the case."""

    def __init__(self, tx: Tx, call: Call) -> None:
        self._tx, self._call = tx, call
        self._facts: Mapping[str, Any] | None = None

    def fill(self, side: str) -> str:
        """The side with its place filled; raises `Invalid` where nothing fills it."""
        filled = self.show(side)
        if "{" in filled:
            raise Invalid(
                "The RACI matrix needs a value for %(side)s at task %(task)s.",
                remedy=N_("Hand it to the process, or name a department in raci.yaml."),
                side=side,
                task=self._call.element,
            )
        return filled

    def show(self, side: str) -> str:
        """The side with its place filled, or as written."""
        match = _SIDE.fullmatch(side)
        if match is None or not match["name"]:
            return side
        name = match["name"]
        value = self._case(name.removeprefix("case.")) if name.startswith("case.") else self._call.data.get(name)
        return side.replace(f"{{{name}}}", str(value)) if value else side

    def _case(self, name: str) -> object:
        if self._facts is None:
            self._facts = facts.facts(self._tx, self._call.key)
        return self._facts.get(name)


def _check_row(activity: _Activity, row: Row, known: Collection[str]) -> Iterator[Finding]:
    if len(row.A) != 1:
        message = N_("“%(activity)s” has %(count)s accountable sides; it needs exactly one A.")
        remedy = N_("Keep the one side that answers for the result.")
        yield _finding(activity, "raci.accountable", message, remedy, count=len(row.A))
    if not row.R:
        message = N_("“%(activity)s” has nobody responsible; it needs at least one R.")
        yield _finding(activity, "raci.responsible", message, N_("Name who does the work."))
    for letter, side in row.sides():
        yield from _check_side(activity, letter, side, known)


def _check_side(activity: _Activity, letter: str, side: str, known: Collection[str]) -> Iterator[Finding]:
    remedy = N_("Write department/role as in the policy departments.yaml.")
    match = _SIDE.fullmatch(side)
    if match is None:
        message = N_("“%(activity)s”, %(letter)s: “%(side)s” is no department/role.")
        yield _finding(activity, "raci.side", message, remedy, letter=letter, side=side)
    elif not match["name"] and match["department"] not in known:
        message = N_("“%(activity)s”, %(letter)s: there is no department %(department)s.")
        yield _finding(activity, "raci.side", message, remedy, letter=letter, department=match["department"])
    elif match["role"] and match["role"] not in STAFF:
        message = N_("“%(activity)s”, %(letter)s: there is no role %(role)s.")
        yield _finding(activity, "raci.side", message, remedy, letter=letter, role=match["role"])


def _missing_line(activity: _Activity) -> Finding:
    """A human task without a line goes to nobody; any other activity is only without an answer for it (PRO-11)."""
    message = N_("“%(activity)s” is missing in the RACI matrix.")
    remedy = N_("Add a line with one A and at least one R to raci.yaml.")
    found = _finding(activity, "raci.missing", message, remedy)
    return found if activity.human else replace(found, severity="warning")


def _finding(activity: _Activity, rule: str, message: str, remedy: str, **params: object) -> Finding:
    named = {"activity": activity.name or activity.id, **params}
    return Finding(FILE, activity.id, activity.name, rule, "error", message, remedy, named)


def _activities(diagrams: bpmn.Diagrams) -> Iterator[_Activity]:
    """What the diagrams hold; what is wrong with them is the engine's to say."""
    for process in diagrams.processes.values():
        for element in process.elements.values():
            if _ACTIVITY.fullmatch(element.kind):
                yield _Activity(element.id, element.name, human=element.kind == _HUMAN)


def _sides(value: object) -> tuple[str, ...]:
    if value is None or value == "":
        return ()
    return tuple(str(item).strip() for item in value) if isinstance(value, list) else (str(value).strip(),)
