"""Who the letters of a line mean for one case: departments and roles, with their places filled (HND-1, HND-7)."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from loopdesk.desk import departments, facts, record
from loopdesk.desk.raci.matrix import FILE, LETTERS, SIDE, of_files
from loopdesk.engine.errors import N_, Invalid
from loopdesk.engine.host import Assignment, Call, Files
from loopdesk.engine.tx import Tx


def assign(tx: Tx, call: Call) -> Assignment:
    """Who has to do the human task of ``call``: each responsible side, with the whole line to show (HND-1, HND-7).

    Their departments may see the case from now on. Raises `Invalid` for a task without a line or a place that nothing
    fills.
    """
    row = of_files(call.files).get(call.element)
    if row is None or not row.R:
        raise Invalid("Task %(task)s has nobody responsible in %(file)s.", task=call.element, file=FILE)
    values = Values(tx, call)
    sides = dict.fromkeys(values.fill(side) for side in row.R)
    shown = {letter: [values.show(side) for side in getattr(row, letter)] for letter in LETTERS}
    if len(sides) > 1:
        shown["together"] = [row.together]
    first, *others = [_assignment(tx, call, side, shown) for side in sides]
    return replace(first, beside=tuple(others))


def _assignment(tx: Tx, call: Call, side: str, shown: Mapping[str, list[str]]) -> Assignment:
    department, _, role = side.partition("/")
    if department not in departments.codes(tx):
        raise Invalid(
            "Task %(task)s goes to department %(department)s, which does not exist.",
            remedy=N_("Correct what the form or the table hands to the process."),
            task=call.element,
            department=department or "-",
        )
    record.involve(tx, call.key, department)
    return Assignment(department=department, role=role, raci=shown)


def together(files: Files, element: str) -> str:
    """Whether ``all`` or ``any`` of an activity's responsible sides have to complete it; empty for one side alone."""
    row = of_files(files).get(element)
    return row.together if row is not None and len(row.R) > 1 else ""


class Values:
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
        match = SIDE.fullmatch(side)
        if match is None or not match["name"]:
            return side
        name = match["name"]
        value = self._case(name.removeprefix("case.")) if name.startswith("case.") else self._call.data.get(name)
        return side.replace(f"{{{name}}}", str(value)) if value else side

    def _case(self, name: str) -> object:
        if self._facts is None:
            self._facts = facts.facts(self._tx, self._call.key)
        return self._facts.get(name)
