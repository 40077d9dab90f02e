"""The matrix as a table for people and programs: its lines, what a change would change, and its deployment (HND-1)."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from loopdesk.desk import departments
from loopdesk.desk.raci import checks
from loopdesk.desk.raci.matrix import ALL, FILE, LETTERS, Row, parse, written
from loopdesk.engine import bpmn, bundles
from loopdesk.engine.actor import Actor
from loopdesk.engine.bundle import Bundle, Deployment
from loopdesk.engine.errors import N_, Conflict, Invalid, Missing
from loopdesk.engine.findings import Finding
from loopdesk.engine.host import Files
from loopdesk.engine.tx import Tx

EMPTY = Row((), (), (), ())


@dataclass(frozen=True, slots=True)
class Line:
    """An activity with its line; ``drawn`` is false for a line that the diagram knows nothing of."""

    activity: str
    row: Row
    human: bool = False
    drawn: bool = True


@dataclass(frozen=True, slots=True)
class Change:
    """What another matrix says of an activity: sides that it names no more, and such as it names anew."""

    activity: str
    letter: str
    gone: tuple[str, ...] = ()
    come: tuple[str, ...] = ()


def lines(files: Files, matrix: Mapping[str, Row] | None = None) -> list[Line]:
    """The lines of a folder in the order of its diagram, or those of another ``matrix`` for it.

    Raises `Missing` for a folder without activities, `Invalid` for a file that is no matrix.
    """
    drawn = {one.id: one for one in checks.activities(bpmn.read(files))}
    if not drawn:
        raise Missing("This folder has no diagram, so nobody has to do anything in it.")
    given = parse(files.get(FILE, b"activities: {}")) if matrix is None else matrix
    found = [Line(name, given.get(name, EMPTY), one.human) for name, one in drawn.items()]
    return found + [Line(name, row, drawn=False) for name, row in given.items() if name not in drawn]


def changes(before: Mapping[str, Row], after: Mapping[str, Row]) -> list[Change]:
    """What differs, in the order of ``after``; what is done ``together`` stands under that name."""
    found = []
    for name in dict.fromkeys((*after, *before)):
        old, new = before.get(name, EMPTY), after.get(name, EMPTY)
        for letter in LETTERS:
            was, now = getattr(old, letter), getattr(new, letter)
            gone, come = (tuple(x for x in one if x not in other) for one, other in ((was, now), (now, was)))
            if gone or come:
                found.append(Change(name, letter, gone, come))
        if old.together != new.together:
            found.append(Change(name, "together", (old.together,), (new.together,)))
    return found


def present(files: Files) -> Mapping[str, Row]:
    """The matrix of a folder; empty for one without, or whose file is none."""
    try:
        return parse(files.get(FILE, b"activities: {}"))
    except Invalid:
        return {}


def changed(files: Files, matrix: Mapping[str, Row]) -> dict[str, bytes]:
    """The folder with another matrix; one that says the same keeps the file as it is."""
    known = {name: row if len(row.R) > 1 else replace(row, together=ALL) for name, row in matrix.items()}
    if FILE in files and present(files) == known:
        return dict(files)
    return {**files, FILE: written(known, files.get(FILE, b""))}


def check(tx: Tx, files: Files) -> list[Finding]:
    """What is wrong with the matrix of a folder, in this house."""
    return checks.check("", files, departments.codes(tx))


def deploy(
    actor: Actor,
    tx: Tx,
    made: Bundle,
    matrix: Mapping[str, Row],
    *,
    note: str = "",
    promote: bool = True,
    current: int | None = None,
) -> Deployment:
    """Deploy the folder ``made`` with another matrix, as any other change of a folder.

    Raises `Conflict` when another version than ``current``, which its author saw, has become the current one, and what
    `bundles.deploy` raises.
    """
    now = bundles.current(tx, made.name).number
    if current is not None and now != current:
        raise Conflict(
            "Version %(number)s has become current since you opened this page.",
            remedy=N_("Look at what it changes, then deploy your matrix again: what you entered stays here."),
            number=now,
        )
    return bundles.deploy(actor, tx, made.name, changed(made.files, matrix), note=note, promote=promote)
